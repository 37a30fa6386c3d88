//! The notifier (RFC 6665 §4.2): subscriptions of others to what we know.
//!
//! ```text
//!            SUBSCRIBE            publish / refresh            answer
//!   (none) ───────────▶ active ─────────────────────▶ waiting ───────▶ active
//!                          │  ▲       NOTIFY          (one NOTIFY on its way; changes meanwhile
//!                          │  └── at most one a second  become one more NOTIFY afterwards)
//!                          ▼
//!     Expires 0, time over, terminate: last NOTIFY, forgotten.    481, 408, no answer: forgotten.
//! ```
//!
//! **Invariant:** at most one NOTIFY per subscription is sent in [`Settings::notify_interval`], but for those that
//! answer a SUBSCRIBE and the last one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use bytes::Bytes;
use smol_str::SmolStr;

use super::dialog::Dialog;
use super::ids::Ids;
use super::{Package, Reason, tag};
use crate::hop::Hop;
use crate::message::Message;

mod answer;
mod record;
mod send;
mod subscribe;
#[cfg(test)]
mod tests;

pub use self::answer::Answered;
pub use self::record::BadRecord;
pub use self::subscribe::Subscribe;

/// Where the bodies of NOTIFY requests come from.
pub trait Bodies {
    /// The state of a resource as a document: its type and bytes. `version` counts the documents of one watcher
    /// from 0 and goes into documents that carry one. `full` asks for all there is; otherwise the document may hold
    /// only what changed since the last `publish`. `None`: nothing is known, the NOTIFY goes without a body.
    fn body(&self, package: Package, resource: &str, version: u32, full: bool) -> Option<(SmolStr, Bytes)>;
}

/// A NOTIFY that must be sent, complete but for Via.
#[derive(Clone, Debug)]
pub struct Notify {
    /// The request.
    pub message: Message,
    /// Where to: the flow of the last SUBSCRIBE.
    pub to: Hop,
    /// For [`Notifier::answered`].
    pub sent: Sent,
}

/// Which NOTIFY an answer is to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its CSeq number.
    pub cseq: u32,
}

/// Names a subscription: the tag that we gave it. Stays the same through a restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(SmolStr);

impl SubscriptionId {
    /// The subscription that a SUBSCRIBE within a dialog names; `None` for one that begins a dialog.
    #[must_use]
    pub fn of(subscribe: &Message) -> Option<Self> {
        tag(subscribe.to()).map(Self)
    }

    /// As text, for a store's key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the notifier holds to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A subscription shorter than this gets 423 (but for Expires 0). Default 60 s.
    pub expires_min: Duration,
    /// A longer one is shortened to this. Default 3761 s, what RFC 3680 gives.
    pub expires_max: Duration,
    /// How far apart the NOTIFY requests of one subscription are. Default 1 s.
    pub notify_interval: Duration,
    /// All together; one more gets 503. Default 20,000: 1 to 5 KB each.
    pub subscriptions_max: usize,
    /// To one package of one resource; one more gets 503. Default 256.
    pub per_resource_max: usize,
    /// Of one watcher; one more gets 503. Default 256, two full key modules.
    pub per_watcher_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            expires_min: Duration::from_secs(60),
            expires_max: Duration::from_secs(3761),
            notify_interval: Duration::from_secs(1),
            subscriptions_max: 20_000,
            per_resource_max: 256,
            per_watcher_max: 256,
        }
    }
}

/// All subscriptions of one edge.
#[derive(Debug)]
pub struct Notifier {
    settings: Settings,
    ids: Ids,
    subscriptions: HashMap<SubscriptionId, Subscription>,
    by_resource: HashMap<(Package, SmolStr), Vec<SubscriptionId>>,
    by_watcher: HashMap<SmolStr, Vec<SubscriptionId>>,
    /// When each has something to do next.
    due: BTreeSet<(Instant, SubscriptionId)>,
    /// What a store has not heard of yet. At most what exists plus what ended since it was last asked for.
    changed: HashSet<SubscriptionId>,
}

/// One watcher watching one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subscription {
    package: Package,
    resource: SmolStr,
    watcher: SmolStr,
    dialog: Dialog,
    /// The `id` of its Event header.
    event_id: Option<SmolStr>,
    /// Our Contact, a URI.
    contact: SmolStr,
    hop: Hop,
    /// CSeq of the last SUBSCRIBE.
    subscribe_cseq: u32,
    expires: Instant,
    /// Of the next document.
    version: u32,
    /// Once CSeq or version reach this, a store must hear of it.
    reserved: u32,
    last_sent: Option<Instant>,
    /// The NOTIFY without an answer: its CSeq, and when it is given up.
    waiting: Option<(u32, Instant)>,
    pending: Option<Pending>,
    /// Failed in a row.
    failures: u8,
    /// As in the queue.
    due: Instant,
}

/// A NOTIFY that is to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pending {
    not_before: Instant,
    full: bool,
}

/// An answer to a NOTIFY comes within 32 s (RFC 3261 Timer F), or a time-out in its place. When neither comes, the
/// one who should tell us has failed, and the subscription ends after this.
const ANSWER_MAX: Duration = Duration::from_secs(40);

