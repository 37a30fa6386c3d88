//! One call: a caller, and a leg for each phone that rings or talks.

use std::time::{Duration, Instant};

use bytes::Bytes;
use smol_str::SmolStr;

use super::{Changes, Limits, Party};
use crate::body::dialog_info::State;
use crate::event::dialog::{BYTES_MAX, ROUTES_MAX, routes, target};
use crate::event::tag;
use crate::message::{Message, Method, Name};

/// A call that rings at more places than this is not followed at the further ones.
const LEGS_MAX: usize = 32;

/// How long an ended call is told as `terminated`: longer than NOTIFY requests are held back.
const TERMINATED_KEPT: Duration = Duration::from_secs(5);

/// How long after its session timer a call is over: the last refresh may be on its way (RFC 4028 §10 ends it 32 s
/// before, so this is generous).
const SESSION_GRACE: Duration = Duration::from_secs(32);

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) caller: Party,
    /// The value of the INVITE's From, with tag.
    pub(super) from: Bytes,
    /// What the caller dialled, for its lamp as long as nobody is found.
    pub(super) to: Bytes,
    pub(super) caller_target: Bytes,
    pub(super) invite_cseq: u32,
    pub(super) serial: u64,
    pub(super) began: Instant,
    pub(super) legs: Vec<Leg>,
    /// When a call that nobody has answered is over.
    unanswered_until: Instant,
    /// Set when it ended without an answer.
    ended: Option<Instant>,
    pub(super) due: Instant,
}

/// The call at one callee.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) callee: Party,
    /// The callee's tag, once known.
    pub(super) tag: Option<SmolStr>,
    pub(super) state: State,
    /// When this state is over: for `Confirmed` and `Terminated`.
    pub(super) until: Instant,
    /// Since when it talks.
    pub(super) answered: Option<Instant>,
    /// The value of To, with tag.
    pub(super) to: Bytes,
    pub(super) target: Bytes,
    /// Record-Route values of the 2xx, the callee's side first.
    pub(super) record_routes: Vec<Bytes>,
    pub(super) caller_cseq: u32,
    pub(super) callee_cseq: u32,
}

/// === impl Call ===
impl Call {
    /// `None` for an INVITE that no call can follow: without Contact, or too large.
    pub(super) fn begin(now: Instant, invite: &Message, caller: Party, serial: u64) -> Option<Self> {
        let from: Bytes = invite.header(&Name::From)?.value().into_owned().into();
        let caller_target = target(invite).ok()?;
        if from.len() + caller_target.len() > BYTES_MAX {
            return None;
        }
        Some(Self {
            caller,
            from,
            to: invite
                .to()
                .ok()
                .map(|to| Bytes::copy_from_slice(to.uri.as_bytes()))
                .unwrap_or_default(),
            caller_target,
            invite_cseq: invite.cseq().ok()?.number,
            serial,
            began: now,
            legs: Vec::new(),
            unanswered_until: now,
            ended: None,
            due: now,
        })
    }

    /// Still no answer: wait until then.
    pub(super) fn quiet_until(&mut self, until: Instant) {
        self.unanswered_until = until;
    }

    /// One more leg. Returns whether it is followed.
    pub(super) fn offer(&mut self, callee: Party) -> bool {
        if self.legs.len() >= LEGS_MAX {
            return false;
        }
        self.legs
            .push(Leg::new(callee, self.unanswered_until, self.invite_cseq));
        true
    }

    pub(super) fn withdraw(&mut self, now: Instant, device: &str) {
        let at_device = |leg: &&mut Leg| leg.callee.device.as_deref() == Some(device);
        let unanswered = self.legs.iter_mut().filter(|leg| leg.state < State::Confirmed);
        unanswered.filter(at_device).for_each(|leg| leg.end(now));
    }

