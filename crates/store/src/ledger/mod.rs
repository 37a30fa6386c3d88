//! A small durable map for an edge: keys to values, all read at the start, changed in batches.
//!
//! One thread writes (`writer.rs`): it takes all that is queued, makes one batch of it, has sled write and flush
//! it, and only then tells everybody. From then on a killed process loses nothing. A power cut may take the
//! last second: another thread syncs the file at most once a second, and closing does. That is enough for
//! registrations, which phones repeat; the Raft log (`log`) syncs before it answers.
//!
//! ```text
//! <dir>/LEDGER    that it is one, its format, and how far it had come at the last clean end (text, checked)
//!       LOCK      held while a process works here
//!       BALLAST   room that is given back when the disk is full
//!       db/       the sled database
//! ```

mod error;
mod keys;
mod mark;
mod writer;

use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::data_dir;
use crate::durability::{DataSync, SyncedFile, Syncer, self_check};
use crate::error::OpenError;
use crate::log::{damaged, open_error, open_sled, panic_message, sync_tree};

pub use self::error::{OpenLedgerError, WriteError};
pub use self::keys::{KEY_BYTES_MAX, VALUE_BYTES_MAX};

use self::keys::Contents;
use self::writer::{Queue, Shared, Sync, Writer};

/// One change: a key with its new value, or without it.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// All keys with their values.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// Called once, on the ledger's thread or on the caller's; to be quick, for everybody waits meanwhile.
pub type Done = Box<dyn FnOnce(Result<(), WriteError>) + Send>;

/// How a ledger is opened.
pub struct LedgerOptions {
    /// What makes writes durable. Tests plant others.
    pub syncer: Box<dyn Syncer>,
    /// How long what was acknowledged may be lost in a power cut, at most. Default one second.
    pub sync_interval: Duration,
    /// How many changes may wait. When there would be more, the write is refused with
    /// [`WriteError::Busy`]: the disk cannot keep up. Default 16,384.
    pub queued_changes_max: usize,
    /// The same for their bytes. Default 16 MiB.
    pub queued_bytes_max: usize,
    /// Below so many free bytes on the disk nothing is written any more ([`WriteError::DiskFull`]), so that
    /// sled itself never meets the full disk, after which it would have to be opened anew. Default 8 MiB.
    pub free_bytes_min: u64,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self {
            syncer: Box::new(DataSync),
            sync_interval: Duration::from_secs(1),
            queued_changes_max: 16_384,
            queued_bytes_max: 16 << 20,
            free_bytes_min: 8 << 20,
        }
    }
}

impl fmt::Debug for LedgerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerOptions")
            .field("sync_interval", &self.sync_interval)
            .field("queued_changes_max", &self.queued_changes_max)
            .field("queued_bytes_max", &self.queued_bytes_max)
            .field("free_bytes_min", &self.free_bytes_min)
            .finish_non_exhaustive()
    }
}

/// What a ledger has done since it was opened, and how it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerStats {
    /// Keys that are there.
    pub entries: u64,
    /// Changes written.
    pub changes: u64,
    /// Batches written.
    pub batches: u64,
    /// Syncs of the file.
    pub syncs: u64,
    /// Changes that wait at the moment.
    pub queued: u64,
    /// Writes refused because too many waited.
    pub refused_busy: u64,
    /// Writes refused because the disk was full.
    pub refused_full: u64,
    /// Why nothing is written any more, when that is so.
    pub failure: Option<String>,
}

/// The map. All methods can be called from any thread.
pub struct Ledger {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Ledger {
    /// Opens or makes the ledger in a directory of its own, and reads all of it: the entries, in the order of
    /// their keys. 10,000 take some 50 ms.
    ///
    /// # Errors
    /// See [`OpenLedgerError`].
    pub fn open(dir: impl AsRef<Path>) -> Result<(Self, Entries), OpenLedgerError> {
        Self::open_with(dir, LedgerOptions::default())
    }

