//! Snapshots in memory: for the simulator, where a "disk" is what the test hands to the next run.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hotdesk_core::State;
use hotdesk_proto::snapshot::{self, Header};
use parking_lot::Mutex;

use super::{Loaded, SnapshotFile, SnapshotStore, invalid};
use crate::error::OpenError;

/// Keeps the newest snapshot. Clones share it, so a clone kept across a simulated restart is the disk.
#[derive(Clone, Debug, Default)]
pub struct MemorySnapshots(Arc<Mutex<Option<SnapshotFile>>>);

impl MemorySnapshots {
    /// The newest snapshot.
    #[must_use]
    pub fn newest(&self) -> Option<SnapshotFile> {
        self.0.lock().clone()
    }

    /// Puts another in its place; `None` loses it.
    pub fn replace(&self, newest: Option<SnapshotFile>) {
        *self.0.lock() = newest;
    }
}

impl SnapshotStore for MemorySnapshots {
    async fn save(&self, header: Header, state: State) -> io::Result<SnapshotFile> {
        let mut bytes = Vec::new();
        snapshot::write(&mut bytes, &header, &state)?;
        let file = SnapshotFile::from_bytes(bytes.into());
        self.replace(Some(file.clone()));
        Ok(file)
    }

    async fn install(&self, file: SnapshotFile) -> io::Result<Loaded> {
        let (header, state) = snapshot::read(file.reader()).map_err(invalid)?;
        self.replace(Some(file.clone()));
        Ok(Loaded { header, state, file })
    }

    fn load(&self) -> Result<Option<Loaded>, OpenError> {
        let Some(file) = self.newest() else {
            return Ok(None);
        };
        let (header, state) = snapshot::read(file.reader()).map_err(|error| OpenError::Damaged {
            path: PathBuf::from("(snapshot in memory)"),
            detail: error.to_string(),
        })?;
        Ok(Some(Loaded { header, state, file }))
    }
}
