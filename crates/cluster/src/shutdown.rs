//! Stopping a node so that nobody has to wait for it.

use std::sync::Arc;
use std::time::Duration;

use hotdesk_store::types::NodeId;
use openraft::async_runtime::watch::WatchReceiver;

use crate::leadership::Leader;
use crate::membership::{best, hand_over};
use crate::node::{Core, Node};
use crate::propose::Stop;

/// How long what is under way may take to finish.
const FINISH_MAX: Duration = Duration::from_secs(2);

/// See [`Cluster::shutdown`](crate::Cluster::shutdown).
pub(crate) async fn shutdown(node: &Arc<Node>) {
    if *node.stop.borrow() == Stop::ShuttingDown {
        return;
    }
    let failed = node.fatal.borrow().is_some();
    if !failed {
        // Before anything is refused: a successor takes over without an election time-out.
        step_down(node).await;
        node.stop.send_replace(Stop::ShuttingDown);
    }
    let dispatching = node.dispatching.lock().take();
    if let Some(mut dispatching) = dispatching
        && tokio::time::timeout(FINISH_MAX, &mut dispatching).await.is_err()
    {
        // Whoever still waits is told that the node is shutting down, or that it is not known.
        dispatching.abort();
    }
    node.hub.close("this node is shutting down");
    let tasks = std::mem::take(&mut *node.tasks.lock());
    for task in &tasks {
        task.abort();
    }
    for task in tasks {
        let _ = task.await;
    }
    if let Core::Raft(core) = &node.core
        && core.raft.shutdown().await.is_err()
    {
        tracing::error!("consensus ended with a panic");
    }
    node.identity.close();
    tracing::info!("stopped");
}

/// Hands leadership to the voter that has most of the log; gives up after a moment.
async fn step_down(node: &Arc<Node>) {
    if *node.leader.borrow() != Leader::Me {
        return;
    }
    let Some(raft) = node.raft() else {
        return;
    };
    let others: Vec<NodeId> = {
        let metrics = raft.server_metrics();
        let membership = Arc::clone(&metrics.borrow_watched().membership_config);
        membership.voter_ids().filter(|id| *id != node.id()).collect()
    };
    let Some(successor) = best(raft, &others) else {
        return;
    };
    tracing::info!(to = successor, "hand over before stopping");
    if tokio::time::timeout(FINISH_MAX, hand_over(node, raft, successor))
        .await
        .is_err()
    {
        tracing::warn!(to = successor, "it did not take over in time");
    }
}
