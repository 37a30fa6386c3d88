//! What an operator may set: a TOML file, and the environment, which wins.
//!
//! `keys.rs` is the one table of keys; the reader and the annotated sample come from it.

mod keys;
mod read;
mod sample;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use sample::sample_config;

use crate::standing::Policy;

/// Everything that can be set. Fields are documented in the sample ([`sample_config`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `site`: the office.
    pub site: String,
    /// `nodes`: the nearest first.
    pub nodes: Vec<String>,
    /// `cut_off.lease_ms`
    pub lease: Duration,
    /// `cut_off.policy`
    pub policy: Policy,
    /// `timing.connect_timeout_ms`
    pub connect_timeout: Duration,
    /// `timing.silence_max_ms`
    pub silence_max: Duration,
    /// `tls.ca_file`; TLS is on when it is set.
    pub ca_file: Option<PathBuf>,
    /// `tls.cert_file`
    pub cert_file: Option<PathBuf>,
    /// `tls.key_file`
    pub key_file: Option<PathBuf>,
    /// `tls.domain`
    pub tls_domain: Option<String>,
    /// `telemetry.report_every_ms`; zero: never.
    pub report_every: Duration,
    /// `telemetry.log`
    pub log: String,
    /// `telemetry.log_format`
    pub log_format: LogFormat,
    /// `telemetry.otlp_endpoint`
    pub otlp_endpoint: Option<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// A configuration that cannot be used: everything that is wrong with it, not only the first thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: "edge.toml, line 12", "environment variable HOTDESK_EDGE_SITE"; empty when it is about the
    /// configuration as a whole.
    pub place: String,
    /// The key, as in the file; empty when it is not about one.
    pub key: String,
    /// What was found and what was expected.
    pub problem: String,
}

impl Config {
    /// Reads `file` (or none) and the environment, which wins over the file, and checks the result.
    ///
    /// `environment` is passed in rather than read, so that a test has its own; give `std::env::vars_os()`'s
    /// UTF-8 pairs.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong: where, which key, what was found and what was expected.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let Some(path) = file else {
            return Self::parse("", "", environment);
        };
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &name, environment),
            Err(error) => Err(ConfigError {
                problems: vec![Problem {
                    place: name,
                    key: String::new(),
                    problem: format!("the configuration file cannot be read: {error}"),
                }],
            }),
        }
    }

    /// As [`load`](Self::load), with the file's text; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(
        text: &str,
        name: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let config = read::read(text, name, environment)?;
        let problems = config.problems();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError { problems })
        }
    }

    /// The names of all environment variables that set a key, for `hotdesk edge --help`.
    pub fn environment_variables() -> impl Iterator<Item = String> {
        keys::KEYS.iter().map(keys::Key::variable)
    }

    /// What keys mean together.
    fn problems(&self) -> Vec<Problem> {
        let wrong = |key: &str, problem: &str| Problem {
            place: String::new(),
            key: key.to_owned(),
            problem: problem.to_owned(),
        };
        let mut problems = Vec::new();
        if self.site.is_empty() {
            problems.push(wrong(
                "site",
                "is not set: the edge must know at which office it stands",
            ));
        }
        if self.nodes.is_empty() {
            problems.push(wrong(
                "nodes",
                "is not set: the edge must know at least one node, as host:port",
            ));
        }
        if self.cert_file.is_some() != self.key_file.is_some() {
            problems.push(wrong(
                "tls.cert_file",
                "and tls.key_file are set together or not at all",
            ));
        }
        if self.ca_file.is_none() && (self.cert_file.is_some() || self.tls_domain.is_some()) {
            problems.push(wrong(
                "tls.ca_file",
                "is not set, and TLS needs to know whom to trust",
            ));
        }
        if self.lease <= self.silence_max {
            let problem = "must be longer than timing.silence_max_ms, or a node that falls silent for a moment \
                           counts as a cluster that is lost";
            problems.push(wrong("cut_off.lease_ms", problem));
        }
        problems
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            site: String::new(),
            nodes: Vec::new(),
            lease: Duration::from_secs(60),
            policy: Policy::default(),
            connect_timeout: Duration::from_secs(1),
            silence_max: Duration::from_secs(5),
            ca_file: None,
            cert_file: None,
            key_file: None,
            tls_domain: None,
            report_every: Duration::from_secs(60),
            log: "info".into(),
            log_format: LogFormat::default(),
            otlp_endpoint: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        if !self.key.is_empty() {
            write!(f, "{} ", self.key)?;
        }
        f.write_str(&self.problem)
    }
}

/// One problem per line.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&problems.join("\n"))
    }
}

impl std::error::Error for ConfigError {}
