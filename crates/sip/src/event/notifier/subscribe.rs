//! SUBSCRIBE: new, refresh, end, fetch.

use std::time::{Duration, Instant};

use smol_str::SmolStr;

use super::{Bodies, Notifier, Notify, Subscription, SubscriptionId};
use crate::event::dialog::{self, Dialog};
use crate::event::{EventValue, Package, Reason, expires, tag};
use crate::hop::Hop;
use crate::message::{Header, Message, Name, split_list};

/// A SUBSCRIBE that the edge has authenticated and allowed; what it does not allow it answers itself (403).
#[derive(Clone, Copy, Debug)]
pub struct Subscribe<'a> {
    /// The request.
    pub message: &'a Message,
    /// Where it came from; NOTIFY requests go back there, through NAT.
    pub from: &'a Hop,
    /// What the Request-URI names, as the edge calls it; `None`: nothing, 404. Not looked at within a dialog.
    pub resource: Option<&'a str>,
    /// Who watches, as the edge calls it: the device. Within a dialog it must be the same.
    pub watcher: &'a str,
    /// Our Contact at the listener where it arrived, a URI without brackets.
    pub contact: &'a str,
}

/// Why a SUBSCRIBE is refused: status, phrase, and the header that says what would do.
type Refused = (u16, &'static str, Option<Header>);

/// What a SUBSCRIBE asks for, read and within bounds.
struct Wish {
    package: Package,
    event_id: Option<SmolStr>,
    expires: Duration,
    cseq: u32,
}

impl Notifier {
    /// Takes a SUBSCRIBE and gives the answer to it; the NOTIFY that must follow is pushed to `out` and must be sent
    /// after the answer.
    pub fn subscribe(
        &mut self,
        now: Instant,
        subscribe: &Subscribe<'_>,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) -> Message {
        let message = subscribe.message;
        let result = match tag(message.to()) {
            Some(ours) => self.refresh(now, SubscriptionId(ours), subscribe, bodies, out),
            None => self.begin(now, subscribe, bodies, out),
        };
        match result {
            Ok((id, expires)) => accepted(subscribe, &id, expires),
            Err((status, reason, header)) => {
                let mut reply = Message::reply(message, status, reason, Some(&self.ids.create()));
                if let Some(header) = header {
                    reply.push(header);
                }
                reply
            }
        }
    }

    fn begin(
        &mut self,
        now: Instant,
        subscribe: &Subscribe<'_>,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) -> Result<(SubscriptionId, Duration), Refused> {
        let wish = self.wish(subscribe.message)?;
        let resource = subscribe.resource.ok_or((404, "Not Found", None))?;
        let id = SubscriptionId(self.ids.create());
        let bad = |problem| (400, problem, None);
        let dialog = Dialog::of_request(subscribe.message, id.as_str()).map_err(bad)?;
        let mut subscription = Subscription {
            package: wish.package,
            resource: resource.into(),
            watcher: subscribe.watcher.into(),
            dialog,
            event_id: wish.event_id,
            contact: subscribe.contact.into(),
            hop: subscribe.from.clone(),
            subscribe_cseq: wish.cseq,
            expires: now + wish.expires,
            version: 0,
            reserved: 0,
            last_sent: None,
            waiting: None,
            pending: None,
            failures: 0,
            due: now + wish.expires,
        };
        if wish.expires.is_zero() {
            // A fetch: one answer, and nothing to remember.
            out.push(subscription.notify(&id, &Reason::Timeout.state(), Some(true), bodies));
            return Ok((id, wish.expires));
        }
        self.make_room(&subscription, bodies, out)?;
        subscription.reserve();
        self.insert(id.clone(), subscription);
        self.send(now, &id, true, None, bodies, out);
        Ok((id, wish.expires))
    }

    fn refresh(
        &mut self,
        now: Instant,
        id: SubscriptionId,
        subscribe: &Subscribe<'_>,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) -> Result<(SubscriptionId, Duration), Refused> {
        const GONE: Refused = (481, "Subscription Does Not Exist", None);
        let message = subscribe.message;
        let known = self.subscriptions.get(&id).ok_or(GONE)?;
        let theirs = message.from().map_err(|_| (400, "Bad From", None))?;
        let remote = crate::value::NameAddr::parse(&known.dialog.remote);
        let same_tag = remote.is_ok_and(|remote| remote.params.get("tag") == theirs.params.get("tag"));
        let same_call = message.call_id() == Some(&known.dialog.call_id[..]);
        if !same_tag || !same_call || known.watcher != subscribe.watcher || known.expires <= now {
            return Err(GONE);
        }
        let wish = self.wish(message)?;
        let known = self.subscriptions.get_mut(&id).ok_or(GONE)?;
        if (wish.package, &wish.event_id) != (known.package, &known.event_id) {
            // Several usages of one dialog are deprecated (RFC 6665 §4.5.2).
            return Err((403, "One Subscription per Dialog", None));
        }
        if wish.cseq <= known.subscribe_cseq {
            return Err((500, "CSeq Out of Order", None));
        }
        if let Ok(target) = dialog::target(message) {
            let mut moved = known.dialog.clone();
            moved.target = target;
            known.dialog = moved.bounded().map_err(|problem| (400, problem, None))?;
        }
        known.subscribe_cseq = wish.cseq;
        known.hop = subscribe.from.clone();
        known.contact = subscribe.contact.into();
        known.expires = now + wish.expires;
        known.failures = 0;
        if wish.expires.is_zero() {
            self.finish(&id, Reason::Timeout, bodies, out);
        } else {
            self.changed.insert(id.clone());
            // Also while another is on its way: the watcher waits for this one (RFC 6665 §4.2.1.2).
            self.send(now, &id, true, None, bodies, out);
        }
        Ok((id, wish.expires))
    }

    /// Reads what is asked, and refuses in the order of RFC 6665 §4.2.1.1.
    fn wish(&self, message: &Message) -> Result<Wish, Refused> {
        let event = EventValue::of(message);
        let package = event.as_ref().and_then(|event| Package::parse(&event.package));
        let (Some(event), Some(package)) = (event, package) else {
            let known = Package::ALL.map(Package::as_str).join(", ");
            return Err((489, "Bad Event", Some(Header::new(Name::AllowEvents, known))));
        };
        if event.id.as_ref().is_some_and(|id| id.len() > EVENT_ID_MAX) {
            return Err((400, "Event id too long", None));
        }
        let cseq = message.cseq().map_err(|_| (400, "Bad CSeq", None))?.number;
        let seconds = expires(message).map_err(|()| (400, "Bad Expires", None))?;
        let seconds = seconds.unwrap_or_else(|| package.expires_default_s());
        let expires = Duration::from_secs(u64::from(seconds)).min(self.settings.expires_max);
        if !expires.is_zero() && expires < self.settings.expires_min {
            let least = self.settings.expires_min.as_secs().to_string();
            return Err((
                423,
                "Interval Too Brief",
                Some(Header::new(Name::MinExpires, least)),
            ));
        }
        if !accepts(message, package.content_type()) {
            return Err((406, "Not Acceptable", None));
        }
        Ok(Wish {
            package,
            event_id: event.id,
            expires,
            cseq,
        })
    }

    /// Refuses what goes beyond the bounds. A phone that lost its memory subscribes anew while its old subscription
    /// still counts, so at a bound an older one of the same contact to the same thing makes room.
    fn make_room(
        &mut self,
        new: &Subscription,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) -> Result<(), Refused> {
        let watching = self.watching(new.package, &new.resource);
        let of_watcher = self.by_watcher.get(&new.watcher).map_or(0, Vec::len);
        let free = self.subscriptions.len() < self.settings.subscriptions_max
            && watching.len() < self.settings.per_resource_max
            && of_watcher < self.settings.per_watcher_max;
        if free {
            return Ok(());
        }
        let older = watching.into_iter().find(|id| {
            let older = self.subscriptions.get(id);
            older
                .is_some_and(|older| older.watcher == new.watcher && older.dialog.target == new.dialog.target)
        });
        let full = (
            503,
            "Too Many Subscriptions",
            Some(Header::new(Name::RetryAfter, RETRY_AFTER_S)),
        );
        self.finish(&older.ok_or(full)?, Reason::Giveup, bodies, out);
        Ok(())
    }
}

/// What a watcher is told to wait for when the tables are full.
const RETRY_AFTER_S: &str = "60";

/// A longer `id` in the Event header is refused: it comes back in each NOTIFY. Phones send a number.
const EVENT_ID_MAX: usize = 128;

fn accepted(subscribe: &Subscribe<'_>, id: &SubscriptionId, expires: Duration) -> Message {
    let mut reply = Message::reply(subscribe.message, 200, "OK", Some(id.as_str()));
    for header in subscribe.message.all(&Name::RecordRoute) {
        reply.push(header.clone());
    }
    reply.push(Header::new(Name::Contact, format!("<{}>", subscribe.contact)));
    reply.push(Header::new(Name::Expires, expires.as_secs().to_string()));
    reply
}

/// Whether the watcher takes this type. Without Accept it takes the package's default (RFC 6665 §3.1.3).
fn accepts(message: &Message, content_type: &str) -> bool {
    let mut all = message.all(&Name::Accept).peekable();
    if all.peek().is_none() {
        return true;
    }
    let family = content_type.split('/').next().unwrap_or_default();
    let mut ranges = all.flat_map(|header| split_list(header.raw()));
    ranges.any(|range| {
        let range = range.split(|byte| *byte == b';').next().unwrap_or_default();
        let range = String::from_utf8_lossy(range.trim_ascii()).to_ascii_lowercase();
        range == content_type || range == "*/*" || range == format!("{family}/*")
    })
}
