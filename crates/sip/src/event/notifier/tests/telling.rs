//! What watchers are told, and when.

use super::*;

#[test]
fn changes_within_a_second_become_one_notify() {
    let mut world = World::new();
    world.subscribed("c1");
    assert_eq!(world.publish(), [""; 0], "the first NOTIFY was just sent");
    world.now += seconds(1) / 2;
    assert_eq!(world.publish(), [""; 0]);
    assert_eq!(world.notifier.next_timeout(), Some(world.now + seconds(1) / 2));
    assert_eq!(world.pass(seconds(1) / 2), ["active;expires=599: 2041 v1 full"]);
    let told = world.sent.remove(0);
    world.answer(&told, 200);
    world.now += seconds(1);
    assert_eq!(
        world.publish(),
        ["active;expires=598: 2041 v2 partial"],
        "one change alone is partial"
    );
}

#[test]
fn a_change_waits_for_the_answer_to_the_last_notify() {
    let mut world = World::new();
    world.subscribed("c1");
    world.now += seconds(2);
    world.publish();
    let slow = world.sent.remove(0);
    world.now += seconds(5);
    assert_eq!(world.publish(), [""; 0]);
    assert_eq!(world.pass(seconds(5)), [""; 0]);
    assert_eq!(world.answer(&slow, 200), Answered::Noted);
    assert_eq!(world.pass(seconds(0)), ["active;expires=588: 2041 v2 partial"]);
}

#[test]
fn only_the_watchers_of_what_changed_are_told() {
    let mut world = World::new();
    world.subscribed("c1");
    world.now += seconds(2);
    let mut out = Vec::new();
    for (package, resource) in [(Package::Reg, "2041"), (Package::Dialog, "2042")] {
        world
            .notifier
            .publish(world.now, package, resource, &Spoken, &mut out);
        assert!(!world.notifier.is_watched(package, resource));
    }
    assert!(out.is_empty());
    assert!(world.notifier.is_watched(Package::Dialog, "2041"));
}

#[test]
fn what_is_unknown_is_told_without_a_body() {
    let mut world = World::new();
    world.subscribe_as(&subscribe("c1", &[]), Some("unknown"), "phone-17");
    let told = lines(&world.sent[0].message);
    assert!(told.contains(&"Content-Length: 0".to_owned()) && !told.join(" ").contains("Content-Type"));
}

#[test]
fn the_last_notify_is_not_held_back_and_says_why() {
    let table = [
        (Reason::Deactivated, "terminated;reason=deactivated: 2041 v1 full"),
        (
            Reason::Probation { retry_after: 30 },
            "terminated;reason=probation;retry-after=30: 2041 v1 full",
        ),
        (Reason::Rejected, "terminated;reason=rejected: "),
        (Reason::Timeout, "terminated;reason=timeout: 2041 v1 full"),
        (Reason::Giveup, "terminated;reason=giveup: 2041 v1 full"),
        (Reason::NoResource, "terminated;reason=noresource: "),
        (Reason::Invariant, "terminated;reason=invariant: 2041 v1 full"),
    ];
    for (reason, told) in table {
        let mut world = World::new();
        world.subscribed("c1");
        world.publish();
        let World { notifier, sent, .. } = &mut world;
        notifier.terminate(Package::Dialog, "2041", reason, &Spoken, sent);
        assert_eq!(world.bodies(), [told]);
        assert!(world.notifier.is_empty() && world.notifier.next_timeout().is_none());
    }
}

#[test]
fn the_end_of_a_session_ends_what_its_phone_watches() {
    let mut world = World::new();
    world.subscribed("c1");
    world.subscribe(&subscribe("c2", &["Event: message-summary"]));
    world.subscribe_as(&subscribe("c3", &[]), Some("2041"), "phone-18");
    world.sent.clear();
    let World { notifier, sent, .. } = &mut world;
    notifier.terminate_watcher("phone-17", Reason::Deactivated, &Spoken, sent);
    assert_eq!(world.sent.len(), 2);
    assert_eq!(world.notifier.len(), 1);
}
