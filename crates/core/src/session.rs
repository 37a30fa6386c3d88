//! A session: one user logged in at one device.

use std::fmt;

use smol_str::SmolStr;

use crate::id::{DeviceId, SiteId, UserId};
use crate::time::TimeMs;

/// The fencing token of a session. Made from the position in the log at which the session began, so it only
/// rises: whoever holds a larger epoch for a device or user knows of a later session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// How many commands one log entry may hold, so that each position has its own epoch.
    pub const COMMANDS_PER_ENTRY: u64 = 1024;

    /// The epoch of the command at `position` (0-based, below [`Self::COMMANDS_PER_ENTRY`]) of the entry at
    /// `index`.
    #[must_use]
    pub const fn at(index: u64, position: u64) -> Self {
        Self(index * Self::COMMANDS_PER_ENTRY + position)
    }

    /// The log index of the entry that began the session.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0 / Self::COMMANDS_PER_ENTRY
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user logged in at a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: UserId,
    /// At which phone.
    pub device: DeviceId,
    /// Where the phone stands.
    pub site: SiteId,
    /// The fencing token.
    pub epoch: Epoch,
    /// When the session began.
    pub since: TimeMs,
    /// The last activity reported.
    pub last_active: TimeMs,
    /// Who asked for the login (an edge, a person, an application).
    pub by: SmolStr,
    /// When the session ends by itself unless there is activity; `None` when both limits are off.
    pub deadline: Option<TimeMs>,
}

impl Session {
    /// The session's time is up at `clock`, though nobody may have swept it yet.
    #[must_use]
    pub fn is_overdue(&self, clock: TimeMs) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= clock)
    }
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user logged out at the phone, or asked for it elsewhere.
    LoggedOut,
    /// Evicted: the same user logged in at another device.
    LoggedInElsewhere {
        /// The new phone.
        device: DeviceId,
        /// Where it stands.
        site: SiteId,
        /// The new session's epoch.
        epoch: Epoch,
    },
    /// Taken over: another user logged in at this device.
    DeviceTakenOver {
        /// The user who did.
        user: UserId,
        /// The new session's epoch.
        epoch: Epoch,
    },
    /// No activity for as long as the policy allows.
    Idle,
    /// As old as the policy allows.
    LoginTimeReached,
    /// An administrator ended it.
    Forced {
        /// What the administrator said, at most 256 bytes.
        note: SmolStr,
    },
    /// The user was disabled or deleted.
    UserRemoved,
    /// The device was disabled, deleted or moved to another site.
    DeviceRemoved,
    /// The policy now allows fewer sessions than the user had.
    PolicyChanged,
}

impl EndReason {
    /// A stable label for metrics, APIs and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::LoggedInElsewhere { .. } => "logged_in_elsewhere",
            Self::DeviceTakenOver { .. } => "device_taken_over",
            Self::Idle => "idle",
            Self::LoginTimeReached => "login_time_reached",
            Self::Forced { .. } => "forced",
            Self::UserRemoved => "user_removed",
            Self::DeviceRemoved => "device_removed",
            Self::PolicyChanged => "policy_changed",
        }
    }
}
