//! How a call goes on, for each of its sides.

use super::*;

#[test]
fn a_call_goes_from_trying_over_ringing_and_talking_to_its_end() {
    use State::{Confirmed, Early, Terminated, Trying};
    let both = (
        vec![SmolStr::new("jo"), "maria".into()],
        vec![SmolStr::new("phone-1"), "phone-2".into()],
    );
    let mut world = World::new();
    let id = world.invite();
    assert_eq!(world.lamps(), (Some(Trying), None));
    world.calls.offered(world.now, &id, jo(), &mut world.changes);
    assert_eq!(world.lamps(), (Some(Trying), Some(Trying)));
    world.response(100, "INVITE", 1, true, &[]);
    assert_eq!(world.lamps(), (Some(Trying), Some(Trying)));
    world.response(183, "INVITE", 1, true, &["To: <sip:jo@example.com>"]);
    assert_eq!(world.lamps().1, Some(State::Proceeding));
    world.changed();
    world.response(180, "INVITE", 1, true, &[]);
    assert_eq!(world.lamps(), (Some(Early), Some(Early)));
    assert_eq!(world.changed(), both);
    world.response(180, "INVITE", 1, true, &[]);
    assert_eq!(world.changed(), (vec![], vec![]), "ringing on is no news");
    world.response(200, "INVITE", 1, true, &[]);
    assert_eq!(world.lamps(), (Some(Confirmed), Some(Confirmed)));
    assert_eq!(world.changed(), both);
    world.request("ACK", 1, true, &[]);
    world.pass(seconds(70));
    assert_eq!(
        world.calls.dialog_info(world.now, "jo", false)[0].duration_s,
        Some(70)
    );
    assert!(world.calls.in_call("phone-1") && world.calls.in_call("phone-2"));
    world.request("BYE", 1, false, &[]);
    assert_eq!(world.lamps(), (Some(Terminated), Some(Terminated)));
    assert_eq!(world.changed(), both);
    assert!(!world.calls.in_call("phone-1") && !world.calls.in_call("phone-2"));
    world.pass(seconds(5));
    assert_eq!(world.lamps(), (None, None));
    assert!(world.calls.is_empty() && world.calls.next_timeout().is_none());
    assert!(world.calls.by_user.is_empty() && world.calls.by_device.is_empty());
}

#[test]
fn a_call_that_nobody_answers_ends_for_both() {
    type End = fn(&mut World, &CallId);
    let ends: &[(&str, End)] = &[
        ("a refusal", |world, _| {
            world.response(486, "INVITE", 1, true, &[])
        }),
        ("told by the core", |world, id| {
            world.calls.ended(world.now, id, &mut world.changes)
        }),
        ("silence", |world, _| world.pass(seconds(600))),
    ];
    for (what, end) in ends {
        let mut world = World::new();
        let id = world.ringing();
        world.changed();
        end(&mut world, &id);
        assert_eq!(
            world.lamps(),
            (Some(State::Terminated), Some(State::Terminated)),
            "{what}"
        );
        assert!(
            !world.calls.in_call("phone-1") && !world.calls.in_call("phone-2"),
            "{what}"
        );
        assert_eq!(world.changed().0.len(), 2, "{what}");
        world.pass(seconds(5));
        assert!(world.calls.is_empty(), "{what}");
    }
}

#[test]
fn a_call_that_found_nobody_ends_too() {
    let mut world = World::new();
    let id = world.invite();
    assert!(world.calls.in_call("phone-1"));
    world.calls.ended(world.now, &id, &mut world.changes);
    assert_eq!(world.calls.state(&id), Some(State::Terminated));
    world.calls.offered(world.now, &id, jo(), &mut world.changes);
    assert!(
        !world.calls.in_call("phone-2"),
        "a call that is over rings nowhere"
    );
    world.pass(seconds(5));
    assert!(world.calls.is_empty());
}

