//! The log of a simulated node: openraft's storage on a modelled [`Disk`], organised like the product's. One
//! writer drains what is queued, writes it, syncs once, and then tells everybody, in order. After a failed
//! write the log stays failed.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::ops::RangeBounds;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_store::types::{Entry, LogId, Vote};
use openraft::async_runtime::{AsyncRuntime, Instant};
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{OptionalSend, RaftLogReader};
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use crate::clock::NodeInstant;
use crate::disk::{Change, Disk, Image};
use crate::plant::Plant;
use crate::runtime::{Life, NodeRuntime};
use crate::types::Types;

/// With the bug [`Plant::AcknowledgeBeforeSync`], the kernel writes back on its own this often.
const WRITE_BACK: Duration = Duration::from_millis(500);

/// What every write answers after one has failed.
pub(crate) const DISK_FULL: &str = "no space left on the simulated disk";

/// The log of one life of a node, and a reader of it. A cheap clone.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

struct Shared {
    disk: Disk,
    plant: Plant,
    /// What this process believes; ahead of the disk by what is queued.
    view: Mutex<Image>,
    queue: Mutex<VecDeque<Work>>,
    work: Notify,
    failed: Mutex<bool>,
}

struct Work {
    change: Change,
    done: Done,
}

enum Done {
    Append(IOFlushed<Types>),
    Reply(oneshot::Sender<io::Result<()>>),
    Nobody,
}

impl Done {
    fn tell(self, result: io::Result<()>) {
        match self {
            Self::Append(callback) => callback.io_completed(result),
            Self::Reply(reply) => drop(reply.send(result)),
            Self::Nobody => {}
        }
    }
}

impl Log {
    /// Opens what is on the disk, and starts the writer as a task of `life`.
    #[must_use]
    pub fn open(disk: Disk, life: &Arc<Life>, plant: Plant) -> Self {
        let mut view = disk.open();
        // The mark is written with whatever entries are written, and followers may have committed later ones
        // before they reached this disk. Consensus does not start with a mark behind the end of the log.
        view.committed = view.committed.min(view.last());
        let view = Mutex::new(view);
        let shared = Arc::new(Shared {
            disk,
            plant,
            view,
            queue: Mutex::default(),
            work: Notify::new(),
            failed: Mutex::new(false),
        });
        life.spawn(Arc::clone(&shared).write_for_ever());
        Self(shared)
    }

    async fn durably(&self, change: Change) -> io::Result<()> {
        let (done, written) = oneshot::channel();
        self.0.enqueue(change, Done::Reply(done))?;
        written
            .await
            .map_err(|_| io::Error::other("the log's writer is gone"))?
    }
}

impl Shared {
    fn enqueue(&self, change: Change, done: Done) -> io::Result<()> {
        if *self.failed.lock() {
            return Err(full());
        }
        self.queue.lock().push_back(Work { change, done });
        self.work.notify_one();
        Ok(())
    }

    async fn write_for_ever(self: Arc<Self>) {
        let mut written_back = NodeInstant::now();
        loop {
            let drained: Vec<Work> = self.queue.lock().drain(..).collect();
            if drained.is_empty() {
                self.work.notified().await;
                continue;
            }
            let Some(write_time) = self.disk.write_time() else {
                return self.fail(drained);
            };
            NodeRuntime::sleep(write_time).await;
            let (mut changes, done): (Vec<Change>, Vec<Done>) =
                drained.into_iter().map(|work| (work.change, work.done)).unzip();
            changes.push(Change::Committed(self.view.lock().committed));
            self.disk.write(&changes);

            // Planted: the caller is told now, and the sync happens when the kernel feels like it.
            let votes = changes.iter().any(|change| matches!(change, Change::Vote(_)));
            if self.plant == Plant::AcknowledgeBeforeSync && !votes {
                done.into_iter().for_each(|done| done.tell(Ok(())));
                if NodeInstant::now() - written_back > WRITE_BACK {
                    written_back = NodeInstant::now();
                    self.disk.synced(usize::MAX);
                }
                continue;
            }

            let count = self.disk.unsynced();
            NodeRuntime::sleep(self.disk.sync_time()).await;
            self.disk.synced(count);
            done.into_iter().for_each(|done| done.tell(Ok(())));
        }
    }

    fn fail(&self, drained: Vec<Work>) {
        *self.failed.lock() = true;
        let queued: Vec<Work> = self.queue.lock().drain(..).collect();
        for work in drained.into_iter().chain(queued) {
            work.done.tell(Err(full()));
        }
    }
}

fn full() -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, DISK_FULL)
}

impl RaftLogReader<Types> for Log {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> io::Result<Vec<Entry>> {
        let view = self.0.view.lock();
        Ok(view
            .entries
            .range(range)
            .map(|(_, entry)| entry.clone())
            .collect())
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.0.view.lock().vote)
    }
}

impl RaftLogStorage<Types> for Log {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState<Types>> {
        let view = self.0.view.lock();
        Ok(LogState {
            last_purged_log_id: view.purged,
            last_log_id: view.last(),
        })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        if self.0.plant != Plant::ForgetVote {
            self.durably(Change::Vote(*vote)).await?;
        }
        self.0.view.lock().vote = Some(*vote);
        Ok(())
    }

    /// Goes to the disk with the next entries, never by a sync of its own.
    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        self.0.view.lock().committed = committed;
        Ok(())
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        Ok(self.0.view.lock().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let change = Change::Append(entries.into_iter().collect());
        self.0.view.lock().apply(&change);
        self.0.enqueue(change, Done::Append(callback))
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        let change = Change::TruncateAfter(last);
        self.0.view.lock().apply(&change);
        self.durably(change).await
    }

    async fn purge(&mut self, upto: LogId) -> io::Result<()> {
        let change = Change::Purge(upto);
        self.0.view.lock().apply(&change);
        self.0.enqueue(change, Done::Nobody)
    }
}
