//! How long a call is believed in, and what cannot be followed.

use super::*;

#[test]
fn a_call_whose_bye_was_never_seen_ends_by_its_session_timer_or_our_bound() {
    // (Session-Expires of the 200, how long the call lasts)
    let table: &[(&[&str], u64)] = &[
        (&["Session-Expires: 1800;refresher=uac"], 1832),
        (&["x: 90"], 122),
        (&["Session-Expires: soon"], 43_200),
        (&["Session-Expires: 0"], 43_200),
        (&[], 43_200),
    ];
    for (more, lasts) in table {
        let mut world = World::new();
        world.talking(more);
        world.changed();
        world.pass(seconds(lasts - 1));
        assert!(world.calls.in_call("phone-2"), "{more:?}");
        world.pass(seconds(1));
        assert!(
            !world.calls.in_call("phone-2") && !world.calls.in_call("phone-1"),
            "{more:?}"
        );
        assert_eq!(world.changed().0, ["jo", "maria"], "{more:?}");
        world.pass(seconds(5));
        assert!(world.calls.is_empty());
    }
}

#[test]
fn a_session_refresh_from_either_side_prolongs_the_call() {
    for (method, by_caller) in [
        ("INVITE", true),
        ("UPDATE", true),
        ("INVITE", false),
        ("UPDATE", false),
    ] {
        let mut world = World::new();
        world.talking(&["Session-Expires: 100"]);
        world.pass(seconds(60));
        world.request(method, 7, by_caller, &[]);
        world.response(200, method, 7, by_caller, &["Session-Expires: 100"]);
        world.pass(seconds(131));
        assert!(world.calls.in_call("phone-1"), "{method} {by_caller}");
        world.pass(seconds(1));
        assert!(!world.calls.in_call("phone-1"), "{method} {by_caller}");
    }
}

#[test]
fn a_refused_refresh_and_other_requests_do_not_prolong() {
    let mut world = World::new();
    world.talking(&["Session-Expires: 100"]);
    world.pass(seconds(60));
    world.response(491, "INVITE", 7, true, &["Session-Expires: 100"]);
    world.response(200, "INFO", 8, true, &[]);
    world.pass(seconds(72));
    assert!(!world.calls.in_call("phone-1"));
}

#[test]
fn what_cannot_be_followed_is_counted() {
    let mut world = World::with(Limits {
        calls_max: 1,
        ..Limits::default()
    });
    let large = format!("Contact: <sip:{}@192.0.2.1>", "x".repeat(5000));
    for broken in [&["Contact: *"][..], &[&large]] {
        let invite = request("INVITE", 1, true, broken);
        assert_eq!(
            world
                .calls
                .invited(world.now, &invite, maria(), &mut world.changes),
            None
        );
    }
    world.invite();
    let mut second = request("INVITE", 1, true, &[]);
    second.set(Header::new(Name::CallId, "c2"));
    assert_eq!(
        world
            .calls
            .invited(world.now, &second, maria(), &mut world.changes),
        None
    );
    assert_eq!((world.calls.unfollowed(), world.calls.len()), (3, 1));
}

#[test]
fn messages_of_unknown_calls_change_nothing() {
    let mut world = World::new();
    world.response(200, "INVITE", 1, true, &[]);
    world.request("BYE", 2, true, &[]);
    assert_eq!(world.changes, Changes::default());
    assert!(world.calls.is_empty());
}

proptest! {
    /// Whatever passes by, in whatever order: queries and timers stay consistent, and in the end nothing is left.
    #[test]
    fn everything_ends_whatever_passes_by(steps in proptest::collection::vec((0..9_u8, 0..4_u8, 0..700_u64), 0..60)) {
        let mut world = World::new();
        for (step, which, time) in steps {
            let id = world.calls.calls.keys().next().cloned();
            let phone = party("jo", &format!("phone-{which}"), "192.0.2.9:5060");
            let tagged = format!("To: <sip:jo@example.com>;tag=t{which}");
            match (step, id) {
                (0, _) => { world.invite(); }
                (1, Some(id)) => world.calls.offered(world.now, &id, phone, &mut world.changes),
                (2, _) => world.response(180, "INVITE", 1, true, &[&tagged]),
                (3, _) => world.response(200, "INVITE", 1, true, &[&tagged, "Session-Expires: 100"]),
                (4, _) => world.response(486, "INVITE", 1, true, &[&tagged]),
                (5, _) => {
                    let mut bye = request("BYE", 9, true, &[]);
                    bye.set(Header::new(Name::To, &tagged[4..]));
                    world.calls.request(world.now, &bye, &mut world.changes);
                }
                (6, Some(id)) => world.calls.withdrawn(world.now, &id, &phone.device.unwrap(), &mut world.changes),
                (7, Some(id)) => world.calls.ended(world.now, &id, &mut world.changes),
                _ => world.pass(seconds(time)),
            }
            prop_assert_eq!(world.calls.due.len(), world.calls.len());
            prop_assert!(world.calls.next_timeout().is_none_or(|next| next + seconds(700) > world.now));
        }
        for _ in 0..3 { world.pass(seconds(50_000)); }
        prop_assert!(world.calls.is_empty() && world.calls.next_timeout().is_none());
        prop_assert!(world.calls.by_user.is_empty() && world.calls.by_device.is_empty());
    }
}
