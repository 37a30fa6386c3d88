//! What an operator may set: a TOML file, and the environment, which wins.
//!
//! `keys.rs` is the one table of keys. The reader, the names of environment variables, the hints for
//! misspelt keys and the annotated sample all come from it, so none of them can disagree with another.

mod check;
mod keys;
mod phones;
mod problem;
mod read;
mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secret::Secret;

pub(crate) use check::{Secrets, is_loopback};
pub use phones::{EmSection, PhonesSection};
pub use problem::{ConfigError, Problem};
pub use sample::{sample_config, sample_config_of};

/// The port that a node listens on unless it is told otherwise.
pub const DEFAULT_PORT: u16 = 7300;

/// Everything that can be set. Fields are documented in the sample ([`sample_config`]); the default of each
/// is in [`Config::default`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `listen`: host:port of the one listener.
    pub listen: String,
    /// `advertise`: host:port at which others reach it; `None`: the address that was bound.
    pub advertise: Option<String>,
    /// `[node]`
    pub node: NodeSection,
    /// `[cluster]`
    pub cluster: ClusterSection,
    /// `[storage]`
    pub storage: StorageSection,
    /// `[timing]`
    pub timing: TimingSection,
    /// `[tls]`
    pub tls: TlsSection,
    /// `[pin]`
    pub pin: PinSection,
    /// `[auth]`
    pub auth: AuthSection,
    /// `[sip]`
    pub sip: SipSection,
    /// `[http]`
    pub http: HttpSection,
    /// `[phones]`
    pub phones: PhonesSection,
    /// `[limits]`
    pub limits: LimitsSection,
    /// `[telemetry]`
    pub telemetry: TelemetrySection,
}

/// Who the node is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSection {
    /// Its id; 0 until it is set.
    pub id: u64,
    /// The office.
    pub site: String,
    /// Where log and snapshots are kept.
    pub data_dir: PathBuf,
}

/// How the node comes into a cluster: exactly one of `founders`, `join` and `replica_of`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterSection {
    /// The first voters, by id; the node itself is one of them.
    pub founders: BTreeMap<u64, String>,
    /// Nodes of the cluster that this node asks to be added.
    pub join: Vec<String>,
    /// Nodes that feed this replica.
    pub replica_of: Vec<String>,
    /// What nodes of one cluster show each other.
    pub token: Option<Secret>,
    /// The same, in a file.
    pub token_file: Option<PathBuf>,
}

/// How much is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageSection {
    /// Entries between snapshots.
    pub snapshot_every: u64,
    /// Entries kept behind the snapshot.
    pub keep_log: u64,
}

/// How fast the cluster notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimingSection {
    /// The leader's heartbeat.
    pub heartbeat: Duration,
    /// The shortest silence of the leader that leads to an election.
    pub election_min: Duration,
    /// The longest.
    pub election_max: Duration,
}

/// Certificates; TLS is on when `cert_file` and `key_file` are set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSection {
    /// PEM: the node's certificate chain.
    pub cert_file: Option<PathBuf>,
    /// PEM: its key.
    pub key_file: Option<PathBuf>,
    /// PEM: whom the node trusts when it calls other nodes.
    pub ca_file: Option<PathBuf>,
    /// PEM: callers must show a certificate of these.
    pub client_ca_file: Option<PathBuf>,
}

/// How PINs are hashed and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinSection {
    /// The pepper.
    pub pepper: Option<Secret>,
    /// The same, in a file.
    pub pepper_file: Option<PathBuf>,
    /// Start without a pepper.
    pub danger_no_pepper: bool,
    /// argon2's memory per check.
    pub memory_kib: u32,
    /// argon2's passes.
    pub iterations: u32,
    /// Checks at the same time; 0: one per core.
    pub checks_parallel: u32,
    /// Checks that wait.
    pub checks_queued_max: u32,
}

/// Who may do what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthSection {
    /// What callers of Directory and Admin must show.
    pub admin_token: Option<Secret>,
    /// The same, in a file.
    pub admin_token_file: Option<PathBuf>,
    /// What edges must show.
    pub edge_token: Option<Secret>,
    /// The same, in a file.
    pub edge_token_file: Option<PathBuf>,
    /// Callers may vouch for users instead of giving a PIN.
    pub allow_vouched_logins: bool,
}

