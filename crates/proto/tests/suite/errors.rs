//! Errors: one table of what callers see, and clients read it back.

use std::time::Duration;

use hotdesk_core::{Refusal, RowProblem};
use hotdesk_proto::convert::Invalid;
use hotdesk_proto::error::{ApiError, ErrorOutcome, Failure, failure_code, refusal_code, status_of_refusal};
use tonic::{Code, Status};

use crate::samples;

#[test]
fn each_refusal_has_its_grpc_code() {
    let table = samples::refusals();
    let table = table.iter().map(|refusal| {
        format!(
            "{} {} {:?}",
            refusal.code(),
            refusal.name(),
            refusal_code(refusal)
        )
    });
    assert_eq!(
        table.collect::<Vec<_>>(),
        [
            "HD1001 unknown_user NotFound",
            "HD1002 unknown_device NotFound",
            "HD1003 unknown_site NotFound",
            "HD1004 unknown_group NotFound",
            "HD1005 user_disabled PermissionDenied",
            "HD1006 device_disabled FailedPrecondition",
            "HD1007 device_not_allowed PermissionDenied",
            "HD1008 user_locked PermissionDenied",
            "HD1009 credential_changed Aborted",
            "HD1010 no_credential FailedPrecondition",
            "HD1011 logged_in_elsewhere FailedPrecondition",
            "HD1012 device_busy FailedPrecondition",
            "HD1013 stale_epoch Aborted",
            "HD1014 name_taken AlreadyExists",
            "HD1015 site_in_use FailedPrecondition",
            "HD1016 group_in_use FailedPrecondition",
            "HD1017 invalid_record InvalidArgument",
            "HD1018 request_id_reused AlreadyExists",
            "HD1019 import_gap Aborted",
            "HD1020 import_rejected InvalidArgument",
            "HD1021 device_on_hold FailedPrecondition",
            "HD1022 mac_taken AlreadyExists",
            "HD1023 unknown_enrolment_token PermissionDenied",
            "HD1024 enrolment_token_expired PermissionDenied",
        ]
    );
}

fn failures() -> Vec<Failure> {
    vec![
        Failure::NoLeader,
        Failure::Unknown,
        Failure::Overloaded,
        Failure::Timeout,
        Failure::WrongPin { remaining: Some(2) },
        Failure::PinRequired,
        Failure::VouchingNotAllowed,
        Failure::Unauthenticated,
        Failure::NotFound {
            what: "user or phone known as 2099".into(),
        },
        Failure::InvalidArgument {
            field: "user.extension".into(),
            problem: "expected 1 to 20 digits".into(),
        },
        Failure::Stopped {
            why: "the disk is full".into(),
        },
        Failure::ShuttingDown,
        Failure::WatchTooSlow,
        Failure::ForeignCluster,
        Failure::Precondition {
            why: "node 3 has not caught up yet".into(),
        },
        Failure::PeerUnreachable {
            node: 3,
            address: "austin:7400".into(),
            why: "connection refused".into(),
        },
        Failure::NoLineKey,
        Failure::TooManyWrongPins {
            place: "address",
            wait: Duration::from_secs(42),
        },
    ]
}

#[test]
fn each_failure_has_its_grpc_code_outcome_and_retry() {
    let row = |failure: &Failure| {
        let retry = if failure.is_retryable() { "retry" } else { "final" };
        let (code, name, outcome) = (failure.code(), failure.name(), failure.outcome());
        format!("{code} {name} {:?} {outcome} {retry}", failure_code(failure))
    };
    assert_eq!(
        failures().iter().map(row).collect::<Vec<_>>(),
        [
            "HD2001 no_leader Unavailable failed retry",
            "HD2002 outcome_unknown DeadlineExceeded unknown retry",
            "HD2003 overloaded Unavailable failed retry",
            "HD2004 timeout DeadlineExceeded failed retry",
            "HD2005 wrong_pin Unauthenticated refused final",
            "HD2006 pin_required InvalidArgument refused final",
            "HD2007 vouching_not_allowed PermissionDenied refused final",
            "HD2008 unauthenticated Unauthenticated refused final",
            "HD2009 not_found NotFound refused final",
            "HD2010 invalid_argument InvalidArgument refused final",
            "HD2011 stopped Unavailable failed retry",
            "HD2012 shutting_down Unavailable failed retry",
            "HD2013 watch_too_slow ResourceExhausted failed retry",
            "HD2014 foreign_cluster FailedPrecondition refused final",
            "HD2015 precondition FailedPrecondition refused final",
            "HD2016 peer_unreachable Unavailable failed retry",
            "HD2017 no_line_key FailedPrecondition refused final",
            "HD2020 too_many_wrong_pins ResourceExhausted refused final",
        ]
    );
}

