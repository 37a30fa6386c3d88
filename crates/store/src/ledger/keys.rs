//! What a ledger keeps in its sled tree. The only place that knows it.
//!
//! | prefix | key                                             | value                                        |
//! |--------|-------------------------------------------------|----------------------------------------------|
//! | `03`   | `03`                                            | random bytes of the start-up self-check      |
//! | `04`   | `04`                                            | batches written (u64 BE), entries (u64 BE), in every batch |
//! | `20`   | `20`, length of the key (u8), the key, n (u8)   | the n-th piece of the frame, n from 0        |
//!
//! A frame is the CRC-32 of the value (u32 BE), its length in bytes (u32 BE), and the value. It is cut into
//! pieces for the reason that [`crate::key_spaces::PIECE_BYTES_MAX`] gives: nothing may end in a blob.

use std::collections::HashMap;
use std::path::Path;

use super::Entries;
use crate::error::OpenError;
use crate::key_spaces::{FRAME_HEADER, PIECE_BYTES_MAX, PROBE};
use crate::log::damaged;

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 255;

/// The longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 64 << 10;

/// What the writer must know of what is there.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// How many batches were written, ever.
    pub(super) generation: u64,
    /// The keys, each with the number of its pieces.
    pieces: HashMap<Vec<u8>, u8>,
}

impl Contents {
    pub(super) fn entries(&self) -> u64 {
        self.pieces.len() as u64
    }

    /// Puts a change into a batch.
    pub(super) fn change(&mut self, batch: &mut sled::Batch, key: Vec<u8>, value: Option<&[u8]>) {
        let mut row = row_key(&key);
        let mut count: u8 = 0;
        if let Some(value) = value {
            for piece in frame(value).chunks(PIECE_BYTES_MAX) {
                set_piece(&mut row, count);
                batch.insert(row.as_slice(), piece);
                count += 1;
            }
        }
        let before = match count {
            0 => self.pieces.remove(&key),
            count => self.pieces.insert(key, count),
        };
        for surplus in count..before.unwrap_or(0) {
            set_piece(&mut row, surplus);
            batch.remove(row.as_slice());
        }
    }

    /// Ends a batch.
    pub(super) fn seal(&mut self, batch: &mut sled::Batch) {
        self.generation += 1;
        let mut mark = [0; 16];
        mark[..8].copy_from_slice(&self.generation.to_be_bytes());
        mark[8..].copy_from_slice(&self.entries().to_be_bytes());
        batch.insert(&MARK, &mark[..]);
    }

    /// Whether all is there that was there when `LEDGER` was written.
    pub(super) fn check(&self, dir: &Path, marked: u64) -> Result<(), OpenError> {
        if self.generation < marked {
            let found = self.generation;
            let detail = format!("it holds {found} batches of changes, but had {marked} already");
            return Err(damaged(dir, detail));
        }
        Ok(())
    }
}

type Row = Result<(sled::IVec, sled::IVec), OpenError>;

/// Reads all rows of the tree, in their order.
pub(super) fn read(
    rows: &mut dyn Iterator<Item = Row>,
    path: &Path,
) -> Result<(Contents, Entries), OpenError> {
    let mut contents = Contents::default();
    let mut marked = 0;
    let mut entries: Entries = Vec::new();
    // The entry at hand: its key, its frame so far, and the number of pieces.
    let mut open: Option<(Vec<u8>, Vec<u8>, u8)> = None;
    for row in rows {
        let (row, value) = row?;
        if *row == PROBE[..] {
            continue;
        }
        if *row == MARK[..] {
            let (generation, count) = read_mark(&value)
                .ok_or_else(|| damaged(path, "the mark of what was written cannot be read".into()))?;
            (contents.generation, marked) = (generation, count);
            continue;
        }
        let (key, n) =
            read_row_key(&row).ok_or_else(|| damaged(path, format!("there is an unknown key {row:02x?}")))?;
        match &mut open {
            Some((open_key, frame, count)) if open_key == key && *count == n => {
                frame.extend_from_slice(&value);
                *count += 1;
            }
            _ if n == 0 => {
                finish(open.take(), &mut contents, &mut entries, path)?;
                open = Some((key.to_vec(), value.to_vec(), 1));
            }
            _ => return Err(damaged(path, format!("piece {n} of an entry stands alone"))),
        }
    }
    finish(open, &mut contents, &mut entries, path)?;
    let found = contents.entries();
    if found != marked {
        let detail = format!("it holds {found} entries where {marked} were written");
        return Err(damaged(path, detail));
    }
    // In the order of the keys, not in that of their lengths.
    entries.sort_unstable();
    Ok((contents, entries))
}

fn finish(
    open: Option<(Vec<u8>, Vec<u8>, u8)>,
    contents: &mut Contents,
    entries: &mut Entries,
    path: &Path,
) -> Result<(), OpenError> {
    let Some((key, frame, count)) = open else {
        return Ok(());
    };
    let value =
        unframe(&frame).ok_or_else(|| damaged(path, "the checksum of an entry does not match".into()))?;
    entries.push((key.clone(), value.to_vec()));
    contents.pieces.insert(key, count);
    Ok(())
}

fn row_key(key: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(key.len() + 3);
    row.push(ENTRY_PREFIX);
    row.push(u8::try_from(key.len()).expect("the length was checked when it was queued"));
    row.extend_from_slice(key);
    row.push(0);
    row
}

fn set_piece(row: &mut [u8], n: u8) {
    if let Some(last) = row.last_mut() {
        *last = n;
    }
}

fn read_row_key(row: &[u8]) -> Option<(&[u8], u8)> {
    let (&[ENTRY_PREFIX, length], rest) = row.split_first_chunk()? else {
        return None;
    };
    let (n, key) = rest.split_last()?;
    (key.len() == usize::from(length)).then_some((key, *n))
}

fn read_mark(value: &[u8]) -> Option<(u64, u64)> {
    let (generation, rest) = value.split_first_chunk()?;
    let count = rest.try_into().ok()?;
    Some((u64::from_be_bytes(*generation), u64::from_be_bytes(count)))
}

fn frame(value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).expect("the length was checked when it was queued");
    let mut frame = Vec::with_capacity(FRAME_HEADER + value.len());
    frame.extend_from_slice(&crc32fast::hash(value).to_be_bytes());
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(value);
    frame
}

fn unframe(frame: &[u8]) -> Option<&[u8]> {
    let (crc, rest) = frame.split_first_chunk()?;
    let (length, value) = rest.split_first_chunk()?;
    let fits = value.len() == u32::from_be_bytes(*length) as usize;
    (fits && crc32fast::hash(value) == u32::from_be_bytes(*crc)).then_some(value)
}

const MARK: [u8; 1] = [0x04];
const ENTRY_PREFIX: u8 = 0x20;

#[cfg(test)]
mod tests {
    use super::*;

    /// What an earlier version wrote is read for as long as this version is around.
    #[test]
    fn rows_stay_what_they_were() {
        let mut contents = Contents::default();
        let mut batch = sled::Batch::default();
        contents.change(&mut batch, b"k".to_vec(), Some(b"value"));
        contents.seal(&mut batch);
        let db = sled::Config::new().temporary(true).open().unwrap();
        db.apply_batch(batch).unwrap();
        let rows: Vec<_> = db.iter().map(Result::unwrap).collect();
        let hex = |row: &[u8]| row.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let rows: Vec<_> = rows.iter().map(|(key, value)| (hex(key), hex(value))).collect();
        let kept = [
            ("04", "00000000000000010000000000000001"),
            ("20016b00", "1d7758340000000576616c7565"),
        ];
        assert_eq!(rows, kept.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
