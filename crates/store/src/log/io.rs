//! The one thread that writes. It takes all that is queued, makes one batch of it, has sled write it, syncs,
//! and only then tells everybody, in the order in which they asked.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use openraft::storage::IOFlushed;
use openraft::type_config::async_runtime::AsyncRuntime;

use super::open::{io_error, panic_message};
use super::shared::{Operation, Reply, Shared};
use super::tail::{TailBounds, weight};
use super::watermark::{Known, Watermark};
use crate::durability::SyncedFile;
use crate::key_spaces;
use crate::types::{Entry, LogId, Types};
use crate::wire;

pub(super) struct Writer<RT: AsyncRuntime> {
    pub(super) shared: Arc<Shared<RT>>,
    pub(super) db: sled::Db,
    pub(super) file: SyncedFile,
    pub(super) bounds: TailBounds,
    /// How many pieces the entries have that are more than one.
    pub(super) pieces: BTreeMap<u64, u16>,
    /// Purged indexes whose keys are still there: `from..to`. Removed a few at a time, so that nobody waits
    /// for fifty thousand of them.
    pub(super) purging: std::ops::Range<u64>,
    /// Scratch memory for one entry's frame.
    pub(super) frame: Vec<u8>,
    pub(super) watermark: Watermark,
    /// What is on the disk, once the drain at hand is.
    pub(super) known: Known,
}

/// What one drain will write, and whom to tell.
struct Drain<RT: AsyncRuntime> {
    batch: sled::Batch,
    done: Vec<Done<RT>>,
    entries: u64,
    bytes: u64,
    /// The last entry appended.
    last: Option<u64>,
    truncations: usize,
}

enum Done<RT: AsyncRuntime> {
    Append(IOFlushed<Types<RT>>),
    Reply(Reply),
}

impl<RT: AsyncRuntime> Done<RT> {
    fn tell(self, result: io::Result<()>) {
        match self {
            Self::Append(callback) => callback.io_completed(result),
            // Whoever does not wait any more need not know.
            Self::Reply(reply) => drop(reply.send(result)),
        }
    }
}

impl<RT: AsyncRuntime> Writer<RT> {
    /// Runs until the log is closed and everything queued is written, or until a failure.
    pub(super) fn run(mut self) {
        while let Some(operations) = self.take() {
            let drain = match self.prepare(operations) {
                Ok(drain) => drain,
                Err((done, error)) => return self.fail(done, &error),
            };
            let Drain {
                batch,
                done,
                entries,
                bytes,
                last,
                truncations,
            } = drain;
            if let Err(error) = self.write(batch) {
                return self.fail(done, &error);
            }
            self.shared.monitor.count(entries, bytes);
            self.watermark.raise(self.known);
            let mut view = self.shared.view.write();
            view.truncations_queued -= truncations;
            if let (0, Some(last)) = (view.truncations_queued, last) {
                view.tail.shrink(last, self.bounds);
            }
            drop(view);
            for done in done {
                done.tell(Ok(()));
            }
        }
        self.close();
    }

    /// The last mark, so that a restart begins where this run ended. A courtesy: nobody relies on it.
    fn close(&mut self) {
        self.watermark.write(self.known);
        let committed = self.shared.view.read().committed;
        let Some(committed) = committed else { return };
        let mut batch = sled::Batch::default();
        self.put_committed(&mut batch, &committed);
        if let Err(error) = self.write(batch) {
            tracing::warn!(%error, "the last mark of the log was not written");
        }
    }

    /// Waits for work. `None` when closed and all is done.
    fn take(&self) -> Option<Vec<Operation<RT>>> {
        let mut queue = self.shared.queue.lock();
        while queue.operations.is_empty() && self.purging.is_empty() {
            if queue.closed {
                return None;
            }
            self.shared.work.wait(&mut queue);
        }
        let mut taken = Vec::new();
        let mut bytes = 0;
        while bytes < DRAIN_BYTES_MAX {
            let Some(operation) = queue.operations.pop_front() else {
                break;
            };
            let Operation::Append {
                mut entries,
                callback,
            } = operation
            else {
                taken.push(operation);
                continue;
            };
            let mut fit = 0;
            for entry in &entries {
                if bytes >= DRAIN_BYTES_MAX {
                    break;
                }
                bytes += weight(entry);
                fit += 1;
            }
            let rest = entries.split_off(fit);
            if rest.is_empty() {
                taken.push(Operation::Append { entries, callback });
            } else {
                // The rest goes into the next drains; the callback is called after the last of it.
                taken.push(Operation::Append {
                    entries,
                    callback: IOFlushed::noop(),
                });
                queue.operations.push_front(Operation::Append {
                    entries: rest,
                    callback,
                });
            }
        }
        queue.bytes = queue.bytes.saturating_sub(bytes);
        // Those who wait look for themselves.
        queue.waiting.clear();
        Some(taken)
    }

