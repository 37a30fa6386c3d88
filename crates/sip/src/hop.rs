//! Where messages come from and go to.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use smol_str::SmolStr;

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Datagrams (RFC 3261 §18).
    Udp,
    /// A plain stream.
    Tcp,
    /// A stream over TLS.
    Tls,
    /// WebSocket (RFC 7118).
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Transport {
    /// The token of a Via header ("UDP").
    #[must_use]
    pub const fn via_token(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// The value of a `transport` parameter ("udp").
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// Messages arrive or the sender learns of it; no retransmission (RFC 3261 §17).
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// Encrypted.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// 5060 or 5061 (RFC 3261 §19.1.2), 80 or 443 for WebSocket (RFC 7118 §5.4).
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parameter())
    }
}

impl FromStr for Transport {
    type Err = ();

    /// In any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss];
        all.into_iter()
            .find(|transport| transport.parameter().eq_ignore_ascii_case(text))
            .ok_or(())
    }
}

/// Which of our listeners; an index into the list that the transports were started with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub u16);

/// One connection of a stream transport, never reused while the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// The next or the previous hop: which of our listeners, and who is at the other end.
///
/// As a source: where a message came from. As a destination: over `connection` when there is one and it is still
/// open (RFC 5626: the flow), otherwise to `remote`, over a connection that is open to it or a new one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// Ours.
    pub listener: ListenerId,
    /// How.
    pub transport: Transport,
    /// Theirs.
    pub remote: SocketAddr,
    /// The connection; `None` for datagrams, and for destinations that have none yet.
    pub connection: Option<ConnectionId>,
    /// The name that the other end's certificate must show when a connection is opened.
    pub server_name: Option<SmolStr>,
}

impl Hop {
    /// A hop by address.
    #[must_use]
    pub const fn to(listener: ListenerId, transport: Transport, remote: SocketAddr) -> Self {
        Self {
            listener,
            transport,
            remote,
            connection: None,
            server_name: None,
        }
    }
}

impl fmt::Display for Hop {
    /// "udp 192.0.2.1:5060".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.transport, self.remote)
    }
}
