//! Subscriptions: lamps that show who is in a call, watchers of registrations, waiting messages (RFC 6665).
//!
//! A lamp shows the user, wherever the user sits. The edge of the office where the user sits knows the user's calls, so
//! a SUBSCRIBE for them goes there like a call; when the user moves, the subscription ends with `deactivated`, which
//! tells the watcher to subscribe again at once, and so it follows (RFC 6665 §4.1.3).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hotdesk_client::UserBindings;
use hotdesk_sip::body::message_summary::MessageSummary;
use hotdesk_sip::body::{dialog_info, reginfo};
use hotdesk_sip::digest::{Kind, Secret, answer};
use hotdesk_sip::event::{
    Bodies, Changes, Dialogs, Notifier, Notify, Package, Reason, Sent, Subscribe, Subscriber, SubscriptionId,
};
use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_sip::proxy::{Actions, Decision, Edit, Incoming, Plan, RecordRoute, Target};
use hotdesk_sip::registrar::Change;
use hotdesk_sip::uri::Uri;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::app::{App, Tag, now_ms};
use super::calls::Call;
use super::disk::Disk;
use super::invite::dialed;
use super::party::Party;
use super::reply::busy;
use super::sender::{Sender, session_key, session_of_key};
use super::targets::{EPOCH_PARAM, USER_PARAM};

/// The user part of our Contact in subscriptions.
pub(crate) const CONTACT_USER: &str = "subscriptions";

/// What the keys of subscriptions begin with in the ledger.
pub(crate) const KEY_PREFIX: &[u8] = b"sub/";

/// What is watched here, and what we watch.
pub(crate) struct Lamps {
    pub(crate) notifier: Mutex<Notifier>,
    pub(crate) subscriber: Mutex<Subscriber>,
    /// What waits for a user, as the voicemail server said last.
    pub(crate) waiting: Mutex<HashMap<SmolStr, MessageSummary>>,
    /// What happened to contacts last, for the next partial document.
    registrations: Mutex<HashMap<SmolStr, Vec<Change>>>,
    ledger: Option<Arc<Disk>>,
}

impl Lamps {
    pub(crate) fn new(notifier: Notifier, subscriber: Subscriber, ledger: Option<Arc<Disk>>) -> Self {
        Self {
            notifier: Mutex::new(notifier),
            subscriber: Mutex::new(subscriber),
            waiting: Mutex::default(),
            registrations: Mutex::default(),
            ledger,
        }
    }
}

impl Bodies for App {
    fn body(&self, package: Package, resource: &str, version: u32, full: bool) -> Option<(SmolStr, Bytes)> {
        let body = match package {
            Package::Dialog => {
                let dialogs = self.calls.lock().dialog_info(Instant::now(), resource, false);
                dialog_info::write(version, &self.user_uri(resource), &dialogs)
            }
            Package::Reg => {
                let registration = self.registration(resource);
                reginfo::write(version, full, &[registration])
            }
            Package::MessageSummary => self.summary_at(resource).write(),
        };
        Some((package.content_type().into(), body))
    }
}

impl App {
    /// A SUBSCRIBE.
    pub(crate) fn subscribe(
        &self,
        now: Instant,
        incoming: &Incoming<'_>,
        out: &mut Actions<Self>,
    ) -> Decision<Self> {
        let request = incoming.message;
        let watcher = match self.sender(now, request, incoming.from, Kind::Proxy) {
            Ok(Sender::Phone(line)) => SmolStr::new(line.device.device()),
            Ok(Sender::Edge(edge)) => SmolStr::from(format!("edge:{edge}")),
            Ok(Sender::Trunk(peer) | Sender::Peer(peer)) => peer,
            Err(refusal) => return Decision::Reply(*refusal),
        };
        let name = request
            .uri()
            .and_then(|uri| Uri::parse(uri).ok())
            .map(|uri| dialed(&uri))
            .unwrap_or_default();
        let package = Package::of(request);
        let from_edge = watcher.starts_with("edge:");
        if package == Some(Package::Dialog)
            && !incoming.in_dialog
            && !from_edge
            && let Some(target) = self.where_user_sits(request, &name)
        {
            // The dialog's requests come this way too: only this edge reaches the watcher.
            let call_id = request.call_id().unwrap_or_default();
            let record_route = RecordRoute {
                user: self.tokens.sign(&Party::Phone(watcher), call_id),
                params: SmolStr::default(),
            };
            let plan = Plan {
                record_route: Some(record_route),
                ..Plan::to(target)
            };
            return Decision::Forward {
                plan,
                call: Call::Other,
            };
        }
        if package == Some(Package::Dialog) && !incoming.in_dialog && from_edge && self.has_moved(&name) {
            // The other edge has not heard of it yet; a watcher here would never follow.
            return Decision::Reply(busy(request, "The user has moved", 1));
        }
        let resource = package.and_then(|package| self.watched(package, &name, &watcher));
        let contact = self.contact_at(incoming.from, CONTACT_USER);
        let subscribe = Subscribe {
            message: request,
            from: incoming.from,
            resource: resource.as_deref(),
            watcher: &watcher,
            contact: &contact,
        };
        let mut notifies = Vec::new();
        let answer = self
            .lamps
            .notifier
            .lock()
            .subscribe(now, &subscribe, self, &mut notifies);
        self.send_notifies(notifies, out);
        self.keep_subscriptions(now);
        Decision::Reply(answer)
    }

