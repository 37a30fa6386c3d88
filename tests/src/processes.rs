//! Clusters of real processes on loopback, each node behind relays that can be cut.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use rustix::process::{Pid, Signal, kill_process};
use tonic::transport::{Channel, Endpoint};

use crate::links::Links;
use crate::wait::eventually;

/// How long a cluster may take to do what it must do; generous, because machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster of `hotdesk node` processes. Ends them when dropped; its folder is removed unless the test panics.
pub struct Cluster {
    program: PathBuf,
    folder: Option<tempfile::TempDir>,
    nodes: Vec<Node>,
    /// The links between the nodes.
    pub links: Links,
}

/// One node: its process, if it runs, and where it is.
pub struct Node {
    /// Its id, from 1.
    pub id: u64,
    listen: SocketAddr,
    config: PathBuf,
    child: Option<Child>,
}

impl Cluster {
    /// Starts `founders` nodes of `program` and waits until they have a leader.
    ///
    /// # Panics
    /// When they do not come up.
    pub async fn start(program: &str, founders: u64) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let mut cluster = Self {
            program: program.into(),
            folder: Some(folder),
            nodes: Vec::new(),
            links: Links::default(),
        };
        let mut lines = String::new();
        let mut listens = Vec::new();
        for id in 1..=founders {
            let listen = free_address();
            let relay = cluster.links.relay(id, listen).await.expect("start a relay");
            lines.push_str(&format!("{id} = \"{relay}\"\n"));
            listens.push((id, listen, relay));
        }
        for (id, listen, relay) in listens {
            cluster.add(id, listen, relay, &format!("[cluster.founders]\n{lines}"));
        }
        cluster.leader().await;
        cluster
    }

    /// Starts one more node that joins through the others; returns its id.
    ///
    /// # Panics
    /// When the process cannot be started.
    pub async fn join(&mut self, replica: bool) -> u64 {
        let id = self.nodes.iter().map(|node| node.id).max().unwrap_or(0) + 1;
        let listen = free_address();
        let relay = self.links.relay(id, listen).await.expect("start a relay");
        let key = if replica { "replica_of" } else { "join" };
        let others: Vec<String> = self
            .nodes
            .iter()
            .map(|node| format!("\"{}\"", node.listen))
            .collect();
        self.add(id, listen, relay, &format!("{key} = [{}]\n", others.join(", ")));
        id
    }

    fn add(&mut self, id: u64, listen: SocketAddr, advertise: SocketAddr, cluster: &str) {
        let folder = self.folder().to_owned();
        let config = folder.join(format!("node-{id}.toml"));
        let text = format!(
            "listen = \"{listen}\"\nadvertise = \"{advertise}\"\n\n\
             [node]\nid = {id}\nsite = \"site-{id}\"\ndata_dir = \"{data}\"\n\n[cluster]\ntoken = \"tests\"\n{cluster}\n\
             [timing]\nheartbeat_ms = 100\nelection_min_ms = 500\nelection_max_ms = 1000\n\n\
             [storage]\nsnapshot_every = 300\nkeep_log = 200\n\n\
             [pin]\ndanger_no_pepper = true\nmemory_kib = 64\niterations = 1\n\n[auth]\nallow_vouched_logins = true\n\n\
             [telemetry]\nlog = \"info\"\n",
            data = folder.join(format!("data-{id}")).display(),
        );
        std::fs::write(&config, text).expect("write the configuration");
        self.nodes.push(Node {
            id,
            listen,
            config,
            child: None,
        });
        self.start_again(id);
    }

    fn folder(&self) -> &Path {
        self.folder.as_ref().expect("kept until the end").path()
    }

    fn node(&mut self, id: u64) -> &mut Node {
        self.nodes
            .iter_mut()
            .find(|node| node.id == id)
            .expect("a node of this cluster")
    }

    /// The ids of all nodes.
    #[must_use]
    pub fn ids(&self) -> Vec<u64> {
        self.nodes.iter().map(|node| node.id).collect()
    }

    /// The gRPC address of a node, not through a relay.
    #[must_use]
    pub fn address(&self, id: u64) -> String {
        let node = self
            .nodes
            .iter()
            .find(|node| node.id == id)
            .expect("a node of this cluster");
        format!("http://{}", node.listen)
    }

    /// All addresses.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.nodes
            .iter()
            .map(|node| format!("http://{}", node.listen))
            .collect()
    }

    /// Starts a node that does not run.
    ///
    /// # Panics
    /// When the process cannot be started.
    pub fn start_again(&mut self, id: u64) {
        let (program, folder) = (self.program.clone(), self.folder().to_owned());
        let node = self.node(id);
        assert!(node.child.is_none(), "node {id} runs already");
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join(format!("node-{id}.log")))
            .expect("open the log");
        let child = Command::new(program)
            .args(["node", "--config"])
            .arg(&node.config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("share the log"))
            .stderr(log)
            .spawn()
            .expect("start the program");
        let pid = child.id();
        node.child = Some(child);
        self.links.is_process(id, pid);
    }

    /// kill -9.
    pub fn kill(&mut self, id: u64) {
        if let Some(mut child) = self.node(id).child.take() {
            child.kill().expect("kill the node");
            child.wait().expect("wait for the node");
        }
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Panics
    /// When it does not end with success.
    pub async fn stop(&mut self, id: u64) {
        self.signal(id, Signal::TERM);
        let mut child = self.node(id).child.take().expect("a running node");
        let status = eventually(&format!("node {id} ends on SIGTERM"), PATIENCE, || {
            std::future::ready(child.try_wait().ok().flatten())
        })
        .await;
        assert!(status.success(), "node {id} ended with {status}");
    }

    /// SIGSTOP: the node stands still and its connections stay open.
    pub fn freeze(&mut self, id: u64) {
        self.signal(id, Signal::STOP);
    }

    /// SIGCONT.
    pub fn thaw(&mut self, id: u64) {
        self.signal(id, Signal::CONT);
    }

    fn signal(&mut self, id: u64, signal: Signal) {
        let child = self.node(id).child.as_ref().expect("a running node");
        let pid = Pid::from_child(child);
        kill_process(pid, signal).expect("send the signal");
    }

    /// A connection to a node; lazily made.
    #[must_use]
    pub fn channel(&self, id: u64) -> Channel {
        Endpoint::from_shared(self.address(id))
            .expect("a valid address")
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .connect_lazy()
    }

    /// The session service of a node.
    #[must_use]
    pub fn sessions(&self, id: u64) -> SessionsClient<Channel> {
        SessionsClient::new(self.channel(id))
    }

    /// What a node says of the cluster, if it answers within a second.
    pub async fn status(&self, id: u64) -> Option<v1::ClusterStatusResponse> {
        let mut admin = AdminClient::new(self.channel(id));
        let call = admin.cluster_status(v1::ClusterStatusRequest {});
        Some(
            tokio::time::timeout(Duration::from_secs(1), call)
                .await
                .ok()?
                .ok()?
                .into_inner(),
        )
    }

    /// Waits for a leader that says of itself that it leads; returns its id.
    pub async fn leader(&self) -> u64 {
        eventually("a leader", PATIENCE, || async {
            for node in self.nodes.iter().filter(|node| node.child.is_some()) {
                let status = self.status(node.id).await;
                if status.is_some_and(|status| status.role() == v1::Role::Leader && status.fatal.is_empty()) {
                    return Some(node.id);
                }
            }
            None
        })
        .await
    }

    /// Waits until every running node has applied at least what the leader has now.
    pub async fn settled(&self) -> u64 {
        let leader = self.leader().await;
        let index = self.status(leader).await.map_or(0, |status| status.applied_index);
        for node in self.nodes.iter().filter(|node| node.child.is_some()) {
            eventually(
                &format!("node {} has applied {index}", node.id),
                PATIENCE,
                || async {
                    self.status(node.id)
                        .await
                        .filter(|status| status.applied_index >= index)
                },
            )
            .await;
        }
        index
    }

    /// The last lines of a node's log, for messages.
    #[must_use]
    pub fn log_of(&self, id: u64) -> String {
        std::fs::read_to_string(self.folder().join(format!("node-{id}.log"))).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            if let Some(mut child) = node.child.take() {
                // It may have ended by itself.
                let _ = child.kill();
                let _ = child.wait();
            }
        }
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            let kept = folder.keep();
            let _ = writeln!(
                std::io::stderr(),
                "the nodes' logs and data are kept in {}",
                kept.display()
            );
        }
    }
}

/// An address on loopback that is free now. Another process could take it before the node does; the node then
/// says so and the test fails loudly.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    listener.local_addr().expect("an address")
}
