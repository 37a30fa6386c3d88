//! Opening the log: sled with our settings, the self-check, and reading back what is there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use hotdesk_proto::internal::v1;
use prost::Message;

use super::shared::View;
use super::tail::TailBounds;
use crate::error::OpenError;
use crate::key_spaces::{self, EntryKey};
use crate::types::Entry;
use crate::wire;

/// What was read back.
pub(super) struct Found {
    pub(super) view: View,
    /// The lowest index of which a key may be there. Below the first readable one when purging was cut short.
    pub(super) first_stored: u64,
    /// How many pieces the entries have that are more than one.
    pub(super) pieces: BTreeMap<u64, u16>,
}

/// Opens sled. Its panics on damaged files are errors here.
pub(crate) fn open_sled(path: &Path) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(CACHE_BYTES)
        .mode(sled::Mode::HighThroughput)
        .use_compression(false)
        // Nothing is flushed behind our back: the I/O thread does it, and syncs.
        .flush_every_ms(None);
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(error)) => Err(open_error(path, error)),
        Err(panic) => Err(damaged(
            path,
            format!("sled cannot read it: {}", panic_message(&*panic)),
        )),
    }
}

/// Sorts sled's errors.
pub(crate) fn open_error(path: &Path, error: sled::Error) -> OpenError {
    match error {
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => OpenError::InUse {
            path: path.to_path_buf(),
        },
        sled::Error::Io(error) => OpenError::from_io(path, error),
        sled::Error::Corruption { at, .. } => damaged(path, format!("sled found corruption at {at:?}")),
        sled::Error::Unsupported(what) => damaged(path, format!("sled refuses it: {what}")),
        sled::Error::CollectionNotFound(_) | sled::Error::ReportableBug(_) => {
            damaged(path, format!("sled reports: {error}"))
        }
    }
}