    /// What a name means for a package; `None`: nothing that this watcher may see.
    fn watched(&self, package: Package, name: &str, watcher: &str) -> Option<SmolStr> {
        match package {
            Package::Dialog => self.table.by_name(name).map(|user| user.user().into()),
            // A phone's lamp shows what waits for whoever sits there.
            Package::MessageSummary => self.table.by_device(watcher).map(|device| device.device().into()),
            Package::Reg => {
                let device = self.table.by_device(watcher)?;
                let named = self.table.by_name(name);
                let own = device.binding().filter(|binding| {
                    let named = named.as_ref();
                    named.is_some_and(|named| named.user() == binding.user)
                });
                if let Some(binding) = own {
                    return Some(session_key(&binding.user, binding.epoch));
                }
                (self.table.by_device(name)?.device() == device.device()).then(|| device.device().into())
            }
        }
    }

    /// Whether a user sits at another office.
    pub(super) fn has_moved(&self, name: &str) -> bool {
        let user = self.table.by_name(name);
        let edge = user.as_ref().and_then(|user| self.edge_of(user));
        edge.is_some_and(|edge| edge != self.settings.edge)
    }

    /// The edge that serves the phone where a user has logged in last.
    pub(crate) fn edge_of(&self, user: &UserBindings) -> Option<SmolStr> {
        let device = self.table.by_device(&user.newest()?.device)?;
        device.serving().map(SmolStr::new)
    }

    /// The edge that knows a user's calls, when it is another one.
    fn where_user_sits(&self, request: &Message, name: &str) -> Option<Target> {
        let user = self.table.by_name(name)?;
        let binding = user.newest()?;
        let edge = self.edge_of(&user)?;
        if edge == self.settings.edge || !self.may_leave_office() {
            return None;
        }
        let (hop, route) = self.peers.hop(&edge)?;
        let uri = format!(
            "sip:{name}@{};{USER_PARAM}={};{EPOCH_PARAM}={}",
            self.settings.domain,
            user.user(),
            binding.epoch
        );
        let mut target = Target::new(Bytes::from(uri), hop);
        target.routes.push(Bytes::from(route));
        let pass = self.pass(request.call_id()?, &target.uri);
        target.edits.push(Edit::Remove(Name::ProxyAuthorization));
        target.edits.push(pass);
        Some(target)
    }

    /// The user's calls have changed, or where the user sits.
    pub(crate) fn publish(&self, now: Instant, package: Package, resource: &str, out: &mut Actions<Self>) {
        let mut notifies = Vec::new();
        {
            let mut notifier = self.lamps.notifier.lock();
            if !notifier.is_watched(package, resource) {
                return;
            }
            notifier.publish(now, package, resource, self, &mut notifies);
        }
        self.send_notifies(notifies, out);
    }

    /// The user sits at another office now: watchers come back by themselves, and find the edge there.
    pub(crate) fn watchers_move(&self, user: &str, out: &mut Actions<Self>) {
        let mut notifies = Vec::new();
        let mut notifier = self.lamps.notifier.lock();
        notifier.terminate(Package::Dialog, user, Reason::Deactivated, self, &mut notifies);
        drop(notifier);
        self.send_notifies(notifies, out);
    }

    fn send_notifies(&self, notifies: Vec<Notify>, out: &mut Actions<Self>) {
        for Notify { message, to, sent } in notifies {
            out.request(message, to, Tag::Notify(sent));
        }
    }

    /// Lets the list of calls see something, and tells the lamps that it changes.
    pub(crate) fn followed<T>(
        &self,
        out: &mut Actions<Self>,
        see: impl FnOnce(&mut Dialogs, &mut Changes) -> T,
    ) -> T {
        let mut changes = Changes::default();
        let seen = see(&mut self.calls.lock(), &mut changes);
        changes.users.sort();
        changes.users.dedup();
        for user in &changes.users {
            self.publish(Instant::now(), Package::Dialog, user, out);
        }
        seen
    }

    /// Timers of subscriptions, ours and others'.
    pub(crate) fn lamps_timeout(&self, now: Instant, out: &mut Actions<Self>) {
        let mut notifies = Vec::new();
        self.lamps.notifier.lock().timeout(now, self, &mut notifies);
        self.send_notifies(notifies, out);
        let mut asked = Vec::new();
        let heard = self.lamps.subscriber.lock().timeout(now, &mut asked);
        self.send_asked(asked, out);
        for heard in heard {
            self.heard(now, heard, out);
        }
        self.followed(out, |calls, changes| calls.timeout(now, changes));
        self.keep_subscriptions(now);
    }

