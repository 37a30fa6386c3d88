//! The Raft log: vote, entries and marks, on sled, durable before anybody is told.
//!
//! Writing goes through a queue to one thread (`io.rs`), which makes one durable write of all that waits: the
//! more wait, the more each sync carries. What is queued is readable at once (`shared.rs`, `tail.rs`).

mod io;
mod open;
mod reader;
mod shared;
mod tail;
mod watermark;

use std::collections::VecDeque;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use futures::channel::oneshot;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::type_config::async_runtime::AsyncRuntime;
use openraft::{OptionalSend, RaftLogReader};
use parking_lot::{Condvar, Mutex, RwLock};

use crate::data_dir::{DataDir, patiently};
use crate::durability::{DataSync, SyncedFile, Syncer, self_check};
use crate::error::OpenError;
use crate::types::{Entry, LogId, Types, Vote};

use self::io::Writer;
use self::shared::{Operation, Queue, Reply, Shared};
use self::watermark::{Known, Watermark};

pub(crate) use open::{damaged, io_error, open_error, open_sled, panic_message, sync_tree};
pub use reader::LogReader;
pub use shared::{LogMonitor, LogStats};
pub use tail::TailBounds;

/// How a log is opened.
pub struct LogOptions {
    /// What makes writes durable. Tests plant one that does not, or that fails.
    pub syncer: Box<dyn Syncer>,
    /// How much of the log is kept in memory.
    pub tail: TailBounds,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            syncer: Box::new(DataSync),
            tail: TailBounds::default(),
        }
    }
}

impl fmt::Debug for LogOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogOptions")
            .field("tail", &self.tail)
            .finish_non_exhaustive()
    }
}

/// The log of one node. Dropping it waits until all that is queued is written, and gives the files free.
///
/// After a failed write every operation answers with the failure; nothing is tried again, because after a
/// failed sync nobody knows what the disk holds. Open it anew, in a new process.
pub struct SledLog<RT: AsyncRuntime> {
    shared: Arc<Shared<RT>>,
    thread: Option<JoinHandle<()>>,
    // Locked as long as the log is open.
    data_dir: DataDir,
}

impl<RT: AsyncRuntime> SledLog<RT> {
    /// Opens the log in the data directory, checks that what is written can be made durable, and reads back
    /// what is there. Takes time in proportion to the log: about a second for a million entries.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(data_dir: &DataDir, options: LogOptions) -> Result<Self, OpenError> {
        let path = data_dir.log_path();
        let failed = |error| OpenError::from_io(&path, error);
        let db = patiently(|| open_sled(&path))?;
        let file_path = path.join("db");
        let mut file = SyncedFile::open(&file_path, options.syncer).map_err(failed)?;
        self_check(&db, &mut file, &file_path)?;
        sync_tree(&path).map_err(failed)?;
        let found = open::read(&db, &path, options.tail)?;
        let mark_path = data_dir.path().join("WATERMARK");
        let watermark = Watermark::open(mark_path, &path, &found.view)?;
        let known = Known {
            vote: found.view.vote,
            last: found.view.last,
        };