#[test]
fn clients_read_refusals_back() {
    for refusal in samples::refusals() {
        let error = ApiError::from(status_of_refusal(&refusal));
        assert_eq!(error.code, refusal.code());
        assert_eq!(error.reason, refusal.name().to_uppercase());
        assert_eq!(error.message, refusal.to_string());
        assert_eq!(error.what_to_do, refusal.what_to_do());
        assert_eq!(error.grpc_code, refusal_code(&refusal));
        assert_eq!(error.outcome, ErrorOutcome::Refused);
        assert!(!error.retryable);
        match &refusal {
            Refusal::ImportRejected { rows } => assert_eq!(&error.rows, rows),
            _ => assert_eq!(error.rows, []),
        }
    }
}

#[test]
fn clients_read_failures_back() {
    for failure in failures() {
        let error = ApiError::from(Status::from(&failure));
        assert_eq!(error.code, failure.code());
        assert_eq!(error.reason, failure.name().to_uppercase());
        assert_eq!(error.message, failure.to_string());
        assert_eq!(error.what_to_do, failure.what_to_do());
        assert_eq!(error.grpc_code, failure_code(&failure));
        assert_eq!(error.outcome, failure.outcome());
        assert_eq!(error.retryable, failure.is_retryable());
        assert_eq!(error.retry_after, failure.retry_after());
    }
}

#[test]
fn values_come_along_for_programs() {
    let values = |status: Status| ApiError::from(status).values;
    let locked = values(status_of_refusal(&samples::refusals()[7]));
    assert_eq!(locked["user"], "ada");
    assert_eq!(locked["until_ms"], "1700000000000");
    let wrong = values(Failure::WrongPin { remaining: Some(2) }.into());
    assert_eq!(wrong["remaining"], "2");
    let invalid = values(Failure::from(Invalid::new("user.email", "expected an address")).into());
    assert_eq!(invalid["field"], "user.email");
}

/// Sentences start small and end without a full stop, because what to do follows; that is a whole sentence.
#[test]
fn people_can_read_them() {
    let refusals = samples::refusals();
    let refusals = refusals
        .iter()
        .map(|refusal| (refusal.to_string(), refusal.what_to_do()));
    let failures = failures();
    let failures = failures
        .iter()
        .map(|failure| (failure.to_string(), failure.what_to_do()));
    for (sentence, what_to_do) in refusals.chain(failures) {
        assert!(!sentence.ends_with('.'), "{sentence}");
        assert!(what_to_do.ends_with('.'), "{what_to_do}");
        assert!(what_to_do.starts_with(char::is_uppercase), "{what_to_do}");
    }
    let tries = |remaining| Failure::WrongPin { remaining }.to_string();
    assert_eq!(tries(None), "the PIN is wrong");
    assert_eq!(tries(Some(0)), "the PIN is wrong, and the account is locked now");
    assert_eq!(tries(Some(1)), "the PIN is wrong, one try is left");
    assert_eq!(tries(Some(2)), "the PIN is wrong, 2 tries are left");
    let error = ApiError::from(Status::from(Failure::PinRequired));
    assert_eq!(
        error.to_string(),
        "a PIN is needed to log in. Type the PIN. (HD2006)"
    );
}

/// Many programs accept 16 KiB of headers; the details travel in base64.
#[test]
fn statuses_stay_small() {
    let rows = (0..1000).map(|row| RowProblem {
        row,
        field: "ä".repeat(300),
        problem: "ö".repeat(3000),
    });
    let rejected = Refusal::ImportRejected { rows: rows.collect() };
    let status = status_of_refusal(&rejected);
    let bytes = status.details().len() * 4 / 3 + status.message().len() * 3;
    assert!(bytes < 14 * 1024, "{bytes}");
    let error = ApiError::from(status);
    assert_eq!(error.rows.len(), 20);
    assert_eq!(error.values["rows"], "1000");
    let why = "x".repeat(100_000);
    assert!(Status::from(Failure::Stopped { why }).message().len() <= 512);
}

#[test]
fn foreign_statuses_are_read_with_care() {
    let read = |code| ApiError::from(Status::new(code, "tcp connect error"));
    for (code, outcome, retryable) in [
        (Code::Unavailable, ErrorOutcome::Unknown, true),
        (Code::Cancelled, ErrorOutcome::Unknown, true),
        (Code::DeadlineExceeded, ErrorOutcome::Unknown, true),
        (Code::Unknown, ErrorOutcome::Unknown, true),
        (Code::Internal, ErrorOutcome::Unknown, true),
        (Code::Unimplemented, ErrorOutcome::Failed, false),
        (Code::ResourceExhausted, ErrorOutcome::Failed, false),
        (Code::PermissionDenied, ErrorOutcome::Failed, false),
    ] {
        let error = read(code);
        assert_eq!((error.outcome, error.retryable), (outcome, retryable), "{code:?}");
        assert_eq!(error.code, ApiError::NO_DETAILS);
        assert_eq!(error.retry_after, None::<Duration>);
    }
    let silent = ApiError::from(Status::unavailable(""));
    assert_eq!(silent.message, "the node gave no reason");
}
