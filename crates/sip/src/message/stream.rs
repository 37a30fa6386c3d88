//! Messages out of a byte stream (RFC 3261 §18.3), and the keepalives between them (RFC 5626 §3.5.1).

use bytes::{Buf, Bytes, BytesMut};

use super::head::{Fault, Head, Length};
use super::{Limits, Malformed, Message};
use crate::value::is_token;

/// Cuts a TCP or TLS stream into messages.
///
/// Push what was read, then call [`next`](Self::next) until it returns `None`. Between two pushes it then holds
/// at most one unfinished message: no more than [`Limits::head_bytes`] and [`Limits::body_bytes`] together.
/// No byte is looked at more than a few times however slowly they come. How long a peer may take to finish a
/// message is the caller's to decide, by [`is_between_messages`](Self::is_between_messages).
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// Up to here the buffer holds no end of a head.
    scanned: usize,
    /// A head that waits for its body of this length.
    pending: Option<(Head, usize)>,
    /// A CRLF was reported as a pong; another one right behind it makes a ping of the two.
    after_pong: bool,
    /// Where the next message begins can no longer be known.
    is_lost: bool,
}

/// What a stream holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message.
    Message(Message),
    /// Something else.
    Malformed {
        /// What is wrong, and what of it can be answered.
        malformed: Malformed,
        /// Whether the connection must be closed (after the answer): the framer has lost its place, and will
        /// return nothing more.
        close: bool,
    },
    /// A keepalive of the peer, two line ends: a pong, one line end, should be sent.
    Ping,
    /// One line end: the answer to our ping. One that comes in two pieces is reported as a pong, then as a ping.
    Pong,
}

impl Framer {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what was read. Ignored once the framer has lost its place.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.is_lost {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// As [`push`](Self::push).
    pub fn push_bytes(&mut self, bytes: &Bytes) {
        self.push(bytes);
    }

    /// Whether there is no unfinished message: the connection is idle rather than slow.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.buffer.is_empty() && self.pending.is_none()
    }

    /// How many bytes wait for the rest of their message.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// The next whole thing in the stream; `None` when more must be read first.
    pub fn next(&mut self, limits: &Limits) -> Option<Frame> {
        if self.is_lost {
            return None;
        }
        if self.pending.is_none() {
            if let Some(keepalive) = self.next_keepalive() {
                return Some(keepalive);
            }
            match &self.buffer[..] {
                [] | [b'\r'] => return None,
                [first, ..] if !is_token(&[*first]) => {
                    // No start line begins like this; there is no point in waiting for its end.
                    return Some(self.lose(Malformed::new(Fault::bad("Not a SIP message"), None, &[])));
                }
                _ => {}
            }
            let Ok(end) = self.head_end(limits)? else {
                return Some(self.give_up(limits));
            };
            if let Some(lost) = self.begin(end, limits) {
                return Some(lost);
            }
        }
        let (head, length) = self.pending.take()?;
        if self.buffer.len() < length {
            self.pending = Some((head, length));
            return None;
        }
        let body = Bytes::copy_from_slice(&self.buffer[..length]);
        self.buffer.advance(length);
        Some(match head.finish(|_| body) {
            Ok(message) => Frame::Message(message),
            Err(malformed) => Frame::Malformed {
                malformed,
                close: false,
            },
        })
    }

    /// Line ends between messages.
    fn next_keepalive(&mut self) -> Option<Frame> {
        while self.buffer.first() == Some(&b'\n') {
            self.buffer.advance(1);
        }
        if !self.buffer.starts_with(b"\r\n") {
            // Half a line end is no message yet, and does not part a ping.
            self.after_pong &= matches!(&self.buffer[..], b"" | b"\r");
            return None;
        }
        self.buffer.advance(2);
        if self.after_pong {
            self.after_pong = false;
            return Some(Frame::Ping);
        }
        if self.buffer.starts_with(b"\r\n") {
            self.buffer.advance(2);
            return Some(Frame::Ping);
        }
        self.after_pong = matches!(&self.buffer[..], b"" | b"\r");
        Some(Frame::Pong)
    }

    /// Where the head that begins the buffer ends; `None`: not here yet; an error: not within the limit. The same
    /// for the same stream, however much of it is here.
    fn head_end(&mut self, limits: &Limits) -> Option<Result<usize, ()>> {
        let from = self.scanned;
        let within = |end: usize| {
            Some(if end <= limits.head_bytes {
                Ok(end)
            } else {
                Err(())
            })
        };
        self.scanned = self.buffer.len();
        for at in memchr::memchr_iter(b'\n', &self.buffer[from..]) {
            let after = from + at + 1;
            match &self.buffer[after..] {
                [b'\n', ..] => return within(after + 1),
                [b'\r', b'\n', ..] => return within(after + 2),
                // To be looked at again with what comes behind it.
                [] | [b'\r'] => self.scanned = after - 1,
                _ => {}
            }
        }
        (self.buffer.len() > limits.head_bytes).then_some(Err(()))
    }

    /// Takes a head off the buffer, to wait for its body. Returns what is wrong when nothing tells how long that is.
    fn begin(&mut self, end: usize, limits: &Limits) -> Option<Frame> {
        // A copy, so that a message that is kept long does not keep the whole buffer.
        let bytes = Bytes::copy_from_slice(&self.buffer[..end]);
        self.buffer.advance(end);
        self.scanned = 0;
        let mut head = Head::read(&bytes, limits);
        match head.length {
            Length::Of(length) if length <= limits.body_bytes && head.complete => {
                self.pending = Some((head, length));
                return None;
            }
            Length::Of(length) if length > limits.body_bytes => head.found(Fault::BODY_TOO_LARGE),
            Length::Missing => head.found(Fault::NO_LENGTH),
            Length::Of(_) | Length::Bad => {}
        }
        Some(self.lose(head.into_malformed()))
    }

    /// Answers what can be answered of a head that does not end within the limit.
    fn give_up(&mut self, limits: &Limits) -> Frame {
        let end = self.buffer.len().min(limits.head_bytes + 1);
        let bytes = Bytes::copy_from_slice(&self.buffer[..end]);
        self.lose(Head::read(&bytes, limits).into_malformed())
    }

    fn lose(&mut self, malformed: Malformed) -> Frame {
        self.is_lost = true;
        self.buffer = BytesMut::new();
        Frame::Malformed {
            malformed,
            close: true,
        }
    }
}