        let first_readable = found.view.first;
        let shared = Arc::new(Shared {
            view: RwLock::new(found.view),
            queue: Mutex::new(Queue::default()),
            work: Condvar::new(),
            db: RwLock::new(Some(db.clone())),
            monitor: LogMonitor::default(),
        });
        let writer = Writer {
            shared: Arc::clone(&shared),
            db,
            file,
            bounds: options.tail,
            pieces: found.pieces,
            purging: found.first_stored..first_readable,
            frame: Vec::new(),
            watermark,
            known,
        };
        let thread = thread::Builder::new()
            .name("hotdesk-log".into())
            .spawn(move || writer.run())
            .map_err(failed)?;
        Ok(Self {
            shared,
            thread: Some(thread),
            data_dir: data_dir.clone(),
        })
    }

    /// Checks that nothing is missing between the state machine as it was loaded and the log: to be asked
    /// before consensus starts. A node whose newest snapshot was damaged may have purged what it would need.
    ///
    /// # Errors
    /// [`OpenError::Damaged`] when entries after `last_applied` are purged already.
    pub fn check_covers(&self, last_applied: Option<LogId>) -> Result<(), OpenError> {
        let purged = self.shared.view.read().purged;
        let applied = last_applied.map(|last| last.index);
        match purged.filter(|purged| applied.is_none_or(|applied| applied < purged.index)) {
            None => Ok(()),
            Some(purged) => Err(OpenError::Damaged {
                path: self.data_dir.path().to_path_buf(),
                detail: format!(
                    "the log begins after entry {}, but the newest good snapshot covers entries up to {}",
                    purged.index,
                    applied.map_or_else(|| "none".to_owned(), |applied| applied.to_string())
                ),
            }),
        }
    }

    /// What the log has done since it was opened.
    #[must_use]
    pub fn stats(&self) -> LogStats {
        self.shared.monitor.stats()
    }

    /// For watching the log after it was handed over.
    #[must_use]
    pub fn monitor(&self) -> LogMonitor {
        self.shared.monitor.clone()
    }

    /// A reader, as many as wanted.
    #[must_use]
    pub fn reader(&self) -> LogReader<RT> {
        LogReader {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Queues an operation and waits until it is durable.
    async fn durably(&self, operation: impl FnOnce(Reply) -> Operation<RT>) -> Result<(), Error> {
        let (done, written) = oneshot::channel();
        self.shared.enqueue(operation(done))?;
        written
            .await
            .map_err(|_| Error::other("the log's thread is gone"))?
    }
}

impl<RT: AsyncRuntime> Drop for SledLog<RT> {
    fn drop(&mut self) {
        self.shared.queue.lock().closed = true;
        self.shared.work.notify_one();
        if let Some(thread) = self
            .thread
            .take()
            .filter(|it| it.thread().id() != thread::current().id())
        {
            // It catches sled's panics; one of its own has been printed.
            let _ = thread.join();
        }
        *self.shared.db.write() = None;
    }
}

impl<RT: AsyncRuntime> fmt::Debug for SledLog<RT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledLog")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl<RT: AsyncRuntime> RaftLogReader<Types<RT>> for SledLog<RT> {
    async fn try_get_log_entries<RB: std::ops::RangeBounds<u64> + Clone + fmt::Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, Error> {
        self.reader().try_get_log_entries(range).await
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, Error> {
        self.reader().read_vote().await
    }
}

impl<RT: AsyncRuntime> RaftLogStorage<Types<RT>> for SledLog<RT> {
    type LogReader = LogReader<RT>;

    async fn get_log_state(&mut self) -> Result<LogState<Types<RT>>, Error> {
        let view = self.shared.view.read();
        Ok(LogState {
            last_purged_log_id: view.purged,
            last_log_id: view.last,
        })
    }

    async fn get_log_reader(&mut self) -> Self::LogReader {
        self.reader()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), Error> {
        let vote = *vote;
        self.durably(|done| Operation::Vote { vote, done }).await?;
        // Only now: a vote that is seen before it is durable could be given twice.
        self.shared.view.write().vote = Some(vote);
        Ok(())
    }

    /// Written along with the next entries, never by a sync of its own.
    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), Error> {
        self.shared.view.write().committed = committed;
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, Error> {
        Ok(self.shared.view.read().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types<RT>>) -> Result<(), Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        self.shared.wait_for_room().await?;
        let entries: VecDeque<Entry> = entries.into_iter().collect();
        {
            let mut view = self.shared.view.write();
            check_gapless(view.last, &entries)?;
            if let (None, Some(first)) = (view.last, entries.front()) {
                view.first = first.log_id.index;
            }
            for entry in &entries {
                view.tail.push(entry.clone());
            }
            view.last = entries.back().map(|entry| entry.log_id).or(view.last);
        }
        self.shared.enqueue(Operation::Append { entries, callback })
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> Result<(), Error> {
        let from = last.map_or(0, |last| last.index + 1);
        let end = {
            let mut view = self.shared.view.write();
            let end = view.next_index();
            let from = from.max(view.first);
            if from >= end {
                return Ok(());
            }
            // Before the tail forgets it: the entry that is the last one then.
            let new_last = last.filter(|_| from > view.first).or(view.purged);
            view.tail.truncate_from(from);
            view.last = new_last;
            view.truncations_queued += 1;
            end
        };
        self.durably(|done| Operation::Truncate { from, end, done }).await
    }

    async fn purge(&mut self, upto: LogId) -> Result<(), Error> {
        let (first, end) = {
            let mut view = self.shared.view.write();
            if view.purged.is_some_and(|purged| purged.index >= upto.index) {
                return Ok(());
            }
            let (first, end) = (view.first, view.next_index().min(upto.index + 1));
            view.tail.purge_to(upto.index);
            view.purged = Some(upto);
            view.first = upto.index + 1;
            if view.next_index() <= view.first {
                view.last = Some(upto);
            }
            (first, end)
        };
        self.shared.enqueue(Operation::Purge {
            upto,
            first,
            end: end.max(first),
        })
    }
}

/// A gap would be found at the next start only, when it is too late.
fn check_gapless(last: Option<LogId>, entries: &VecDeque<Entry>) -> Result<(), Error> {
    let mut expected = last.map(|last| last.index + 1);
    for entry in entries {
        let index = entry.log_id.index;
        if expected.is_some_and(|expected| expected != index) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "entry {index} appended where entry {} is due",
                    expected.unwrap_or(0)
                ),
            ));
        }
        expected = Some(index + 1);
    }
    Ok(())
}
