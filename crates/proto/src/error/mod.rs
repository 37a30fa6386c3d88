//! What can go wrong for a caller, and how each protocol says it: one file per protocol.
//!
//! A [`Refusal`](hotdesk_core::Refusal) is a rule that said no; it comes from the core and is an outcome. A
//! [`Failure`] is everything else: the world said no. Both carry a stable code, a sentence, and what to do.

mod api_error;
mod failure;
mod grpc;

pub use api_error::ApiError;
pub use failure::Failure;
pub use grpc::{failure_code, refusal_code, status_of_refusal};

use std::fmt;

/// What a caller may assume after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorOutcome {
    /// A rule said no; nothing happened, and the same request will be refused again while things stay so.
    Refused,
    /// Nothing happened.
    Failed,
    /// It may have happened. A retry with the same request id is safe and tells.
    Unknown,
}

impl ErrorOutcome {
    /// The stable word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// The outcome of that name; any other word gets the careful reading, unknown.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "refused" => Self::Refused,
            "failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for ErrorOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
