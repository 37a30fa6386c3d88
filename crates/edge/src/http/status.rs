//! How an edge is doing, as data.

use serde::Serialize;

/// Knows how the edge is doing.
pub trait StatusSource: Send + Sync + 'static {
    /// The whole picture. For people and probes: it may count things.
    fn status(&self) -> StatusReport;

    /// Why calls cannot be routed now, in a sentence; `None` when they can.
    fn not_ready(&self) -> Option<String>;
}

/// How an edge is doing. Times are milliseconds since 1970 where their name ends in `_at_ms`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// The edge's id.
    pub edge: String,
    /// Its office.
    pub site: String,
    /// The program's version.
    pub version: String,
    /// When this was written.
    pub now_at_ms: u64,
    /// When the edge was started.
    pub started_at_ms: u64,
    /// Why calls cannot be routed now, if so.
    pub not_ready: Option<String>,
    /// What the table's age means: `starting`, `good`, `expired_strict`, `expired_survive`.
    pub standing: String,
    /// What the office does when the table is too old: `strict`, `survive`.
    pub policy: String,
    /// How old the table may be; `None` before it was complete.
    pub table_age_ms: Option<u64>,
    /// The log index up to which it is complete.
    pub table_index: u64,
    /// The node it is fed by.
    pub node: Option<String>,
    /// Users known.
    pub users: u64,
    /// Users logged in at this office.
    pub sessions_here: u64,
    /// Phones that are registered here.
    pub registrations: u64,
    /// Calls going on.
    pub calls_active: u64,
    /// Phones held for an emergency call or its call-back.
    pub devices_held: u64,
    /// Where it listens, and what went through.
    pub listeners: Vec<Listener>,
    /// What went through, by transport.
    pub traffic: Vec<Traffic>,
    /// Other edges.
    pub edges: Vec<Edge>,
    /// Ways out.
    pub trunks: Vec<Trunk>,
    /// Phones that do not show yet what they should.
    pub phones: Vec<Phone>,
    /// What happened last, the newest first.
    pub events: Vec<Event>,
}

/// A listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Listener {
    /// `udp`, `tcp`, ...
    pub transport: String,
    /// What it is bound to.
    pub local: String,
    /// What others are told.
    pub advertised: String,
}

/// One transport's counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// `udp`, `tcp`, ...
    pub transport: String,
    /// Connections open now.
    pub connections: u64,
    /// Messages in.
    pub received: u64,
    /// Messages out.
    pub sent: u64,
    /// Messages that were none, answered or dropped.
    pub malformed: u64,
    /// Requests refused because there were too many.
    pub overloaded: u64,
}

impl Traffic {
    /// Those of all transports that something went through.
    #[must_use]
    pub fn of(snapshot: &crate::transport::Snapshot) -> Vec<Self> {
        let used = snapshot
            .iter()
            .filter(|(_, counts)| **counts != Default::default());
        let traffic = used.map(|(transport, counts)| Self {
            transport: transport.to_string(),
            connections: counts.connections,
            received: counts.received,
            sent: counts.sent,
            malformed: counts.malformed + counts.malformed_dropped,
            overloaded: counts.overloaded,
        });
        traffic.collect()
    }
}

/// Another edge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Its id.
    pub id: String,
    /// Its office.
    pub site: String,
    /// How it is reached.
    pub uri: String,
    /// Whether it answered last time; `None` when it was not asked yet.
    pub is_reachable: Option<bool>,
}

/// A way out of the office: a trunk or a PBX.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trunk {
    /// Its id.
    pub id: String,
    /// Whether calls are sent there.
    pub is_up: bool,
    /// Since when.
    pub since_at_ms: u64,
    /// Why, in a few words.
    pub detail: String,
}

/// A phone that does not show yet what it should.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Phone {
    /// Its id.
    pub device: String,
    /// What it waits for: `queued`, `busy`, `gone`, `loading`, `pausing`, `gave up`.
    pub stage: String,
    /// For how long, in milliseconds.
    pub for_ms: u64,
    /// How often it was told to load.
    pub attempts: u32,
}

/// Something worth knowing that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at_ms: u64,
    /// What, in a sentence.
    pub text: String,
}
