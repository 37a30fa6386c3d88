//! The other direction: what a client makes of a status.

use std::collections::BTreeMap;
use std::time::Duration;

use hotdesk_core::RowProblem;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::ErrorOutcome;
use super::grpc::{DOMAIN, row_of_path};

/// An error as a client sees it. `Display` is the sentence, then what to do, then the code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}. {what_to_do} ({code})")]
pub struct ApiError {
    /// The stable code (`HD1001`); [`ApiError::NO_DETAILS`] when the status is not from a node of hotdesk.
    pub code: String,
    /// The stable reason (`UNKNOWN_USER`), of `NO_DETAILS` the gRPC code's name.
    pub reason: String,
    /// What is wrong: a sentence without a full stop.
    pub message: String,
    /// What a person can do about it: a sentence.
    pub what_to_do: String,
    /// Trying again, with the same request id, may help.
    pub retryable: bool,
    /// How long to wait before that, when the node said so.
    pub retry_after: Option<Duration>,
    /// What may be assumed about the request.
    pub outcome: ErrorOutcome,
    /// The gRPC code.
    pub grpc_code: Code,
    /// The bad rows of an import that a status lists: the first 20.
    pub rows: Vec<RowProblem>,
    /// The values that the sentence names, by name ("user", "device", "until_ms", "remaining", ...).
    pub values: BTreeMap<String, String>,
}

impl ApiError {
    /// The code of what came without our details: from the transport, a proxy, or another service.
    pub const NO_DETAILS: &'static str = "HD2000";
}

impl From<Status> for ApiError {
    fn from(status: Status) -> Self {
        Self::from(&status)
    }
}

impl From<&Status> for ApiError {
    fn from(status: &Status) -> Self {
        let details = status.get_error_details();
        let Some(info) = details.error_info().filter(|info| info.domain == DOMAIN) else {
            return without_details(status);
        };
        let mut values: BTreeMap<String, String> = info
            .metadata
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let mut take = |key: &str| values.remove(key).unwrap_or_default();
        let violations = details
            .bad_request()
            .map_or(&[][..], |request| &request.field_violations);
        Self {
            code: take("code"),
            reason: info.reason.clone(),
            message: status.message().into(),
            what_to_do: take("what_to_do"),
            retryable: take("retryable") == "true",
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
            outcome: ErrorOutcome::from_name(&take("outcome")),
            grpc_code: status.code(),
            rows: violations
                .iter()
                .filter_map(|violation| {
                    let (row, field) = row_of_path(&violation.field)?;
                    Some(RowProblem {
                        row,
                        field: field.into(),
                        problem: violation.description.clone(),
                    })
                })
                .collect(),
            values,
        }
    }
}

/// The transport, a proxy or another service answered, so what became of a request that was sent is not known,
/// except where the code says that it was not looked at.
fn without_details(status: &Status) -> ApiError {
    let code = status.code();
    let (outcome, retryable, what_to_do) = match code {
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::Internal
        | Code::Aborted
        | Code::DataLoss => (
            ErrorOutcome::Unknown,
            true,
            "Check that a node is running and reachable at this address, and try again with the same request id.",
        ),
        Code::Unimplemented => (
            ErrorOutcome::Failed,
            false,
            "Check that the address is a hotdesk node, and that it is not older than this program.",
        ),
        Code::ResourceExhausted => (
            ErrorOutcome::Failed,
            false,
            "Send less at a time, or ask the operator of the proxy in between.",
        ),
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unauthenticated => (
            ErrorOutcome::Failed,
            false,
            "Check that the address is a hotdesk node, and what stands between it and this program.",
        ),
    };
    let message = match status.message().trim_end_matches('.') {
        "" => "the node gave no reason".into(),
        message => message.into(),
    };
    ApiError {
        code: ApiError::NO_DETAILS.into(),
        reason: format!("{code:?}"),
        message,
        what_to_do: what_to_do.into(),
        retryable,
        retry_after: None,
        outcome,
        grpc_code: code,
        rows: Vec::new(),
        values: BTreeMap::new(),
    }
}
