//! A call on its way: what comes back from those who ring, where it goes when nobody answers, how it ends.

use std::time::Instant;

use hotdesk_routing::identity::{Shown, Towards, identity};
use hotdesk_routing::{Decision as Way, Why};
use hotdesk_sip::event::Party as Side;
use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_sip::proxy::{Actions, Incoming, Next, Outcome, Why as Ended};
use hotdesk_sip::trace::Outcome as Ending;
use smol_str::{SmolStr, format_smolstr};

use super::app::{App, now_ms};
use super::calls::{Setup, Tried};
use super::party::Party;
use super::reply::reply;

/// How often a call can be turned elsewhere while it is on its way.
const TURNS_MAX: usize = 8;

impl App {
    /// Nobody of the last round answered.
    pub(crate) fn nobody_answered(
        &self,
        now: Instant,
        setup: &mut Setup,
        request: &Message,
        best: &Message,
        why: Ended,
        out: &mut Actions<Self>,
    ) -> Next {
        let status = best.status().unwrap_or(408);
        let last = setup.tried.last().map(|tried| tried.party.clone());
        if let Some(Party::Trunk(trunk)) = &last {
            self.trunks
                .called(trunk, (why != Ended::Unreachable).then_some(status));
            let failed = why == Ended::Unreachable || status >= 500 || status == 408;
            if let Some(group) = self.answer_trunk(now, setup, trunk, request, best, out) {
                return Next::Forward(group);
            }
            // An emergency call is not given up while there is another way out.
            if !(failed || setup.emergency) {
                return Next::GiveUp;
            }
        }
        if let Some(group) = self.next_round(now, setup, out) {
            return Next::Forward(group);
        }
        if matches!(status, 401 | 407) {
            return Next::GiveUp;
        }
        let mut why = why_not(why, status);
        for _turn in 0..TURNS_MAX {
            if !self.turn(setup, why) {
                return Next::GiveUp;
            }
            if let Way::Refuse(refusal) = &setup.routed.decision {
                self.metrics.refused(refusal.label);
                setup.record.reason = refusal.label.into();
                return Next::Reply(reply(request, refusal.status, &refusal.reason));
            }
            setup.rounds = self.rounds(setup);
            if let Some(group) = self.next_round(now, setup, out) {
                self.note_forwards(setup);
                return Next::Forward(group);
            }
            why = Why::Unreachable;
        }
        Next::GiveUp
    }

    /// A response goes to the caller.
    pub(crate) fn response_passes(
        &self,
        now: Instant,
        setup: &mut Setup,
        target: usize,
        response: &mut Message,
        out: &mut Actions<Self>,
    ) {
        let status = response.status().unwrap_or(0);
        let tried = setup.tried.get(target).cloned();
        if let Some(tried) = &tried {
            self.show_callee(tried, response);
            self.legs.learn(&setup.call_id, response, tried);
            let side = self.callee(setup, tried);
            self.followed(out, |calls, changes| {
                calls.response(now, response, Some(&side), changes)
            });
        }
        if status > 100 && status < 200 && setup.record.ring_ms.is_none() {
            setup.record.ring_ms = Some(now_ms());
        }
        if (200..300).contains(&status)
            && let Some(tried) = &tried
        {
            let is_first = setup.record.answer_ms.is_none();
            self.answered_by(setup, tried);
            let followed = setup.followed.clone();
            let unkept = self
                .talk
                .begin(&setup.call_id, &setup.record, followed, &mut setup.slots);
            if let Some(record) = unkept.filter(|_| is_first) {
                self.close(record);
            }
        }
    }

    /// Who answered: into the record, and a sign of life for the idle time-out.
    fn answered_by(&self, setup: &mut Setup, tried: &Tried) {
        let record = &mut setup.record;
        record.answer_ms = Some(now_ms());
        record.callee.user = tried.user.as_deref().map(Into::into);
        record.callee.epoch = tried.epoch;
        if let Party::Phone(device) = &tried.party {
            record.callee.device = Some(device.as_str().into());
            record.callee.site = Some(self.settings.site.as_str().into());
            if let Some(epoch) = tried.epoch {
                self.activity.seen(device, epoch);
            }
        }
        if let Party::Trunk(trunk) = &tried.party {
            self.trunks.called(trunk, Some(200));
        }
    }

    /// A phone's response shows who answers, and nothing that it claims itself.
    fn show_callee(&self, tried: &Tried, response: &mut Message) {
        if !matches!(tried.party, Party::Phone(_)) {
            if matches!(&tried.party, Party::Trunk(trunk) if !self.trunks.is_trusted(trunk)) {
                response.remove(&Name::PAssertedIdentity);
                response.remove(&Name::RemotePartyId);
            }
            return;
        }
        response.remove(&Name::PAssertedIdentity);
        response.remove(&Name::PPreferredIdentity);
        response.remove(&Name::RemotePartyId);
        let user = tried.user.as_ref().and_then(|user| self.table.by_user(user));
        if let Some(user) = user {
            let shown = Shown {
                name: user.display_name().into(),
                number: user.extension().unwrap_or_else(|| user.user()).into(),
            };
            response.push(Header::new(Name::PAssertedIdentity, self.address_of(&shown)));
        }
    }

