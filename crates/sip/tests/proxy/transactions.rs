//! What comes twice, late, or for something else: transactions as the network sees them.

use hotdesk_sip::hop::{Hop, ListenerId, Transport};
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::proxy::OutgoingRequest;

use crate::support::*;

#[test]
fn retransmitted_requests_are_absorbed_and_answered_again() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.receive(&udp(ALICE), invite());
    assert_eq!(rig.lines(), [format!("100 {ALICE}")]);
    rig.answer(&bob, 180);
    rig.receive(&udp(ALICE), invite());
    assert_eq!(rig.lines(), [format!("180 {ALICE}"), format!("180 {ALICE}")]);
    rig.answer(&bob, 486);
    assert_eq!(rig.lines(), [format!("ACK {BOB}"), format!("486 {ALICE}")]);
    rig.receive(&udp(ALICE), invite());
    rig.pass(ms(500));
    assert_eq!(rig.lines(), [format!("486 {ALICE}"), format!("486 {ALICE}")]);
    rig.receive(&udp(ALICE), request("ACK", "z9hG4bKinvite", ""));
    rig.pass(ms(4_999));
    rig.receive(&udp(ALICE), invite());
    assert!(rig.lines().is_empty());
    assert_eq!(rig.core.counts().requests, 1);
    rig.pass(ms(40_000));
    rig.assert_empty();
}

#[test]
fn an_invite_over_datagrams_is_sent_again_until_somebody_answers() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    rig.pass(ms(1_500));
    let again = rig.sent();
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|sent| sent.bytes == bob.bytes));
    rig.answer(&bob, 100);
    rig.pass(ms(60_000));
    assert!(rig.lines().is_empty(), "100 is not forwarded, and stops timer A");
}

#[test]
fn a_2xx_goes_upstream_as_often_as_it_comes_and_always_the_same() {
    let mut rig = Rig::forking(&[BOB]);
    rig.app.stamp.set(true);
    let bob = rig.call().remove(0);
    rig.answer(&bob, 200);
    let first = rig.only();
    assert_eq!(first.value(&Name::parse("X-Stamp")), "edited");
    rig.answer(&bob, 200);
    assert_eq!(rig.only().bytes, first.bytes);
    rig.receive(&udp(ALICE), invite());
    assert!(
        rig.lines().is_empty(),
        "an accepted INVITE is absorbed (RFC 6026)"
    );
    // Another dialog: a proxy behind us forked.
    rig.receive(&udp(BOB), reply(&bob.message, 200, "other"));
    assert!(rig.only().value(&Name::To).ends_with(";tag=other"));
    rig.pass(ms(32_000));
    rig.assert_empty();
    // Everything is forgotten, and still it finds its way.
    rig.answer(&bob, 200);
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
}

#[test]
fn a_stray_response_goes_only_where_its_request_came_from() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    let mut elsewhere = Rig::new(settings(), Todo::Discard);
    let good = reply(&bob.message, 200, "b");
    elsewhere.receive(&udp(BOB), good.clone());
    assert_eq!(elsewhere.lines(), [format!("200 {ALICE}")]);
    // Somebody wants us to send something to a victim.
    let mut forged = good.clone();
    let ours = bob.values(&Name::Via)[0].clone();
    forged.set(Header::new(
        Name::Via,
        format!("{ours}, SIP/2.0/UDP 6.6.6.6:53;branch=z9hG4bKinvite"),
    ));
    elsewhere.receive(&udp(BOB), forged);
    let mut foreign = good;
    foreign.set(Header::new(
        Name::Via,
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKhdx, SIP/2.0/UDP 6.6.6.6:53",
    ));
    elsewhere.receive(&udp(BOB), foreign);
    assert!(elsewhere.lines().is_empty());
    assert_eq!(elsewhere.core.counts().stray, 3);
}

#[test]
fn a_response_with_the_wrong_method_or_a_guessed_branch_is_not_ours() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    let mut bye = reply(&bob.message, 200, "b");
    bye.set(Header::new(Name::CSeq, "1 BYE"));
    bye.pop_value(&Name::Via);
    bye.push_front(Header::new(Name::Via, &bob.values(&Name::Via)[0]));
    let mut guessed = reply(&bob.message, 200, "b");
    let via = bob.values(&Name::Via)[0].replace("z9hG4bKhd0000000100000000", "z9hG4bKhd0000000200000000");
    assert_ne!(via, bob.values(&Name::Via)[0]);
    guessed.set_first_value(&Name::Via, via);
    rig.receive(&udp(BOB), guessed);
    assert!(rig.lines().is_empty());
    assert_eq!(rig.core.counts().clients, 1);
}

