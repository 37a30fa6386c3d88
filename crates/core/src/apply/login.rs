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
mod tests {
    use super::*;
    use crate::apply::testing::{self, World, login, login_with, named};
    use crate::command::Action;
    use crate::event::EventKind;
    use crate::policy::{Limit, PolicyOverrides};
    use crate::session::Epoch;

    fn reasons(outcome: &Outcome) -> Vec<(String, &'static str)> {
        match outcome {
            Ok(Done::LoggedIn { ended, .. }) => ended
                .iter()
                .map(|e| (e.session.device.to_string(), e.reason.name()))
                .collect(),
            other => panic!("expected a login, got {other:?}"),
        }
    }

    #[test]
    fn a_login_starts_a_session_with_the_entrys_epoch_and_the_policys_deadline() {
        let mut world = World::office();
        let (outcome, events) = world.act(login("2041", "chi-1"));
        let session = world.session("chi-1");
        assert_eq!(session.user.as_str(), "ada");
        assert_eq!(session.site.as_str(), "chicago");
        assert_eq!(session.epoch, Epoch::at(world.state.index(), 0));
        assert_eq!(session.by, "test");
        assert_eq!(session.deadline, Some(world.now.plus_ms(10 * 60_000)));
        let done = Done::LoggedIn {
            session: Session::clone(&session),
            already: false,
            ended: vec![],
        };
        assert_eq!(outcome, Ok(done));
        assert_eq!(events, vec![EventKind::SessionStarted(session)]);
    }

    /// Every refusal stays until its own cause is removed, then the next in order takes its place.
    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let attempt = || login_with("zoe", "lobby", 1);
        let refusal = |world: &mut World| world.run(attempt()).unwrap_err().name();
        let put = |world: &mut World, action| world.run(action).unwrap();
        let zoe = || User {
            enabled: false,
            ..testing::user("zoe")
        };
        let lobby = || Device {
            enabled: false,
            allowed_groups: vec![named("one")],
            ..testing::device("lobby", "chicago")
        };

        assert_eq!(refusal(&mut world), "unknown_user");
        put(&mut world, Action::PutUser(zoe()));
        assert_eq!(refusal(&mut world), "user_disabled");
        put(
            &mut world,
            Action::PutUser(User {
                enabled: true,
                ..zoe()
            }),
        );
        assert_eq!(refusal(&mut world), "unknown_device");
        put(&mut world, Action::PutGroup(testing::group("one")));
        put(&mut world, Action::PutDevice(lobby()));
        assert_eq!(refusal(&mut world), "device_disabled");
        put(
            &mut world,
            Action::PutDevice(Device {
                enabled: true,
                ..lobby()
            }),
        );
        assert_eq!(refusal(&mut world), "device_not_allowed");
        for _ in 0..5 {
            put(&mut world, testing::failed("zoe"));
        }
        put(
            &mut world,
            Action::PutUser(User {
                enabled: true,
                group: Some(named("one")),
                ..zoe()
            }),
        );
        let hold = |until| Action::HoldDevice {
            device: named("lobby"),
            until,
            reason: "emergency call".into(),
        };
        let until = world.now.plus_ms(60_000);
        put(&mut world, hold(until));
        assert_eq!(refusal(&mut world), "device_on_hold");
        put(&mut world, hold(crate::time::TimeMs(0)));
        assert_eq!(refusal(&mut world), "user_locked");
        put(&mut world, Action::Unlock(named("zoe")));
        assert_eq!(refusal(&mut world), "no_credential");
        put(&mut world, testing::set_pin("zoe"));
        assert_eq!(refusal(&mut world), "credential_changed");

