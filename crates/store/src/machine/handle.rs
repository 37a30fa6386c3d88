//! Reading the state while it is written to.

use std::io::{self, Write};
use std::sync::Arc;

use hotdesk_core::State;
use hotdesk_proto::snapshot::{self, Header};
use parking_lot::RwLock;

use crate::types::{LogId, StoredMembership};
use crate::wire;

/// The state of one node, as far as it has applied the log. A cheap clone.
#[derive(Clone, Debug)]
pub struct StateHandle(Arc<RwLock<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    state: State,
    last_applied: Option<LogId>,
    membership: StoredMembership,
    cluster_id: Option<String>,
}

impl StateHandle {
    pub(super) fn new(cluster_id: Option<String>) -> Self {
        Self(Arc::new(RwLock::new(Inner {
            cluster_id,
            ..Inner::default()
        })))
    }

    /// Looks something up. Applying waits meanwhile, so keep it short; for more, take [`state`](Self::state).
    pub fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.0.read().state)
    }

    /// The state as it is now; does not change any more. Costs as much as a pointer.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.read().state.clone()
    }

    /// The last entry applied; `None` before the first.
    #[must_use]
    pub fn last_applied(&self) -> Option<LogId> {
        self.0.read().last_applied
    }

    /// The state and the last entry applied to it, taken together.
    #[must_use]
    pub fn state_at(&self) -> (State, Option<LogId>) {
        let inner = self.0.read();
        (inner.state.clone(), inner.last_applied)
    }

    /// The membership in force at the last entry applied.
    #[must_use]
    pub fn membership(&self) -> StoredMembership {
        self.0.read().membership.clone()
    }

    /// Says to which cluster the state belongs; snapshots carry it from now on.
    pub fn set_cluster_id(&self, cluster_id: &str) {
        self.0.write().cluster_id = Some(cluster_id.to_owned());
    }

    /// Writes a snapshot of now to `writer`, for a backup. Blocks while it writes, but holds up nobody.
    ///
    /// # Errors
    /// Those of `writer`.
    pub fn write_snapshot(&self, writer: impl Write) -> io::Result<Header> {
        let (header, state) = self.snapshot();
        snapshot::write(writer, &header, &state)?;
        Ok(header)
    }

    /// What a snapshot of now is made of.
    pub(super) fn snapshot(&self) -> (Header, State) {
        let inner = self.0.read();
        let header = Header {
            cluster_id: inner.cluster_id.clone().unwrap_or_default(),
            last_log_id: inner.last_applied.as_ref().map(wire::log_id_to),
            membership_log_id: inner.membership.log_id().as_ref().map(wire::log_id_to),
            membership: wire::membership_to(inner.membership.membership()),
        };
        (header, inner.state.clone())
    }

    /// Changes the state by one entry, while nobody reads.
    pub(super) fn write<R>(
        &self,
        entry: LogId,
        change: impl FnOnce(&mut State, &mut StoredMembership) -> R,
    ) -> R {
        let mut inner = self.0.write();
        let inner = &mut *inner;
        let result = change(&mut inner.state, &mut inner.membership);
        inner.last_applied = Some(entry);
        result
    }

    pub(super) fn replace(&self, state: State, last: Option<LogId>, membership: StoredMembership) {
        let mut inner = self.0.write();
        // Freed after the lock is: a million users take a moment.
        let old = std::mem::replace(&mut inner.state, state);
        inner.last_applied = last;
        inner.membership = membership;
        drop(inner);
        drop(old);
    }

    /// Whether a snapshot is of this cluster; otherwise its cluster and ours. Unknown ones fit all.
    pub(super) fn check_cluster(&self, header: &Header) -> Result<(), (String, String)> {
        match &self.0.read().cluster_id {
            Some(ours) if !header.cluster_id.is_empty() && *ours != header.cluster_id => {
                Err((header.cluster_id.clone(), ours.clone()))
            }
            _ => Ok(()),
        }
    }
}