    /// The caller has the final answer.
    pub(crate) fn setup_ended(
        &self,
        now: Instant,
        mut setup: Box<Setup>,
        outcome: Outcome,
        out: &mut Actions<Self>,
    ) {
        self.talk.rings_no_more(&setup.call_id);
        let (status, ending) = ending(outcome);
        setup.record.status = status;
        setup.record.outcome = ending;
        if (200..300).contains(&status) {
            // Its record waits for the BYE since the answer passed.
            return;
        }
        if setup.record.reason.is_empty() {
            setup.record.reason = match outcome {
                Outcome::Cancelled => "cancelled",
                Outcome::Stopped { .. } => "stopped",
                _ => "",
            }
            .into();
        }
        if let Some(id) = &setup.followed {
            self.followed(out, |calls, changes| calls.ended(now, id, changes));
        }
        self.legs.forget(&setup.call_id);
        if setup.emergency {
            self.emergency.end(&String::from_utf8_lossy(&setup.call_id));
        }
        self.close(setup.record);
    }

    /// A call is over: its record is written.
    pub(crate) fn close(&self, mut record: hotdesk_sip::trace::Cdr) {
        record.end_ms = now_ms();
        if let Some(answered) = record.answer_ms {
            record.duration_ms = record.end_ms.saturating_sub(answered);
        }
        self.metrics.ended(record.outcome.label());
        self.keep_record(&record);
    }

    /// The call is followed from here on: for lamps, and to know which phones are busy.
    pub(crate) fn follow(
        &self,
        now: Instant,
        request: &Message,
        incoming: &Incoming<'_>,
        setup: &mut Setup,
        out: &mut Actions<Self>,
    ) {
        if setup.followed.is_some() {
            return;
        }
        let side = self.caller_side(setup, incoming.from);
        setup.followed = self.followed(out, |calls, changes| calls.invited(now, request, side, changes));
        self.legs
            .begin(&setup.call_id, request, setup.from.clone(), incoming.from.clone());
        if let (Party::Phone(device), Some((_, epoch))) = (&setup.from, &setup.session) {
            self.activity.seen(device, *epoch);
        }
    }

    /// Somebody is rung.
    pub(crate) fn offered(&self, now: Instant, setup: &Setup, tried: &Tried, out: &mut Actions<Self>) {
        if let Some(id) = &setup.followed {
            let side = self.callee(setup, tried);
            self.followed(out, |calls, changes| calls.offered(now, id, side, changes));
        }
    }

    /// Those of the last round ring no longer: their lamps go out, also while the call goes on elsewhere.
    pub(crate) fn withdraw_round(&self, now: Instant, setup: &Setup, out: &mut Actions<Self>) {
        let Some(id) = &setup.followed else {
            return;
        };
        let last = setup.tried.get(setup.round_start..).unwrap_or_default();
        for tried in last {
            if let Party::Phone(device) = &tried.party {
                self.followed(out, |calls, changes| calls.withdrawn(now, id, device, changes));
            }
        }
    }

    /// The caller as the list of calls has it: without a name where privacy was asked for.
    fn caller_side(&self, setup: &Setup, hop: &Hop) -> Side {
        let caller = &setup.dialled.caller;
        let shown = identity(&self.plan.identity, caller, Towards::Phone, &setup.asked, None);
        let shown = shown.assert.filter(|_| !shown.privacy_id);
        Side {
            user: setup.session.as_ref().map(|(user, _)| user.clone()),
            device: setup.from.device(),
            identity: shown
                .as_ref()
                .map(|shown| format_smolstr!("sip:{}@{}", shown.number, self.settings.domain))
                .unwrap_or_default(),
            display: shown.map(|shown| shown.name).unwrap_or_default(),
            hop: hop.clone(),
        }
    }

    /// Somebody who is called, as the list of calls has it.
    fn callee(&self, setup: &Setup, tried: &Tried) -> Side {
        let known = tried.user.as_ref().and_then(|user| self.table.by_user(user));
        let device = tried.party.device();
        let extension = known
            .as_ref()
            .and_then(|known| known.extension().map(SmolStr::new));
        let dialled = || match &setup.routed.decision {
            Way::Outward(outward) => outward.number.clone(),
            Way::Emergency(call) => call.number.clone(),
            _ => "anonymous".into(),
        };
        let name = extension.or_else(|| device.clone()).unwrap_or_else(dialled);
        Side {
            user: tried.user.clone(),
            device,
            identity: format_smolstr!("sip:{name}@{}", self.settings.domain),
            display: known
                .as_ref()
                .map(|known| known.display_name().into())
                .unwrap_or_default(),
            hop: tried.hop.clone(),
        }
    }
}

/// Why nobody took the call, in routing's words.
fn why_not(why: Ended, status: u16) -> Why {
    match (why, status) {
        (Ended::RingTimeout, _) | (_, 408 | 480 | 487) => Why::NoAnswer,
        (Ended::Unreachable, _) | (_, 404 | 410 | 430 | 500..=599) => Why::Unreachable,
        (Ended::Answered, 486 | 600) => Why::Busy,
        (Ended::Answered, _) => Why::Declined,
    }
}

fn ending(outcome: Outcome) -> (u16, Ending) {
    match outcome {
        Outcome::Answered { status } => (status, Ending::Answered),
        Outcome::Refused { status } => (
            status,
            match status {
                486 | 600 => Ending::Busy,
                408 | 480 => Ending::NoAnswer,
                403 | 603 => Ending::Refused,
                _ => Ending::Failed,
            },
        ),
        Outcome::Cancelled => (487, Ending::Cancelled),
        Outcome::Stopped { status } => (status, Ending::Refused),
        Outcome::Silent => (0, Ending::Failed),
    }
}
