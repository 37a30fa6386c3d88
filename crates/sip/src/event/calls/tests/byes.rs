//! Calls that are ended from here.

use super::*;

const ROUTES: &str =
    "Record-Route: <sip:pbx2;lr>, <sip:pbx1;lr>, <sip:edge;transport=tcp;lr>, <sip:edge;lr>, <sip:nat;lr>";

fn ours(uri: &Uri) -> bool {
    uri.host == "edge"
}

#[test]
fn both_sides_get_a_bye_as_if_from_the_other() {
    let mut world = World::new();
    let id = world.talking(&[ROUTES]);
    world.changed();
    // Both have moved and counted on since.
    world.request("UPDATE", 12, true, &["Contact: <sip:maria@192.0.2.1:7777>"]);
    world.request("INFO", 40, false, &[]);
    let byes = world.calls.byes(
        world.now,
        &id,
        &ours,
        "SIP;cause=480;text=\"Logged in elsewhere\"",
        &mut world.changes,
    );
    let told: Vec<_> = byes.iter().map(|bye| lines(&bye.message)).collect();
    assert_eq!(
        told[0],
        [
            "BYE sip:jo@192.0.2.2 SIP/2.0",
            "Route: <sip:pbx1;lr>",
            "Route: <sip:pbx2;lr>",
            "Max-Forwards: 70",
            "From: <sip:maria@example.com>;tag=a",
            "To: <sip:jo@example.com>;tag=b",
            "Call-ID: c1",
            "CSeq: 13 BYE",
            "Reason: SIP;cause=480;text=\"Logged in elsewhere\"",
            "Content-Length: 0",
            "",
        ]
    );
    assert_eq!(
        (&byes[0].to, &byes[0].next[..]),
        (&hop("192.0.2.2:5060"), &b"sip:pbx1;lr"[..])
    );
    assert_eq!(
        told[1],
        [
            "BYE sip:maria@192.0.2.1:7777 SIP/2.0",
            "Route: <sip:nat;lr>",
            "Max-Forwards: 70",
            "From: <sip:jo@example.com>;tag=b",
            "To: <sip:maria@example.com>;tag=a",
            "Call-ID: c1",
            "CSeq: 41 BYE",
            "Reason: SIP;cause=480;text=\"Logged in elsewhere\"",
            "Content-Length: 0",
            "",
        ]
    );
    assert_eq!(
        (&byes[1].to, &byes[1].next[..]),
        (&hop("192.0.2.1:5060"), &b"sip:nat;lr"[..])
    );
    assert_eq!(world.changed().0, ["jo", "maria"]);
    assert!(!world.calls.in_call("phone-1"));
    assert!(
        world
            .calls
            .byes(world.now, &id, &ours, "", &mut world.changes)
            .is_empty(),
        "once"
    );
}

#[test]
fn a_bye_goes_straight_to_phones_without_other_proxies() {
    let mut world = World::new();
    let id = world.talking(&["Record-Route: <sip:edge;lr>"]);
    let byes = world.calls.byes(world.now, &id, &ours, "", &mut world.changes);
    for (bye, contact) in byes.iter().zip(["sip:jo@192.0.2.2", "sip:maria@192.0.2.1"]) {
        assert_eq!(bye.message.uri().unwrap(), contact);
        assert_eq!(bye.next, contact);
        assert!(bye.message.header(&Name::Route).is_none() && bye.message.header(&Name::Reason).is_none());
    }
}

#[test]
fn a_call_that_rings_gets_no_bye() {
    let mut world = World::new();
    let id = world.ringing();
    assert!(
        world
            .calls
            .byes(world.now, &id, &ours, "", &mut world.changes)
            .is_empty()
    );
    assert!(world.calls.in_call("phone-2"));
}
