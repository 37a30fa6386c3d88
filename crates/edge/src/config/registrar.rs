//! What can be set for registrations and against intruders.

use std::path::PathBuf;
use std::time::Duration;

use hotdesk_routing::{Cidr, Pattern};
use hotdesk_sip::digest::Algorithm;
use smol_str::SmolStr;

/// `[registrar]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registrar {
    /// Where registrations and emergency windows are kept.
    pub data_dir: Option<PathBuf>,
    /// A shorter registration is refused with 423.
    pub expires_min: Duration,
    /// Where the phone does not say.
    pub expires_default: Duration,
    /// A longer one is cut to this.
    pub expires_max: Duration,
    /// Contacts of one account.
    pub contacts_max: usize,
    /// Offered for authentication, in this order.
    pub algorithms: Vec<Algorithm>,
    /// `[[registrar.model]]`: phones that need others.
    pub models: Vec<Model>,
}

/// One `[[registrar.model]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// On the directory's model of the phone, or on its User-Agent.
    pub pattern: Pattern,
    /// Offered for authentication, in this order.
    pub algorithms: Vec<Algorithm>,
}

/// `[security]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Security {
    /// Other edges and proxies of the company: what they assert is believed, and they need no password.
    pub trusted_peers: Vec<Cidr>,
    /// Nobody there is asked for a password.
    pub danger_open_networks: Vec<Cidr>,
    /// Names in certificates that make a peer trusted.
    pub trusted_names: Vec<SmolStr>,
    /// Wrong passwords that cost nothing, for each account and each source.
    pub failures_free: u32,
    /// What the next one costs; each further one twice as much.
    pub failure_delay: Duration,
    /// What one costs at most.
    pub failure_delay_max: Duration,
    /// When all is forgiven.
    pub forgive_after: Duration,
    /// So many new requests per second from one source; 0: any number.
    pub requests_per_source_max: u32,
}

impl Default for Registrar {
    fn default() -> Self {
        Self {
            data_dir: None,
            expires_min: Duration::from_secs(60),
            expires_default: Duration::from_secs(600),
            expires_max: Duration::from_secs(3600),
            contacts_max: 8,
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            models: Vec::new(),
        }
    }
}

impl Default for Security {
    fn default() -> Self {
        Self {
            trusted_peers: Vec::new(),
            danger_open_networks: Vec::new(),
            trusted_names: Vec::new(),
            failures_free: 3,
            failure_delay: Duration::from_secs(1),
            failure_delay_max: Duration::from_secs(300),
            forgive_after: Duration::from_secs(900),
            requests_per_source_max: 200,
        }
    }
}
