//! The rules of our own subscriptions.

use std::time::Instant;

use super::*;
use crate::event::testing::{answer, hop, lines, message, seconds};
use crate::message::Header;

struct World {
    subscriber: Subscriber,
    now: Instant,
    sent: Vec<Asked>,
}

impl World {
    fn new() -> Self {
        Self {
            subscriber: Subscriber::new(Settings::default(), Ids::new([2; 32])),
            now: Instant::now(),
            sent: Vec::new(),
        }
    }

    /// A subscription that was asked for: the SUBSCRIBE.
    fn started(&mut self) -> Asked {
        assert!(self.subscriber.start(self.now, "u1", mailbox(), &mut self.sent));
        self.sent.pop().expect("a SUBSCRIBE")
    }

    /// A subscription that stands: its SUBSCRIBE.
    fn standing(&mut self) -> Asked {
        let asked = self.started();
        assert_eq!(self.answer(&asked, 200, &[("Expires", "3600")]), None);
        let notify = notify(&asked, "active;expires=3600", "Messages-Waiting: no\r\n", &[]);
        assert_eq!(self.notified(&notify).0, 200);
        asked
    }

    fn answer(&mut self, asked: &Asked, status: u16, more: &[(&str, &str)]) -> Option<Heard> {
        let mut more = more.to_vec();
        more.push(("Contact", "<sip:vm@192.0.2.50:5070>"));
        more.push(("Record-Route", "<sip:p2;lr>, <sip:p1;lr>"));
        self.answered(asked, Some(&answer(&asked.message, status, &more)))
    }

    fn answered(&mut self, asked: &Asked, response: Option<&Message>) -> Option<Heard> {
        let mut credentials = |request: &Message, challenge: &Message| {
            let realm = challenge.text(&Name::WwwAuthenticate)?;
            let number = request.cseq().unwrap().number;
            Some(Header::new(
                Name::Authorization,
                format!("Digest {realm} for {number}"),
            ))
        };
        self.subscriber.answered(
            self.now,
            &asked.user,
            asked.cseq,
            response,
            &mut credentials,
            &mut self.sent,
        )
    }

    fn notified(&mut self, notify: &Message) -> (u16, Option<Heard>) {
        let (reply, heard) = self.subscriber.notified(self.now, notify);
        (reply.status().unwrap(), heard)
    }

    fn pass(&mut self, time: Duration) -> Vec<Heard> {
        self.now += time;
        self.subscriber.timeout(self.now, &mut self.sent)
    }
}

fn mailbox() -> Mailbox {
    Mailbox {
        uri: "sip:2041@vm.example.com".into(),
        from: "sip:2041@example.com".into(),
        contact: "sip:192.0.2.1:5060".into(),
        hop: hop("192.0.2.50:5060"),
    }
}

/// A NOTIFY in the dialog of a SUBSCRIBE.
fn notify(asked: &Asked, state: &str, body: &str, changed: &[&str]) -> Message {
    let from = asked.message.text(&Name::From).unwrap().into_owned();
    let call_id = String::from_utf8(asked.message.call_id().unwrap().to_vec()).unwrap();
    let usual = [
        "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKb".to_owned(),
        "From: <sip:2041@vm.example.com>;tag=far".to_owned(),
        format!("To: {from}"),
        format!("Call-ID: {call_id}"),
        "CSeq: 1 NOTIFY".to_owned(),
        "Contact: <sip:vm@192.0.2.50:5070>".to_owned(),
        "Event: message-summary".to_owned(),
        format!("Subscription-State: {state}"),
        "Content-Type: application/simple-message-summary".to_owned(),
    ];
    let name = |line: &str| line.trim_start_matches('-').split(':').next().unwrap().to_owned();
    let kept = usual
        .iter()
        .filter(|line| !changed.iter().any(|other| name(other) == name(line)));
    let mut all = vec!["NOTIFY sip:192.0.2.1:5060 SIP/2.0"];
    all.extend(kept.map(String::as_str));
    all.extend(changed.iter().filter(|line| !line.starts_with('-')));
    message(&all, body)
}

