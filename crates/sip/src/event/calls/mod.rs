//! The calls that a proxy sees, for lamps, for "is this phone in a call", and to end calls from outside.
//!
//! ```text
//!  invited ─▶ Trying ─1xx─▶ Proceeding / Early ─2xx─▶ Confirmed ─BYE─▶ Terminated ─5 s─▶ forgotten
//!                └──────────── failure, CANCEL, ring_max ────────────────▲  ▲
//!                                       session timer, call_max, byes ──────┘
//! ```
//!
//! A proxy only looks on. When a BYE goes another way, or a phone loses its power, nobody tells it: then the session
//! timer (RFC 4028) ends the call here, or [`Limits::call_max`] where phones have none. Until then such a phone counts
//! as in a call.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use bytes::Bytes;
use smol_str::SmolStr;

use self::call::Call;
use super::tag;
use crate::body::dialog_info::{self, State};
use crate::hop::Hop;
use crate::message::{Message, Method};

mod byes;
mod call;
mod lamps;
#[cfg(test)]
mod tests;

pub use self::byes::Bye;

/// Who takes part in a call, as the edge calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The user; `None` for a neutral phone or the outside.
    pub user: Option<SmolStr>,
    /// The phone; `None` for a trunk.
    pub device: Option<SmolStr>,
    /// What watchers of the other side see, a URI; empty when the party wants privacy.
    pub identity: SmolStr,
    /// The display name beside it.
    pub display: SmolStr,
    /// Where its messages come from and go to.
    pub hop: Hop,
}

impl Party {
    /// Whether both are one phone, or one outside peer.
    fn is_same(&self, other: &Self) -> bool {
        self.device == other.device && (self.device.is_some() || self.hop.remote == other.hop.remote)
    }
}

/// Names a call: Call-ID and the caller's tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId {
    call_id: Bytes,
    tag: SmolStr,
}

impl CallId {
    /// The call that a request or response belongs to, given the caller's tag.
    fn new(message: &Message, caller_tag: SmolStr) -> Option<Self> {
        Some(Self {
            call_id: Bytes::copy_from_slice(message.call_id()?),
            tag: caller_tag,
        })
    }

    /// Its Call-ID.
    #[must_use]
    pub fn call_id(&self) -> &[u8] {
        &self.call_id
    }
}

/// What something that was seen has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Users whose lamps must be told anew. May name one twice.
    pub users: Vec<SmolStr>,
    /// Phones for which [`Dialogs::in_call`](Calls::in_call) may answer otherwise now. May name one twice.
    pub devices: Vec<SmolStr>,
}

/// What is kept, and for how long.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Calls followed at the same time; further ones are passed on but not followed: no lamp, no "in call".
    /// Default 10,000: 2 to 5 KB each with a few legs.
    pub calls_max: usize,
    /// A call that rings longer without any sign is over. Default 10 min, above every Timer C.
    pub ring_max: Duration,
    /// A call without session timer that lasts longer is taken for over. Default 12 h. Raising it makes phones that
    /// vanished look busy longer; lowering it makes real long calls look ended.
    pub call_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_max: 10_000,
            ring_max: Duration::from_secs(600),
            call_max: Duration::from_secs(12 * 3600),
        }
    }
}

/// All calls. One for the whole edge; the calls of a user may be in different shards of the proxy core.
#[derive(Debug)]
pub struct Calls {
    limits: Limits,
    calls: HashMap<CallId, Call>,
    by_user: HashMap<SmolStr, Vec<CallId>>,
    by_device: HashMap<SmolStr, Vec<CallId>>,
    due: BTreeSet<(Instant, CallId)>,
    next_serial: u64,
    unfollowed: u64,
}

