//! What the log is known to hold, kept beside it.
//!
//! sled takes a damaged record for the torn end of its log: it drops everything behind it and goes on. A node
//! that opens such a directory has forgotten what it acknowledged and must not vote. So the file `WATERMARK`
//! remembers, about once a second and when the log is closed, a vote and a last entry that *were* synced. It is
//! a lower bound: when it is old or missing, less is noticed; when it is ahead of the log, data is gone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hotdesk_proto::internal::v1;
use prost::Message;

use super::open::damaged;
use super::shared::View;
use crate::data_dir::replace_file;
use crate::error::OpenError;
use crate::key_spaces;
use crate::types::{LogId, Vote};
use crate::wire;

pub(super) struct Watermark {
    path: PathBuf,
    written: Known,
    written_at: Instant,
}

/// What was synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) vote: Option<Vote>,
    pub(super) last: Option<LogId>,
}

impl Watermark {
    /// Reads the file and compares the log with it.
    pub(super) fn open(path: PathBuf, log_path: &Path, found: &View) -> Result<Self, OpenError> {
        let written = read(&path).map_err(|error| OpenError::from_io(&path, error))?;
        if let Some(vote) = written
            .vote
            .filter(|vote| found.vote.is_none_or(|found| found < *vote))
        {
            let got = found
                .vote
                .map_or_else(|| "none".to_owned(), |vote| vote.to_string());
            let detail = format!("the vote {vote} was kept here, and there is {got}");
            return Err(damaged(log_path, detail));
        }
        if let Some(last) = written.last.filter(|last| found.next_index() <= last.index) {
            let detail = format!(
                "entries up to {} were kept here, and it ends before {}",
                last.index,
                found.next_index()
            );
            return Err(damaged(log_path, detail));
        }
        Ok(Self {
            path,
            written,
            written_at: Instant::now(),
        })
    }

    /// Told after each sync. Writes now and then, not durably: an older content is as true.
    pub(super) fn raise(&mut self, known: Known) {
        if self.written_at.elapsed() >= INTERVAL {
            self.write(known);
        }
    }

    /// Writes unless it stands there already.
    pub(super) fn write(&mut self, known: Known) {
        self.written_at = Instant::now();
        if known == self.written {
            return;
        }
        let temporary = self.path.with_extension("new");
        match fs::write(&temporary, encode(&known)).and_then(|()| fs::rename(&temporary, &self.path)) {
            Ok(()) => self.written = known,
            // It stays a lower bound.
            Err(error) => tracing::debug!(%error, "watermark not written"),
        }
    }

    /// Before entries from `index` on are removed: the mark must be below them first, durably.
    pub(super) fn lower_to(&mut self, index: u64) -> io::Result<()> {
        if self.written.last.is_none_or(|last| last.index < index) {
            return Ok(());
        }
        let known = Known {
            last: None,
            ..self.written
        };
        replace_file(&self.path, &encode(&known))?;
        self.written = known;
        Ok(())
    }
}

/// A frame as in the log, around a vote and a last entry: the two that a candidate tells, too.
fn encode(known: &Known) -> Vec<u8> {
    let mark = v1::VoteRequest {
        vote: known.vote.as_ref().map(wire::vote_to),
        last_log_id: known.last.as_ref().map(wire::log_id_to),
        leader_transfer: false,
    };
    let mut frame = Vec::with_capacity(key_spaces::FRAME_HEADER + mark.encoded_len());
    key_spaces::frame_into(&mut frame, &mark);
    frame
}

fn read(path: &Path) -> io::Result<Known> {
    let frame = match fs::read(path) {
        Ok(frame) => frame,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Known::default()),
        Err(error) => return Err(error),
    };
    match key_spaces::unframe::<v1::VoteRequest>(&frame) {
        Ok(mark) => Ok(Known {
            vote: mark.vote.as_ref().map(wire::vote_from),
            last: mark.last_log_id.as_ref().map(wire::log_id_from),
        }),
        // Written without a sync, so a power cut may leave anything.
        Err(problem) => {
            tracing::warn!(problem, path = %path.display(), "watermark passed over");
            Ok(Known::default())
        }
    }
}

/// How often the file is written while the log is.
const INTERVAL: Duration = Duration::from_secs(1);
