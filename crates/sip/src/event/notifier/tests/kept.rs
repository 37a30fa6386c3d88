//! What outlives a restart.

use super::*;

#[test]
fn a_subscription_lives_through_a_restart() {
    let mut world = World::new();
    let id = world.subscribed("c1");
    let before = world.now;
    let record = world.notifier.record(&id, before, 1_000_000).expect("a record");

    let mut after = World::new();
    let restored = after.notifier.restore(id.as_str(), &record, after.now, 1_100_000);
    assert_eq!(restored, Ok(true));
    assert_eq!(after.pass(seconds(30)), ["active;expires=470: 2041 v256 full"]);
    let told = after.sent.remove(0);
    assert_eq!(told.message.text(&Name::CSeq).unwrap(), "257 NOTIFY");
    assert_eq!(told.to, hop("192.0.2.7:5060"));
    assert_eq!(after.answer(&told, 200), Answered::Noted);
    let refreshed = after.subscribe(&refresh("c1", &id, 2, &[]));
    assert_eq!(refreshed.status(), Some(200));
}

#[test]
fn numbers_never_go_back_over_a_restart() {
    let mut world = World::new();
    let id = world.subscribed("c1");
    let mut record = None;
    for _ in 0..700 {
        for changed in world.notifier.take_changed() {
            record = world.notifier.record(&changed, world.now, 0);
        }
        world.now += seconds(2);
        world.notifier.subscriptions.get_mut(&id).unwrap().expires = world.now + seconds(600);
        world.publish();
        let sent = world.sent.pop().expect("a NOTIFY");
        world.answer(&sent, 200);
        let mut after = World::new();
        after
            .notifier
            .restore(id.as_str(), record.as_ref().unwrap(), after.now, 0)
            .unwrap();
        after.pass(seconds(30));
        assert!(after.sent[0].sent.cseq > sent.sent.cseq);
    }
    assert!(world.sent.is_empty());
}

#[test]
fn a_record_of_the_past_or_beyond_reading_is_not_taken() {
    let mut world = World::new();
    let id = world.subscribed("c1");
    let record = world.notifier.record(&id, world.now, 0).unwrap();
    let mut after = World::new();
    assert_eq!(
        after.notifier.restore("a", &record, after.now, 600_000),
        Ok(false),
        "its time is over"
    );
    for length in 0..record.len() {
        assert_eq!(
            after.notifier.restore("a", &record[..length], after.now, 0),
            Err(BadRecord)
        );
    }
    let mut newer = record.clone();
    newer[0] = 2;
    assert_eq!(after.notifier.restore("a", &newer, after.now, 0), Err(BadRecord));
    let mut longer = record;
    longer.push(0);
    assert_eq!(after.notifier.restore("a", &longer, after.now, 0), Err(BadRecord));
    assert!(after.notifier.is_empty());
}

#[test]
fn the_record_has_the_golden_bytes() {
    let mut world = World::new();
    let lines = ["Record-Route: <sip:p2;lr>, <sip:p1;lr>", "Event: dialog;id=7"];
    world.subscribe(&subscribe("c1", &lines));
    let id = world.sent[0].sent.subscription.clone();
    let record = world.notifier.record(&id, world.now, 1_700_000_000_000).unwrap();
    let hex = data_encoding::HEXLOWER.encode(&record);
    assert_eq!(
        hex,
        include_str!("../../../../tests/golden/subscription-v1.hex").trim()
    );
}

#[test]
fn a_store_hears_of_what_began_moved_and_ended() {
    let mut world = World::new();
    let id = world.subscribed("c1");
    assert_eq!(world.notifier.take_changed(), std::slice::from_ref(&id));
    world.now += seconds(2);
    world.publish();
    assert!(
        world.notifier.take_changed().is_empty(),
        "a NOTIFY alone is no news"
    );
    world.subscribe(&refresh("c1", &id, 2, &[]));
    assert_eq!(world.notifier.take_changed(), std::slice::from_ref(&id));
    world.subscribe(&refresh("c1", &id, 3, &["Expires: 0"]));
    assert_eq!(world.notifier.take_changed(), std::slice::from_ref(&id));
    assert_eq!(world.notifier.record(&id, world.now, 0), None);
}
