//! What a log must hold: a model in memory, random operations on both, and the comparison after a restart.

use std::collections::VecDeque;
use std::io;

use hotdesk_store::types::{Entry, LogId, Vote};
use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;

use crate::harness::{Log, append, block_on, entry, read_all, vote};

/// A log as it must be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) vote: Option<Vote>,
    pub(crate) purged: Option<LogId>,
    pub(crate) entries: VecDeque<Entry>,
    term: u64,
}

/// Something a node asks of its log.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Append(Vec<Entry>),
    Truncate(Option<LogId>),
    Purge(LogId),
    Vote(Vote),
}

impl Model {
    pub(crate) fn last(&self) -> Option<LogId> {
        self.entries.back().map(|entry| entry.log_id).or(self.purged)
    }

    fn next_index(&self) -> u64 {
        self.last().map_or(0, |last| last.index + 1)
    }

    /// An operation that makes sense now. Keeps the log between a few and a few hundred entries.
    pub(crate) fn random_op(&mut self, random: &mut fastrand::Rng) -> Op {
        match random.u32(..100) {
            0..8 => {
                self.term += 1;
                Op::Vote(vote(self.term))
            }
            8..14 if !self.entries.is_empty() => {
                // A new leader, which has not seen the end of this log.
                self.term += 1;
                let keep = self.entries.len() - random.usize(1..=self.entries.len().min(20));
                let last = keep
                    .checked_sub(1)
                    .map(|at| self.entries[at].log_id)
                    .or(self.purged);
                Op::Truncate(last)
            }
            14..22 if self.entries.len() > 100 => {
                Op::Purge(self.entries[random.usize(..self.entries.len() - 20)].log_id)
            }
            roll => {
                let (count, bytes) = match roll {
                    97.. => (random.u64(1..4), random.usize(5_000..60_000)),
                    93.. => (60, random.usize(60..600)),
                    _ => (random.u64(1..20), random.usize(60..600)),
                };
                let first = self.next_index();
                Op::Append(
                    (first..first + count)
                        .map(|index| entry(self.term, index, bytes))
                        .collect(),
                )
            }
        }
    }

    pub(crate) fn apply(&mut self, op: &Op) {
        match op {
            Op::Append(entries) => self.entries.extend(entries.iter().cloned()),
            Op::Truncate(last) => {
                let keep = |entry: &Entry| last.is_some_and(|last| entry.log_id <= last);
                self.entries.retain(keep);
            }
            Op::Purge(upto) => {
                self.entries.retain(|entry| entry.log_id.index > upto.index);
                self.purged = Some(*upto);
            }
            Op::Vote(vote) => self.vote = Some(*vote),
        }
    }

    /// Compares a log that was closed in order: it must be this exactly.
    pub(crate) fn check(&self, log: &mut Log) -> Result<(), String> {
        self.check_after_cut(log, None, self.purged)
    }

    /// Compares a log that was cut off. Everything promised must be there; `pending`, which was asked for and
    /// not answered, may have happened or not, whole or in its beginning; purging up to `purge_asked` too.
    pub(crate) fn check_after_cut(
        &self,
        log: &mut Log,
        pending: Option<&Op>,
        purge_asked: Option<LogId>,
    ) -> Result<(), String> {
        let state = block_on(log.get_log_state()).map_err(|error| error.to_string())?;
        let found_vote = block_on(log.read_vote()).map_err(|error| error.to_string())?;
        let pending_vote = match pending {
            Some(Op::Vote(vote)) => Some(*vote),
            _ => self.vote,
        };
        if found_vote != self.vote && found_vote != pending_vote {
            return Err(format!(
                "the vote is {found_vote:?}, promised was {:?}",
                self.vote
            ));
        }
        let purged = state.last_purged_log_id;
        if purged < self.purged || purged > purge_asked.max(self.purged) {
            return Err(format!("purged up to {purged:?}, promised was {:?}", self.purged));
        }

        let found = read_all(log);
        let first = purged.map_or(0, |purged| purged.index + 1);
        let promised = self.entries.iter().filter(|entry| entry.log_id.index >= first);
        let truncated_after = match pending {
            Some(Op::Truncate(last)) => Some(last.map_or(0, |last| last.index + 1)),
            _ => None,
        };
        let mut found = found.iter();
        for promised in promised {
            match found.next() {
                Some(found) if found == promised => {}
                None if truncated_after.is_some_and(|from| promised.log_id.index >= from) => return Ok(()),
                other => {
                    let got = other.map(|found| found.log_id);
                    return Err(format!("entry {:?} is lost; there is {got:?}", promised.log_id));
                }
            }
        }
        let mut maybe = match pending {
            Some(Op::Append(entries)) => entries.iter(),
            _ => [].iter(),
        };
        match found.find(|found| maybe.next() != Some(found)) {
            None => Ok(()),
            Some(extra) => Err(format!("entry {:?} was never asked for", extra.log_id)),
        }
    }
}

impl Op {
    /// Does it to the log, and waits until it is durable, except for purging, which nobody waits for.
    pub(crate) fn run(&self, log: &mut Log) -> io::Result<()> {
        match self {
            Self::Append(entries) => append(log, entries.clone()),
            Self::Truncate(last) => block_on(log.truncate_after(*last)),
            Self::Purge(upto) => block_on(log.purge(*upto)),
            Self::Vote(vote) => block_on(log.save_vote(vote)),
        }
    }
}
