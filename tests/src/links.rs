//! Links between processes that a test can cut, one direction at a time.
//!
//! Each node is reached by the others through a small TCP relay. The relay finds out which process opened a
//! connection (through /proc, for children of this test), so that the link from A to B can be cut while the one
//! from B to A, and those of C, go on.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// All links of a cluster.
#[derive(Clone, Default)]
pub struct Links {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// Process ids of nodes; a restarted node gets a new one.
    processes: HashMap<u64, u32>,
    cut: HashSet<(u64, u64)>,
    /// One per open connection: dropping the sender ends it.
    open: HashMap<(u64, u64), Vec<watch::Sender<()>>>,
}

impl Links {
    /// Says which process node `node` is now.
    pub fn is_process(&self, node: u64, pid: u32) {
        self.shared.lock().processes.insert(node, pid);
    }

    /// Cuts the link from `from` to `to`: open connections end, new ones are refused.
    pub fn cut(&self, from: u64, to: u64) {
        let mut shared = self.shared.lock();
        shared.cut.insert((from, to));
        shared.open.remove(&(from, to));
    }

    /// Cuts all links between `node` and `others`, both ways.
    pub fn isolate(&self, node: u64, others: impl IntoIterator<Item = u64>) {
        for other in others {
            self.cut(node, other);
            self.cut(other, node);
        }
    }

    /// Mends everything.
    pub fn heal(&self) {
        self.shared.lock().cut.clear();
    }

    /// Starts a relay for `node`, which listens at `target`; returns the address that the others use.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn relay(&self, node: u64, target: SocketAddr) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let links = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let links = links.clone();
                tokio::spawn(async move { links.serve(stream, peer, node, target).await });
            }
        });
        Ok(address)
    }

    async fn serve(&self, mut stream: TcpStream, peer: SocketAddr, to: u64, target: SocketAddr) {
        let from = self.opener(peer);
        let end = {
            let mut shared = self.shared.lock();
            // A connection whose opener is not known is refused while anything is cut: a leak would hide faults.
            let refused = match from {
                Some(from) => shared.cut.contains(&(from, to)),
                None => !shared.cut.is_empty(),
            };
            if refused {
                return;
            }
            let (sender, receiver) = watch::channel(());
            shared
                .open
                .entry((from.unwrap_or(0), to))
                .or_default()
                .push(sender);
            receiver
        };
        let Ok(mut onward) = TcpStream::connect(target).await else {
            return;
        };
        let (_, _) = (stream.set_nodelay(true), onward.set_nodelay(true));
        let mut end = end;
        tokio::select! {
            _ = copy_bidirectional(&mut stream, &mut onward) => {}
            _ = end.changed() => {}
        }
    }

    /// The node whose process owns the socket at `peer`.
    fn opener(&self, peer: SocketAddr) -> Option<u64> {
        let inode = inode_of(peer.port())?;
        let wanted = format!("socket:[{inode}]");
        let processes = self.shared.lock().processes.clone();
        processes
            .into_iter()
            .find(|(_, pid)| owns(*pid, &wanted))
            .map(|(node, _)| node)
    }
}

/// The socket inode of the connection whose local port is `port`, from /proc/net/tcp.
fn inode_of(port: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let inode = *fields.get(9)?;
        (fields.get(1)?.ends_with(&suffix) && inode != "0").then(|| inode.to_owned())
    })
}

fn owns(pid: u32, socket: &str) -> bool {
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    files
        .flatten()
        .any(|file| std::fs::read_link(file.path()).is_ok_and(|link| link.as_os_str() == socket))
}
