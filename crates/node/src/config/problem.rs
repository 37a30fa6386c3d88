//! What is wrong with a configuration.

use std::fmt;

/// A configuration that cannot be used: everything that is wrong with it, not only the first thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: "/etc/hotdesk/node.toml, line 12", "environment variable HOTDESK_NODE_ID"; empty when it is about
    /// the configuration as a whole.
    pub place: String,
    /// The key, as in the file ("node.id"); empty when it is not about one.
    pub key: String,
    /// What was found and what was expected.
    pub problem: String,
}

impl ConfigError {
    pub(crate) fn one(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }

    pub(crate) fn of_key(key: &str, problem: impl Into<String>) -> Self {
        Self::one(Problem::of_key(key, problem))
    }
}

impl Problem {
    pub(crate) fn of_key(key: &str, problem: impl Into<String>) -> Self {
        Self {
            place: String::new(),
            key: key.to_owned(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)
    }
}

/// One problem per line.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
