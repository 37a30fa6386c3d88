//! The listeners: connections of phones and browsers, with and without TLS.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hotdesk_phone::Mac;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::certificates::{Certificates, macs};
use super::{Phones, Settings, plug_and_play, serve};
use crate::config::{Config, is_loopback};
use crate::error::StartError;
use crate::per_minute::network_of;
use crate::services::Shared;

/// How long a handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long the head of a request may take to come, and how long a connection may rest between two.
const HEAD_WITHIN: Duration = Duration::from_secs(20);
/// The longest head of a request: an address of 64 KiB, the longest that is read at all, and as much again. Longer is
/// answered 431, so that connections hold no more memory than that each.
const HEAD_BYTES_MAX: usize = 128 * 1024;
/// How long a connection may last; then it ends with the answer under way, and a phone makes another.
const CONNECTION_WITHIN: Duration = Duration::from_secs(300);
/// How long that last answer may take: longer than any is worked on. Who reads none would otherwise have a place for ever.
const LAST_ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Pause after a failed accept: the only lasting causes are too few file descriptors or too little memory.
const PAUSE: Duration = Duration::from_millis(50);
/// How often certificates are looked at for a change.
const RELOAD_EVERY: Duration = Duration::from_secs(30);
/// One address, or IPv6 network, may have this part of all connections: nobody by himself keeps the phones of other
/// offices out, and an office behind one address has enough. One more is closed at once.
const PART_OF_ONE: usize = 4;
/// How long answers under way may take once the node stops.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// The address it comes from.
    pub(crate) address: IpAddr,
    /// The MAC addresses in the certificate that it has shown, which was checked; usually none.
    pub(crate) macs: Arc<[Mac]>,
    /// The connection is encrypted.
    pub(crate) is_secure: bool,
}

/// Listeners that are bound and not served yet, so that a port that is taken stops the start.
pub(crate) struct Bound {
    listeners: Vec<(TcpListener, bool)>,
    certificates: Option<Arc<Certificates>>,
    settings: Settings,
    connections_max: usize,
    plug_and_play: Option<UdpSocket>,
    plug_and_play_unknown: bool,
}

impl Bound {
    /// Binds; `None` where no phones are served.
    pub(crate) async fn new(config: &Config) -> Result<Option<Self>, StartError> {
        let section = &config.phones;
        let secure = section.https_listen.iter().map(|listen| (listen, true));
        let plain = section.http_listen.iter().map(|listen| (listen, false));
        let mut listeners = Vec::new();
        for (listen, is_secure) in secure.chain(plain) {
            let failed = |source| StartError::Listen {
                listen: listen.clone(),
                source,
            };
            let listener = TcpListener::bind(listen).await.map_err(failed)?;
            if !is_secure && !is_loopback(listen) {
                tracing::warn!(
                    listen,
                    "phones are served without encryption: passwords and PINs can be overheard"
                );
            }
            listeners.push((listener, is_secure));
        }
        let Some(first) = listeners
            .first()
            .and_then(|(listener, is_secure)| Some((listener.local_addr().ok()?, *is_secure)))
        else {
            return Ok(None);
        };
        let certificates = if section.https_listen.is_empty() {
            None
        } else {
            Certificates::read(section, &config.tls)?.map(Arc::new)
        };
        let plug_and_play = if section.plug_and_play {
            Some(plug_and_play::bind(section)?)
        } else {
            None
        };
        Ok(Some(Self {
            listeners,
            certificates,
            settings: Settings::new(config, first)?,
            connections_max: section.connections_max as usize,
            plug_and_play,
            plug_and_play_unknown: section.plug_and_play_unknown,
        }))
    }

