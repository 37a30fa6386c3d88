//! What a SUBSCRIBE is answered, at first and later.

use super::*;

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