    /// As [`open`](Self::open), with other options.
    ///
    /// # Errors
    /// As there.
    pub fn open_with(
        dir: impl AsRef<Path>,
        options: LedgerOptions,
    ) -> Result<(Self, Entries), OpenLedgerError> {
        let dir = dir.as_ref();
        let failed = |error| OpenError::from_io(dir, error);
        fs::create_dir_all(dir).map_err(failed)?;
        // Before anything is put into somebody else's directory.
        mark::refuse_foreign(dir)?;
        let lock = data_dir::lock(dir)?;
        data_dir::make_room(dir)?;
        let marked = mark::read(dir)?;
        if marked.is_none() {
            mark::write(dir, 0)?;
        }

        let path = dir.join(DATABASE);
        fs::create_dir_all(&path).map_err(failed)?;
        let db = data_dir::patiently(|| open_sled(&path))?;
        let file_path = path.join("db");
        let mut file = SyncedFile::open(&file_path, options.syncer).map_err(failed)?;
        // On its own key, which reading passes over.
        self_check(&db, &mut file, &file_path)?;
        sync_tree(&path).map_err(failed)?;
        let (contents, entries) = read(&db, &path)?;
        contents.check(dir, marked.unwrap_or(0))?;
        mark::write(dir, contents.generation)?;
        data_dir::keep_reserve(dir)?;
        data_dir::sync_dir(dir).map_err(failed)?;

        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::default()),
            work: Condvar::new(),
            sync: Mutex::new(Sync::default()),
            sync_work: Condvar::new(),
            stats: Mutex::new(LedgerStats {
                entries: contents.entries(),
                ..LedgerStats::default()
            }),
            changes_max: options.queued_changes_max,
            bytes_max: options.queued_bytes_max,
        });
        let writer = Writer {
            shared: Arc::clone(&shared),
            db,
            contents,
            dir: dir.to_path_buf(),
            free_bytes_min: options.free_bytes_min,
            _lock: lock,
        };
        let ledger = Self::start(shared, writer, file, options.sync_interval).map_err(failed)?;
        Ok((ledger, entries))
    }

    fn start(
        shared: Arc<Shared>,
        writer: Writer,
        file: SyncedFile,
        sync_interval: Duration,
    ) -> std::io::Result<Self> {
        let mut ledger = Self {
            shared: Arc::clone(&shared),
            threads: Vec::new(),
        };
        let dir = writer.dir.clone();
        let syncs = thread::Builder::new()
            .name("hotdesk-ledger-sync".into())
            .spawn(move || writer::sync(&shared, &dir, file, sync_interval))?;
        ledger.threads.push(syncs);
        let writes = thread::Builder::new()
            .name("hotdesk-ledger".into())
            .spawn(move || writer.run())?;
        // Ends first when the ledger is closed.
        ledger.threads.insert(0, writes);
        Ok(ledger)
    }

    /// Queues changes, which are written together, after all that was queued before. `done` learns when they
    /// are safe from a killed process, or why they are not written; without waiting when they are refused at once.
    /// After an error nothing of this write is there, but for [`WriteError::Failed`], when nobody knows.
    pub fn write(&self, changes: Vec<Change>, done: Done) {
        if let Err((done, error)) = self.shared.enqueue(changes, done) {
            done(Err(error));
        }
    }

    /// As it is now.
    #[must_use]
    pub fn stats(&self) -> LedgerStats {
        let mut stats = self.shared.stats.lock().clone();
        stats.queued = self.shared.queue.lock().changes as u64;
        stats
    }

    /// Writes what is queued, syncs, and gives the directory free. Dropping it does the same, in silence.
    ///
    /// # Errors
    /// [`WriteError::Failed`] when something that was acknowledged may not be on the disk.
    pub fn close(mut self) -> Result<(), WriteError> {
        self.end();
        match &self.shared.stats.lock().failure {
            Some(reason) => Err(WriteError::Failed(reason.as_str().into())),
            None => Ok(()),
        }
    }

    fn end(&mut self) {
        self.shared.close();
        for thread in self.threads.drain(..) {
            if thread.thread().id() == thread::current().id() {
                // Dropped by what it called itself: it ends on its own.
                continue;
            }
            // They catch sled's panics; one of their own has been printed.
            let _ = thread.join();
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// Reads all entries; sled's panics on damaged files are errors here.
fn read(db: &sled::Db, path: &Path) -> Result<(Contents, Entries), OpenError> {
    let all = || {
        let mut rows = db.iter().map(|row| row.map_err(|error| open_error(path, error)));
        keys::read(&mut rows, path)
    };
    match catch_unwind(AssertUnwindSafe(all)) {
        Ok(read) => read,
        Err(panic) => Err(damaged(
            path,
            format!("sled cannot read it: {}", panic_message(&*panic)),
        )),
    }
}

const DATABASE: &str = "db";
