//! Several bodies in one message (RFC 5621, RFC 2046 §5.1).
//!
//! SIP is clean for eight bits, so each part that we write says `Content-Transfer-Encoding: binary`.

use bytes::{BufMut, Bytes, BytesMut};

use crate::message::{Header, Message, Name};
use crate::value::Params;

/// A body to add.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// Its type.
    pub content_type: &'a str,
    /// Its Content-ID, without brackets, for headers that point at it.
    pub content_id: Option<&'a str>,
    /// Its Content-Disposition.
    pub disposition: Option<&'a str>,
    /// The bytes.
    pub body: Bytes,
}

/// Adds a part to a message. Without a body so far it becomes the body; a `multipart/mixed` gets one more part; any
/// other body becomes the first part of a new `multipart/mixed`, byte for byte, its Content headers with it.
///
/// `unique` should be new for each message: the boundary is made from its letters and digits. A boundary that
/// happens to occur in a body is made longer until it does not.
pub fn add(message: &mut Message, part: &Part<'_>, unique: &str) {
    if message.body().is_empty() {
        return set_alone(message, part);
    }
    if let Some(body) = extended(message, part) {
        let content_type = message.text(&Name::ContentType).map(std::borrow::Cow::into_owned);
        return message.set_body(content_type.as_deref(), body);
    }
    let boundary = boundary(unique, &[message.body(), &part.body]);
    let mut body = BytesMut::with_capacity(message.body().len() + part.body.len() + 512);
    body.put_slice(format!("--{boundary}\r\n").as_bytes());
    for header in content_headers(message) {
        body.put_slice(header.line());
    }
    if message.header(&transfer_encoding()).is_none() {
        body.put_slice(b"Content-Transfer-Encoding: binary\r\n");
    }
    body.put_slice(b"\r\n");
    body.put_slice(message.body());
    body.put_slice(format!("\r\n--{boundary}\r\n").as_bytes());
    write_part(&mut body, part);
    body.put_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let moved: Vec<Name> = content_headers(message)
        .map(|header| header.name().clone())
        .collect();
    for name in moved.iter().filter(|name| **name != Name::ContentType) {
        message.remove(name);
    }
    message.set(Header::new(Name::MimeVersion, "1.0"));
    message.set_body(Some(&format!("multipart/mixed;boundary=\"{boundary}\"")), body);
}

/// The parts of a `multipart/...` body: header bytes (with their last line end) and body of each. Empty when the
/// message has another body or the boundary does not occur. At most [`PARTS_MAX`].
#[must_use]
pub fn parts(message: &Message) -> Vec<(Bytes, Bytes)> {
    let Some(boundary) = message
        .text(&Name::ContentType)
        .and_then(|text| boundary_of(&text))
    else {
        return Vec::new();
    };
    let body = message.body();
    let mut starts: Vec<(usize, usize, bool)> = Vec::new();
    for at in memchr::memmem::find_iter(body, boundary.as_bytes()) {
        if let Some((from, to, last)) = delimiter(body, at, boundary.len()) {
            starts.push((from, to, last));
            if last || starts.len() > PARTS_MAX {
                break;
            }
        }
    }
    let between = starts.windows(2).filter(|pair| pair[0].1 <= pair[1].0);
    between
        .map(|pair| split_part(body.slice(pair[0].1..pair[1].0)))
        .collect()
}

/// More parts than this are left unread.
pub const PARTS_MAX: usize = 16;

fn split_part(part: Bytes) -> (Bytes, Bytes) {
    if part.starts_with(b"\r\n") {
        return (Bytes::new(), part.slice(2..));
    }
    match memchr::memmem::find(&part, b"\r\n\r\n") {
        Some(at) => (part.slice(..at + 2), part.slice(at + 4..)),
        None => (part, Bytes::new()),
    }
}