/// === What is seen ===
impl Calls {
    /// Without calls.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            calls: HashMap::new(),
            by_user: HashMap::new(),
            by_device: HashMap::new(),
            due: BTreeSet::new(),
            next_serial: 0,
            unfollowed: 0,
        }
    }

    /// An INVITE that begins a call is being passed on. The same call once more (with credentials, after a redirect)
    /// begins anew as long as nobody has answered. `None`: not followed.
    pub fn invited(
        &mut self,
        now: Instant,
        invite: &Message,
        caller: Party,
        changes: &mut Changes,
    ) -> Option<CallId> {
        let id = CallId::new(invite, tag(invite.from())?)?;
        if let Some(known) = self.calls.get(&id) {
            if known.is_answered() {
                return Some(id);
            }
            self.remove(&id);
        }
        let full = self.calls.len() >= self.limits.calls_max;
        let call = if full {
            None
        } else {
            Call::begin(now, invite, caller, self.next_serial)
        };
        let Some(mut call) = call else {
            self.unfollowed += 1;
            return None;
        };
        self.next_serial += 1;
        call.quiet_until(now + self.limits.ring_max);
        call.due = call.next_due();
        self.index(&id, &call.caller.clone());
        call.touched(changes);
        self.due.insert((call.due, id.clone()));
        self.calls.insert(id.clone(), call);
        Some(id)
    }

    /// The INVITE goes out to a phone (or trunk).
    pub fn offered(&mut self, now: Instant, id: &CallId, callee: Party, changes: &mut Changes) {
        let until = now + self.limits.ring_max;
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        if call.state() == State::Terminated || !call.offer(callee.clone()) {
            return;
        }
        call.quiet_until(until);
        call.touched(changes);
        self.index(id, &callee);
        self.reschedule(id);
    }

    /// That phone rings no longer: it refused, or its turn is over. The call goes on elsewhere.
    pub fn withdrawn(&mut self, now: Instant, id: &CallId, device: &str, changes: &mut Changes) {
        if let Some(call) = self.calls.get_mut(id) {
            call.touched(changes);
            call.withdraw(now, device);
            self.reschedule(id);
        }
    }

    /// A response passes, to the INVITE or to a request within the call. `from`: who answers, when the edge knows;
    /// it need not have been [`offered`](Self::offered).
    pub fn response(
        &mut self,
        now: Instant,
        response: &Message,
        from: Option<&Party>,
        changes: &mut Changes,
    ) {
        let (Ok(cseq), Some(status)) = (response.cseq(), response.status()) else {
            return;
        };
        let Some((id, from_caller)) = self.find(response) else {
            return;
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if from_caller && cseq.method == Method::Invite && cseq.number == call.invite_cseq {
            if status == 100 {
                return;
            }
            let (before, mut seen) = (call.states(), Changes::default());
            call.touched(&mut seen);
            call.invite_answered(now, response, status, from, &self.limits);
            if call.states() != before {
                call.touched(&mut seen);
                changes.users.append(&mut seen.users);
                changes.devices.append(&mut seen.devices);
            }
            if let Some(party) = from {
                self.index(&id, party);
            }
        } else if (200..300).contains(&status) {
            call.refreshed(now, response, from_caller, &self.limits);
        }
        self.reschedule(&id);
    }

    /// A request within a call passes: BYE, re-INVITE, UPDATE, PRACK, INFO, ACK.
    pub fn request(&mut self, now: Instant, request: &Message, changes: &mut Changes) {
        let (Some((id, from_caller)), Some(method)) = (self.find(request), request.method()) else {
            return;
        };
        if let Some(call) = self.calls.get_mut(&id) {
            if *method == Method::Bye {
                call.touched(changes);
            }
            call.request(now, request, from_caller);
            self.reschedule(&id);
        }
    }

    /// The INVITE ended without an answer: refused, cancelled, timed out.
    pub fn ended(&mut self, now: Instant, id: &CallId, changes: &mut Changes) {
        if let Some(call) = self.calls.get_mut(id) {
            call.touched(changes);
            call.end_unanswered(now);
            self.reschedule(id);
        }
    }

    /// Ends what is silent for too long, forgets what ended a while ago.
    pub fn timeout(&mut self, now: Instant, changes: &mut Changes) {
        while let Some((at, id)) = self.due.first().cloned().filter(|(at, _)| *at <= now) {
            let Some(call) = self.calls.get_mut(&id) else {
                self.due.remove(&(at, id));
                continue;
            };
            if call.is_over() {
                self.remove(&id);
                continue;
            }
            call.touched(changes);
            call.expire(now);
            self.reschedule(&id);
        }
    }

    /// When [`timeout`](Self::timeout) has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        Some(self.due.first()?.0)
    }
}

