//! What all listeners and connections share, and the one door through which messages reach the handler.

use std::net::{TcpListener, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use bytes::Bytes;
use hotdesk_sip::hop::{ConnectionId, Hop, Transport};
use hotdesk_sip::message::{Malformed, Message};
use parking_lot::Mutex;

use super::Handler;
use super::config::Limits;
use super::counters::{Counters, count, count_bytes};

/// What all parts share.
pub(super) struct Shared {
    pub(super) limits: Limits,
    pub(super) counters: Counters,
    pub(super) stopping: AtomicBool,
    /// How late the runtime's timers fire, in milliseconds.
    pub(super) late_ms: AtomicU64,
}

/// A bound listener.
pub(super) enum Socket {
    Udp(Arc<UdpSocket>),
    /// Taken when it begins to accept, so that nothing is left open when that ends.
    Stream(Mutex<Option<TcpListener>>),
}

/// The handler, guarded: a panic in it is counted and logged, and the worker goes on. Without that one bad
/// message could silence a listener.
#[derive(Clone)]
pub(super) struct Entry(pub(super) Arc<dyn Handler>);

impl Entry {
    /// Parses a whole message (a datagram, a WebSocket message) and gives it to the handler.
    pub(super) fn received(&self, shared: &Shared, from: Hop, bytes: &Bytes) {
        if let Some(message) = self.parse(shared, from.transport, bytes) {
            self.deliver(shared, from, message);
        }
    }

    /// Parses a whole message; `None` when the parser panicked.
    pub(super) fn parse(
        &self,
        shared: &Shared,
        transport: Transport,
        bytes: &Bytes,
    ) -> Option<Result<Message, Malformed>> {
        self.guard(shared, transport, || {
            Message::parse(bytes, &shared.limits.message)
        })
    }

    /// Gives a message, or what is wrong with it, to the handler. What cannot be answered is counted only.
    pub(super) fn deliver(&self, shared: &Shared, from: Hop, message: Result<Message, Malformed>) {
        let transport = from.transport;
        let counters = shared.counters.of(transport);
        match &message {
            Ok(_) => count(&counters.received),
            Err(malformed) if malformed.request.is_some() => {
                count(&counters.received);
                count(&counters.malformed);
            }
            Err(malformed) => {
                count(&counters.malformed_dropped);
                tracing::debug!(peer = %from, problem = malformed.problem, "malformed message dropped");
                return;
            }
        }
        self.guard(shared, transport, || self.0.received(from, message));
    }

    /// Gives a request that came in too fast to the handler, which answers 503 without further ado.
    pub(super) fn overloaded(&self, shared: &Shared, from: Hop, bytes: &Bytes) {
        match self.parse(shared, from.transport, bytes) {
            Some(Ok(message)) => self.deliver_overloaded(shared, from, message),
            // Flooded with garbage: not worth an answer.
            Some(Err(_)) | None => count(&shared.counters.of(from.transport).malformed_dropped),
        }
    }

    pub(super) fn deliver_overloaded(&self, shared: &Shared, from: Hop, message: Message) {
        let transport = from.transport;
        count(&shared.counters.of(transport).overloaded);
        self.guard(shared, transport, || self.0.overloaded(from, message));
    }

    pub(super) fn idle(&self) {
        let idle = catch_unwind(AssertUnwindSafe(|| self.0.idle()));
        if idle.is_err() {
            tracing::error!("the handler's timers panicked");
        }
    }

    pub(super) fn failed(&self, shared: &Shared, to: &Hop, bytes: Bytes) {
        count(&shared.counters.of(to.transport).send_failed);
        self.guard(shared, to.transport, || self.0.failed(to, bytes));
    }

    pub(super) fn closed(&self, shared: &Shared, transport: Transport, connection: ConnectionId) {
        self.guard(shared, transport, || self.0.closed(connection));
    }

    fn guard<T>(&self, shared: &Shared, transport: Transport, run: impl FnOnce() -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(done) => Some(done),
            Err(_) => {
                count(&shared.counters.of(transport).panics);
                tracing::error!(%transport, "a message's handler panicked");
                None
            }
        }
    }
}

/// Counts a message that went out.
pub(super) fn sent(shared: &Shared, transport: Transport, bytes: usize) {
    let counters = shared.counters.of(transport);
    count(&counters.sent);
    count_bytes(&counters.sent_bytes, bytes);
}
