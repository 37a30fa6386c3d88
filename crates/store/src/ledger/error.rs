//! Why a ledger cannot be opened, or did not write.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::OpenError;

/// A ledger was refused. Every case has a code, a sentence, and what a person can do.
#[derive(Debug, thiserror::Error)]
pub enum OpenLedgerError {
    /// The directory holds something else.
    #[error("{path} is not a ledger: {detail}", path = .path.display())]
    NotALedger {
        /// The directory.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// As with other directories.
    #[error(transparent)]
    Store(#[from] OpenError),
}

impl OpenLedgerError {
    /// A stable code for operators.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotALedger { .. } => "HD3010",
            Self::Store(error) => error.code(),
        }
    }

    /// A sentence that says what a person can do.
    #[must_use]
    pub const fn what_to_do(&self) -> &'static str {
        match self {
            Self::NotALedger { .. } => {
                "Check the directory in the configuration; it must be empty or one that an edge made."
            }
            Self::Store(OpenError::NewerFormat { .. }) => {
                "Start this edge with the version that last ran here, or a later one."
            }
            Self::Store(OpenError::Damaged { .. }) => {
                "Move the directory away and start the edge again; phones register anew within their registration time."
            }
            Self::Store(OpenError::InUse { .. }) => {
                "Stop the other edge first, or give this one a directory of its own."
            }
            Self::Store(OpenError::DiskFull { .. }) => {
                "Free some room on this file system or enlarge it, then start the edge again."
            }
            Self::Store(OpenError::SelfCheckFailed { .. }) => {
                "Put the directory on a local file system (ext4, XFS); this one does not let the edge make sure that data is on the disk."
            }
            Self::Store(OpenError::NotWritable { .. }) => {
                "Give the user that runs the edge read and write access to the directory, and check that the file system is not mounted read-only."
            }
            Self::Store(error) => error.what_to_do(),
        }
    }
}

/// Changes were not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Too many wait: the disk cannot keep up. Nothing of it is written; may be tried again.
    #[error("too many changes wait for the disk")]
    Busy,
    /// Nothing of it is written; may be tried again when there is room.
    #[error("the disk is full: {free_bytes} bytes free")]
    DiskFull {
        /// What is free.
        free_bytes: u64,
    },
    /// A key or a value is longer than a ledger takes. Nothing of it is written.
    #[error("a key or value is too long ({bytes} bytes)")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The ledger was closed before.
    #[error("the ledger is closed")]
    Closed,
    /// Writing failed, now or before; nobody knows what is on the disk. The process can go on, but keeps nothing
    /// until the ledger is opened anew.
    #[error("the ledger stopped: {0}")]
    Failed(Arc<str>),
}

impl WriteError {
    /// A name for logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::DiskFull { .. } => "disk_full",
            Self::TooLong { .. } => "too_long",
            Self::Closed => "closed",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether the same may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Busy | Self::DiskFull { .. } => true,
            Self::TooLong { .. } | Self::Closed | Self::Failed(_) => false,
        }
    }
}
