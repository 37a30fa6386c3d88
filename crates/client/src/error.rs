//! Why a call has no result.

use std::fmt;

use hotdesk_core::RequestId;
use hotdesk_proto::error::ApiError;

/// Why a call has no result, told so that a person can act: see [`what_to_do`](Self::what_to_do).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rule said no. Nothing changed, and asking again gives the same answer.
    #[error("{}", .0.message)]
    Refused(Box<ApiError>),
    /// A node could not do it. Nothing changed.
    #[error("{}", .0.message)]
    Failed(Box<ApiError>),
    /// The write was sent and no answer came: it may have happened, may still happen, or never will.
    #[error("it is not known whether the {what} happened: {last}{}", list(.tried))]
    Unknown {
        /// Under which id to repeat it safely ([`Client::with_request_id`](crate::Client::with_request_id)).
        /// `None` for the few writes that carry none (membership): look before repeating.
        request_id: Option<RequestId>,
        /// What was asked ("login").
        what: &'static str,
        /// The last thing heard.
        last: String,
        /// The nodes asked, and what came of it.
        tried: Vec<Tried>,
    },
    /// No node gave an answer, and nothing has happened.
    #[error("no node answered{}", list(.tried))]
    NoEndpoint {
        /// The nodes asked, and what came of it.
        tried: Vec<Tried>,
    },
    /// An option makes no sense.
    #[error("{option} {problem}")]
    InvalidOption {
        /// Which.
        option: &'static str,
        /// To be read after the option.
        problem: String,
    },
    /// A stream ended before its end, or is damaged. What was received must not be used.
    #[error("the {what} is not complete: {problem}")]
    Incomplete {
        /// What was being received ("backup").
        what: &'static str,
        /// What was wrong with it.
        problem: String,
    },
}

/// A node that was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The node.
    pub endpoint: String,
    /// The last problem with it.
    pub problem: String,
}

impl Error {
    /// The stable code: the node's own (`HD1xxx`, `HD2xxx`), or `HD4xxx` for what only a client can see.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(error) | Self::Failed(error) => &error.code,
            Self::Unknown { .. } => "HD4001",
            Self::NoEndpoint { .. } => "HD4002",
            Self::InvalidOption { .. } => "HD4003",
            Self::Incomplete { .. } => "HD4004",
        }
    }

    /// What a person can do about it, in one or two sentences; may be empty when a node did not say.
    #[must_use]
    pub fn what_to_do(&self) -> String {
        match self {
            Self::Refused(error) | Self::Failed(error) => error.what_to_do.clone(),
            Self::Unknown {
                request_id: Some(id), ..
            } => format!("Repeat it with request id {id}: it will not happen twice. Or look who is where first."),
            Self::Unknown {
                request_id: None, ..
            } => "Look at the cluster's status before repeating it.".into(),
            Self::NoEndpoint { .. } => {
                "Check that the addresses are right, that the nodes run, that both sides use TLS or neither does, \
                 with certificates that the other accepts, and that nothing in between blocks them."
                    .into()
            }
            Self::InvalidOption { .. } => "Correct the option.".into(),
            Self::Incomplete { .. } => "Ask again.".into(),
        }
    }

    /// Asking again later may help. A write must then carry the same request id.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(error) | Self::Failed(error) => error.retryable,
            Self::Unknown { .. } | Self::NoEndpoint { .. } | Self::Incomplete { .. } => true,
            Self::InvalidOption { .. } => false,
        }
    }

    /// It may have happened.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// What the node said, when a node said something.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Refused(error) | Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.problem)
    }
}

/// " (a: refused; b: no answer)", or nothing.
fn list(tried: &[Tried]) -> String {
    if tried.is_empty() {
        return String::new();
    }
    let each: Vec<String> = tried.iter().map(Tried::to_string).collect();
    format!(" ({})", each.join("; "))
}
