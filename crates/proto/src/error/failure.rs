//! Failures: why a request could not be answered, though no rule of the core forbids it.

use std::time::Duration;

use super::ErrorOutcome;
use crate::convert::Invalid;

/// Why a request got no answer. The sentence is for operators and for people at a phone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No leader is known; nothing was proposed.
    #[error("the cluster has no leader at the moment, nothing was changed")]
    NoLeader,
    /// The request was handed on and no answer came: it may have happened.
    #[error("no answer came in time: the request may or may not have been carried out")]
    Unknown,
    /// Queues are full; nothing was proposed.
    #[error("the node has too much to do at the moment, nothing was changed")]
    Overloaded,
    /// The deadline passed before anything was proposed.
    #[error("the request could not be handed on in time, nothing was changed")]
    Timeout,
    /// The PIN is not the user's.
    #[error("the PIN is wrong{}", match .remaining {
        Some(0) => ", and the account is locked now".into(),
        Some(1) => ", one try is left".into(),
        Some(tries) => format!(", {tries} tries are left"),
        None => String::new(),
    })]
    WrongPin {
        /// Wrong PINs left before the account locks; `None` when locking is off or the count is not known.
        remaining: Option<u32>,
    },
    /// Wrong PINs have used up the minute of where this one comes from, so it was not looked at.
    #[error("too many wrong PINs came from this {place} within a minute: wait {} s", .wait.as_secs() + 1)]
    TooManyWrongPins {
        /// What is held up: "phone" or "address".
        place: &'static str,
        /// Until the minute is over.
        wait: Duration,
    },
    /// A login came without a PIN, and the caller did not vouch.
    #[error("a PIN is needed to log in")]
    PinRequired,
    /// The caller vouches for users, and this node does not accept that.
    #[error("this node accepts no login without a PIN")]
    VouchingNotAllowed,
    /// The call carries no token, or a wrong one.
    #[error("the call carries no valid token")]
    Unauthenticated,
    /// What was asked for does not exist.
    #[error("there is no {what}")]
    NotFound {
        /// What, to be read after "there is no" ("user or phone known as 2041").
        what: String,
    },
    /// The request does not say what it must.
    #[error("{field}: {problem}")]
    InvalidArgument {
        /// The field's path in the request.
        field: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// The node has stopped taking part, because its disk failed, say.
    #[error("this node has stopped working: {why}")]
    Stopped {
        /// The cause, as the node's log has it.
        why: String,
    },
    /// The node is being stopped; nothing was proposed.
    #[error("this node is shutting down, nothing was changed")]
    ShuttingDown,
    /// A watcher read too slowly and was dropped.
    #[error("events came faster than they were read, so the node stopped sending them")]
    WatchTooSlow,
    /// The call is from a node of another cluster.
    #[error("the call is for another cluster")]
    ForeignCluster,
    /// The cluster is not in the condition that the request needs.
    #[error("{why}")]
    Precondition {
        /// Which condition, as a sentence without a full stop ("node 3 has not caught up yet").
        why: String,
    },
    /// The node has no line key, so it cannot seal a phone's password.
    #[error("this node has no line key, so it cannot keep a phone's password")]
    NoLineKey,
    /// No documents can be made for a phone.
    #[error("{why}")]
    NotProvisioned {
        /// What is missing, as a sentence without a full stop.
        why: String,
    },
    /// A phone that is to be taken in is in the directory already.
    #[error("phone {device} is in the directory already")]
    DeviceExists {
        /// Its id.
        device: String,
    },
    /// Another node does not answer; nothing was proposed.
    #[error("node {node} at {address} cannot be reached: {why}")]
    PeerUnreachable {
        /// Its id; 0 when not known.
        node: u64,
        /// host:port.
        address: String,
        /// The cause.
        why: String,
    },
}

