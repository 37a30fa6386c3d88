//! Answers of our own.

use hotdesk_sip::message::{Header, Message, Name};

/// An answer with a tag of ours and no body.
pub(crate) fn reply(request: &Message, status: u16, reason: &str) -> Message {
    let tag = format!("{:016x}", fastrand::u64(..));
    let mut reply = Message::reply(request, status, reason, Some(&tag));
    reply.push(Header::new(Name::ContentLength, "0"));
    reply
}

/// 503 with the seconds after which to come back.
pub(crate) fn busy(request: &Message, reason: &str, seconds: u32) -> Message {
    let mut reply = reply(request, 503, reason);
    reply.push(Header::new(Name::RetryAfter, seconds.to_string()));
    reply
}