/// Whether the boundary found at `at` stands in a delimiter line: where the part before it ends, where the one
/// behind it begins, whether it is the last.
fn delimiter(body: &[u8], at: usize, length: usize) -> Option<(usize, usize, bool)> {
    let dashes = at.checked_sub(2)?;
    if &body[dashes..at] != b"--" {
        return None;
    }
    let before = &body[..dashes];
    let from = match before {
        [] => 0,
        _ if before.ends_with(b"\r\n") => dashes - 2,
        _ if before.ends_with(b"\n") => dashes - 1,
        _ => return None,
    };
    let after = &body[at + length..];
    if after.starts_with(b"--") {
        return Some((from, at + length, true));
    }
    let end = memchr::memchr(b'\n', after)?;
    let padding = after[..end].trim_ascii().is_empty();
    padding.then_some((from, at + length + end + 1, false))
}

fn boundary_of(content_type: &str) -> Option<String> {
    let (kind, params) = content_type.split_once(';')?;
    let multipart = kind.trim().get(..10)?.eq_ignore_ascii_case("multipart/");
    let params = Params::parse(params.as_bytes());
    let boundary = params.text("boundary").filter(|boundary| !boundary.is_empty())?;
    multipart.then(|| boundary.to_owned())
}

/// The body of a `multipart/mixed` with one more part in front of its last delimiter.
fn extended(message: &Message, part: &Part<'_>) -> Option<Bytes> {
    let content_type = message.text(&Name::ContentType)?;
    let kind = content_type.split(';').next()?.trim();
    if !kind.eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let boundary = boundary_of(&content_type)?;
    if memchr::memmem::find(&part.body, boundary.as_bytes()).is_some() {
        return None;
    }
    let body = message.body();
    let (end, ..) = memchr::memmem::find_iter(body, boundary.as_bytes())
        .filter_map(|at| delimiter(body, at, boundary.len()))
        .find(|(.., last)| *last)?;
    let mut extended = BytesMut::with_capacity(body.len() + part.body.len() + 256);
    extended.put_slice(&body[..end]);
    extended.put_slice(format!("\r\n--{boundary}\r\n").as_bytes());
    write_part(&mut extended, part);
    extended.put_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Some(extended.freeze())
}

fn set_alone(message: &mut Message, part: &Part<'_>) {
    message.set_body(Some(part.content_type), part.body.clone());
    if let Some(id) = part.content_id {
        message.set(Header::new(content_id(), format!("<{id}>")));
    }
    if let Some(disposition) = part.disposition {
        message.set(Header::new(content_disposition(), disposition));
    }
}

fn write_part(out: &mut BytesMut, part: &Part<'_>) {
    out.put_slice(format!("Content-Type: {}\r\n", part.content_type).as_bytes());
    if let Some(id) = part.content_id {
        out.put_slice(format!("Content-ID: <{id}>\r\n").as_bytes());
    }
    out.put_slice(b"Content-Transfer-Encoding: binary\r\n");
    if let Some(disposition) = part.disposition {
        out.put_slice(format!("Content-Disposition: {disposition}\r\n").as_bytes());
    }
    out.put_slice(b"\r\n");
    out.put_slice(&part.body);
}

/// What describes the body and not the message.
fn content_headers(message: &Message) -> impl Iterator<Item = &Header> {
    message.headers().iter().filter(|header| match header.name() {
        Name::ContentType | Name::ContentEncoding => true,
        Name::Other(name) => name.starts_with("content-"),
        _ => false,
    })
}

fn boundary(unique: &str, bodies: &[&[u8]]) -> String {
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    // RFC 2046 allows 70 in all.
    let mut boundary: String = "part-"
        .chars()
        .chain(unique.chars().filter(allowed))
        .take(60)
        .collect();
    while bodies
        .iter()
        .any(|body| memchr::memmem::find(body, boundary.as_bytes()).is_some())
    {
        // Ends: a body of n bytes cannot hold a boundary of more than n.
        boundary.push('x');
    }
    boundary
}

