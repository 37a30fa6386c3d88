//! Addresses with a display name: From, To, Contact, Route, P-Asserted-Identity (RFC 3261 §20.10).

use bytes::Bytes;

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
    /// belongs to the header, not to the URI (RFC 3261 §20).
    ///
    /// # Errors
    /// When quotes or brackets are not closed, or the URI cannot be read.
    pub fn parse(value: &[u8]) -> Result<Self, BadValue> {
        let value = value.trim_ascii();
        let (display, rest) = display(value)?;
        if let Some(rest) = rest.strip_prefix(b"<") {
            let end = memchr::memchr(b'>', rest).ok_or(BadValue("Unclosed angle bracket"))?;
            let uri = Uri::parse(&rest[..end])?;
            let after = rest[end + 1..].trim_ascii();
            let params = match after.strip_prefix(b";") {
                Some(params) => Params::parse(params),
                None if after.is_empty() => Params::default(),
                None => return Err(BadValue("Junk after address")),
            };
            return Ok(Self { display, uri, params });
        }
        if !display.is_empty() {
            return Err(BadValue("Display name without angle brackets"));
        }
        let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
        let uri = Uri::parse(rest[..end].trim_ascii())?;
        Ok(Self {
            display,
            uri,
            params: Params::parse(rest.get(end + 1..).unwrap_or_default()),
        })
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

/// The display name, and what follows it.
fn display(value: &[u8]) -> Result<(Bytes, &[u8]), BadValue> {
    let Some(quoted) = value.strip_prefix(b"\"") else {
        let Some(at) = memchr::memchr(b'<', value) else {
            return Ok((Bytes::new(), value));
        };
        return Ok((Bytes::copy_from_slice(value[..at].trim_ascii()), &value[at..]));
    };
    let mut name = Vec::new();
    let mut bytes = quoted.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => name.extend(bytes.next().map(|(_, escaped)| *escaped)),
            b'"' => return Ok((name.into(), quoted[at + 1..].trim_ascii_start())),
            other => name.push(*other),
        }
    }
    Err(BadValue("Unclosed quote"))
}
