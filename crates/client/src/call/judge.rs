//! When is a call repeated, and what is it called when it has failed. No I/O, no clock, no randomness.

use std::time::Duration;

use hotdesk_core::RequestId;
use hotdesk_proto::error::{ApiError, ErrorOutcome};

use super::observe::Problem;
use crate::error::{Error, Tried};

/// What may be done with a call after an attempt that gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads, and writes that may be repeated without harm.
    Repeatable,
    /// A write with a request id: repeating it gives the first answer.
    Write(RequestId),
    /// A write without one: repeated only if the request cannot have arrived.
    Unrepeatable,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Ask again after this long, at the next node.
    Again(Duration),
    /// Give up.
    GiveUp(Error),
}

/// The story of one call so far.
pub(crate) struct Attempts {
    kind: Kind,
    what: &'static str,
    tried: Vec<Tried>,
    count: usize,
    /// An attempt may have been carried out without our hearing of it.
    doubt: bool,
    last: Option<Problem>,
}

impl Attempts {
    pub(crate) fn new(kind: Kind, what: &'static str) -> Self {
        Self {
            kind,
            what,
            tried: Vec::new(),
            count: 0,
            doubt: false,
            last: None,
        }
    }

    /// An attempt at `endpoint` has failed. `nodes` is how many there are, `left` what remains until the
    /// deadline, `jitter` a random number from 0 to 1.
    pub(crate) fn judge(
        &mut self,
        endpoint: &str,
        problem: Problem,
        nodes: usize,
        left: Duration,
        jitter: f64,
    ) -> Verdict {
        self.count += 1;
        self.note(endpoint, &problem);
        let again = self.may_repeat(&problem);
        let wait = self.wait(&problem, nodes, jitter);
        // After an attempt in doubt only an answer from the log settles it: a node that says "wrong PIN" to
        // the second attempt knows nothing of the first.
        let settled = matches!(&problem, Problem::Api(error) if is_decided_by_the_log(error));
        self.doubt |= leaves_doubt(&problem);
        self.last = Some(problem);
        if again && wait + ATTEMPT_MIN < left {
            return Verdict::Again(wait);
        }
        Verdict::GiveUp(self.error(settled))
    }

    /// The deadline has passed before another attempt could be made.
    pub(crate) fn give_up(mut self) -> Error {
        self.error(false)
    }

    fn may_repeat(&self, problem: &Problem) -> bool {
        match (self.kind, problem) {
            (Kind::Unrepeatable, Problem::NoAnswer { sent, .. }) => !sent,
            (Kind::Unrepeatable, Problem::Api(error)) => {
                error.retryable && error.outcome == ErrorOutcome::Failed
            }
            (_, Problem::NoAnswer { .. }) => true,
            (_, Problem::Api(error)) => error.retryable,
        }
    }

    /// The first round over the nodes goes without waiting, unless the cluster is overloaded: then haste is
    /// what is wrong. Later a node's own word on how long to wait counts if it is longer.
    fn wait(&self, problem: &Problem, nodes: usize, jitter: f64) -> Duration {
        let (overloaded, asked) = match problem {
            Problem::Api(error) => (error.reason == OVERLOADED, error.retry_after.unwrap_or_default()),
            Problem::NoAnswer { .. } => (false, Duration::ZERO),
        };
        match self.count / nodes.max(1) {
            0 if !overloaded => Duration::ZERO,
            round => back_off(BACK_OFF_FIRST, BACK_OFF_MAX, round.saturating_sub(1), jitter).max(asked),
        }
    }

    fn note(&mut self, endpoint: &str, problem: &Problem) {
        let problem = match problem {
            Problem::Api(error) => error.message.clone(),
            Problem::NoAnswer { why, .. } => why.clone(),
        };
        match self.tried.iter_mut().find(|tried| tried.endpoint == endpoint) {
            Some(tried) => tried.problem = problem,
            None => self.tried.push(Tried {
                endpoint: endpoint.to_owned(),
                problem,
            }),
        }
    }

    fn error(&mut self, settled: bool) -> Error {
        let tried = std::mem::take(&mut self.tried);
        let last = self.last.take();
        if self.doubt && !settled && self.kind != Kind::Repeatable {
            return Error::Unknown {
                request_id: match self.kind {
                    Kind::Write(id) => Some(id),
                    Kind::Repeatable | Kind::Unrepeatable => None,
                },
                what: self.what,
                last: last.map_or_else(String::new, |problem| match problem {
                    Problem::Api(error) => error.message,
                    Problem::NoAnswer { why, .. } => why,
                }),
                tried,
            };
        }
        match last {
            Some(Problem::Api(error)) if error.outcome == ErrorOutcome::Refused => Error::Refused(error),
            Some(Problem::Api(error)) => Error::Failed(error),
            Some(Problem::NoAnswer { .. }) | None => Error::NoEndpoint { tried },
        }
    }
}

/// A waiting time that doubles from `first` to `max`, less up to half of it at random, so that clients that
/// failed together do not come back together.
pub(crate) fn back_off(first: Duration, max: Duration, step: usize, jitter: f64) -> Duration {
    let doubled = first.saturating_mul(1 << step.min(16));
    doubled.min(max).mul_f64(1.0 - jitter / 2.0)
}

fn leaves_doubt(problem: &Problem) -> bool {
    match problem {
        Problem::Api(error) => error.outcome == ErrorOutcome::Unknown,
        Problem::NoAnswer { sent, .. } => *sent,
    }
}

/// The refusal came out of the log, where the request id was looked up first. Those named here a node also
/// makes by itself, from its own copy, when it checks the PIN.
fn is_decided_by_the_log(error: &ApiError) -> bool {
    const ALSO_DECIDED_BY_NODES: [&str; 4] = ["HD1001", "HD1005", "HD1008", "HD1010"];
    error.outcome == ErrorOutcome::Refused
        && error.code.starts_with("HD1")
        && !ALSO_DECIDED_BY_NODES.contains(&error.code.as_str())
}

/// The reason that an overloaded node gives.
const OVERLOADED: &str = "OVERLOADED";
/// An attempt with less time than this is not worth making.
const ATTEMPT_MIN: Duration = Duration::from_millis(20);
/// The wait after the first fruitless round over all nodes.
const BACK_OFF_FIRST: Duration = Duration::from_millis(50);
/// The longest wait between attempts.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
