//! What holds for all messages, by generated ones and by mutated test messages.

use bytes::Bytes;
use hotdesk_sip::message::stream::{Frame, Framer};
use hotdesk_sip::message::{Header, Limits, Message, Name, split_list, validate};
use proptest::prelude::*;

use crate::corpus;

/// A header field as somebody might write it: name, white space, value with folds and odd bytes.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("Via".to_owned()),
        Just("v".to_owned()),
        Just("rOuTe".to_owned()),
        "[A-Za-z0-9.!%*_+`'~-]{1,12}",
    ];
    let word = prop_oneof![
        "[ -~]{0,12}",
        Just("\r\n ".to_owned()),
        Just(" ,\t".to_owned()),
        Just("\"a,\\\"\"".to_owned()),
        Just("<sip:x,y>".to_owned()),
    ];
    let value = prop::collection::vec(prop_oneof![word.prop_map(String::into_bytes), odd_bytes()], 0..6);
    (name, "[ \t]{0,3}", value).prop_filter_map(
        "Content-Length says where the body ends",
        |(name, space, value)| {
            let is_length = matches!(Name::parse(&name), Name::ContentLength);
            (!is_length).then(|| [name.as_bytes(), space.as_bytes(), b":", &value.concat(), b"\r\n"].concat())
        },
    )
}

/// Any bytes but line ends, as they may stand in a value.
fn odd_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(
        any::<u8>().prop_filter("no line end", |byte| !matches!(byte, b'\r' | b'\n')),
        0..4,
    )
}

fn start_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        ("[A-Za-z0-9.!%*_+`'~-]{1,10}", "[!#-;=?-~]{1,20}")
            .prop_map(|(method, uri)| format!("{method} {uri} SIP/2.0").into_bytes()),
        (100u16..700, odd_bytes())
            .prop_map(|(status, reason)| { [format!("SIP/2.0 {status} ").as_bytes(), &reason].concat() }),
    ]
}

prop_compose! {
    /// A legal message, as far as the envelope goes.
    fn message()(
        start in start_line(),
        headers in prop::collection::vec(header(), 0..12),
        body in prop::collection::vec(any::<u8>(), 0..60),
        at in any::<prop::sample::Index>(),
    ) -> Vec<u8> {
        let length = format!("l : {}\r\n", body.len()).into_bytes();
        let mut headers = headers;
        headers.insert(at.index(headers.len() + 1), length);
        [start, b"\r\n".to_vec(), headers.concat(), b"\r\n".to_vec(), body].concat()
    }
}

/// A test message with some bytes changed, cut, or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        prop_oneof![any::<u8>(), prop::sample::select(&b"\r\n \t,;:<>\"\\=@[]%"[..])],
    );
    let all = corpus::messages();
    (
        prop::sample::select(all.clone()),
        prop::sample::select(all),
        prop::collection::vec(change, 0..8),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(one, two, changes, cut)| {
            let mut bytes = one[..cut.index(one.len() + 1)].to_vec();
            bytes.extend_from_slice(&two[cut.index(two.len() + 1)..]);
            for (at, byte) in changes {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            bytes
        })
}

fn frames(stream: &[u8], cuts: &[prop::sample::Index]) -> Vec<Frame> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    let mut framer = Framer::new();
    let mut frames = Vec::new();
    for piece in at.windows(2) {
        framer.push(&stream[piece[0]..piece[1]]);
        while let Some(frame) = framer.next(&Limits::default()) {
            // A ping in pieces is announced by a pong.
            if frame != Frame::Pong {
                frames.push(frame);
            }
        }
    }
    frames
}

/// The values of a list header, whatever fields they stand in.
fn values(message: &Message, name: &Name) -> Vec<Vec<u8>> {
    message.values(name).map(<[u8]>::to_vec).collect()
}

/// The lines of all header fields but those of this name.
fn others(message: &Message, name: &Name) -> Vec<Bytes> {
    let headers = message.headers().iter();
    headers
        .filter(|header| header.name() != name)
        .map(|header| header.line().clone())
        .collect()
}

