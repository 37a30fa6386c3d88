//! Addresses with a display name: From, To, Contact, Route, P-Asserted-Identity (RFC 3261 §20.10).

use bytes::Bytes;

use super::token::{closing_quote, unquote};
use super::{BadValue, Params};
use crate::uri::Uri;

/// `"Maria Silva" <sip:2041@example.com>;tag=a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotes and escapes; empty for none. Bytes, for it need not be UTF-8.
    pub display: Bytes,
    /// The URI.
    pub uri: Uri,
    /// The header parameters.
    pub params: Params,
}

impl NameAddr {
    /// Reads a name-addr or addr-spec with its parameters. Without brackets, everything from the first `;` on
    /// belongs to the header, not to the URI, and the URI may have no `?` or `,` (RFC 3261 §20). A display name
    /// without quotes may hold other characters than a token, as phones send them, but no comma.
    ///
    /// # Errors
    /// When quotes or brackets are not closed, or the URI or the parameters cannot be read.
    pub fn parse(value: &[u8]) -> Result<Self, BadValue> {
        Self::from_bytes(&Bytes::copy_from_slice(value))
    }

    /// As [`parse`](Self::parse), sharing the memory.
    ///
    /// # Errors
    /// As there.
    pub fn from_bytes(value: &Bytes) -> Result<Self, BadValue> {
        let (display, rest) = display(value)?;
        let (uri, params) = match rest.strip_prefix(b"<") {
            Some(rest) => {
                let end = memchr::memchr(b'>', rest).ok_or(BadValue("Unclosed angle bracket"))?;
                let after = rest[end + 1..].trim_ascii_start();
                if !after.is_empty() && !after.starts_with(b";") {
                    return Err(BadValue("Junk after address"));
                }
                (&rest[..end], after)
            }
            None if display.is_some() => return Err(BadValue("Display name without angle brackets")),
            None => {
                let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
                let uri = rest[..end].trim_ascii();
                if memchr::memchr2(b'?', b',', uri).is_some() {
                    return Err(BadValue("Address without angle brackets"));
                }
                (uri, &rest[end..])
            }
        };
        let params = Params::from_bytes(value.slice_ref(params));
        params.check()?;
        Ok(Self {
            display: display.unwrap_or_default(),
            uri: Uri::from_bytes(value.slice_ref(uri))?,
            params,
        })
    }

    /// The tag of From and To.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.text("tag").filter(|tag| !tag.is_empty())
    }

    /// Writes it, with angle brackets, the display name quoted where there is one.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        if !self.display.is_empty() {
            out.push(b'"');
            for byte in &self.display {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.extend_from_slice(b"\" ");
        }
        out.push(b'<');
        out.extend_from_slice(self.uri.as_bytes());
        out.push(b'>');
        self.params.write(&mut out);
        out
    }
}

/// The display name, and what follows it. `None` where there is none, and no place for one either.
fn display(value: &Bytes) -> Result<(Option<Bytes>, &[u8]), BadValue> {
    let text = value.trim_ascii();
    if let Some(quoted) = text.strip_prefix(b"\"") {
        let at = closing_quote(quoted).ok_or(BadValue("Unclosed quote"))?;
        let inner = match unquote(&quoted[..at]) {
            std::borrow::Cow::Borrowed(inner) => value.slice_ref(inner),
            std::borrow::Cow::Owned(inner) => inner.into(),
        };
        return Ok((Some(inner), quoted[at + 1..].trim_ascii_start()));
    }
    let Some(at) = memchr::memchr(b'<', text) else {
        return Ok((None, text));
    };
    let name = text[..at].trim_ascii();
    // A bracket behind the parameters of an addr-spec is no address's.
    if memchr::memchr3(b'"', b',', b';', name).is_some() {
        return Err(BadValue("Bad display name"));
    }
    Ok((Some(value.slice_ref(name)), &text[at..]))
}
