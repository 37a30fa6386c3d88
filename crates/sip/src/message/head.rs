//! Start line and header fields, read to their end whatever is wrong in them, so that it can be answered.

use bytes::{BufMut, Bytes, BytesMut};

use super::start::start_line;
use super::{Header, Limits, Malformed, Message, Name, StartLine};
use crate::value::is_token;

/// What is wrong first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) problem: &'static str,
}

impl Fault {
    pub(super) const BODY_TOO_LARGE: Self = Self::new(413, "Request Entity Too Large");
    pub(super) const BODY_TOO_SHORT: Self = Self::bad("Body shorter than Content-Length");
    pub(super) const NO_LENGTH: Self = Self::bad("Content-Length missing");
    const HEAD_TOO_LARGE: Self = Self::new(513, "Message Too Large");
    const LINE_TOO_LONG: Self = Self::new(414, "Request-URI Too Long");
    pub(super) const VERSION: Self = Self::new(505, "Version Not Supported");

    const fn new(status: u16, problem: &'static str) -> Self {
        Self { status, problem }
    }

    pub(super) const fn bad(problem: &'static str) -> Self {
        Self::new(400, problem)
    }
}

/// What Content-Length says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Missing,
    Of(usize),
    /// No number, or two that differ.
    Bad,
}

/// Everything before the body.
#[derive(Debug)]
pub(super) struct Head {
    /// `None` when not even the method can be told.
    start: Option<StartLine>,
    headers: Vec<Header>,
    pub(super) length: Length,
    /// Where the body begins. Where reading stopped, when the end was not found.
    pub(super) end: usize,
    /// Whether the empty line was found.
    pub(super) complete: bool,
    fault: Option<Fault>,
}

impl Head {
    /// Reads up to the empty line. Goes on behind a fault, so that the fields needed for an answer are found.
    pub(super) fn read(bytes: &Bytes, limits: &Limits) -> Self {
        let mut head = Self {
            start: None,
            headers: Vec::with_capacity(20),
            length: Length::Missing,
            end: 0,
            complete: false,
            fault: None,
        };
        let mut lines = Lines { bytes, at: 0 };
        while matches!(bytes.get(lines.at), Some(b'\r' | b'\n')) {
            lines.at += 1;
        }
        let Some(first) = lines.next_line() else {
            head.end = lines.at;
            let too_long = bytes.len() > limits.line_bytes;
            head.found(if too_long {
                Fault::LINE_TOO_LONG
            } else {
                Fault::bad("No start line")
            });
            return head;
        };
        if first.text.len() > limits.line_bytes {
            head.found(Fault::LINE_TOO_LONG);
        }
        match start_line(bytes.slice_ref(first.text)) {
            Ok(start) => head.start = Some(start),
            Err((start, fault)) => {
                head.start = start;
                head.found(fault);
            }
        }
        head.read_headers(bytes, &mut lines, limits);
        head.end = lines.at;
        head
    }

    fn read_headers(&mut self, bytes: &Bytes, lines: &mut Lines<'_>, limits: &Limits) {
        loop {
            let from = lines.at;
            let Some(line) = lines.next_line() else {
                let too_large = bytes.len() > limits.head_bytes;
                self.found(if too_large {
                    Fault::HEAD_TOO_LARGE
                } else {
                    Fault::bad("No end of header fields")
                });
                return;
            };
            if line.text.is_empty() {
                self.complete = true;
                return;
            }
            let mut clean = line.clean;
            while matches!(bytes.get(lines.at), Some(b' ' | b'\t')) {
                let Some(more) = lines.next_line() else {
                    break;
                };
                clean &= more.clean;
            }
            let size = lines.at - from;
            if lines.at > limits.head_bytes
                || size > limits.line_bytes
                || self.headers.len() == limits.headers
            {
                self.found(Fault::HEAD_TOO_LARGE);
                return;
            }
            let line = bytes.slice(from..lines.at);
            match header(if clean { line } else { with_line_ends(&line) }) {
                Ok(header) => {
                    if *header.name() == Name::ContentLength {
                        self.read_length(header.raw());
                    }
                    self.headers.push(header);
                }
                Err(problem) => self.found(Fault::bad(problem)),
            }
        }
    }

    fn read_length(&mut self, value: &[u8]) {
        let length = crate::value::number(value).and_then(|length| usize::try_from(length).ok());
        match (length, self.length) {
            (Some(length), Length::Missing) => self.length = Length::Of(length),
            (Some(length), Length::Of(other)) if length == other => {}
            (Some(_), _) => {
                self.length = Length::Bad;
                self.found(Fault::bad("Several values of Content-Length"));
            }
            (None, _) => {
                self.length = Length::Bad;
                self.found(Fault::bad("Bad Content-Length"));
            }
        }
    }

    /// Takes down a fault; the first one counts.
    pub(super) fn found(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// The message, or what is wrong. `body` is called with the place of the body if all is well.
    pub(super) fn finish(self, body: impl FnOnce(usize) -> Bytes) -> Result<Message, Malformed> {
        let Self {
            start: Some(start),
            headers,
            end,
            fault: None,
            ..
        } = self
        else {
            return Err(self.into_malformed());
        };
        Ok(Message {
            start,
            headers,
            body: body(end),
        })
    }

    /// What is wrong.
    pub(super) fn into_malformed(self) -> Malformed {
        let fault = self.fault.unwrap_or(Fault::bad("Not a SIP message"));
        Malformed::new(fault, self.start, &self.headers)
    }
}

struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

struct Line<'a> {
    /// Without its end.
    text: &'a [u8],
    /// Whether it ends in CR LF, as it must.
    clean: bool,
}

impl<'a> Lines<'a> {
    /// The next line. A bare LF ends one too: nobody may see a header field where we see none.
    fn next_line(&mut self) -> Option<Line<'a>> {
        let rest = self.bytes.get(self.at..)?;
        let end = memchr::memchr(b'\n', rest)?;
        self.at += end + 1;
        Some(match rest[..end].strip_suffix(b"\r") {
            Some(text) => Line { text, clean: true },
            None => Line {
                text: &rest[..end],
                clean: false,
            },
        })
    }
}

/// The same line with a CR before each LF. What we read as a line end must be one for everybody behind us.
fn with_line_ends(line: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(line.len() + 8);
    let mut last = 0;
    for byte in line {
        if *byte == b'\n' && last != b'\r' {
            out.put_u8(b'\r');
        }
        out.put_u8(*byte);
        last = *byte;
    }
    out.freeze()
}

/// Reads one header field with its line end and folded lines.
fn header(line: Bytes) -> Result<Header, &'static str> {
    let colon = memchr::memchr(b':', &line).ok_or("Header field without colon")?;
    let name = line[..colon].trim_ascii_end();
    if !is_token(name) {
        return Err("Bad header field name");
    }
    let name = std::str::from_utf8(name).map_err(|_| "Bad header field name")?;
    let name = Name::parse(name);
    let value = line[colon + 1..].trim_ascii();
    // A CR alone ends a line for some and not for others, so it is never passed on.
    if memchr::memchr_iter(b'\r', value).any(|at| value.get(at + 1) != Some(&b'\n')) {
        return Err("Carriage return in a header field");
    }
    let start = value.as_ptr() as usize - line.as_ptr() as usize;
    let range = start..start + value.len();
    Ok(Header::received(name, line, range))
}
