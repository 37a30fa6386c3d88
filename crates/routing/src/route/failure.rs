//! Where a call goes that nobody has taken.

use jiff::Timestamp;

use super::Way;
use super::permit::Authority;
use crate::{Call, Caller, Class, ClassSet, Decision, DialPlan, Directory, History, Routed, Whom, Why};

/// Goes on after a [`Decision::Ring`] that nobody has taken, by what the user or hunt list has set for this case.
///
/// `history` is the one that came with the decision. [`Decision::GiveUp`] when nothing is set.
pub fn on_failure<D: Directory + ?Sized>(
    plan: &DialPlan,
    dir: &D,
    call: &Call,
    whom: &Whom,
    why: Why,
    history: &History,
    now: Timestamp,
) -> Routed {
    let way = Way {
        plan,
        dir,
        call,
        now,
        history: history.clone(),
        authority: authority(call),
    };
    let (decision, history) = match whom {
        // Looked up again: what they have set may have changed while it rang.
        Whom::User(user) => match dir.user_by_name(user) {
            Some(person) => way.user_on(&person, why, None),
            None => (Decision::GiveUp, way.history),
        },
        Whom::Hunt(number) => match plan.hunts.iter().find(|hunt| hunt.number == *number) {
            Some(hunt) if hunt.otherwise.is_some() => way.hunt_on(hunt, why, super::refuse::nobody_there()),
            _ => (Decision::GiveUp, way.history),
        },
    };
    Routed {
        decision,
        history,
        hide: None,
    }
}

/// The call has been let in; every way on from here has an authority of its own.
fn authority(call: &Call) -> Authority<'static> {
    match call.caller {
        Caller::Neutral(_) => Authority::Listed(ClassSet::from_iter([Class::Internal])),
        Caller::User { .. } | Caller::Trunk { .. } | Caller::Peer { .. } => Authority::Caller,
    }
}