#[test]
fn who_answers_first_talks_and_the_others_ring_no_longer() {
    let mut world = World::new();
    let id = world.invite();
    let second = party("jo", "phone-3", "192.0.2.3:5060");
    for phone in [&jo(), &second] {
        world
            .calls
            .offered(world.now, &id, phone.clone(), &mut world.changes);
    }
    let rings = response(180, "INVITE", 1, true, &["To: <sip:jo@example.com>;tag=c"]);
    world
        .calls
        .response(world.now, &rings, Some(&second), &mut world.changes);
    world.calls.response(
        world.now,
        &response(180, "INVITE", 1, true, &[]),
        Some(&jo()),
        &mut world.changes,
    );
    assert!(world.calls.in_call("phone-2") && world.calls.in_call("phone-3"));
    world.response(200, "INVITE", 1, true, &["To: <sip:jo@example.com>;tag=c"]);
    assert!(!world.calls.in_call("phone-2") && world.calls.in_call("phone-3"));
    assert_eq!(world.calls.of_user("jo").count(), 1);
    assert_eq!(world.calls.state(&id), Some(State::Confirmed));

    // A second 200 that was already on its way is a second dialog, which the caller ends itself.
    world.response(200, "INVITE", 1, true, &[]);
    assert!(world.calls.in_call("phone-2"));
    world.request("BYE", 2, true, &[]);
    assert!(
        !world.calls.in_call("phone-2") && world.calls.in_call("phone-3") && world.calls.in_call("phone-1")
    );
}

#[test]
fn a_call_that_moves_on_leaves_the_phone_where_it_rang() {
    let mut world = World::new();
    let id = world.ringing();
    world.changed();
    world
        .calls
        .withdrawn(world.now, &id, "phone-2", &mut world.changes);
    assert_eq!(world.changed().1, ["phone-1", "phone-2"]);
    assert!(!world.calls.in_call("phone-2") && world.calls.in_call("phone-1"));
    world.pass(seconds(6));
    assert_eq!(
        world.lamps(),
        (Some(State::Trying), None),
        "an end is told for a moment only"
    );
    let other = party("pat", "phone-4", "192.0.2.4:5060");
    world.calls.offered(world.now, &id, other, &mut world.changes);
    world.response(200, "INVITE", 1, true, &["To: <sip:pat@example.com>;tag=d"]);
    assert!(world.calls.in_call("phone-4") && !world.calls.in_call("phone-2"));
    world.calls.ended(world.now, &id, &mut world.changes);
    assert!(
        world.calls.in_call("phone-4"),
        "what talks does not end by an unanswered branch"
    );
}

#[test]
fn an_invite_with_credentials_begins_the_call_anew() {
    let mut world = World::new();
    let id = world.ringing();
    world.response(407, "INVITE", 1, true, &[]);
    let mut again = request("INVITE", 2, true, &[]);
    again.set(Header::new(Name::To, "<sip:jo@example.com>"));
    let same = world
        .calls
        .invited(world.now, &again, maria(), &mut world.changes);
    assert_eq!(same.as_ref(), Some(&id));
    assert_eq!(world.lamps().0, Some(State::Trying));
    assert_eq!(world.calls.len(), 1);
    world.response(180, "INVITE", 1, true, &[]);
    assert_eq!(
        world.lamps().0,
        Some(State::Trying),
        "an answer to the first INVITE says nothing"
    );
    world.response(200, "INVITE", 2, true, &[]);
    assert_eq!(world.lamps().0, Some(State::Confirmed));
    assert_eq!(
        world
            .calls
            .invited(world.now, &again, maria(), &mut world.changes),
        Some(id)
    );
    assert_eq!(
        world.lamps().0,
        Some(State::Confirmed),
        "a call that talks is not begun anew"
    );
}

#[test]
fn a_lamp_tells_the_other_side_and_hides_what_picks_up() {
    let mut world = World::new();
    world.ringing();
    let plain = &world.calls.dialog_info(world.now, "jo", false)[0];
    assert_eq!(
        (plain.direction, plain.identifiers.as_ref()),
        (Direction::Recipient, None)
    );
    assert_eq!(plain.local.identity, "sip:jo@example.com");
    assert_eq!(
        (&*plain.remote.identity, &plain.remote.target),
        ("sip:maria@example.com", &None)
    );
    let open = &world.calls.dialog_info(world.now, "jo", true)[0];
    let identifiers = open.identifiers.as_ref().expect("told");
    assert_eq!(
        (
            &*identifiers.call_id,
            &*identifiers.local_tag,
            &*identifiers.remote_tag
        ),
        ("c1", "b", "a")
    );
    assert_eq!(open.remote.target.as_deref(), Some("sip:maria@192.0.2.1"));
    let caller = &world.calls.dialog_info(world.now, "maria", true)[0];
    assert_eq!(caller.direction, Direction::Initiator);
    assert_eq!(caller.remote.identity, "sip:jo@example.com");
    assert!(!caller.id.contains("c1-") && caller.id != open.id);
}
