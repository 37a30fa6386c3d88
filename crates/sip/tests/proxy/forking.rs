//! Groups and targets, the choice of the response, ring timeouts, failover (RFC 3261 §16.7).

use std::time::Duration;

use hotdesk_sip::hop::{Hop, ListenerId, Transport};
use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_sip::proxy::{Group, Next, TARGETS_MAX};

use crate::support::*;

const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

/// A group that rings for ten seconds.
fn ringing(address: &str) -> Group {
    Group {
        ring_max: Some(Duration::from_secs(10)),
        ..group(&[udp(address)])
    }
}

#[test]
fn the_first_answer_wins_and_the_others_are_cancelled() {
    let mut rig = Rig::forking(&[BOB, CAROL]);
    let sent = rig.call();
    for phone in &sent {
        rig.answer(phone, 180);
    }
    rig.sent();
    rig.answer(&sent[1], 200);
    let out = rig.sent();
    assert_eq!(out[0].line(), format!("200 {ALICE}"));
    let cancel = &out[1];
    assert_eq!(cancel.line(), format!("CANCEL {BOB}"));
    assert_eq!(cancel.value(&Name::Reason), ELSEWHERE);
    assert_eq!(cancel.values(&Name::Via), &sent[0].values(&Name::Via)[..1]);
    assert_eq!(cancel.message.uri(), sent[0].message.uri());
    assert_eq!(cancel.value(&Name::CSeq), "1 CANCEL");
    assert_eq!(cancel.value(&Name::To), "<sip:bob@example.com>");
    rig.log();
    rig.answer(cancel, 200);
    rig.answer(&sent[0], 487);
    let ack = rig.only();
    assert_eq!(ack.line(), format!("ACK {BOB}"));
    assert!(ack.value(&Name::To).ends_with(";tag=tag-192.0.2.2"));
    assert_eq!(rig.log(), ["ended Answered { status: 200 }"]);
    rig.pass(ms(32_000));
    rig.assert_empty();
}

#[test]
fn a_2xx_that_crosses_the_cancel_goes_upstream_too() {
    let mut rig = Rig::forking(&[BOB, CAROL]);
    let sent = rig.call();
    for phone in &sent {
        rig.answer(phone, 180);
    }
    rig.answer(&sent[0], 200);
    rig.answer(&sent[1], 200);
    let lines = rig.lines();
    assert_eq!(
        lines
            .iter()
            .filter(|line| **line == format!("200 {ALICE}"))
            .count(),
        2
    );
    assert_eq!(
        rig.log().last().unwrap(),
        "ended Answered { status: 200 }",
        "once both are known"
    );
    rig.pass(ms(32_000));
    rig.assert_empty();
}

#[test]
fn a_late_2xx_goes_upstream_even_when_the_context_is_over() {
    let mut rig = Rig::forking(&[BOB, CAROL]);
    let sent = rig.call();
    rig.answer(&sent[0], 200);
    assert_eq!(rig.log(), ["response 200 #0"]);
    rig.pass(ms(5_000));
    assert_eq!(rig.log(), ["ended Answered { status: 200 }"]);
    rig.sent();
    rig.answer(&sent[1], 200);
    let late = rig.only();
    assert_eq!(late.line(), format!("200 {ALICE}"));
    rig.answer(&sent[1], 200);
    assert_eq!(rig.only().bytes, late.bytes);
    rig.pass(ms(32_000));
    rig.assert_empty();
}

#[test]
fn the_best_response_goes_upstream() {
    let rows: [(&[u16], u16); 14] = [
        (&[404, 486], 486),
        (&[486, 404], 486),
        (&[486, 500], 486),
        (&[500, 302], 302),
        (&[302, 486], 302),
        (&[503, 503], 500),
        (&[503, 502], 502),
        (&[486, 401], 401),
        (&[486, 484], 484),
        (&[408, 480], 480),
        (&[487, 408], 408),
        (&[486, 600], 600),
        (&[603, 302], 603),
        (&[480, 480], 480),
    ];
    for (statuses, expected) in rows {
        let mut rig = Rig::forking(&[BOB, CAROL]);
        let sent = rig.call();
        for (phone, status) in sent.iter().zip(statuses) {
            rig.answer(phone, *status);
        }
        let finals: Vec<String> = rig
            .lines()
            .into_iter()
            .filter(|line| line.ends_with(ALICE))
            .collect();
        assert_eq!(finals, [format!("{expected} {ALICE}")], "of {statuses:?}");
        rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
        rig.pass(ms(40_000));
        rig.assert_empty();
    }
}