    /// Begins to serve.
    pub(crate) fn serve(self, shared: Arc<Shared>) -> Running {
        let addresses = self
            .listeners
            .iter()
            .filter_map(|(listener, _)| listener.local_addr().ok());
        let addresses: Vec<_> = addresses.collect();
        let (phones, reporting) = Phones::new(shared, self.settings);
        let phones = Arc::new(phones);
        let router = serve::router(Arc::clone(&phones));
        let (stop, stopping) = watch::channel(false);
        let mut until = stopping.clone();
        let places = Arc::new(Semaphore::new(self.connections_max));
        let sources = Arc::new(Sources::new(self.connections_max.div_ceil(PART_OF_ONE)));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            tokio::select! {
                () = reporting => {}
                () = stopped(&mut until) => {}
            }
        });
        for (listener, is_secure) in self.listeners {
            let server = Server {
                router: router.clone(),
                certificates: self.certificates.clone().filter(|_| is_secure),
                places: Arc::clone(&places),
                sources: Arc::clone(&sources),
                stopping: stopping.clone(),
            };
            tasks.spawn(server.accept(listener));
        }
        let mut plug_and_play_address = None;
        if let Some(socket) = self.plug_and_play {
            plug_and_play_address = socket.local_addr().ok();
            let mut until = stopping.clone();
            let serving = plug_and_play::run(Arc::clone(&phones), socket, self.plug_and_play_unknown);
            tasks.spawn(async move {
                tokio::select! {
                    () = serving => {}
                    () = stopped(&mut until) => {}
                }
            });
        }
        if let Some(certificates) = self.certificates {
            tasks.spawn(keep_fresh(certificates, stopping));
        }
        Running {
            phones,
            addresses,
            plug_and_play: plug_and_play_address,
            stop,
            tasks,
        }
    }
}

/// Listeners that are served until this is dropped.
pub(crate) struct Running {
    phones: Arc<Phones>,
    addresses: Vec<SocketAddr>,
    plug_and_play: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    /// What is served.
    pub(crate) fn phones(&self) -> Arc<Phones> {
        Arc::clone(&self.phones)
    }

    /// Where: the encrypted ones first, in the order of the configuration.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where plug-and-play is answered.
    pub(crate) fn plug_and_play(&self) -> Option<SocketAddr> {
        self.plug_and_play
    }

    /// Takes no more requests, and waits a little for answers under way.
    pub(crate) async fn shutdown(&mut self) {
        self.stop.send_replace(true);
        let _ = timeout(END_WITHIN, async {
            while self.tasks.join_next().await.is_some() {}
        })
        .await;
        self.tasks.abort_all();
    }
}

async fn keep_fresh(certificates: Arc<Certificates>, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => return,
            () = tokio::time::sleep(RELOAD_EVERY) => {}
        }
        let certificates = Arc::clone(&certificates);
        let _ = tokio::task::spawn_blocking(move || certificates.reload_when_changed()).await;
    }
}

/// One listener's work.
#[derive(Clone)]
struct Server {
    router: Router,
    /// `None`: not encrypted.
    certificates: Option<Arc<Certificates>>,
    places: Arc<Semaphore>,
    sources: Arc<Sources>,
    stopping: watch::Receiver<bool>,
}

/// How many connections each source has.
struct Sources {
    each_max: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that counts for its source until this is dropped.
struct Counted {
    sources: Arc<Sources>,
    source: IpAddr,
}

impl Sources {
    fn new(each_max: usize) -> Self {
        Self {
            each_max,
            open: Mutex::default(),
        }
    }

    /// `None`: it has as many as it may. This machine has no bound: what stands before us here speaks for many.
    fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let source = network_of(address);
        let mut open = self.open.lock();
        let count = open.entry(source).or_default();
        if *count >= self.each_max && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Counted {
            sources: Arc::clone(self),
            source,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.sources.open.lock();
        if let Some(count) = open.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.source);
            }
        }
    }
}

