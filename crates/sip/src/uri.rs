//! URIs: sip, sips and tel taken apart, everything else kept whole (RFC 3261 §19.1, RFC 3966).

use std::borrow::Cow;

use bytes::Bytes;

use crate::value::{BadValue, Params};

/// A URI. Keeps its bytes as they came; parts are slices of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    bytes: Bytes,
    /// Its scheme.
    pub scheme: Scheme,
    /// The user part as it stands there, escapes kept; for tel the number.
    pub user: Option<Bytes>,
    /// The host; an IPv6 address in its brackets. Empty but for sip and sips.
    pub host: smol_str::SmolStr,
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
    Other(smol_str::SmolStr),
}

impl Uri {
    /// Reads a URI.
    ///
    /// # Errors
    /// When it has no scheme, or is a sip URI without a host.
    pub fn parse(text: &[u8]) -> Result<Self, BadValue> {
        let bytes = Bytes::copy_from_slice(text);
        let whole = |scheme| Self {
            bytes: bytes.clone(),
            scheme,
            user: None,
            host: smol_str::SmolStr::default(),
            port: None,
            params: Params::default(),
            headers: None,
        };
        if text == b"*" {
            return Ok(whole(Scheme::Other("*".into())));
        }
        let colon = memchr::memchr(b':', text).ok_or(BadValue("URI without scheme"))?;
        let scheme = std::str::from_utf8(&text[..colon]).map_err(|_| BadValue("Bad URI scheme"))?;
        let mut uri = whole(match scheme.to_ascii_lowercase().as_str() {
            "sip" => Scheme::Sip,
            "sips" => Scheme::Sips,
            "tel" => Scheme::Tel,
            "urn" => Scheme::Urn,
            other => Scheme::Other(other.into()),
        });
        let rest = &text[colon + 1..];
        match uri.scheme {
            Scheme::Sip | Scheme::Sips => uri.read_sip(rest)?,
            Scheme::Tel => {
                let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
                uri.user = Some(Bytes::copy_from_slice(&rest[..end]));
                uri.params = Params::parse(rest.get(end + 1..).unwrap_or_default());
            }
            Scheme::Urn | Scheme::Other(_) => {}
        }
        Ok(uri)
    }

    fn read_sip(&mut self, rest: &[u8]) -> Result<(), BadValue> {
        let bad = BadValue("Bad URI");
        // The user part may hold ";" and "?", so the "@" is looked for first.
        let (user, rest) =
            match memchr::memrchr(b'@', &rest[..memchr::memchr(b'>', rest).unwrap_or(rest.len())]) {
                Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
                None => (None, rest),
            };
        self.user = user.map(|user| {
            let end = memchr::memchr(b':', user).unwrap_or(user.len());
            Bytes::copy_from_slice(&user[..end])
        });
        let (rest, headers) = match memchr::memchr(b'?', rest) {
            Some(at) => (&rest[..at], Some(Bytes::copy_from_slice(&rest[at + 1..]))),
            None => (rest, None),
        };
        self.headers = headers;
        let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
        self.params = Params::parse(rest.get(end + 1..).unwrap_or_default());
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

    /// The user part with its escapes undone, as text; `None` when there is none or it is not UTF-8.
    #[must_use]
    pub fn user_text(&self) -> Option<Cow<'_, str>> {
        let user = self.user.as_deref()?;
        if memchr::memchr(b'%', user).is_none() {
            return std::str::from_utf8(user).ok().map(Cow::Borrowed);
        }
        let mut out = Vec::with_capacity(user.len());
        let mut at = 0;
        while at < user.len() {
            let hex = (user[at] == b'%').then(|| user.get(at + 1..at + 3)).flatten();
            let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
            out.push(byte.unwrap_or(user[at]));
            at += if byte.is_some() { 3 } else { 1 };
        }
        String::from_utf8(out).ok().map(Cow::Owned)
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
pub(crate) fn split_host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if text.starts_with('[') {
        let end = text.find(']')? + 1;
        let (host, rest) = text.split_at(end);
        (
            host,
            rest.trim()
                .strip_prefix(':')
                .or_else(|| (!rest.trim().is_empty()).then_some("x")),
        )
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host.trim(), Some(port)),
            None => (text.trim(), None),
        }
    };
    let port = match port {
        Some(port) => Some(port.trim().parse().ok()?),
        None => None,
    };
    (!host.is_empty()).then_some((host, port))
}
