//! The last entries with their events, bounded twice.

use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::Arc;

use hotdesk_core::Event;

/// What an event is taken to weigh beyond its own struct: the records that it points to are shared with the
/// state most of the time, but not always.
const EVENT_HEAP_BYTES: usize = 160;

/// Entries after [`Ring::floor`], up to [`Ring::last`], as far as they had events.
#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Kept>,
    bytes: usize,
    entries_max: usize,
    bytes_max: usize,
    /// Everything after this index is here.
    floor: u64,
    /// The last index applied.
    last: u64,
}

#[derive(Debug)]
struct Kept {
    index: u64,
    events: Arc<[Event]>,
}

impl Kept {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.events.len() * (size_of::<Event>() + EVENT_HEAP_BYTES)
    }
}

/// What there is for somebody who has seen everything up to an index.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// These, in order.
    Entries(Vec<(u64, Arc<[Event]>)>),
    /// Nothing; everything up to here is known.
    UpToDate(u64),
    /// The ring does not reach back that far.
    Gone,
}

impl Ring {
    pub(super) const fn new(entries_max: usize, bytes_max: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            entries_max,
            bytes_max,
            floor: 0,
            last: 0,
        }
    }

    /// Forgets everything: whoever has seen less than `floor` needs a snapshot.
    pub(super) fn restart(&mut self, floor: u64) {
        self.entries.clear();
        self.bytes = 0;
        self.floor = floor;
        self.last = floor;
    }

    /// The entry at `index` was applied.
    pub(super) fn push(&mut self, index: u64, events: Vec<Event>) {
        // The very first entry of a log, the founders' membership, has index 0.
        // The first entry of a log is entry 0: the founding membership.
        debug_assert!(
            index > self.last || index == 0,
            "entry {index} came after entry {}",
            self.last
        );
        self.last = index;
        if events.is_empty() {
            return;
        }
        let kept = Kept {
            index,
            events: events.into(),
        };
        self.bytes += kept.bytes();
        self.entries.push_back(kept);
        while self.entries.len() > self.entries_max || self.bytes > self.bytes_max {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.floor = oldest.index;
        }
    }

    /// At most `max` entries for somebody who has seen everything up to `seen`.
    pub(super) fn after(&self, seen: u64, max: usize) -> Next {
        if seen < self.floor {
            return Next::Gone;
        }
        let first = self.entries.partition_point(|kept| kept.index <= seen);
        let next: Vec<_> = self
            .entries
            .range(first..)
            .take(max)
            .map(|kept| (kept.index, Arc::clone(&kept.events)))
            .collect();
        if next.is_empty() {
            return Next::UpToDate(self.last.max(seen));
        }
        Next::Entries(next)
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::{Actor, EventKind, TimeMs, UserId};

    use super::*;

    fn events(index: u64, how_many: usize) -> Vec<Event> {
        let event = Event {
            index,
            at: TimeMs(index),
            by: Actor::system(),
            kind: EventKind::UserUnlocked(UserId::parse("ada").unwrap()),
        };
        vec![event; how_many]
    }

    fn indexes(next: Next) -> Vec<u64> {
        match next {
            Next::Entries(entries) => entries.into_iter().map(|(index, _)| index).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn entries_without_events_are_passed_over_and_counted() {
        let mut ring = Ring::new(10, usize::MAX);
        ring.restart(5);
        ring.push(6, vec![]);
        ring.push(9, events(9, 2));
        ring.push(10, vec![]);
        assert_eq!(indexes(ring.after(5, 10)), [9]);
        assert_eq!(ring.after(9, 10), Next::UpToDate(10));
        assert_eq!(ring.after(4, 10), Next::Gone);
    }

    #[test]
    fn it_holds_no_more_entries_than_its_bound() {
        let mut ring = Ring::new(3, usize::MAX);
        for index in 1..=5 {
            ring.push(index, events(index, 1));
        }
        assert_eq!(ring.after(1, 10), Next::Gone);
        assert_eq!(indexes(ring.after(2, 10)), [3, 4, 5]);
        assert_eq!(indexes(ring.after(3, 1)), [4]);
    }

    #[test]
    fn it_holds_no_more_bytes_than_its_bound() {
        let mut ring = Ring::new(usize::MAX, 2000);
        for index in 1..=100 {
            ring.push(index, events(index, 3));
        }
        assert!(ring.bytes <= 2000);
        assert_eq!(ring.after(1, 10), Next::Gone);
        ring.push(101, events(101, 1000));
        assert_eq!(ring.after(100, 10), Next::Gone);
        assert_eq!((ring.bytes, ring.after(101, 10)), (0, Next::UpToDate(101)));
    }

    #[test]
    fn somebody_who_knows_more_waits() {
        let mut ring = Ring::new(3, usize::MAX);
        ring.push(1, events(1, 1));
        assert_eq!(ring.after(7, 10), Next::UpToDate(7));
    }
}
