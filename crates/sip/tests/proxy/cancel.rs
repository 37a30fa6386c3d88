//! CANCEL, from the caller and from ourselves (RFC 3261 §9, §16.10).

use hotdesk_sip::message::{Message, Name};

use crate::support::*;

fn cancel(extra: &str) -> Message {
    request("CANCEL", "z9hG4bKinvite", extra)
}

#[test]
fn a_cancel_is_answered_and_passed_on_with_its_reason() {
    let mut rig = Rig::forking(&[BOB, CAROL]);
    let sent = rig.call();
    for phone in &sent {
        rig.answer(phone, 180);
    }
    rig.sent();
    let reason = "SIP;cause=200;text=\"Call completed elsewhere\"";
    rig.receive(
        &udp(ALICE),
        cancel(&format!(
            "Reason: {reason}\nReason: Q.850;cause=16\nProxy-Require: magic\n"
        )),
    );
    let out = rig.sent();
    let lines: Vec<String> = out.iter().map(Sent::line).collect();
    assert_eq!(
        lines,
        [
            format!("200 {ALICE}"),
            format!("CANCEL {BOB}"),
            format!("CANCEL {CAROL}")
        ]
    );
    assert_eq!(out[1].values(&Name::Reason), [reason, "Q.850;cause=16"]);
    rig.answer(&out[1], 200);
    rig.answer(&out[2], 200);
    rig.answer(&sent[0], 487);
    rig.answer(&sent[1], 486);
    assert_eq!(
        rig.lines(),
        [
            format!("ACK {BOB}"),
            format!("ACK {CAROL}"),
            format!("487 {ALICE}")
        ]
    );
    let log = rig.log();
    assert_eq!(log.last().unwrap(), "ended Cancelled");
    assert!(!log.iter().any(|line| line.starts_with("exhausted")));
    rig.receive(&udp(ALICE), cancel(""));
    assert_eq!(
        rig.lines(),
        [format!("200 {ALICE}")],
        "retransmitted, answered again"
    );
    rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
    rig.pass(ms(40_000));
    rig.assert_empty();
}

#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.receive(&udp(ALICE), cancel(""));
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
    rig.pass(ms(500));
    assert_eq!(rig.lines(), [format!("INVITE {BOB}")]);
    rig.answer(&bob, 180);
    assert_eq!(
        rig.lines(),
        [format!("CANCEL {BOB}")],
        "and the ringing is not passed on"
    );
    rig.answer(&bob, 487);
    assert_eq!(rig.lines(), [format!("ACK {BOB}"), format!("487 {ALICE}")]);
    rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
    rig.pass(ms(40_000));
    rig.assert_empty();
}

#[test]
fn a_phone_that_is_silent_holds_the_caller_up_for_t4_only_and_is_cancelled_when_it_speaks() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.receive(&udp(ALICE), cancel(""));
    rig.pass(ms(4_999));
    assert!(!rig.lines().contains(&format!("487 {ALICE}")));
    rig.pass(ms(1));
    assert_eq!(rig.lines(), [format!("487 {ALICE}")]);
    assert_eq!(rig.log(), ["ended Cancelled"]);
    rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
    rig.pass(ms(3_000));
    rig.sent();
    rig.answer(&bob, 180);
    assert_eq!(rig.lines(), [format!("CANCEL {BOB}")]);
    rig.answer(&bob, 200);
    assert_eq!(
        rig.lines(),
        [format!("200 {ALICE}")],
        "a 2xx is passed on whatever went before"
    );
    rig.pass(ms(60_000));
    rig.assert_empty();
}

#[test]
fn an_answer_that_crosses_the_cancel_wins() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.receive(&udp(ALICE), cancel(""));
    rig.sent();
    rig.answer(&bob, 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
    assert_eq!(rig.log().last().unwrap(), "ended Answered { status: 200 }");
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    for status in [200, 486] {
        let mut rig = Rig::forking(&[BOB]);
        let bob = rig.call().remove(0);
        rig.answer(&bob, status);
        rig.sent();
        rig.receive(&udp(ALICE), cancel(""));
        assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
    }
}

#[test]
fn a_cancel_of_nothing_gets_481() {
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), cancel(""));
    assert_eq!(rig.lines(), [format!("481 {ALICE}")]);
    rig.receive(&udp(ALICE), cancel(""));
    assert_eq!(rig.lines(), [format!("481 {ALICE}")]);
}

#[test]
fn a_cancel_of_a_request_other_than_invite_changes_nothing() {
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), request("MESSAGE", "z9hG4bKinvite", ""));
    let bob = rig.only();
    rig.receive(&udp(ALICE), cancel(""));
    assert_eq!(rig.lines(), [format!("481 {ALICE}")]);
    rig.answer(&bob, 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
}

#[test]
fn a_phone_that_does_not_answer_the_cancel_holds_the_caller_up_for_t4_only() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.receive(&udp(ALICE), cancel(""));
    rig.sent();
    rig.pass(ms(4_999));
    assert!(rig.sent().iter().all(|sent| sent.to.remote.to_string() == BOB));
    rig.pass(ms(1));
    assert!(rig.lines().contains(&format!("487 {ALICE}")));
    rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
    rig.pass(ms(60_000));
    rig.assert_empty();
}

#[test]
fn no_further_group_is_tried_after_a_cancel() {
    let mut rig = Rig::new(
        settings(),
        Todo::Forward(vec![group(&[udp(BOB)]), group(&[udp(CAROL)])]),
    );
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.receive(&udp(ALICE), cancel(""));
    rig.sent();
    rig.answer(&bob, 487);
    assert_eq!(rig.lines(), [format!("ACK {BOB}"), format!("487 {ALICE}")]);
}

#[test]
fn the_application_can_cancel_and_stop_a_call() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.answer(&bob, 180);
    rig.sent();
    let pending = rig.app.pending.get().unwrap();
    assert!(rig.ask(|core, now, app, out| core.stop(now, pending, 403, "Logged in elsewhere", app, out)));
    assert_eq!(rig.lines(), [format!("CANCEL {BOB}")]);
    rig.answer(&bob, 487);
    let out = rig.sent();
    assert_eq!(out[1].line(), format!("403 {ALICE}"));
    assert_eq!(&out[1].message.reason().unwrap()[..], b"Logged in elsewhere");
    assert_eq!(rig.log().last().unwrap(), "ended Stopped { status: 403 }");
    assert!(!rig.ask(|core, now, app, out| core.stop(now, pending, 403, "again", app, out)));

    let mut rig = Rig::forking(&[BOB]);
    rig.call();
    let pending = rig.app.pending.get().unwrap();
    assert!(rig.ask(|core, now, app, out| core.cancel(now, pending, app, out)));
    rig.pass(ms(5_000));
    assert!(rig.lines().contains(&format!("487 {ALICE}")));
    assert_eq!(rig.log(), ["ended Cancelled"]);
    assert!(!rig.ask(|core, now, app, out| core.cancel(now, pending, app, out)));
}
