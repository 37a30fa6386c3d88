//! Single values: read, compared, written.

use hotdesk_sip::message::{Limits, Message, Method, validate};
use hotdesk_sip::value::{CSeq, NameAddr, Params, RAck, Refresher, SessionExpires, Via, number, retry_after};

#[test]
fn addresses_are_read_and_written() {
    let rows = [
        ("<sip:a@b>;tag=1", "", "sip:a@b", "<sip:a@b>;tag=1"),
        ("sip:a@b;tag=1", "", "sip:a@b", "<sip:a@b>;tag=1"),
        (
            "\"A \\\"B\\\" \\\\\" <sip:a@b;lr>",
            "A \"B\" \\",
            "sip:a@b;lr",
            "\"A \\\"B\\\" \\\\\" <sip:a@b;lr>",
        ),
        (
            "Anna  Lee <sip:a@b> ; x = \"1;2\" ; y",
            "Anna  Lee",
            "sip:a@b",
            "\"Anna  Lee\" <sip:a@b>;x=\"1;2\";y",
        ),
        ("\"\" <sip:a@b>", "", "sip:a@b", "<sip:a@b>"),
        ("\"a\r\n b\"\r\n <tel:1>", "a b", "tel:1", "\"a b\" <tel:1>"),
        ("*", "", "*", "<*>"),
    ];
    for (text, display, uri, written) in rows {
        let address = NameAddr::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (&address.display[..], address.uri.as_bytes()),
            (display.as_bytes(), uri.as_bytes()),
            "{text}"
        );
        assert_eq!(String::from_utf8_lossy(&address.to_vec()), written, "{text}");
    }
    let refused = [
        "",
        "<sip:a@b",
        "sip:a@b>",
        "\"a <sip:a@b>",
        "\"a\\\" <sip:a@b>",
        "\"a\" sip:a@b",
        "a, b <sip:a@b>",
        "sip:a@b?x=y",
        "sip:a,b@c",
        "<sip:a@b>x",
        "<sip:a@b>;",
        "<sip:a@b>;;x",
        "<sip:a@b>;x;X",
        "<sip:a@b>;=1",
        "<sip:a@b>;x=\"",
        "<>",
        "<sip:a@b>;x=\"a\"b",
        "< sip:a@b >",
    ];
    for text in refused {
        assert!(NameAddr::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn parameters_are_found_set_and_removed() {
    let mut params = Params::parse(b" ; A = 1 ;; b=\"x;y\\\";\" ;c");
    let all: Vec<_> = params.iter().collect();
    assert_eq!(
        all,
        [
            (&b"A"[..], Some(&b"1"[..])),
            (b"b", Some(b"\"x;y\\\";\"")),
            (b"c", None)
        ]
    );
    assert_eq!(
        (params.get("a"), params.get("C"), params.get("d")),
        (Some(&b"1"[..]), Some(&b""[..]), None)
    );
    assert_eq!(params.text("b"), Some("x;y\\\";"));
    params.set("a", Some("2"));
    params.set("d", None);
    params.remove("C");
    let mut written = Vec::new();
    params.write(&mut written);
    assert_eq!(String::from_utf8_lossy(&written), ";A=2;b=\"x;y\\\";\";d");
    assert_eq!(params, Params::parse(b"A=2; b = \"x;y\\\";\" ;d"));
    assert!(params.check().is_ok() && Params::default().check().is_ok() && Params::default().is_empty());
    let many: String = (0..65).map(|at| format!(";p{at}")).collect();
    assert!(Params::parse(many.as_bytes()).check().is_err());
}

#[test]
fn via_notes_where_a_request_came_from() {
    let rows = [
        ("192.0.2.1:5060", "192.0.2.1:5060", ""),
        ("192.0.2.1:5060", "192.0.2.1:9999", ""),
        ("192.0.2.1", "192.0.2.7:5060", ";received=192.0.2.7"),
        ("host", "192.0.2.7:5060", ";received=192.0.2.7"),
        (
            "192.0.2.1;rport",
            "192.0.2.1:4000",
            ";rport=4000;received=192.0.2.1",
        ),
        (
            "192.0.2.1;rport=1",
            "192.0.2.1:4000",
            ";rport=4000;received=192.0.2.1",
        ),
        ("[2001:db8::1]", "[2001:db8:0::1]:5060", ""),
        ("192.0.2.1", "[::ffff:192.0.2.1]:5060", ""),
    ];
    for (sent_by, source, added) in rows {
        let value = format!("SIP/2.0/UDP {sent_by}");
        let mut via = Via::parse(value.as_bytes()).expect("can be read");
        let changed = via.note_source(source.parse().expect("is an address"));
        assert_eq!(changed, !added.is_empty(), "{sent_by} {source}");
        let host = sent_by.split(';').next().unwrap_or_default();
        let expected = format!("SIP/2.0/UDP {host}{added}");
        assert_eq!(
            String::from_utf8_lossy(&via.to_vec()),
            expected,
            "{sent_by} {source}"
        );
    }
}

#[test]
fn a_response_goes_where_via_says() {
    let rows = [
        ("UDP 192.0.2.1", Some("192.0.2.1:5060")),
        ("TLS 192.0.2.1", Some("192.0.2.1:5061")),
        (
            "UDP 192.0.2.1:5070;rport=4000;received=192.0.2.7",
            Some("192.0.2.7:4000"),
        ),
        ("UDP host:5070;received=192.0.2.7", Some("192.0.2.7:5070")),
        ("UDP [2001:db8::1]:5070", Some("[2001:db8::1]:5070")),
        ("UDP host", None),
        ("UDP 255.255.255.255", None),
        ("UDP 192.0.2.1;received=224.0.0.1", None),
        ("UDP [::]", None),
    ];
    for (value, expected) in rows {
        let via = Via::parse(format!("SIP/2.0/{value}").as_bytes()).expect("can be read");
        assert_eq!(
            via.response_address(),
            expected.map(|to| to.parse().expect("is an address")),
            "{value}"
        );
    }
}

#[test]
fn what_is_no_via_is_refused() {
    for text in [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0 /UDP",
        "SIP/2.0/UDP ",
        "SIP/2.0/UDP a b",
        "SIP/2.0/U=P a",
        "HTTP/2.0/UDP a",
        "SIP/2.0/UDP a:x",
        "SIP/2.0/UDP a;",
        "SIP/2.0/UDP a;x;x",
        "SIP/2.0/UDP :5060",
        "SIP/2.0/UDP \u{e9}",
    ] {
        assert!(Via::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn numbers_are_digits() {
    for (text, expected) in [
        ("0", Some(0)),
        ("0070", Some(70)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("", None),
        ("+1", None),
        ("-1", None),
        ("1 ", None),
        ("1x", None),
    ] {
        assert_eq!(number(text.as_bytes()), expected, "{text}");
    }
    for text in [
        "1",
        "INVITE 1",
        "1 2 3",
        "x INVITE",
        "1 IN(ITE",
        "+1 INVITE",
        "2147483648 INVITE",
        "",
    ] {
        assert!(CSeq::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn session_fields_are_read() {
    let expires = |text: &str| {
        SessionExpires::parse(text.as_bytes())
            .map(|value| (value.seconds, value.refresher))
            .ok()
    };
    assert_eq!(expires("1800"), Some((1800, None)));
    assert_eq!(
        expires("90 ; refresher = UAC ; x"),
        Some((90, Some(Refresher::Uac)))
    );
    assert_eq!(expires("90;refresher=uas"), Some((90, Some(Refresher::Uas))));
    for text in ["", "x", "90 x", "90;refresher=me", "4294967296", "90;"] {
        assert_eq!(expires(text), None, "{text}");
    }
    let after = |text: &str| retry_after(text.as_bytes()).ok();
    assert_eq!(after("120 (I'm (in) a meeting);duration=60"), Some(120));
    assert_eq!(after("18000;duration=3600"), Some(18000));
    assert_eq!(
        (
            after("120 (open"),
            after("949302838503028349304023988"),
            after("x")
        ),
        (None, None, None)
    );
    let rack = RAck::parse(b"776656 1 INVITE").expect("is one");
    assert_eq!(
        (rack.rseq, rack.cseq.number, rack.cseq.method),
        (776_656, 1, Method::Invite)
    );
    assert!(RAck::parse(b"776656 INVITE").is_err() && RAck::parse(b"1 2").is_err());
}

#[test]
fn no_secret_is_shown_by_debug() {
    let request = "INVITE sip:*11*2041*9876@example.com;x=9876 SIP/2.0\r\nTo: <sip:*11*2041*9876@example.com>\r\n\
                   Authorization: Digest username=\"a\", response=\"9876\"\r\nX: 9876\r\nl: 4\r\n\r\n9876";
    let message = Message::parse(&request.into(), &Limits::default()).expect("is a message");
    let shown = format!(
        "{message:?} {:?} {:?} {:?}",
        message.request_uri(),
        message.to(),
        message.headers()
    );
    assert!(
        shown.contains("INVITE") && shown.contains("example.com"),
        "{shown}"
    );
    assert!(!shown.contains("9876"), "{shown}");
    let malformed = validate(&message).expect_err("has no Via");
    assert!(!format!("{malformed:?}").contains("9876"));
}
