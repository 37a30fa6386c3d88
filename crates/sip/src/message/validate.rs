//! What a proxy checks before it acts on a message (RFC 3261 §16.3, §8.1.1).

use super::head::Fault;
use super::{Malformed, Message, Name};
use crate::uri::{Scheme, Uri};
use crate::value::{BadValue, number};

/// Checks what everything else relies on: Via, and From, To, Call-ID and CSeq exactly once, all readable; the
/// CSeq of a request counts its method; Max-Forwards, where present, is a number up to 255; the Request-URI can
/// be read, carries no header fields (RFC 3261 §19.1.1) and has a scheme that somebody may route: `sip`, `sips`,
/// `tel` or `urn`.
///
/// Not checked, being the application's: Require and Proxy-Require (420), Max-Forwards 0 (483), whether the
/// method is known, Contact, and header fields that only end points read (Date, Warning, Expires).
///
/// # Errors
/// 400, or 416 for another scheme, with what can be answered of a request. A response with a fault is dropped.
pub fn validate(message: &Message) -> Result<(), Malformed> {
    check(message).map_err(|fault| Malformed::new(fault, Some(message.start().clone()), message.headers()))
}

fn check(message: &Message) -> Result<(), Fault> {
    check_counts(message)?;
    message.top_via().map_err(bad)?;
    let cseq = message.cseq().map_err(bad)?;
    message.from().map_err(|_| Fault::bad("Bad From"))?;
    message.to().map_err(|_| Fault::bad("Bad To"))?;
    let (Some(method), Some(uri)) = (message.method(), message.uri()) else {
        return Ok(());
    };
    if cseq.method != *method {
        return Err(Fault::bad("CSeq of another method"));
    }
    if let Some(header) = message.header(&Name::MaxForwards)
        && number(header.raw()).is_none_or(|hops| hops > 255)
    {
        return Err(Fault::bad("Bad Max-Forwards"));
    }
    let uri = Uri::from_bytes(uri.clone()).map_err(|_| Fault::bad("Bad Request-URI"))?;
    if uri.headers.is_some() {
        return Err(Fault::bad("Header fields in the Request-URI"));
    }
    match uri.scheme {
        Scheme::Sip | Scheme::Sips | Scheme::Tel | Scheme::Urn => Ok(()),
        Scheme::Other(_) => Err(Fault {
            status: 416,
            problem: "Unsupported URI Scheme",
        }),
    }
}

fn check_counts(message: &Message) -> Result<(), Fault> {
    let [mut via, mut from, mut to, mut call_id, mut cseq, mut max_forwards] = [0u32; 6];
    for header in message.headers() {
        match header.name() {
            Name::Via => via += 1,
            Name::From => from += 1,
            Name::To => to += 1,
            Name::CallId if !header.raw().is_empty() => call_id += 1,
            Name::CSeq => cseq += 1,
            Name::MaxForwards => max_forwards += 1,
            _ => {}
        }
    }
    match (via, from, to, call_id, cseq, max_forwards) {
        (0, ..) => Err(Fault::bad("Via missing")),
        (_, 0, ..) => Err(Fault::bad("From missing")),
        (_, _, 0, ..) => Err(Fault::bad("To missing")),
        (_, _, _, 0, ..) => Err(Fault::bad("Call-ID missing")),
        (_, _, _, _, 0, _) => Err(Fault::bad("CSeq missing")),
        (_, 1, 1, 1, 1, 0 | 1) => Ok(()),
        _ => Err(Fault::bad("Header field repeated that may stand only once")),
    }
}

const fn bad(value: BadValue) -> Fault {
    Fault::bad(value.0)
}
