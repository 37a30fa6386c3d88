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