fn content_id() -> Name {
    Name::Other("content-id".into())
}

fn content_disposition() -> Name {
    Name::Other("content-disposition".into())
}

fn transfer_encoding() -> Name {
    Name::Other("content-transfer-encoding".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Method;

    fn part(body: &'static str) -> Part<'static> {
        Part {
            content_type: "text/plain",
            content_id: Some("a@b"),
            disposition: None,
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn with_body(content_type: &str, body: &'static [u8]) -> Message {
        let mut message = Message::request(Method::Invite, "sip:a@example.com");
        message.set_body(Some(content_type), body);
        message
    }

    #[test]
    fn a_part_alone_is_the_body() {
        let mut message = Message::request(Method::Invite, "sip:a@example.com");
        add(&mut message, &part("x"), "u");
        assert_eq!(message.body(), "x");
        assert_eq!(message.text(&Name::ContentType).as_deref(), Some("text/plain"));
        assert_eq!(message.text(&content_id()).as_deref(), Some("<a@b>"));
    }

    #[test]
    fn the_body_that_was_there_stays_byte_for_byte() {
        let sdp = b"v=0\r\no=\x00\xff\r\n";
        let mut message = with_body("application/sdp", sdp);
        message.push(Header::new(content_disposition(), "session"));
        add(&mut message, &part("x"), "u-1");
        assert_eq!(
            message.text(&Name::ContentType).as_deref(),
            Some("multipart/mixed;boundary=\"part-u-1\"")
        );
        assert!(message.header(&content_disposition()).is_none());
        let parts = parts(&message);
        assert_eq!(parts.len(), 2);
        assert_eq!(
            parts[0].0,
            "Content-Type: application/sdp\r\ncontent-disposition: session\r\n\
             Content-Transfer-Encoding: binary\r\n"
        );
        assert_eq!(&parts[0].1[..], sdp);
        assert_eq!(
            parts[1].0,
            "Content-Type: text/plain\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding: binary\r\n"
        );
        assert_eq!(parts[1].1, "x");
        let length: usize = message.text(&Name::ContentLength).unwrap().parse().unwrap();
        assert_eq!(length, message.body().len());
    }

    #[test]
    fn a_mixed_body_gets_one_more_part() {
        let body = b"preamble\r\n--b1\r\nContent-Type: text/a\r\n\r\none\r\n--b1  \r\n\r\ntwo --b1 \r\n--b1--\r\nepilogue";
        let mut message = with_body("Multipart/Mixed; boundary=b1", body);
        add(&mut message, &part("three"), "u");
        let bodies: Vec<_> = parts(&message).into_iter().map(|(_, body)| body).collect();
        assert_eq!(bodies, ["one", "two --b1 ", "three"]);
    }

    #[test]
    fn another_multipart_or_a_broken_one_is_wrapped_whole() {
        let broken: &'static [u8] = b"--b1\r\n\r\none";
        let cases = [
            (
                "multipart/alternative;boundary=b1",
                &b"--b1\r\n\r\none\r\n--b1--\r\n"[..],
            ),
            ("multipart/mixed;boundary=b1", broken),
            ("multipart/mixed", broken),
        ];
        for (content_type, body) in cases {
            let mut message = with_body(content_type, body);
            add(&mut message, &part("x"), "u");
            let parts = parts(&message);
            assert_eq!(parts.len(), 2, "{content_type}");
            assert_eq!(&parts[0].1[..], body, "{content_type}");
        }
    }

    #[test]
    fn a_boundary_that_occurs_in_a_body_is_made_longer() {
        let mut message = with_body("text/plain", b"\r\n--part-u\r\n");
        add(&mut message, &part("--part-ux"), "u");
        assert_eq!(
            message.text(&Name::ContentType).as_deref(),
            Some("multipart/mixed;boundary=\"part-uxx\"")
        );
        assert_eq!(&parts(&message)[0].1[..], b"\r\n--part-u\r\n");
    }
}
