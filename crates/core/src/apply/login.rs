//! Login: a user sits down at a phone.
//!
//! What must end ends in the same entry, so nobody ever sees the user at two phones where the policy allows
//! one. Checks, in this order: the user is known and enabled; the phone is known, enabled, open to the
//! user's group, and not on hold; the account is not locked; the PIN that was checked is still the PIN; the phone is free or may
//! be taken over; the policy allows one more session or says which one makes room.
//!
//! A session whose deadline has passed but that nobody has swept yet blocks nobody: it ends first, for the
//! reason it would have ended for anyway. A user who is logged in at this very phone keeps the session and its
//! epoch; the login counts as activity.
//!
//! A phone that belongs to somebody is open to its owner whatever its groups, and gives way to a guest whenever it is the
//! owner who is logged in there, even under a policy that refuses busy phones; nor does the owner's session at home
//! stand in the way of a login elsewhere under a policy that denies a second one.
//!
//! A refused login changes nothing: not even an overdue session ends.

use std::sync::Arc;

use crate::directory::{Device, User};
use crate::id::{DeviceId, UserName};
use crate::outcome::{Done, EndedSession, Outcome};
use crate::policy::{BusyDevice, MultipleLogins, Policy};
use crate::refusal::Refusal;
use crate::session::{EndReason, Session};

use super::Step;

pub(super) fn apply(
    step: &mut Step<'_>,
    name: &UserName,
    device: &DeviceId,
    credential_version: Option<u64>,
) -> Outcome {
    let user = step
        .state
        .find_user(name)
        .ok_or_else(|| Refusal::UnknownUser { name: name.clone() })?;
    let user = Arc::clone(user);
    check_user_enabled(&user)?;
    let device = step.state.device(device).ok_or_else(|| Refusal::UnknownDevice {
        device: device.clone(),
    })?;
    let device = Arc::clone(device);
    check_device(&device, &user)?;
    step.check_not_held(&device)?;
    check_not_locked(step, &user)?;
    check_credential(&user, credential_version)?;

    let policy = step.state.policy_of(&user);
    let plan = plan(step, &user, &device, &policy)?;
    forget_failures(step, &user);
    Ok(match plan {
        Plan::Keep(session) => {
            let session = step.refresh(&session, step.clock(), &policy);
            Done::LoggedIn {
                session: Session::clone(&session),
                already: true,
                ended: Vec::new(),
            }
        }
        Plan::Begin { ends } => {
            let ended = ends
                .into_iter()
                .map(|(session, reason)| step.end(&session, reason));
            let ended: Vec<EndedSession> = ended.collect();
            let session = step.start(new_session(step, &user, &device, &policy));
            Done::LoggedIn {
                session: Session::clone(&session),
                already: false,
                ended,
            }
        }
    })
}

/// What a login that passed its checks will do.
enum Plan {
    /// The user is at this phone already.
    Keep(Arc<Session>),
    /// These end, in this order, and a new session begins.
    Begin { ends: Vec<(Arc<Session>, EndReason)> },
}

fn check_user_enabled(user: &User) -> Result<(), Refusal> {
    if user.enabled {
        Ok(())
    } else {
        Err(Refusal::UserDisabled {
            user: user.id.clone(),
        })
    }
}

fn check_device(device: &Device, user: &User) -> Result<(), Refusal> {
    if !device.enabled {
        return Err(Refusal::DeviceDisabled {
            device: device.id.clone(),
        });
    }
    let open_to_all = device.allowed_groups.is_empty();
    let is_own = device.owner.as_ref() == Some(&user.id);
    let allowed = open_to_all
        || is_own
        || user
            .group
            .as_ref()
            .is_some_and(|group| device.allowed_groups.contains(group));
    if !allowed {
        return Err(Refusal::DeviceNotAllowed {
            user: user.id.clone(),
            device: device.id.clone(),
        });
    }
    Ok(())
}

