//! Our own subscriptions (RFC 6665 §4.1): we watch `message-summary` at the voicemail server for each user who sits
//! somewhere, so that the lamp of the phone there can follow the user.
//!
//! ```text
//!  start ─▶ asking ──200──▶ active ──time to refresh──▶ asking
//!             │ ▲              │
//!    failure  │ │ time over    │ NOTIFY terminated, 481
//!             ▼ │              ▼
//!           resting ◀──────────┘          stop: SUBSCRIBE with Expires 0, forgotten
//! ```

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use smol_str::SmolStr;

use self::watch::{Stage, Watch};
use super::ids::Ids;
use super::{Authorize, Credentials, EventValue, Package, expires, retry_after, tag};
use crate::body::message_summary::{self, MessageSummary};
use crate::hop::Hop;
use crate::message::{Message, Name};
use crate::value::Params;

#[cfg(test)]
mod tests;
mod watch;

/// What is watched, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The mailbox at the voicemail server, a URI: Request-URI and To.
    pub uri: SmolStr,
    /// Who asks, a URI: From.
    pub from: SmolStr,
    /// Our Contact at the listener that leads there, a URI.
    pub contact: SmolStr,
    /// The voicemail server.
    pub hop: Hop,
}

/// A SUBSCRIBE to be sent, complete but for Via.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request.
    pub message: Message,
    /// Where to.
    pub to: Hop,
    /// Whose mailbox; for [`Subscriber::answered`].
    pub user: SmolStr,
    /// For [`Subscriber::answered`].
    pub cseq: u32,
}

/// What was learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// What waits for a user.
    Waiting {
        /// Whose mailbox.
        user: SmolStr,
        /// What waits.
        summary: MessageSummary,
    },
    /// The subscription does not stand; it is tried again, what was known last may be old.
    Lost {
        /// Whose mailbox.
        user: SmolStr,
        /// For the log.
        why: Why,
    },
}

/// Why a subscription does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The server answered with this status.
    Refused(u16),
    /// It did not answer.
    Unanswered,
    /// It ended the subscription.
    Ended,
    /// It took the SUBSCRIBE and then sent no NOTIFY.
    Silent,
}

/// What the subscriber holds to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What we ask for. Default one hour, as RFC 3842 recommends.
    pub expires: Duration,
    /// How long after the first failure we ask again; doubled with each further one. Default 5 s.
    pub retry_min: Duration,
    /// At most this long. Default 10 min.
    pub retry_max: Duration,
    /// Mailboxes watched; one more is not, and its lamp stays off. Default 20,000.
    pub mailboxes_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            expires: Duration::from_secs(3600),
            retry_min: Duration::from_secs(5),
            retry_max: Duration::from_secs(600),
            mailboxes_max: 20_000,
        }
    }
}

/// All our subscriptions.
#[derive(Debug)]
pub struct Subscriber {
    settings: Settings,
    ids: Ids,
    by_user: HashMap<SmolStr, Watch>,
    /// By our From tag, which a NOTIFY brings back in To.
    by_tag: HashMap<SmolStr, SmolStr>,
    due: BTreeSet<(Instant, SmolStr)>,
}

/// A SUBSCRIBE is answered within 32 s, by a time-out at the latest (RFC 3261 Timer F). If the one who should tell us
/// failed, this brings us back.
const ANSWER_MAX: Duration = Duration::from_secs(40);

/// A NOTIFY must follow a 200 at once (RFC 6665 §4.1.2.4, Timer N is 32 s).
const NOTIFY_MAX: Duration = Duration::from_secs(32);

/// === impl Subscriber ===
impl Subscriber {
    /// Without subscriptions.
    #[must_use]
    pub fn new(settings: Settings, ids: Ids) -> Self {
        Self {
            settings,
            ids,
            by_user: HashMap::new(),
            by_tag: HashMap::new(),
            due: BTreeSet::new(),
        }
    }