    fn user_uri(&self, user: &str) -> String {
        let known = self.table.by_user(user);
        let name = known.as_ref().and_then(|known| known.extension()).unwrap_or(user);
        format!("sip:{name}@{}", self.settings.domain)
    }
}

/// === Registrations ===
impl App {
    /// Contacts of an address of record have changed.
    pub(crate) fn tell_registration(&self, aor: &str, changes: &[Change], out: &mut Actions<Self>) {
        if self.remember_changes(aor, changes) {
            self.publish(Instant::now(), Package::Reg, aor, out);
        }
    }

    /// A session is over: who watches its registration learns that it was taken away, and watches it no more.
    pub(crate) fn registration_over(&self, aor: &str, changes: &[Change], out: &mut Actions<Self>) {
        if !self.remember_changes(aor, changes) {
            return;
        }
        let mut notifies = Vec::new();
        let mut notifier = self.lamps.notifier.lock();
        notifier.terminate(Package::Reg, aor, Reason::Deactivated, self, &mut notifies);
        drop(notifier);
        self.lamps.registrations.lock().remove(aor);
        self.send_notifies(notifies, out);
    }

    /// Whether anybody watches. What nobody watches is not remembered, so this stays small.
    fn remember_changes(&self, aor: &str, changes: &[Change]) -> bool {
        let watched = self.lamps.notifier.lock().is_watched(Package::Reg, aor);
        let mut registrations = self.lamps.registrations.lock();
        if watched {
            registrations.insert(aor.into(), changes.to_vec());
        } else {
            registrations.remove(aor);
        }
        watched
    }

    fn registration(&self, aor: &str) -> reginfo::Registration {
        let bindings = self.locations.bindings(aor).unwrap_or_default();
        let changes = self
            .lamps
            .registrations
            .lock()
            .get(aor)
            .cloned()
            .unwrap_or_default();
        let user = session_of_key(aor).and_then(|(user, _)| self.table.by_user(user));
        let name = user
            .as_ref()
            .map_or(aor, |user| user.extension().unwrap_or_else(|| user.user()));
        let uri = format!("sip:{name}@{}", self.settings.domain);
        reginfo::Registration::of(&uri, &format!("r-{aor}"), &bindings, &changes, now_ms())
    }

    /// A NOTIFY of ours was answered, or was not.
    pub(crate) fn notify_answered(
        &self,
        now: Instant,
        sent: &Sent,
        response: Option<&Message>,
        out: &mut Actions<Self>,
    ) {
        // A phone that wants to know who tells it has the password of its own line: we have only its HA1.
        let watched = self
            .lamps
            .notifier
            .lock()
            .watched_by(&sent.subscription)
            .map(|(_, _, watcher)| SmolStr::new(watcher));
        let mut authorize = |request: &Message, challenge: &Message| {
            self.authorize_to_phone(watched.as_deref()?, request, challenge)
        };
        let mut notifies = Vec::new();
        self.lamps
            .notifier
            .lock()
            .answered(now, sent, response, &mut authorize, self, &mut notifies);
        self.send_notifies(notifies, out);
    }

    /// The answer to a phone that challenges a request of ours.
    pub(crate) fn authorize_to_phone(
        &self,
        device: &str,
        request: &Message,
        challenge: &Message,
    ) -> Option<Header> {
        let device = self.table.by_device(device)?;
        let ha1s = self.key.open(device.device(), device.sealed_secret()?)?;
        let (method, uri) = (request.method()?, request.uri()?);
        answer(
            challenge.headers(),
            device.device(),
            Secret::Ha1s(&ha1s),
            method,
            uri,
            request.body(),
        )
        .ok()
    }

    /// Subscriptions go to the disk as they change.
    fn keep_subscriptions(&self, now: Instant) {
        let Some(ledger) = &self.lamps.ledger else {
            return;
        };
        let changes: Vec<_> = {
            let mut notifier = self.lamps.notifier.lock();
            let changed = notifier.take_changed();
            let record = |id: &SubscriptionId| (key_of(id), notifier.record(id, now, now_ms()));
            changed.iter().map(record).collect()
        };
        if changes.is_empty() {
            return;
        }
        let done = |result: Result<(), _>| {
            if let Err(error) = result {
                tracing::warn!(%error, "subscriptions are not on the disk; a restart would lose them until they are refreshed");
            }
        };
        ledger.write(changes, Box::new(done));
    }
}

fn key_of(id: &SubscriptionId) -> Vec<u8> {
    [KEY_PREFIX, id.as_str().as_bytes()].concat()
}
