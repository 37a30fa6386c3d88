//! How a node answers look-ups: behind a barrier, or from its copy with its age.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hotdesk_core::State;
use openraft::async_runtime::{AsyncRuntime, Instant};
use openraft::{LinearizerOption, ReadPolicy};

use crate::clock::NodeInstant;
use crate::node::{FORWARD_PATIENCE, Node};
use crate::plant::Plant;
use crate::runtime::NodeRuntime;
use crate::settings::READ_LEASE;

/// How often a node asks the leader how current its copy is.
const FRESHNESS_EVERY: Duration = Duration::from_millis(100);

/// How a reader makes sure that it misses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// The leader trusts its lease.
    Lease,
    /// The leader asks a majority.
    Index,
}

impl Node {
    /// Makes sure that the copy holds all that was committed when this was called, and returns it.
    pub async fn read(&self, barrier: Barrier, patience: Duration) -> Option<State> {
        let leader = self.leader()?;
        let index = if leader == self.id() {
            self.read_index(barrier).await?
        } else {
            let there =
                self.setting
                    .network
                    .call((self.id(), leader), patience, None, move |node| async move {
                        node.read_index(barrier).await
                    });
            there.await.ok()??
        };
        let wait = self.raft.wait(Some(patience));
        wait.applied_index_at_least(Some(index), "a read barrier")
            .await
            .ok()?;
        Some(self.state.state())
    }

    /// The index up to which a copy must have applied the log; only from a leader that is one.
    async fn read_index(&self, barrier: Barrier) -> Option<u64> {
        if self.setting.plant == Plant::LookupWithoutLease {
            return (self.leader() == Some(self.id()))
                .then(|| self.state.last_applied().map_or(0, |last| last.index));
        }
        let option: LinearizerOption = match barrier {
            Barrier::Lease if self.setting.plant == Plant::LeaseWithoutMargin => ReadPolicy::LeaseRead.into(),
            Barrier::Lease => {
                LinearizerOption::new(Some(READ_LEASE), false).with_wait_timeout(Duration::ZERO)
            }
            Barrier::Index => ReadPolicy::ReadIndex.into(),
        };
        let linearizer = self.raft.get_read_linearizer(option).await.ok()?;
        Some(linearizer.read_log_id().index())
    }

    /// The copy as it is, and how old it may be on this node's clock; `None` while that is not known.
    #[must_use]
    pub fn read_local(&self) -> Option<(State, Duration)> {
        let current_at = self.current_at.load(Ordering::Relaxed);
        let age = Duration::from_nanos(NodeInstant::now().as_nanos().saturating_sub(current_at));
        (current_at > 0).then(|| (self.state.state(), age))
    }

    pub(crate) async fn stay_current(self: Arc<Self>) {
        loop {
            let asked_at = NodeInstant::now().as_nanos();
            if self.read(Barrier::Lease, FORWARD_PATIENCE).await.is_some() {
                self.current_at.fetch_max(asked_at, Ordering::Relaxed);
            }
            NodeRuntime::sleep(FRESHNESS_EVERY).await;
        }
    }
}