/// === impl Notifier ===
impl Notifier {
    /// Without subscriptions.
    #[must_use]
    pub fn new(settings: Settings, ids: Ids) -> Self {
        Self {
            settings,
            ids,
            subscriptions: HashMap::new(),
            by_resource: HashMap::new(),
            by_watcher: HashMap::new(),
            due: BTreeSet::new(),
            changed: HashSet::new(),
        }
    }

    /// The resource has changed: everybody who watches it is told, at once or when the interval since the last
    /// NOTIFY is over.
    pub fn publish(
        &mut self,
        now: Instant,
        package: Package,
        resource: &str,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) {
        for id in self.watching(package, resource) {
            self.ask_notify(now, &id, false, bodies, out);
        }
    }

    /// Ends all subscriptions to a resource: the user moved to another edge, was deleted, lost its rights.
    pub fn terminate(
        &mut self,
        package: Package,
        resource: &str,
        reason: Reason,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) {
        for id in self.watching(package, resource) {
            self.finish(&id, reason, bodies, out);
        }
    }

    /// Ends all subscriptions of a watcher: the session at that phone is over. `bodies` says what the phone sees
    /// last, as "no messages waiting".
    pub fn terminate_watcher(
        &mut self,
        watcher: &str,
        reason: Reason,
        bodies: &impl Bodies,
        out: &mut Vec<Notify>,
    ) {
        for id in self.by_watcher.get(watcher).cloned().unwrap_or_default() {
            self.finish(&id, reason, bodies, out);
        }
    }

    /// Does what is due: held-back NOTIFY requests, subscriptions whose time is over.
    pub fn timeout(&mut self, now: Instant, bodies: &impl Bodies, out: &mut Vec<Notify>) {
        while let Some((at, id)) = self.due.first().cloned().filter(|(at, _)| *at <= now) {
            let Some(subscription) = self.subscriptions.get(&id) else {
                self.due.remove(&(at, id));
                continue;
            };
            if subscription.expires <= now {
                self.finish(&id, Reason::Timeout, bodies, out);
            } else if subscription.waiting.is_some_and(|(_, until)| until <= now) {
                self.forget(&id);
            } else if let Some(pending) = subscription.ready(now) {
                self.send(now, &id, pending.full, None, bodies, out);
            } else {
                self.reschedule(&id);
            }
        }
    }

    /// When [`timeout`](Self::timeout) has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        Some(self.due.first()?.0)
    }

    /// Whether anybody watches, so that a document need not be made for nobody.
    #[must_use]
    pub fn is_watched(&self, package: Package, resource: &str) -> bool {
        self.by_resource.contains_key(&(package, resource.into()))
    }

    /// What a subscription watches, and who: to check again at a refresh whether it still may. `None`: there is no
    /// such subscription.
    #[must_use]
    pub fn watched_by(&self, id: &SubscriptionId) -> Option<(Package, &str, &str)> {
        let known = self.subscriptions.get(id)?;
        Some((known.package, &known.resource, &known.watcher))
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.subscriptions.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.subscriptions.is_empty()
    }

    fn watching(&self, package: Package, resource: &str) -> Vec<SubscriptionId> {
        let key = (package, SmolStr::new(resource));
        self.by_resource.get(&key).cloned().unwrap_or_default()
    }
}

/// === The tables ===
impl Notifier {
    fn insert(&mut self, id: SubscriptionId, subscription: Subscription) {
        let resource = (subscription.package, subscription.resource.clone());
        self.by_resource.entry(resource).or_default().push(id.clone());
        let watcher = subscription.watcher.clone();
        self.by_watcher.entry(watcher).or_default().push(id.clone());
        self.due.insert((subscription.due, id.clone()));
        self.changed.insert(id.clone());
        self.subscriptions.insert(id, subscription);
    }

    fn forget(&mut self, id: &SubscriptionId) -> Option<Subscription> {
        let subscription = self.subscriptions.remove(id)?;
        self.due.remove(&(subscription.due, id.clone()));
        self.changed.insert(id.clone());
        remove_from(
            &mut self.by_resource,
            &(subscription.package, subscription.resource.clone()),
            id,
        );
        remove_from(&mut self.by_watcher, &subscription.watcher, id);
        Some(subscription)
    }

    /// Puts the subscription where it belongs in the queue. To be called after each change of its times.
    fn reschedule(&mut self, id: &SubscriptionId) {
        let Some(subscription) = self.subscriptions.get_mut(id) else {
            return;
        };
        let due = subscription.next_due();
        if due != subscription.due {
            self.due.remove(&(subscription.due, id.clone()));
            subscription.due = due;
            self.due.insert((due, id.clone()));
        }
    }
}

impl Subscription {
    /// The NOTIFY that may go out now.
    fn ready(&self, now: Instant) -> Option<Pending> {
        let pending = self.pending.filter(|pending| pending.not_before <= now);
        pending.filter(|_| self.waiting.is_none())
    }

    /// An answer is waited for before the next NOTIFY, so the pending one has no time of its own meanwhile.
    fn next_due(&self) -> Instant {
        let next = match (self.waiting, self.pending) {
            (Some((_, until)), _) => until,
            (None, Some(pending)) => pending.not_before,
            (None, None) => self.expires,
        };
        next.min(self.expires)
    }
}

fn remove_from<K: Eq + std::hash::Hash>(
    index: &mut HashMap<K, Vec<SubscriptionId>>,
    key: &K,
    id: &SubscriptionId,
) {
    if let Some(ids) = index.get_mut(key) {
        ids.retain(|other| other != id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}
