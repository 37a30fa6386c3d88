//! Every key that the log keeps in its sled tree, and the frames around the values. The only place that knows
//! them; golden bytes are in `tests/suite/golden.rs`.
//!
//! One tree holds everything, so that one batch can change entries and marks together, or not at all.
//!
//! | prefix | key                        | value                                        |
//! |--------|----------------------------|----------------------------------------------|
//! | `00`   | `00`                       | frame of `Vote`                              |
//! | `01`   | `01`                       | frame of `LogId`: everything up to it purged |
//! | `02`   | `02`                       | frame of `LogId`: known to be committed      |
//! | `03`   | `03`                       | random bytes of the start-up self-check      |
//! | `10`   | `10`, index (u64 BE)       | frame of `LogEntry`, its first [`PIECE_BYTES_MAX`] bytes |
//! | `10`   | `10`, index, n (u16 BE)    | the n-th further piece of the frame, n from 1 |
//!
//! A frame is the CRC-32 of the message (u32 BE), its length in bytes (u32 BE), and the message. sled checks its
//! own records; the frame is there for what sled cannot see: a missing piece, an entry under a wrong index.

use hotdesk_proto::internal::v1;
use prost::Message;

/// The vote of this node.
pub const VOTE: [u8; 1] = [0x00];
/// The last entry that was purged.
pub const PURGED: [u8; 1] = [0x01];
/// The last entry known to be committed. Written along with other things, so it may lag.
pub const COMMITTED: [u8; 1] = [0x02];
/// The probe of the start-up self-check.
pub const PROBE: [u8; 1] = [0x03];
/// Where entries begin.
pub const ENTRY_PREFIX: u8 = 0x10;

/// The longest value, in bytes; longer frames are cut into pieces.
///
/// sled keeps up to about 20 values in a page, and a page of more than 128 KiB goes into a *blob*: a file of its
/// own that sled never syncs. Twenty pieces stay below that with room to spare, so everything that counts is in
/// the one file that we sync.
pub const PIECE_BYTES_MAX: usize = 4096;

/// The bytes in front of a message.
pub const FRAME_HEADER: usize = 8;

/// The largest message of an entry, in bytes (u16 pieces; far above what the transport lets through).
pub const ENTRY_BYTES_MAX: usize = PIECE_BYTES_MAX * (u16::MAX as usize);

/// The key of an entry's first piece.
#[must_use]
pub const fn entry(index: u64) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = index.to_be_bytes();
    [ENTRY_PREFIX, a, b, c, d, e, f, g, h]
}

/// The key of an entry's n-th further piece, n from 1.
#[must_use]
pub const fn piece(index: u64, n: u16) -> [u8; 11] {
    let [p, a, b, c, d, e, f, g, h] = entry(index);
    let [x, y] = n.to_be_bytes();
    [p, a, b, c, d, e, f, g, h, x, y]
}

/// What an entry key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKey {
    /// The first piece of the entry at this index.
    First(u64),
    /// A further piece of the entry at this index.
    Further(u64, u16),
}

/// Reads an entry key; `None` when it is not one.
#[must_use]
pub fn read_entry_key(key: &[u8]) -> Option<EntryKey> {
    let (prefix, rest) = key.split_first()?;
    if *prefix != ENTRY_PREFIX {
        return None;
    }
    let (index, rest) = rest.split_first_chunk::<8>()?;
    let index = u64::from_be_bytes(*index);
    match rest {
        [] => Some(EntryKey::First(index)),
        [x, y] => Some(EntryKey::Further(index, u16::from_be_bytes([*x, *y]))),
        _ => None,
    }
}

/// Puts a message into a frame, in `frame`, which is cleared first.
pub fn frame_into(frame: &mut Vec<u8>, message: &impl Message) {
    frame.clear();
    frame.resize(FRAME_HEADER, 0);
    // Writing into a vector cannot run out of room.
    message.encode(frame).expect("a vector grows");
    let length = u32::try_from(frame.len() - FRAME_HEADER).expect("messages stay below 4 GiB");
    let crc = crc32fast::hash(&frame[FRAME_HEADER..]);
    frame[..4].copy_from_slice(&crc.to_be_bytes());
    frame[4..FRAME_HEADER].copy_from_slice(&length.to_be_bytes());
}

/// The whole frame's length in bytes, from its first piece.
///
/// # Errors
/// A phrase for people when the piece is too short to be one.
pub fn frame_length(first_piece: &[u8]) -> Result<usize, String> {
    let (header, _) = first_piece
        .split_first_chunk::<FRAME_HEADER>()
        .ok_or_else(|| format!("a value of {} bytes is too short", first_piece.len()))?;
    let [_, _, _, _, a, b, c, d] = *header;
    Ok(FRAME_HEADER + u32::from_be_bytes([a, b, c, d]) as usize)
}

/// How many pieces a frame of this length is cut into.
#[must_use]
pub const fn pieces(frame_length: usize) -> usize {
    if frame_length == 0 {
        1
    } else {
        frame_length.div_ceil(PIECE_BYTES_MAX)
    }
}

/// Takes a message out of its frame.
///
/// # Errors
/// A phrase for people that says what is wrong with the frame.
pub fn unframe<M: Message + Default>(frame: &[u8]) -> Result<M, String> {
    let length = frame_length(frame)?;
    if frame.len() != length {
        return Err(format!("{} bytes where {length} were written", frame.len()));
    }
    let message = &frame[FRAME_HEADER..];
    let [a, b, c, d, ..] = *frame else {
        return Err("no checksum".into());
    };
    let (expected, got) = (u32::from_be_bytes([a, b, c, d]), crc32fast::hash(message));
    if expected != got {
        return Err(format!(
            "the checksum is {got:08x} where {expected:08x} was written"
        ));
    }
    M::decode(message).map_err(|error| error.to_string())
}

/// Takes an entry out of its frame and checks that it is the one for `index`.
///
/// # Errors
/// As [`unframe`].
pub fn unframe_entry(index: u64, frame: &[u8]) -> Result<v1::LogEntry, String> {
    let entry: v1::LogEntry = unframe(frame)?;
    match &entry.id {
        Some(id) if id.index == index => Ok(entry),
        Some(id) => Err(format!("it says that it is entry {}", id.index)),
        None => Err("it has no id".into()),
    }
}
