//! URIs: sip, sips and tel taken apart, everything else kept whole (RFC 3261 §19.1, RFC 3966).

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use smol_str::SmolStr;

use crate::value::{BadValue, Params, number};

mod compare;
mod host;

pub use self::host::host_ip;
pub(crate) use self::host::split_host_port;

/// A URI. Keeps its bytes as they came; parts are slices of them. The user part may be a dialled PIN, so `Debug`
/// shows how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    bytes: Bytes,
    /// Its scheme.
    pub scheme: Scheme,
    /// The user part as it stands there, escapes kept; for tel the number.
    pub user: Option<Bytes>,
    /// The host; an IPv6 address in its brackets. Empty but for sip and sips.
    pub host: SmolStr,
    /// The port.
    pub port: Option<u16>,
    /// The URI parameters.
    pub params: Params,
    /// What stands behind the question mark.
    pub headers: Option<Bytes>,
}

/// The scheme of a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// `urn:`, whose rest is not taken apart.
    Urn,
    /// Any other, in lower case; also `*` of Contact.
    Other(SmolStr),
}

impl Uri {
    /// Reads a URI. Bytes outside ASCII are let pass, for phones send them in user parts.
    ///
    /// # Errors
    /// When it has no scheme, holds white space, controls, quotes or angle brackets, or is a sip URI without a
    /// host.
    pub fn parse(text: &[u8]) -> Result<Self, BadValue> {
        Self::from_bytes(Bytes::copy_from_slice(text))
    }

    /// As [`parse`](Self::parse), sharing the memory.
    ///
    /// # Errors
    /// As there.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, BadValue> {
        if !bytes.iter().all(|byte| is_uri_byte(*byte)) {
            return Err(BadValue("Bad character in URI"));
        }
        if &bytes[..] == b"*" {
            return Ok(Self::whole(bytes, Scheme::Other("*".into())));
        }
        let colon = memchr::memchr(b':', &bytes).ok_or(BadValue("URI without scheme"))?;
        let scheme = Scheme::parse(&bytes[..colon]).ok_or(BadValue("Bad URI scheme"))?;
        let rest = bytes.slice(colon + 1..);
        let mut uri = Self::whole(bytes, scheme);
        match uri.scheme {
            Scheme::Sip | Scheme::Sips => uri.read_sip(&rest)?,
            Scheme::Tel => {
                let end = memchr::memchr(b';', &rest).unwrap_or(rest.len());
                if end == 0 {
                    return Err(BadValue("tel URI without number"));
                }
                uri.user = Some(rest.slice(..end));
                uri.params = Params::from_bytes(rest.slice(end..));
            }
            Scheme::Urn | Scheme::Other(_) => {}
        }
        Ok(uri)
    }

    fn whole(bytes: Bytes, scheme: Scheme) -> Self {
        Self {
            bytes,
            scheme,
            user: None,
            host: SmolStr::default(),
            port: None,
            params: Params::default(),
            headers: None,
        }
    }

    fn read_sip(&mut self, rest: &Bytes) -> Result<(), BadValue> {
        let bad = BadValue("Bad URI");
        // The user part may hold ";" and "?", so the "@" is looked for before them; it may not hold an "@".
        let rest = match memchr::memchr(b'@', rest) {
            Some(at) => {
                let end = memchr::memchr(b':', &rest[..at]).unwrap_or(at);
                self.user = Some(rest.slice(..end));
                rest.slice(at + 1..)
            }
            None => rest.clone(),
        };
        let rest = match memchr::memchr(b'?', &rest) {
            Some(at) => {
                self.headers = Some(rest.slice(at + 1..));
                rest.slice(..at)
            }
            None => rest,
        };
        let end = memchr::memchr(b';', &rest).unwrap_or(rest.len());
        self.params = Params::from_bytes(rest.slice(end..));
        let host_port = std::str::from_utf8(&rest[..end]).map_err(|_| bad)?;
        let (host, port) = split_host_port(host_port).ok_or(bad)?;
        self.host = host.into();
        self.port = port;
        Ok(())
    }

    /// As it came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As it came, sharing the memory.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is `sip:` or `sips:`.
    #[must_use]
    pub const fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The host when it is an address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        host_ip(&self.host)
    }

    /// The user part with its escapes undone, as text; `None` when there is none or it is not UTF-8. May hold
    /// any character, zero and line ends too, when somebody escaped them.
    #[must_use]
    pub fn user_text(&self) -> Option<Cow<'_, str>> {
        match unescape(self.user.as_deref()?) {
            Cow::Borrowed(user) => std::str::from_utf8(user).ok().map(Cow::Borrowed),
            Cow::Owned(user) => String::from_utf8(user).ok().map(Cow::Owned),
        }
    }
}

impl std::fmt::Debug for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uri")
            .field("scheme", &self.scheme)
            .field("user_bytes", &self.user.as_ref().map(Bytes::len))
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Display for Uri {
    /// As it came; bytes that are not UTF-8 are shown as replacement characters.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}

impl Scheme {
    fn parse(text: &[u8]) -> Option<Self> {
        let known = [
            ("sip", Self::Sip),
            ("sips", Self::Sips),
            ("tel", Self::Tel),
            ("urn", Self::Urn),
        ];
        let found = known
            .into_iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()));
        if let Some((_, scheme)) = found {
            return Some(scheme);
        }
        let is_scheme = text.first()?.is_ascii_alphabetic()
            && text
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let name = std::str::from_utf8(text).ok().filter(|_| is_scheme)?;
        Some(Self::Other(name.to_ascii_lowercase().into()))
    }
}

/// What may stand in a URI anywhere: no white space, no controls, no delimiters of an address.
pub(crate) const fn is_uri_byte(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && !matches!(byte, b'<' | b'>' | b'"')
}

/// Undoes `%41`; a percent sign without two hexadecimal digits stays.
fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = escaped_byte(&text[at..]);
        out.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    Cow::Owned(out)
}

/// The byte that the escape at the beginning of this text stands for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}

fn port(text: &str) -> Option<u16> {
    number(text.as_bytes()).and_then(|port| u16::try_from(port).ok())
}
