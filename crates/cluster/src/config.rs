//! What a node must be told to take part in a cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hotdesk_store::types::NodeId;
use openraft::SnapshotPolicy;

/// How many entries one append request carries at most; the log bounds its bytes as well.
const ENTRIES_PER_APPEND: u64 = 1024;
/// How many requests wait for the consensus task; more wait outside, which slows their senders down.
const CONSENSUS_QUEUE: u64 = 16_384;
/// How many commands wait for the state machine.
const APPLY_QUEUE: u64 = 1024;
/// Entries are purged in ranges of at least this many: purging one by one costs sled more than it frees.
const PURGE_BATCH: u64 = 1000;

/// Everything [`Cluster::start`](crate::Cluster::start) needs. The node's listener is not here: it belongs to
/// the caller, who serves [`Cluster::routes`](crate::Cluster::routes) on it, next to the public services.
#[derive(Clone, Debug)]
pub struct Config {
    /// This node's id; never used before by another node of the cluster, and not 0.
    pub node_id: NodeId,
    /// The office.
    pub site: String,
    /// host:port at which other nodes reach this node.
    pub advertise: String,
    /// The join token: whoever knows it may speak as a node. The same at all nodes.
    pub token: Token,
    /// TLS between nodes. `None`: plain text, for loopback and for networks that encrypt themselves.
    pub tls: Option<Tls>,
    /// Where log, vote and snapshots are kept. Created when missing.
    pub data_dir: PathBuf,
    /// How the node becomes part of a cluster.
    pub role: Role,
    /// How quickly the loss of a leader is noticed.
    pub timing: Timing,
    /// A snapshot is written each time this many entries were applied. Lower: a restart replays less; higher:
    /// less writing.
    pub snapshot_every: u64,
    /// How many entries are kept after a snapshot, for nodes and watchers that were away for a moment. A node
    /// that missed more gets a snapshot.
    pub keep_log: u64,
    /// Bounds of queues and buffers.
    pub limits: Limits,
}

impl Config {
    /// A configuration with the defaults for offices that are far apart.
    #[must_use]
    pub fn new(
        node_id: NodeId,
        site: &str,
        advertise: &str,
        token: &str,
        data_dir: PathBuf,
        role: Role,
    ) -> Self {
        Self {
            node_id,
            site: site.to_owned(),
            advertise: advertise.to_owned(),
            token: Token(token.to_owned()),
            tls: None,
            data_dir,
            role,
            timing: Timing::wan(),
            snapshot_every: 50_000,
            keep_log: 50_000,
            limits: Limits::default(),
        }
    }

    /// The same in openraft's words.
    pub(crate) fn consensus(&self) -> Result<openraft::Config, openraft::ConfigError> {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let config = openraft::Config {
            cluster_name: "hotdesk".into(),
            heartbeat_interval: millis(self.timing.heartbeat),
            election_timeout_min: millis(self.timing.election_min),
            election_timeout_max: millis(self.timing.election_max),
            // Only the transfer's own time-outs bound a snapshot; see `snapshot_transfer`.
            install_snapshot_timeout: 60_000,
            max_payload_entries: ENTRIES_PER_APPEND,
            // A follower that needs more than the log holds gets a snapshot; one that needs less, entries.
            replication_lag_threshold: self.keep_log.saturating_add(self.snapshot_every),
            snapshot_policy: SnapshotPolicy::LogsSinceLast(self.snapshot_every.max(1)),
            max_in_snapshot_log_to_keep: self.keep_log,
            purge_batch_size: PURGE_BATCH.min(self.snapshot_every.max(1)),
            api_channel_size: Some(CONSENSUS_QUEUE),
            // What consensus tells itself: it would wait for itself if this were ever full, so it is left at
            // openraft's own, large bound.
            notification_channel_size: None,
            state_machine_channel_size: Some(APPLY_QUEUE),
            // Without it, a node that comes back from a cut makes the others hold an election.
            enable_pre_vote: Some(true),
            // With it, a leader that restarts quickly answers linearizable reads with old data: it does not
            // know yet what it had committed. Seen in simulation; see ARCHITECTURE.md.
            enable_leader_restore: Some(false),
            // A peer that is away is tried again quickly at first, and at least each second.
            backoff: "50ms 100ms 200ms ...1s".into(),
            ..openraft::Config::default()
        };
        config.validate()
    }
}

