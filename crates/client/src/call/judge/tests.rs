use std::collections::BTreeMap;

use tonic::Code;

use super::*;

const ID: RequestId = RequestId(7);
const LONG: Duration = Duration::from_secs(10);
const SPENT: Duration = Duration::from_millis(1);

fn said(code: &str, outcome: ErrorOutcome, retryable: bool) -> Problem {
    Problem::Api(Box::new(ApiError {
        code: code.into(),
        reason: String::new(),
        message: format!("message of {code}"),
        what_to_do: String::new(),
        retryable,
        retry_after: None,
        outcome,
        grpc_code: Code::FailedPrecondition,
        rows: Vec::new(),
        values: BTreeMap::new(),
    }))
}

fn silence(sent: bool) -> Problem {
    Problem::NoAnswer {
        why: "broken".into(),
        sent,
    }
}

fn no_leader() -> Problem {
    said("HD2001", ErrorOutcome::Failed, true)
}

/// Feeds the problems in order, the last one with the deadline passed, and names what the caller is told.
fn end_of(kind: Kind, story: Vec<Problem>) -> &'static str {
    let mut attempts = Attempts::new(kind, "login");
    let last = story.len() - 1;
    for (at, problem) in story.into_iter().enumerate() {
        let left = if at == last { SPENT } else { LONG };
        match attempts.judge("a:1", problem, 2, left, 0.0) {
            Verdict::Again(_) => assert!(at < last, "repeated after the deadline"),
            Verdict::GiveUp(error) => {
                assert_eq!(at, last, "gave up early: {error}");
                return match error {
                    Error::Refused(_) => "refused",
                    Error::Failed(_) => "failed",
                    Error::Unknown { request_id, .. } if request_id.is_some() => "unknown",
                    Error::Unknown { .. } => "unknown, no id",
                    Error::NoEndpoint { .. } => "no endpoint",
                    Error::InvalidOption { .. } | Error::Incomplete { .. } => "something else",
                };
            }
        }
    }
    unreachable!("the last problem comes after the deadline")
}

#[test]
fn what_the_caller_is_told() {
    let write = Kind::Write(ID);
    let refused = |code| said(code, ErrorOutcome::Refused, false);
    let unknown = || said("HD2002", ErrorOutcome::Unknown, true);
    for (kind, story, told) in [
        (write, vec![refused("HD1011")], "refused"),
        (write, vec![no_leader()], "failed"),
        (write, vec![silence(false)], "no endpoint"),
        (write, vec![silence(false), no_leader()], "failed"),
        (write, vec![silence(true)], "unknown"),
        (write, vec![unknown()], "unknown"),
        // What came after the doubt cannot take it away...
        (write, vec![silence(true), silence(false)], "unknown"),
        (write, vec![unknown(), no_leader()], "unknown"),
        (
            write,
            vec![silence(true), said("HD2005", ErrorOutcome::Refused, false)],
            "unknown",
        ),
        (write, vec![silence(true), refused("HD1001")], "unknown"),
        // ... but the log's own answer does: the request id was looked up there first.
        (write, vec![silence(true), refused("HD1011")], "refused"),
        (Kind::Repeatable, vec![silence(true)], "no endpoint"),
        (Kind::Repeatable, vec![unknown()], "failed"),
        (Kind::Unrepeatable, vec![silence(true)], "unknown, no id"),
        (Kind::Unrepeatable, vec![silence(false), no_leader()], "failed"),
    ] {
        let shown = format!("{kind:?} {story:?}");
        assert_eq!(end_of(kind, story), told, "{shown}");
    }
}

#[test]
fn a_write_without_a_request_id_is_not_repeated_in_doubt() {
    let mut attempts = Attempts::new(Kind::Unrepeatable, "promotion");
    let verdict = attempts.judge("a:1", silence(true), 2, LONG, 0.0);
    assert!(
        matches!(verdict, Verdict::GiveUp(Error::Unknown { .. })),
        "{verdict:?}"
    );
}

#[test]
fn the_first_round_over_the_nodes_does_not_wait_and_later_ones_wait_longer() {
    let mut attempts = Attempts::new(Kind::Repeatable, "lookup");
    let waits: Vec<u128> = (0..12)
        .map(|_| match attempts.judge("a:1", silence(false), 2, LONG, 0.0) {
            Verdict::Again(wait) => wait.as_millis(),
            Verdict::GiveUp(error) => panic!("{error}"),
        })
        .collect();
    assert_eq!(waits, [0, 50, 50, 100, 100, 200, 200, 400, 400, 800, 800, 1000]);
}

#[test]
fn jitter_takes_up_to_half_away() {
    let wait = |jitter| back_off(BACK_OFF_FIRST, BACK_OFF_MAX, 1, jitter).as_millis();
    assert_eq!((wait(0.0), wait(0.5), wait(1.0)), (100, 75, 50));
}

#[test]
fn each_node_is_listed_once_with_its_last_problem() {
    let mut attempts = Attempts::new(Kind::Repeatable, "lookup");
    for (endpoint, why) in [("a:1", "first"), ("b:1", "other"), ("a:1", "second")] {
        let problem = Problem::NoAnswer {
            why: why.into(),
            sent: false,
        };
        attempts.judge(endpoint, problem, 2, LONG, 0.0);
    }
    let error = attempts.give_up().to_string();
    assert_eq!(error, "no node answered (a:1: second; b:1: other)");
}