impl Server {
    async fn accept(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut stopping = self.stopping.clone();
        loop {
            // A place first: what waits to be accepted costs no memory.
            let next = async {
                let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
                Some((place, listener.accept().await))
            };
            let accepted = tokio::select! {
                () = stopped(&mut stopping) => break,
                _ = connections.join_next(), if !connections.is_empty() => continue,
                accepted = next => accepted,
            };
            match accepted {
                None => break,
                Some((place, Ok((stream, remote)))) => {
                    // An IPv4 phone at an IPv6 socket is still the same phone.
                    let address = remote.ip().to_canonical();
                    let Some(counted) = self.sources.count(address) else {
                        tracing::debug!(%address, "too many connections from one address");
                        continue;
                    };
                    connections.spawn(self.clone().connection(stream, address, (place, counted)));
                }
                Some((_, Err(error))) => {
                    tracing::warn!(%error, "accept a connection of a phone");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }

    async fn connection(self, stream: TcpStream, address: IpAddr, _place: (OwnedSemaphorePermit, Counted)) {
        // An answer is small and must not wait for another.
        let _ = stream.set_nodelay(true);
        let Some(certificates) = &self.certificates else {
            let peer = Peer {
                address,
                macs: Arc::default(),
                is_secure: false,
            };
            return self.requests(stream, peer).await;
        };
        let handshake = TlsAcceptor::from(certificates.current()).accept(stream);
        match timeout(HANDSHAKE_WITHIN, handshake).await {
            Ok(Ok(stream)) => {
                let macs = macs(stream.get_ref().1.peer_certificates()).into();
                let peer = Peer {
                    address,
                    macs,
                    is_secure: true,
                };
                self.requests(stream, peer).await;
            }
            // At info: it is how one finds out that a phone cannot do today's TLS, or does not trust the certificate.
            Ok(Err(error)) => tracing::info!(%address, %error, "TLS handshake with a phone failed"),
            Err(_) => tracing::debug!(%address, "TLS handshake took too long"),
        }
    }

    async fn requests(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, peer: Peer) {
        let Self {
            router, mut stopping, ..
        } = self;
        let answer = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            router.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // It ends with an error when the phone just goes away.
            _ = &mut connection => return,
            () = stopped(&mut stopping) => {}
            () = tokio::time::sleep(CONNECTION_WITHIN) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(LAST_ANSWER_WITHIN, connection).await;
    }
}

/// Until the node stops, or is dropped.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn one_source_has_its_part_of_the_connections_and_others_have_theirs() {
        let sources = Arc::new(Sources::new(2));
        let count = |address: &str| sources.count(address.parse().unwrap());
        let (first, second) = (count("192.0.2.1"), count("192.0.2.1"));
        assert!(first.is_some() && second.is_some() && count("192.0.2.1").is_none());
        let other = count("192.0.2.2");
        assert!(other.is_some());
        let here: Vec<_> = (0..3).map(|_| count("127.0.0.1")).collect();
        assert!(here.iter().all(Option::is_some));
        drop(first);
        let again = count("192.0.2.1");
        assert!(again.is_some());
        drop((second, again, other, here));
        assert!(sources.open.lock().is_empty());
    }

    fn server() -> Server {
        let (_, stopping) = watch::channel(false);
        Server {
            router: Router::new().route("/", axum::routing::get(|| async { "x".repeat(4096) })),
            certificates: None,
            places: Arc::new(Semaphore::new(1)),
            sources: Arc::new(Sources::new(1)),
            stopping,
        }
    }

    fn peer() -> Peer {
        Peer {
            address: "192.0.2.1".parse().unwrap(),
            macs: Arc::default(),
            is_secure: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_and_reads_no_answer_has_a_place_for_a_while_only() {
        let (mut client, stream) = tokio::io::duplex(1024);
        let (stop, stopping) = watch::channel(false);
        let server = Server { stopping, ..server() };
        let served = tokio::spawn(server.requests(stream, peer()));
        client
            .write_all(&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20))
            .await
            .unwrap();
        let most = CONNECTION_WITHIN + LAST_ANSWER_WITHIN + Duration::from_secs(1);
        timeout(most, served).await.expect("it ends by itself").unwrap();
        drop((client, stop));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_without_end_is_refused_and_not_kept() {
        let (mut client, stream) = tokio::io::duplex(1024);
        let (stop, stopping) = watch::channel(false);
        let server = Server { stopping, ..server() };
        let served = tokio::spawn(server.requests(stream, peer()));
        let mut head = b"GET / HTTP/1.1\r\nHost: x\r\nX: ".to_vec();
        head.resize(HEAD_BYTES_MAX + 4096, b'a');
        let (mut answers, mut asks) = tokio::io::split(&mut client);
        let mut answer = String::new();
        // What is not read any more is an error for whoever sends it.
        let (_, read) = tokio::join!(asks.write_all(&head), answers.read_to_string(&mut answer));
        read.unwrap();
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        served.await.unwrap();
        drop(stop);
    }
}