    /// Watches a user's mailbox from now on. Nothing when it is watched already at the same place; another place
    /// replaces it. Returns whether it is watched: `false` when the table is full.
    pub fn start(&mut self, now: Instant, user: &str, mailbox: Mailbox, out: &mut Vec<Asked>) -> bool {
        match self.by_user.get(user) {
            Some(watch) if watch.mailbox == mailbox => return true,
            Some(_) => self.stop(user, out),
            None if self.by_user.len() >= self.settings.mailboxes_max => return false,
            None => {}
        }
        let user = SmolStr::new(user);
        let watch = self.fresh(now, mailbox);
        self.by_tag.insert(watch.tag.clone(), user.clone());
        self.due.insert((watch.due, user.clone()));
        self.by_user.insert(user.clone(), watch);
        self.ask(now, &user, None, out);
        true
    }

    /// Watches no longer; the server is told when it knows of us.
    pub fn stop(&mut self, user: &str, out: &mut Vec<Asked>) {
        let Some(mut watch) = self.by_user.remove(user) else {
            return;
        };
        self.by_tag.remove(&watch.tag);
        self.due.remove(&(watch.due, user.into()));
        if watch.established {
            out.push(watch.subscribe(user, 0));
        }
    }

    /// How many mailboxes are watched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_user.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_user.is_empty()
    }

    /// The final answer to a SUBSCRIBE; `None`: no answer, or it could not be sent. For a challenge `authorize` is
    /// called with the new request and the challenge and gives the header for it, or `None` without credentials.
    pub fn answered(
        &mut self,
        now: Instant,
        user: &str,
        cseq: u32,
        response: Option<&Message>,
        authorize: Authorize<'_>,
        out: &mut Vec<Asked>,
    ) -> Option<Heard> {
        let watch = self.by_user.get_mut(user)?;
        if watch.stage != Stage::Asking || watch.dialog.cseq != cseq {
            return None;
        }
        let Some(response) = response else {
            return self.rest(now, user, Why::Unanswered, None);
        };
        let status = response.status().unwrap_or(500);
        if matches!(status, 401 | 407) && !watch.authorized {
            watch.authorized = true;
            let mut credentials = |request: &Message| authorize(request, response);
            self.ask(now, user, Some(&mut credentials), out);
            return None;
        }
        if !(200..300).contains(&status) {
            return self.rest(now, user, Why::Refused(status), retry_after(response));
        }
        let asked = u32::try_from(self.settings.expires.as_secs()).unwrap_or(u32::MAX);
        let granted = expires(response).ok().flatten().unwrap_or(asked).min(asked);
        if granted == 0 {
            return self.rest(now, user, Why::Ended, None);
        }
        watch.learn_dialog(response, true);
        watch.stage = Stage::Active;
        watch.authorized = false;
        watch.expires = now + Duration::from_secs(u64::from(granted));
        if watch.notified {
            watch.failures = 0;
        }
        let next = now + refresh_after(granted);
        let due = if watch.notified {
            next
        } else {
            next.min(now + NOTIFY_MAX)
        };
        self.set_due(user, due);
        None
    }

    /// A NOTIFY came in that belongs to no subscription of anybody else: the answer to it, and what was learned.
    pub fn notified(&mut self, now: Instant, notify: &Message) -> (Message, Option<Heard>) {
        let refuse = |status, reason| (Message::reply(notify, status, reason, None), None);
        let user = tag(notify.to()).and_then(|tag| self.by_tag.get(&tag).cloned());
        let Some((user, watch)) = user.and_then(|user| {
            let watch = self.by_user.get_mut(&user)?;
            Some((user, watch))
        }) else {
            return refuse(481, "Subscription Does Not Exist");
        };
        if !watch.belongs(notify) {
            return refuse(481, "Subscription Does Not Exist");
        }
        let package = EventValue::of(notify).and_then(|event| Package::parse(&event.package));
        if package != Some(Package::MessageSummary) {
            return refuse(489, "Bad Event");
        }
        let Some(state) = notify.text(&Name::SubscriptionState) else {
            return refuse(400, "No Subscription-State");
        };
        let summary = if notify.body().is_empty() {
            None
        } else {
            let content_type = notify.text(&Name::ContentType).unwrap_or_default();
            let kind = content_type.split(';').next().unwrap_or_default().trim();
            if !kind.eq_ignore_ascii_case(message_summary::CONTENT_TYPE) {
                return refuse(415, "Unsupported Media Type");
            }
            MessageSummary::parse(notify.body())
        };
        let reply = Message::reply(notify, 200, "OK", None);
        let (state, params) = state.split_once(';').unwrap_or((&state, ""));
        let params = Params::parse(params.as_bytes());
        if state.trim().eq_ignore_ascii_case("terminated") {
            let again = params.text("retry-after").and_then(|text| text.parse().ok());
            let lost = self.rest(now, &user, Why::Ended, again);
            // Its last word counts all the same.
            return (
                reply,
                summary.map(|summary| Heard::Waiting { user, summary }).or(lost),
            );
        }
        let left = params.text("expires").and_then(|text| text.parse::<u32>().ok());
        watch.heard(notify);
        if watch.stage == Stage::Active {
            let known = watch.expires.saturating_duration_since(now).as_secs();
            let known = u32::try_from(known).unwrap_or(u32::MAX);
            let left = left.unwrap_or(known).min(known);
            self.set_due(&user, now + refresh_after(left));
        }
        (reply, summary.map(|summary| Heard::Waiting { user, summary }))
    }

    /// Does what is due: refreshes, new attempts.
    pub fn timeout(&mut self, now: Instant, out: &mut Vec<Asked>) -> Vec<Heard> {
        let mut heard = Vec::new();
        while let Some((at, user)) = self.due.first().cloned().filter(|(at, _)| *at <= now) {
            let Some(watch) = self.by_user.get(&user) else {
                self.due.remove(&(at, user));
                continue;
            };
            match watch.stage {
                Stage::Asking => heard.extend(self.rest(now, &user, Why::Unanswered, None)),
                Stage::Active if !watch.notified => heard.extend(self.rest(now, &user, Why::Silent, None)),
                Stage::Active | Stage::Resting => self.ask(now, &user, None, out),
            }
        }
        heard
    }

    /// When [`timeout`](Self::timeout) has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        Some(self.due.first()?.0)
    }
}

