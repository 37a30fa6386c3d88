//! The rules of the notifier.

use std::time::Instant;

use bytes::Bytes;
use proptest::prelude::*;
use smol_str::{SmolStr, format_smolstr};

use super::*;
use crate::event::testing::{answer, hop, lines, message, seconds};
use crate::message::{Header, Name};

/// Says what it was asked for.
struct Spoken;

impl Bodies for Spoken {
    fn body(&self, _: Package, resource: &str, version: u32, full: bool) -> Option<(SmolStr, Bytes)> {
        let kind = if full { "full" } else { "partial" };
        let body = format!("{resource} v{version} {kind}");
        (resource != "unknown").then(|| ("text/plain".into(), body.into()))
    }
}

struct World {
    notifier: Notifier,
    now: Instant,
    sent: Vec<Notify>,
}

impl World {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        Self {
            notifier: Notifier::new(settings, Ids::new([1; 32])),
            now: Instant::now(),
            sent: Vec::new(),
        }
    }

    fn subscribe(&mut self, request: &Message) -> Message {
        self.subscribe_as(request, Some("2041"), "phone-17")
    }

    fn subscribe_as(&mut self, request: &Message, resource: Option<&str>, watcher: &str) -> Message {
        let subscribe = Subscribe {
            message: request,
            from: &hop("192.0.2.7:5060"),
            resource,
            watcher,
            contact: "sip:192.0.2.1:5060",
        };
        self.notifier
            .subscribe(self.now, &subscribe, &Spoken, &mut self.sent)
    }

    /// A subscription whose first NOTIFY was answered: its id.
    fn subscribed(&mut self, call: &str) -> SubscriptionId {
        let reply = self.subscribe(&subscribe(call, &[]));
        assert_eq!(reply.status(), Some(200), "{reply:?}");
        let first = self.sent.pop().expect("a first NOTIFY");
        self.answer(&first, 200);
        first.sent.subscription
    }

    fn answer(&mut self, notify: &Notify, status: u16) -> Answered {
        self.answer_with(notify, status, &[])
    }

    fn answer_with(&mut self, notify: &Notify, status: u16, more: &[(&str, &str)]) -> Answered {
        let response = answer(&notify.message, status, more);
        let mut none = |_: &Message, _: &Message| Some(Header::new(Name::Authorization, "Digest secret"));
        self.notifier.answered(
            self.now,
            &notify.sent,
            Some(&response),
            &mut none,
            &Spoken,
            &mut self.sent,
        )
    }

    fn publish(&mut self) -> Vec<String> {
        self.notifier
            .publish(self.now, Package::Dialog, "2041", &Spoken, &mut self.sent);
        self.bodies()
    }

    fn pass(&mut self, time: Duration) -> Vec<String> {
        self.now += time;
        self.notifier.timeout(self.now, &Spoken, &mut self.sent);
        self.bodies()
    }

    /// State and body of what was sent since, which stays in `sent`.
    fn bodies(&self) -> Vec<String> {
        let told = self.sent.iter().map(|notify| {
            let state = notify.message.text(&Name::SubscriptionState).unwrap();
            format!("{state}: {}", String::from_utf8_lossy(notify.message.body()))
        });
        told.collect()
    }
}

/// A SUBSCRIBE to the calls of 2041 with these header lines in place of, or beside, the usual ones. `-Name` leaves one
/// out.
fn subscribe(call: &str, changed: &[&str]) -> Message {
    let usual = [
        "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKa".to_owned(),
        "From: <sip:phone-17@example.com>;tag=theirs".to_owned(),
        "To: <sip:2041@example.com>".to_owned(),
        format!("Call-ID: {call}"),
        "CSeq: 1 SUBSCRIBE".to_owned(),
        "Contact: <sip:phone-17@192.0.2.7:5060>".to_owned(),
        "Event: dialog".to_owned(),
        "Expires: 600".to_owned(),
    ];
    let name = |line: &str| line.trim_start_matches('-').split(':').next().unwrap().to_owned();
    let kept = usual
        .iter()
        .filter(|line| !changed.iter().any(|other| name(other) == name(line)));
    let mut all = vec!["SUBSCRIBE sip:2041@example.com SIP/2.0"];
    all.extend(kept.map(String::as_str));
    all.extend(changed.iter().filter(|line| !line.starts_with('-')));
    message(&all, "")
}

