//! Hunt lists.

use std::time::Duration;

use super::Way;
use super::permit::Authority;
use super::refuse;
use crate::{
    CallSettings, Decision, Directory, History, Hunt, Person, Ring, RingGroup, RingOrder, Turn, Whom, Why,
};

impl<D: Directory + ?Sized> Way<'_, D> {
    /// Rings the members who are there: logged in, not forwarding everything, willing to be disturbed, and not
    /// the caller. Their own forwardings are not followed, or a call would leave the list.
    pub(super) fn hunt(self, hunt: &Hunt) -> (Decision, History) {
        if let Err(refusal) = self.may_call_inside() {
            return self.refuse(refusal);
        }
        let groups = self.hunt_groups(hunt);
        if groups.is_empty() {
            return self.hunt_on(hunt, Why::NotLoggedIn, refuse::nobody_there());
        }
        let whom = Whom::Hunt(hunt.number.clone());
        (Decision::Ring(Ring { whom, groups }), self.history)
    }

    /// Where the call goes when the list has not taken it.
    pub(super) fn hunt_on(self, hunt: &Hunt, why: Why, otherwise: crate::Refusal) -> (Decision, History) {
        let Some(to) = &hunt.otherwise else {
            return self.refuse(otherwise);
        };
        let turn = Turn {
            by: hunt.number.clone(),
            number: Some(hunt.number.clone()),
            why,
        };
        self.forward(turn, to, Authority::Office)
    }

    fn hunt_groups(&self, hunt: &Hunt) -> Vec<RingGroup> {
        let caller = self.call.caller.person().map(|person| &person.user);
        let mut members: Vec<Person> = Vec::with_capacity(hunt.members.len());
        for name in &hunt.members {
            let found = self.dir.user_by_name(name).filter(is_there);
            let is_new = |person: &Person| {
                Some(&person.user) != caller && !members.iter().any(|member| member.user == person.user)
            };
            members.extend(found.filter(is_new));
        }
        let group = |people: &[Person], ring: Duration| {
            let places = people.iter().flat_map(|person| self.places(person)).collect();
            RingGroup {
                places,
                ring: Some(ring),
            }
        };
        let groups: Vec<RingGroup> = match hunt.order {
            RingOrder::All => vec![group(&members, hunt.ring)],
            RingOrder::InOrder => members.chunks(1).map(|one| group(one, hunt.ring)).collect(),
        };
        groups
            .into_iter()
            .filter(|group| !group.places.is_empty())
            .collect()
    }
}

fn is_there(person: &Person) -> bool {
    let is_away = |calls: &CallSettings| calls.do_not_disturb || calls.forward_always.is_some();
    !person.disabled && !person.calls.as_deref().is_some_and(is_away)
}
