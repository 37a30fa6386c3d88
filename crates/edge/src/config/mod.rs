//! What an operator may set: a TOML file, and the environment, which wins.
//!
//! `keys/` has the tables of keys and `items/` those of arrays of tables; the reader and the annotated sample come
//! from them. `sip.rs`, `registrar.rs` and `services.rs` have what is set, and [`hotdesk_routing`] the dial plan.

mod check;
mod items;
mod key;
mod keys;
mod phones;
mod read;
mod registrar;
mod sample;
mod services;
mod sip;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hotdesk_routing::{DialPlan, OutsideHours, Rights, Trunk};
use smol_str::SmolStr;

pub use hotdesk_sip::hop::Transport;
pub use phones::Phones;
pub use registrar::{Model, Registrar, Security};
pub use sample::sample_config;
pub use services::{Announce, Calls, CallsAtEviction, EmergencyNotify, Http, SipUri, SiteLimits};
pub use sip::{Listen, Sip, TlsOutgoing};

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
    /// `tls.token_file`: what the edge shows to the nodes.
    pub token_file: Option<PathBuf>,
    /// `[sip]`
    pub sip: Sip,
    /// `[registrar]`
    pub registrar: Registrar,
    /// `[security]`
    pub security: Security,
    /// `[dialplan]`, `[star_codes]`, `[rights]`, `[identity]`, `[emergency]`, `[voicemail]`, `[[hunt]]`
    pub dialplan: DialPlan,
    /// `[rights]`: the site's own limits, as they are written; the dial plan has them as they are used.
    pub site_limits: SiteLimits,
    /// `[[trunk]]`
    pub trunks: Vec<Trunk>,
    /// `emergency.webhook` and `emergency.message_to`
    pub emergency_notify: EmergencyNotify,
    /// `voicemail.username`
    pub voicemail_username: Option<SmolStr>,
    /// `voicemail.password_file`
    pub voicemail_password_file: Option<PathBuf>,
    /// `voicemail.mwi_uri`
    pub mwi_uri: Option<SmolStr>,
    /// `eviction.calls`
    pub eviction_calls: CallsAtEviction,
    /// `[calls]`
    pub calls: Calls,
    /// `activity.report_every_ms`
    pub activity_report_every: Duration,
    /// `[phones]`
    pub phones: Phones,
    /// `[http]`
    pub http: Http,
    /// `[announce]`
    pub announce: Announce,
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
        let config = read::read(text, name, environment)?.completed();
        let problems = check::problems(&config);
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError { problems })
        }
    }

    /// The names of all environment variables that set a key, for `hotdesk edge --help`.
    pub fn environment_variables() -> impl Iterator<Item = String> {
        keys::keys().map(key::Key::variable)
    }

    /// Whether this edge serves phones, or only keeps the table.
    #[must_use]
    pub fn has_sip(&self) -> bool {
        !self.sip.domain.is_empty()
    }

    /// Fills in what follows from other keys: the dial plan's site, trunks and limits. Loading does it; a
    /// configuration that is put together in code needs it. Idempotent.
    #[must_use]
    pub fn completed(mut self) -> Self {
        let plan = &mut self.dialplan;
        plan.site = self.site.as_str().into();
        if plan.trunks.is_empty() {
            plan.trunks = self.trunks.iter().map(|trunk| trunk.id.clone()).collect();
        }
        let may_call = self.trunks.iter().map(|trunk| (trunk.id.clone(), trunk.may_call));
        plan.trunk_rights = may_call.collect();
        let SiteLimits {
            classes,
            hours,
            outside_hours,
        } = self.site_limits;
        plan.site_limits = Rights {
            classes,
            outside_hours: hours.map(|hours| OutsideHours {
                hours,
                classes: outside_hours,
            }),
        };
        self
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
            token_file: None,
            sip: Sip::default(),
            registrar: Registrar::default(),
            security: Security::default(),
            dialplan: DialPlan::default(),
            site_limits: SiteLimits::default(),
            trunks: Vec::new(),
            emergency_notify: EmergencyNotify::default(),
            voicemail_username: None,
            voicemail_password_file: None,
            mwi_uri: None,
            eviction_calls: CallsAtEviction::default(),
            calls: Calls::default(),
            activity_report_every: Duration::from_secs(30),
            phones: Phones::default(),
            http: Http::default(),
            announce: Announce::default(),
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