fn refresh(call: &str, id: &SubscriptionId, cseq: u32, changed: &[&str]) -> Message {
    let to = format!("To: <sip:2041@example.com>;tag={}", id.as_str());
    let cseq = format!("CSeq: {cseq} SUBSCRIBE");
    let mut all = vec![to.as_str(), &cseq];
    all.extend(changed);
    subscribe(call, &all)
}

#[test]
fn a_subscribe_is_answered_and_followed_by_the_state() {
    let mut world = World::new();
    let routes = ["Record-Route: <sip:p2;lr>, <sip:p1;lr>", "Event: dialog;id=7"];
    let reply = world.subscribe(&subscribe("c1", &routes));
    let tag = world.sent[0].sent.subscription.as_str();
    assert_eq!(
        lines(&reply),
        [
            "SIP/2.0 200 OK",
            "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKa",
            "From: <sip:phone-17@example.com>;tag=theirs",
            &format!("To: <sip:2041@example.com>;tag={tag}"),
            "Call-ID: c1",
            "CSeq: 1 SUBSCRIBE",
            "Record-Route: <sip:p2;lr>, <sip:p1;lr>",
            "Contact: <sip:192.0.2.1:5060>",
            "Expires: 600",
            "Content-Length: 0",
            "",
        ]
    );
    assert_eq!(
        lines(&world.sent[0].message),
        [
            "NOTIFY sip:phone-17@192.0.2.7:5060 SIP/2.0",
            "Route: <sip:p2;lr>",
            "Route: <sip:p1;lr>",
            "Max-Forwards: 70",
            &format!("From: <sip:2041@example.com>;tag={tag}"),
            "To: <sip:phone-17@example.com>;tag=theirs",
            "Call-ID: c1",
            "CSeq: 1 NOTIFY",
            "Contact: <sip:192.0.2.1:5060>",
            "Event: dialog;id=7",
            "Subscription-State: active;expires=600",
            "Content-Type: text/plain",
            "Content-Length: 12",
            "",
            "2041 v0 full",
        ]
    );
    assert_eq!(world.sent[0].to, hop("192.0.2.7:5060"));
}

#[test]
fn what_cannot_be_is_refused() {
    let long_id = format!("Event: dialog;id={}", "7".repeat(200));
    let large = format!("Contact: <sip:{}@192.0.2.7>", "x".repeat(5000));
    let table: &[(&[&str], u16, &str)] = &[
        (&["-Event"], 489, "Allow-Events: dialog, message-summary, reg"),
        (
            &["Event: presence"],
            489,
            "Allow-Events: dialog, message-summary, reg",
        ),
        (&[&long_id], 400, ""),
        (&["CSeq: x SUBSCRIBE"], 400, ""),
        (&["Expires: soon"], 400, ""),
        (&["Expires: -1"], 400, ""),
        (&["Expires: 59"], 423, "Min-Expires: 60"),
        (&["Accept: application/pidf+xml"], 406, ""),
        (&["-Contact"], 400, ""),
        (&["Contact: *"], 400, ""),
        (&[&large], 400, ""),
        (&["From: <sip:phone-17@example.com>"], 400, ""),
        (&["To: <sip:2041@example.com>;tag=nobody"], 481, ""),
    ];
    for (changed, status, header) in table {
        let mut world = World::new();
        let reply = world.subscribe(&subscribe("c1", changed));
        assert_eq!(reply.status(), Some(*status), "{changed:?}");
        assert!(
            header.is_empty() || lines(&reply).contains(&(*header).to_owned()),
            "{reply:?}"
        );
        assert!(world.sent.is_empty() && world.notifier.is_empty(), "{changed:?}");
    }
    let mut world = World::new();
    let nothing = world.subscribe_as(&subscribe("c1", &[]), None, "phone-17");
    assert_eq!(nothing.status(), Some(404));
}

#[test]
fn what_a_watcher_accepts_and_how_long_it_lasts() {
    let table: &[(&[&str], &str)] = &[
        (&[], "600"),
        (&["Expires: 60"], "60"),
        (&["-Expires"], "3600"),
        (&["-Expires", "Event: reg"], "3761"),
        (&["Expires: 99999"], "3761"),
        (&["Expires: 99999999999999"], "3761"),
        (
            &["Accept: application/pidf+xml, Application/Dialog-Info+XML;q=0.5"],
            "600",
        ),
        (&["Accept: application/*"], "600"),
        (&["Accept: text/plain", "Accept: */*"], "600"),
        (&["Event: Dialog ;id=1"], "600"),
    ];
    for (changed, expires) in table {
        let mut world = World::new();
        let reply = world.subscribe(&subscribe("c1", changed));
        assert_eq!(reply.status(), Some(200), "{changed:?}");
        assert_eq!(reply.text(&Name::Expires).unwrap(), *expires, "{changed:?}");
    }
}

