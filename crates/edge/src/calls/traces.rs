//! Ladders of the last calls.

use std::net::SocketAddr;

use hotdesk_sip::message::Message;
use hotdesk_sip::trace::{Bounds, Cdr, Detail, Entry, Ladder, Redactor, Store, Summary, Way};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Ladders, for all threads. Messages are redacted before the lock is taken, which is held for a push only.
#[derive(Debug)]
pub struct Traces {
    store: Mutex<Store>,
    redactor: Redactor,
    detail: Detail,
    keeps: bool,
}

impl Traces {
    /// Nothing kept yet.
    #[must_use]
    pub fn new(bounds: Bounds, detail: Detail, redactor: Redactor) -> Self {
        Self {
            store: Mutex::new(Store::new(bounds, redactor.clone())),
            redactor,
            detail,
            keeps: bounds.calls > 0,
        }
    }

    /// Keeps a message. `peer` is who it came from or goes to, `ours` this edge; both are labels for people.
    pub fn message(&self, message: &Message, at_ms: u64, way: Way, peer: &str, ours: &str) {
        let Some(call_id) = message.call_id().filter(|_| self.keeps) else {
            return;
        };
        let ends = match way {
            Way::Received => (peer, ours),
            Way::Sent => (ours, peer),
        };
        let entry = Entry::new(message, at_ms, ends, way, self.detail, &self.redactor);
        self.store.lock().add(call_id, entry);
    }

    /// A label for a peer that has no name.
    #[must_use]
    pub fn address_label(address: SocketAddr) -> String {
        address.to_string()
    }

    /// Keeps the record beside its ladder.
    pub fn record(&self, record: &Cdr) {
        if self.keeps {
            let clean = record.redacted(&self.redactor);
            self.store.lock().close(&clean);
        }
    }

    /// The last calls, the newest first.
    #[must_use]
    pub fn list(&self, limit: usize) -> Vec<Summary> {
        self.store.lock().list(limit)
    }

    /// All that is kept of a call.
    #[must_use]
    pub fn ladder(&self, call_id: &str) -> Option<Ladder> {
        self.store.lock().ladder(call_id)
    }

    /// `{"calls": [...]}`, see [`Summary`].
    #[must_use]
    pub fn list_json(&self, limit: usize) -> Value {
        json!({ "calls": self.list(limit) })
    }

    /// See [`Ladder`].
    #[must_use]
    pub fn ladder_json(&self, call_id: &str) -> Option<Value> {
        self.ladder(call_id).map(|ladder| json!(ladder))
    }
}