#[test]
fn all_challenges_go_upstream_together() {
    let mut rig = Rig::forking(&[BOB, CAROL, DAVE]);
    let sent = rig.call();
    let challenge = |phone: &Sent, status, name, value: &str| {
        let mut response = reply(&phone.message, status, "x");
        response.push(Header::new(name, value));
        response
    };
    rig.receive(
        &udp(BOB),
        challenge(&sent[0], 401, Name::WwwAuthenticate, "Digest realm=\"b\""),
    );
    rig.receive(
        &udp(CAROL),
        challenge(&sent[1], 407, Name::ProxyAuthenticate, "Digest realm=\"c\""),
    );
    rig.answer(&sent[2], 486);
    let upstream = rig.sent().pop().unwrap();
    assert_eq!(upstream.line(), format!("401 {ALICE}"));
    assert_eq!(upstream.value(&Name::WwwAuthenticate), "Digest realm=\"b\"");
    assert_eq!(upstream.value(&Name::ProxyAuthenticate), "Digest realm=\"c\"");
}

#[test]
fn a_6xx_cancels_the_others_and_waits_for_them() {
    let mut rig = Rig::new(
        settings(),
        Todo::Forward(vec![group(&[udp(BOB), udp(CAROL)]), group(&[udp(DAVE)])]),
    );
    let sent = rig.call();
    rig.answer(&sent[0], 180);
    rig.answer(&sent[1], 180);
    rig.sent();
    rig.answer(&sent[0], 603);
    assert_eq!(rig.lines(), [format!("ACK {BOB}"), format!("CANCEL {CAROL}")]);
    rig.answer(&sent[1], 487);
    assert_eq!(rig.lines(), [format!("ACK {CAROL}"), format!("603 {ALICE}")]);
    assert!(!rig.log().iter().any(|line| line.starts_with("exhausted")));
    let mut rig = Rig::forking(&[BOB, CAROL]);
    let sent = rig.call();
    rig.answer(&sent[1], 180);
    rig.answer(&sent[0], 603);
    rig.sent();
    rig.answer(&sent[1], 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")], "an answer beats a refusal");
}

#[test]
fn groups_are_tried_one_after_the_other() {
    let mut rig = Rig::new(
        settings(),
        Todo::Forward(vec![group(&[udp(BOB), udp(CAROL)]), group(&[udp(DAVE)])]),
    );
    let sent = rig.call();
    rig.answer(&sent[0], 486);
    assert_eq!(rig.lines(), [format!("ACK {BOB}")]);
    rig.answer(&sent[1], 404);
    let out = rig.sent();
    assert_eq!(out[1].line(), format!("INVITE {DAVE}"));
    rig.answer(&out[1], 500);
    assert_eq!(rig.lines(), [format!("ACK {DAVE}"), format!("486 {ALICE}")]);
    assert_eq!(
        rig.log(),
        [
            "exhausted Answered 486",
            "response 486 #0",
            "ended Refused { status: 486 }"
        ]
    );
}

#[test]
fn a_group_that_rings_too_long_is_cancelled_and_the_next_one_rings_at_once() {
    let mut rig = Rig::new(settings(), Todo::Forward(vec![ringing(BOB), ringing(CAROL)]));
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.sent();
    rig.pass(ms(9_999));
    assert!(rig.lines().is_empty());
    rig.pass(ms(1));
    let out = rig.sent();
    assert_eq!(out[0].line(), format!("CANCEL {BOB}"));
    assert_eq!(out[0].value(&Name::Reason), "", "here it was missed");
    let carol = out[1].clone();
    assert_eq!(carol.line(), format!("INVITE {CAROL}"));
    rig.answer(&out[0], 200);
    rig.answer(&bob, 180);
    assert!(rig.lines().is_empty(), "what was given up is not heard any more");
    rig.answer(&bob, 487);
    rig.answer(&carol, 180);
    rig.sent();
    rig.pass(ms(10_000));
    assert_eq!(
        rig.lines(),
        [format!("CANCEL {CAROL}")],
        "the answer may still cross"
    );
    rig.answer(&carol, 487);
    assert_eq!(rig.lines(), [format!("ACK {CAROL}"), format!("480 {ALICE}")]);
    let log = rig.log();
    assert!(log.contains(&"exhausted RingTimeout 480".to_owned()), "{log:?}");
    assert_eq!(log.last().unwrap(), "ended Refused { status: 480 }");
}

#[test]
fn an_answer_that_crosses_the_ring_timeout_still_wins() {
    let mut rig = Rig::new(settings(), Todo::Forward(vec![ringing(BOB), ringing(CAROL)]));
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.pass(ms(10_000));
    let carol = rig.sent().pop().unwrap();
    rig.answer(&carol, 180);
    rig.answer(&bob, 200);
    let lines = rig.lines();
    assert!(lines.contains(&format!("200 {ALICE}")));
    assert!(lines.contains(&format!("CANCEL {CAROL}")));
}

#[test]
fn a_phone_that_ignores_the_cancel_holds_the_answer_up_for_t4_only() {
    let mut rig = Rig::new(settings(), Todo::Forward(vec![ringing(BOB)]));
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.pass(ms(10_000));
    rig.sent();
    rig.pass(ms(4_999));
    assert!(rig.sent().iter().all(|sent| sent.to.remote.to_string() == BOB));
    rig.pass(ms(1));
    assert!(rig.lines().contains(&format!("480 {ALICE}")));
    rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
    rig.pass(ms(60_000));
    rig.assert_empty();
}

#[test]
fn the_application_may_go_on_when_all_is_exhausted() {
    let mut rig = Rig::new(settings(), Todo::Forward(vec![group(&[udp(BOB)])]));
    rig.app
        .next
        .borrow_mut()
        .push_back(Next::Forward(group(&[udp(CAROL)])));
    let announce = Message::reply(&invite(), 433, "Anonymity Disallowed", Some("app"));
    rig.app.next.borrow_mut().push_back(Next::Reply(announce));
    let bob = rig.call().remove(0);
    rig.answer(&bob, 486);
    let carol = rig.sent().pop().unwrap();
    assert_eq!(carol.line(), format!("INVITE {CAROL}"));
    rig.answer(&carol, 480);
    assert_eq!(rig.lines(), [format!("ACK {CAROL}"), format!("433 {ALICE}")]);
    assert_eq!(
        rig.log(),
        [
            "exhausted Answered 486",
            "exhausted Answered 486",
            "ended Refused { status: 433 }"
        ]
    );
}

#[test]
fn the_application_may_answer_itself_when_all_is_exhausted() {
    let mut rig = Rig::new(settings(), Todo::Forward(vec![group(&[udp(BOB)])]));
    let voicemail = Message::reply(&invite(), 200, "OK", Some("app"));
    rig.app.next.borrow_mut().push_back(Next::Reply(voicemail));
    let bob = rig.call().remove(0);
    rig.answer(&bob, 486);
    assert_eq!(rig.lines(), [format!("ACK {BOB}"), format!("200 {ALICE}")]);
    rig.pass(ms(500));
    assert_eq!(
        rig.lines(),
        [format!("200 {ALICE}")],
        "it is the application's to repeat"
    );
    let mut ack = request("ACK", "z9hG4bKack", "");
    ack.set(Header::new(Name::To, "<sip:bob@example.com>;tag=app"));
    rig.receive(&udp(ALICE), ack);
    rig.pass(ms(31_000));
    assert!(rig.lines().is_empty());
}

#[test]
fn an_application_that_never_gives_up_is_stopped() {
    let mut rig = Rig::new(settings(), Todo::Forward(vec![]));
    let empty = || Next::Forward(Group::default());
    rig.app.next.borrow_mut().extend((0..100).map(|_| empty()));
    rig.receive(&udp(ALICE), invite());
    assert_eq!(rig.lines(), [format!("100 {ALICE}"), format!("480 {ALICE}")]);
    assert_eq!(rig.log().last().unwrap(), "ended Refused { status: 480 }");
}

#[test]
fn no_more_targets_than_the_bound_are_rung() {
    let hops: Vec<Hop> = (0..20).map(|n| udp(&format!("192.0.2.9:{}", 6000 + n))).collect();
    let mut rig = Rig::new(settings(), Todo::Forward(vec![group(&hops)]));
    assert_eq!(rig.call().len(), TARGETS_MAX);
}

#[test]
fn a_failed_transport_is_a_503_of_its_branch_and_the_next_group_is_tried() {
    let mut rig = Rig::new(
        settings(),
        Todo::Forward(vec![group(&[udp(BOB)]), group(&[udp(CAROL)])]),
    );
    let bob = rig.call().remove(0);
    let fail = |rig: &mut Rig, sent: &Sent| {
        rig.ask(|core, now, app, out| {
            core.transport_failed(now, &sent.to, sent.branch.as_deref().unwrap(), app, out);
        });
    };
    fail(&mut rig, &bob);
    let mut carol = rig.only();
    assert_eq!(carol.line(), format!("INVITE {CAROL}"));
    // Named by its Via, for those who have the bytes only.
    let via = carol.values(&Name::Via)[0].clone();
    carol.branch = via
        .split(';')
        .find_map(|param| param.strip_prefix("branch="))
        .map(str::to_owned);
    fail(&mut rig, &carol);
    assert_eq!(rig.lines(), [format!("500 {ALICE}")]);
    assert_eq!(
        rig.log(),
        [
            "exhausted Unreachable 500",
            "response 500 #0",
            "ended Refused { status: 500 }"
        ]
    );
    fail(&mut rig, &carol);
    rig.ask(|core, now, app, out| core.transport_failed(now, &udp(BOB), "nonsense", app, out));
    assert!(rig.lines().is_empty());
}

#[test]
fn a_target_at_a_listener_that_does_not_exist_counts_as_failed() {
    let nowhere = Hop::to(ListenerId(99), Transport::Udp, BOB.parse().unwrap());
    let mut rig = Rig::new(
        settings(),
        Todo::Forward(vec![group(&[nowhere]), group(&[udp(CAROL)])]),
    );
    assert_eq!(rig.call()[0].line(), format!("INVITE {CAROL}"));
}

#[test]
fn silence_is_408_after_timer_b() {
    let mut rig = Rig::forking(&[BOB]);
    rig.call();
    rig.pass(ms(31_999));
    assert!(rig.sent().iter().all(|sent| sent.to.remote.to_string() == BOB));
    rig.pass(ms(1));
    assert_eq!(rig.lines(), [format!("408 {ALICE}")]);
    assert_eq!(rig.log()[0], "exhausted Unreachable 408");
}

#[test]
fn timer_c_ends_what_rings_forever_and_a_provisional_response_restarts_it() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.pass(ms(180_000));
    rig.answer(&bob, 180);
    rig.pass(ms(180_000));
    rig.answer(&bob, 100);
    rig.sent();
    rig.pass(ms(10_000));
    assert_eq!(rig.lines(), [format!("CANCEL {BOB}")]);
    rig.answer(&bob, 487);
    assert_eq!(rig.lines(), [format!("ACK {BOB}"), format!("487 {ALICE}")]);
    // And without an answer to the CANCEL:
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.pass(ms(190_000 + 5_000));
    assert!(rig.lines().contains(&format!("408 {ALICE}")));
    rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
    rig.pass(ms(40_000));
    rig.assert_empty();
}

#[test]
fn a_forked_request_other_than_invite_is_answered_once() {
    let mut rig = Rig::forking(&[BOB, CAROL]);
    rig.receive(&udp(ALICE), request("MESSAGE", "z9hG4bKx", ""));
    let sent = rig.sent();
    rig.answer(&sent[0], 404);
    rig.answer(&sent[1], 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
    let mut rig = Rig::forking(&[BOB, CAROL]);
    rig.receive(&udp(ALICE), request("MESSAGE", "z9hG4bKx", ""));
    let sent = rig.sent();
    rig.answer(&sent[0], 200);
    rig.answer(&sent[1], 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
    assert_eq!(rig.log(), ["response 200 #0", "ended Answered { status: 200 }"]);
    rig.pass(ms(40_000));
    rig.assert_empty();
}
