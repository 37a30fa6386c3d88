//! Reading the log: the newest entries from memory, older ones from the disk.

use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use futures::{Stream, stream};
use openraft::type_config::async_runtime::AsyncRuntime;
use openraft::{OptionalSend, RaftLogReader};

use super::open::read_entry;
use super::shared::Shared;
use super::tail::weight;
use crate::types::{Entry, Types, Vote};

/// Reads the log. A cheap clone; sees what is appended after it was made.
pub struct LogReader<RT: AsyncRuntime> {
    pub(super) shared: Arc<Shared<RT>>,
}

impl<RT: AsyncRuntime> Clone for LogReader<RT> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<RT: AsyncRuntime> Debug for LogReader<RT> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogReader")
    }
}

impl<RT: AsyncRuntime> LogReader<RT> {
    /// The entries of `start..end` that are there, up to about `bytes_max` bytes but at least one.
    fn read(&self, start: u64, end: u64, bytes_max: usize) -> io::Result<Vec<Entry>> {
        let mut budget = bytes_max;
        loop {
            let (start, from_disk, mut entries) = {
                let view = self.shared.view.read();
                let start = start.max(view.first);
                let end = end.min(view.next_index());
                if start >= end {
                    return Ok(Vec::new());
                }
                let tail_start = view.tail.first().unwrap_or_else(|| view.next_index());
                let from_disk = start..end.min(tail_start);
                let mut entries = Vec::new();
                if from_disk.is_empty() {
                    take_within(&mut budget, view.tail.range(start, end).cloned(), &mut entries);
                }
                (start, from_disk, entries)
            };
            if from_disk.is_empty() {
                return Ok(entries);
            }
            if self.read_from_disk(from_disk.clone(), &mut budget, &mut entries)? {
                let next = start + entries.len() as u64;
                if next == from_disk.end && budget > 0 && next < end {
                    // The rest is in memory, unless it was changed meanwhile; then the caller asks again.
                    let view = self.shared.view.read();
                    let rest = view.tail.range(next, end.min(view.next_index()));
                    if view.tail.first().is_some_and(|first| first <= next) {
                        take_within(&mut budget, rest.cloned(), &mut entries);
                    }
                }
                return Ok(entries);
            }
            // Purged under our hands: the view says from where on there is something now.
            if self.shared.view.read().first <= start {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("entries {start} to {} are not all on the disk", from_disk.end),
                ));
            }
            budget = bytes_max;
        }
    }

    /// False when an entry is not there.
    fn read_from_disk(
        &self,
        range: std::ops::Range<u64>,
        budget: &mut usize,
        entries: &mut Vec<Entry>,
    ) -> io::Result<bool> {
        let db = self
            .shared
            .db
            .read()
            .clone()
            .ok_or_else(|| io::Error::other("the log is closed"))?;
        for index in range {
            if *budget == 0 {
                break;
            }
            let Some(entry) = read_entry(&db, index)? else {
                return Ok(false);
            };
            *budget = budget.saturating_sub(weight(&entry));
            entries.push(entry);
        }
        Ok(true)
    }
}

/// Moves entries while there is room for more.
fn take_within(budget: &mut usize, from: impl Iterator<Item = Entry>, entries: &mut Vec<Entry>) {
    for entry in from {
        if *budget == 0 {
            break;
        }
        *budget = budget.saturating_sub(weight(&entry));
        entries.push(entry);
    }
}

impl<RT: AsyncRuntime> RaftLogReader<Types<RT>> for LogReader<RT> {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, io::Error> {
        let (start, end) = bounds(&range);
        let mut entries = self.read(start, end, usize::MAX)?;
        // A change meanwhile cuts a read short; here all that is there is wanted.
        while let Some(next) = entries
            .last()
            .map(|last| last.log_id.index + 1)
            .filter(|next| *next < end)
        {
            let more = self.read(next, end, usize::MAX)?;
            if more.is_empty() {
                break;
            }
            entries.extend(more);
        }
        Ok(entries)
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.shared.view.read().vote)
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, io::Error> {
        self.read(start, end, MESSAGE_BYTES_MAX)
    }

    /// Reads as the stream is consumed, so that applying a long log does not hold all of it in memory.
    async fn entries_stream<RB>(
        &mut self,
        range: RB,
    ) -> impl Stream<Item = Result<Entry, io::Error>> + OptionalSend
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let (start, end) = bounds(&range);
        let reader = self.clone();
        let chunks = stream::unfold(Some(start), move |next| {
            let reader = reader.clone();
            async move {
                let next = next.filter(|next| *next < end)?;
                match reader.read(next, end, CHUNK_BYTES_MAX) {
                    Ok(entries) => {
                        let last = entries.last()?.log_id.index;
                        Some((entries.into_iter().map(Ok).collect::<Vec<_>>(), Some(last + 1)))
                    }
                    Err(error) => Some((vec![Err(error)], None)),
                }
            }
        });
        Box::pin(futures::StreamExt::flat_map(chunks, stream::iter))
    }
}

fn bounds(range: &impl RangeBounds<u64>) -> (u64, u64) {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(start) => start.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(end) => end.saturating_add(1),
        Bound::Excluded(end) => *end,
        Bound::Unbounded => u64::MAX,
    };
    (start, end)
}

/// What is read for one message to a follower, in bytes of memory, about: half of it on the wire, below the
/// 4 MiB that gRPC takes.
const MESSAGE_BYTES_MAX: usize = 2 << 20;

/// What is read at once for applying.
const CHUNK_BYTES_MAX: usize = 1 << 20;
