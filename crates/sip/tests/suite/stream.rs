//! Cutting streams into messages.

use bytes::Bytes;
use hotdesk_sip::message::stream::{Frame, Framer};
use hotdesk_sip::message::{Limits, Message};

/// A request with this much of a body, as it stands in a stream.
fn request(call: &str, length: &str, body: &str) -> String {
    format!(
        "MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a.example.com;branch=z9hG4bK{call}\r\n\
         From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: {call}\r\nCSeq: 1 MESSAGE\r\n\
         {length}\r\n{body}"
    )
}

fn with_length(call: &str, body: &str) -> String {
    request(call, &format!("Content-Length: {}\r\n", body.len()), body)
}

/// What each frame is, in a word.
fn word(frame: &Frame) -> String {
    match frame {
        Frame::Message(message) => {
            let call = String::from_utf8_lossy(message.call_id().unwrap_or_default()).into_owned();
            format!("{call}+{}", message.body().len())
        }
        Frame::Malformed { malformed, close } => {
            let answer = if malformed.request.is_some() {
                "answer"
            } else {
                "drop"
            };
            let end = if *close { " close" } else { "" };
            format!("{} {answer}{end}", malformed.status)
        }
        Frame::Ping => "ping".into(),
        Frame::Pong => "pong".into(),
    }
}

fn frames(pieces: &[&[u8]], limits: &Limits) -> Vec<String> {
    let mut framer = Framer::new();
    let mut words = Vec::new();
    for piece in pieces {
        framer.push(piece);
        while let Some(frame) = framer.next(limits) {
            words.push(word(&frame));
        }
    }
    words
}

#[test]
fn a_stream_is_cut_at_content_length() {
    let long = "x".repeat(200);
    let response = "SIP/2.0 200 OK\r\nl: 2\r\nCall-ID: r\r\n\r\nok";
    let rows: &[(&str, String, &[&str])] = &[
        ("one", with_length("a", "hi"), &["a+2"]),
        (
            "two at once",
            with_length("a", "") + &with_length("b", "xyz"),
            &["a+0", "b+3"],
        ),
        ("a response with compact names", response.to_owned(), &["r+2"]),
        (
            "a body that looks like a message",
            with_length("a", &with_length("b", "")),
            &["a+191"],
        ),
        ("half a head", with_length("a", "hi")[..60].to_owned(), &[]),
        (
            "half a body",
            with_length("a", "hi").trim_end_matches('i').to_owned(),
            &[],
        ),
        (
            "pings and pongs",
            "\r\n\r\n\r\n".to_owned() + &with_length("a", ""),
            &["ping", "pong", "a+0"],
        ),
        (
            "a ping behind a body",
            with_length("a", "hi") + "\r\n\r\n",
            &["a+2", "ping"],
        ),
        (
            "bare line feeds",
            with_length("a", "").replace("\r\n", "\n") + "\n\n",
            &["a+0"],
        ),
        (
            "no length",
            request("a", "", "hi") + &with_length("b", ""),
            &["400 answer close"],
        ),
        (
            "a bad length",
            request("a", "Content-Length: 2x\r\n", "hi"),
            &["400 answer close"],
        ),
        (
            "a signed length",
            request("a", "Content-Length: +2\r\n", "hi"),
            &["400 answer close"],
        ),
        (
            "two lengths",
            request("a", "l: 2\r\nContent-Length: 3\r\n", "hix"),
            &["400 answer close"],
        ),
        (
            "the same length twice",
            request("a", "l: 2\r\nContent-Length: 2\r\n", "hi"),
            &["a+2"],
        ),
        (
            "a length past all numbers",
            request("a", "l: 99999999999999999999999\r\n", ""),
            &["400 answer close"],
        ),
        ("too large a body", with_length("a", &long), &["413 answer close"]),
        (
            "a bad field",
            request("a", "no colon\r\nl: 2\r\n", "hi") + &with_length("b", ""),
            &["400 answer", "b+0"],
        ),
        (
            "too large a head",
            request("a", &format!("X: {long}{long}{long}\r\n"), ""),
            &["513 answer close"],
        ),
        (
            "no end of the head",
            "OPTIONS sip:a SIP/2.0\r\nX: ".to_owned() + &long.repeat(4),
            &["513 drop close"],
        ),
        (
            "another protocol",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &["400 drop close"],
        ),
        ("binary", "\u{16}\u{3}\u{1}".to_owned(), &["400 drop close"]),
        (
            "a later version",
            with_length("a", "").replace("SIP/2.0\r\nVia", "SIP/3.0\r\nVia"),
            &["505 answer"],
        ),
    ];
    let limits = Limits {
        head_bytes: 700,
        body_bytes: 195,
        ..Limits::default()
    };
    for (name, stream, expected) in rows {
        assert_eq!(frames(&[stream.as_bytes()], &limits), *expected, "{name}");
        // However it is cut, the same comes out; only a ping may be announced by a pong.
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        let no_pong =
            |words: Vec<String>| -> Vec<String> { words.into_iter().filter(|word| word != "pong").collect() };
        let expected = expected.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            no_pong(frames(&bytes, &limits)),
            no_pong(expected),
            "{name}, byte by byte"
        );
    }
}

#[test]
fn a_ping_in_two_pieces_is_a_pong_and_then_a_ping() {
    let limits = Limits::default();
    assert_eq!(frames(&[b"\r\n", b"\r\n"], &limits), ["pong", "ping"]);
    assert_eq!(frames(&[b"\r\n\r", b"\n"], &limits), ["pong", "ping"]);
    assert_eq!(frames(&[b"\r\n", b"x"], &limits), ["pong"]);
}

#[test]
fn a_framer_that_lost_its_place_takes_nothing_in() {
    let mut framer = Framer::new();
    framer.push(b"\0");
    assert!(matches!(
        framer.next(&Limits::default()),
        Some(Frame::Malformed { close: true, .. })
    ));
    framer.push(with_length("a", "").as_bytes());
    assert_eq!(framer.buffered(), 0);
    assert_eq!(framer.next(&Limits::default()), None);
}

#[test]
fn a_message_of_a_stream_equals_that_of_a_datagram() {
    let bytes = Bytes::from(with_length("a", "hello"));
    let mut framer = Framer::new();
    framer.push_bytes(&bytes);
    let Some(Frame::Message(message)) = framer.next(&Limits::default()) else {
        panic!("no message");
    };
    assert_eq!(Ok(&message), Message::parse(&bytes, &Limits::default()).as_ref());
    assert_eq!(message.to_bytes(), bytes);
    assert!(framer.is_between_messages());
}
