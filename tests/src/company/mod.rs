//! A whole company of real processes: nodes, edges, a directory of people and phones.
//!
//! | office | node | edge | phones (device lines, password [`PASSWORD`]) |
//! |---|---|---|---|
//! | chicago | 1 | yes | `phone(0, 1)`, `phone(0, 2)` |
//! | new-york | 2 | yes | `phone(1, 1)`, `phone(1, 2)` |
//! | austin | 3 | no | none |
//!
//! People: ada 2001, bob 2002, cy 2003, dee 2004; all have the PIN [`PIN`].

mod config;
pub mod directory;
mod edge;

use std::net::SocketAddr;
use std::path::Path;

use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use hotdesk_proto::v1::phones_client::PhonesClient;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use hotdesk_sip::secret::LineKey;
use tonic::transport::Channel;

pub use edge::{EDGE, Edge, PBX};

use crate::ground::{Ground, Office};
use crate::offices::{NAMES, channel_to, phone};
use crate::phones::Account;
use crate::processes::PATIENCE;
use crate::tools::{Folder, Process, installed};
use crate::wait::eventually;

/// The SIP domain.
pub const DOMAIN: &str = "example.test";

/// Of all device lines.
pub const PASSWORD: &str = "correct-horse-7";

/// Of all people.
pub const PIN: &str = "274951";

/// The people: id and extension.
pub const PEOPLE: [(&str, &str); 4] = [("ada", "2001"), ("bob", "2002"), ("cy", "2003"), ("dee", "2004")];

/// The host number of an office's node.
const NODE: u8 = 2;

/// 32 bytes as text; of tests only.
const LINE_KEY: &str = "8f0e1d2c3b4a59687786950a1b2c3d4e5f60718293a4b5c6d7e8f90112233445";

/// What a test wants to have.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program under test.
    pub program: &'static str,
    /// 1 or 3.
    pub nodes: usize,
    /// In network namespaces, whose links can be cut; else on loopback.
    pub namespaces: bool,
    /// Nodes serve documents and pages, and edges have phones load them.
    pub phones: bool,
    /// TOML that is laid over each node's configuration.
    pub node: String,
    /// TOML that is laid over each edge's configuration; `{host-15}` is the address of its office's host 15.
    pub edge: String,
}

/// The company. Everything ends when it is dropped; its files stay when the test panics.
pub struct Company {
    /// The edges: chicago's and new-york's.
    pub edges: Vec<Edge>,
    nodes: Vec<Option<Process>>,
    folder: Folder,
    plan: Plan,
    /// The offices.
    pub ground: Ground,
}

impl Plan {
    /// One node, on loopback.
    #[must_use]
    pub fn new(program: &'static str) -> Self {
        Self {
            program,
            nodes: 1,
            namespaces: false,
            phones: false,
            node: String::new(),
            edge: String::new(),
        }
    }

    /// With more of an edge's configuration, as TOML.
    #[must_use]
    pub fn edge(mut self, toml: &str) -> Self {
        self.edge.push_str(toml);
        self
    }

    /// With more of a node's configuration, as TOML.
    #[must_use]
    pub fn node(mut self, toml: &str) -> Self {
        self.node.push_str(toml);
        self
    }

    /// With documents and pages for desk phones.
    #[must_use]
    pub const fn with_phones(mut self) -> Self {
        self.phones = true;
        self
    }

    /// So many nodes, on loopback.
    #[must_use]
    pub const fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Three nodes, and offices that can be cut off.
    #[must_use]
    pub const fn in_namespaces(mut self) -> Self {
        self.namespaces = true;
        self.nodes = 3;
        self
    }

    /// Offices that phones need which cannot live on loopback.
    #[must_use]
    pub const fn with_interfaces(mut self) -> Self {
        self.namespaces = true;
        self
    }

    /// Starts it, and waits until both edges serve phones.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start(self) -> Company {
        let ground = if self.namespaces {
            Ground::namespaces(&NAMES)
        } else {
            Ground::loopback(&NAMES)
        };
        let folder = Folder::new();
        std::fs::write(folder.path().join("line.key"), LINE_KEY).expect("write the line key");
        let mut company = Company {
            edges: Vec::new(),
            nodes: (0..self.nodes).map(|_| None).collect(),
            folder,
            plan: self,
            ground,
        };
        for node in 0..company.nodes.len() {
            company.write_node(node);
            company.start_node(node);
        }
        company.leader().await;
        company.fill().await;
        for office in 0..2 {
            let edge = Edge::start(&company, office);
            company.edges.push(edge);
        }
        for edge in &mut company.edges {
            edge.ready(&company.ground.offices[edge.office]).await;
        }
        company
    }
}

impl Company {
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An office.
    #[must_use]
    pub fn office(&self, office: usize) -> &Office {
        &self.ground.offices[office]
    }

    /// Where an office's edge takes SIP by UDP and TCP.
    #[must_use]
    pub fn sip(&self, office: usize) -> SocketAddr {
        SocketAddr::new(self.office(office).ip(EDGE), 5060)
    }

    /// What clients are given to reach an office's node.
    #[must_use]
    pub fn node_url(&self, node: usize) -> String {
        format!("http://{}", self.node_address(node))
    }

    pub(crate) fn node_address(&self, office: usize) -> SocketAddr {
        SocketAddr::new(self.office(office).ip(NODE), 7300)
    }

