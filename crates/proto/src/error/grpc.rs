//! Refusals and failures as gRPC statuses with `google.rpc` details, as `session.proto` describes them.
//!
//! Statuses travel in HTTP/2 headers, of which many programs accept 16 KiB at most. So texts are cut and only
//! the first bad rows of an import are listed; whoever needs all of them reads the answer of `Import`.

use std::collections::HashMap;
use std::time::Duration;

use hotdesk_core::{Refusal, RowProblem};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::{ErrorOutcome, Failure};
use crate::internal::v1 as wire;

/// `ErrorInfo.domain` of all our statuses.
pub(super) const DOMAIN: &str = "hotdesk";
/// How many bad rows a status lists.
const ROWS_MAX: usize = 20;
/// The longest sentence of a row, in bytes.
const ROW_BYTES_MAX: usize = 160;
/// The longest sentence of a status, in bytes.
const SENTENCE_BYTES_MAX: usize = 512;

/// A refusal as a status.
#[must_use]
pub fn status_of_refusal(refusal: &Refusal) -> Status {
    let mut info = Info {
        code: refusal.code(),
        name: refusal.name(),
        what_to_do: refusal.what_to_do(),
        outcome: ErrorOutcome::Refused,
        retry_after: None,
        retryable: false,
        values: refusal_values(refusal),
        details: ErrorDetails::new(),
    };
    match refusal {
        Refusal::InvalidRecord { field, problem } => {
            info.details
                .add_bad_request_violation(*field, cut(problem, ROW_BYTES_MAX));
        }
        Refusal::ImportRejected { rows } => {
            for row in rows.iter().take(ROWS_MAX) {
                info.details
                    .add_bad_request_violation(row_path(row), cut(&row.problem, ROW_BYTES_MAX));
            }
        }
        _ => {}
    }
    info.status(refusal_code(refusal), &refusal.to_string())
}

impl From<&Failure> for Status {
    fn from(failure: &Failure) -> Self {
        let mut info = Info {
            code: failure.code(),
            name: failure.name(),
            what_to_do: failure.what_to_do(),
            outcome: failure.outcome(),
            retry_after: failure.retry_after(),
            retryable: failure.is_retryable(),
            values: HashMap::new(),
            details: ErrorDetails::new(),
        };
        match failure {
            Failure::InvalidArgument { field, problem } => {
                info.details
                    .add_bad_request_violation(cut(field, ROW_BYTES_MAX), cut(problem, ROW_BYTES_MAX));
                info.values
                    .insert("field".into(), cut(field, ROW_BYTES_MAX).into());
            }
            Failure::WrongPin {
                remaining: Some(remaining),
            } => {
                info.values.insert("remaining".into(), remaining.to_string());
            }
            Failure::PeerUnreachable { node, .. } => {
                info.values.insert("node_id".into(), node.to_string());
            }
            _ => {}
        }
        info.status(failure_code(failure), &failure.to_string())
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        Self::from(&failure)
    }
}

/// The gRPC code of a refusal.
#[must_use]
pub const fn refusal_code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::UnknownUser { .. }
        | Refusal::UnknownDevice { .. }
        | Refusal::UnknownSite { .. }
        | Refusal::UnknownGroup { .. } => Code::NotFound,
        Refusal::UserDisabled { .. } | Refusal::DeviceNotAllowed { .. } | Refusal::UserLocked { .. } => {
            Code::PermissionDenied
        }
        Refusal::DeviceDisabled { .. }
        | Refusal::DeviceOnHold { .. }
        | Refusal::NoCredential { .. }
        | Refusal::LoggedInElsewhere { .. }
        | Refusal::DeviceBusy { .. }
        | Refusal::SiteInUse { .. }
        | Refusal::GroupInUse { .. } => Code::FailedPrecondition,
        Refusal::UnknownEnrolmentToken { .. } | Refusal::EnrolmentTokenExpired { .. } => {
            Code::PermissionDenied
        }
        Refusal::CredentialChanged { .. } | Refusal::StaleEpoch { .. } | Refusal::ImportGap { .. } => {
            Code::Aborted
        }
        Refusal::NameTaken { .. } | Refusal::MacTaken { .. } | Refusal::RequestIdReused => {
            Code::AlreadyExists
        }
        Refusal::InvalidRecord { .. } | Refusal::ImportRejected { .. } => Code::InvalidArgument,
    }
}

