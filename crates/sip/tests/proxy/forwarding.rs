//! One request, one target: what is changed, and what is kept.

use hotdesk_sip::message::{Header, Name};
use hotdesk_sip::proxy::{Edit, Group};

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
fn max_forwards_is_added_when_it_is_missing() {
    let mut rig = Rig::forking(&[BOB]);
    let mut options = request("OPTIONS", "z9hG4bKx", "");
    options.remove(&Name::MaxForwards);
    rig.receive(&udp(ALICE), options);
    assert_eq!(rig.only().value(&Name::MaxForwards), "70");
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