fn check_not_locked(step: &Step<'_>, user: &User) -> Result<(), Refusal> {
    match user.failures.locked_until {
        Some(until) if until > step.clock() => Err(Refusal::UserLocked {
            user: user.id.clone(),
            until,
        }),
        _ => Ok(()),
    }
}

fn check_credential(user: &User, checked: Option<u64>) -> Result<(), Refusal> {
    let Some(checked) = checked else { return Ok(()) };
    match &user.credential {
        None => Err(Refusal::NoCredential {
            user: user.id.clone(),
        }),
        Some(credential) if credential.version != checked => Err(Refusal::CredentialChanged {
            user: user.id.clone(),
        }),
        Some(_) => Ok(()),
    }
}

fn plan(step: &Step<'_>, user: &User, device: &Device, policy: &Policy) -> Result<Plan, Refusal> {
    let clock = step.clock();
    let mut ends = Vec::new();

    if let Some(here) = step.state.session_at(&device.id) {
        let mine = here.user == user.id;
        if here.is_overdue(clock) {
            ends.push((Arc::clone(here), step.overdue_reason(here)));
        } else if mine
            && step
                .deadline(here, clock, policy)
                .is_some_and(|deadline| deadline <= clock)
        {
            // A stricter login time came since: kept, the session would end in the next sweep.
            ends.push((Arc::clone(here), EndReason::LoginTimeReached));
        } else if mine {
            return Ok(Plan::Keep(Arc::clone(here)));
        } else if policy.busy_device == BusyDevice::Refuse && device.owner.as_ref() != Some(&here.user) {
            return Err(Refusal::DeviceBusy {
                device: device.id.clone(),
            });
        } else {
            let reason = EndReason::DeviceTakenOver {
                user: user.id.clone(),
                epoch: step.epoch(),
            };
            ends.push((Arc::clone(here), reason));
        }
    }

    let elsewhere = step
        .state
        .sessions_of(&user.id)
        .filter(|session| session.device != device.id);
    let (overdue, live): (Vec<_>, Vec<_>) = elsewhere.partition(|session| session.is_overdue(clock));
    for session in overdue {
        ends.push((Arc::clone(session), step.overdue_reason(session)));
    }
    let is_at_home = |session: &Session| {
        let device = step.state.device(&session.device);
        device.is_some_and(|device| device.owner.as_ref() == Some(&user.id))
    };
    if policy.multiple_logins == MultipleLogins::Deny
        && let Some(session) = live.iter().find(|session| !is_at_home(session))
    {
        return Err(Refusal::LoggedInElsewhere {
            user: user.id.clone(),
            device: session.device.clone(),
            site: session.site.clone(),
        });
    }
    let excess = (live.len() + 1).saturating_sub(policy.multiple_logins.sessions_max());
    for session in live.into_iter().take(excess) {
        let reason = EndReason::LoggedInElsewhere {
            device: device.id.clone(),
            site: device.site.clone(),
            epoch: step.epoch(),
        };
        ends.push((Arc::clone(session), reason));
    }
    Ok(Plan::Begin { ends })
}

fn new_session(step: &Step<'_>, user: &User, device: &Device, policy: &Policy) -> Session {
    let now = step.clock();
    let session = Session {
        user: user.id.clone(),
        device: device.id.clone(),
        site: device.site.clone(),
        epoch: step.epoch(),
        since: now,
        last_active: now,
        by: step.by.0.clone(),
        deadline: None,
    };
    Session {
        deadline: step.deadline(&session, now, policy),
        ..session
    }
}

/// A login that succeeds makes earlier wrong PINs irrelevant.
fn forget_failures(step: &mut Step<'_>, user: &User) {
    if user.failures != Default::default() {
        let record = User {
            failures: Default::default(),
            ..user.clone()
        };
        step.state.users.insert(user.id.clone(), Arc::new(record));
    }
}

#[cfg(test)]
mod tests;
