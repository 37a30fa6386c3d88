//! The way of a call.
//!
//! What was dialled is tried in this order; the first that fits decides, and what it refuses is refused.
//!
//! | | what | whose rights |
//! |---|---|---|
//! | 1 | emergency number or `urn:service:sos`, with or without outside prefix | nobody's: never refused |
//! | 2 | from outside to a call-back number whose window is open | nobody's |
//! | 3 | star code, at one of our phones | nobody's |
//! | 4 | nobody is logged in: a number that the office allows goes on, others only inside if that is allowed | the office's |
//! | 5 | hunt list | internal |
//! | 6 | user by id, alias, e-mail, extension or own number | internal |
//! | 7 | voicemail: the own mailbox, or straight to somebody's | internal |
//! | 8 | a rule of the dial plan | the rule's class, or the number's |
//! | 9 | an outside number | the number's class |
//! | 10 | nothing: 404 | |
//!
//! Callers from trunks and peers reach 5 and 6 always, 8 and 9 where they are permitted to. A user's call is
//! decided in this order: forward always, do not disturb, schedule, not logged in, ring. From the first forwarding
//! on it is the forwarding user's rights that count, not the caller's; a forwarding that leads nowhere ends in
//! that user's mailbox.

mod emergency;
mod failure;
mod hunt;
mod neutral;
mod outward;
mod permit;
mod refuse;
mod star;
mod user;
mod voicemail;

use jiff::Timestamp;

use self::permit::Authority;
use crate::number::{Dialed, Written};
use crate::{Call, Caller, Decision, DialPlan, Directory, History, Routed};

pub use failure::on_failure;

/// Decides where a call goes. Never fails: what cannot be decided is refused.
pub fn route<D: Directory + ?Sized>(plan: &DialPlan, dir: &D, call: &Call, now: Timestamp) -> Routed {
    let dialed = Dialed::read(&plan.numbers, &plan.star_codes, &call.dialed);
    let hide = dialed.hide;
    let (decision, history) = decide(plan, dir, call, now, &dialed);
    Routed {
        decision,
        history,
        hide,
    }
}

/// Whether this is a star code of ours when a phone dials it.
#[must_use]
pub fn is_star_code(plan: &DialPlan, dialed: &str) -> bool {
    let dialed = Dialed::read(&plan.numbers, &plan.star_codes, dialed);
    star::read(&plan.star_codes, &dialed.text).is_some()
}

fn decide<D: Directory + ?Sized>(
    plan: &DialPlan,
    dir: &D,
    call: &Call,
    now: Timestamp,
    dialed: &Dialed,
) -> (Decision, History) {
    let first = emergency::call(plan, call, dialed)
        .or_else(|| emergency::call_back(dir, call, dialed, now))
        .or_else(|| star::code(plan, call, &dialed.text));
    if let Some(decision) = first {
        return (decision, History::default());
    }
    let authority = match &call.caller {
        Caller::Neutral(_) => match neutral::gate(&plan.neutral, dialed) {
            Ok(classes) => Authority::Listed(classes),
            Err(refusal) => return (Decision::Refuse(refusal), History::default()),
        },
        Caller::User { .. } | Caller::Trunk { .. } | Caller::Peer { .. } => Authority::Caller,
    };
    let way = Way {
        plan,
        dir,
        call,
        now,
        history: History::default(),
        authority,
    };
    way.to(dialed)
}

/// A call on its way.
struct Way<'a, D: ?Sized> {
    plan: &'a DialPlan,
    dir: &'a D,
    call: &'a Call,
    now: Timestamp,
    history: History,
    authority: Authority<'a>,
}

impl<D: Directory + ?Sized> Way<'_, D> {
    /// Steps 5 to 10. Recursion by forwarding ends because each turn is written into the history, which is
    /// bounded.
    fn to(self, dialed: &Dialed) -> (Decision, History) {
        match dialed.written {
            Written::Vanity => return self.refuse(refuse::vanity()),
            Written::TooLong | Written::Urn => return self.refuse(refuse::unknown()),
            Written::Digits(_) | Written::Name => {}
        }
        if let Some(hunt) = self.plan.hunts.iter().find(|hunt| dialed.is(&hunt.number)) {
            return self.hunt(hunt);
        }
        if let Some(person) = self.find(dialed) {
            return self.user(&person);
        }
        if let Some(answer) = self.voicemail(dialed) {
            return (answer, self.history);
        }
        let decision = self.outward(dialed);
        (decision, self.history)
    }

    fn refuse(self, refusal: crate::Refusal) -> (Decision, History) {
        (Decision::Refuse(refusal), self.history)
    }
}

#[cfg(test)]
mod tests;
