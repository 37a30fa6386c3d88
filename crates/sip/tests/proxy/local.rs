//! Requests that the application answers itself.

use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_sip::proxy::PendingId;

use crate::support::*;

fn waiting() -> (Rig, PendingId) {
    let mut rig = Rig::new(settings(), Todo::Wait);
    rig.receive(&udp(ALICE), invite());
    let pending = rig.app.pending.get().unwrap();
    (rig, pending)
}

/// The application answers what waits.
fn answer(rig: &mut Rig, pending: PendingId, status: u16) {
    rig.ask(|core, now, app, out| {
        let reply = core
            .pending(pending)
            .map(|request| Message::reply(request, status, "x", Some("uas")));
        core.reply(now, pending, reply.expect("it waits"), app, out);
    });
}

fn ack(tag: &str) -> Message {
    let mut ack = request("ACK", "z9hG4bKack", "");
    ack.set(Header::new(Name::To, format!("<sip:bob@example.com>;tag={tag}")));
    ack
}

#[test]
fn a_waiting_invite_gets_100_after_200_ms_and_others_do_not() {
    let (mut rig, pending) = waiting();
    rig.pass(ms(199));
    assert!(rig.lines().is_empty());
    rig.pass(ms(1));
    assert_eq!(rig.lines(), [format!("100 {ALICE}")]);
    answer(&mut rig, pending, 180);
    answer(&mut rig, pending, 486);
    assert_eq!(rig.lines(), [format!("180 {ALICE}"), format!("486 {ALICE}")]);
    rig.ask(|core, _, _, _| assert!(core.pending(pending).is_none()));
    let mut rig = Rig::new(settings(), Todo::Wait);
    rig.receive(&udp(ALICE), request("REGISTER", "z9hG4bKx", ""));
    rig.pass(ms(10_000));
    assert!(rig.lines().is_empty());
}

#[test]
fn a_2xx_of_the_application_is_repeated_until_its_ack() {
    for hop in [udp(ALICE), tcp(ALICE)] {
        let mut rig = Rig::new(settings(), Todo::Wait);
        rig.receive(&hop, invite());
        let pending = rig.app.pending.get().unwrap();
        answer(&mut rig, pending, 200);
        let first = rig.only();
        rig.pass(ms(3_500));
        let again = rig.sent();
        assert_eq!(again.len(), 3, "at 0.5, 1.5 and 3.5 s, on streams too");
        assert!(again.iter().all(|sent| sent.bytes == first.bytes));
        rig.receive(&hop, ack("someone-else"));
        assert_eq!(rig.log(), ["passed ACK"], "not ours, passed on to nowhere");
        rig.pass(ms(4_000));
        assert_eq!(rig.lines(), [format!("200 {}", first.to.remote)]);
        rig.receive(&hop, ack("uas"));
        assert_eq!(rig.log(), ["passed ACK"]);
        rig.pass(ms(40_000));
        assert!(rig.lines().is_empty());
        assert!(rig.log().is_empty());
        rig.assert_empty();
    }
}

#[test]
fn an_application_learns_that_its_2xx_was_never_acknowledged() {
    let (mut rig, pending) = waiting();
    answer(&mut rig, pending, 200);
    rig.pass(ms(31_999));
    assert!(rig.log().is_empty());
    rig.pass(ms(1));
    assert_eq!(rig.log(), ["unacknowledged 200"]);
    rig.assert_empty();
}

#[test]
fn an_ack_with_the_branch_of_its_invite_is_taken_too() {
    let (mut rig, pending) = waiting();
    answer(&mut rig, pending, 200);
    let mut ack = ack("uas");
    ack.set(Header::new(
        Name::Via,
        "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKinvite",
    ));
    rig.receive(&udp(ALICE), ack);
    assert_eq!(rig.log(), ["passed ACK"]);
    rig.sent();
    rig.pass(ms(31_000));
    assert!(rig.lines().is_empty());
}

#[test]
fn a_waiting_invite_can_be_cancelled_by_the_caller() {
    let (mut rig, pending) = waiting();
    rig.receive(&udp(ALICE), request("CANCEL", "z9hG4bKinvite", ""));
    assert_eq!(rig.lines(), [format!("200 {ALICE}"), format!("487 {ALICE}")]);
    assert_eq!(rig.log(), ["cancelled"]);
    rig.ask(|core, _, _, _| assert!(core.pending(pending).is_none()));
}

#[test]
fn a_waiting_request_can_be_forwarded_later() {
    let (mut rig, pending) = waiting();
    rig.pass(ms(300));
    rig.sent();
    let plan = || hotdesk_sip::proxy::Plan::to(target(&udp(BOB)));
    let forwarded = rig.ask(|core, now, app, out| core.forward(now, pending, plan(), "call", app, out));
    assert_eq!(forwarded, Ok(()));
    let bob = rig.only();
    assert_eq!(bob.line(), format!("INVITE {BOB}"), "and no second 100");
    let again = rig.ask(|core, now, app, out| core.forward(now, pending, plan(), "again", app, out));
    assert_eq!(again, Err("again"));
    rig.answer(&bob, 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
}

#[test]
fn a_provisional_answer_leaves_the_request_waiting() {
    let mut rig = Rig::new(settings(), Todo::Reply(180));
    rig.receive(&udp(ALICE), invite());
    assert_eq!(rig.lines(), [format!("180 {ALICE}")]);
    let pending = rig.app.pending.get().unwrap();
    rig.pass(ms(500));
    assert!(rig.lines().is_empty(), "no 100 after 180");
    answer(&mut rig, pending, 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
}

#[test]
fn what_is_discarded_is_forgotten() {
    let mut rig = Rig::new(settings(), Todo::Discard);
    rig.receive(&udp(ALICE), invite());
    assert!(rig.lines().is_empty());
    rig.assert_empty();
}

#[test]
fn a_registration_is_answered_again_without_asking_twice() {
    let mut rig = Rig::new(settings(), Todo::Reply(200));
    let register = || request("REGISTER", "z9hG4bKreg", "");
    rig.receive(&udp(ALICE), register());
    let first = rig.only();
    rig.app.seen.take();
    rig.receive(&udp(ALICE), register());
    assert_eq!(rig.only().bytes, first.bytes);
    assert!(rig.app.seen.take().is_none());
    rig.pass(ms(32_000));
    rig.assert_empty();
    rig.receive(&tcp(ALICE), register());
    rig.assert_empty();
}
