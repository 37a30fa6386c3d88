//! A look at a message's first bytes, before it is parsed: what goes first when there is too much of it.
//!
//! It costs some hundred nanoseconds and may be wrong about strange messages; a wrong guess changes an order, or
//! answers 503 to a request that might have been served, never more.

use hotdesk_sip::message::{Message, Method, Name, StartLine};
use memchr::memchr;

use super::config::Emergency;

/// How urgent a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Responses, requests inside a dialog, ACK, emergency calls, and what is no SIP at all.
    Urgent,
    /// Must not overtake what it cancels, and is never refused.
    Cancel,
    /// Asks for something new: an INVITE, a REGISTER. First to be refused.
    New,
}

/// Looks at a message.
pub(super) fn classify(message: &[u8], emergency: &Emergency) -> Class {
    if message.starts_with(b"SIP/2.0 ") {
        return Class::Urgent;
    }
    let line_end = memchr(b'\n', message).unwrap_or(message.len());
    let (line, rest) = message.split_at(line_end);
    let mut words = line.split(|byte| *byte == b' ');
    let (method, uri) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let line = line.trim_ascii_end();
    let version = line.len().checked_sub(VERSION.len()).map(|at| &line[at..]);
    let is_sip = version.is_some_and(|version| version.eq_ignore_ascii_case(VERSION));
    match method {
        // The parser is quick to say so; it must not take the place of a request.
        _ if !is_sip => Class::Urgent,
        b"ACK" => Class::Urgent,
        b"CANCEL" => Class::Cancel,
        _ if is_emergency(uri, emergency) || has_to_tag(rest) => Class::Urgent,
        _ => Class::New,
    }
}

/// The same of a parsed message.
pub(super) fn classify_message(message: &Message, emergency: &Emergency) -> Class {
    let StartLine::Request { method, uri, .. } = message.start() else {
        return Class::Urgent;
    };
    let is_tagged = || message.header(&Name::To).is_some_and(|to| is_tagged(to.raw()));
    match method {
        Method::Ack => Class::Urgent,
        Method::Cancel => Class::Cancel,
        _ if is_emergency(uri, emergency) || is_tagged() => Class::Urgent,
        _ => Class::New,
    }
}

fn is_emergency(uri: &[u8], emergency: &Emergency) -> bool {
    let Some(colon) = memchr(b':', uri) else {
        return false;
    };
    let (scheme, rest) = (&uri[..colon], &uri[colon + 1..]);
    let user_end = if scheme.eq_ignore_ascii_case(b"urn") {
        let service = rest.get(..SOS.len());
        return service.is_some_and(|service| service.eq_ignore_ascii_case(SOS));
    } else if scheme.eq_ignore_ascii_case(b"tel") {
        memchr(b';', rest).unwrap_or(rest.len())
    } else {
        memchr(b'@', rest).unwrap_or(0)
    };
    let user = &rest[..user_end];
    // Password and user parameters are not dialled.
    let user = user.split(|byte| matches!(byte, b':' | b';')).next();
    user.and_then(|user| std::str::from_utf8(user).ok())
        .is_some_and(|user| !user.is_empty() && emergency.is(user))
}

const VERSION: &[u8] = b" SIP/2.0";

/// RFC 5031; `service:sos.ambulance` and the like as well.
const SOS: &[u8] = b"service:sos";

/// Whether To has a tag: the request belongs to a dialog. `head` begins with the end of the first line.
fn has_to_tag(head: &[u8]) -> bool {
    let mut at = 0;
    while let Some(end) = memchr(b'\n', &head[at..]) {
        at += end + 1;
        let line = &head[at..];
        let name = match line {
            [b'T' | b't', b'O' | b'o', rest @ ..] | [b'T' | b't', rest @ ..] => rest.trim_ascii_start(),
            [b'\r' | b'\n', ..] | [] => return false,
            _ => continue,
        };
        if let Some(value) = name.strip_prefix(b":") {
            return is_tagged(value);
        }
    }
    false
}

