//! Emergency calls and their call-backs: before everything else.

use jiff::Timestamp;

use crate::number::Dialed;
use crate::{Call, Caller, Decision, DialPlan, Directory, EmergencyCall};

/// An emergency call, if that is what was dialled. Looks at nothing that could be missing or wrong.
pub(super) fn call(plan: &DialPlan, call: &Call, dialed: &Dialed) -> Option<Decision> {
    let found = dialed.emergency(&plan.emergency, &plan.numbers)?;
    let phone = call.caller.phone();
    let location = phone.and_then(|phone| phone.location.clone());
    let trunks = &plan.emergency.trunks;
    Some(Decision::Emergency(EmergencyCall {
        number: found.number,
        service: found.service,
        test: found.test,
        phone: phone.cloned(),
        user: call.caller.person().map(|person| person.user.clone()),
        location: location.unwrap_or_else(|| plan.emergency.location.clone()),
        trunks: if trunks.is_empty() {
            plan.trunks.clone()
        } else {
            trunks.clone()
        },
    }))
}

/// The emergency service calls back.
pub(super) fn call_back<D: Directory + ?Sized>(
    dir: &D,
    call: &Call,
    dialed: &Dialed,
    now: Timestamp,
) -> Option<Decision> {
    if !matches!(call.caller, Caller::Trunk { .. } | Caller::Peer { .. }) {
        return None;
    }
    let number = dialed.e164.as_deref()?;
    let device = dir.call_back(number, call.caller.outside_number(), now)?;
    Some(Decision::CallBack { device })
}
