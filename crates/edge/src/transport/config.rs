//! What the transports are started with.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_sip::hop::Transport;
use hotdesk_sip::message;

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenConfig {
    /// What is spoken there.
    pub transport: Transport,
    /// Where; port 0 takes a free one ([`ListenerInfo::local`](hotdesk_sip::proxy::ListenerInfo) says which). An IPv6
    /// address takes IPv6 only.
    pub address: SocketAddr,
    /// The host, or host and port, that others reach this listener by: it goes into Via and Record-Route.
    /// Without a port the bound port is added. Default: the bound address, which must then be a real one.
    pub advertise: Option<String>,
    /// Certificates; needed for TLS and WSS, an error elsewhere.
    pub tls: Option<TlsFiles>,
    /// Threads that read datagrams; 0 stands for [`WORKERS`]. Other transports run on the runtime's threads.
    pub workers: usize,
}

impl ListenConfig {
    /// A listener with defaults.
    #[must_use]
    pub const fn new(transport: Transport, address: SocketAddr) -> Self {
        Self {
            transport,
            address,
            advertise: None,
            tls: None,
            workers: 0,
        }
    }
}

/// Threads that read datagrams of one listener, when nothing else is said.
pub const WORKERS: usize = 2;

/// A listener's certificates, PEM. They are read again when they change; connections that are open stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, our own certificate first.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who signs certificates of clients. Without it clients are not asked for one.
    pub client_ca: Option<PathBuf>,
    /// Refuse clients without a certificate. Needs `client_ca`.
    pub require_client: bool,
}

/// How connections to others are secured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingTls {
    /// Who signs certificates of the servers we connect to, PEM. Without it no TLS connection is opened.
    pub ca: Option<PathBuf>,
    /// Our own chain and private key, PEM, for servers that ask.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Bounds. Each says what happens when it is reached.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How large a message may be; what is larger is malformed. Counted by the message parser.
    pub message: message::Limits,
    /// New requests that wait at one datagram worker while it handles those of established calls; the ones
    /// beyond it are answered 503 ([`Handler::overloaded`](super::Handler)). Default 4,096: at 16 µs each they
    /// wait 65 ms at most. With a tenth of that, an office's refreshes are refused when the system runs something
    /// else for a moment; it bounds memory (about 1 KiB each), while `waited_max` bounds the wait.
    pub waiting_max: usize,
    /// How long a new request may have waited, or how late the runtime may run, before it is answered 503 as
    /// well. Default 200 ms: beyond 500 ms the sender repeats the request, and work doubles.
    pub waited_max: Duration,
    /// Receive buffer of datagram sockets, in bytes; the system may grant less. Default 4 MiB: with less, bursts
    /// are lost at some thousand messages per second.
    pub receive_buffer: usize,
    /// Connections in all, both directions. More are closed at once, or not opened (`Busy`). Default 20,000.
    pub connections_max: usize,
    /// Connections from one IPv4 address, or one IPv6 /64. More are closed at once. Default 256: an office
    /// behind one address.
    pub connections_per_source_max: usize,
    /// Messages that wait for one connection; then `Busy`. Default 1,024.
    pub queue_messages_max: usize,
    /// Bytes that wait for one connection; then `Busy`. Default 4 MiB.
    pub queue_bytes_max: usize,
    /// For opening a connection: TCP, TLS and WebSocket together. Default 3 s.
    pub connect_timeout: Duration,
    /// For the TLS and WebSocket handshakes of a client; it is cut off afterwards. Default 5 s.
    pub handshake_timeout: Duration,
    /// From the first byte of a message to its last on a stream, and from a connection's beginning to its first
    /// message; the connection is closed afterwards. Default 10 s.
    pub message_timeout: Duration,
    /// How long a write may make no progress before the connection is closed. Default 10 s.
    pub write_timeout: Duration,
    /// A connection without any traffic for this long is closed. Default 15 min; phones that keep their flow
    /// alive (RFC 5626 §4.4.1) send something every two minutes.
    pub idle_timeout: Duration,
    /// How often certificate files are looked at. Default 5 s.
    pub certificates_every: Duration,
    /// Which dialled numbers go first.
    pub emergency: Emergency,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: message::Limits::default(),
            waiting_max: 4096,
            waited_max: Duration::from_millis(200),
            receive_buffer: 4 << 20,
            connections_max: 20_000,
            connections_per_source_max: 256,
            queue_messages_max: 1024,
            queue_bytes_max: 4 << 20,
            connect_timeout: Duration::from_secs(3),
            handshake_timeout: Duration::from_secs(5),
            message_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(15 * 60),
            certificates_every: Duration::from_secs(5),
            emergency: Emergency::default(),
        }
    }
}

/// Tells emergency numbers from others; `urn:service:sos` is one in any case. The default knows no number.
#[derive(Clone)]
pub struct Emergency(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Emergency {
    /// Asks `is_emergency` about the user part of each new Request-URI, as it stands there. Called for each new
    /// request: it must be quick.
    pub fn new(is_emergency: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_emergency))
    }

    pub(super) fn is(&self, user: &str) -> bool {
        (self.0)(user)
    }
}

impl Default for Emergency {
    fn default() -> Self {
        Self::new(|_| false)
    }
}

impl fmt::Debug for Emergency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Emergency")
    }
}
