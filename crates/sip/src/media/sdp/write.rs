//! Writing a description.

use std::fmt::Write as _;

use super::{Agreed, Local, Offer};
use crate::media::g711::Codec;

/// What a `String` answers to `write!`.
const NEVER: &str = "a string takes all";

/// The payload type of key events in our own offers; the usual one.
const KEY_EVENTS: u8 = 101;

pub(super) fn answer(offer: &Offer<'_>, local: &Local) -> String {
    let mut text = session(local);
    for (at, section) in offer.sections.iter().enumerate() {
        if at == offer.chosen {
            let Agreed {
                codec,
                payload_type,
                key_events,
                sends,
                receives,
                ..
            } = offer.agreed;
            stream(&mut text, local, &[(payload_type, codec)], key_events);
            let direction = match (sends, receives) {
                (true, true) => "sendrecv",
                (true, false) => "sendonly",
                (false, true) => "recvonly",
                (false, false) => "inactive",
            };
            write!(text, "a={direction}\r\n").expect(NEVER);
        } else {
            let (kind, protocol, formats) = (section.kind, section.protocol, section.formats);
            write!(text, "m={kind} 0 {protocol} {formats}\r\n").expect(NEVER);
        }
    }
    text
}

pub(super) fn offer(local: &Local) -> String {
    let mut text = session(local);
    let codecs = [Codec::Pcmu, Codec::Pcma].map(|codec| (codec.payload_type(), codec));
    stream(&mut text, local, &codecs, Some(KEY_EVENTS));
    text.push_str("a=sendrecv\r\n");
    text
}

fn session(local: &Local) -> String {
    let ip = local.address.ip();
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    let (session, version) = (local.session, local.version);
    format!("v=0\r\no=- {session} {version} IN {family} {ip}\r\ns=hotdesk\r\nc=IN {family} {ip}\r\nt=0 0\r\n")
}

fn stream(text: &mut String, local: &Local, codecs: &[(u8, Codec)], key_events: Option<u8>) {
    write!(text, "m=audio {} RTP/AVP", local.address.port()).expect(NEVER);
    for (payload_type, _) in codecs {
        write!(text, " {payload_type}").expect(NEVER);
    }
    if let Some(payload_type) = key_events {
        write!(text, " {payload_type}").expect(NEVER);
    }
    text.push_str("\r\n");
    for (payload_type, codec) in codecs {
        write!(text, "a=rtpmap:{payload_type} {}/8000\r\n", codec.name()).expect(NEVER);
    }
    if let Some(payload_type) = key_events {
        write!(
            text,
            "a=rtpmap:{payload_type} telephone-event/8000\r\na=fmtp:{payload_type} 0-15\r\n"
        )
        .expect(NEVER);
    }
    text.push_str("a=ptime:20\r\n");
}
