//! What is due next.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Instant;

/// How many runs are kept; what fits into none goes to the heap.
const RUNS: usize = 12;

/// Entries by instant, taken out when they are due and never before: what was set off meanwhile is recognised by
/// its owner.
///
/// Nearly all timers are one of a few constants after now, so each constant makes a run that is in order by
/// itself: adding to its end and taking from its front cost next to nothing. The heap takes the rest.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    runs: [VecDeque<(Instant, T)>; RUNS],
    heap: BinaryHeap<Reverse<(Instant, T)>>,
}

impl<T: Copy + Ord> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            runs: std::array::from_fn(|_| VecDeque::new()),
            heap: BinaryHeap::new(),
        }
    }

    /// Adds an entry.
    pub(crate) fn push(&mut self, at: Instant, what: T) {
        // The run whose last entry is the latest that is not later; an empty one when there is none.
        let mut best: Option<(usize, Option<Instant>)> = None;
        for (number, run) in self.runs.iter().enumerate() {
            let last = run.back().map(|(last, _)| *last);
            if last.is_none_or(|last| last <= at) && best.is_none_or(|(_, best)| last > best) {
                best = Some((number, last));
            }
        }
        match best {
            Some((number, _)) => self.runs[number].push_back((at, what)),
            None => self.heap.push(Reverse((at, what))),
        }
    }

    /// When the first is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        let runs = self.runs.iter().filter_map(|run| Some(run.front()?.0)).min();
        super::earlier(runs, self.heap.peek().map(|entry| entry.0.0))
    }

    /// Takes out the first that is due by now.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(Instant, T)> {
        let at = self.next().filter(|at| *at <= now)?;
        let first = self
            .runs
            .iter_mut()
            .find(|run| run.front().is_some_and(|entry| entry.0 == at));
        match first {
            Some(run) => run.pop_front(),
            None => self.heap.pop().map(|entry| entry.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::Queue;

    proptest! {
        #[test]
        fn entries_come_out_in_the_order_of_their_instants(delays in prop::collection::vec(0u64..50, 0..200)) {
            let start = Instant::now();
            let mut queue = Queue::new();
            for (number, delay) in delays.iter().enumerate() {
                queue.push(start + Duration::from_secs(*delay), number);
            }
            let mut sorted = delays.clone();
            sorted.sort_unstable();
            for delay in sorted {
                let due = start + Duration::from_secs(delay);
                prop_assert_eq!(queue.next(), Some(due));
                prop_assert_eq!(queue.pop(due - Duration::from_millis(1)), None);
                let (at, number) = queue.pop(due).expect("one is due");
                prop_assert_eq!((at, delays[number]), (due, delay));
            }
            prop_assert_eq!(queue.next(), None);
        }
    }
}