    /// A response to the INVITE that began the call.
    pub(super) fn invite_answered(
        &mut self,
        now: Instant,
        response: &Message,
        status: u16,
        from: Option<&Party>,
        limits: &Limits,
    ) {
        if status >= 300 {
            return self.end_unanswered(now);
        }
        let their_tag = tag(response.to());
        let Some(at) = self.leg_of(their_tag.as_ref(), from) else {
            return;
        };
        if status < 200 {
            self.unanswered_until = now + limits.ring_max;
            let leg = &mut self.legs[at];
            let state = if their_tag.is_some() {
                State::Early
            } else {
                State::Proceeding
            };
            if leg.state < State::Confirmed {
                leg.state = leg.state.max(state);
                leg.tag = leg.tag.take().or(their_tag);
            }
            return;
        }
        if self.legs[at].state == State::Confirmed {
            return;
        }
        self.legs[at].answer(now, response, their_tag, limits);
        // The others are cancelled by the proxy core; one that was faster confirms itself by its own 2xx.
        for (other, leg) in self.legs.iter_mut().enumerate() {
            if other != at && leg.state < State::Confirmed {
                leg.end(now);
            }
        }
    }

    /// A 2xx to a request within the call: a session refresh perhaps.
    pub(super) fn refreshed(&mut self, now: Instant, response: &Message, from_caller: bool, limits: &Limits) {
        let method = response.cseq().ok().map(|cseq| cseq.method);
        if !matches!(method, Some(Method::Invite | Method::Update)) {
            return;
        }
        let other = if from_caller {
            tag(response.to())
        } else {
            tag(response.from())
        };
        let Some(leg) = self.leg_by_tag(other.as_ref()) else {
            return;
        };
        if leg.state == State::Confirmed {
            leg.until = now + session(response, limits);
        }
        if let Ok(target) = target(response) {
            match from_caller {
                true => leg.target = target,
                false => self.caller_target = target,
            }
        }
    }