/// === The steps ===
impl Subscriber {
    fn fresh(&mut self, now: Instant, mailbox: Mailbox) -> Watch {
        let (tag, call_id) = (self.ids.create(), self.ids.create());
        Watch::new(now, mailbox, tag, &call_id)
    }

    fn ask(&mut self, now: Instant, user: &str, credentials: Option<Credentials<'_>>, out: &mut Vec<Asked>) {
        let seconds = self.settings.expires.as_secs();
        let Some(watch) = self.by_user.get_mut(user) else {
            return;
        };
        let mut asked = watch.subscribe(user, seconds);
        if let Some(header) = credentials.and_then(|credentials| credentials(&asked.message)) {
            asked.message.push(header);
        }
        watch.stage = Stage::Asking;
        out.push(asked);
        self.set_due(user, now + ANSWER_MAX);
    }

    /// The subscription failed: a new one, with a new dialog, after a while that grows with each failure.
    fn rest(&mut self, now: Instant, user: &str, why: Why, retry_after_s: Option<u32>) -> Option<Heard> {
        let mailbox = self.by_user.get(user)?.mailbox.clone();
        let fresh = self.fresh(now, mailbox);
        let watch = self.by_user.get_mut(user)?;
        let failures = watch.failures;
        let (old_due, old_tag) = (watch.due, watch.tag.clone());
        *watch = Watch {
            due: old_due,
            failures: failures.saturating_add(1),
            ..fresh
        };
        self.by_tag.remove(&old_tag);
        self.by_tag.insert(watch.tag.clone(), user.into());
        let back_off = self.settings.retry_min.saturating_mul(1 << failures.min(16));
        let told = Duration::from_secs(u64::from(retry_after_s.unwrap_or(0)));
        let wait = back_off
            .min(self.settings.retry_max)
            .max(told.min(RETRY_AFTER_MAX));
        self.set_due(user, now + wait);
        Some(Heard::Lost {
            user: user.into(),
            why,
        })
    }

    fn set_due(&mut self, user: &str, due: Instant) {
        let Some(watch) = self.by_user.get_mut(user) else {
            return;
        };
        self.due.remove(&(watch.due, user.into()));
        watch.due = due;
        self.due.insert((due, user.into()));
    }
}

/// A server that says "come back tomorrow" is asked again after an hour.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// A refresh goes out when a tenth of the time is left, 40 s at least, so that a time-out and one more attempt fit
/// in; at half time for the shortest.
fn refresh_after(seconds: u32) -> Duration {
    let margin = (seconds / 10).max(40).min(seconds / 2);
    Duration::from_secs(u64::from(seconds - margin))
}
