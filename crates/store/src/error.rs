//! Why a data directory cannot be opened. Every case has a code, a sentence, and what a person can do.

use std::io;
use std::path::{Path, PathBuf};

/// A data directory was refused.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Written by a later version of the program.
    #[error("{path} was written in format {found}; this version reads formats up to {supported}", path = .path.display())]
    NewerFormat {
        /// The file that says so.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// Belongs to another cluster.
    #[error("{path} holds data of cluster {found}, not of cluster {expected}", path = .path.display())]
    OtherCluster {
        /// The data directory or the snapshot.
        path: PathBuf,
        /// The cluster found.
        found: String,
        /// The cluster that was asked for.
        expected: String,
    },
    /// Belongs to another node.
    #[error("{path} holds the data of node {found}, not of node {expected}", path = .path.display())]
    OtherNode {
        /// The data directory.
        path: PathBuf,
        /// The node found.
        found: u64,
        /// The node that was asked for.
        expected: u64,
    },
    /// The content contradicts itself.
    #[error("{path} is damaged: {detail}", path = .path.display())]
    Damaged {
        /// What is damaged.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Another process works with it.
    #[error("{path} is in use by another process", path = .path.display())]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// No room to work.
    #[error("the disk of {path} is full: {free_bytes} bytes free, at least {needed_bytes} needed", path = .path.display())]
    DiskFull {
        /// The data directory.
        path: PathBuf,
        /// What is free.
        free_bytes: u64,
        /// What is needed to open.
        needed_bytes: u64,
    },
    /// What is written cannot be proved to reach the disk.
    #[error("the start-up check of {path} failed: {detail}", path = .path.display())]
    SelfCheckFailed {
        /// The log's file.
        path: PathBuf,
        /// What did not hold.
        detail: String,
    },
    /// Reading or writing is not permitted, or the file system is read-only.
    #[error("{path} cannot be written: {source}", path = .path.display())]
    NotWritable {
        /// What was refused.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Another answer of the operating system.
    #[error("{path} cannot be opened: {source}", path = .path.display())]
    Io {
        /// What was being opened.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl OpenError {
    /// A stable code for operators.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NewerFormat { .. } => "HD3001",
            Self::OtherCluster { .. } => "HD3002",
            Self::OtherNode { .. } => "HD3003",
            Self::Damaged { .. } => "HD3004",
            Self::InUse { .. } => "HD3005",
            Self::DiskFull { .. } => "HD3006",
            Self::SelfCheckFailed { .. } => "HD3007",
            Self::NotWritable { .. } => "HD3008",
            Self::Io { .. } => "HD3009",
        }
    }

    /// A sentence that says what a person can do.
    #[must_use]
    pub const fn what_to_do(&self) -> &'static str {
        match self {
            Self::NewerFormat { .. } => {
                "Start this node with the version that last ran here, or a later one."
            }
            Self::OtherCluster { .. } => {
                "Check the data directory in the configuration; to use this machine in another cluster, give it an empty directory."
            }
            Self::OtherNode { .. } => {
                "Check the node id and the data directory in the configuration; two nodes never share a directory."
            }
            Self::Damaged { .. } => {
                "Move the directory away, remove this node from the cluster, and let it join again under a new node id with an empty directory; it copies everything from the others."
            }
            Self::InUse { .. } => "Stop the other process first, or choose another data directory.",
            Self::DiskFull { .. } => {
                "Free some room on this file system or enlarge it, then start the node again."
            }
            Self::SelfCheckFailed { .. } => {
                "Put the data directory on a local file system (ext4, XFS); this one does not let the node make sure that data is on the disk."
            }
            Self::NotWritable { .. } => {
                "Give the user that runs the node read and write access to the data directory, and check that the file system is not mounted read-only."
            }
            Self::Io { .. } => "Check the disk and the system's log for errors of this device.",
        }
    }

    /// Sorts an answer of the operating system.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
        let path = path.to_path_buf();
        match source.kind() {
            PermissionDenied | ReadOnlyFilesystem => Self::NotWritable { path, source },
            StorageFull => {
                let free_bytes = crate::data_dir::free_bytes(&path).unwrap_or(0);
                Self::DiskFull {
                    path,
                    free_bytes,
                    needed_bytes: crate::data_dir::ROOM_NEEDED_BYTES,
                }
            }
            _ => Self::Io { path, source },
        }
    }
}
