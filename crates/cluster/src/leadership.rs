//! Who leads, as far as this node may rely on it, and how old its copy is: both come from asking the leader.

use std::sync::Arc;

use hotdesk_store::types::NodeId;
use openraft::ServerState;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::metrics::RaftServerMetrics;
use tokio::time::Instant;

use crate::node::Node;
use crate::types::{C, Raft};

/// A node and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: NodeId,
    pub(crate) address: String,
}

/// Who takes proposals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Leader {
    /// Nobody is known, or the one who led has been silent for too long.
    #[default]
    Nobody,
    /// This node.
    Me,
    /// That node.
    Other(Known),
}

impl Leader {
    /// The leader's id, if there is one.
    pub(crate) const fn id(&self, me: NodeId) -> Option<NodeId> {
        match self {
            Self::Nobody => None,
            Self::Me => Some(me),
            Self::Other(known) => Some(known.id),
        }
    }
}

/// Follows the leader for as long as the node runs: publishes who it is, asks it for a read index each
/// heartbeat, and keeps the age of this node's copy from the answers.
pub(crate) async fn follow(node: Arc<Node>, raft: Raft) {
    let mut metrics = raft.server_metrics();
    // What is found at the start comes from the disk; nobody has been heard yet.
    let mut last = named(&metrics.borrow_and_update());
    let period = node.config.timing.heartbeat;
    loop {
        let leader = named(&metrics.borrow_and_update());
        if leader != last {
            if let Leader::Other(_) = leader {
                // A new leader is known because it sent something.
                node.age.heard(Instant::now());
            }
            last = leader.clone();
        }
        publish(&node, &leader);
        let asked_at = Instant::now();
        tokio::select! {
            changed = metrics.changed() => if changed.is_err() { return },
            () = ask(&node, &leader) => {
                publish(&node, &leader);
                let next = tokio::time::sleep_until(asked_at + period);
                tokio::select! {
                    changed = metrics.changed() => if changed.is_err() { return },
                    () = next => {}
                }
            }
        }
    }
}

/// Asks for a read index and waits until it is applied, both for no longer than makes sense.
async fn ask(node: &Node, leader: &Leader) {
    let limit = node.config.timing.election_min;
    let asked_at = Instant::now();
    let asked = tokio::time::timeout(limit, crate::read::read_index(node, leader)).await;
    let Ok(Ok(index)) = asked else {
        return;
    };
    node.age.heard(asked_at);
    publish(node, leader);
    if tokio::time::timeout(limit, node.wait_applied(index))
        .await
        .is_ok()
    {
        node.age.complete(asked_at);
    }
}

fn publish(node: &Node, leader: &Leader) {
    // A leader without a majority, this node or another, decides nothing: what waits may still be refused as
    // not proposed, what was sent may not. openraft by itself lets a leader take entries for a while.
    if node.age.cut_off() {
        node.publish(Leader::Nobody);
    } else {
        node.publish(leader.clone());
    }
}

/// The leader that consensus names.
pub(crate) fn named(metrics: &RaftServerMetrics<C>) -> Leader {
    if metrics.state == ServerState::Leader {
        return Leader::Me;
    }
    let id = metrics.current_leader.filter(|id| *id != metrics.id);
    let known = id.and_then(|id| {
        let address = metrics.membership_config.get_node(&id)?.address.clone();
        Some(Known { id, address })
    });
    known.map_or(Leader::Nobody, Leader::Other)
}