fn waiting(yes: bool) -> Option<Heard> {
    let summary = MessageSummary {
        waiting: yes,
        ..MessageSummary::default()
    };
    Some(Heard::Waiting {
        user: "u1".into(),
        summary,
    })
}

fn lost(why: Why) -> Heard {
    Heard::Lost {
        user: "u1".into(),
        why,
    }
}

const YES: &str = "Messages-Waiting: yes\r\n";

#[test]
fn a_subscribe_names_the_mailbox_and_us() {
    let mut world = World::new();
    let asked = world.started();
    let told = lines(&asked.message);
    let tag = tag(asked.message.from()).unwrap();
    let call_id = String::from_utf8(asked.message.call_id().unwrap().to_vec()).unwrap();
    assert_eq!(
        told,
        [
            "SUBSCRIBE sip:2041@vm.example.com SIP/2.0",
            "Max-Forwards: 70",
            &format!("From: <sip:2041@example.com>;tag={tag}"),
            "To: <sip:2041@vm.example.com>",
            &format!("Call-ID: {call_id}"),
            "CSeq: 1 SUBSCRIBE",
            "Contact: <sip:192.0.2.1:5060>",
            "Event: message-summary",
            "Accept: application/simple-message-summary",
            "Expires: 3600",
            "Content-Length: 0",
            "",
        ]
    );
    assert_eq!(asked.to, hop("192.0.2.50:5060"));
}

#[test]
fn a_notify_tells_what_waits() {
    // (Subscription-State, body, changed header lines, our answer, what was heard)
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], u16, Option<Heard>);
    let table: &[Row<'_>] = &[
        ("active;expires=3600", YES, &[], 200, waiting(true)),
        ("Active", "Messages-Waiting: no\r\n", &[], 200, waiting(false)),
        ("pending", "", &["-Content-Type"], 200, None),
        ("active", "nonsense", &[], 200, None),
        ("active", YES, &["Event: reg"], 489, None),
        ("active", YES, &["-Event"], 489, None),
        ("active", YES, &["-Subscription-State"], 400, None),
        ("active", YES, &["Content-Type: text/plain"], 415, None),
        ("active", YES, &["Call-ID: other"], 481, None),
        (
            "active",
            YES,
            &["To: <sip:2041@example.com>;tag=other"],
            481,
            None,
        ),
        (
            "active",
            YES,
            &["From: <sip:2041@vm.example.com>;tag=fork"],
            481,
            None,
        ),
    ];
    for (state, body, changed, status, heard) in table {
        let mut world = World::new();
        let asked = world.standing();
        let notify = notify(&asked, state, body, changed);
        assert_eq!(
            world.notified(&notify),
            (*status, heard.clone()),
            "{state} {changed:?}"
        );
    }
}

#[test]
fn a_notify_faster_than_the_200_counts() {
    let mut world = World::new();
    let asked = world.started();
    assert_eq!(
        world.notified(&notify(&asked, "active", YES, &[])),
        (200, waiting(true))
    );
    assert_eq!(world.answer(&asked, 200, &[("Expires", "3600")]), None);
    assert_eq!(world.pass(seconds(3000)), []);
    assert!(world.sent.is_empty());
}

