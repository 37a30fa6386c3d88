//! The state machine as consensus drives it: applies entries, makes and installs snapshots. What a command does
//! is decided in `hotdesk-core`; here it is only carried out, in order, once.

mod handle;
mod snapshots;

use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use hotdesk_core::{Event, State};
use openraft::storage::{EntryResponder, RaftStateMachine};
use openraft::type_config::async_runtime::AsyncRuntime;
use openraft::{EntryPayload, OptionalSend};

use crate::error::OpenError;
use crate::snapshot::{Loaded, SnapshotFile, SnapshotStore};
use crate::types::{Decided, Entry, LogId, Snapshot, SnapshotMeta, StoredMembership, Types};

pub use handle::StateHandle;
pub use snapshots::MachineSnapshotBuilder;

/// Is told what was applied, in order, after readers can see it.
pub trait Observer: Send + Sync + 'static {
    /// The entry at `index` was applied; `events` is empty for entries of consensus itself and for commands
    /// that changed nothing. Called for every entry. Must not block: applying waits for it.
    fn applied(&self, index: u64, events: Vec<Event>);

    /// The whole state was replaced by a snapshot's.
    fn replaced(&self, state: &State);
}

/// For when nobody looks.
impl Observer for () {
    fn applied(&self, _: u64, _: Vec<Event>) {}
    fn replaced(&self, _: &State) {}
}

/// The state machine of one node.
pub struct Machine<RT, S> {
    handle: StateHandle,
    snapshots: snapshots::Snapshots<S>,
    observer: Arc<dyn Observer>,
    runtime: PhantomData<fn() -> RT>,
}

impl<RT, S: SnapshotStore> Machine<RT, S> {
    /// Loads the newest good snapshot, or starts empty. `cluster_id` is `None` for a node that does not know
    /// it yet; see [`StateHandle::set_cluster_id`]. The observer is not told about what is loaded.
    ///
    /// # Errors
    /// [`OpenError::OtherCluster`] when the snapshot is of another cluster, [`OpenError::Damaged`] when there
    /// are snapshots but no good one.
    pub fn open(
        snapshots: S,
        observer: Arc<dyn Observer>,
        cluster_id: Option<String>,
    ) -> Result<(Self, StateHandle), OpenError> {
        let loaded = snapshots.load()?;
        let handle = StateHandle::new(cluster_id);
        let snapshots = snapshots::Snapshots::new(snapshots);
        if let Some(Loaded { header, state, file }) = loaded {
            let path = || {
                file.path()
                    .unwrap_or_else(|| "(snapshot in memory)".as_ref())
                    .to_path_buf()
            };
            handle
                .check_cluster(&header)
                .map_err(|(found, expected)| OpenError::OtherCluster {
                    path: path(),
                    found,
                    expected,
                })?;
            let meta = snapshots::meta(&header).map_err(|error| OpenError::Damaged {
                path: path(),
                detail: error.to_string(),
            })?;
            handle.replace(state, meta.last_log_id, meta.last_membership.clone());
            snapshots.set_newest(meta, file);
        }
        let machine = Self {
            handle: handle.clone(),
            snapshots,
            observer,
            runtime: PhantomData,
        };
        Ok((machine, handle))
    }

    fn apply_entry(&self, entry: &Entry) -> Decided {
        let LogId { index, .. } = entry.log_id;
        let (outcomes, events) = match &entry.payload {
            EntryPayload::Blank => {
                self.handle.write(entry.log_id, |_, _| {});
                (Vec::new(), Vec::new())
            }
            EntryPayload::Membership(membership) => {
                let stored = StoredMembership::new(Some(entry.log_id), membership.clone());
                self.handle.write(entry.log_id, |_, in_force| *in_force = stored);
                (Vec::new(), Vec::new())
            }
            EntryPayload::Normal(proposed) => {
                let applied = self
                    .handle
                    .write(entry.log_id, |state, _| state.apply(index, &proposed.batch));
                (applied.outcomes, applied.events)
            }
        };
        self.observer.applied(index, events);
        Decided { index, outcomes }
    }
}

impl<RT: AsyncRuntime, S: SnapshotStore> RaftStateMachine<Types<RT>> for Machine<RT, S> {
    type SnapshotData = SnapshotFile;
    type SnapshotBuilder = MachineSnapshotBuilder<S>;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        Ok((self.handle.last_applied(), self.handle.membership()))
    }

    async fn apply<Strm>(&mut self, mut entries: Strm) -> Result<(), io::Error>
    where
        Strm: Stream<Item = Result<EntryResponder<Types<RT>>, io::Error>> + Unpin + OptionalSend,
    {
        while let Some(item) = entries.next().await {
            let (entry, responder) = item?;
            let decided = self.apply_entry(&entry);
            if let Some(responder) = responder {
                responder.send(decided);
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self::SnapshotBuilder {
        MachineSnapshotBuilder::new(&self.handle, &self.snapshots)
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        snapshot: Self::SnapshotData,
    ) -> Result<(), io::Error> {
        // The content decides, not what came along with it: they are the same unless something is wrong.
        let Loaded { header, state, file } = self.snapshots.store().install(snapshot).await?;
        self.handle.check_cluster(&header).map_err(|(found, expected)| {
            let problem = format!("the snapshot is of cluster {found}, not of cluster {expected}");
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })?;
        let found = snapshots::meta(&header)?;
        if found != *meta {
            let problem = format!("the snapshot covers {found:?} but was announced for {meta:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        self.handle
            .replace(state.clone(), meta.last_log_id, meta.last_membership.clone());
        self.snapshots.set_newest(found, file);
        self.observer.replaced(&state);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        Ok(self.snapshots.newest())
    }
}
