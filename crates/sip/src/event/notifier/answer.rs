//! Answers to our NOTIFY requests.

use std::time::{Duration, Instant};

use super::{Bodies, Notifier, Notify, Pending, Sent};
use crate::event::{Authorize, retry_after};
use crate::message::Message;

/// What became of a NOTIFY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Taken, or of no meaning any more.
    Noted,
    /// Asked for credentials; sent again with them.
    SentAgain,
    /// Failed; tried again later.
    Delayed,
    /// The watcher is gone, and so is its subscription.
    Removed,
}

/// Failed NOTIFY requests in a row after which a subscription ends.
const FAILURES_MAX: u8 = 3;

/// How long a subscription is left alone after a failure that does not say how long.
const DELAY: Duration = Duration::from_secs(30);

impl Notifier {
    /// The final answer to a NOTIFY; `None`: no answer, or it could not be sent. When it asks for credentials (some
    /// phones do), `authorize` is called with the new request and the challenge and may give the header for it, once.
    pub fn answered(
        &mut self,
        now: Instant,
        sent: &Sent,
        response: Option<&Message>,
        authorize: Authorize<'_>,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) -> Answered {
        let Sent {
            subscription: id,
            cseq,
        } = sent;
        let status = response.and_then(Message::status).unwrap_or(408);
        let Some(subscription) = self.subscriptions.get_mut(id) else {
            return Answered::Noted;
        };
        if ends_subscription(status) {
            self.forget(id);
            return Answered::Removed;
        }
        if subscription.waiting.is_none_or(|(waiting, _)| waiting != *cseq) {
            // An older one: a refresh was answered by a newer NOTIFY meanwhile.
            return Answered::Noted;
        }
        subscription.waiting = None;
        if (200..300).contains(&status) {
            subscription.failures = 0;
            if let Some(pending) = &mut subscription.pending {
                let sent = subscription.last_sent.unwrap_or(now);
                pending.not_before = pending.not_before.max(sent + self.settings.notify_interval);
            }
            self.reschedule(id);
            return Answered::Noted;
        }
        subscription.failures += 1;
        if subscription.failures >= FAILURES_MAX {
            self.forget(id);
            return Answered::Removed;
        }
        if let (401 | 407, Some(challenge), 1) = (status, response, subscription.failures) {
            let mut credentials = |notify: &Message| authorize(notify, challenge);
            self.send(now, id, true, Some(&mut credentials), bodies, out);
            return Answered::SentAgain;
        }
        let delay = response.and_then(retry_after);
        let delay = delay.map_or(DELAY, |seconds| Duration::from_secs(u64::from(seconds)));
        subscription.pending = Some(Pending {
            not_before: now + delay,
            full: true,
        });
        self.reschedule(id);
        Answered::Delayed
    }
}

/// Whether a response to NOTIFY ends the subscription, or the dialog with it (RFC 6665 §4.2.2, RFC 5057 §5.1).
const fn ends_subscription(status: u16) -> bool {
    matches!(
        status,
        404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 502 | 604
    )
}
