//! One request, one target: what is changed, what is kept, what is refused.

use hotdesk_sip::hop::{Hop, ListenerId, Transport};
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::proxy::{Edit, Group, OutgoingRequest};

use crate::support::*;

#[test]
fn a_call_goes_through_and_nothing_is_left_of_it() {
    let mut rig = Rig::forking(&[BOB]);
    let bob = rig.call().remove(0);
    assert_eq!(bob.line(), format!("INVITE {BOB}"));
    rig.answer(&bob, 180);
    assert_eq!(rig.lines(), [format!("180 {ALICE}")]);
    rig.answer(&bob, 200);
    let ok = rig.only();
    assert_eq!(ok.line(), format!("200 {ALICE}"));
    assert_eq!(
        ok.values(&Name::Via),
        ["SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKinvite"]
    );
    assert_eq!(
        rig.log(),
        [
            "response 180 #0",
            "response 200 #0",
            "ended Answered { status: 200 }"
        ]
    );
    let ack = request("ACK", "z9hG4bKack", "Route: <sip:10.0.0.1;lr>\n");
    let mut ack = ack;
    ack.set_uri("sip:bob@192.0.2.2");
    rig.receive(&udp(ALICE), ack);
    let ack = rig.only();
    assert_eq!(ack.line(), format!("ACK {BOB}"));
    assert!(ack.branch.is_none());
    assert_eq!(rig.log(), ["passed ACK"]);
    rig.pass(ms(32_000));
    rig.assert_empty();
    assert!(rig.sent().is_empty());
}

#[test]
fn what_the_proxy_does_not_change_stays_byte_for_byte() {
    let mut rig = Rig::forking(&[BOB]);
    let odd = "x-ODD :  a ,b;  c=\"d\"\nSubject: one\n  two\nt2: \u{e9}\n";
    rig.receive(&udp(ALICE), request("INVITE", "z9hG4bKodd", odd));
    let sent = rig.sent().remove(1);
    let text = String::from_utf8(sent.bytes.to_vec()).unwrap();
    assert!(text.contains(&odd.replace('\n', "\r\n")), "{text}");
    assert!(text.starts_with(&format!(
        "INVITE sip:phone@{BOB} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;"
    )));
    assert_eq!(sent.value(&Name::MaxForwards), "69");
    assert_eq!(sent.values(&Name::Via).len(), 2);
    assert!(sent.values(&Name::Via)[0].ends_with(";rport"));
}

#[test]
fn the_source_is_written_into_the_top_via() {
    let rows = [
        ("192.0.2.1:5060;branch=z9hG4bK1", "192.0.2.1:9999", ""),
        (
            "192.0.2.1:5060;rport;branch=z9hG4bK1",
            "192.0.2.1:9999",
            ";rport=9999;branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "phone.lan;branch=z9hG4bK1",
            "192.0.2.1:9999",
            ";branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "10.1.1.1:5062;branch=z9hG4bK1;received=6.6.6.6",
            "192.0.2.1:5062",
            ";branch=z9hG4bK1;received=192.0.2.1",
        ),
        ("[2001:db8::1]:5060;branch=z9hG4bK1", "[2001:db8::1]:5060", ""),
        (
            "[2001:db8::1];rport;branch=z9hG4bK1",
            "[2001:db8::2]:9",
            ";rport=9;branch=z9hG4bK1;received=2001:db8::2",
        ),
    ];
    let replies = [
        "192.0.2.1:5060",
        "192.0.2.1:9999",
        "192.0.2.1:5060",
        "192.0.2.1:5062",
        "[2001:db8::1]:5060",
        "[2001:db8::2]:9",
    ];
    for ((via, from, params), reply_to) in rows.iter().zip(replies) {
        let mut rig = Rig::forking(&[BOB]);
        let mut options = request("OPTIONS", "z9hG4bKx", "");
        options.set(Header::new(Name::Via, format!("SIP/2.0/UDP {via}")));
        rig.receive(&udp(from), options);
        let sent = rig.only();
        let expected = match params.is_empty() {
            true => format!("SIP/2.0/UDP {via}"),
            false => format!("SIP/2.0/UDP {}{params}", via.split(';').next().unwrap()),
        };
        assert_eq!(sent.values(&Name::Via)[1], expected);
        rig.answer(&sent, 200);
        assert_eq!(rig.lines(), [format!("200 {reply_to}")], "{via} from {from}");
    }
}

