//! What the log's handle, its readers and its I/O thread share.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use futures::channel::oneshot;
use openraft::storage::IOFlushed;
use openraft::type_config::async_runtime::AsyncRuntime;
use parking_lot::{Condvar, Mutex, RwLock};

use super::tail::{Tail, weight};
use crate::types::{Entry, LogId, Types, Vote};

pub(super) struct Shared<RT: AsyncRuntime> {
    /// The log as everybody but the disk sees it: what was asked for is done.
    pub(super) view: RwLock<View>,
    pub(super) queue: Mutex<Queue<RT>>,
    /// The queue has work, or is closed.
    pub(super) work: Condvar,
    /// For reading old entries. Taken away when the log is closed.
    pub(super) db: RwLock<Option<sled::Db>>,
    pub(super) monitor: LogMonitor,
}

/// The log and its marks.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) vote: Option<Vote>,
    pub(super) committed: Option<LogId>,
    pub(super) purged: Option<LogId>,
    /// The index of the first entry, or of the next one when there is none. 0 or the one after the last
    /// purged, as consensus uses it; the log does not insist.
    pub(super) first: u64,
    /// The last entry; the last purged one when there is none.
    pub(super) last: Option<LogId>,
    pub(super) tail: Tail,
    /// Truncations that are queued. Until they are written, the disk may hold other entries than the tail does
    /// at the same indexes, so nothing of the tail may be forgotten.
    pub(super) truncations_queued: usize,
}

impl View {
    /// The index after the last entry.
    pub(super) fn next_index(&self) -> u64 {
        self.last.map_or(0, |last| last.index + 1)
    }
}

pub(super) struct Queue<RT: AsyncRuntime> {
    pub(super) operations: VecDeque<Operation<RT>>,
    pub(super) bytes: usize,
    pub(super) closed: bool,
    /// Those who wait for the queue to become shorter.
    pub(super) waiting: Vec<oneshot::Sender<()>>,
}

impl<RT: AsyncRuntime> Default for Queue<RT> {
    fn default() -> Self {
        Self {
            operations: VecDeque::new(),
            bytes: 0,
            closed: false,
            waiting: Vec::new(),
        }
    }
}

/// What the I/O thread is asked to write, in this order.
pub(super) enum Operation<RT: AsyncRuntime> {
    Append {
        entries: VecDeque<Entry>,
        callback: IOFlushed<Types<RT>>,
    },
    Vote {
        vote: Vote,
        done: Reply,
    },
    /// Remove `from..end`.
    Truncate {
        from: u64,
        end: u64,
        done: Reply,
    },
    Purge {
        upto: LogId,
        first: u64,
        end: u64,
    },
}

pub(super) type Reply = oneshot::Sender<io::Result<()>>;

impl<RT: AsyncRuntime> Shared<RT> {
    /// Queues an operation.
    ///
    /// # Errors
    /// When the log has failed or is closed; then the operation is gone, its reply included.
    pub(super) fn enqueue(&self, operation: Operation<RT>) -> io::Result<()> {
        let mut queue = self.queue.lock();
        // Under the lock: the thread sets the failure under it, and nobody would answer afterwards.
        self.monitor.check()?;
        if queue.closed {
            return Err(io::Error::other("the log is closed"));
        }
        if let Operation::Append { entries, .. } = &operation {
            queue.bytes += entries.iter().map(weight).sum::<usize>();
        }
        queue.operations.push_back(operation);
        drop(queue);
        self.work.notify_one();
        Ok(())
    }

    /// Waits until the queue is short enough for more.
    pub(super) async fn wait_for_room(&self) -> io::Result<()> {
        loop {
            let waiting = {
                let mut queue = self.queue.lock();
                self.monitor.check()?;
                if queue.bytes < QUEUE_BYTES_MAX {
                    return Ok(());
                }
                let (waker, waiting) = oneshot::channel();
                queue.waiting.push(waker);
                waiting
            };
            // A dropped sender means the same: look again.
            let _ = waiting.await;
        }
    }
}

/// When this much is queued, appending waits for the disk.
const QUEUE_BYTES_MAX: usize = 64 << 20;

/// How the log is doing. A cheap clone that outlives the log.
#[derive(Clone, Debug, Default)]
pub struct LogMonitor(Arc<Monitored>);

#[derive(Debug, Default)]
struct Monitored {
    syncs: AtomicU64,
    entries: AtomicU64,
    bytes: AtomicU64,
    failure: OnceLock<(io::ErrorKind, String)>,
}

/// What the log has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStats {
    /// Durable writes; each acknowledged everything that was queued.
    pub syncs: u64,
    /// Entries made durable.
    pub entries: u64,
    /// Their size in bytes, as they are kept.
    pub bytes: u64,
}

impl LogMonitor {
    /// What the log has done since it was opened.
    #[must_use]
    pub fn stats(&self) -> LogStats {
        LogStats {
            syncs: self.0.syncs.load(Relaxed),
            entries: self.0.entries.load(Relaxed),
            bytes: self.0.bytes.load(Relaxed),
        }
    }

    /// Why the log does not write any more; `None` while it does.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.0.failure.get().map(|(_, reason)| reason.clone())
    }

    /// The failure, as every operation after it answers.
    pub(super) fn check(&self) -> io::Result<()> {
        match self.0.failure.get() {
            None => Ok(()),
            Some((kind, reason)) => Err(io::Error::new(*kind, reason.clone())),
        }
    }

    pub(super) fn count(&self, entries: u64, bytes: u64) {
        self.0.syncs.fetch_add(1, Relaxed);
        self.0.entries.fetch_add(entries, Relaxed);
        self.0.bytes.fetch_add(bytes, Relaxed);
    }

    /// The first failure stays.
    pub(super) fn fail(&self, kind: io::ErrorKind, reason: String) {
        let _ = self.0.failure.set((kind, reason));
    }
}