impl Failure {
    /// The stable code, `HD2xxx`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoLeader => "HD2001",
            Self::Unknown => "HD2002",
            Self::Overloaded => "HD2003",
            Self::Timeout => "HD2004",
            Self::WrongPin { .. } => "HD2005",
            Self::PinRequired => "HD2006",
            Self::VouchingNotAllowed => "HD2007",
            Self::Unauthenticated => "HD2008",
            Self::NotFound { .. } => "HD2009",
            Self::InvalidArgument { .. } => "HD2010",
            Self::Stopped { .. } => "HD2011",
            Self::ShuttingDown => "HD2012",
            Self::WatchTooSlow => "HD2013",
            Self::ForeignCluster => "HD2014",
            Self::Precondition { .. } => "HD2015",
            Self::PeerUnreachable { .. } => "HD2016",
            Self::NoLineKey => "HD2017",
            Self::NotProvisioned { .. } => "HD2018",
            Self::DeviceExists { .. } => "HD2019",
            Self::TooManyWrongPins { .. } => "HD2020",
        }
    }

    /// A stable label for metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoLeader => "no_leader",
            Self::Unknown => "outcome_unknown",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::WrongPin { .. } => "wrong_pin",
            Self::PinRequired => "pin_required",
            Self::VouchingNotAllowed => "vouching_not_allowed",
            Self::Unauthenticated => "unauthenticated",
            Self::NotFound { .. } => "not_found",
            Self::InvalidArgument { .. } => "invalid_argument",
            Self::Stopped { .. } => "stopped",
            Self::ShuttingDown => "shutting_down",
            Self::WatchTooSlow => "watch_too_slow",
            Self::ForeignCluster => "foreign_cluster",
            Self::Precondition { .. } => "precondition",
            Self::PeerUnreachable { .. } => "peer_unreachable",
            Self::NoLineKey => "no_line_key",
            Self::NotProvisioned { .. } => "not_provisioned",
            Self::DeviceExists { .. } => "device_exists",
            Self::TooManyWrongPins { .. } => "too_many_wrong_pins",
        }
    }

    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn what_to_do(&self) -> &'static str {
        match self {
            Self::NoLeader => {
                "Wait a moment and try again; if it lasts, see which nodes are missing (hotdesk cluster status)."
            }
            Self::Unknown => "Try again with the same request id: it is carried out once at most.",
            Self::Overloaded | Self::Timeout => "Wait a moment and try again.",
            Self::WrongPin { .. } => "Type the PIN again, or ask an administrator to set a new one.",
            Self::TooManyWrongPins { .. } => "Wait until the minute is over, and type the PIN again.",
            Self::PinRequired => "Type the PIN.",
            Self::VouchingNotAllowed => {
                "Give the PIN, or allow logins without one in the node's configuration."
            }
            Self::Unauthenticated => "Give the token of the cluster (see the node's configuration).",
            Self::NotFound { .. } => "Check the spelling.",
            Self::InvalidArgument { .. } => "Correct the field and try again.",
            Self::Stopped { .. } => "Use another node, and look into this one's log.",
            Self::ShuttingDown => "Use another node.",
            Self::WatchTooSlow => "Watch again from the last index that was read.",
            Self::ForeignCluster => "Check the addresses: each must be of a node of this cluster.",
            Self::Precondition { .. } => {
                "Look at the cluster's state (hotdesk cluster status) and try again."
            }
            Self::PeerUnreachable { .. } => "Check that the node is running and that its address is right.",
            Self::NoLineKey => {
                "Give the node the line key (sip.key_file), the same file as at the edges, or use a node that has it."
            }
            Self::NotProvisioned { .. } => {
                "Give the phone a generated password (hotdesk device secret --generate), and ask a node that serves phones."
            }
            Self::DeviceExists { .. } => {
                "Give it a generated password where it has none (hotdesk device secret --generate), then let it fetch its first document (hotdesk phone reopen)."
            }
        }
    }

    /// The same request may succeed by itself, here or at another node.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        // Programs must not go round the nodes with a PIN that this one does not look at.
        !matches!(self, Self::TooManyWrongPins { .. }) && self.retry_after().is_some()
    }

    /// How long to wait before another try; `None` when trying again does not help. After the failures that
    /// concern one node only, another may be tried at once.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NoLeader | Self::PeerUnreachable { .. } => Some(Duration::from_millis(300)),
            Self::Unknown | Self::Timeout => Some(Duration::from_millis(200)),
            Self::Overloaded | Self::WatchTooSlow => Some(Duration::from_millis(100)),
            Self::Stopped { .. } | Self::ShuttingDown => Some(Duration::from_millis(50)),
            Self::TooManyWrongPins { wait, .. } => Some(*wait),
            Self::WrongPin { .. }
            | Self::PinRequired
            | Self::VouchingNotAllowed
            | Self::Unauthenticated
            | Self::NotFound { .. }
            | Self::InvalidArgument { .. }
            | Self::ForeignCluster
            | Self::NoLineKey
            | Self::NotProvisioned { .. }
            | Self::DeviceExists { .. }
            | Self::Precondition { .. } => None,
        }
    }

    /// What the caller may assume.
    #[must_use]
    pub const fn outcome(&self) -> ErrorOutcome {
        match self {
            Self::Unknown => ErrorOutcome::Unknown,
            Self::WrongPin { .. }
            | Self::TooManyWrongPins { .. }
            | Self::PinRequired
            | Self::VouchingNotAllowed
            | Self::Unauthenticated
            | Self::NotFound { .. }
            | Self::InvalidArgument { .. }
            | Self::ForeignCluster
            | Self::NoLineKey
            | Self::NotProvisioned { .. }
            | Self::DeviceExists { .. }
            | Self::Precondition { .. } => ErrorOutcome::Refused,
            Self::NoLeader
            | Self::Overloaded
            | Self::Timeout
            | Self::Stopped { .. }
            | Self::ShuttingDown
            | Self::WatchTooSlow
            | Self::PeerUnreachable { .. } => ErrorOutcome::Failed,
        }
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        let Invalid { field, problem } = invalid;
        let field = if field.is_empty() { "request".into() } else { field };
        Self::InvalidArgument { field, problem }
    }
}
