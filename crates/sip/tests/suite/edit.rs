//! Edits change what they name and nothing else.

use bytes::Bytes;
use hotdesk_sip::message::{Header, Limits, Message, Name};

fn message(headers: &str) -> Message {
    let bytes = Bytes::from(format!("INVITE sip:b@example.com SIP/2.0\r\n{headers}\r\n"));
    Message::parse(&bytes, &Limits::default()).expect("is a message")
}

/// The header fields as they would be sent.
fn headers(message: &Message) -> String {
    let text = String::from_utf8(message.to_datagram().to_vec()).expect("is text");
    let (_, headers) = text.split_once("\r\n").expect("has a start line");
    headers.strip_suffix("\r\n").expect("has an end").to_owned()
}

#[test]
fn the_first_value_goes_and_the_others_stay_as_they_came() {
    let rows: &[(&str, &str, Option<&str>)] = &[
        ("Via: a\r\nVia: b\r\n", "Via: b\r\n", Some("a")),
        ("Via: a,b , c\r\n", "Via: b , c\r\n", Some("a")),
        (
            "v :\t a ,\r\n  b;x=\r\n y,c\r\nX: 1\r\n",
            "v :\t b;x=\r\n y,c\r\nX: 1\r\n",
            Some("a"),
        ),
        (
            "X: 1\r\nVIA: \"a,\\\",\" <b,c> , d\r\n",
            "X: 1\r\nVIA: d\r\n",
            Some("\"a,\\\",\" <b,c>"),
        ),
        ("Via: ,,a\r\n", "", Some("a")),
        ("Via: , ,\r\nVia: b\r\n", "", Some("b")),
        ("Via:\r\nX: 1\r\n", "X: 1\r\n", None),
        ("X: 1\r\n", "X: 1\r\n", None),
    ];
    for (before, after, popped) in rows {
        let mut message = message(before);
        let value = message.pop_value(&Name::Via);
        assert_eq!(value.as_deref(), popped.map(str::as_bytes), "{before}");
        assert_eq!(headers(&message), *after, "{before}");
    }
}

#[test]
fn the_first_value_is_replaced_in_its_place() {
    let rows = [
        ("v :  a ,\r\n b\r\nVia: c\r\n", "v :  new ,\r\n b\r\nVia: c\r\n"),
        ("Via: a\r\n", "Via: new\r\n"),
        ("Via: ,a\r\n", "Via: ,new\r\n"),
        ("Via:\r\nX: 1\r\n", "Via: new\r\nX: 1\r\n"),
        ("X: 1\r\n", "Via: new\r\nX: 1\r\n"),
    ];
    for (before, after) in rows {
        let mut message = message(before);
        message.set_first_value(&Name::Via, "new");
        assert_eq!(headers(&message), after, "{before}");
    }
}

#[test]
fn a_header_field_is_added_before_the_first_of_its_name() {
    let mut message = message("X: 1\r\nv: a\r\nVia: b\r\n");
    message.push_front(Header::new(Name::Via, "new"));
    message.push_front(Header::new(Name::RecordRoute, "<sip:p;lr>"));
    message.push(Header::new(Name::parse("x-last"), "z"));
    assert_eq!(
        headers(&message),
        "Record-Route: <sip:p;lr>\r\nX: 1\r\nVia: new\r\nv: a\r\nVia: b\r\nx-last: z\r\n"
    );
}

#[test]
fn one_header_field_takes_the_place_of_all_of_its_name() {
    let mut message = message("i: 1\r\nX-Z: a\r\nX-Y: b\r\nx-z : c\r\n");
    message.set(Header::new(Name::parse("X-Z"), "new"));
    message.set(Header::new(Name::Expires, "60"));
    assert_eq!(headers(&message), "i: 1\r\nx-z: new\r\nX-Y: b\r\nExpires: 60\r\n");
    assert!(message.remove(&Name::CallId) && !message.remove(&Name::CallId));
}

#[test]
fn no_value_brings_in_a_header_field() {
    let mut message = message("Via: a, b\r\n");
    message.set_first_value(&Name::Via, "x\r\nEvil: 1");
    message.push(Header::new(Name::Subject, "y\r\n\r\nbody\0"));
    assert_eq!(headers(&message), "Via: x  Evil: 1, b\r\nSubject: y    body \r\n");
}

#[test]
fn a_new_request_uri_leaves_the_head_alone() {
    let mut message = message("X : 1\r\n");
    message.set_uri("sip:2041@[2001:db8::1];transport=tcp");
    let bytes = message.to_bytes();
    let expected =
        "INVITE sip:2041@[2001:db8::1];transport=tcp SIP/2.0\r\nX : 1\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(bytes, expected);
}

#[test]
fn a_new_body_brings_its_type_and_length() {
    let mut message = message("c: text/plain\r\nl: 0\r\n");
    message.set_body(Some("application/sdp"), "v=0\r\n");
    assert_eq!(
        headers(&message).split("\r\n\r\n").next(),
        Some("Content-Type: application/sdp\r\nContent-Length: 5")
    );
    message.set_body(None, Bytes::new());
    assert_eq!(headers(&message), "Content-Length: 0\r\n");
}

#[test]
fn a_reply_copies_what_it_must_and_tags_to_once() {
    let request = message(
        "v: a, b\r\nX: 1\r\nf: <sip:a@x>;tag=1\r\nt: <sip:b@x>\r\ni: c\r\nVia: c\r\nCSeq: 1 INVITE\r\n",
    );
    let reply = Message::reply(&request, 180, "Ringing", Some("t1"));
    let expected =
        "v: a, b\r\nf: <sip:a@x>;tag=1\r\nt: <sip:b@x>;tag=t1\r\ni: c\r\nVia: c\r\nCSeq: 1 INVITE\r\n";
    assert_eq!(headers(&reply), expected);
    let again = Message::reply(&reply, 200, "OK", Some("t2"));
    assert_eq!(headers(&again), expected);
}

#[test]
fn a_reply_adds_no_tag_to_what_it_cannot_read() {
    let request = message("t: \"open <sip:b@x>\r\nTimestamp: 54\r\n");
    let reply = Message::reply(&request, 400, "Bad To", Some("t1"));
    assert_eq!(headers(&reply), "t: \"open <sip:b@x>\r\n");
    let trying = Message::reply(&request, 100, "Trying", None);
    assert_eq!(headers(&trying), "t: \"open <sip:b@x>\r\nTimestamp: 54\r\n");
}
