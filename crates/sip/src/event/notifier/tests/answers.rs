//! What an answer to a NOTIFY means.

use super::*;

#[test]
fn an_answer_to_notify_decides_whether_the_watcher_is_still_there() {
    let removed = [
        404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 502, 604,
    ];
    let delayed = [
        400, 403, 406, 413, 415, 486, 487, 488, 491, 500, 503, 504, 600, 603,
    ];
    let again = [401, 407];
    let noted = [200, 202, 204];
    let table = (removed.map(|status| (status, Answered::Removed)).into_iter())
        .chain(delayed.map(|status| (status, Answered::Delayed)))
        .chain(again.map(|status| (status, Answered::SentAgain)))
        .chain(noted.map(|status| (status, Answered::Noted)));
    for (status, expected) in table {
        let mut world = World::new();
        world.subscribed("c1");
        world.now += seconds(2);
        world.publish();
        let notify = world.sent.remove(0);
        assert_eq!(world.answer(&notify, status), expected, "{status}");
        assert_eq!(
            world.notifier.is_empty(),
            expected == Answered::Removed,
            "{status}"
        );
    }
}

#[test]
fn a_watcher_that_does_not_answer_is_forgotten() {
    let mut world = World::new();
    world.subscribe(&subscribe("c1", &[]));
    let notify = world.sent.remove(0);
    let mut nobody = |_: &Message, _: &Message| None;
    let answered = world.notifier.answered(
        world.now,
        &notify.sent,
        None,
        &mut nobody,
        &Spoken,
        &mut world.sent,
    );
    assert_eq!(answered, Answered::Removed);
    assert!(world.notifier.is_empty());

    // Nor does one live on about whose NOTIFY nobody tells us anything.
    world.subscribe(&subscribe("c2", &[]));
    world.sent.clear();
    assert_eq!(world.pass(seconds(39)), [""; 0]);
    assert_eq!(world.notifier.len(), 1);
    assert_eq!(world.pass(seconds(1)), [""; 0]);
    assert!(world.notifier.is_empty());
}

#[test]
fn a_failed_notify_is_tried_again_when_the_watcher_says_and_three_times_at_most() {
    let mut world = World::new();
    world.subscribed("c1");
    world.now += seconds(2);
    world.publish();
    let first = world.sent.remove(0);
    assert_eq!(
        world.answer_with(&first, 503, &[("Retry-After", "7 (busy);duration=3")]),
        Answered::Delayed
    );
    assert_eq!(world.pass(seconds(6)), [""; 0]);
    assert_eq!(world.pass(seconds(1)), ["active;expires=591: 2041 v2 full"]);
    let second = world.sent.remove(0);
    assert_eq!(world.answer(&second, 500), Answered::Delayed);
    assert_eq!(world.pass(seconds(30)), ["active;expires=561: 2041 v3 full"]);
    let third = world.sent.remove(0);
    assert_eq!(world.answer(&third, 500), Answered::Removed);
}

#[test]
fn a_challenged_notify_is_sent_again_with_credentials_once() {
    let mut world = World::new();
    world.subscribe(&subscribe("c1", &[]));
    let plain = world.sent.remove(0);
    assert_eq!(world.answer(&plain, 401), Answered::SentAgain);
    let with = world.sent.remove(0);
    assert_eq!(with.message.text(&Name::Authorization).unwrap(), "Digest secret");
    assert_eq!(with.sent.cseq, plain.sent.cseq + 1);
    assert_eq!(world.answer(&with, 401), Answered::Delayed);
    assert!(world.sent.is_empty());
}

#[test]
fn an_answer_that_came_too_late_changes_nothing() {
    let mut world = World::new();
    world.subscribe(&subscribe("c1", &[]));
    let first = world.sent.remove(0);
    let id = first.sent.subscription.clone();
    world.subscribe(&refresh("c1", &id, 2, &[]));
    assert_eq!(world.answer(&first, 500), Answered::Noted);
    let second = world.sent.remove(0);
    assert_eq!(world.answer(&second, 200), Answered::Noted);
    assert_eq!(world.notifier.len(), 1);
}