/// Makes everything durable that opening wrote next to the log's own file: settings, names.
pub(crate) fn sync_tree(path: &Path) -> io::Result<()> {
    for item in fs::read_dir(path)? {
        let item = item?;
        if item.file_type()?.is_dir() {
            sync_tree(&item.path())?;
        } else {
            match fs::File::open(item.path()) {
                Ok(file) => file.sync_all()?,
                // sled removes its old snapshots in its own time.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    crate::data_dir::sync_dir(path)
}

/// Reads marks and entries, and checks that they fit together.
pub(super) fn read(db: &sled::Db, path: &Path, bounds: TailBounds) -> Result<Found, OpenError> {
    match catch_unwind(AssertUnwindSafe(|| read_all(db, path, bounds))) {
        Ok(found) => found,
        Err(panic) => Err(damaged(
            path,
            format!("sled cannot read it: {}", panic_message(&*panic)),
        )),
    }
}

fn read_all(db: &sled::Db, path: &Path, bounds: TailBounds) -> Result<Found, OpenError> {
    let vote: Option<v1::Vote> = mark(db, path, key_spaces::VOTE, "vote")?;
    let purged: Option<v1::LogId> = mark(db, path, key_spaces::PURGED, "mark of what was purged")?;
    let committed: Option<v1::LogId> = mark(db, path, key_spaces::COMMITTED, "mark of what is committed")?;
    let mut found = Found {
        view: View {
            vote: vote.as_ref().map(wire::vote_from),
            purged: purged.as_ref().map(wire::log_id_from),
            first: purged.map_or(0, |purged| purged.index + 1),
            last: purged.as_ref().map(wire::log_id_from),
            ..View::default()
        },
        first_stored: 0,
        pieces: BTreeMap::new(),
    };
    let first_readable = found.view.first;
    found.first_stored = first_readable;

    let mut rows = Rows {
        rows: db.scan_prefix([key_spaces::ENTRY_PREFIX]),
        next: None,
        path,
    };
    while let Some((index, count, frame)) = rows.next()? {
        if count > 1 {
            found.pieces.insert(index, count);
        }
        if index < first_readable {
            found.first_stored = found.first_stored.min(index);
            continue;
        }
        let expected = found.view.next_index();
        if index != expected {
            return Err(damaged(
                path,
                format!("entry {expected} is missing, the next one is {index}"),
            ));
        }
        let entry = key_spaces::unframe_entry(index, &frame)
            .and_then(|entry| wire::entry_from(entry).map_err(|error| error.to_string()))
            .map_err(|detail| damaged(path, format!("entry {index} cannot be read: {detail}")))?;
        if found.view.last.is_some_and(|last| last >= entry.log_id) {
            let last = found.view.last.map_or(0, |last| last.leader_id.term);
            let detail = format!(
                "entry {index} is of term {} but the one before it of term {last}",
                entry.log_id.leader_id.term
            );
            return Err(damaged(path, detail));
        }
        found.view.last = Some(entry.log_id);
        found.view.tail.push(entry);
        found.view.tail.shrink(index, bounds);
    }
    // A mark beyond the end: a snapshot was being installed. What is known is only what is there.
    let committed = committed.as_ref().map(wire::log_id_from);
    found.view.committed = committed.min(found.view.last);
    Ok(found)
}

/// The entries of the tree in order, each with the number of its pieces and its frame put together.
struct Rows<'a> {
    rows: sled::Iter,
    /// Read already: the first piece of the entry after the last one given out.
    next: Option<(sled::IVec, sled::IVec)>,
    path: &'a Path,
}

impl Rows<'_> {
    fn next(&mut self) -> Result<Option<(u64, u16, Vec<u8>)>, OpenError> {
        let Some((key, first)) = self.next.take().map_or_else(|| self.row(), |row| Ok(Some(row)))? else {
            return Ok(None);
        };
        let index = match key_spaces::read_entry_key(&key) {
            Some(EntryKey::First(index)) => index,
            // Entries are written and removed whole, so this is the rest of one whose beginning is lost.
            Some(EntryKey::Further(index, n)) => {
                return Err(damaged(
                    self.path,
                    format!("piece {n} of entry {index} stands alone"),
                ));
            }
            None => return Err(damaged(self.path, format!("there is an unknown key {key:02x?}"))),
        };
        let mut frame = first.to_vec();
        let mut count = 1;
        while let Some((key, piece)) = self.row()? {
            if key_spaces::read_entry_key(&key) != Some(EntryKey::Further(index, count)) {
                self.next = Some((key, piece));
                break;
            }
            frame.extend_from_slice(&piece);
            count += 1;
        }
        Ok(Some((index, count, frame)))
    }

    fn row(&mut self) -> Result<Option<(sled::IVec, sled::IVec)>, OpenError> {
        self.rows
            .next()
            .transpose()
            .map_err(|error| open_error(self.path, error))
    }
}

/// Reads one entry from the disk; `None` when it is not there.
pub(super) fn read_entry(db: &sled::Db, index: u64) -> io::Result<Option<Entry>> {
    let Some(first) = db.get(key_spaces::entry(index)).map_err(io_error)? else {
        return Ok(None);
    };
    let broken = |detail: String| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("entry {index} cannot be read: {detail}"),
        )
    };
    let length = key_spaces::frame_length(&first).map_err(broken)?;
    let count = key_spaces::pieces(length);
    let entry = if count == 1 {
        key_spaces::unframe_entry(index, &first)
    } else {
        let mut frame = Vec::with_capacity(length);
        frame.extend_from_slice(&first);
        for n in 1..count {
            let n = u16::try_from(n).map_err(|_| broken(format!("{count} pieces are too many")))?;
            let piece = db.get(key_spaces::piece(index, n)).map_err(io_error)?;
            frame.extend_from_slice(&piece.ok_or_else(|| broken(format!("piece {n} is missing")))?);
        }
        key_spaces::unframe_entry(index, &frame)
    };
    let entry = entry.map_err(broken)?;
    wire::entry_from(entry)
        .map(Some)
        .map_err(|error| broken(error.to_string()))
}

fn mark<M: Message + Default>(
    db: &sled::Db,
    path: &Path,
    key: [u8; 1],
    what: &str,
) -> Result<Option<M>, OpenError> {
    let Some(frame) = db.get(key).map_err(|error| open_error(path, error))? else {
        return Ok(None);
    };
    key_spaces::unframe(&frame)
        .map(Some)
        .map_err(|detail| damaged(path, format!("the {what} cannot be read: {detail}")))
}

pub(crate) fn damaged(path: &Path, detail: String) -> OpenError {
    OpenError::Damaged {
        path: path.to_path_buf(),
        detail,
    }
}

/// sled's error as one of the operating system; a full disk stays recognisable.
pub(crate) fn io_error(error: sled::Error) -> io::Error {
    match error {
        sled::Error::Io(error) => error,
        error => io::Error::other(error.to_string()),
    }
}

pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .to_owned()
}

/// Pages that sled keeps in memory; the tail holds what is read most.
const CACHE_BYTES: u64 = 64 << 20;
