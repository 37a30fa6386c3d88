//! The rules of following calls.

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::body::dialog_info::Direction;
use crate::event::testing::{hop, lines, message, seconds};
use crate::message::{Header, Name};
use crate::uri::Uri;

struct World {
    calls: Calls,
    now: Instant,
    changes: Changes,
}

impl World {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self {
            calls: Calls::new(limits),
            now: Instant::now(),
            changes: Changes::default(),
        }
    }

    fn invite(&mut self) -> CallId {
        self.calls
            .invited(
                self.now,
                &request("INVITE", 1, true, &[]),
                maria(),
                &mut self.changes,
            )
            .expect("followed")
    }

    /// A call from Maria that rings at Jo.
    fn ringing(&mut self) -> CallId {
        let id = self.invite();
        self.calls.offered(self.now, &id, jo(), &mut self.changes);
        self.response(180, "INVITE", 1, true, &[]);
        id
    }

    /// A call from Maria to Jo that talks.
    fn talking(&mut self, more: &[&str]) -> CallId {
        let id = self.ringing();
        self.response(200, "INVITE", 1, true, more);
        id
    }

    fn response(&mut self, status: u16, method: &str, cseq: u32, by_caller: bool, more: &[&str]) {
        let response = response(status, method, cseq, by_caller, more);
        self.calls.response(self.now, &response, None, &mut self.changes);
    }

    fn request(&mut self, method: &str, cseq: u32, by_caller: bool, more: &[&str]) {
        let request = request(method, cseq, by_caller, more);
        self.calls.request(self.now, &request, &mut self.changes);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.calls.timeout(self.now, &mut self.changes);
    }

    /// Maria's and Jo's lamps.
    fn lamps(&self) -> (Option<State>, Option<State>) {
        let lamp = |user| {
            let all = self.calls.dialog_info(self.now, user, false);
            all.iter()
                .map(|dialog| dialog.state)
                .max_by_key(|state| *state != State::Terminated)
        };
        (lamp("maria"), lamp("jo"))
    }

    fn changed(&mut self) -> (Vec<SmolStr>, Vec<SmolStr>) {
        let Changes {
            mut users,
            mut devices,
        } = std::mem::take(&mut self.changes);
        for list in [&mut users, &mut devices] {
            list.sort();
            list.dedup();
        }
        (users, devices)
    }
}

fn party(user: &str, device: &str, address: &str) -> Party {
    Party {
        user: Some(user.into()),
        device: Some(device.into()),
        identity: format!("sip:{user}@example.com").into(),
        display: SmolStr::default(),
        hop: hop(address),
    }
}

fn maria() -> Party {
    party("maria", "phone-1", "192.0.2.1:5060")
}

fn jo() -> Party {
    party("jo", "phone-2", "192.0.2.2:5060")
}

const CALLER: &str = "<sip:maria@example.com>;tag=a";
const CALLEE: &str = "<sip:jo@example.com>;tag=b";

fn request(method: &str, cseq: u32, by_caller: bool, more: &[&str]) -> Message {
    let first = method == "INVITE" && cseq == 1;
    let callee = if first { "<sip:jo@example.com>" } else { CALLEE };
    let (from, to, contact) = match by_caller {
        true => (CALLER, callee, "sip:maria@192.0.2.1"),
        false => (CALLEE, CALLER, "sip:jo@192.0.2.2"),
    };
    let own = [
        format!("{method} sip:jo@example.com SIP/2.0"),
        format!("From: {from}"),
        format!("To: {to}"),
        "Call-ID: c1".to_owned(),
        format!("CSeq: {cseq} {method}"),
    ];
    let contact = format!("Contact: <{contact}>");
    let mut all: Vec<&str> = own.iter().map(String::as_str).collect();
    if !more.iter().any(|line| line.starts_with("Contact")) {
        all.push(&contact);
    }
    all.extend(more);
    message(&all, "")
}

/// A response to a request that the caller (or the callee) sent.
fn response(status: u16, method: &str, cseq: u32, by_caller: bool, more: &[&str]) -> Message {
    let (from, to, contact) = match by_caller {
        true => (CALLER, CALLEE, "sip:jo@192.0.2.2"),
        false => (CALLEE, CALLER, "sip:maria@192.0.2.1"),
    };
    let own = [
        format!("SIP/2.0 {status} Whatever"),
        format!("From: {from}"),
        "Call-ID: c1".to_owned(),
        format!("CSeq: {cseq} {method}"),
    ];
    let (to, contact) = (format!("To: {to}"), format!("Contact: <{contact}>"));
    let mut all: Vec<&str> = own.iter().map(String::as_str).collect();
    for (name, line) in [("To:", &to), ("Contact:", &contact)] {
        if !more.iter().any(|other| other.starts_with(name)) {
            all.push(line);
        }
    }
    all.extend(more);
    message(&all, "")
}

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
