//! From a datagram to an envelope; what is wrong with bytes that are none.

use bytes::Bytes;

use super::head::{Fault, Head, Length};
use super::{Header, Message, Method, Name, StartLine};

/// How much of a message is read. What is larger is malformed, and answered with the status that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Start line and header fields together, in bytes; above it 513. Default 32 KiB.
    pub head_bytes: usize,
    /// How many header fields; above it 513. Default 256.
    pub headers: usize,
    /// The body, in bytes; above it 413. Default 64 KiB, all that a datagram holds.
    pub body_bytes: usize,
    /// The start line (above it 414) and each header field with its folded lines (above it 513), in bytes.
    /// Default 16 KiB.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 32 * 1024,
            headers: 256,
            body_bytes: 64 * 1024,
            line_bytes: 16 * 1024,
        }
    }
}

/// Why bytes are no SIP message, or a message none that can be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Malformed {
    /// A phrase that can stand in the response.
    pub problem: &'static str,
    /// The status that the sender should get: 400, 413, 414, 416, 505, 513.
    pub status: u16,
    /// What can be answered: the request line and those of the header fields that a response copies (all Via;
    /// the first From, To, Call-ID and CSeq) that were there. At least one Via is, though it may be one that
    /// nobody can read, so the answer goes to where the request came from, without a transaction.
    /// `None`: to be counted and dropped. Responses and ACKs always are.
    pub request: Option<Box<Message>>,
}

impl Malformed {
    /// The response to send, if there is anything to answer. Its tag is the same for the same request, as it must be
    /// when nothing is remembered of it (RFC 3261 §8.2.7).
    #[must_use]
    pub fn response(&self) -> Option<Message> {
        let request = self.request.as_ref()?;
        let lines = request.headers.iter().flat_map(|header| header.line().iter());
        // FNV-1a: the tag need not be secret, only the same again.
        let hash = lines.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let tag = format!("{hash:016x}");
        Some(Message::reply(request, self.status, self.problem, Some(&tag)))
    }

    pub(super) fn new(fault: Fault, start: Option<StartLine>, headers: &[Header]) -> Self {
        Self {
            problem: fault.problem,
            status: fault.status,
            request: start.and_then(|start| answerable(start, headers)).map(Box::new),
        }
    }
}

/// The part of a request that its answer needs; `None` when there must be no answer, or nothing says to whom.
fn answerable(start: StartLine, headers: &[Header]) -> Option<Message> {
    match &start {
        StartLine::Request { method, .. } if *method != Method::Ack => {}
        _ => return None,
    }
    let mut kept: Vec<Header> = Vec::with_capacity(8);
    for header in headers {
        let keep = match header.name() {
            Name::Via => !header.raw().is_empty(),
            name @ (Name::From | Name::To | Name::CallId | Name::CSeq) => {
                kept.iter().all(|other| other.name() != name)
            }
            _ => false,
        };
        if keep {
            kept.push(header.clone());
        }
    }
    let answerable = kept.iter().any(|header| *header.name() == Name::Via);
    answerable.then_some(Message {
        start,
        headers: kept,
        body: Bytes::new(),
    })
}

impl Message {
    /// Reads one message that fills a datagram (or a WebSocket message). Without Content-Length the body is all
    /// that follows the header fields; bytes behind the body are ignored; a body shorter than announced is
    /// malformed (RFC 3261 §18.3). Line ends before the start line are skipped (§7.5).
    ///
    /// Only what is needed to take a message apart is checked here; [`validate`](super::validate) checks the
    /// values that a proxy relies on.
    ///
    /// # Errors
    /// What is wrong, and what of it can be answered.
    pub fn parse(datagram: &Bytes, limits: &Limits) -> Result<Self, Malformed> {
        let mut head = Head::read(datagram, limits);
        let rest = datagram.len() - head.end;
        let length = match head.length {
            Length::Of(length) => length,
            Length::Missing | Length::Bad => rest,
        };
        if length > limits.body_bytes {
            head.found(Fault::BODY_TOO_LARGE);
        } else if length > rest {
            head.found(Fault::BODY_TOO_SHORT);
        }
        head.finish(|end| datagram.slice(end..end + length))
    }
}

/// Whether a datagram only keeps a path through a NAT open: nothing, line ends, or zero bytes. To be ignored
/// (RFC 5626 §3.5.1 has phones send it; some send zeros).
#[must_use]
pub fn is_keepalive(datagram: &[u8]) -> bool {
    datagram.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0))
}
