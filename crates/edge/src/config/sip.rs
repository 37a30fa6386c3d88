//! What can be set for the proxy itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hotdesk_sip::hop::Transport;
use smol_str::SmolStr;

/// `[sip]`: the proxy itself. It is switched on by `sip.domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sip {
    /// `sip.domain`: the company's; empty: the edge has no SIP.
    pub domain: SmolStr,
    /// `sip.realm`; [`Sip::realm`] has the default.
    pub realm: Option<SmolStr>,
    /// `sip.key_file`: the line key, the same at all nodes and edges.
    pub key_file: Option<PathBuf>,
    /// `sip.workers`: threads for datagrams of each listener.
    pub workers: usize,
    /// `sip.shards`: into how many parts the transactions are divided.
    pub shards: usize,
    /// `sip.server`: the value of Server; empty: none.
    pub server: SmolStr,
    /// `sip.transactions_max`, of all shards together.
    pub transactions_max: usize,
    /// `sip.connections_max`
    pub connections_max: usize,
    /// `sip.connections_per_source_max`
    pub connections_per_source_max: usize,
    /// `sip.danger_t1_ms` (RFC 3261 §17.1.1.1)
    pub t1: Duration,
    /// `sip.danger_t2_ms`
    pub t2: Duration,
    /// `sip.danger_t4_ms`
    pub t4: Duration,
    /// `sip.timer_c_ms`
    pub timer_c: Duration,
    /// `[[sip.listen]]`
    pub listen: Vec<Listen>,
    /// `[sip.tls_outgoing]`
    pub tls_outgoing: TlsOutgoing,
}

/// One `[[sip.listen]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// What is spoken there.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
    /// The host, or host and port, by which others reach it.
    pub advertise: Option<String>,
    /// PEM: certificate chain.
    pub cert_file: Option<PathBuf>,
    /// PEM: its key.
    pub key_file: Option<PathBuf>,
    /// PEM: who may sign clients' certificates.
    pub client_ca_file: Option<PathBuf>,
    /// A client without a certificate is turned away.
    pub require_client: bool,
}

/// `[sip.tls_outgoing]`: connections that the edge opens, to other edges and trunks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOutgoing {
    /// PEM: who may sign their certificates; `None`: the authorities that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// PEM: the edge's own certificate chain.
    pub cert_file: Option<PathBuf>,
    /// PEM: its key.
    pub key_file: Option<PathBuf>,
}

impl Sip {
    /// The digest realm: the domain, unless another is set.
    #[must_use]
    pub fn realm(&self) -> &str {
        self.realm.as_deref().unwrap_or(&self.domain)
    }
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            domain: SmolStr::default(),
            realm: None,
            key_file: None,
            workers: 2,
            shards: 16,
            server: "hotdesk".into(),
            transactions_max: 100_000,
            connections_max: 20_000,
            connections_per_source_max: 256,
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            timer_c: Duration::from_secs(190),
            listen: Vec::new(),
            tls_outgoing: TlsOutgoing::default(),
        }
    }
}

/// What stands in for keys that must be set is never used.
impl Default for Listen {
    fn default() -> Self {
        Self {
            transport: Transport::Udp,
            address: SocketAddr::from(([0, 0, 0, 0], 5060)),
            advertise: None,
            cert_file: None,
            key_file: None,
            client_ca_file: None,
            require_client: false,
        }
    }
}
