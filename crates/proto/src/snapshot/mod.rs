//! The whole state as a file: snapshots of consensus, and backups.
//!
//! The layout is described beside `SnapshotRecord` in `proto/hotdesk/internal/v1/log.proto`: a magic number, a
//! format version, then length-prefixed records with a CRC-32 each, the first of which is the header and the
//! last of which counts the others. So whatever is cut off or flipped is noticed, and neither side ever holds
//! more than one record in memory beside the state itself.
//!
//! **Invariant:** the same header and state give the same bytes, on every replica.

mod read;
mod user;
mod write;

use std::io;

use crate::internal::v1::{LogId, Membership};

pub use read::read;
pub use write::write;

/// The version of the layout that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"HOTDESK\0";
/// Records are closed at this size, in bytes. A single item may be larger.
const RECORD_BYTES: usize = 64 * 1024;
/// No record is larger, in bytes: a larger length is damage. The largest item there is (the answer to an
/// import with a thousand bad rows) stays far below.
const RECORD_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// What a snapshot says about itself. Clock, index and default policy travel with the state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The cluster it belongs to.
    pub cluster_id: String,
    /// The last entry that it covers; `None` for a backup that was restored, and for an empty log.
    pub last_log_id: Option<LogId>,
    /// The entry that set the membership.
    pub membership_log_id: Option<LogId>,
    /// The membership in force at `last_log_id`.
    pub membership: Membership,
}

/// Why a file could not be read as a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is another kind of file.
    #[error("this is not a snapshot or backup of hotdesk")]
    NotASnapshot,
    /// A newer program wrote it.
    #[error(
        "the snapshot has format {found}, this program reads up to {supported}: use the version that wrote it, or a newer one"
    )]
    NewerFormat {
        /// The file's format.
        found: u32,
        /// [`FORMAT`].
        supported: u32,
    },
    /// Its bytes are not those that were written.
    #[error("the snapshot is damaged at record {record}: {detail}")]
    Damaged {
        /// Which record, counted from 0 (the header).
        record: u64,
        /// What was found.
        detail: String,
    },
    /// Its end is missing: it was still being written or copied.
    #[error("the snapshot is incomplete: it ends after {records} whole records")]
    Incomplete {
        /// How many records were whole.
        records: u64,
    },
    /// Reading failed.
    #[error("cannot read the snapshot: {0}")]
    Io(#[from] io::Error),
}
