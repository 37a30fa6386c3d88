//! What passes is counted and kept to be looked at.

use std::sync::atomic::{AtomicU64, Ordering};

use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::{Limits, Message};
use hotdesk_sip::trace::{Cdr, Way};

use super::app::{App, now_ms};
use crate::http::Direction;

/// Messages per second that are kept as traces; under more load, calls are only partly traced, so that looking on
/// never slows the calls down.
const TRACED_PER_SECOND: u64 = 2000;

/// How many messages may still be traced in this second.
#[derive(Default)]
pub(crate) struct TraceBudget {
    second: AtomicU64,
    taken: AtomicU64,
    skipped: AtomicU64,
}

impl TraceBudget {
    fn take(&self) -> bool {
        let second = now_ms() / 1000;
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.taken.store(0, Ordering::Relaxed);
        }
        let within = self.taken.fetch_add(1, Ordering::Relaxed) < TRACED_PER_SECOND;
        if !within {
            self.skipped.fetch_add(1, Ordering::Relaxed);
        }
        within
    }

    /// Messages that were not kept.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }
}

impl App {
    /// A message came in: counted, and kept as a trace.
    pub(crate) fn received(&self, from: &Hop, message: &Message) {
        self.metrics.count_message(Direction::In, message);
        if self.settings.traces && self.traced.take() {
            self.trace(message, Way::Received, from);
        }
    }

    /// A message goes out.
    pub(crate) fn sent(&self, to: &Hop, bytes: &bytes::Bytes) {
        if self.settings.traces
            && self.traced.take()
            && let Ok(message) = Message::parse(bytes, &Limits::default())
        {
            self.trace(&message, Way::Sent, to);
        }
    }

    fn trace(&self, message: &Message, way: Way, peer: &Hop) {
        // What phones send every few minutes would push the calls out.
        let method = message.cseq().map(|cseq| cseq.method);
        if method.as_ref().is_ok_and(super::register::is_housekeeping) {
            return;
        }
        let label = peer.remote.to_string();
        self.traces
            .message(message, now_ms(), way, &label, &self.settings.edge);
    }

    /// Records of calls go to the file and to the traces.
    pub(crate) fn keep_record(&self, record: &Cdr) {
        if let Some(records) = &self.records {
            records.write(record);
        }
        self.traces.record(record);
    }
}