    #[allow(clippy::type_complexity, reason = "used once, next to its definition")]
    fn prepare(&mut self, operations: Vec<Operation<RT>>) -> Result<Drain<RT>, (Vec<Done<RT>>, io::Error)> {
        let mut drain = Drain {
            batch: sled::Batch::default(),
            done: Vec::with_capacity(operations.len()),
            entries: 0,
            bytes: 0,
            last: None,
            truncations: 0,
        };
        let idle = operations.is_empty();
        let mut failure = None;
        for operation in operations {
            match operation {
                Operation::Append { entries, callback } => {
                    drain.done.push(Done::Append(callback));
                    if let Err(error) = self.append(&entries, &mut drain) {
                        failure = failure.or(Some(error));
                    }
                }
                Operation::Vote { vote, done } => {
                    self.put_mark(&mut drain.batch, key_spaces::VOTE, &wire::vote_to(&vote));
                    self.known.vote = Some(vote);
                    drain.done.push(Done::Reply(done));
                }
                Operation::Truncate { from, end, done } => {
                    if let Err(error) = self.watermark.lower_to(from) {
                        failure = failure.or(Some(error));
                    }
                    self.known.last = None;
                    for index in from..end {
                        self.remove(&mut drain.batch, index);
                    }
                    drain.last = drain.last.filter(|last| *last < from);
                    drain.truncations += 1;
                    drain.done.push(Done::Reply(done));
                }
                Operation::Purge { upto, first, end } => {
                    self.put_mark(&mut drain.batch, key_spaces::PURGED, &wire::log_id_to(&upto));
                    let start = if self.purging.is_empty() {
                        first
                    } else {
                        self.purging.start
                    };
                    self.purging = start..end.max(self.purging.end);
                }
            }
        }
        if let Some(error) = failure {
            return Err((drain.done, error));
        }
        let budget = if idle {
            PURGED_PER_IDLE_DRAIN
        } else {
            PURGED_PER_BUSY_DRAIN + 2 * drain.entries
        };
        self.purge_some(&mut drain.batch, budget);
        let committed = self.shared.view.read().committed;
        if let Some(committed) = committed.filter(|_| drain.entries > 0) {
            self.put_committed(&mut drain.batch, &committed);
        }
        Ok(drain)
    }

    fn append(&mut self, entries: &VecDeque<Entry>, drain: &mut Drain<RT>) -> io::Result<()> {
        for entry in entries {
            let index = entry.log_id.index;
            key_spaces::frame_into(&mut self.frame, &wire::entry_to(entry));
            if self.frame.len() > key_spaces::ENTRY_BYTES_MAX {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("entry {index} has {} bytes", self.frame.len()),
                ));
            }
            let mut pieces = self.frame.chunks(key_spaces::PIECE_BYTES_MAX);
            drain
                .batch
                .insert(&key_spaces::entry(index), pieces.next().unwrap_or_default());
            let mut count = 1;
            for piece in pieces {
                drain.batch.insert(&key_spaces::piece(index, count), piece);
                count += 1;
            }
            if count > 1 {
                self.pieces.insert(index, count);
            }
            drain.entries += 1;
            drain.bytes += self.frame.len() as u64;
            drain.last = Some(index);
            self.known.last = Some(entry.log_id);
        }
        Ok(())
    }

    fn remove(&mut self, batch: &mut sled::Batch, index: u64) {
        batch.remove(&key_spaces::entry(index));
        for n in 1..self.pieces.remove(&index).unwrap_or(1) {
            batch.remove(&key_spaces::piece(index, n));
        }
    }

    /// Removes purged entries, the oldest first, so that a crash leaves no hole.
    fn purge_some(&mut self, batch: &mut sled::Batch, keys_max: u64) {
        let mut keys = 0;
        while keys < keys_max {
            let Some(index) = self.purging.next() else { break };
            keys += u64::from(self.pieces.get(&index).copied().unwrap_or(1));
            self.remove(batch, index);
        }
    }

    fn put_mark(&mut self, batch: &mut sled::Batch, key: [u8; 1], message: &impl prost::Message) {
        key_spaces::frame_into(&mut self.frame, message);
        batch.insert(&key, self.frame.as_slice());
    }

    fn put_committed(&mut self, batch: &mut sled::Batch, committed: &LogId) {
        self.put_mark(batch, key_spaces::COMMITTED, &wire::log_id_to(committed));
    }

    fn write(&mut self, batch: sled::Batch) -> io::Result<()> {
        let db = &self.db;
        let written = catch_unwind(AssertUnwindSafe(|| {
            db.apply_batch(batch)?;
            db.flush().map(drop)
        }));
        match written {
            Ok(result) => result.map_err(io_error)?,
            Err(panic) => {
                return Err(io::Error::other(format!(
                    "sled failed: {}",
                    panic_message(&*panic)
                )));
            }
        }
        self.file.sync()
    }

    /// Stops for good: nobody knows what is on the disk now, so nothing may be written on top of it.
    fn fail(self, done: Vec<Done<RT>>, error: &io::Error) {
        let reason = match error.kind() {
            io::ErrorKind::StorageFull => format!(
                "the log stopped because the disk is full ({error}); free some room and start the node again"
            ),
            _ => format!(
                "the log stopped because writing failed: {error}; start the node again when the disk is in order"
            ),
        };
        tracing::error!(reason, "log failed");
        let mut queue = self.shared.queue.lock();
        self.shared.monitor.fail(error.kind(), reason);
        let left = std::mem::take(&mut queue.operations);
        queue.waiting.clear();
        drop(queue);
        let left = left.into_iter().filter_map(|operation| match operation {
            Operation::Append { callback, .. } => Some(Done::Append(callback)),
            Operation::Vote { done, .. } | Operation::Truncate { done, .. } => Some(Done::Reply(done)),
            Operation::Purge { .. } => None,
        });
        for done in done.into_iter().chain(left) {
            done.tell(self.shared.monitor.check());
        }
    }
}

/// What goes into one batch, in bytes of memory, about; at least one entry. More would not be faster, and a
/// batch that spreads over many of sled's segments would let it reuse freed ones before they are synced.
const DRAIN_BYTES_MAX: usize = 512 << 10;

/// Keys of purged entries removed while there is other work, on top of two per entry appended.
const PURGED_PER_BUSY_DRAIN: u64 = 64;

/// The same when there is none.
const PURGED_PER_IDLE_DRAIN: u64 = 256;
