//! NOTIFY requests: when, and what is in them.

use std::time::Instant;

use smol_str::SmolStr;

use super::{ANSWER_MAX, Bodies, Notifier, Notify, Pending, Sent, Subscription, SubscriptionId};
use crate::event::{Credentials, Reason};
use crate::message::{Header, Method, Name};

impl Notifier {
    /// Sends a NOTIFY now, or notes that one must be sent.
    pub(super) fn ask_notify(
        &mut self,
        now: Instant,
        id: &SubscriptionId,
        full: bool,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) {
        let Some(subscription) = self.subscriptions.get_mut(id) else {
            return;
        };
        let earliest = subscription
            .last_sent
            .map_or(now, |sent| sent + self.settings.notify_interval);
        if subscription.waiting.is_none() && subscription.pending.is_none() && earliest <= now {
            return self.send(now, id, full, None, bodies, out);
        }
        let known = subscription.pending;
        subscription.pending = Some(Pending {
            not_before: known.map_or(earliest, |pending| pending.not_before),
            // A partial document tells one change; two that became one are told in full.
            full: full || known.is_some(),
        });
        self.reschedule(id);
    }

    /// Sends a NOTIFY of an active subscription. `credentials` makes a header for the finished request.
    pub(super) fn send(
        &mut self,
        now: Instant,
        id: &SubscriptionId,
        full: bool,
        credentials: Option<Credentials<'_>>,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) {
        let Some(subscription) = self.subscriptions.get_mut(id) else {
            return;
        };
        let left = subscription.expires.saturating_duration_since(now).as_secs();
        let mut notify = subscription.notify(id, &format!("active;expires={left}"), Some(full), bodies);
        if let Some(header) = credentials.and_then(|credentials| credentials(&notify.message)) {
            notify.message.push(header);
        }
        subscription.waiting = Some((notify.sent.cseq, now + ANSWER_MAX));
        subscription.pending = None;
        subscription.last_sent = Some(now);
        if subscription.dialog.cseq.max(subscription.version) + RESERVED / 2 >= subscription.reserved {
            subscription.reserve();
            self.changed.insert(id.clone());
        }
        out.push(notify);
        self.reschedule(id);
    }

    /// Sends the last NOTIFY and forgets the subscription. Its answer changes nothing any more.
    pub(super) fn finish(
        &mut self,
        id: &SubscriptionId,
        reason: Reason,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) {
        if let Some(mut subscription) = self.forget(id) {
            let full = reason.tells_state().then_some(true);
            out.push(subscription.notify(id, &reason.state(), full, bodies));
        }
    }
}

impl Subscription {
    /// Builds the next NOTIFY; `full: None` for one without a body.
    pub(super) fn notify(
        &mut self,
        id: &SubscriptionId,
        state: &str,
        full: Option<bool>,
        bodies: &impl Bodies,
    ) -> Notify {
        let mut message = self.dialog.request(Method::Notify);
        message.push(Header::new(Name::Contact, format!("<{}>", self.contact)));
        message.push(Header::new(Name::Event, self.event()));
        message.push(Header::new(Name::SubscriptionState, state));
        let body = full.and_then(|full| bodies.body(self.package, &self.resource, self.version, full));
        match body {
            Some((content_type, body)) => {
                message.set_body(Some(&content_type), body);
                self.version += 1;
            }
            None => message.set_body(None, bytes::Bytes::new()),
        }
        Notify {
            message,
            to: self.hop.clone(),
            sent: Sent {
                subscription: id.clone(),
                cseq: self.dialog.cseq,
            },
        }
    }

    /// Numbers below this are ours without a word to the store: a write per NOTIFY would be too dear. After a
    /// restart counting goes on from there; gaps are allowed in CSeq (RFC 3261 §12.2.1.1), and in versions before a
    /// full document (RFC 3680 §5.1, RFC 4235 §4.3).
    pub(super) fn reserve(&mut self) {
        self.reserved = self.dialog.cseq.max(self.version) + RESERVED;
    }

    fn event(&self) -> SmolStr {
        let package = self.package.as_str();
        match &self.event_id {
            Some(id) => smol_str::format_smolstr!("{package};id={id}"),
            None => SmolStr::new_static(package),
        }
    }
}

/// How far ahead numbers are reserved. At half of it a new record is asked for, so that the store may be slow.
const RESERVED: u32 = 256;