#[test]
fn a_fetch_gets_the_state_and_leaves_nothing_behind() {
    let mut world = World::new();
    let reply = world.subscribe(&subscribe("c1", &["Expires: 0"]));
    assert_eq!(reply.text(&Name::Expires).unwrap(), "0");
    assert_eq!(world.bodies(), ["terminated;reason=timeout: 2041 v0 full"]);
    assert!(world.notifier.is_empty() && world.notifier.next_timeout().is_none());
    assert!(world.notifier.take_changed().is_empty());
}

#[test]
fn a_refresh_prolongs_and_tells_the_state_at_once() {
    let mut world = World::new();
    let id = world.subscribed("c1");
    world.now += seconds(500);
    let moved = ["Contact: <sip:phone-17@192.0.2.7:9999>"];
    let reply = world.subscribe(&refresh("c1", &id, 2, &moved));
    assert_eq!(reply.status(), Some(200));
    assert_eq!(world.bodies(), ["active;expires=600: 2041 v1 full"]);
    assert_eq!(
        world.sent[0].message.uri().unwrap(),
        "sip:phone-17@192.0.2.7:9999"
    );
    let first = world.sent.remove(0);
    world.answer(&first, 200);
    assert_eq!(world.pass(seconds(599)), [""; 0], "it lives on");
    assert_eq!(
        world.pass(seconds(1)),
        ["terminated;reason=timeout: 2041 v2 full"]
    );
}

#[test]
fn a_refresh_that_does_not_fit_is_refused_and_changes_nothing() {
    let table: &[(&[&str], &str, u16)] = &[
        (&["From: <sip:phone-17@example.com>;tag=other"], "phone-17", 481),
        (&["Call-ID: c2"], "phone-17", 481),
        (&[], "phone-18", 481),
        (&["Event: reg"], "phone-17", 403),
        (&["Event: dialog;id=9"], "phone-17", 403),
        (&["CSeq: 1 SUBSCRIBE"], "phone-17", 500),
        (&["Expires: 5"], "phone-17", 423),
    ];
    for (changed, watcher, status) in table {
        let mut world = World::new();
        let id = world.subscribed("c1");
        let to = format!("To: <sip:2041@example.com>;tag={}", id.as_str());
        let mut all = vec![to.as_str()];
        if !changed.iter().any(|line| line.starts_with("CSeq")) {
            all.push("CSeq: 2 SUBSCRIBE");
        }
        all.extend(*changed);
        let reply = world.subscribe_as(&subscribe("c1", &all), None, watcher);
        assert_eq!(reply.status(), Some(*status), "{changed:?}");
        assert!(world.sent.is_empty());
        assert_eq!(
            world.pass(seconds(600)),
            ["terminated;reason=timeout: 2041 v1 full"]
        );
    }
}

