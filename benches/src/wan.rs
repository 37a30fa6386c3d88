//! A wide-area network in this process: TCP relays that hold every byte for as long as the way takes.
//!
//! Each server that other offices reach is known to them by the address of a relay in front of it, and nobody
//! else uses that one: whoever is in the same office connects to the server itself. A byte that goes in
//! leaves the relay one way's time later, in either direction and whatever else is on the way; there is no
//! loss, and bandwidth is that of loopback. Only the handshake of TCP is spared, because the relay accepts by
//! itself: connections that are kept open do not feel it.
//!
//! The relays have a thread of their own, so that what else this process does holds nothing up. How long a
//! round trip really takes is measured through them ([`Wan::round_trips`]): tokio's timers are rounded up to
//! the next millisecond.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use crate::report::histogram;

/// The largest piece that is read at once.
const PIECE_BYTES: usize = 64 << 10;
/// How many pieces may be on the way in one direction of a connection; then its sender has to wait, as TCP
/// does.
const PIECES_MAX: usize = 4096;

/// The network. Its relays end with it.
pub struct Wan {
    runtime: Option<Runtime>,
    one_way: Duration,
}

impl Wan {
    /// A network in which everything takes `one_way`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(one_way: Duration) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
            one_way,
        })
    }

    /// Puts a relay before `target`, at a free port of `own`, from where it also connects; returns its
    /// address.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn before(&self, target: SocketAddr, own: Ipv4Addr) -> Result<SocketAddr> {
        let listener = std::net::TcpListener::bind((own, 0)).context("bind a relay")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let one_way = self.one_way;
        self.runtime()?.spawn(async move {
            let Ok(listener) = TcpListener::from_std(listener) else {
                return;
            };
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(relay(stream, target, own.into(), one_way));
            }
        });
        Ok(address)
    }

    /// How long a byte takes there and back, so many times, in nanoseconds.
    ///
    /// # Errors
    /// When the system has no sockets.
    pub async fn round_trips(&self, count: u32) -> Result<Histogram<u64>> {
        let echo = TcpListener::bind("127.0.0.1:0").await?;
        let through = self.before(echo.local_addr()?, Ipv4Addr::LOCALHOST)?;
        // Where the relays are, so that it answers as fast as they pass on.
        self.runtime()?.spawn(async move {
            let Ok((mut stream, _)) = echo.accept().await else {
                return;
            };
            let mut byte = [0];
            while stream.read_exact(&mut byte).await.is_ok() && stream.write_all(&byte).await.is_ok() {}
        });
        let mut stream = TcpStream::connect(through).await?;
        stream.set_nodelay(true)?;
        let mut took = histogram();
        for _ in 0..count {
            let begin = Instant::now();
            stream.write_all(&[1]).await?;
            stream.read_exact(&mut [0]).await?;
            took.saturating_record(begin.elapsed().as_nanos() as u64);
        }
        Ok(took)
    }

    fn runtime(&self) -> Result<&Runtime> {
        self.runtime.as_ref().context("the network is down")
    }
}

impl Drop for Wan {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Dropped inside of another runtime, which must not wait.
            runtime.shutdown_background();
        }
    }
}

/// Takes both directions of one connection on.
async fn relay(near: TcpStream, target: SocketAddr, own: IpAddr, one_way: Duration) {
    let connect = async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(own, 0))?;
        let far = socket.connect(target).await?;
        far.set_nodelay(true)?;
        near.set_nodelay(true)?;
        std::io::Result::Ok(far)
    };
    // Who cannot be reached is known by a connection that ends.
    let Ok(far) = connect.await else { return };
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::join!(
        pass(near_read, far_write, one_way),
        pass(far_read, near_write, one_way)
    );
}

/// Passes on what comes in, later.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, one_way: Duration) {
    let (sender, mut on_the_way) = mpsc::channel::<(tokio::time::Instant, Vec<u8>)>(PIECES_MAX);
    let take = async move {
        let mut buffer = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let at = tokio::time::Instant::now() + one_way;
            if sender.send((at, buffer[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let give = async move {
        while let Some((at, bytes)) = on_the_way.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // The end takes its time too; whoever is gone by then does not want it.
        let _ = to.shutdown().await;
    };
    tokio::join!(take, give);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_trip_takes_both_ways_and_not_much_more() {
        let wan = Wan::new(Duration::from_millis(20)).unwrap();
        let took = wan.round_trips(3).await.unwrap();
        let least = Duration::from_nanos(took.min());
        assert!(least >= Duration::from_millis(40), "{least:?}");
        assert!(least < Duration::from_millis(400), "{least:?}");
    }

    #[tokio::test]
    async fn what_is_on_the_way_does_not_hold_up_what_follows() {
        let wan = Wan::new(Duration::from_millis(50)).unwrap();
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let through = wan
            .before(server.local_addr().unwrap(), Ipv4Addr::LOCALHOST)
            .unwrap();
        let mut client = TcpStream::connect(through).await.unwrap();
        let (mut there, _) = server.accept().await.unwrap();
        let begin = Instant::now();
        for byte in 0..8_u8 {
            client.write_all(&[byte]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(client);
        let mut got = Vec::new();
        there.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, [0, 1, 2, 3, 4, 5, 6, 7]);
        // One after the other it would have been eight times 50 ms.
        assert!(
            begin.elapsed() < Duration::from_millis(380),
            "{:?}",
            begin.elapsed()
        );
    }
}