#[test]
fn a_refresh_goes_out_within_the_dialog_before_the_time_is_over() {
    // (what was granted, when the refresh goes out)
    for (granted, after) in [
        (3600, 3240),
        (600, 540),
        (300, 260),
        (60, 30),
        (10, 5),
        (99_999, 3240),
    ] {
        let mut world = World::new();
        let asked = world.started();
        world.answer(&asked, 200, &[("Expires", &format!("{granted}"))]);
        world.notified(&notify(&asked, "active", YES, &[]));
        assert_eq!(world.pass(seconds(after - 1)), [], "{granted}");
        assert!(world.sent.is_empty(), "{granted}");
        assert_eq!(world.pass(seconds(1)), []);
        let again = world.sent.pop().expect("a refresh");
        let told = lines(&again.message);
        assert_eq!(told[0], "SUBSCRIBE sip:vm@192.0.2.50:5070 SIP/2.0");
        assert_eq!(told[1..3], ["Route: <sip:p1;lr>", "Route: <sip:p2;lr>"]);
        assert!(
            told.contains(&"To: <sip:2041@vm.example.com>;tag=far".to_owned()),
            "{told:?}"
        );
        assert!(told.contains(&"CSeq: 2 SUBSCRIBE".to_owned()));
    }
}

#[test]
fn a_server_that_shortens_is_refreshed_sooner() {
    let mut world = World::new();
    let asked = world.standing();
    world.notified(&notify(&asked, "active;expires=100", YES, &[]));
    world.pass(seconds(60));
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_failure_is_told_and_tried_anew_with_a_new_dialog() {
    // (status, header fields of the answer, what is told, seconds until the next attempt)
    type Row<'a> = (Option<u16>, &'a [(&'a str, &'a str)], Why, u64);
    let table: &[Row<'_>] = &[
        (Some(481), &[], Why::Refused(481), 5),
        (Some(404), &[], Why::Refused(404), 5),
        (Some(503), &[("Retry-After", "90")], Why::Refused(503), 90),
        (Some(503), &[("Retry-After", "999999")], Why::Refused(503), 3600),
        (Some(401), &[], Why::Refused(401), 5),
        (Some(200), &[("Expires", "0")], Why::Ended, 5),
        (None, &[], Why::Unanswered, 5),
    ];
    for (status, more, why, wait) in table {
        let mut world = World::new();
        let asked = world.standing();
        world.pass(seconds(3240));
        let mut refresh = world.sent.pop().unwrap();
        if *status == Some(401) {
            // The first challenge is answered, so the second is the refusal.
            world.answer(&refresh, 401, &[]);
            refresh = world.sent.pop().unwrap();
        }
        let heard = match status {
            Some(status) => world.answer(&refresh, *status, more),
            None => world.answered(&refresh, None),
        };
        assert_eq!(heard, Some(lost(*why)), "{status:?}");
        assert_eq!(
            world.notified(&notify(&asked, "active", YES, &[])).0,
            481,
            "the old dialog is dead"
        );
        assert_eq!(world.pass(seconds(wait - 1)), []);
        assert!(world.sent.is_empty(), "{status:?}");
        world.pass(seconds(1));
        let anew = world.sent.pop().expect("a new SUBSCRIBE");
        assert_eq!(anew.message.text(&Name::To).unwrap(), "<sip:2041@vm.example.com>");
        assert_ne!(anew.message.call_id(), asked.message.call_id());
    }
}

#[test]
fn attempts_grow_rarer_until_one_stands() {
    let mut world = World::new();
    let mut asked = world.started();
    for wait in [5, 10, 20, 40, 80, 160, 320, 600, 600, 600] {
        world.answered(&asked, None);
        world.pass(seconds(wait - 1));
        assert!(world.sent.is_empty(), "{wait}");
        world.pass(seconds(1));
        asked = world.sent.pop().expect("another attempt");
    }
    world.answer(&asked, 200, &[]);
    world.notified(&notify(&asked, "active", YES, &[]));
    world.notified(&notify(
        &asked,
        "terminated;reason=deactivated",
        "",
        &["-Content-Type"],
    ));
    world.pass(seconds(5));
    assert_eq!(
        world.sent.len(),
        1,
        "after a success it begins with the shortest again"
    );
}

