//! Why transports do not start, and why a message is not sent.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use hotdesk_sip::hop::Transport;

/// Why the transports do not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be bound.
    #[error("listen on {transport} {address}: {source}")]
    Bind {
        /// What was to be spoken.
        transport: Transport,
        /// Where.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// Bound to all addresses, without a name to be reached by.
    #[error("{transport} {address} needs `advertise`: the address or name by which others reach it")]
    Advertise {
        /// What was to be spoken.
        transport: Transport,
        /// The wildcard address.
        address: SocketAddr,
    },
    /// TLS or WSS without certificates, or certificates elsewhere.
    #[error("{transport} {address}: {problem}")]
    Tls {
        /// What was to be spoken.
        transport: Transport,
        /// Where.
        address: SocketAddr,
        /// What is wrong.
        problem: &'static str,
    },
    /// A file cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A thread cannot be started.
    #[error("start a thread: {0}")]
    Thread(io::Error),
    /// More listeners than can be numbered.
    #[error("more than {} listeners", u16::MAX)]
    TooMany,
}

/// Why a certificate file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be read, or is not PEM.
    #[error("read {}: {problem}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The certificates do not fit their key, or are none.
    #[error("use {}: {source}", .path.display())]
    Use {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

/// Why a message was not sent, or not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The queue is full, or no more connections may be opened: try another hop, or answer 503.
    #[error("too busy")]
    Busy,
    /// The connection is gone, and another one cannot take its place (WebSocket clients cannot be called).
    #[error("the connection is gone")]
    Closed,
    /// No listener of that number that speaks this transport.
    #[error("no such listener")]
    NoListener,
    /// More than a datagram, or the connection's queue, holds.
    #[error("too large")]
    TooLarge,
    /// There is no way to verify the other end: no CA is configured.
    #[error("no certificates to verify the other end by")]
    NoTls,
    /// The system refused (no route, for instance).
    #[error("{0}")]
    Io(io::ErrorKind),
    /// The transports have been stopped.
    #[error("stopped")]
    Stopped,
}
