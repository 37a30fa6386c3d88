//! A modelled disk: what the kernel has been given and what is on the platter are two things.
//!
//! A disk belongs to a node and outlives its process. A process that is killed loses what it had not written
//! yet; a power cut loses what had not been synced, except for a prefix of it that may have made it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hotdesk_store::MemorySnapshots;
use hotdesk_store::types::{Entry, LogId, Vote};
use parking_lot::Mutex;

/// One change of what a log keeps.
#[derive(Clone, Debug)]
pub enum Change {
    /// The vote.
    Vote(Vote),
    /// The commit mark.
    Committed(Option<LogId>),
    /// Entries at the end.
    Append(Vec<Entry>),
    /// All entries behind this one go.
    TruncateAfter(Option<LogId>),
    /// All entries up to this one go.
    Purge(LogId),
}

/// What a log keeps.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// The vote.
    pub vote: Option<Vote>,
    /// The commit mark.
    pub committed: Option<LogId>,
    /// The last entry purged.
    pub purged: Option<LogId>,
    /// The entries.
    pub entries: BTreeMap<u64, Entry>,
}

impl Image {
    /// Carries out a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Vote(vote) => self.vote = Some(*vote),
            Change::Committed(committed) => self.committed = *committed,
            Change::Append(entries) => {
                for entry in entries {
                    self.entries.insert(entry.log_id.index, entry.clone());
                }
            }
            Change::TruncateAfter(last) => {
                let _ = self.entries.split_off(&last.map_or(0, |last| last.index + 1));
            }
            Change::Purge(upto) => {
                self.entries = self.entries.split_off(&(upto.index + 1));
                self.purged = self.purged.max(Some(*upto));
            }
        }
    }

    /// The last entry, or the last one purged.
    #[must_use]
    pub fn last(&self) -> Option<LogId> {
        self.entries
            .last_key_value()
            .map(|(_, entry)| entry.log_id)
            .or(self.purged)
    }
}

/// How a disk behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Handing a batch to the kernel takes this long at most.
    pub write_us_max: u64,
    /// A sync takes at least this long.
    pub sync_us_min: u64,
    /// A sync takes this long at most.
    pub sync_us_max: u64,
    /// No write succeeds.
    pub full: bool,
}

impl Behaviour {
    /// A good solid-state disk.
    pub const GOOD: Self = Self {
        write_us_max: 100,
        sync_us_min: 100,
        sync_us_max: 3_000,
        full: false,
    };
    /// One that somebody else uses too.
    pub const SLOW: Self = Self {
        write_us_max: 20_000,
        sync_us_min: 50_000,
        sync_us_max: 800_000,
        full: false,
    };
}

/// A disk; a cheap clone of a handle.
#[derive(Clone, Debug)]
pub struct Disk {
    inner: Arc<Mutex<Inner>>,
    /// Where snapshots are kept. A snapshot is a file put in place when it is complete and synced, so it is
    /// there or not, whatever happens.
    pub snapshots: MemorySnapshots,
}

#[derive(Debug)]
struct Inner {
    /// What the kernel has.
    cached: Image,
    /// What a power cut leaves.
    durable: Image,
    /// What makes the one from the other.
    unsynced: VecDeque<Change>,
    behaviour: Behaviour,
    random: fastrand::Rng,
}

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let inner = Inner {
            cached: Image::default(),
            durable: Image::default(),
            unsynced: VecDeque::new(),
            behaviour: Behaviour::GOOD,
            random: fastrand::Rng::with_seed(seed),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            snapshots: MemorySnapshots::default(),
        }
    }

    /// What a process finds when it opens the log.
    #[must_use]
    pub fn open(&self) -> Image {
        self.inner.lock().cached.clone()
    }

    /// Changes how it behaves from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.inner.lock().behaviour = behaviour;
    }

    /// How long the next write takes, or `None` if it fails because the disk is full.
    #[must_use]
    pub fn write_time(&self) -> Option<Duration> {
        let mut inner = self.inner.lock();
        let max = inner.behaviour.write_us_max;
        (!inner.behaviour.full).then(|| Duration::from_micros(inner.random.u64(0..=max)))
    }

    /// How long the next sync takes.
    #[must_use]
    pub fn sync_time(&self) -> Duration {
        let mut inner = self.inner.lock();
        let Behaviour {
            sync_us_min,
            sync_us_max,
            ..
        } = inner.behaviour;
        Duration::from_micros(inner.random.u64(sync_us_min..=sync_us_max))
    }

    /// Hands changes to the kernel: they survive the process.
    pub fn write(&self, changes: &[Change]) {
        let mut inner = self.inner.lock();
        for change in changes {
            inner.cached.apply(change);
            inner.unsynced.push_back(change.clone());
        }
    }

    /// How many changes wait for a sync.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        self.inner.lock().unsynced.len()
    }

    /// The first `count` changes that wait are on the platter now: they survive a power cut.
    pub fn synced(&self, count: usize) {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        for change in inner.unsynced.drain(..count.min(inner.unsynced.len())) {
            inner.durable.apply(&change);
        }
    }

    /// The power fails: of what was not synced, a prefix may be there, the rest is gone.
    pub fn lose_power(&self) {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        // Mostly all of it is lost; that is the case that hurts.
        let kept = if inner.random.bool() {
            0
        } else {
            inner.random.usize(0..=inner.unsynced.len())
        };
        for change in inner.unsynced.drain(..kept) {
            inner.durable.apply(&change);
        }
        inner.unsynced.clear();
        inner.cached = inner.durable.clone();
    }
}
