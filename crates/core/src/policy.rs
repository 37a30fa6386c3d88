//! What a group of users may do, with defaults for the cluster.

use crate::time::TimeMs;

/// What happens when a user logs in while logged in elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MultipleLogins {
    /// The session elsewhere ends in the same log entry. The default.
    #[default]
    Evict,
    /// The new login is refused until the user has logged out elsewhere.
    Deny,
    /// Up to this many sessions at once (2 to [`MultipleLogins::SESSIONS_MAX`]); one more evicts the oldest.
    AllowUpTo(u8),
}

impl MultipleLogins {
    /// The most sessions that any policy may allow one user.
    pub const SESSIONS_MAX: u8 = 16;

    /// How many sessions a user may have under this policy.
    #[must_use]
    pub const fn sessions_max(self) -> usize {
        match self {
            Self::Evict | Self::Deny => 1,
            Self::AllowUpTo(n) => n as usize,
        }
    }
}

/// What happens when somebody logs in at a phone where another user is logged in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BusyDevice {
    /// The other user's session there ends in the same log entry. The default: a forgotten logout must not
    /// block the desk.
    #[default]
    TakeOver,
    /// The login is refused.
    Refuse,
}

/// A limit in milliseconds that may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// No limit.
    Off,
    /// Milliseconds, at least 1.
    AfterMs(u64),
}

/// The rules for one user, complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A login while logged in elsewhere.
    pub multiple_logins: MultipleLogins,
    /// A login at a phone that somebody else uses.
    pub busy_device: BusyDevice,
    /// A session without activity for this long ends. Default 10 minutes.
    pub idle_timeout: Limit,
    /// A session this old ends, active or not. Default 12 hours.
    pub login_time_max: Limit,
    /// When wrong PINs lock the account.
    pub lockout: LockoutPolicy,
}

/// When wrong PINs lock an account, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// So many wrong PINs inside the window lock the account; 0 turns locking off. Default 5.
    pub failures_max: u32,
    /// The window, in milliseconds, counted from the first wrong PIN. Default 15 minutes.
    pub window_ms: u64,
    /// How long the account stays locked, in milliseconds. Default 15 minutes.
    pub locked_ms: u64,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self {
            failures_max: 5,
            window_ms: 15 * 60_000,
            locked_ms: 15 * 60_000,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            multiple_logins: MultipleLogins::default(),
            busy_device: BusyDevice::default(),
            idle_timeout: Limit::AfterMs(10 * 60_000),
            login_time_max: Limit::AfterMs(12 * 3_600_000),
            lockout: LockoutPolicy::default(),
        }
    }
}

/// A group's rules: what is `None` is taken from the cluster's defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyOverrides {
    /// See [`Policy::multiple_logins`].
    pub multiple_logins: Option<MultipleLogins>,
    /// See [`Policy::busy_device`].
    pub busy_device: Option<BusyDevice>,
    /// See [`Policy::idle_timeout`].
    pub idle_timeout: Option<Limit>,
    /// See [`Policy::login_time_max`].
    pub login_time_max: Option<Limit>,
    /// See [`Policy::lockout`].
    pub lockout: Option<LockoutPolicy>,
}

impl Policy {
    /// When a session that began at `since` and was last active at `last_active` ends by itself: the earlier
    /// of the two limits, `None` when both are off.
    #[must_use]
    pub fn deadline(&self, since: TimeMs, last_active: TimeMs) -> Option<TimeMs> {
        let idle = self.idle_timeout.after(last_active);
        let login_time = self.login_time_max.after(since);
        match (idle, login_time) {
            (Some(idle), Some(login_time)) => Some(idle.min(login_time)),
            (one, other) => one.or(other),
        }
    }
}

impl Limit {
    /// When the limit is reached, counted from `start`.
    #[must_use]
    pub const fn after(self, start: TimeMs) -> Option<TimeMs> {
        match self {
            Self::Off => None,
            Self::AfterMs(ms) => Some(start.plus_ms(ms)),
        }
    }
}

impl PolicyOverrides {
    /// The complete rules: these, and `defaults` where these are silent.
    #[must_use]
    pub fn over(&self, defaults: &Policy) -> Policy {
        Policy {
            multiple_logins: self.multiple_logins.unwrap_or(defaults.multiple_logins),
            busy_device: self.busy_device.unwrap_or(defaults.busy_device),
            idle_timeout: self.idle_timeout.unwrap_or(defaults.idle_timeout),
            login_time_max: self.login_time_max.unwrap_or(defaults.login_time_max),
            lockout: self.lockout.unwrap_or(defaults.lockout),
        }
    }
}
