//! What must hold for any bytes. The fuzz targets call it, and the tests do for the corpus and for mutated messages.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each fuzz target uses one of the checks, the tests both"
)]

use bytes::Bytes;
use hotdesk_sip::message::stream::{Frame, Framer};
use hotdesk_sip::message::{Limits, Message, Name, is_keepalive, validate};
use hotdesk_sip::uri::Uri;
use hotdesk_sip::value::{NameAddr, Via};

/// The bytes as a datagram: nothing panics, what is read is read again as the same, edits keep it readable, and
/// what is answered is a message.
pub fn datagram(bytes: &[u8]) {
    let _ = is_keepalive(bytes);
    let bytes = Bytes::copy_from_slice(bytes);
    match Message::parse(&bytes, &Limits::default()) {
        Ok(message) => look_at(&message),
        Err(malformed) => {
            if let Some(response) = malformed.response() {
                let written = response.to_bytes();
                let read = Message::parse(&written, &Limits::default()).expect("an answer is a message");
                assert_eq!(read.status(), Some(malformed.status));
            }
        }
    }
}

/// The bytes as a stream: nothing panics, and it gives the same whole and byte by byte.
pub fn stream(bytes: &[u8]) {
    let whole = frames(std::iter::once(bytes));
    for frame in &whole {
        if let Frame::Message(message) = frame {
            look_at(message);
        }
    }
    assert_eq!(frames(bytes.chunks(1)), whole);
}

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Frame> {
    let limits = Limits::default();
    let mut framer = Framer::new();
    let mut frames = Vec::new();
    for piece in pieces {
        framer.push(piece);
        while let Some(frame) = framer.next(&limits) {
            if frame != Frame::Pong {
                frames.push(frame);
            }
        }
        assert!(framer.buffered() <= limits.head_bytes + limits.body_bytes);
    }
    frames
}

fn look_at(message: &Message) {
    let written = message.to_bytes();
    let again = Message::parse(&written, &Limits::default()).expect("what was read is a message");
    assert_eq!(again.to_bytes(), written);
    assert_eq!(again.body(), message.body());
    let valid = validate(message).is_ok();
    read_values(message);
    let mut edited = message.clone();
    edited.pop_value(&Name::Via);
    edited.set_first_value(&Name::Route, "<sip:192.0.2.1;lr>");
    edited.set_uri("sip:2041@192.0.2.2");
    Message::parse(&edited.to_bytes(), &Limits::default()).expect("an edited message is a message");
    if valid && message.is_request() {
        let reply = Message::reply(message, 486, "Busy Here", Some("tag")).to_bytes();
        let reply = Message::parse(&reply, &Limits::default()).expect("a reply is a message");
        validate(&reply).expect("a reply to a valid request is valid");
    }
}

fn read_values(message: &Message) {
    for header in message.headers() {
        let raw = header.raw_bytes();
        let _ = header.text();
        if let Ok(mut via) = Via::from_bytes(&raw) {
            let _ = via.response_address();
            via.note_source(([192, 0, 2, 9], 5060).into());
            let written = via.to_vec();
            assert_eq!(Via::parse(&written).as_ref(), Ok(&via));
        }
        if let Ok(address) = NameAddr::from_bytes(&raw) {
            let _ = address.uri.user_text();
            assert!(address.uri.is_equivalent(&address.uri));
            NameAddr::parse(&address.to_vec()).expect("a written address can be read");
        }
        if let Ok(uri) = Uri::from_bytes(raw) {
            assert!(uri.is_equivalent(&uri));
        }
    }
    let _ = (
        message.contacts(),
        message.addresses(&Name::Route),
        message.cseq(),
        message.max_forwards(),
    );
    if let Ok(uri) = message.request_uri() {
        assert!(uri.is_equivalent(&uri));
    }
}
