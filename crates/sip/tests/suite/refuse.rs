//! What is refused, how, and what of it can be answered; what is let pass although it looks odd.

use bytes::Bytes;
use hotdesk_sip::message::{Limits, Malformed, Message, Name, is_keepalive, validate};

const START: &str = "INVITE sip:b@example.com SIP/2.0\r\n";
const VIA: &str = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n";
const REST: &str = "f: <sip:a@x>;tag=1\r\nt: <sip:b@x>\r\ni: c\r\nCSeq: 1 INVITE\r\n";

fn limits() -> Limits {
    Limits {
        head_bytes: 1000,
        headers: 20,
        body_bytes: 100,
        line_bytes: 500,
    }
}

/// Reads and validates; the status and the problem if that fails, and whether there is somebody to tell.
fn check(text: &str) -> Result<Message, (u16, &'static str, bool)> {
    let refused = |malformed: Malformed| (malformed.status, malformed.problem, malformed.request.is_some());
    let message = Message::parse(&Bytes::from(text.to_owned()), &limits()).map_err(refused)?;
    validate(&message).map_err(refused)?;
    assert_eq!(message.to_datagram(), text.trim_start_matches(['\r', '\n']));
    Ok(message)
}

/// With this in place of the start line.
fn start(line: &str) -> String {
    format!("{line}\r\n{VIA}{REST}\r\n")
}

/// With these header fields added.
fn plus(headers: &str) -> String {
    format!("{START}{VIA}{REST}{headers}\r\n")
}

