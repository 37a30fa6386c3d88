//! The answer to a command.

use crate::refusal::Refusal;
use crate::session::{EndReason, Session};
use crate::time::TimeMs;

/// What became of a command: done, or refused by a rule. Both are final and both are remembered for retries.
pub type Outcome = Result<Done, Refusal>;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The user is logged in.
    LoggedIn {
        /// The session.
        session: Session,
        /// The user was logged in at this very device already; nothing ended, the epoch is the old one.
        already: bool,
        /// What ended in the same entry: evicted and taken-over sessions.
        ended: Vec<EndedSession>,
    },
    /// These sessions ended; an empty list means there was none, which is no error: logging out twice is fine.
    LoggedOut {
        /// What ended.
        ended: Vec<EndedSession>,
        /// There are more than one command may end; ask again.
        more: bool,
    },
    /// Activity was noted.
    Touched {
        /// How many of the items belonged to a session that still exists.
        noted: u32,
    },
    /// Which edges serve which phones was noted.
    Reported {
        /// How many of the items named a known phone and a known edge.
        noted: u32,
    },
    /// A record was written.
    Put {
        /// It did not exist before.
        created: bool,
    },
    /// A record was deleted, or had not existed.
    Deleted {
        /// It existed.
        existed: bool,
    },
    /// The credential was set or removed.
    CredentialSet {
        /// Its version; a login must carry it.
        version: u64,
    },
    /// A wrong PIN was counted.
    FailureNoted {
        /// Wrong PINs left before the account locks; `None` when locking is off.
        remaining: Option<u32>,
        /// Set when the account is locked.
        locked_until: Option<TimeMs>,
    },
    /// The lockout was lifted, or there was none.
    Unlocked,
    /// The account is closed, and these sessions ended.
    Locked {
        /// Until when.
        until: TimeMs,
        /// What ended.
        ended: Vec<EndedSession>,
    },
    /// Rows are kept aside.
    Staged {
        /// How many rows of this import are kept aside now.
        rows: u64,
    },
    /// All rows were put (or, on a dry run, could be).
    Imported {
        /// Records that did not exist before.
        created: u64,
        /// Records that were replaced with another content.
        changed: u64,
        /// Records that were the same already.
        unchanged: u64,
    },
}

/// A session that ended, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    /// The session as it was.
    pub session: Session,
    /// Why it ended.
    pub reason: EndReason,
}