    /// Where an office's node serves documents and pages.
    #[must_use]
    pub fn pages(&self, node: usize) -> SocketAddr {
        SocketAddr::new(self.office(node).ip(NODE), 8080)
    }

    fn write_node(&self, node: usize) {
        let founders: Vec<SocketAddr> = (0..self.nodes.len()).map(|i| self.node_address(i)).collect();
        let mut more: String = self.plan.node.clone();
        if self.plan.phones {
            more.push_str(&config::node_phones(self.pages(node), self.office(node).ip(EDGE)));
        }
        let text = config::node(node, &founders, self.folder(), &more);
        std::fs::write(self.folder().join(format!("node-{node}.toml")), text)
            .expect("write the configuration");
    }

    /// Starts an office's node again.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_node(&mut self, node: usize) {
        let config = self.folder().join(format!("node-{node}.toml"));
        let mut command = self.office(node).command(Path::new(self.plan.program));
        command.args(["node", "--config"]).arg(config);
        let log = self.folder().join(format!("node-{node}.log"));
        self.nodes[node] = Some(Process::start(&mut command, &log));
    }

    /// kill -9 of an office's node.
    pub fn kill_node(&mut self, node: usize) {
        self.nodes[node] = None;
    }

    /// The service for phones at an office.
    #[must_use]
    pub fn phones(&self, node: usize) -> PhonesClient<Channel> {
        PhonesClient::new(self.channel(node))
    }

    /// A lazily made connection to an office's node. Not to an office that is cut off.
    #[must_use]
    pub fn channel(&self, node: usize) -> Channel {
        channel_to(&self.node_address(node).to_string())
    }

    /// The session service at an office.
    #[must_use]
    pub fn sessions(&self, node: usize) -> SessionsClient<Channel> {
        SessionsClient::new(self.channel(node))
    }

    /// The directory service at an office.
    #[must_use]
    pub fn directory(&self, node: usize) -> DirectoryClient<Channel> {
        DirectoryClient::new(self.channel(node))
    }

    /// Waits for a leader among the nodes that run and can be reached; returns its office.
    pub async fn leader(&self) -> usize {
        eventually("a leader", PATIENCE, || async {
            for node in 0..self.nodes.len() {
                let mut admin = AdminClient::new(self.channel(node));
                let asked = admin.cluster_status(v1::ClusterStatusRequest {});
                let answer = tokio::time::timeout(std::time::Duration::from_secs(1), asked).await;
                if let Ok(Ok(status)) = answer
                    && status.get_ref().role() == v1::Role::Leader
                {
                    return Some(node);
                }
            }
            None
        })
        .await
    }

    /// The account of a phone's device line: `which` is 1 or 2.
    #[must_use]
    pub fn device_line(&self, office: usize, which: usize) -> Account {
        let id = phone(office, which);
        Account {
            user: id.into(),
            auth_user: id.into(),
            password: PASSWORD.into(),
            domain: DOMAIN.into(),
            proxy: self.sip(office),
            tcp: false,
        }
    }

    /// The account of a user's line at a phone of an office, for the session of an epoch.
    ///
    /// # Panics
    /// For a user who is none of [`PEOPLE`].
    #[must_use]
    pub fn session_line(&self, office: usize, user: &str, epoch: u64) -> Account {
        let key = LineKey::read(LINE_KEY.as_bytes()).expect("a good key");
        let (_, extension) = PEOPLE
            .iter()
            .find(|(id, _)| *id == user)
            .expect("one of the people");
        Account {
            user: (*extension).into(),
            auth_user: LineKey::line_username(extension, epoch),
            password: key.line_password(user, epoch).to_string(),
            domain: DOMAIN.into(),
            proxy: self.sip(office),
            tcp: false,
        }
    }

    /// kill -9 of an edge; returns when it is back.
    pub async fn restart_edge(&mut self, office: usize) {
        let edge = self
            .edges
            .iter_mut()
            .find(|edge| edge.office == office)
            .expect("an edge");
        edge.kill();
        edge.start_again(&self.ground.offices[office]);
        edge.ready(&self.ground.offices[office]).await;
    }

    /// Waits until both edges know of log entry `index`.
    pub async fn settled(&self, index: u64) {
        for edge in &self.edges {
            let office = self.office(edge.office);
            eventually(
                &format!("{} knows of entry {index}", office.name),
                PATIENCE,
                || {
                    let known = edge.status(office)["table_index"].as_u64();
                    std::future::ready((known >= Some(index)).then_some(()))
                },
            )
            .await;
        }
    }

    /// Says where calls are: a file of an edge's records.
    #[must_use]
    pub fn records(&self, office: usize) -> String {
        let file = self.folder().join(format!("edge-{office}.jsonl"));
        std::fs::read_to_string(file).unwrap_or_default()
    }

    /// Everything that was written to disk by nodes and edges, logs and records and data: no secret may be in it.
    #[must_use]
    pub fn everything_written(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("list files").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    files.push((path.display().to_string(), bytes));
                }
            }
        }
        files
    }
}

/// Fails early, and by name, where the programs of these tests are missing.
pub fn needs(tools: &[(&str, &str)]) {
    for (program, package) in tools {
        let _ = installed(program, package);
    }
}