/// Whether the value at the beginning of `value`, folded lines included, has a tag behind its angle brackets.
fn is_tagged(value: &[u8]) -> bool {
    let mut end = 0;
    loop {
        let Some(line_end) = memchr(b'\n', &value[end..]) else {
            end = value.len();
            break;
        };
        end += line_end + 1;
        if !matches!(value.get(end), Some(b' ' | b'\t')) {
            break;
        }
    }
    let value = &value[..end];
    let params = memchr::memrchr(b'>', value).map_or(value, |at| &value[at + 1..]);
    let semicolons = memchr::memchr_iter(b';', params);
    semicolons
        .map(|at| params[at + 1..].trim_ascii_start())
        .filter_map(|param| param.split_at_checked(3))
        .any(|(name, rest)| name.eq_ignore_ascii_case(b"tag") && rest.trim_ascii_start().starts_with(b"="))
}

/// Datagrams that only keep a NAT binding open: line ends, zeros, spaces, or next to nothing ("jaK").
pub(super) fn is_keepalive(datagram: &[u8]) -> bool {
    datagram.len() <= 4
        || datagram
            .iter()
            .all(|byte| matches!(byte, b'\r' | b'\n' | 0 | b' '))
}

#[cfg(test)]
mod tests {
    use hotdesk_sip::message::Limits;

    use super::*;

    #[test]
    fn established_calls_and_emergencies_are_urgent_and_only_new_requests_wait() {
        let emergency = Emergency::new(|user| user == "112");
        let rows: [(&str, Class); 20] = [
            ("SIP/2.0 200 OK\r\nTo: <sip:a@b>\r\n\r\n", Class::Urgent),
            ("INVITE sip:2041@b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\n", Class::New),
            (
                "INVITE sip:2041@b SIP/2.0\r\nVia: x;tag=1\r\nTo: <sip:a@b>;tag=1\r\n\r\n",
                Class::Urgent,
            ),
            (
                "INVITE sip:2041@b SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b;tag=1>\r\n\r\n",
                Class::New,
            ),
            (
                "BYE sip:2041@b SIP/2.0\r\nt: sip:a@b ; TAG = 1\r\n\r\n",
                Class::Urgent,
            ),
            (
                "BYE sip:2041@b SIP/2.0\r\nto  : <sip:a@b>\r\n ;tag=1\r\n\r\n",
                Class::Urgent,
            ),
            (
                "REGISTER sip:b SIP/2.0\r\nTo: <sip:a@b>\r\nFrom: <sip:a@b>;tag=1\r\n\r\n",
                Class::New,
            ),
            (
                "REGISTER sip:b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\nTo: <sip:a@b>;tag=1\r\n",
                Class::New,
            ),
            (
                "OPTIONS sip:b SIP/2.0\r\nTopic: <sip:a@b>;tag=1\r\n\r\n",
                Class::New,
            ),
            ("ACK sip:2041@b SIP/2.0\r\n\r\n", Class::Urgent),
            ("CANCEL sip:2041@b SIP/2.0\r\n\r\n", Class::Cancel),
            ("INVITE sip:112@b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\n", Class::Urgent),
            ("INVITE sip:112;phone-context=x@b SIP/2.0\r\n\r\n", Class::Urgent),
            ("INVITE tel:112;phone-context=x SIP/2.0\r\n\r\n", Class::Urgent),
            ("INVITE sip:1120@b SIP/2.0\r\n\r\n", Class::New),
            ("INVITE URN:service:SOS.fire SIP/2.0\r\n\r\n", Class::Urgent),
            ("", Class::Urgent),
            ("\u{7f}\u{1}garbage", Class::Urgent),
            ("REGISTER sip:b SIP/1.0\r\n\r\n", Class::Urgent),
            ("REGISTER sip:b sip/2.0\r\n\r\n", Class::New),
        ];
        for (message, expected) in rows {
            assert_eq!(classify(message.as_bytes(), &emergency), expected, "{message:?}");
            if let Ok(parsed) = Message::parse(&message.into(), &Limits::default()) {
                assert_eq!(classify_message(&parsed, &emergency), expected, "{message:?}");
            }
        }
    }

    #[test]
    fn what_only_keeps_a_nat_binding_open_is_no_message() {
        for datagram in ["", "\r\n\r\n", "\0\0\0\0", "jaK", "  \r\n\r\n\r\n"] {
            assert!(is_keepalive(datagram.as_bytes()), "{datagram:?}");
        }
        assert!(!is_keepalive(b"\r\n\r\nSIP/2.0 200 OK"));
    }
}