/// How a node becomes part of a cluster. Only asked while its directory is empty; afterwards the directory
/// knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of the first voters. All of them are given the same list; the one with the lowest id founds the
    /// cluster as soon as it has seen all others.
    Founder {
        /// Address (host:port) of each first voter, this node included.
        founders: BTreeMap<NodeId, String>,
    },
    /// Asks to be added as a learner.
    Join {
        /// Addresses of nodes of the cluster; any of them will do.
        addresses: Vec<String>,
    },
    /// A copy outside of consensus, fed by one of these nodes.
    Replica {
        /// Addresses of core nodes, the nearest first; the next is taken when one fails.
        addresses: Vec<String>,
    },
}

/// The join token. Prints nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What this node shows and trusts when it calls other nodes, in PEM. Prints nothing of the key.
///
/// For mutual TLS the listener must ask for certificates of the same authority; that is the caller's, as the
/// listener is.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    /// Who signs the nodes' certificates.
    pub ca: Vec<u8>,
    /// This node's certificate, valid for the host in `advertise`.
    pub cert: Vec<u8>,
    /// Its key.
    pub key: Vec<u8>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// How quickly the loss of a leader is noticed. Quicker means more elections without need when the network or
/// a disk hesitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How often a leader says that it is there. At least twice the longest round trip between nodes.
    pub heartbeat: Duration,
    /// A follower that heard nothing for a random time between this ...
    pub election_min: Duration,
    /// ... and this asks to be elected.
    pub election_max: Duration,
}

impl Timing {
    /// Offices far apart: round trips of up to about 120 ms.
    #[must_use]
    pub const fn wan() -> Self {
        Self::millis(250, 1500, 3000)
    }

    /// Nodes near each other: round trips of a few milliseconds.
    #[must_use]
    pub const fn lan() -> Self {
        Self::millis(100, 500, 1000)
    }

    /// One machine: tests and the demo.
    #[must_use]
    pub const fn fast() -> Self {
        Self::millis(60, 300, 600)
    }

    const fn millis(heartbeat: u64, election_min: u64, election_max: u64) -> Self {
        Self {
            heartbeat: Duration::from_millis(heartbeat),
            election_min: Duration::from_millis(election_min),
            election_max: Duration::from_millis(election_max),
        }
    }

    /// How old a majority's acknowledgement may be for the leader to read without asking again.
    ///
    /// A follower that acknowledged grants nobody a vote for `election_max`; one that was restarted in
    /// between for `election_min` (see `server`). A fifth is left for clocks that run at different speeds.
    pub(crate) fn read_lease(&self) -> Duration {
        self.election_min.min(self.election_max) * 4 / 5
    }

    /// How often a connection without traffic is tried, and how long the answer may take.
    pub(crate) fn keep_alive(&self) -> Duration {
        self.election_max
            .clamp(Duration::from_secs(1), Duration::from_secs(3))
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::wan()
    }
}

/// Bounds of queues and buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many commands may wait at this node; further ones are answered `Overloaded`.
    pub proposals: usize,
    /// How many entries with events are kept for watchers. A watcher that falls further behind is dropped.
    pub watch_entries: usize,
    /// How many bytes of events (estimated) are kept for watchers.
    pub watch_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            proposals: 16_384,
            watch_entries: 65_536,
            watch_bytes: 64 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(timing: Timing) -> Config {
        let role = Role::Join { addresses: vec![] };
        let mut config = Config::new(1, "chicago", "localhost:1", "secret", PathBuf::new(), role);
        config.timing = timing;
        config
    }

    #[test]
    fn all_timings_are_accepted_by_consensus() {
        for timing in [Timing::wan(), Timing::lan(), Timing::fast()] {
            let raft = config(timing).consensus().unwrap();
            assert_eq!(raft.enable_leader_restore, Some(false));
            assert_eq!(raft.enable_pre_vote, Some(true));
        }
    }

    #[test]
    fn a_read_lease_ends_before_anybody_may_vote() {
        for timing in [Timing::wan(), Timing::lan(), Timing::fast()] {
            assert!(timing.read_lease() < timing.election_min);
            assert!(timing.read_lease() > 2 * timing.heartbeat);
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let printed = format!("{:?}", config(Timing::wan()));
        assert!(!printed.contains("secret"), "{printed}");
    }
}