#[test]
fn a_challenge_is_answered_once() {
    let mut world = World::new();
    let asked = world.started();
    assert_eq!(world.answer(&asked, 401, &[("WWW-Authenticate", "vm")]), None);
    let with = world.sent.pop().expect("another SUBSCRIBE");
    assert_eq!(
        with.message.text(&Name::Authorization).unwrap(),
        "Digest vm for 2"
    );
    assert_eq!(
        world.answer(&with, 401, &[("WWW-Authenticate", "vm")]),
        Some(lost(Why::Refused(401)))
    );
}

#[test]
fn the_end_by_the_server_is_told_and_tried_anew_when_it_says() {
    let mut world = World::new();
    let asked = world.standing();
    let end = notify(
        &asked,
        "terminated;reason=probation;retry-after=60",
        "",
        &["-Content-Type"],
    );
    assert_eq!(world.notified(&end), (200, Some(lost(Why::Ended))));
    world.pass(seconds(59));
    assert!(world.sent.is_empty());
    world.pass(seconds(1));
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_last_word_counts() {
    let mut world = World::new();
    let asked = world.standing();
    let end = notify(&asked, "terminated;reason=timeout", YES, &[]);
    assert_eq!(world.notified(&end), (200, waiting(true)));
}

#[test]
fn a_server_that_answers_and_then_says_nothing_is_asked_anew() {
    let mut world = World::new();
    let asked = world.started();
    world.answer(&asked, 200, &[("Expires", "3600")]);
    assert_eq!(world.pass(seconds(32)), [lost(Why::Silent)]);
    world.pass(seconds(5));
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn nobody_who_tells_us_of_an_answer_is_no_answer() {
    let mut world = World::new();
    world.started();
    assert_eq!(world.pass(seconds(40)), [lost(Why::Unanswered)]);
}

#[test]
fn a_user_who_leaves_is_watched_no_longer() {
    let mut world = World::new();
    let asked = world.standing();
    world.subscriber.stop("u1", &mut world.sent);
    let last = world.sent.pop().expect("a last SUBSCRIBE");
    assert_eq!(last.message.text(&Name::Expires).unwrap(), "0");
    assert_eq!(last.message.call_id(), asked.message.call_id());
    assert_eq!(world.answer(&last, 200, &[]), None);
    assert_eq!(world.notified(&notify(&asked, "active", YES, &[])).0, 481);
    assert!(world.subscriber.is_empty() && world.subscriber.next_timeout().is_none());

    // Who never had an answer leaves without a word.
    world.started();
    world.subscriber.stop("u1", &mut world.sent);
    assert!(world.sent.is_empty() && world.subscriber.next_timeout().is_none());
}

#[test]
fn the_same_mailbox_is_watched_once_and_another_takes_its_place() {
    let mut world = World::new();
    world.standing();
    assert!(
        world
            .subscriber
            .start(world.now, "u1", mailbox(), &mut world.sent)
    );
    assert!(world.sent.is_empty());
    let other = Mailbox {
        uri: "sip:2041@vm2.example.com".into(),
        ..mailbox()
    };
    assert!(world.subscriber.start(world.now, "u1", other, &mut world.sent));
    let expires: Vec<_> = world
        .sent
        .iter()
        .map(|asked| asked.message.text(&Name::Expires).unwrap())
        .collect();
    assert_eq!(expires, ["0", "3600"]);
    assert_eq!(world.subscriber.len(), 1);
}

#[test]
fn a_full_table_watches_no_more() {
    let small = Settings {
        mailboxes_max: 1,
        ..Settings::default()
    };
    let mut subscriber = Subscriber::new(small, Ids::new([3; 32]));
    let (now, mut sent) = (Instant::now(), Vec::new());
    assert!(subscriber.start(now, "u1", mailbox(), &mut sent));
    assert!(!subscriber.start(now, "u2", mailbox(), &mut sent));
    assert_eq!((subscriber.len(), sent.len()), (1, 1));
}
