//! What the tests of this module share.

use std::time::Duration;

use crate::hop::{Hop, ListenerId, Transport};
use crate::message::{Limits, Message};

/// A message from lines; the empty line and the body are added.
pub(super) fn message(lines: &[&str], body: &str) -> Message {
    let mut text = lines.join("\r\n");
    text.push_str("\r\n");
    if !lines.iter().any(|line| line.starts_with("Content-Length")) {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    Message::parse(&text.into(), &Limits::default()).expect("a legal message")
}

/// The wire form, one line each.
pub(super) fn lines(message: &Message) -> Vec<String> {
    let text = String::from_utf8(message.to_bytes().to_vec()).unwrap();
    text.lines().map(str::to_owned).collect()
}

pub(super) fn hop(address: &str) -> Hop {
    Hop::to(ListenerId(1), Transport::Udp, address.parse().unwrap())
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The answer to one of our requests.
pub(super) fn answer(request: &Message, status: u16, more: &[(&str, &str)]) -> Message {
    let mut reply = Message::reply(request, status, "Whatever", Some("far"));
    for (name, value) in more {
        reply.push(crate::message::Header::new(
            crate::message::Name::parse(name),
            value,
        ));
    }
    reply
}
