//! The cluster as a node sees it.

use std::time::Duration;

use hotdesk_core::{Counts, State};
use hotdesk_store::LogStats;
use hotdesk_store::types::{Membership, NodeId};
use openraft::RaftMetrics;
use openraft::async_runtime::watch::WatchReceiver;

use crate::leadership::Leader;
use crate::node::{Core, Node};
use crate::types::C;

/// What a node is in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeRole {
    /// Votes, and leads.
    Leader,
    /// Votes.
    Voter,
    /// Gets every entry, does not vote.
    Learner,
    /// A copy outside of consensus.
    Replica,
    /// Started, and waiting to belong to a cluster.
    Waiting,
}

/// A node that belongs to the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: NodeId,
    /// Its office.
    pub site: String,
    /// host:port.
    pub address: String,
    /// What it is.
    pub role: NodeRole,
    /// The last log index known to be on that node; only the leader knows it of others.
    pub matched_index: Option<u64>,
}

/// The cluster as a node sees it. Indexes are 0 where there is nothing yet.
#[derive(Clone, Debug)]
pub struct Status {
    /// Names the cluster, once this node belongs to one.
    pub cluster_id: Option<String>,
    /// The node that answers.
    pub node_id: NodeId,
    /// Its office.
    pub site: String,
    /// What it is.
    pub role: NodeRole,
    /// The term of consensus; 0 at a replica.
    pub term: u64,
    /// Who leads, where known.
    pub leader_id: Option<NodeId>,
    /// Who belongs to the cluster, by id. Without replicas: nobody counts them.
    pub members: Vec<Member>,
    /// The last entry of the log.
    pub last_log_index: u64,
    /// The last entry applied.
    pub applied_index: u64,
    /// The last entry that the newest snapshot covers.
    pub snapshot_index: u64,
    /// The last entry purged from the log.
    pub purged_index: u64,
    /// How old this node's copy is at most.
    pub age: Duration,
    /// No leader has been heard of for longer than an election takes.
    pub cut_off: bool,
    /// How large the state is.
    pub counts: Counts,
    /// Why the node does not take part any more; `None` while it does.
    pub fatal: Option<String>,
    /// What the node waits for before it takes part; `None` when it does.
    pub waiting_for: Option<String>,
    /// What the log has done since the start; zeros at a replica, which has none.
    pub log: LogStats,
}

/// Looks at everything.
pub(crate) fn status(node: &Node) -> Status {
    let leader = node.leader.borrow().clone();
    let applied = node.applied();
    let mut status = Status {
        cluster_id: node.identity.cluster_id().map(|id| id.to_string()),
        node_id: node.id(),
        site: node.config.site.clone(),
        role: NodeRole::Replica,
        term: 0,
        leader_id: leader.id(node.id()),
        members: Vec::new(),
        last_log_index: applied,
        applied_index: applied,
        snapshot_index: 0,
        purged_index: 0,
        age: node.age(),
        cut_off: node.age.cut_off(),
        counts: node.state.read(State::counts),
        fatal: node.fatal.borrow().clone(),
        waiting_for: node.waiting_for.lock().clone(),
        log: LogStats::default(),
    };
    match &node.core {
        Core::Raft(core) => {
            let metrics = core.raft.metrics();
            let metrics = metrics.borrow_watched();
            let membership = metrics.membership_config.membership();
            status.members = members(membership, status.leader_id, Some(&metrics));
            let mine = status.members.iter().find(|member| member.id == status.node_id);
            status.role = match (&leader, mine) {
                (Leader::Me, _) => NodeRole::Leader,
                (_, Some(mine)) if mine.role == NodeRole::Leader => NodeRole::Voter,
                (_, Some(mine)) => mine.role,
                (_, None) => NodeRole::Waiting,
            };
            status.term = metrics.current_term;
            status.last_log_index = metrics.last_log_index.unwrap_or_default();
            status.snapshot_index = metrics.snapshot.map_or(0, |id| id.index);
            status.purged_index = metrics.purged.map_or(0, |id| id.index);
            status.log = core.monitor.stats();
        }
        Core::Replica(replica) => {
            status.members = members(node.state.membership().membership(), status.leader_id, None);
            status.snapshot_index = *replica.snapshot_index.lock();
        }
    }
    status
}

/// The members, by id.
pub(crate) fn members(
    membership: &Membership,
    leader: Option<NodeId>,
    metrics: Option<&RaftMetrics<C>>,
) -> Vec<Member> {
    let replication = metrics.and_then(|metrics| metrics.replication.as_ref());
    let matched = |id: NodeId| match metrics {
        Some(metrics) if metrics.id == id => metrics.last_log_index,
        _ => replication?.get(&id).copied().flatten().map(|id| id.index),
    };
    let voters: Vec<NodeId> = membership.voter_ids().collect();
    let member = |(id, info): (&NodeId, &hotdesk_store::types::NodeInfo)| Member {
        id: *id,
        site: info.site.clone(),
        address: info.address.clone(),
        role: match () {
            () if Some(*id) == leader => NodeRole::Leader,
            () if voters.contains(id) => NodeRole::Voter,
            () => NodeRole::Learner,
        },
        matched_index: matched(*id),
    };
    membership.nodes().map(member).collect()
}
