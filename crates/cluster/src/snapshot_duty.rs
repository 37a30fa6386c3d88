//! Snapshots by weight. openraft makes one after so many entries, but an entry holds one command or a thousand: after
//! a large import or a busy morning a few thousand entries can take longer to apply again than a snapshot takes to
//! read. So each node also makes one when the log has grown by about as much as a snapshot would hold.

use std::sync::Arc;
use std::time::Duration;

use hotdesk_core::State;
use hotdesk_store::LogMonitor;

use crate::node::Node;
use crate::types::Raft;

/// How often the log's growth is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A log that has grown by less is left alone: applying it again takes well under a second.
const GROWTH_MIN_BYTES: u64 = 32 << 20;
/// What one record takes in a snapshot, about.
const RECORD_BYTES: u64 = 128;

/// Works for as long as the node runs.
pub(crate) async fn bound_the_log(node: Arc<Node>, raft: Raft, log: LogMonitor) {
    let mut since = log.stats().bytes;
    let mut pause = tokio::time::interval(LOOK_EVERY);
    loop {
        pause.tick().await;
        let bytes = log.stats().bytes;
        if bytes - since < node.state.read(growth_max) {
            continue;
        }
        since = bytes;
        if let Err(fatal) = raft.trigger().snapshot().await {
            tracing::debug!(error = %fatal, "no snapshot: the node has stopped");
            return;
        }
    }
}

fn growth_max(state: &State) -> u64 {
    let counts = state.counts();
    let records = counts.users + counts.devices + counts.sessions;
    GROWTH_MIN_BYTES.max(records as u64 * RECORD_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_cluster_needs_no_snapshot_before_the_least_growth() {
        assert_eq!(growth_max(&State::new()), GROWTH_MIN_BYTES);
    }
}