/// What phones' SIP accounts are made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SipSection {
    /// The company's SIP domain.
    pub domain: Option<String>,
    /// The digest realm; `None`: the domain.
    pub realm: Option<String>,
    /// The line key.
    pub key_file: Option<PathBuf>,
}

/// Look-ups over plain HTTP, for other people's proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpSection {
    /// host:port; `None`: no HTTP.
    pub listen: Option<String>,
    /// What callers must show.
    pub token: Option<Secret>,
    /// The same, in a file.
    pub token_file: Option<PathBuf>,
}

/// What the node takes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsSection {
    /// Calls at the same time; the next is answered "overloaded".
    pub calls_max: u32,
    /// Watching streams at the same time.
    pub watchers_max: u32,
    /// HTTP/2 streams per connection.
    pub streams_per_connection_max: u32,
    /// The largest message accepted.
    pub message_bytes_max: u32,
    /// Wrong PINs a minute from one address.
    pub wrong_pins_per_address_max: u32,
    /// Wrong PINs a minute at one phone.
    pub wrong_pins_per_phone_max: u32,
    /// How long a call may take that brings no deadline of its own, and at most.
    pub call_timeout: Duration,
    /// How long calls may go on after the node was told to stop.
    pub shutdown_timeout: Duration,
}

/// What is told about the inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelemetrySection {
    /// Filter of the log ("info", "info,hotdesk_cluster=debug").
    pub log: String,
    /// How lines look.
    pub log_format: LogFormat,
    /// Where traces go (OTLP over gRPC).
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

impl Config {
    /// Reads `file` (or none) and the environment, which wins over the file, and checks the result.
    ///
    /// `environment` is passed in rather than read, so that a test has its own; give
    /// `std::env::vars_os()`'s UTF-8 pairs. Secrets in files are not read yet: [`Node::start`](crate::Node::start)
    /// does.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong: where, which key, what was found and what was expected.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let (text, name) = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    ConfigError::one(Problem {
                        place: path.display().to_string(),
                        key: String::new(),
                        problem: format!("the configuration file cannot be read: {error}"),
                    })
                })?;
                (text, path.display().to_string())
            }
            None => (String::new(), String::new()),
        };
        Self::parse(&text, &name, environment)
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
        config.check()?;
        Ok(config)
    }

    /// The names of all environment variables that set a key, for `hotdesk node --help`.
    pub fn environment_variables() -> impl Iterator<Item = String> {
        keys::all().map(keys::Key::variable)
    }
}

impl Default for Config {
    fn default() -> Self {
        let timing = hotdesk_cluster::Timing::default();
        Self {
            // Loopback: who can reach the port may ask for logins, so reaching it is a decision.
            listen: format!("127.0.0.1:{DEFAULT_PORT}"),
            advertise: None,
            node: NodeSection::default(),
            cluster: ClusterSection::default(),
            storage: StorageSection {
                snapshot_every: 50_000,
                keep_log: 50_000,
            },
            timing: TimingSection {
                heartbeat: timing.heartbeat,
                election_min: timing.election_min,
                election_max: timing.election_max,
            },
            tls: TlsSection::default(),
            pin: PinSection {
                pepper: None,
                pepper_file: None,
                danger_no_pepper: false,
                memory_kib: 19 * 1024,
                iterations: 2,
                checks_parallel: 0,
                checks_queued_max: 256,
            },
            auth: AuthSection::default(),
            sip: SipSection::default(),
            http: HttpSection::default(),
            phones: PhonesSection::default(),
            limits: LimitsSection {
                calls_max: 4096,
                watchers_max: 1024,
                streams_per_connection_max: 1024,
                message_bytes_max: 4 * 1024 * 1024,
                // More than the people behind one proxy mistype.
                wrong_pins_per_address_max: 60,
                // More than anybody types by hand who knows the PIN.
                wrong_pins_per_phone_max: 10,
                call_timeout: Duration::from_millis(5000),
                shutdown_timeout: Duration::from_millis(10_000),
            },
            telemetry: TelemetrySection {
                log: "info".to_owned(),
                log_format: LogFormat::Text,
                otlp_endpoint: None,
            },
        }
    }
}
