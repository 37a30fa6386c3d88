//! Looking at a cluster from outside: what is well, what is not, and what to do.

mod cluster;
mod machine;

use serde_json::{Value, json};

pub(crate) use cluster::examine;
pub(crate) use machine::look_at_config;

use crate::output::Paint;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// As it should be.
    Good,
    /// Works, and wants a look.
    Warning,
    /// Does not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How bad.
    pub(crate) level: Level,
    /// What was looked at ("leader").
    pub(crate) what: &'static str,
    /// What was seen.
    pub(crate) seen: String,
    /// What to do; empty when nothing.
    pub(crate) what_to_do: String,
}

impl Finding {
    fn good(what: &'static str, seen: impl Into<String>) -> Self {
        Self {
            level: Level::Good,
            what,
            seen: seen.into(),
            what_to_do: String::new(),
        }
    }

    fn warning(what: &'static str, seen: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            what,
            seen: seen.into(),
            what_to_do: what_to_do.into(),
        }
    }

    fn bad(what: &'static str, seen: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self {
            level: Level::Bad,
            ..Self::warning(what, seen, what_to_do)
        }
    }

    /// For people: one line, and a second one where something is to be done.
    pub(crate) fn text(&self, paint: Paint) -> String {
        let mark = match self.level {
            Level::Good => paint.green("✓"),
            Level::Warning => paint.yellow("!"),
            Level::Bad => paint.red("✗"),
        };
        let mut text = format!("{mark} {:<10} {}\n", self.what, self.seen);
        if !self.what_to_do.is_empty() {
            text += &format!("  {:<10} what to do: {}\n", "", self.what_to_do);
        }
        text
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let level = match self.level {
            Level::Good => "good",
            Level::Warning => "warning",
            Level::Bad => "bad",
        };
        json!({"level": level, "what": self.what, "seen": self.seen, "what_to_do": self.what_to_do})
    }
}
