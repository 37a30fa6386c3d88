//! What is checked before anything is forwarded, in its order, and what is refused without a transaction.

use hotdesk_sip::message::{Header, Name};

use crate::support::*;

#[test]
fn checks_refuse_in_their_order() {
    let rows = [
        ("OPTIONS", "Proxy-Require: magic, other\n", "420"),
        ("INVITE", "Proxy-Require: magic\n", "420"),
    ];
    for (method, extra, status) in rows {
        let mut rig = Rig::forking(&[BOB]);
        rig.receive(&udp(ALICE), request(method, "z9hG4bKx", extra));
        let sent = rig.only();
        assert_eq!(sent.line(), format!("{status} {ALICE}"));
        assert!(sent.value(&Name::Unsupported).contains("magic"));
        assert!(sent.value(&Name::To).contains(";tag="));
    }
    let mut rig = Rig::forking(&[BOB]);
    let mut bad = request("OPTIONS", "z9hG4bKx", "Proxy-Require: magic\n");
    bad.set_uri("gopher:bob@example.com");
    rig.receive(&udp(ALICE), bad);
    assert_eq!(rig.lines(), [format!("416 {ALICE}")]);
    for (uri, status) in [("gopher:bob@example.com", "416"), ("sip:bob@example.com", "483")] {
        let mut spent = request("MESSAGE", "z9hG4bKx", "Proxy-Require: magic\n");
        spent.set_uri(uri);
        spent.set(Header::new(Name::MaxForwards, "0"));
        let mut rig = Rig::forking(&[BOB]);
        rig.receive(&udp(ALICE), spent);
        assert_eq!(rig.lines(), [format!("{status} {ALICE}")]);
    }
    let mut known = settings();
    known.proxy_require = vec!["magic".into()];
    let mut rig = Rig::new(known, Todo::Forward(vec![group(&[udp(BOB)])]));
    rig.receive(
        &udp(ALICE),
        request("OPTIONS", "z9hG4bKx", "Proxy-Require: magic\n"),
    );
    assert_eq!(rig.lines(), [format!("OPTIONS {BOB}")]);
}

#[test]
fn a_request_without_hops_left_is_not_forwarded_but_may_be_answered() {
    let spent = |method| {
        let mut request = request(method, "z9hG4bKx", "");
        request.set(Header::new(Name::MaxForwards, "0"));
        request
    };
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), spent("INVITE"));
    assert_eq!(rig.lines(), [format!("483 {ALICE}")]);
    assert!(rig.app.seen.borrow().is_none(), "nobody is asked for a password");
    assert_eq!(rig.core.counts().loops, 1);
    // One that the application could have answered, and wants to have forwarded all the same.
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), spent("OPTIONS"));
    assert_eq!(rig.lines(), [format!("483 {ALICE}")]);
    assert_eq!(rig.log(), ["ended Refused { status: 483 }"]);
    let mut rig = Rig::new(settings(), Todo::Reply(200));
    rig.receive(&udp(ALICE), spent("OPTIONS"));
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), spent("ACK"));
    assert!(rig.lines().is_empty());
}

#[test]
fn a_loop_is_refused_and_a_spiral_is_not() {
    let mut rig = Rig::forking(&["10.0.0.1:5060"]);
    let first = rig.call().remove(0);
    // It comes back as it left, from ourselves: another Request-URI, so a spiral.
    rig.receive(&udp("10.0.0.1:5060"), first.message);
    let second = rig.sent().remove(1);
    assert_eq!(second.values(&Name::Via).len(), 3);
    // And once more, with the Request-URI that we have seen.
    rig.receive(&udp("10.0.0.1:5060"), second.message);
    assert_eq!(rig.lines(), ["482 10.0.0.1:5060"]);
    assert_eq!(rig.core.counts().loops, 1);
}

#[test]
fn a_full_shard_lets_in_only_dialogs_and_what_is_vital() {
    let mut small = settings();
    small.transactions_max = 8;
    let mut rig = Rig::new(small, Todo::Wait);
    for number in 0..8 {
        rig.receive(&udp(ALICE), request("OPTIONS", &format!("z9hG4bK{number}"), ""));
    }
    assert!(rig.lines().is_empty());
    rig.receive(&udp(ALICE), request("INVITE", "z9hG4bKmore", ""));
    let refused = rig.only();
    assert_eq!(refused.line(), format!("503 {ALICE}"));
    assert_eq!(refused.value(&Name::RetryAfter), "5");
    // Its ACK goes nowhere.
    let mut ack = request("ACK", "z9hG4bKmore", "");
    ack.set(Header::new(Name::To, refused.value(&Name::To)));
    rig.receive(&udp(ALICE), ack);
    assert!(rig.lines().is_empty());
    let mut sos = request("INVITE", "z9hG4bKsos", "");
    sos.set_uri("urn:service:sos");
    rig.receive(&udp(ALICE), sos);
    let mut bye = request("BYE", "z9hG4bKbye", "");
    bye.set(Header::new(Name::To, "<sip:bob@example.com>;tag=b"));
    rig.receive(&udp(ALICE), bye.clone());
    assert_eq!(
        rig.lines(),
        [format!("503 {ALICE}")],
        "the reserve is full as well"
    );
    assert_eq!(rig.core.counts().overloaded, 2);
    assert_eq!(rig.core.counts().servers, 9);
}

#[test]
fn what_is_malformed_is_answered_without_a_transaction_and_its_ack_goes_nowhere() {
    let rows = [
        (Name::CSeq, "1 BYE", 400),
        (Name::MaxForwards, "300", 400),
        (Name::From, "nonsense", 400),
    ];
    for (name, value, status) in rows {
        let mut rig = Rig::forking(&[BOB]);
        let mut bad = invite();
        bad.set(Header::new(name, value));
        rig.receive(&udp(ALICE), bad);
        let refused = rig.only();
        assert_eq!(refused.line(), format!("{status} {ALICE}"));
        rig.assert_empty();
        let mut ack = request("ACK", "z9hG4bKinvite", "");
        ack.set(Header::new(Name::From, refused.value(&Name::From)));
        ack.set(Header::new(Name::To, refused.value(&Name::To)));
        ack.set_uri("sip:bob@192.0.2.2");
        rig.receive(&udp(ALICE), ack);
        assert!(rig.lines().is_empty());
    }
    let mut rig = Rig::forking(&[BOB]);
    let mut bad = request("ACK", "z9hG4bKx", "");
    bad.remove(&Name::From);
    rig.receive(&udp(ALICE), bad);
    assert!(rig.lines().is_empty(), "an ACK is never answered");
    assert_eq!(rig.core.counts().malformed, 1);
}

#[test]
fn a_refusal_from_outside_is_known_to_the_core() {
    let mut rig = Rig::forking(&[BOB]);
    let (to, refused) = hotdesk_sip::proxy::refusal(&settings(), &udp(ALICE), &invite(), 503, "Overloaded");
    assert_eq!(to, udp(ALICE));
    let mut ack = request("ACK", "z9hG4bKinvite", "");
    ack.set(refused.header(&Name::To).unwrap().clone());
    ack.set_uri("sip:bob@192.0.2.2");
    rig.receive(&udp(ALICE), ack.clone());
    assert!(rig.lines().is_empty());
    // Any other ACK is passed on.
    ack.set(Header::new(Name::To, "<sip:bob@example.com>;tag=b"));
    rig.receive(&udp(ALICE), ack);
    assert_eq!(rig.lines(), [format!("ACK {BOB}")]);
}
