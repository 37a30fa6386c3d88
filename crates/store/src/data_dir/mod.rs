//! The directory in which a node keeps everything: whose it is, that nobody else works in it, room to start.
//!
//! ```text
//! <data dir>/IDENTITY    format version, node id, cluster id (text, checked)
//!            LOCK        held while a process works here
//!            BALLAST     room that is given back when the disk is full
//!            WATERMARK   what the log is known to hold (see `log::watermark`)
//!            log/        the sled database
//!            snapshots/  snapshot files
//! ```

mod ballast;
mod identity;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::fs::{FlockOperation, flock};

use crate::error::OpenError;
use crate::types::NodeId;

pub use ballast::{BALLAST_BYTES, ROOM_NEEDED_BYTES};
pub(crate) use ballast::{free_bytes, keep as keep_reserve, make_room};
pub use identity::FORMAT_VERSION;

/// Whose directory it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The node.
    pub node_id: NodeId,
    /// The cluster, where the node knows it already.
    pub cluster_id: Option<String>,
}

/// An opened data directory. A cheap clone; the directory stays locked until the last clone is gone.
#[derive(Clone, Debug)]
pub struct DataDir(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    node_id: NodeId,
    cluster_id: Mutex<Option<String>>,
    // Kept open, because the lock goes with the handle.
    _lock: File,
}

impl DataDir {
    /// Opens the directory, making it if there is none, and checks that it is this node's and nobody else's.
    /// On a full disk the ballast is given back, so that the node can start and purge.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: impl AsRef<Path>, expect: Expect) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let failed = |error| OpenError::from_io(path, error);
        fs::create_dir_all(path).map_err(failed)?;
        let lock = lock(path)?;
        make_room(path)?;

        let identity = match identity::read(path)? {
            Some(found) => found.check(path, &expect)?,
            None => {
                identity::refuse_orphans(path)?;
                identity::write(path, &expect)?;
                expect
            }
        };
        for folder in [LOG, SNAPSHOTS] {
            let folder = path.join(folder);
            fs::create_dir_all(&folder).map_err(|error| OpenError::from_io(&folder, error))?;
        }
        keep_reserve(path)?;
        sync_dir(path).map_err(failed)?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            // The entry of the directory itself. A parent that may not be opened is not ours to sync.
            match sync_dir(parent) {
                Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(failed(error)),
                _ => {}
            }
        }
        Ok(Self(Arc::new(Inner {
            path: path.to_path_buf(),
            node_id: identity.node_id,
            cluster_id: Mutex::new(identity.cluster_id),
            _lock: lock,
        })))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whose it is.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        self.0.node_id
    }

    /// The cluster, once known.
    #[must_use]
    pub fn cluster_id(&self) -> Option<String> {
        self.0.cluster_id.lock().clone()
    }

    /// Writes down to which cluster the data belongs; durable on return. Saying the same again is fine.
    ///
    /// # Errors
    /// [`OpenError::OtherCluster`] when another one is written down already; those of the file system.
    pub fn set_cluster_id(&self, cluster_id: &str) -> Result<(), OpenError> {
        let mut known = self.0.cluster_id.lock();
        let expect = Expect {
            node_id: self.0.node_id,
            cluster_id: Some(cluster_id.to_owned()),
        };
        match known.as_deref() {
            Some(found) if found == cluster_id => Ok(()),
            Some(found) => Err(OpenError::OtherCluster {
                path: self.0.path.clone(),
                found: found.to_owned(),
                expected: cluster_id.to_owned(),
            }),
            None => {
                identity::write(&self.0.path, &expect)?;
                *known = expect.cluster_id;
                Ok(())
            }
        }
    }

    /// Where the log is kept.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.0.path.join(LOG)
    }

    /// Where snapshots are kept.
    #[must_use]
    pub fn snapshots_path(&self) -> PathBuf {
        self.0.path.join(SNAPSHOTS)
    }
}

/// Takes the directory for this process, for as long as the handle is open.
pub(crate) fn lock(path: &Path) -> Result<File, OpenError> {
    let lock_path = path.join("LOCK");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|error| OpenError::from_io(&lock_path, error))?;
    patiently(|| match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse {
            path: path.to_path_buf(),
        }),
        Err(error) => Err(OpenError::from_io(&lock_path, error.into())),
    })?;
    Ok(lock)
}

/// Tries again for a moment while somebody else holds the lock: a process that was just stopped, or a child
/// that has not yet closed what it inherited.
pub(crate) fn patiently<T>(mut open: impl FnMut() -> Result<T, OpenError>) -> Result<T, OpenError> {
    let deadline = Instant::now() + LOCK_WAIT_MAX;
    loop {
        match open() {
            Err(OpenError::InUse { .. }) if Instant::now() < deadline => thread::sleep(LOCK_RETRY),
            result => return result,
        }
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Replaces a small file: the old content or the new one is there, whatever happens. Durable on return.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    use io::Write;
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

const LOG: &str = "log";
const SNAPSHOTS: &str = "snapshots";

/// How long a directory in use is waited for.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(1);
const LOCK_RETRY: Duration = Duration::from_millis(20);