#[test]
fn what_is_malformed_is_answered_where_it_can_be() {
    let long = "x".repeat(490);
    let rows: Vec<(&str, String, (u16, &str, bool))> = vec![
        ("nothing", String::new(), (400, "No start line", false)),
        (
            "garbage",
            "\u{1}\u{2}\r\n\r\n".into(),
            (400, "Bad request line", false),
        ),
        (
            "another protocol",
            start("GET / HTTP/1.1"),
            (400, "Bad request line", false),
        ),
        (
            "no version",
            start("INVITE sip:b@example.com"),
            (400, "Bad request line", false),
        ),
        (
            "a method that is no token",
            start("INV(TE sip:b@x SIP/2.0"),
            (400, "Bad request line", false),
        ),
        (
            "another version",
            start("INVITE sip:b@x SIP/3.0"),
            (505, "Version Not Supported", true),
        ),
        (
            "a response of another version",
            start("SIP/3.0 200 OK"),
            (505, "Version Not Supported", false),
        ),
        (
            "a status with a sign",
            start("SIP/2.0 +20 OK"),
            (400, "Bad status line", false),
        ),
        (
            "a status of four digits",
            start("SIP/2.0 2000 OK"),
            (400, "Bad status line", false),
        ),
        (
            "a status past all classes",
            start("SIP/2.0 700 OK"),
            (400, "Bad status line", false),
        ),
        (
            "no Request-URI",
            start("INVITE  SIP/2.0"),
            (400, "No Request-URI", true),
        ),
        (
            "a tab in the request line",
            start("INVITE sip:b@x\ty SIP/2.0"),
            (400, "Bad Request-URI", true),
        ),
        (
            "a long Request-URI",
            start(&format!("INVITE sip:{long} SIP/2.0")),
            (414, "Request-URI Too Long", true),
        ),
        (
            "no end",
            format!("{START}{VIA}{REST}"),
            (400, "No end of header fields", true),
        ),
        (
            "cut within a field",
            format!("{START}{VIA}{REST}X: 1"),
            (400, "No end of header fields", true),
        ),
        (
            "cut before Via",
            format!("{START}{REST}"),
            (400, "No end of header fields", false),
        ),
        (
            "a field without colon",
            plus("X\r\n"),
            (400, "Header field without colon", true),
        ),
        (
            "a field without name",
            plus(": x\r\n"),
            (400, "Bad header field name", true),
        ),
        (
            "a fold of nothing",
            format!("{START} x: 1\r\n{VIA}{REST}\r\n"),
            (400, "Bad header field name", true),
        ),
        (
            "a lone CR",
            plus("X: 1\rEvil: 2\r\n"),
            (400, "Carriage return in a header field", true),
        ),
        (
            "a long field",
            plus(&format!("X: {long}xxxxxxxxxx\r\n")),
            (513, "Message Too Large", true),
        ),
        (
            "a long folded field",
            plus(&format!("X: {long}\r\n {long}\r\n")),
            (513, "Message Too Large", true),
        ),
        (
            "a long head",
            plus(&format!("X: {long}\r\n").repeat(2)),
            (513, "Message Too Large", true),
        ),
        (
            "many fields",
            plus(&"X: 1\r\n".repeat(16)),
            (513, "Message Too Large", true),
        ),
        (
            "a large body",
            plus("") + &long,
            (413, "Request Entity Too Large", true),
        ),
        (
            "a short body",
            plus("l: 3\r\n") + "hi",
            (400, "Body shorter than Content-Length", true),
        ),
        (
            "two lengths",
            plus("l: 1\r\nl: 2\r\n") + "hi",
            (400, "Several values of Content-Length", true),
        ),
        (
            "an ACK",
            start("ACK sip:b@x SIP/3.0"),
            (505, "Version Not Supported", false),
        ),
        (
            "no Via",
            format!("{START}{REST}\r\n"),
            (400, "Via missing", false),
        ),
        (
            "an empty Via",
            format!("{START}Via:\r\n{REST}\r\n"),
            (400, "No Via", false),
        ),
        (
            "a Via of another protocol",
            plus("").replace("SIP/2.0/U", "SIP/3.0/U"),
            (400, "Via of another protocol", true),
        ),
        (
            "two branches",
            plus("").replace("=z9hG4bK1", "=a;Branch=b"),
            (400, "Bad Via parameter", true),
        ),
        (
            "two Call-IDs",
            plus("Call-ID: d\r\n"),
            (400, "Header field repeated that may stand only once", true),
        ),
        (
            "an empty Call-ID",
            plus("").replace("i: c", "i:"),
            (400, "Call-ID missing", true),
        ),
        (
            "no From",
            plus("").replace("f: ", "x: "),
            (400, "From missing", true),
        ),
        (
            "a bad From",
            plus("").replace("f: <", "f: \"a <"),
            (400, "Bad From", true),
        ),
        (
            "a bad To",
            plus("").replace("t: <sip:b@x>", "t: <sip:b@x> y"),
            (400, "Bad To", true),
        ),
        (
            "a CSeq of 2^31",
            plus("").replace("CSeq: 1", "CSeq: 2147483648"),
            (400, "CSeq number too large", true),
        ),
        (
            "a CSeq with a sign",
            plus("").replace("CSeq: 1", "CSeq: +1"),
            (400, "Bad CSeq", true),
        ),
        (
            "a CSeq of another method",
            plus("").replace("1 INVITE", "1 invite"),
            (400, "CSeq of another method", true),
        ),
        (
            "too many hops",
            plus("Max-Forwards: 256\r\n"),
            (400, "Bad Max-Forwards", true),
        ),
        (
            "a number of hops that is none",
            plus("Max-Forwards: x\r\n"),
            (400, "Bad Max-Forwards", true),
        ),
        (
            "a URI without host",
            start("INVITE sip:b@ SIP/2.0"),
            (400, "Bad Request-URI", true),
        ),
        (
            "a URI with a bad port",
            start("INVITE sip:b@x:65536 SIP/2.0"),
            (400, "Bad Request-URI", true),
        ),
        (
            "a URI with header fields",
            start("INVITE sip:b@x?X=1 SIP/2.0"),
            (400, "Header fields in the Request-URI", true),
        ),
        (
            "an unknown scheme",
            start("INVITE http://x SIP/2.0"),
            (416, "Unsupported URI Scheme", true),
        ),
    ];
    for (name, text, expected) in rows {
        assert_eq!(check(&text).map(|_| ()), Err(expected), "{name}");
    }
}

