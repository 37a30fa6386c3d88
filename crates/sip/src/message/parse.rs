//! From bytes to an envelope.

use bytes::Bytes;

use super::{Header, Message, Method, Name, StartLine};

/// How much of a message is read. What is larger is malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Start line and header fields together, in bytes. Default 32 KiB.
    pub head_bytes: usize,
    /// How many header fields. Default 256.
    pub headers: usize,
    /// The body, in bytes. Default 64 KiB, all that a datagram holds.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 32 * 1024,
            headers: 256,
            body_bytes: 64 * 1024,
        }
    }
}

/// Why bytes are no SIP message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Malformed {
    /// A phrase that can stand in a 400 response.
    pub problem: &'static str,
    /// The status that the sender should get: 400, 413, 505, ...
    pub status: u16,
    /// As much of a request as could be read, when it has what a response must copy (Via, From, To, Call-ID,
    /// CSeq); `None`: not answerable, to be counted and dropped. Never an ACK.
    pub request: Option<Box<Message>>,
}

impl Message {
    /// Reads one message that fills a datagram. Bytes behind the body are ignored (RFC 3261 §18.3).
    ///
    /// # Errors
    /// What is wrong, and what of it can be answered.
    pub fn parse(datagram: &Bytes, limits: &Limits) -> Result<Self, Malformed> {
        let malformed = |problem| Malformed {
            problem,
            status: 400,
            request: None,
        };
        let mut lines = Lines {
            bytes: datagram,
            at: 0,
        };
        let first = lines.next_line().ok_or_else(|| malformed("Empty message"))?;
        let start = start_line(datagram.slice_ref(first)).map_err(malformed)?;
        let mut headers = Vec::with_capacity(20);
        loop {
            let from = lines.at;
            let line = lines
                .next_line()
                .ok_or_else(|| malformed("No end of header fields"))?;
            if line.is_empty() {
                break;
            }
            while matches!(datagram.get(lines.at), Some(b' ' | b'\t')) {
                lines.next_line();
            }
            if headers.len() == limits.headers || lines.at > limits.head_bytes {
                return Err(malformed("Header fields too large"));
            }
            headers.push(header(datagram.slice(from..lines.at)).map_err(malformed)?);
        }
        let mut message = Self {
            start,
            headers,
            body: Bytes::new(),
        };
        let rest = datagram.slice(lines.at..);
        let length = match message.header(&Name::ContentLength) {
            Some(header) => {
                let value = header.text().and_then(|text| text.parse::<usize>().ok());
                value.ok_or_else(|| malformed("Bad Content-Length"))?
            }
            None => rest.len(),
        };
        if length > rest.len() || length > limits.body_bytes {
            return Err(malformed("Body shorter than Content-Length"));
        }
        message.body = rest.slice(..length);
        Ok(message)
    }
}

struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The next line without its end.
    fn next_line(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let end = memchr::memchr(b'\n', rest)?;
        self.at += end + 1;
        let line = &rest[..end];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

fn start_line(line: Bytes) -> Result<StartLine, &'static str> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (first, second, third) = (words.next(), words.next(), words.next());
    let (Some(first), Some(second), Some(third)) = (first, second, third) else {
        return Err("Bad start line");
    };
    if first.eq_ignore_ascii_case(b"SIP/2.0") {
        let status = std::str::from_utf8(second)
            .ok()
            .and_then(|text| text.parse().ok());
        let status = status
            .filter(|status| (100..700).contains(status))
            .ok_or("Bad status")?;
        let reason = line.slice_ref(third);
        return Ok(StartLine::Response {
            status,
            reason,
            line: Some(line),
        });
    }
    if !third.eq_ignore_ascii_case(b"SIP/2.0") {
        return Err("Bad start line");
    }
    let method = std::str::from_utf8(first).map_err(|_| "Bad method")?;
    let (method, uri) = (Method::from_token(method), line.slice_ref(second));
    Ok(StartLine::Request {
        method,
        uri,
        line: Some(line),
    })
}

fn header(line: Bytes) -> Result<Header, &'static str> {
    let colon = memchr::memchr(b':', &line).ok_or("Header field without colon")?;
    let name = std::str::from_utf8(line[..colon].trim_ascii_end()).map_err(|_| "Bad header name")?;
    let name = Name::parse(name);
    let value = line[colon + 1..].trim_ascii();
    let start = value.as_ptr() as usize - line.as_ptr() as usize;
    let range = start..start + value.len();
    Ok(Header::received(name, line, range))
}