#[test]
fn an_end_by_the_watcher_is_told_once_more_and_then_unknown() {
    let mut world = World::new();
    let id = world.subscribed("c1");
    let reply = world.subscribe(&refresh("c1", &id, 2, &["Expires: 0"]));
    assert_eq!(
        (reply.status(), reply.text(&Name::Expires).unwrap().as_ref()),
        (Some(200), "0")
    );
    assert_eq!(world.bodies(), ["terminated;reason=timeout: 2041 v1 full"]);
    let again = world.subscribe(&refresh("c1", &id, 3, &[]));
    assert_eq!(again.status(), Some(481));
    assert!(world.notifier.is_empty() && world.notifier.next_timeout().is_none());
}

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
fn a_refresh_can_be_checked_against_what_it_is_about() {
    let mut world = World::new();
    let id = world.subscribed("c1");
    assert_eq!(SubscriptionId::of(&subscribe("c1", &[])), None);
    let named = SubscriptionId::of(&refresh("c1", &id, 2, &[])).expect("within a dialog");
    let about = world.notifier.watched_by(&named);
    assert_eq!(about, Some((Package::Dialog, "2041", "phone-17")));
    assert_eq!(world.notifier.watched_by(&SubscriptionId("nobody".into())), None);
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

#[test]
fn a_full_table_says_try_later() {
    let small = |total, per_resource, per_watcher| Settings {
        subscriptions_max: total,
        per_resource_max: per_resource,
        per_watcher_max: per_watcher,
        ..Settings::default()
    };
    for settings in [small(1, 9, 9), small(9, 1, 9), small(9, 9, 1)] {
        let mut world = World::with(settings);
        world.subscribed("c1");
        let other = subscribe("c2", &["Contact: <sip:phone-17@192.0.2.8>"]);
        let reply = world.subscribe(&other);
        assert_eq!(reply.status(), Some(503));
        assert_eq!(reply.text(&Name::RetryAfter).unwrap(), "60");
        assert_eq!(world.notifier.len(), 1);

        // A phone that was switched off and on takes the place of what it forgot.
        assert_eq!(world.subscribe(&subscribe("c3", &[])).status(), Some(200));
        assert_eq!(
            world.bodies(),
            [
                "terminated;reason=giveup: 2041 v1 full",
                "active;expires=600: 2041 v0 full"
            ]
        );
        assert_eq!(world.notifier.len(), 1);
    }
}

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
        include_str!("../../../tests/golden/subscription-v1.hex").trim()
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

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u8, u8),
    End(u8),
    Publish(u8),
    Answer(u16),
    Pass(u16),
    Terminate(u8),
    TerminateWatcher(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u8, 0..4_u8).prop_map(|(resource, watcher)| Step::Subscribe(resource, watcher)),
        (0..8_u8).prop_map(Step::End),
        (0..4_u8).prop_map(Step::Publish),
        prop_oneof![Just(200), Just(481), Just(500), Just(401)].prop_map(Step::Answer),
        (0..2000_u16).prop_map(Step::Pass),
        (0..4_u8).prop_map(Step::Terminate),
        (0..4_u8).prop_map(Step::TerminateWatcher),
    ]
}

proptest! {
    /// Whatever happens: the tables agree with each other, the bounds hold, each watcher gets CSeq numbers that grow,
    /// and in the end nothing is left.
    #[test]
    fn the_tables_agree_whatever_happens(steps in proptest::collection::vec(step(), 0..60)) {
        let bounds = Settings { subscriptions_max: 6, per_resource_max: 3, per_watcher_max: 4, ..Settings::default() };
        let mut world = World::with(bounds);
        let mut last = HashMap::<SubscriptionId, u32>::new();
        let mut unanswered = Vec::<Notify>::new();
        for (count, step) in steps.into_iter().enumerate() {
            let World { notifier, now, sent, .. } = &mut world;
            match step {
                Step::Subscribe(resource, watcher) => {
                    let request = subscribe(&format!("c{count}"), &[]);
                    let (resource, watcher) = (format_smolstr!("r{resource}"), format_smolstr!("w{watcher}"));
                    world.subscribe_as(&request, Some(&resource), &watcher);
                }
                Step::End(at) => {
                    let id = notifier.subscriptions.keys().min().filter(|_| at > 3).cloned();
                    if let Some(id) = id { notifier.finish(&id, Reason::Timeout, &Spoken, sent); }
                }
                Step::Publish(at) => notifier.publish(*now, Package::Dialog, &format!("r{at}"), &Spoken, sent),
                Step::Answer(status) => if let Some(notify) = unanswered.pop() { world.answer(&notify, status); },
                Step::Pass(time) => { world.pass(seconds(u64::from(time))); }
                Step::Terminate(at) => {
                    notifier.terminate(Package::Dialog, &format!("r{at}"), Reason::Giveup, &Spoken, sent);
                }
                Step::TerminateWatcher(at) => {
                    notifier.terminate_watcher(&format!("w{at}"), Reason::Giveup, &Spoken, sent);
                }
            }
            for notify in world.sent.drain(..) {
                let before = last.insert(notify.sent.subscription.clone(), notify.sent.cseq);
                prop_assert!(before.is_none_or(|before| before < notify.sent.cseq));
                unanswered.push(notify);
            }
            let notifier = &world.notifier;
            prop_assert!(notifier.len() <= 6);
            prop_assert!(notifier.by_resource.values().all(|ids| (1..=3).contains(&ids.len())));
            prop_assert!(notifier.by_watcher.values().all(|ids| (1..=4).contains(&ids.len())));
            prop_assert_eq!(notifier.by_resource.values().map(Vec::len).sum::<usize>(), notifier.len());
            prop_assert_eq!(notifier.by_watcher.values().map(Vec::len).sum::<usize>(), notifier.len());
            prop_assert_eq!(notifier.due.len(), notifier.len());
        }
        world.pass(seconds(5000));
        prop_assert!(world.notifier.is_empty() && world.notifier.next_timeout().is_none());
    }
}
