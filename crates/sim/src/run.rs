//! What a run came to.

use std::fmt;

use crate::checker::{self, Call, History, Outcome, Violation};
use crate::witness::digest;

/// What was seen.
#[derive(Debug)]
pub struct Run {
    /// What clients and replicas went through.
    pub history: History,
    /// The cluster did not recover, or a task panicked.
    pub failures: Vec<String>,
    /// The entries applied.
    pub entries: u64,
}

impl Run {
    /// All that is wrong, in words.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict {
            violations: checker::check(&self.history),
            failures: self.failures.clone(),
        }
    }

    /// How many operations there were, by what became of them, in words.
    #[must_use]
    pub fn summary(&self) -> String {
        let (mut acknowledged, mut refused, mut unknown, mut reads, mut local) = (0, 0, 0, 0, 0);
        for operation in &self.history.operations {
            match &operation.call {
                Call::Login {
                    outcome: Outcome::Acknowledged(_),
                    ..
                }
                | Call::Logout {
                    outcome: Outcome::Acknowledged(_),
                    ..
                } => acknowledged += 1,
                Call::Login {
                    outcome: Outcome::Refused,
                    ..
                }
                | Call::Logout {
                    outcome: Outcome::Refused,
                    ..
                } => refused += 1,
                Call::Login { .. } | Call::Logout { .. } => unknown += 1,
                Call::LookupUser { age_ns: 0, .. } | Call::LookupDevice { age_ns: 0, .. } => reads += 1,
                Call::LookupUser { .. } | Call::LookupDevice { .. } => local += 1,
            }
        }
        format!(
            "writes: {acknowledged} acknowledged, {refused} refused, {unknown} unknown; look-ups: {reads} \
             linearizable, {local} local; {} entries, {} leaderships",
            self.entries,
            self.history.leaderships.len()
        )
    }

    /// Two runs with the same digest saw the same.
    #[must_use]
    pub fn digest(&self) -> u64 {
        digest(format!("{:?} {:?}", self.history, self.failures).as_bytes())
    }
}

/// What is wrong with a run.
#[derive(Debug)]
pub struct Verdict {
    /// Rules that were broken.
    pub violations: Vec<Violation>,
    /// Other things that must not happen.
    pub failures: Vec<String>,
}

impl Verdict {
    /// Nothing is.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.violations.is_empty() && self.failures.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in self.violations.iter().take(3) {
            writeln!(f, "{violation}")?;
        }
        if self.violations.len() > 3 {
            writeln!(f, "and {} more violations", self.violations.len() - 3)?;
        }
        for failure in self.failures.iter().take(3) {
            writeln!(f, "{failure}")?;
        }
        match self.failures.len() {
            0..=3 => Ok(()),
            more => writeln!(f, "and {} more failures", more - 3),
        }
    }
}