#[test]
fn what_is_odd_but_legal_passes() {
    let rows = [
        (
            "line ends before the start line",
            "\r\n\r\n".to_owned() + &plus(""),
        ),
        ("no Content-Length", plus("") + "hello"),
        ("a length of zeros", plus("l: 0000\r\n")),
        ("one length twice", plus("l: 2\r\nContent-Length: 02\r\n") + "hi"),
        ("a header field without value", plus("Subject:\r\n")),
        ("a fold of white space only", plus("Subject:\r\n \r\n")),
        ("white space before the colon", plus("X \t : 1\r\n")),
        ("text in no encoding", plus("Subject: caf\u{e9}\r\n")),
        ("an extension method", plus("").replace("INVITE", "x-Method")),
        (
            "methods in small letters are others",
            plus("").replace("INVITE", "invite"),
        ),
        (
            "a tel URI",
            start("INVITE tel:+13125550100;phone-context=x SIP/2.0"),
        ),
        ("a urn", start("INVITE urn:service:sos.fire SIP/2.0")),
        ("a sips URI", start("INVITE SIPS:b@[2001:db8::1]:5061;lr SIP/2.0")),
        ("the version in small letters", start("INVITE sip:b@x sip/2.0")),
        ("a response without reason and space", start("SIP/2.0 200")),
        (
            "a display name with dots and brackets",
            plus("").replace("f: <", "f: Dr. M. (Ext) \u{e9} <"),
        ),
        ("no hops left", plus("Max-Forwards: 0\r\n")),
        (
            "Via values with commas",
            plus("v: SIP/2.0/TCP a.example.com, SIP/2.0/X b\r\n"),
        ),
    ];
    for (name, text) in rows {
        assert_eq!(check(&text).map(|_| ()), Ok(()), "{name}");
    }
}

#[test]
fn bytes_that_are_not_text_pass() {
    let mut bytes = plus("").into_bytes();
    bytes.truncate(bytes.len() - 2);
    bytes.extend_from_slice(b"Subject: \xff\xfe\0\x80\r\n\r\n\0\xff");
    let bytes = Bytes::from(bytes);
    let message = Message::parse(&bytes, &limits()).expect("is a message");
    assert_eq!(message.to_datagram(), bytes);
    assert_eq!(
        message.header(&Name::Subject).map(|header| header.raw()),
        Some(&b"\xff\xfe\0\x80"[..])
    );
    assert_eq!(message.text(&Name::Subject), None);
}

#[test]
fn a_response_that_does_not_hold_is_dropped() {
    let text = start("SIP/2.0 200 OK").replace("CSeq: 1 INVITE", "CSeq: x");
    assert_eq!(check(&text).map(|_| ()), Err((400, "Bad CSeq", false)));
}

#[test]
fn an_answer_copies_each_field_once_and_no_other() {
    let text = plus("From: <sip:evil@x>\r\nSubject: x\r\nVia: SIP/2.0/UDP b\r\n");
    let message = Message::parse(&text.into(), &limits()).expect("can be taken apart");
    let malformed = validate(&message).expect_err("has two From");
    let response = malformed.response().expect("is answerable");
    let text = String::from_utf8(response.to_bytes().to_vec()).expect("is text");
    let (before, tag) = text
        .split_once(";tag=")
        .and_then(|_| text.rsplit_once(";tag="))
        .expect("has a tag");
    let rest = REST.split_once("\r\ni:").expect("has a Call-ID").0;
    let start = "SIP/2.0 400 Header field repeated that may stand only once\r\n";
    assert_eq!(before, format!("{start}{VIA}{rest}"));
    let (tag, after) = tag.split_once("\r\n").expect("goes on");
    assert_eq!(
        after,
        "i: c\r\nCSeq: 1 INVITE\r\nVia: SIP/2.0/UDP b\r\nContent-Length: 0\r\n\r\n"
    );
    // The same again for a retransmission.
    assert_eq!(tag.len(), 16);
    assert_eq!(malformed.response(), Some(response));
}

#[test]
fn line_ends_and_zeros_are_keepalives() {
    for (bytes, expected) in [
        (&b""[..], true),
        (b"\r\n", true),
        (b"\r\n\r\n", true),
        (b"\0\0\0\0", true),
        (b"\r\nINVITE", false),
    ] {
        assert_eq!(is_keepalive(bytes), expected, "{bytes:?}");
    }
}