proptest! {
    #[test]
    fn a_legal_message_is_written_as_it_was_read(bytes in message()) {
        let bytes = Bytes::from(bytes);
        let message = Message::parse(&bytes, &Limits::default()).expect("is legal");
        prop_assert_eq!(message.to_bytes(), bytes);
    }

    #[test]
    fn popping_a_value_keeps_all_others(bytes in message()) {
        for name in [Name::Via, Name::Route] {
            let mut message = Message::parse(&Bytes::from(bytes.clone()), &Limits::default()).expect("is legal");
            let (before, rest, body) = (values(&message, &name), others(&message, &name), message.body().clone());
            let popped = message.pop_value(&name);
            prop_assert_eq!(popped.as_deref(), before.first().map(Vec::as_slice));
            prop_assert_eq!(values(&message, &name), before.get(1..).unwrap_or_default());
            prop_assert_eq!(others(&message, &name), rest);
            prop_assert_eq!(message.body(), &body);
            let again = Message::parse(&message.to_bytes(), &Limits::default()).expect("is still legal");
            prop_assert_eq!(again, message);
        }
    }

    #[test]
    fn replacing_the_first_value_keeps_all_others(bytes in message()) {
        let name = Name::Route;
        let mut message = Message::parse(&Bytes::from(bytes), &Limits::default()).expect("is legal");
        let first_has_values = message.header(&name).is_some_and(|header| split_list(header.raw()).next().is_some());
        let (before, rest) = (values(&message, &name), others(&message, &name));
        message.set_first_value(&name, "<sip:new;lr>");
        let kept = if first_has_values { &before[1..] } else { &before[..] };
        let mut expected = vec![b"<sip:new;lr>".to_vec()];
        expected.extend_from_slice(kept);
        prop_assert_eq!(values(&message, &name), expected);
        prop_assert_eq!(others(&message, &name), rest);
    }

    #[test]
    fn adding_in_front_keeps_all_else(bytes in message()) {
        let mut message = Message::parse(&Bytes::from(bytes), &Limits::default()).expect("is legal");
        let before: Vec<_> = message.headers().to_vec();
        let new = Header::new(Name::Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx");
        message.push_front(new.clone());
        let at = message.headers().iter().position(|header| *header == new).expect("was added");
        let mut after = message.headers().to_vec();
        after.remove(at);
        prop_assert_eq!(after, before);
        prop_assert_eq!(message.header(&Name::Via), Some(&new));
    }

    #[test]
    fn a_stream_gives_the_same_however_it_is_cut(
        messages in prop::collection::vec(prop_oneof![4 => message(), 1 => Just(b"\r\n\r\n".to_vec())], 0..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let stream = messages.concat();
        let whole = frames(&stream, &[]);
        prop_assert_eq!(&frames(&stream, &cuts), &whole);
        prop_assert_eq!(whole.len(), messages.len());
    }

    #[test]
    fn garbage_streams_give_the_same_however_they_are_cut(
        bytes in prop_oneof![mutated(), prop::collection::vec(any::<u8>(), 0..80)],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = [bytes.clone(), bytes].concat();
        prop_assert_eq!(frames(&bytes, &cuts), frames(&bytes, &[]));
    }

    #[test]
    fn nothing_panics_on_mutated_messages(bytes in mutated()) {
        corpus::datagram(&bytes);
        corpus::stream(&bytes);
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        corpus::datagram(&bytes);
        corpus::stream(&bytes);
    }

    #[test]
    fn what_validates_can_be_answered_and_forwarded(bytes in mutated()) {
        let Ok(message) = Message::parse(&Bytes::from(bytes), &Limits::default()) else {
            return Ok(());
        };
        if validate(&message).is_err() {
            return Ok(());
        }
        let again = Message::parse(&message.to_bytes(), &Limits::default()).expect("was legal");
        prop_assert_eq!(validate(&again), Ok(()));
        prop_assert_eq!(again.body(), message.body());
        if message.is_request() {
            let reply = Message::reply(&message, 404, "Not Found", Some("tag"));
            let reply = Message::parse(&reply.to_bytes(), &Limits::default()).expect("is legal");
            prop_assert_eq!(validate(&reply), Ok(()));
        }
    }
}
