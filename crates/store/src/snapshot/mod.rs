//! Snapshots: the whole state up to an entry, so that the log before it can go.
//!
//! The bytes are made by `hotdesk_proto::snapshot`; here is where they are kept. [`SnapshotDir`] keeps files,
//! [`MemorySnapshots`] keeps them in memory for the simulator.

mod dir;
mod file;
mod incoming;
mod memory;

use std::future::Future;
use std::io;

use hotdesk_core::State;
use hotdesk_proto::snapshot::{self, Header};

use crate::error::OpenError;

pub use dir::SnapshotDir;
pub use file::SnapshotFile;
pub use incoming::Incoming;
pub use memory::MemorySnapshots;

/// Where snapshots are kept. The newest is the one that counts.
pub trait SnapshotStore: Clone + Send + Sync + 'static {
    /// Writes a snapshot; durable when the future is done.
    ///
    /// # Errors
    /// Those of the file system; nothing is kept then.
    fn save(&self, header: Header, state: State) -> impl Future<Output = io::Result<SnapshotFile>> + Send;

    /// Reads a snapshot that came from elsewhere, checks it whole, and keeps it; durable when done.
    ///
    /// # Errors
    /// When it is not a good snapshot (`InvalidData`), and those of the file system. Nothing is kept then.
    fn install(&self, snapshot: SnapshotFile) -> impl Future<Output = io::Result<Loaded>> + Send;

    /// Reads the newest good snapshot; `None` when there is none at all.
    ///
    /// # Errors
    /// When there are snapshots, but none that this version can read; see [`OpenError`].
    fn load(&self) -> Result<Option<Loaded>, OpenError>;
}

/// A snapshot that was read.
#[derive(Debug)]
pub struct Loaded {
    /// What it says about itself.
    pub header: Header,
    /// What it holds.
    pub state: State,
    /// Its bytes.
    pub file: SnapshotFile,
}

/// What is wrong with a snapshot, as the operating system would put it.
fn invalid(error: snapshot::Error) -> io::Error {
    match error {
        snapshot::Error::Io(error) => error,
        error => io::Error::new(io::ErrorKind::InvalidData, error),
    }
}
