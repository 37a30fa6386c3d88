//! Calls to a user.

use std::time::Duration;

use smol_str::SmolStr;

use super::Way;
use super::permit::Authority;
use super::refuse;
use crate::number::Dialed;
use crate::{
    CallSettings, Decision, Directory, History, MailboxUse, Person, Refusal, Ring, RingGroup, RingOrder,
    RingPlace, Turn, Whom, Why,
};

/// A phone that rings in its turn rings at least so long; less is not time enough to get up.
const TURN_MIN: Duration = Duration::from_secs(5);

impl<D: Directory + ?Sized> Way<'_, D> {
    /// The user who was dialled.
    pub(super) fn find(&self, dialed: &Dialed) -> Option<Person> {
        let by_text = self.dir.user_by_name(&dialed.text);
        let by_digits = || dialed.digits().and_then(|digits| self.dir.user_by_name(digits));
        let by_number = || {
            dialed
                .e164
                .as_deref()
                .and_then(|number| self.dir.user_by_number(number))
        };
        by_text.or_else(by_digits).or_else(by_number)
    }

    /// A call to a user, by what they have set.
    pub(super) fn user(self, person: &Person) -> (Decision, History) {
        if let Err(refusal) = self.may_call_inside() {
            return self.refuse(refusal);
        }
        if person.disabled {
            return self.refuse(refuse::not_in_use());
        }
        let settings = person.calls.clone().unwrap_or_default();
        if let Some(to) = &settings.forward_always {
            return self.forward_for(person, &settings, Why::Always, to);
        }
        if settings.do_not_disturb {
            return self.user_on(person, Why::DoNotDisturb, Some(refuse::do_not_disturb()));
        }
        let local = self.local(&self.zone_of(person));
        if let Some(now) = settings
            .schedule
            .iter()
            .find(|entry| entry.hours.contains(&local))
        {
            return self.forward_for(person, &settings, Why::Schedule, &now.to);
        }
        if person.places.is_empty() {
            return self.user_on(person, Why::NotLoggedIn, Some(refuse::not_logged_in()));
        }
        let groups = self.groups(person, &settings);
        if groups.is_empty() {
            return self.own_number(person);
        }
        let whom = Whom::User(person.user.clone());
        (Decision::Ring(Ring { whom, groups }), self.history)
    }

    /// Where the call goes when the user has not taken it, and `otherwise` when nowhere; without it, the best
    /// answer so far goes back.
    pub(super) fn user_on(
        self,
        person: &Person,
        why: Why,
        otherwise: Option<Refusal>,
    ) -> (Decision, History) {
        let settings = person.calls.clone().unwrap_or_default();
        if let Some(to) = target(&settings, why) {
            return self.forward_for(person, &settings, why, to);
        }
        if let Some(decision) = self.mailbox_of(person) {
            return self.turn(person, why, decision);
        }
        let decision = otherwise.map_or(Decision::GiveUp, Decision::Refuse);
        (decision, self.history)
    }

    /// Forwards by the user's rights. When that leads nowhere the call goes to the user's mailbox.
    fn forward_for(
        self,
        person: &Person,
        settings: &CallSettings,
        why: Why,
        to: &SmolStr,
    ) -> (Decision, History) {
        let mailbox = self.mailbox_of(person);
        if to.eq_ignore_ascii_case("voicemail") {
            let decision = mailbox.unwrap_or_else(|| Decision::Refuse(refuse::no_mailbox()));
            return self.turn(person, why, decision);
        }
        let before = self.history.clone();
        let (decision, history) = self.forward(turn_of(person, why), to, Authority::Forwarder(person));
        match (decision, mailbox, &settings.voicemail) {
            (Decision::Refuse(_), Some(mailbox), Some(_)) => {
                let history = before.and(turn_of(person, why)).unwrap_or(before);
                (mailbox, history)
            }
            (decision, ..) => (decision, history),
        }
    }

    /// Sends the call on: from here the history has one turn more, and other rights count.
    pub(super) fn forward(self, turn: Turn, to: &str, authority: Authority<'_>) -> (Decision, History) {
        let Some(history) = self.history.and(turn) else {
            return self.refuse(refuse::circle());
        };
        let dialed = Dialed::read(&self.plan.numbers, &self.plan.star_codes, to);
        if dialed
            .emergency(&self.plan.emergency, &self.plan.numbers)
            .is_some()
        {
            let decision = Decision::Refuse(refuse::forward_to_emergency());
            return (decision, history);
        }
        let way = Way {
            plan: self.plan,
            dir: self.dir,
            call: self.call,
            now: self.now,
            history,
            authority,
        };
        let (decision, history) = way.to(&dialed);
        (name_the_forwarder(decision, authority), history)
    }

    fn turn(self, person: &Person, why: Why, decision: Decision) -> (Decision, History) {
        let history = self.history.and(turn_of(person, why)).unwrap_or(self.history);
        (decision, history)
    }

    /// The phones of a user, the newest session first, without the one that calls.
    pub(super) fn places(&self, person: &Person) -> Vec<RingPlace> {
        let calling = self.call.caller.phone().map(|phone| &phone.device);
        let places = person
            .places
            .iter()
            .rev()
            .filter(|place| Some(&place.device) != calling);
        let ring = places.map(|place| RingPlace {
            user: person.user.clone(),
            device: place.device.clone(),
            epoch: place.epoch,
        });
        ring.collect()
    }

    /// How the phones ring. There is a limit only where the call can go on afterwards.
    fn groups(&self, person: &Person, settings: &CallSettings) -> Vec<RingGroup> {
        let places = self.places(person);
        if places.is_empty() {
            return Vec::new();
        }
        let goes_on = settings.forward_no_answer.is_some() || self.mailbox_of(person).is_some();
        let after = settings.no_answer_after;
        match settings.ring {
            RingOrder::All => vec![RingGroup {
                places,
                ring: goes_on.then_some(after),
            }],
            RingOrder::InOrder => {
                let count = places.len();
                let turn = (after / u32::try_from(count).unwrap_or(u32::MAX)).max(TURN_MIN);
                let group = |(at, place): (usize, RingPlace)| RingGroup {
                    places: vec![place],
                    ring: (goes_on || at + 1 < count).then_some(turn),
                };
                places.into_iter().enumerate().map(group).collect()
            }
        }
    }

    /// Somebody calls themselves from the only phone that they are logged in at: they want their messages.
    fn own_number(self, person: &Person) -> (Decision, History) {
        let listen = self.mailbox(person, MailboxUse::Listen);
        let is_direct = self.history.turns().is_empty();
        let decision = listen
            .filter(|_| is_direct)
            .unwrap_or_else(|| Decision::Refuse(refuse::own_number()));
        (decision, self.history)
    }
}