/// === What is asked ===
impl Calls {
    /// Whether the phone is in a call or rings.
    #[must_use]
    pub fn in_call(&self, device: &str) -> bool {
        self.of_device(device).next().is_some()
    }

    /// The calls that a phone takes part in, those that still ring included.
    pub fn of_device<'a>(&'a self, device: &'a str) -> impl Iterator<Item = &'a CallId> + 'a {
        let ids = self.by_device.get(device).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter(move |id| {
            let call = self.calls.get(*id);
            call.is_some_and(|call| call.is_live_for(|party| party.device.as_deref() == Some(device)))
        })
    }

    /// The calls of a user, those that still ring included.
    pub fn of_user<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a CallId> + 'a {
        let ids = self.by_user.get(user).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter(move |id| {
            let call = self.calls.get(*id);
            call.is_some_and(|call| call.is_live_for(|party| party.user.as_deref() == Some(user)))
        })
    }

    /// A user's calls for a dialog-info document, those that ended a moment ago as `terminated`: phones switch a
    /// lamp off by that, not by an empty document. `identifiers`: tell Call-ID and tags, for picking up.
    #[must_use]
    pub fn dialog_info(&self, now: Instant, user: &str, identifiers: bool) -> Vec<dialog_info::Dialog> {
        let ids = self.by_user.get(user).map(Vec::as_slice).unwrap_or_default();
        let calls = ids.iter().filter_map(|id| Some((id, self.calls.get(id)?)));
        calls
            .flat_map(|(id, call)| call.dialog_info(now, id, user, identifiers))
            .collect()
    }

    /// Where a call stands: the furthest of its branches. `None`: not known (any more).
    #[must_use]
    pub fn state(&self, id: &CallId) -> Option<State> {
        Some(self.calls.get(id)?.state())
    }

    /// How many calls are followed, those that ended a moment ago included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// How many calls were not followed since the start: too many at once, or malformed.
    #[must_use]
    pub const fn unfollowed(&self) -> u64 {
        self.unfollowed
    }
}

/// === The tables ===
impl Calls {
    /// The call of a message, and whether the caller sent the request.
    fn find(&self, message: &Message) -> Option<(CallId, bool)> {
        let by_tag = |tag: Option<SmolStr>| {
            let id = CallId::new(message, tag?)?;
            self.calls.contains_key(&id).then_some(id)
        };
        match by_tag(tag(message.from())) {
            Some(id) => Some((id, true)),
            None => Some((by_tag(tag(message.to()))?, false)),
        }
    }

    fn index(&mut self, id: &CallId, party: &Party) {
        for (index, key) in [
            (&mut self.by_user, &party.user),
            (&mut self.by_device, &party.device),
        ] {
            if let Some(key) = key {
                let ids = index.entry(key.clone()).or_default();
                if !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
        }
    }

    fn reschedule(&mut self, id: &CallId) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let due = call.next_due();
        if due != call.due {
            self.due.remove(&(call.due, id.clone()));
            call.due = due;
            self.due.insert((due, id.clone()));
        }
    }

    fn remove(&mut self, id: &CallId) {
        let Some(call) = self.calls.remove(id) else {
            return;
        };
        self.due.remove(&(call.due, id.clone()));
        for party in call.parties() {
            for (index, key) in [
                (&mut self.by_user, &party.user),
                (&mut self.by_device, &party.device),
            ] {
                let Some((key, ids)) = key.as_ref().and_then(|key| Some((key, index.get_mut(key)?))) else {
                    continue;
                };
                ids.retain(|other| other != id);
                if ids.is_empty() {
                    index.remove(key);
                }
            }
        }
    }
}
