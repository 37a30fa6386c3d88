//! How the program ends: exit codes, and problems told so that a person can act on them.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::json;

use crate::output::{Format, Paint};

/// The exit codes; a contract with scripts, printed by `hotdesk --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok,
    /// A rule said no, or a check found something wrong. Asking again gives the same answer.
    Refused,
    /// The command line, a file or the configuration is not right. Nothing was asked of the cluster.
    Usage,
    /// No node could be reached, or it failed. Nothing was changed.
    Failed,
    /// A write was sent and no answer came back: it may have happened.
    Unknown,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Unknown => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Printed at the end of `hotdesk --help`.
pub(crate) const EXIT_CODES_HELP: &str = "\
Exit codes:
  0  done
  1  refused by a rule (unknown user, wrong PIN, busy phone), or a check found something wrong
  2  the command line, a file or the configuration is not right; nothing was asked of a node
  3  no node could be reached, or it failed; nothing was changed
  4  unknown: a write was sent and no answer came; it may have happened. To find out, repeat the
     command with the --request-id that the message names: it does not act twice";

/// Why a command did not succeed: a sentence, a stable code, and what to do.
#[derive(Debug)]
pub(crate) struct Problem {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// Stable: HD1xxx a rule, HD2xxx the cluster, HD3xxx a data directory, HD4xxx the way to the cluster, HD5xxx this program.
    pub(crate) code: Box<str>,
    /// The same for programs, in capitals.
    pub(crate) reason: Box<str>,
    /// What is wrong, without a full stop.
    pub(crate) message: String,
    /// What a person can do about it.
    pub(crate) what_to_do: String,
    /// The id under which a write can be repeated safely.
    pub(crate) request_id: Option<Box<str>>,
}

/// What this program itself finds wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// HD5001: an argument does not follow its rule.
    BadArgument,
    /// HD5002: a file cannot be read or written.
    File,
    /// HD5003: rows of a CSV file are not right.
    BadRows,
    /// HD5004: a configuration file is not right.
    Config,
    /// HD5005: a node or edge cannot start, or has stopped.
    Service,
    /// HD5006: a step of the demo was not seen.
    Demo,
    /// HD5007: `doctor` found something wrong.
    Unhealthy,
    /// HD5008: what was asked for does not exist.
    NotFound,
    /// HD5009: phones did not load in time.
    PhonesBehind,
}

impl Own {
    const fn words(self) -> (&'static str, &'static str, Exit) {
        match self {
            Self::BadArgument => ("HD5001", "BAD_ARGUMENT", Exit::Usage),
            Self::File => ("HD5002", "FILE", Exit::Usage),
            Self::BadRows => ("HD5003", "BAD_ROWS", Exit::Usage),
            Self::Config => ("HD5004", "CONFIG", Exit::Usage),
            Self::Service => ("HD5005", "SERVICE", Exit::Failed),
            Self::Demo => ("HD5006", "DEMO", Exit::Refused),
            Self::Unhealthy => ("HD5007", "UNHEALTHY", Exit::Refused),
            Self::NotFound => ("HD5008", "NOT_FOUND", Exit::Refused),
            Self::PhonesBehind => ("HD5009", "PHONES_BEHIND", Exit::Refused),
        }
    }
}

impl Problem {
    /// A problem that this program found itself.
    #[must_use]
    pub(crate) fn own(kind: Own, message: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        let (code, reason, exit) = kind.words();
        Self {
            exit,
            code: code.into(),
            reason: reason.into(),
            message: message.into(),
            what_to_do: what_to_do.into(),
            request_id: None,
        }
    }

    /// A file that cannot be read or written; `doing` is a verb phrase ("read the PIN file").
    #[must_use]
    pub(crate) fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::own(
            Own::File,
            format!("cannot {doing} {}: {error}", path.display()),
            "Check the path and that this user may access it.",
        )
    }

    /// Prints to standard error, as text or as JSON.
    pub(crate) fn print(&self, format: Format, paint: Paint) {
        let mut err = io::stderr().lock();
        // Nothing sensible is left to do when standard error is closed.
        let _ = match format {
            Format::Table => writeln!(err, "{}", self.text(paint)),
            Format::Json => writeln!(err, "{}", self.json()),
        };
    }

    fn text(&self, paint: Paint) -> String {
        let code = paint.dim(&format!("({})", self.code));
        let mut text = format!("{} {} {code}", paint.red("error:"), self.message);
        if !self.what_to_do.is_empty() {
            text += &format!("\n  what to do: {}", self.what_to_do);
        }
        if let Some(id) = &self.request_id {
            text += &format!("\n  request id: {id}");
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let outcome = match self.exit {
            Exit::Unknown => "unknown",
            Exit::Failed => "failed",
            Exit::Ok | Exit::Refused | Exit::Usage => "refused",
        };
        json!({"error": {
            "code": self.code,
            "reason": self.reason,
            "message": self.message,
            "what_to_do": self.what_to_do,
            "outcome": outcome,
            "exit_code": self.exit.code(),
            "request_id": self.request_id,
        }})
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

/// Writing to standard output failed. A closed pipe (`hotdesk sessions | head`) is no problem of ours and
/// ends the program quietly; see `main`.
impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        let mut problem = Self::own(
            Own::File,
            format!("cannot write the output: {error}"),
            "Check where standard output goes.",
        );
        if error.kind() == io::ErrorKind::BrokenPipe {
            problem.exit = Exit::Ok;
        }
        problem
    }
}
