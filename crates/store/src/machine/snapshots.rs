//! Making snapshots while entries go on being applied.

use std::io;
use std::sync::Arc;

use hotdesk_core::State;
use hotdesk_proto::snapshot::Header;
use openraft::RaftSnapshotBuilder;
use openraft::type_config::async_runtime::AsyncRuntime;
use parking_lot::Mutex;

use super::handle::StateHandle;
use crate::snapshot::{SnapshotFile, SnapshotStore};
use crate::types::{Snapshot, SnapshotMeta, Types};
use crate::wire;

/// Where snapshots are kept, and which is the newest.
pub(super) struct Snapshots<S> {
    store: S,
    newest: Arc<Mutex<Option<Snapshot>>>,
}

impl<S: Clone> Clone for Snapshots<S> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            newest: Arc::clone(&self.newest),
        }
    }
}

impl<S> Snapshots<S> {
    pub(super) fn new(store: S) -> Self {
        Self {
            store,
            newest: Arc::default(),
        }
    }

    pub(super) const fn store(&self) -> &S {
        &self.store
    }

    pub(super) fn newest(&self) -> Option<Snapshot> {
        let newest = self.newest.lock();
        newest.as_ref().map(|it| Snapshot {
            meta: it.meta.clone(),
            snapshot: it.snapshot.clone(),
        })
    }

    /// Remembers a snapshot, unless there is a newer one: an install may overtake a build.
    pub(super) fn set_newest(&self, meta: SnapshotMeta, snapshot: SnapshotFile) {
        let mut newest = self.newest.lock();
        if newest
            .as_ref()
            .is_none_or(|it| it.meta.last_log_id <= meta.last_log_id)
        {
            *newest = Some(Snapshot { meta, snapshot });
        }
    }
}

/// Holds the state as it was when the builder was made, and writes it.
pub struct MachineSnapshotBuilder<S> {
    header: Header,
    state: State,
    snapshots: Snapshots<S>,
}

impl<S: SnapshotStore> MachineSnapshotBuilder<S> {
    pub(super) fn new(handle: &StateHandle, snapshots: &Snapshots<S>) -> Self {
        let (header, state) = handle.snapshot();
        Self {
            header,
            state,
            snapshots: snapshots.clone(),
        }
    }
}

impl<RT: AsyncRuntime, S: SnapshotStore> RaftSnapshotBuilder<Types<RT>> for MachineSnapshotBuilder<S> {
    type SnapshotData = SnapshotFile;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let meta = meta(&self.header)?;
        let snapshot = self
            .snapshots
            .store
            .save(self.header.clone(), self.state.clone())
            .await?;
        self.snapshots.set_newest(meta.clone(), snapshot.clone());
        Ok(Snapshot { meta, snapshot })
    }
}

/// What a header says, in words of consensus.
pub(super) fn meta(header: &Header) -> io::Result<SnapshotMeta> {
    let last_membership =
        wire::stored_membership_from(header.membership_log_id.as_ref(), Some(&header.membership))
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    Ok(SnapshotMeta {
        last_log_id: header.last_log_id.as_ref().map(wire::log_id_from),
        last_membership,
    })
}
