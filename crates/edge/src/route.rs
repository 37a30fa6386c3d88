//! Where a call goes, or why it goes nowhere.

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;

use hotdesk_client::{Binding, UserBindings};

/// Where a call to an extension goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The user and where they are logged in, at least once.
    pub user: Arc<UserBindings>,
    /// How old this may be.
    pub age: Duration,
    /// The lease has run out and the office's policy is to go on: the user may have left.
    pub unconfirmed: bool,
}

/// Why a call goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// The table has not been complete yet since the edge started.
    #[error("the edge has not heard from a node yet")]
    Starting,
    /// Nobody has this extension.
    #[error("nobody has extension {extension}")]
    UnknownExtension {
        /// The extension.
        extension: SmolStr,
    },
    /// The user is logged in nowhere.
    #[error("user {user} is not logged in")]
    NotLoggedIn {
        /// The user's id.
        user: SmolStr,
    },
    /// Cut off for longer than the lease, and the office's policy is `strict`.
    #[error(
        "the edge has not heard from the cluster for {} ms, longer than its lease of {} ms, and the policy is strict",
        age.as_millis(), lease.as_millis()
    )]
    LeaseExpired {
        /// How old the table is.
        age: Duration,
        /// How old it may be.
        lease: Duration,
    },
}

impl Route {
    /// The phones, the one of the oldest session first. More than one only where the policy allows users
    /// several sessions.
    pub fn targets(&self) -> impl ExactSizeIterator<Item = &Binding> {
        self.user.bindings()
    }
}

impl NoRoute {
    /// A stable label for metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::UnknownExtension { .. } => "unknown_extension",
            Self::NotLoggedIn { .. } => "not_logged_in",
            Self::LeaseExpired { .. } => "lease_expired",
        }
    }
}