    /// A request within the call.
    pub(super) fn request(&mut self, now: Instant, request: &Message, from_caller: bool) {
        let (Some(method), Ok(cseq)) = (request.method(), request.cseq()) else {
            return;
        };
        let other = if from_caller {
            tag(request.to())
        } else {
            tag(request.from())
        };
        let Some(leg) = self.leg_by_tag(other.as_ref()) else {
            return;
        };
        let known = if from_caller {
            &mut leg.caller_cseq
        } else {
            &mut leg.callee_cseq
        };
        *known = (*known).max(cseq.number);
        match method {
            Method::Bye => leg.end(now),
            Method::Invite | Method::Update => {
                if let Ok(target) = target(request) {
                    match from_caller {
                        true => self.caller_target = target,
                        false => leg.target = target,
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn end_unanswered(&mut self, now: Instant) {
        self.legs
            .iter_mut()
            .filter(|leg| leg.state < State::Confirmed)
            .for_each(|leg| leg.end(now));
        if !self.is_answered() {
            self.ended = self.ended.or(Some(now));
        }
    }

    /// The time of something is over.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.unanswered_until <= now {
            self.end_unanswered(now);
        }
        let silent = self
            .legs
            .iter_mut()
            .filter(|leg| leg.state == State::Confirmed && leg.until <= now);
        silent.for_each(|leg| leg.end(now));
    }

    pub(super) fn is_answered(&self) -> bool {
        self.legs.iter().any(|leg| leg.state == State::Confirmed)
    }

    /// The furthest that a live leg has come.
    pub(super) fn state(&self) -> State {
        let live = self
            .legs
            .iter()
            .map(|leg| leg.state)
            .filter(|state| *state != State::Terminated);
        match live.max() {
            Some(state) => state,
            None if self.is_ended() => State::Terminated,
            None => State::Trying,
        }
    }

    /// A leg that ended leaves an unanswered call alive: the proxy may try elsewhere until `ended` is told.
    fn is_ended(&self) -> bool {
        let talked = self.legs.iter().any(|leg| leg.answered.is_some());
        let dead = self.legs.iter().all(|leg| leg.state == State::Terminated);
        self.ended.is_some() || (dead && talked)
    }

    /// Over, and told long enough.
    pub(super) fn is_over(&self) -> bool {
        self.state() == State::Terminated && self.next_due() <= self.due
    }

    pub(super) fn next_due(&self) -> Instant {
        if self.state() == State::Terminated {
            let legs = self.legs.iter().map(|leg| leg.until).max();
            return legs
                .into_iter()
                .chain(self.ended.map(|at| at + TERMINATED_KEPT))
                .max()
                .unwrap_or(self.due);
        }
        let talking = self.legs.iter().filter(|leg| leg.state == State::Confirmed);
        let ends = talking.map(|leg| leg.until).min();
        ends.unwrap_or(self.unanswered_until)
    }

    /// Whether a party for which `is` holds still takes part.
    pub(super) fn is_live_for(&self, is: impl Fn(&Party) -> bool) -> bool {
        let called = |leg: &Leg| leg.state != State::Terminated && is(&leg.callee);
        (self.state() != State::Terminated && is(&self.caller)) || self.legs.iter().any(called)
    }

    pub(super) fn parties(&self) -> impl Iterator<Item = &Party> {
        std::iter::once(&self.caller).chain(self.legs.iter().map(|leg| &leg.callee))
    }

    /// Where each leg stands, to see whether something changed.
    pub(super) fn states(&self) -> (State, Vec<State>) {
        (self.state(), self.legs.iter().map(|leg| leg.state).collect())
    }

    /// Notes everybody who takes part and has not left yet.
    pub(super) fn touched(&self, changes: &mut Changes) {
        let live = self.legs.iter().filter(|leg| leg.state != State::Terminated);
        for party in std::iter::once(&self.caller).chain(live.map(|leg| &leg.callee)) {
            changes.users.extend(party.user.clone());
            changes.devices.extend(party.device.clone());
        }
    }

    fn leg_by_tag(&mut self, tag: Option<&SmolStr>) -> Option<&mut Leg> {
        let tag = tag?;
        self.legs.iter_mut().find(|leg| leg.tag.as_ref() == Some(tag))
    }

    /// The leg that a response is of: by its tag, then the phone that was offered the call, then the only one that it
    /// can be, then a new one.
    fn leg_of(&mut self, tag: Option<&SmolStr>, from: Option<&Party>) -> Option<usize> {
        let by_tag = tag.and_then(|tag| self.legs.iter().position(|leg| leg.tag.as_ref() == Some(tag)));
        let open = |leg: &Leg| leg.tag.is_none() && leg.state < State::Confirmed;
        let found = by_tag.or_else(|| match from {
            Some(from) => self
                .legs
                .iter()
                .position(|leg| open(leg) && leg.callee.is_same(from)),
            None => {
                let mut all = self.legs.iter().enumerate().filter(|(_, leg)| open(leg));
                let first = all.next().map(|(at, _)| at);
                first.filter(|_| all.next().is_none())
            }
        });
        found.or_else(|| {
            let nobody = || Party {
                user: None,
                device: None,
                identity: SmolStr::default(),
                display: SmolStr::default(),
                hop: self.caller.hop.clone(),
            };
            let party = from.cloned().unwrap_or_else(nobody);
            self.offer(party).then(|| self.legs.len() - 1)
        })
    }
}

/// === impl Leg ===
impl Leg {
    fn new(callee: Party, until: Instant, invite_cseq: u32) -> Self {
        Self {
            callee,
            tag: None,
            state: State::Trying,
            until,
            answered: None,
            to: Bytes::new(),
            target: Bytes::new(),
            record_routes: Vec::new(),
            caller_cseq: invite_cseq,
            callee_cseq: 0,
        }
    }

    fn answer(&mut self, now: Instant, response: &Message, tag: Option<SmolStr>, limits: &Limits) {
        self.state = State::Confirmed;
        self.answered = Some(now);
        self.until = now + session(response, limits);
        self.tag = tag.or_else(|| self.tag.take());
        self.to = response
            .header(&Name::To)
            .map(|to| to.value().into_owned().into())
            .unwrap_or_default();
        self.target = target(response).unwrap_or_default();
        self.record_routes = routes(response, false);
        self.record_routes.truncate(ROUTES_MAX);
    }

    pub(super) fn end(&mut self, now: Instant) {
        if self.state != State::Terminated {
            self.state = State::Terminated;
            self.until = now + TERMINATED_KEPT;
        }
    }

    pub(super) fn talks(&self, now: Instant) -> Option<u64> {
        Some(now.saturating_duration_since(self.answered?).as_secs())
    }
}

/// How long a call lives without a word, from now: its session timer (RFC 4028), or our own bound.
fn session(response: &Message, limits: &Limits) -> Duration {
    let value = response.text(&Name::SessionExpires);
    let seconds = value.and_then(|value| value.split(';').next()?.trim().parse::<u32>().ok());
    match seconds {
        Some(seconds) if seconds > 0 => Duration::from_secs(u64::from(seconds)) + SESSION_GRACE,
        _ => limits.call_max,
    }
}
