//! The end of the log, in memory: what followers are sent and what is applied next comes from here.

use std::collections::VecDeque;

use openraft::EntryPayload;

use crate::types::Entry;

/// Entries without a gap, up to the last one of the log.
#[derive(Debug, Default)]
pub(super) struct Tail {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Tail {
    /// The index of the first entry held; `None` when empty.
    pub(super) fn first(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.log_id.index)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        debug_assert!(
            self.entries
                .back()
                .is_none_or(|last| last.log_id.index + 1 == entry.log_id.index)
        );
        self.bytes += weight(&entry);
        self.entries.push_back(entry);
    }

    /// The entries of `start..end` that are held.
    pub(super) fn range(&self, start: u64, end: u64) -> impl Iterator<Item = &Entry> {
        let first = self.first().unwrap_or(0);
        let position = |index: u64| {
            usize::try_from(index.saturating_sub(first))
                .unwrap_or(usize::MAX)
                .min(self.entries.len())
        };
        let (from, to) = (position(start), position(end));
        self.entries.range(from.min(to)..to)
    }

    /// Forgets the entries from this index on.
    pub(super) fn truncate_from(&mut self, index: u64) {
        while self.entries.back().is_some_and(|last| last.log_id.index >= index) {
            self.entries.pop_back().inspect(|last| self.bytes -= weight(last));
        }
    }

    /// Forgets the entries up to this index.
    pub(super) fn purge_to(&mut self, index: u64) {
        while self.first().is_some_and(|first| first <= index) {
            self.pop_front();
        }
    }

    /// Forgets the oldest entries beyond the bounds, but none after `written`: those are nowhere else yet.
    pub(super) fn shrink(&mut self, written: u64, bounds: TailBounds) {
        while self.entries.len() > bounds.entries_max || self.bytes > bounds.bytes_max {
            if self.first().is_none_or(|first| first > written) {
                break;
            }
            self.pop_front();
        }
    }

    fn pop_front(&mut self) {
        self.entries
            .pop_front()
            .inspect(|first| self.bytes -= weight(first));
    }
}

/// How much of the log is kept in memory. Older entries are read from the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TailBounds {
    /// How many entries at most.
    pub entries_max: usize,
    /// How many bytes at most, about (encoded commands, and as much again for their decoded form).
    pub bytes_max: usize,
}

impl Default for TailBounds {
    fn default() -> Self {
        Self {
            entries_max: 50_000,
            bytes_max: 64 << 20,
        }
    }
}

/// About how much memory an entry takes.
pub(super) fn weight(entry: &Entry) -> usize {
    let payload = match &entry.payload {
        EntryPayload::Normal(proposed) => proposed.encoded.len() * 2,
        EntryPayload::Blank | EntryPayload::Membership(_) => 0,
    };
    size_of::<Entry>() + payload
}
