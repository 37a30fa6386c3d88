//! Why a call has no answer: a rule said no, or the world did.

use hotdesk_cluster::{BackupError, ChangeError, ProposeError, ReadError};
use hotdesk_core::Refusal;
use hotdesk_proto::convert::Invalid;
use hotdesk_proto::error::{Failure, failure_code, refusal_code, status_of_refusal};
use hotdesk_proto::v1;
use tonic::Status;

use crate::pins::Busy;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// A rule said no.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The world said no.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Error {
    /// The stable label.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Refusal(refusal) => refusal.name(),
            Self::Failure(failure) => failure.name(),
        }
    }

    /// What the caller may assume.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Refusal(_) => "refused",
            Self::Failure(failure) => failure.outcome().name(),
        }
    }

    /// The same for one request of a stream.
    pub(crate) fn in_stream(&self) -> v1::StreamError {
        let (code, what_to_do, grpc_code, retryable) = match self {
            Self::Refusal(refusal) => (refusal.code(), refusal.what_to_do(), refusal_code(refusal), false),
            Self::Failure(failure) => (
                failure.code(),
                failure.what_to_do(),
                failure_code(failure),
                failure.is_retryable(),
            ),
        };
        v1::StreamError {
            grpc_code: grpc_code.into(),
            code: code.into(),
            reason: self.name().to_ascii_uppercase(),
            message: self.to_string(),
            what_to_do: what_to_do.into(),
            retryable,
            outcome: self.outcome().into(),
        }
    }

    /// The request has a field that cannot be right.
    pub(crate) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Invalid::new(field, problem).into()
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Refusal(refusal) => status_of_refusal(&refusal),
            Error::Failure(failure) => failure.into(),
        }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Failure(invalid.into())
    }
}

impl From<Busy> for Error {
    fn from(_: Busy) -> Self {
        Self::Failure(Failure::Overloaded)
    }
}

impl From<ProposeError> for Error {
    fn from(error: ProposeError) -> Self {
        Self::Failure(match error {
            ProposeError::NoLeader => Failure::NoLeader,
            ProposeError::Timeout => Failure::Timeout,
            ProposeError::Unknown => Failure::Unknown,
            ProposeError::Overloaded => Failure::Overloaded,
            ProposeError::TooLarge { .. } => {
                return Self::invalid("request", error.to_string());
            }
            ProposeError::Stopped(why) => Failure::Stopped { why },
            ProposeError::ShuttingDown => Failure::ShuttingDown,
        })
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self::Failure(match error {
            ReadError::NoLeader => Failure::NoLeader,
            ReadError::Timeout => Failure::Timeout,
            ReadError::Stopped(why) => Failure::Stopped { why },
            ReadError::ShuttingDown => Failure::ShuttingDown,
        })
    }
}

impl From<ChangeError> for Error {
    fn from(error: ChangeError) -> Self {
        Self::Failure(match error {
            ChangeError::NoLeader => Failure::NoLeader,
            ChangeError::NotAMember(node) => Failure::NotFound {
                what: format!("node {node} in the cluster"),
            },
            ChangeError::Precondition(why) => Failure::Precondition { why },
            ChangeError::Unknown => Failure::Unknown,
            ChangeError::Stopped(why) => Failure::Stopped { why },
            ChangeError::ShuttingDown => Failure::ShuttingDown,
        })
    }
}

impl From<BackupError> for Error {
    fn from(error: BackupError) -> Self {
        Self::Failure(match error {
            BackupError::Io(error) => Failure::Precondition {
                why: format!("the node cannot write the backup: {error}"),
            },
            BackupError::Stopped(why) => Failure::Stopped { why },
        })
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::UserId;
    use hotdesk_proto::error::ApiError;

    use super::*;

    /// A caller may move from single calls to a stream and find the same words.
    #[test]
    fn an_error_in_a_stream_says_what_its_status_says() {
        let user = UserId::parse("ada").unwrap();
        for error in [
            Error::from(Refusal::UserDisabled { user }),
            Error::from(Failure::NoLeader),
            Error::from(Failure::Unknown),
            Error::from(Failure::WrongPin { remaining: Some(2) }),
            Error::invalid("user", "is missing"),
        ] {
            let alone = ApiError::from(Status::from(error.clone()));
            let streamed = error.in_stream();
            assert_eq!(streamed.code, alone.code);
            assert_eq!(streamed.reason, alone.reason);
            assert_eq!(streamed.message, alone.message);
            assert_eq!(streamed.what_to_do, alone.what_to_do);
            assert_eq!(streamed.retryable, alone.retryable, "{error}");
            assert_eq!(streamed.outcome, alone.outcome.name());
            assert_eq!(streamed.grpc_code, i32::from(alone.grpc_code));
        }
    }
}
