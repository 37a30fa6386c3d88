//! Keys sent in SIP INFO requests: no standard, two habits.

use crate::message::{Message, Method, Name};

use super::digit::Digit;

/// The key that an INFO request tells of: `application/dtmf-relay` (lines `Signal=5`, `Duration=160`) or
/// `application/dtmf` (the key alone). `None` when it is no such request.
#[must_use]
pub fn info_digit(message: &Message) -> Option<Digit> {
    if message.method() != Some(&Method::Info) {
        return None;
    }
    let content_type = message.text(&Name::ContentType)?;
    let media_type = content_type.split(';').next()?.trim();
    let body = std::str::from_utf8(message.body()).ok()?;
    if media_type.eq_ignore_ascii_case("application/dtmf-relay") {
        let signal = body.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then_some(value)
        });
        key(signal?)
    } else if media_type.eq_ignore_ascii_case("application/dtmf") {
        key(body)
    } else {
        None
    }
}

/// A character, or for the keys without a number the event code that some phones write.
fn key(text: &str) -> Option<Digit> {
    let text = text.trim();
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Digit::from_char(only),
        _ => Digit::from_event(text.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digit(content_type: &str, body: &'static str) -> Option<char> {
        let mut message = Message::request(Method::Info, "sip:edge@example.com");
        message.set_body(Some(content_type), body);
        info_digit(&message).map(Digit::reveal)
    }

    #[test]
    fn keys_are_read_in_every_spelling_that_phones_use() {
        for (content_type, body, key) in [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'),
            ("application/dtmf-relay", "Signal= 5\nDuration= 160", '5'),
            ("Application/DTMF-Relay; charset=utf-8", "signal = #\r\n", '#'),
            ("application/dtmf-relay", "Duration=100\r\nSignal=10\r\n", '*'),
            ("application/dtmf-relay", "Signal=11\r\n", '#'),
            ("application/dtmf-relay", "Signal=a\r\n", 'A'),
            ("application/dtmf", "7", '7'),
            ("application/dtmf", "*\r\n", '*'),
        ] {
            assert_eq!(digit(content_type, body), Some(key), "{content_type} {body:?}");
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        for (content_type, body) in [
            ("application/dtmf-relay", ""),
            ("application/dtmf-relay", "Signal=\r\n"),
            ("application/dtmf-relay", "Signal=16\r\n"),
            ("application/dtmf-relay", "Signal=1234\r\n"),
            ("application/dtmf", "hello"),
            ("text/plain", "5"),
        ] {
            assert_eq!(digit(content_type, body), None, "{content_type} {body:?}");
        }
    }
}