#[test]
fn joined_vias_are_one_list() {
    let mut rig = Rig::forking(&[BOB]);
    let mut options = request("OPTIONS", "z9hG4bKx", "");
    let joined = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx,SIP/2.0/TCP far;branch=z9hG4bKfar";
    options.set(Header::new(Name::Via, joined));
    rig.receive(&udp(ALICE), options);
    let sent = rig.only();
    // The callee joins all three.
    let vias = sent.values(&Name::Via).join(", ");
    let mut ok = reply(&sent.message, 200, "b");
    ok.set(Header::new(Name::Via, vias));
    rig.receive(&udp(BOB), ok);
    let ok = rig.only();
    assert_eq!(ok.values(&Name::Via), joined.split(',').collect::<Vec<_>>());
}

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
    assert_eq!(rig.log(), ["ended Refused { status: 483 }"]);
    assert_eq!(rig.core.counts().loops, 1);
    let mut rig = Rig::new(settings(), Todo::Reply(200));
    rig.receive(&udp(ALICE), spent("OPTIONS"));
    assert_eq!(rig.lines(), [format!("200 {ALICE}")]);
    let mut rig = Rig::forking(&[BOB]);
    rig.receive(&udp(ALICE), spent("ACK"));
    assert!(rig.lines().is_empty());
}

#[test]
fn max_forwards_is_added_when_it_is_missing() {
    let mut rig = Rig::forking(&[BOB]);
    let mut options = request("OPTIONS", "z9hG4bKx", "");
    options.remove(&Name::MaxForwards);
    rig.receive(&udp(ALICE), options);
    assert_eq!(rig.only().value(&Name::MaxForwards), "70");
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
fn any_method_passes_and_in_a_dialog_too() {
    for method in [
        "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY", "MESSAGE", "BYE", "FOO.bar!",
    ] {
        let mut rig = Rig::forking(&[BOB]);
        let mut message = request(method, "z9hG4bKx", "");
        message.set(Header::new(Name::To, "<sip:bob@example.com>;tag=b"));
        rig.receive(&udp(ALICE), message);
        let sent = rig.only();
        assert_eq!(sent.line(), format!("{method} {BOB}"));
        rig.answer(&sent, 202);
        assert_eq!(rig.lines(), [format!("202 {ALICE}")]);
        assert_eq!(rig.log(), ["response 202 #0", "ended Answered { status: 202 }"]);
        rig.pass(ms(32_000));
        rig.assert_empty();
    }
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
fn edits_change_the_forwarded_copy_only() {
    let mut edited = target(&udp(BOB));
    edited.edits = vec![
        Edit::Remove(Name::Contact),
        Edit::Set(Header::new(Name::Subject, "set")),
        Edit::Push(Header::new(Name::Priority, "urgent")),
        Edit::Front(Header::new(Name::Priority, "first")),
        Edit::Body {
            content_type: "text/plain".into(),
            body: "hello".into(),
        },
    ];
    edited.routes = vec!["<sip:one;lr>".into(), "<sip:two;lr>".into()];
    let mut rig = Rig::new(
        settings(),
        Todo::Forward(vec![Group::to(edited), group(&[udp(CAROL)])]),
    );
    let bob = rig.call().remove(0);
    assert!(bob.message.header(&Name::Contact).is_none());
    assert_eq!(bob.value(&Name::Subject), "set");
    assert_eq!(bob.values(&Name::Priority), ["first", "urgent"]);
    assert_eq!(bob.values(&Name::Route), ["<sip:one;lr>", "<sip:two;lr>"]);
    assert_eq!(bob.value(&Name::ContentLength), "5");
    assert_eq!(&bob.message.body()[..], b"hello");
    rig.answer(&bob, 404);
    let carol = rig.sent().remove(1);
    assert_eq!(carol.line(), format!("INVITE {CAROL}"));
    assert!(carol.message.header(&Name::Contact).is_some());
    assert!(carol.message.body().is_empty());
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
