//! Snapshots on a modelled disk: they take their time, and are there when complete.

use std::io;
use std::time::Duration;

use hotdesk_core::State;
use hotdesk_proto::snapshot::Header;
use hotdesk_store::snapshot::Loaded;
use hotdesk_store::{OpenError, SnapshotFile, SnapshotStore};
use openraft::async_runtime::AsyncRuntime;

use crate::disk::Disk;
use crate::runtime::NodeRuntime;

/// Writing and syncing a file takes this long.
const SAVE: Duration = Duration::from_millis(20);

/// Where a node keeps its snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots(pub Disk);

impl SnapshotStore for Snapshots {
    async fn save(&self, header: Header, state: State) -> io::Result<SnapshotFile> {
        NodeRuntime::sleep(SAVE).await;
        self.0.snapshots.save(header, state).await
    }

    async fn install(&self, snapshot: SnapshotFile) -> io::Result<Loaded> {
        NodeRuntime::sleep(SAVE).await;
        self.0.snapshots.install(snapshot).await
    }

    fn load(&self) -> Result<Option<Loaded>, OpenError> {
        self.0.snapshots.load()
    }
}
