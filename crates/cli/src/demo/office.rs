//! The three offices: a node on its own directory and an edge each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hotdesk_client::v1::Event;
use hotdesk_client::{Applied, Client, Options, WatchedTable};
use hotdesk_edge::{Edge, SipEdge};
use hotdesk_node::{Config, Node};
use tokio::net::TcpListener;

use super::listen::listen;
use super::offices::Ports;
use super::phones;
use crate::exit::{Own, Problem};

/// An office, as the sample directory has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The site's id.
    pub(crate) id: &'static str,
    /// For people.
    pub(crate) city: &'static str,
    /// Its node's id.
    pub(crate) node_id: u64,
}

/// The offices of the sample.
pub(crate) const OFFICES: [Place; 3] = [
    place("chicago", "Chicago", 1),
    place("new-york", "New York", 2),
    place("austin", "Austin", 3),
];

const fn place(id: &'static str, city: &'static str, node_id: u64) -> Place {
    Place { id, city, node_id }
}

/// How many entries an office's edge remembers for the narration; older ones are forgotten.
const ENTRIES_KEPT: usize = 1000;

/// One office.
pub(crate) struct Office {
    /// Which.
    pub(crate) place: Place,
    /// Where its node listens; the same after it was stopped and started again.
    pub(crate) address: SocketAddr,
    /// Asks this office's node and no other.
    pub(crate) client: Client,
    /// The edge: routes calls by its own table.
    pub(crate) edge: Edge,
    /// The edge's SIP side: phones register there.
    pub(crate) sip: Option<SipEdge>,
    config: Config,
    node: Option<Node>,
    entries: Arc<Mutex<BTreeMap<u64, Arc<[Event]>>>>,
}

impl Office {
    /// Starts the office's node on `listener` and its edge, which asks its own node first and the others when
    /// that is away.
    ///
    /// # Errors
    /// When the node does not start; a sentence says why.
    pub(crate) async fn start(
        place: Place,
        dir: &Path,
        listener: TcpListener,
        all: &[SocketAddr],
        ports: &Ports,
    ) -> Result<Self, Problem> {
        let own = all[position(place)];
        let config = config(place, dir, all, ports);
        let node = Node::start_on(config.clone(), listener).await?;
        let client = Client::new(Options::new([own.to_string()]).with_by(format!("demo:{}", place.id)))?;
        let others = all.iter().filter(|address| **address != own);
        let edge_config = hotdesk_edge::Config {
            site: place.id.to_owned(),
            nodes: [own].iter().chain(others).map(SocketAddr::to_string).collect(),
            ..hotdesk_edge::Config::default()
        };
        let service = |error: String| Problem::own(Own::Service, error, "Please report it.");
        let edge = Edge::start(phones::serve(edge_config, place, dir, ports))
            .map_err(|error| service(error.to_string()))?;
        let sip = edge.start_sip().map_err(|error| service(error.to_string()))?;
        let entries = Arc::default();
        tokio::spawn(remember(edge.table().subscribe(), Arc::clone(&entries)));
        Ok(Self {
            place,
            address: own,
            client,
            edge,
            sip,
            config,
            node: Some(node),
            entries,
        })
    }

    /// Stops serving phones.
    pub(crate) async fn stop_edge(&mut self) {
        if let Some(sip) = self.sip.take() {
            sip.stop().await;
        }
    }

    /// Where its edge shows its status, metrics and calls.
    pub(crate) fn status_address(&self) -> Option<SocketAddr> {
        self.sip.as_ref().and_then(SipEdge::http_address)
    }

    /// Where its node shows its metrics.
    pub(crate) fn metrics_address(&self) -> Option<SocketAddr> {
        self.node.as_ref()?.http_address()
    }

    /// Where its node serves phones' documents and pages.
    pub(crate) fn pages_address(&self) -> Option<SocketAddr> {
        self.node.as_ref()?.phones_addresses().first().copied()
    }

    /// Where phones register.
    pub(crate) fn sip_address(&self) -> Option<SocketAddr> {
        self.sip.as_ref().and_then(phones::address)
    }

