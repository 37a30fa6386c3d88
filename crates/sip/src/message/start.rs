//! The first line (RFC 3261 §7.1, §7.2).

use bytes::Bytes;

use super::head::Fault;
use super::{Method, StartLine};
use crate::uri::is_uri_byte;
use crate::value::{is_token, number};

/// Reads the first line. An error may still tell the request, so that it can be answered.
pub(super) fn start_line(line: Bytes) -> Result<StartLine, (Option<StartLine>, Fault)> {
    if line
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
    {
        return status_line(line).map_err(|fault| (None, fault));
    }
    let bad = Fault::bad("Bad request line");
    let text = line.trim_ascii_end();
    let method_end = memchr::memchr(b' ', text).ok_or((None, bad))?;
    let version_at = memchr::memrchr(b' ', text).ok_or((None, bad))?;
    let (method, version) = (&text[..method_end], &text[version_at + 1..]);
    if !is_token(method)
        || !version
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
    {
        return Err((None, bad));
    }
    let method = std::str::from_utf8(method).map_err(|_| (None, bad))?;
    let uri = text.get(method_end + 1..version_at).unwrap_or_default();
    let fault = if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        Some(Fault::VERSION)
    } else if text.len() != line.len() {
        Some(Fault::bad("White space at the end of the request line"))
    } else if uri.is_empty() {
        Some(Fault::bad("No Request-URI"))
    } else if uri.iter().any(|byte| !is_uri_byte(*byte)) {
        Some(Fault::bad("Bad Request-URI"))
    } else {
        None
    };
    let start = StartLine::Request {
        method: Method::from_token(method),
        uri: line.slice_ref(uri),
        line: Some(line.clone()),
    };
    match fault {
        None => Ok(start),
        Some(fault) => Err((Some(start), fault)),
    }
}

/// Reads `SIP/2.0 200 OK`. The space before an empty phrase may be missing.
fn status_line(line: Bytes) -> Result<StartLine, Fault> {
    let bad = Fault::bad("Bad status line");
    if !line
        .get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/2.0 "))
    {
        return Err(Fault::VERSION);
    }
    let digits = line.get(8..11).ok_or(bad)?;
    let status = number(digits).and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|status| (100..700).contains(status)).ok_or(bad)?;
    let reason = match line.get(11) {
        None => Bytes::new(),
        Some(b' ') => line.slice(12..),
        Some(_) => return Err(bad),
    };
    if memchr::memchr(b'\r', &reason).is_some() {
        return Err(bad);
    }
    Ok(StartLine::Response {
        status,
        reason,
        line: Some(line),
    })
}
