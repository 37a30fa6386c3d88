//! One connection: what is queued for it, and what is read from it.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;
use hotdesk_sip::hop::{ConnectionId, Hop, ListenerId, Transport};
use hotdesk_sip::message::{Message, Name};
use hotdesk_sip::value::Via;
use smol_str::SmolStr;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::super::PeerNames;
use super::super::config::Limits;

/// A connection as senders see it.
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) listener: ListenerId,
    pub(super) transport: Transport,
    pub(super) remote: SocketAddr,
    /// The name that the other end's certificate was asked to show; connections that we opened only.
    server_name: Option<SmolStr>,
    /// Whether the other end opened it.
    pub(super) is_incoming: bool,
    peer: OnceLock<PeerNames>,
    alias: OnceLock<SocketAddr>,
    /// Whether an alias has been looked for.
    alias_asked: AtomicBool,
    queue: mpsc::Sender<Queued>,
    queued_bytes: AtomicUsize,
    /// Asks the connection's task to end.
    pub(super) end: Notify,
}

/// A message on its way to a connection's writer.
pub(super) struct Queued {
    /// Whom to tell that it failed; `None` for keepalives.
    pub(super) to: Option<Hop>,
    pub(super) bytes: Bytes,
}

/// Why a message was not queued.
pub(super) enum NotQueued {
    Full,
    Over,
}

impl Connection {
    /// A connection, and the end of its queue that its writer reads.
    pub(super) fn new(
        id: ConnectionId,
        to: &Hop,
        is_incoming: bool,
        limits: &Limits,
    ) -> (Self, mpsc::Receiver<Queued>) {
        let (queue, queued) = mpsc::channel(limits.queue_messages_max.max(1));
        let connection = Self {
            id,
            listener: to.listener,
            transport: to.transport,
            remote: to.remote,
            server_name: to.server_name.clone(),
            is_incoming,
            peer: OnceLock::new(),
            alias: OnceLock::new(),
            alias_asked: AtomicBool::new(false),
            queue,
            queued_bytes: AtomicUsize::new(0),
            end: Notify::new(),
        };
        (connection, queued)
    }

    /// The connection as a source of messages.
    pub(super) fn as_source(&self) -> Hop {
        Hop {
            connection: Some(self.id),
            ..Hop::to(self.listener, self.transport, self.remote)
        }
    }

    /// Queues a message.
    pub(super) fn queue(&self, to: Option<&Hop>, bytes: Bytes, bytes_max: usize) -> Result<(), NotQueued> {
        let length = bytes.len();
        if self.queued_bytes.fetch_add(length, Relaxed) + length > bytes_max {
            self.queued_bytes.fetch_sub(length, Relaxed);
            return Err(if self.queue.is_closed() {
                NotQueued::Over
            } else {
                NotQueued::Full
            });
        }
        let queued = Queued {
            to: to.cloned(),
            bytes,
        };
        self.queue.try_send(queued).map_err(|error| {
            self.queued_bytes.fetch_sub(length, Relaxed);
            match error {
                TrySendError::Full(_) => NotQueued::Full,
                TrySendError::Closed(_) => NotQueued::Over,
            }
        })
    }

    /// A queued message has left the queue.
    pub(super) fn unqueued(&self, bytes: usize) {
        self.queued_bytes.fetch_sub(bytes, Relaxed);
    }

    /// The name that the other end's certificate must show.
    pub(super) fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// What the peer's verified certificate says.
    pub(super) fn peer(&self) -> Option<&PeerNames> {
        self.peer.get()
    }

    pub(super) fn set_peer(&self, names: Option<PeerNames>) {
        if let Some(names) = names {
            // Set once, after the handshake.
            let _ = self.peer.set(names);
        }
    }

    /// Whether the other end has shown that it bears this name. Without encryption nobody can, and nothing is
    /// asked.
    pub(super) fn is_known_as(&self, name: Option<&str>) -> bool {
        let Some(name) = name.filter(|_| self.transport.is_secure()) else {
            return true;
        };
        let asked = self.server_name.as_deref();
        let shown = self.peer.get().map_or(&[][..], |peer| &peer.dns);
        asked.is_some_and(|asked| asked.eq_ignore_ascii_case(name))
            || shown.iter().any(|shown| shown.eq_ignore_ascii_case(name))
    }

    /// The address that requests to the peer may be meant for (RFC 5923).
    pub(super) fn alias(&self) -> Option<SocketAddr> {
        self.alias.get().copied()
    }

    /// Looks whether the connection's first request offers it for our own requests (`alias` in Via): RFC 5923
    /// §5 and §8, for peers whose certificate was verified only. Returns the address once.
    pub(super) fn ask_alias(&self, message: &Message) -> Option<SocketAddr> {
        if !self.is_incoming || self.peer.get().is_none() || self.alias_asked.swap(true, Relaxed) {
            return None;
        }
        let via = Via::parse(message.values(&Name::Via).next()?).ok()?;
        via.params.get("alias")?;
        let port = via.port.unwrap_or_else(|| self.transport.default_port());
        let address = SocketAddr::new(self.remote.ip(), port);
        if address == self.remote {
            return None;
        }
        self.alias.set(address).ok().map(|()| address)
    }
}
