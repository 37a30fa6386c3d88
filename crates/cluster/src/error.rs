//! What can go wrong, one type per question that was asked.

use hotdesk_store::OpenError;
use hotdesk_store::types::NodeId;

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration contradicts itself.
    #[error("{field}: {problem}")]
    Config {
        /// Which key.
        field: &'static str,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The directory cannot be used. The text says why, and what to do.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Consensus did not start on what the directory holds.
    #[error("start consensus: {0}")]
    Consensus(String),
}

/// Why a command has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// No leader was found before the deadline; nothing was proposed.
    #[error("no leader was found before the deadline: a majority of the voters cannot be reached")]
    NoLeader,
    /// The deadline passed before the command's turn came; nothing was proposed.
    #[error("the deadline passed before the command could be proposed")]
    Timeout,
    /// The command was proposed and no answer came: it may have happened, may still happen, or never.
    #[error("the command was proposed, but whether it was decided is not known")]
    Unknown,
    /// Too many commands wait already; nothing was proposed.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The command is larger than a log entry may be; nothing was proposed.
    #[error("the command has {bytes} bytes, at most {max} are possible")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// This node does not take part any more (a failed disk, say); nothing was proposed.
    #[error("this node has stopped: {0}")]
    Stopped(String),
    /// This node is shutting down; nothing was proposed.
    #[error("this node is shutting down")]
    ShuttingDown,
}

impl ProposeError {
    /// The same command may be proposed again. With [`Self::Unknown`] only under the same request id.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::NoLeader | Self::Timeout | Self::Unknown | Self::Overloaded | Self::ShuttingDown => true,
            Self::TooLarge { .. } | Self::Stopped(_) => false,
        }
    }
}

/// Why a linearizable read is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No leader that a majority follows was found before the deadline.
    #[error("no leader was found before the deadline: a majority of the voters cannot be reached")]
    NoLeader,
    /// This node did not catch up with the leader before the deadline.
    #[error("this node did not catch up with the leader before the deadline")]
    Timeout,
    /// This node does not take part any more.
    #[error("this node has stopped: {0}")]
    Stopped(String),
    /// This node is shutting down.
    #[error("this node is shutting down")]
    ShuttingDown,
}

/// Why the membership did not change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no leader to change it.
    #[error("no leader was found: a majority of the voters cannot be reached")]
    NoLeader,
    /// There is no such node.
    #[error("node {0} is not a member of the cluster")]
    NotAMember(NodeId),
    /// The change is not allowed as things are.
    #[error("{0}")]
    Precondition(String),
    /// The change was proposed and no answer came.
    #[error("the change was proposed, but whether it happened is not known: look at the cluster's status")]
    Unknown,
    /// This node does not take part any more.
    #[error("this node has stopped: {0}")]
    Stopped(String),
    /// This node is shutting down.
    #[error("this node is shutting down")]
    ShuttingDown,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file could not be written.
    #[error("write the backup: {0}")]
    Io(#[from] std::io::Error),
    /// This node does not take part any more.
    #[error("this node has stopped: {0}")]
    Stopped(String),
}