    /// Stops the node in good order; the edge goes on, fed by another office. Nothing when it is stopped.
    pub(crate) async fn stop_node(&mut self) {
        if let Some(node) = self.node.take() {
            node.shutdown().await;
        }
    }

    /// Starts the node again on its directory, under its old address.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) async fn start_node(&mut self) -> Result<(), Problem> {
        let listener = listen(self.address.port()).await?;
        self.node = Some(Node::start_on(self.config.clone(), listener).await?);
        Ok(())
    }

    /// Who is where, as this office's edge has it.
    pub(crate) fn table(&self) -> &WatchedTable {
        self.edge.table()
    }

    /// The node runs.
    pub(crate) const fn is_up(&self) -> bool {
        self.node.is_some()
    }

    /// What the entry at `index` changed, as this office's edge was told; `None` until it was.
    pub(crate) fn entry(&self, index: u64) -> Option<Arc<[Event]>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(&index).cloned()
    }
}

/// Where phones of the other offices find their node and edge.
fn others(place: Place, ports: &Ports) -> Vec<String> {
    let others = OFFICES.iter().filter(|other| **other != place);
    others
        .map(|other| {
            let (sip, pages) = (ports.sip[position(*other)], ports.pages[position(*other)]);
            format!("{} http://{pages} {sip};transport=udp {}", other.id, sip.ip())
        })
        .collect()
}

/// Where a place stands in [`OFFICES`].
pub(crate) fn position(place: Place) -> usize {
    OFFICES.iter().position(|other| *other == place).unwrap_or(0)
}

fn config(place: Place, dir: &Path, all: &[SocketAddr], ports: &Ports) -> Config {
    let mut config = Config::default();
    let own = all[position(place)];
    config.listen = own.to_string();
    config.advertise = Some(own.to_string());
    config.node.id = place.node_id;
    config.node.site = place.id.to_owned();
    config.node.data_dir = dir.join(place.id);
    config.cluster.founders = OFFICES
        .iter()
        .zip(all)
        .map(|(office, address)| (office.node_id, address.to_string()))
        .collect();
    config.pin.pepper_file = Some(pepper(dir));
    config.sip.domain = Some(phones::DOMAIN.to_owned());
    config.sip.key_file = Some(phones::line_key(dir));
    let (sip, pages) = (ports.sip[position(place)], ports.pages[position(place)]);
    // Any free port: it is printed, and another one after the node was started again.
    config.http.listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)).to_string());
    config.phones.http_listen = vec![pages.to_string()];
    config.phones.url = Some(format!("http://{pages}"));
    config.phones.registrar = Some(format!("{sip};transport=udp"));
    config.phones.push_from = vec![sip.ip().to_string()];
    config.phones.other_offices = others(place, ports);
    config.phones.em.enabled = true;
    config.phones.em.applications_file = Some(phones::applications(dir));
    // All three nodes and sixty PINs on one machine: cheaper than what an office should use.
    config.pin.memory_kib = 4 * 1024;
    config.pin.iterations = 1;
    // One machine: the loss of a leader can be noticed at once.
    config.timing.heartbeat = Duration::from_millis(60);
    config.timing.election_min = Duration::from_millis(300);
    config.timing.election_max = Duration::from_millis(600);
    config.limits.shutdown_timeout = Duration::from_secs(2);
    config
}

/// The file that holds the pepper of a demo's directory.
pub(crate) fn pepper(dir: &Path) -> PathBuf {
    dir.join("pepper")
}

async fn remember(
    mut applied: tokio::sync::broadcast::Receiver<Applied>,
    entries: Arc<Mutex<BTreeMap<u64, Arc<[Event]>>>>,
) {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match applied.recv().await {
            Ok(Applied::Entry { index, events }) => {
                let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
                entries.insert(index, events);
                if entries.len() > ENTRIES_KEPT {
                    entries.pop_first();
                }
            }
            Ok(Applied::Replaced { .. }) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
