//! Messages of our own, and rsip's part in them.

use hotdesk_sip::hop::Transport;
use hotdesk_sip::message::build::{self, Draft};
use hotdesk_sip::message::{Limits, Message, Method, Name, reason_phrase, validate};
use hotdesk_sip::uri::Uri;
use hotdesk_sip::value::{NameAddr, Via};

fn address(text: &str) -> NameAddr {
    NameAddr::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn draft<'a>(from: &'a NameAddr, to: &'a NameAddr, contact: &'a NameAddr) -> Draft<'a> {
    Draft {
        method: Method::Notify,
        uri: b"sip:2041@192.0.2.7:5062;transport=udp",
        from,
        to,
        call_id: "c1",
        cseq: 7,
        contact: Some(contact),
        max_forwards: 70,
        user_agent: Some("hotdesk"),
    }
}

#[test]
fn a_request_of_ours_is_complete_but_for_via() {
    let (from, to, contact) = (
        address("\"Front \\\"Desk\\\"\" <sip:edge@example.com>;tag=1"),
        address("<sip:2041@example.com>;tag=2"),
        address("<sip:edge@192.0.2.1:5060;transport=tcp>"),
    );
    let mut message = build::request(&draft(&from, &to, &contact));
    assert_eq!(
        String::from_utf8_lossy(&message.to_bytes()),
        "NOTIFY sip:2041@192.0.2.7:5062;transport=udp SIP/2.0\r\nMax-Forwards: 70\r\n\
         From: \"Front \\\"Desk\\\"\" <sip:edge@example.com>;tag=1\r\nTo: <sip:2041@example.com>;tag=2\r\n\
         Call-ID: c1\r\nCSeq: 7 NOTIFY\r\nContact: <sip:edge@192.0.2.1:5060;transport=TCP>\r\nUser-Agent: hotdesk\r\n\
         Content-Length: 0\r\n\r\n"
    );
    message.push_front(build::via(Transport::Udp, "192.0.2.1:5060", "z9hG4bKx"));
    assert_eq!(
        message.header(&Name::Via).map(|via| via.raw()),
        Some(&b"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport"[..])
    );
    assert_eq!(validate(&message), Ok(()));
}

#[test]
fn what_rsip_cannot_hold_is_written_all_the_same() {
    let (from, to, contact) = (
        address("\"caf\u{e9}\" <sip:edge@[2001:db8::1]>;tag=1"),
        address("<tel:+13125550100>"),
        address("<sip:edge@[2001:db8::1]:5060>;+sip.instance=\"<urn:uuid:0>\""),
    );
    let mut draft = draft(&from, &to, &contact);
    draft.method = Method::Other("x-Method".into());
    let mut message = build::request(&draft);
    message.push_front(build::via(Transport::Wss, "[2001:db8::1]:5060", "z9hG4bKx"));
    let read = Message::parse(&message.to_bytes(), &Limits::default()).expect("is a message");
    assert_eq!(
        (read.from(), read.to(), read.contacts()),
        (Ok(from), Ok(to), Ok(vec![contact]))
    );
    assert_eq!(
        read.top_via().map(|via| (via.host.to_string(), via.port)),
        Ok(("[2001:db8::1]".into(), Some(5060)))
    );
    assert_eq!(validate(&read), Ok(()));
}

#[test]
fn typed_values_hold_what_ours_do_or_nothing() {
    let held = [
        "sip:2041@example.com:5062;transport=tls;lr;x=y",
        "sips:192.0.2.1",
        "sip:%2A11@b;user=phone",
    ];
    for text in held {
        let uri = Uri::parse(text.as_bytes()).expect("is one");
        let typed = rsip::Uri::try_from(&uri).unwrap_or_else(|error| panic!("{text}: {error}"));
        let back = Uri::parse(typed.to_string().as_bytes()).expect("is one");
        assert!(back.is_equivalent(&uri), "{text} {typed}");
    }
    let typed = rsip::Uri::try_from(&Uri::parse(held[0].as_bytes()).expect("is one")).expect("is held");
    assert_eq!(
        (typed.user(), typed.transport()),
        (Some("2041"), Some(&rsip::Transport::Tls))
    );
    for text in [
        "tel:1",
        "urn:service:sos",
        "sip:[::1]",
        "sip:a:b@c",
        "sip:a?x=y",
        "sip:a;transport=x",
        "sip:a:05060",
        "sip:a;lr=1;;b",
    ] {
        let uri = Uri::parse(text.as_bytes()).expect("is one");
        let typed = rsip::Uri::try_from(&uri).map(|typed| typed.to_string());
        assert!(typed.is_err(), "{text} {typed:?}");
    }
    let via = Via::parse(b"SIP/2.0/TCP 192.0.2.1:5061;branch=z9hG4bKa;received=192.0.2.7").expect("is one");
    let typed = rsip::typed::Via::try_from(&via).expect("is held");
    assert_eq!(
        typed.branch().map(ToString::to_string).as_deref(),
        Some("z9hG4bKa")
    );
    assert!(rsip::typed::Via::try_from(&Via::parse(b"SIP/2.0/X a").expect("is one")).is_err());
}

#[test]
fn phrases_are_those_of_the_registry() {
    let rows = [
        (100, "Trying"),
        (180, "Ringing"),
        (181, "Call Is Being Forwarded"),
        (183, "Session Progress"),
        (200, "OK"),
        (202, "Accepted"),
        (302, "Moved Temporarily"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (407, "Proxy Authentication Required"),
        (408, "Request Timeout"),
        (413, "Request Entity Too Large"),
        (414, "Request-URI Too Long"),
        (416, "Unsupported URI Scheme"),
        (420, "Bad Extension"),
        (422, "Session Interval Too Small"),
        (423, "Interval Too Brief"),
        (430, "Flow Failed"),
        (439, "First Hop Lacks Outbound Support"),
        (480, "Temporarily Unavailable"),
        (481, "Call/Transaction Does Not Exist"),
        (482, "Loop Detected"),
        (483, "Too Many Hops"),
        (486, "Busy Here"),
        (487, "Request Terminated"),
        (488, "Not Acceptable Here"),
        (489, "Bad Event"),
        (491, "Request Pending"),
        (500, "Server Internal Error"),
        (503, "Service Unavailable"),
        (504, "Server Time-out"),
        (505, "Version Not Supported"),
        (513, "Message Too Large"),
        (600, "Busy Everywhere"),
        (603, "Decline"),
        (604, "Does Not Exist Anywhere"),
        (606, "Not Acceptable"),
        // Nobody registered these: the phrase of their class.
        (299, "OK"),
        (499, "Bad Request"),
        (99, "Trying"),
        (999, "Busy Everywhere"),
    ];
    for (status, phrase) in rows {
        assert_eq!(reason_phrase(status), phrase, "{status}");
    }
}

#[test]
fn a_response_of_ours_has_the_standard_phrase() {
    let request = b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nf: sip:a@b\r\nt: sip:a@b\r\ni: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    let request = Message::parse(&request.to_vec().into(), &Limits::default()).expect("is a message");
    let mut response = build::response(&request, 483, Some("x"));
    response.push(build::server("hotdesk"));
    assert!(response.to_bytes().starts_with(b"SIP/2.0 483 Too Many Hops\r\n"));
    assert_eq!(validate(&response), Ok(()));
}