#[test]
fn on_streams_nothing_is_sent_twice() {
    let mut rig = Rig::new(settings(), Todo::Forward(vec![group(&[tcp(BOB)])]));
    let mut invite = invite();
    invite.set(Header::new(
        Name::Via,
        "SIP/2.0/TCP 192.0.2.1:5080;branch=z9hG4bKinvite",
    ));
    rig.receive(&tcp(ALICE), invite.clone());
    let sent = rig.sent();
    assert_eq!(sent[0].to.connection, tcp(ALICE).connection);
    assert_eq!(sent[0].to.remote.port(), 5080, "where a new connection would go");
    assert!(sent[1].values(&Name::Via)[0].starts_with("SIP/2.0/TCP 10.0.0.1:5060;branch="));
    rig.pass(ms(5_000));
    assert!(rig.lines().is_empty());
    rig.receive(&tcp(BOB), reply(&sent[1].message, 404, "b"));
    assert_eq!(rig.lines(), [format!("ACK {BOB}"), "404 192.0.2.1:5080".into()]);
    rig.pass(ms(5_000));
    assert!(rig.lines().is_empty());
    let ack = {
        let mut ack = request("ACK", "z9hG4bKinvite", "");
        ack.set(invite.header(&Name::Via).unwrap().clone());
        ack
    };
    rig.receive(&tcp(ALICE), ack);
    rig.assert_empty();
}

#[test]
fn a_peer_without_magic_cookie_is_matched_by_the_rest() {
    let old = |method: &str, cseq: u32, to: &str| {
        let mut message = request(method, "z9hG4bKx", "");
        message.set(Header::new(Name::Via, "SIP/2.0/UDP 192.0.2.1:5060"));
        message.set(Header::new(Name::CSeq, format!("{cseq} {method}")));
        message.set(Header::new(Name::To, to));
        message
    };
    let mut rig = Rig::new(settings(), Todo::Reply(486));
    rig.receive(&udp(ALICE), old("INVITE", 1, "<sip:bob@example.com>"));
    rig.receive(&udp(ALICE), old("INVITE", 1, "<sip:bob@example.com>"));
    assert_eq!(rig.sent().len(), 2);
    rig.receive(&udp(ALICE), old("ACK", 1, "<sip:bob@example.com>;tag=app"));
    rig.pass(ms(4_000));
    assert!(rig.lines().is_empty(), "the ACK stopped timer G");
    rig.receive(&udp(ALICE), old("INVITE", 2, "<sip:bob@example.com>"));
    assert_eq!(rig.core.counts().requests, 2);
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), old("INVITE", 1, "<sip:bob@example.com>"));
    rig.receive(&udp(ALICE), old("CANCEL", 1, "<sip:bob@example.com>"));
    assert!(rig.lines().contains(&format!("200 {ALICE}")));
}

#[test]
fn a_request_other_than_invite_that_times_out_is_not_answered() {
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), request("OPTIONS", "z9hG4bKx", ""));
    rig.pass(ms(32_000));
    assert!(rig.lines().iter().all(|line| line == &format!("OPTIONS {BOB}")));
    assert_eq!(rig.log(), ["exhausted Unreachable 408", "ended Silent"]);
    rig.assert_empty();
}

#[test]
fn the_oldest_finished_transactions_are_forgotten_first() {
    let mut small = settings();
    small.finished_max = 10;
    let mut rig = Rig::new(small, Todo::Reply(200));
    for number in 0..25 {
        rig.receive(&udp(ALICE), request("OPTIONS", &format!("z9hG4bK{number}"), ""));
    }
    rig.sent();
    let counts = rig.core.counts();
    assert_eq!((counts.finished, counts.forgotten), (10, 15));
    rig.receive(&udp(ALICE), request("OPTIONS", "z9hG4bK24", ""));
    assert_eq!(rig.core.counts().requests, 25);
    rig.receive(&udp(ALICE), request("OPTIONS", "z9hG4bK3", ""));
    assert_eq!(rig.core.counts().requests, 26);
    rig.pass(ms(32_000));
    rig.assert_empty();
}

#[test]
fn a_request_of_our_own_is_answered_once() {
    let own = |to: Hop| OutgoingRequest {
        message: {
            let mut message = request("NOTIFY", "z9hG4bKx", "");
            message.remove(&Name::Via);
            message.remove(&Name::MaxForwards);
            message
        },
        to,
        tag: "mark",
    };
    let mut rig = Rig::new(settings(), Todo::Discard);
    rig.originate(own(udp(BOB)));
    let sent = rig.only();
    assert_eq!(sent.value(&Name::MaxForwards), "70");
    assert_eq!(sent.values(&Name::Via).len(), 1);
    rig.answer(&sent, 100);
    assert!(rig.log().is_empty());
    rig.answer(&sent, 489);
    rig.answer(&sent, 489);
    assert_eq!(rig.log(), ["answered mark Some(489)"]);
    rig.pass(ms(5_000));
    rig.assert_empty();
    rig.originate(own(udp(BOB)));
    rig.pass(ms(32_000));
    assert_eq!(rig.log(), ["answered mark None"]);
    rig.sent();
    rig.originate(own(udp(BOB)));
    let sent = rig.only();
    rig.ask(|core, now, app, out| {
        core.transport_failed(now, &sent.to, sent.branch.as_deref().unwrap(), app, out);
        core.transport_failed(now, &sent.to, sent.branch.as_deref().unwrap(), app, out);
    });
    rig.originate(own(Hop::to(ListenerId(77), Transport::Udp, BOB.parse().unwrap())));
    assert_eq!(rig.log(), ["answered mark None", "answered mark None"]);
    let mut invite = own(udp(BOB));
    invite.message = Message::request(Method::Invite, "sip:bob@example.com");
    rig.originate(invite);
    assert_eq!(
        rig.log(),
        ["answered mark None"],
        "calls of our own are not made here"
    );
    rig.assert_empty();
}