        let deny = PolicyOverrides {
            multiple_logins: Some(MultipleLogins::Deny),
            busy_device: Some(BusyDevice::Refuse),
            ..PolicyOverrides::default()
        };
        put(&mut world, testing::put_group("one", deny));
        put(
            &mut world,
            Action::PutUser(User {
                group: Some(named("one")),
                ..testing::user("yan")
            }),
        );
        put(&mut world, login("yan", "lobby"));
        put(&mut world, login("zoe", "chi-1"));
        let version = world
            .state
            .user(&named("zoe"))
            .unwrap()
            .credential
            .as_ref()
            .unwrap()
            .version;
        let attempt = || login_with("zoe", "lobby", version);
        assert_eq!(world.run(attempt()).unwrap_err().name(), "device_busy");
        put(&mut world, testing::logout("lobby"));
        let denied = Refusal::LoggedInElsewhere {
            user: named("zoe"),
            device: named("chi-1"),
            site: named("chicago"),
        };
        assert_eq!(world.run(attempt()), Err(denied));
        put(&mut world, testing::logout("chi-1"));
        assert!(world.run(attempt()).is_ok());
    }

    #[test]
    fn a_second_login_evicts_the_first() {
        let mut world = World::office();
        world.run(login("ada", "ny-1")).unwrap();
        let old = world.session("ny-1");
        let (outcome, events) = world.act(login("ada", "chi-1"));
        let new = world.session("chi-1");
        let reason = EndReason::LoggedInElsewhere {
            device: named("chi-1"),
            site: named("chicago"),
            epoch: new.epoch,
        };
        assert_eq!(reasons(&outcome), vec![("ny-1".into(), "logged_in_elsewhere")]);
        assert_eq!(
            events,
            vec![
                EventKind::SessionEnded { session: old, reason },
                EventKind::SessionStarted(new)
            ]
        );
    }

    #[test]
    fn a_login_at_a_busy_phone_takes_it_over() {
        let mut world = World::office();
        world.run(login("bob", "chi-1")).unwrap();
        world.run(login("ada", "ny-1")).unwrap();
        let outcome = world.run(login("ada", "chi-1"));
        let expected = vec![
            ("chi-1".into(), "device_taken_over"),
            ("ny-1".into(), "logged_in_elsewhere"),
        ];
        assert_eq!(reasons(&outcome), expected);
        assert_eq!(world.devices_of("bob"), Vec::<String>::new());
    }

    #[test]
    fn logging_in_again_at_the_same_phone_keeps_the_epoch_and_counts_as_activity() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let first = world.session("chi-1");
        world.later(60_000);
        let (outcome, events) = world.act(login("ada@example.com", "chi-1"));
        let again = world.session("chi-1");
        assert_eq!((again.epoch, again.since), (first.epoch, first.since));
        assert_eq!(again.last_active, world.now);
        assert_eq!(again.deadline, Some(world.now.plus_ms(10 * 60_000)));
        let done = Done::LoggedIn {
            session: Session::clone(&again),
            already: true,
            ended: vec![],
        };
        assert_eq!((outcome, events), (Ok(done), vec![]));
    }

    #[test]
    fn several_sessions_are_allowed_up_to_the_number_and_then_the_oldest_makes_room() {
        let mut world = World::office();
        world.allow("ada", MultipleLogins::AllowUpTo(2));
        world.run(login("ada", "chi-1")).unwrap();
        assert_eq!(reasons(&world.run(login("ada", "chi-2"))), vec![]);
        assert_eq!(
            reasons(&world.run(login("ada", "ny-1"))),
            vec![("chi-1".into(), "logged_in_elsewhere")]
        );
        assert_eq!(world.devices_of("ada"), ["chi-2", "ny-1"]);
    }

    #[test]
    fn an_overdue_session_blocks_neither_the_user_nor_the_phone() {
        let mut world = World::office();
        let refuse = PolicyOverrides {
            multiple_logins: Some(MultipleLogins::Deny),
            busy_device: Some(BusyDevice::Refuse),
            ..PolicyOverrides::default()
        };
        world.group_with("ada", refuse);
        world.run(login("bob", "chi-1")).unwrap();
        world.run(login("ada", "ny-1")).unwrap();
        assert!(world.run(login("ada", "chi-1")).is_err());
        world.later(10 * 60_000);
        let outcome = world.run(login("ada", "chi-1"));
        assert_eq!(
            reasons(&outcome),
            vec![("chi-1".into(), "idle"), ("ny-1".into(), "idle")]
        );
    }

    #[test]
    fn a_users_own_overdue_session_is_not_revived_by_a_login() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let first = world.session("chi-1").epoch;
        world.later(10 * 60_000);
        assert_eq!(
            reasons(&world.run(login("ada", "chi-1"))),
            vec![("chi-1".into(), "idle")]
        );
        assert!(world.session("chi-1").epoch > first);
    }

    #[test]
    fn a_stricter_login_time_begins_a_new_session_at_the_next_login() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        world.later(120_000);
        let strict = PolicyOverrides {
            login_time_max: Some(Limit::AfterMs(60_000)),
            ..PolicyOverrides::default()
        };
        world.group_with("ada", strict);
        let outcome = world.run(login("ada", "chi-1"));
        assert_eq!(reasons(&outcome), vec![("chi-1".into(), "login_time_reached")]);
    }

    #[test]
    fn a_refused_login_changes_nothing() {
        let mut world = World::office();
        world.group_with(
            "ada",
            PolicyOverrides {
                multiple_logins: Some(MultipleLogins::Deny),
                ..PolicyOverrides::default()
            },
        );
        world.run(login("bob", "chi-1")).unwrap();
        world.later(10 * 60_000);
        world.run(login("ada", "ny-1")).unwrap();
        let (outcome, events) = world.act(login("ada", "chi-1"));
        assert!(outcome.is_err());
        assert_eq!(events, vec![]);
        assert_eq!(world.devices_of("bob"), ["chi-1"]);
    }

    #[test]
    fn a_successful_login_forgets_wrong_pins() {
        let mut world = World::office();
        world.run(testing::failed("ada")).unwrap();
        world.run(login("ada", "chi-1")).unwrap();
        assert_eq!(
            world.state.user(&named("ada")).unwrap().failures,
            Default::default()
        );
    }

    #[test]
    fn a_clock_that_steps_back_does_not_step_the_state_back() {
        let mut world = World::office();
        let before = world.now;
        world.now = crate::time::TimeMs(5);
        world.run(login("ada", "chi-1")).unwrap();
        assert_eq!(world.session("chi-1").since, before);
    }
}