/// The gRPC code of a failure.
#[must_use]
pub const fn failure_code(failure: &Failure) -> Code {
    match failure {
        Failure::NoLeader
        | Failure::Overloaded
        | Failure::Stopped { .. }
        | Failure::ShuttingDown
        | Failure::PeerUnreachable { .. } => Code::Unavailable,
        Failure::Unknown | Failure::Timeout => Code::DeadlineExceeded,
        Failure::WrongPin { .. } | Failure::Unauthenticated => Code::Unauthenticated,
        Failure::VouchingNotAllowed => Code::PermissionDenied,
        Failure::NotFound { .. } => Code::NotFound,
        Failure::PinRequired | Failure::InvalidArgument { .. } => Code::InvalidArgument,
        Failure::WatchTooSlow | Failure::TooManyWrongPins { .. } => Code::ResourceExhausted,
        Failure::DeviceExists { .. } => Code::AlreadyExists,
        Failure::ForeignCluster
        | Failure::Precondition { .. }
        | Failure::NotProvisioned { .. }
        | Failure::NoLineKey => Code::FailedPrecondition,
    }
}

/// What every status of ours says about itself.
struct Info {
    code: &'static str,
    name: &'static str,
    what_to_do: &'static str,
    outcome: ErrorOutcome,
    retry_after: Option<Duration>,
    retryable: bool,
    /// The values in the sentence, for programs.
    values: HashMap<String, String>,
    details: ErrorDetails,
}

impl Info {
    fn status(self, code: Code, sentence: &str) -> Status {
        let Self {
            mut details,
            values: mut metadata,
            ..
        } = self;
        metadata.insert("code".into(), self.code.into());
        metadata.insert("what_to_do".into(), self.what_to_do.into());
        metadata.insert("retryable".into(), self.retryable.to_string());
        metadata.insert("outcome".into(), self.outcome.name().into());
        details.set_error_info(self.name.to_ascii_uppercase(), DOMAIN, metadata);
        if self.retry_after.is_some() {
            details.set_retry_info(self.retry_after);
        }
        Status::with_error_details(code, cut(sentence, SENTENCE_BYTES_MAX), details)
    }
}

fn refusal_values(refusal: &Refusal) -> HashMap<String, String> {
    let wire::Refusal {
        name: _,
        user,
        device,
        site,
        group,
        typed,
        until_ms,
        users,
        devices,
        field,
        problem: _,
        expected,
        got,
        rows,
        mac,
        token_hash: _,
    } = refusal.into();
    let texts = [
        ("user", user),
        ("device", device),
        ("site", site),
        ("group", group),
        ("name", typed),
        ("field", field),
        ("mac", mac),
    ];
    let numbers = [
        ("until_ms", until_ms),
        ("users", users),
        ("devices", devices),
        ("expected", expected),
        ("got", got),
        ("rows", rows.len() as u64),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let numbers = numbers.into_iter().filter(|(_, number)| *number > 0);
    texts
        .map(|(key, text)| (key.into(), text))
        .chain(numbers.map(|(key, number)| (key.into(), number.to_string())))
        .collect()
}

/// `rows[17].extension`, or `rows[17]` for the row as a whole.
fn row_path(row: &RowProblem) -> String {
    match cut(&row.field, ROW_BYTES_MAX) {
        "" => format!("rows[{}]", row.row),
        field => format!("rows[{}].{field}", row.row),
    }
}

/// The reverse of [`row_path`].
pub(super) fn row_of_path(path: &str) -> Option<(u64, &str)> {
    let (row, field) = path.strip_prefix("rows[")?.split_once(']')?;
    let field = field.strip_prefix('.').unwrap_or(field);
    Some((row.parse().ok()?, field))
}

fn cut(text: &str, bytes_max: usize) -> &str {
    let boundary = (0..=bytes_max.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..boundary.unwrap_or(0)]
}
