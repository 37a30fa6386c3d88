//! What the messages of a watch stream mean, in order. No I/O; time comes in as an argument.

use std::time::{Duration, Instant};

use hotdesk_proto::v1;
use hotdesk_proto::v1::watch_response::Item;

use super::{FollowOptions, Step};

/// What has been received, over all streams.
#[derive(Debug)]
pub(super) struct Position {
    /// Everything up to this log index has been handed on.
    index: u64,
    phase: Phase,
    /// Since when this node has been reporting an index that was passed long ago.
    behind_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No complete state yet, and none is coming in.
    Empty,
    /// A snapshot is coming in since then.
    Snapshot { index: u64, since: Instant },
    /// Complete; entries follow.
    Complete,
}

/// Why a stream is given up; a sentence for the operator.
pub(super) type Fault = String;

impl Position {
    /// Continues after this index; 0 starts with a snapshot.
    pub(super) fn after(index: u64) -> Self {
        Self {
            index,
            phase: if index == 0 { Phase::Empty } else { Phase::Complete },
            behind_since: None,
        }
    }

    /// Where the next stream continues: 0 unless there is a complete state.
    pub(super) fn resume(&self) -> u64 {
        self.index
    }

    /// A new stream begins. What an earlier one left half done is forgotten.
    pub(super) fn opened(&mut self) {
        self.behind_since = None;
        if let Phase::Snapshot { .. } = self.phase {
            self.phase = if self.index == 0 {
                Phase::Empty
            } else {
                Phase::Complete
            };
        }
    }

    /// Takes one message.
    ///
    /// **Invariant:** `index` never falls. A node that is behind what was seen already is not believed: its
    /// copy would bring ended sessions back.
    pub(super) fn take(
        &mut self,
        item: Item,
        now: Instant,
        options: &FollowOptions,
    ) -> Result<Option<Step>, Fault> {
        match item {
            Item::SnapshotBegin(begin) => self.snapshot_begins(begin.index, now),
            Item::SnapshotPart(part) => match self.phase {
                Phase::Snapshot { .. } => Ok(Some(Step::SnapshotPart(Box::new(part)))),
                Phase::Empty | Phase::Complete => {
                    Err("it sent part of a snapshot that it had not begun".into())
                }
            },
            Item::SnapshotEnd(end) => self.snapshot_ends(&end, now),
            Item::Events(entry) => self.entry(entry),
            Item::Progress(progress) => self.progress(&progress, now, options),
        }
    }

    fn snapshot_begins(&mut self, index: u64, now: Instant) -> Result<Option<Step>, Fault> {
        if index < self.index {
            return Err(behind(index, self.index));
        }
        self.phase = Phase::Snapshot { index, since: now };
        Ok(Some(Step::SnapshotBegin { index }))
    }

    fn snapshot_ends(&mut self, end: &v1::SnapshotEnd, now: Instant) -> Result<Option<Step>, Fault> {
        let Phase::Snapshot { index, since } = self.phase else {
            return Err("it ended a snapshot that it had not begun".into());
        };
        if index != end.index {
            return Err(format!(
                "its snapshot began at index {index} and ended at {}",
                end.index
            ));
        }
        self.phase = Phase::Complete;
        self.index = index;
        self.behind_since = None;
        // The state is that of the beginning: the time to transfer it counts.
        let age = Duration::from_millis(end.age_ms).saturating_add(now.duration_since(since));
        Ok(Some(Step::SnapshotEnd { index, age }))
    }

    fn entry(&mut self, entry: v1::EntryEvents) -> Result<Option<Step>, Fault> {
        if self.phase != Phase::Complete {
            return Err("it sent events before a complete snapshot".into());
        }
        if entry.index <= self.index {
            // Seen already; harmless where two nodes' streams overlap.
            return Ok(None);
        }
        self.index = entry.index;
        self.behind_since = None;
        Ok(Some(Step::Entry {
            index: entry.index,
            events: entry.events,
        }))
    }

    fn progress(
        &mut self,
        progress: &v1::Progress,
        now: Instant,
        options: &FollowOptions,
    ) -> Result<Option<Step>, Fault> {
        if self.phase != Phase::Complete {
            return Ok(None);
        }
        let age = Duration::from_millis(progress.age_ms);
        if progress.index < self.index {
            let since = *self.behind_since.get_or_insert(now);
            return if now.duration_since(since) < options.behind_grace {
                Ok(None)
            } else {
                Err(behind(progress.index, self.index))
            };
        }
        self.index = progress.index;
        self.behind_since = None;
        Ok(Some(Step::Progress {
            index: progress.index,
            age,
        }))
    }
}

fn behind(index: u64, seen: u64) -> Fault {
    format!("its copy is at index {index}, behind {seen}, which was seen already")
}

#[cfg(test)]
mod tests;
