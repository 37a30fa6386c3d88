//! The two threads: one writes, the other syncs behind it.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::error::WriteError;
use super::keys::{Contents, KEY_BYTES_MAX, VALUE_BYTES_MAX};
use super::{Change, Done, LedgerStats, mark};
use crate::data_dir::free_bytes;
use crate::durability::SyncedFile;
use crate::log::{io_error, panic_message};

/// What callers and threads share.
pub(super) struct Shared {
    pub(super) queue: Mutex<Queue>,
    /// Something is queued, or the ledger is closed.
    pub(super) work: Condvar,
    pub(super) sync: Mutex<Sync>,
    /// Something is to be synced, or the writer has ended.
    pub(super) sync_work: Condvar,
    pub(super) stats: Mutex<LedgerStats>,
    pub(super) changes_max: usize,
    pub(super) bytes_max: usize,
}

#[derive(Default)]
pub(super) struct Queue {
    writes: VecDeque<Write>,
    pub(super) changes: usize,
    bytes: usize,
    closed: bool,
}

/// What the syncing thread is told.
#[derive(Default)]
pub(super) struct Sync {
    dirty: bool,
    ended: bool,
    /// How many batches are written.
    generation: u64,
}

struct Write {
    changes: Vec<Change>,
    bytes: usize,
    done: Done,
}

impl Shared {
    pub(super) fn enqueue(&self, changes: Vec<Change>, done: Done) -> Result<(), (Done, WriteError)> {
        let mut bytes = 0;
        for (key, value) in &changes {
            let value = value.as_ref().map_or(0, Vec::len);
            if key.len() > KEY_BYTES_MAX || value > VALUE_BYTES_MAX {
                let bytes = key.len().max(value);
                return Err((done, WriteError::TooLong { bytes }));
            }
            bytes += key.len() + value;
        }
        let mut queue = self.queue.lock();
        if queue.closed {
            return Err((done, WriteError::Closed));
        }
        let fits = queue.changes + changes.len() <= self.changes_max && queue.bytes + bytes <= self.bytes_max;
        // One write alone is always taken, or it could never be.
        if !fits && !queue.writes.is_empty() {
            drop(queue);
            self.stats.lock().refused_busy += 1;
            return Err((done, WriteError::Busy));
        }
        queue.changes += changes.len();
        queue.bytes += bytes;
        queue.writes.push_back(Write { changes, bytes, done });
        drop(queue);
        self.work.notify_one();
        Ok(())
    }

    pub(super) fn close(&self) {
        self.queue.lock().closed = true;
        self.work.notify_one();
    }

    /// Waits for work. `None` when closed and all is done.
    fn take(&self) -> Option<Vec<Write>> {
        let mut queue = self.queue.lock();
        while queue.writes.is_empty() {
            if queue.closed {
                return None;
            }
            self.work.wait(&mut queue);
        }
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while bytes < DRAIN_BYTES_MAX {
            let Some(write) = queue.writes.pop_front() else {
                break;
            };
            bytes += write.bytes;
            queue.changes -= write.changes.len();
            queue.bytes -= write.bytes;
            taken.push(write);
        }
        Some(taken)
    }
}

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) db: sled::Db,
    pub(super) contents: Contents,
    pub(super) dir: PathBuf,
    pub(super) free_bytes_min: u64,
    // The directory is ours as long as anything is written.
    pub(super) _lock: File,
}

impl Writer {
    /// Runs until the ledger is closed and everything queued is written.
    pub(super) fn run(mut self) {
        let mut failure: Option<WriteError> = None;
        while let Some(writes) = self.shared.take() {
            let result = match &failure {
                Some(failure) => Err(failure.clone()),
                None => self.write(&writes),
            };
            if let (None, Err(error @ WriteError::Failed(_))) = (&failure, &result) {
                tracing::error!(%error, "ledger failed");
                self.shared.stats.lock().failure = Some(error.to_string());
                failure = Some(error.clone());
            }
            for write in writes {
                // What the caller does there must not end the ledger for all others.
                let told = catch_unwind(AssertUnwindSafe(|| (write.done)(result.clone())));
                if told.is_err() {
                    tracing::error!("a caller of the ledger panicked when it was told of its write");
                }
            }
        }
        let mut sync = self.shared.sync.lock();
        sync.ended = true;
        drop(sync);
        self.shared.sync_work.notify_one();
    }

    /// Writes all of it as one batch.
    fn write(&mut self, writes: &[Write]) -> Result<(), WriteError> {
        self.check_room()?;
        let mut batch = sled::Batch::default();
        let mut changes = 0;
        for (key, value) in writes.iter().flat_map(|write| &write.changes) {
            self.contents.change(&mut batch, key.clone(), value.as_deref());
            changes += 1;
        }
        if changes == 0 {
            return Ok(());
        }
        self.contents.seal(&mut batch);
        let db = &self.db;
        let written = catch_unwind(AssertUnwindSafe(|| {
            db.apply_batch(batch)?;
            db.flush().map(drop)
        }));
        let written: io::Result<()> = match written {
            Ok(result) => result.map_err(io_error),
            Err(panic) => Err(io::Error::other(panic_message(&*panic))),
        };
        written.map_err(|error| WriteError::Failed(error.to_string().into()))?;
        let mut stats = self.shared.stats.lock();
        stats.changes += changes;
        stats.batches += 1;
        stats.entries = self.contents.entries();
        drop(stats);
        let mut sync = self.shared.sync.lock();
        sync.dirty = true;
        sync.generation = self.contents.generation;
        drop(sync);
        self.shared.sync_work.notify_one();
        Ok(())
    }

    /// sled does not survive a full disk, so it shall not meet one.
    fn check_room(&self) -> Result<(), WriteError> {
        match free_bytes(&self.dir) {
            Ok(free_bytes) if free_bytes < self.free_bytes_min => {
                self.shared.stats.lock().refused_full += 1;
                Err(WriteError::DiskFull { free_bytes })
            }
            // When nobody can tell, writing will.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Syncs what was written, at most once in each interval, and at the end.
pub(super) fn sync(shared: &Shared, dir: &Path, mut file: SyncedFile, interval: Duration) {
    let mut synced = None;
    let mut state = shared.sync.lock();
    loop {
        while !state.dirty && !state.ended {
            shared.sync_work.wait(&mut state);
        }
        let (ended, generation) = (state.ended, state.generation);
        if std::mem::take(&mut state.dirty) {
            drop(state);
            match file.sync() {
                Ok(()) => {
                    shared.stats.lock().syncs += 1;
                    synced = Some(generation);
                }
                Err(error) => {
                    synced = None;
                    // What was acknowledged survives the process still, but maybe not a power cut. Nothing
                    // more is promised for it, so going on is right.
                    tracing::error!(%error, "the ledger's file cannot be synced");
                    let reason = format!("the file cannot be synced: {error}");
                    shared.stats.lock().failure.get_or_insert(reason);
                }
            }
            state = shared.sync.lock();
        }
        if ended {
            break;
        }
        let deadline = Instant::now() + interval;
        while !state.ended {
            if shared.sync_work.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
    }
    drop(state);
    // Only what is on the disk may be said to be there.
    if let Some(generation) = synced
        && let Err(error) = mark::write(dir, generation)
    {
        // It helps to notice damage, nothing else.
        tracing::warn!(%error, "the mark of the ledger was not written");
    }
}

/// What goes into one batch, in bytes, about; at least one write.
const DRAIN_BYTES_MAX: usize = 512 << 10;