fn target(settings: &CallSettings, why: Why) -> Option<&SmolStr> {
    match why {
        Why::Busy | Why::Declined | Why::DoNotDisturb => settings.forward_busy.as_ref(),
        Why::NoAnswer => settings.forward_no_answer.as_ref(),
        Why::NotLoggedIn | Why::Unreachable => settings.forward_not_logged_in.as_ref(),
        Why::Always => settings.forward_always.as_ref(),
        Why::Schedule => None,
    }
}

fn turn_of(person: &Person, why: Why) -> Turn {
    Turn {
        by: person.user.clone(),
        number: person
            .extension
            .clone()
            .or_else(|| person.numbers.first().cloned()),
        why,
    }
}

/// The caller must not be told that something is not allowed "for you" when it is the called user's right, and a
/// forwarded call is shown and paid as theirs.
fn name_the_forwarder(decision: Decision, authority: Authority<'_>) -> Decision {
    let Authority::Forwarder(person) = authority else {
        return decision;
    };
    match decision {
        Decision::Refuse(refusal) if refusal.status == 403 && refusal.label != "forward_to_emergency" => {
            Decision::Refuse(refuse::forward_not_allowed())
        }
        Decision::Outward(mut outward) => {
            outward.on_behalf.get_or_insert_with(|| person.user.clone());
            Decision::Outward(outward)
        }
        decision => decision,
    }
}
