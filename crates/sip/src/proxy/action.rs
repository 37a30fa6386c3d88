//! What the core wants done by those who have sockets.

use std::fmt;

use bytes::Bytes;
use smol_str::SmolStr;

use super::Application;
use crate::hop::Hop;
use crate::message::Message;

/// What is to be done, in this order, after the shard's lock was released.
pub struct Actions<A: Application> {
    /// In the order in which it is to be done.
    pub list: Vec<Action<A>>,
}

/// One thing to be done.
pub enum Action<A: Application> {
    /// Send these bytes.
    Send {
        /// Where to.
        to: Hop,
        /// A whole message.
        bytes: Bytes,
        /// Set for requests: what [`Core::transport_failed`](super::Core::transport_failed) wants to be told
        /// when they cannot be delivered. Opaque.
        branch: Option<SmolStr>,
    },
    /// A request of our own, for [`Core::request`](super::Core::request) of the shard of its Call-ID.
    Request(OutgoingRequest<A>),
}

/// A request of our own: NOTIFY, OPTIONS, SUBSCRIBE, BYE, anything but INVITE, ACK and CANCEL.
pub struct OutgoingRequest<A: Application> {
    /// Complete but for Via; Max-Forwards is added when it is missing.
    pub message: Message,
    /// Where to.
    pub to: Hop,
    /// Comes back with the answer.
    pub tag: A::Tag,
}

impl<A: Application> Actions<A> {
    /// Nothing to be done.
    #[must_use]
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Sends bytes whose loss nobody needs to learn of.
    pub fn send(&mut self, to: Hop, bytes: Bytes) {
        self.list.push(Action::Send {
            to,
            bytes,
            branch: None,
        });
    }

    /// Sends a request of our own.
    pub fn request(&mut self, message: Message, to: Hop, tag: A::Tag) {
        self.list
            .push(Action::Request(OutgoingRequest { message, to, tag }));
    }
}

impl<A: Application> Default for Actions<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Application> fmt::Debug for Actions<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl<A: Application> fmt::Debug for Action<A> {
    /// The first line only: a message may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { to, bytes, .. } => {
                let end = memchr::memchr(b'\r', bytes).unwrap_or(bytes.len());
                write!(f, "Send({to}, {})", String::from_utf8_lossy(&bytes[..end]))
            }
            Self::Request(request) => write!(f, "Request({}, {:?})", request.to, request.message.method()),
        }
    }
}
