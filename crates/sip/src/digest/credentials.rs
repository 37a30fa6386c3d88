//! The parameters of Authorization, and of challenges.

use std::borrow::Cow;
use std::fmt;

use smol_str::SmolStr;
use zeroize::Zeroizing;

use super::Algorithm;
use crate::message::split_list;

/// Quality of protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qop {
    /// The request line is covered.
    Auth,
    /// The body as well.
    AuthInt,
}

impl Qop {
    /// "auth" or "auth-int".
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    fn parse(token: &[u8]) -> Option<Self> {
        let all = [Self::Auth, Self::AuthInt];
        all.into_iter()
            .find(|qop| qop.token().as_bytes().eq_ignore_ascii_case(token))
    }
}

/// What a client says of itself. The response and the client's nonce are never printed.
#[derive(Clone)]
pub struct Credentials {
    /// The account's name, escapes undone.
    pub username: SmolStr,
    /// The realm.
    pub realm: SmolStr,
    /// The Request-URI as the client saw it, byte for byte.
    pub uri: Vec<u8>,
    /// The algorithm; MD5 when not given (RFC 7616 §3.4).
    pub algorithm: Algorithm,
    /// The `-sess` variant of it.
    pub sess: bool,
    /// `None` as in RFC 2069.
    pub qop: Option<Qop>,
    /// The nonce count; 0 without qop.
    pub nc: u32,
    pub(super) nonce: Vec<u8>,
    /// As text, for it is hashed as such.
    pub(super) nc_text: Vec<u8>,
    pub(super) cnonce: Vec<u8>,
    pub(super) response: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .field("realm", &self.realm)
            .field("algorithm", &self.algorithm)
            .field("sess", &self.sess)
            .field("qop", &self.qop)
            .field("nc", &self.nc)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads the value of Authorization or Proxy-Authorization. Parameters may be quoted or not, whatever the
    /// grammar says of each: phones differ. Unknown parameters are passed over.
    ///
    /// # Errors
    /// A phrase that can stand in a 400 response.
    pub fn parse(value: &[u8]) -> Result<Self, &'static str> {
        let fields = Fields::parse(value)?;
        if fields
            .get("userhash")
            .is_some_and(|hashed| hashed.eq_ignore_ascii_case(b"true"))
        {
            return Err("userhash is not supported");
        }
        let (algorithm, sess) = match fields.text("algorithm") {
            None => (Algorithm::Md5, false),
            Some(token) => Algorithm::parse(&token).ok_or("Unknown digest algorithm")?,
        };
        let qop = match fields.get("qop") {
            None => None,
            Some(token) => Some(Qop::parse(token).ok_or("Unknown digest qop")?),
        };
        let (nc_text, nc) = match (qop, fields.get("nc")) {
            (None, _) => (Vec::new(), 0),
            (Some(_), None) => return Err("Digest without nonce count"),
            (Some(_), Some(text)) => (text.to_vec(), nonce_count(text).ok_or("Bad nonce count")?),
        };
        let cnonce = fields.get("cnonce").unwrap_or_default().to_vec();
        if cnonce.is_empty() && qop.is_some() {
            return Err("Digest without client nonce");
        }
        if sess && qop.is_none() {
            return Err("Session digest without qop");
        }
        let response = fields.get("response").ok_or("Digest without response")?;
        let response = data_encoding::HEXLOWER_PERMISSIVE
            .decode(response)
            .map_err(|_| "Bad digest response")?;
        Ok(Self {
            username: SmolStr::new(fields.text("username").ok_or("Digest without username")?),
            realm: SmolStr::new(fields.text("realm").ok_or("Digest without realm")?),
            uri: fields.get("uri").ok_or("Digest without uri")?.to_vec(),
            algorithm,
            sess,
            qop,
            nc,
            nonce: fields.get("nonce").ok_or("Digest without nonce")?.to_vec(),
            nc_text,
            cnonce,
            response: Zeroizing::new(response),
        })
    }
}

/// Eight hexadecimal digits by the grammar; fewer are read as well.
fn nonce_count(text: &[u8]) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 8 && text.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(text).ok().filter(|_| digits)?;
    u32::from_str_radix(text, 16).ok()
}

/// The parameters behind the word "Digest".
pub(super) struct Fields<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Fields<'a> {
    /// Names with their values, quotes taken off, escapes kept: what is hashed is hashed as it was sent.
    pub(super) fn parse(value: &'a [u8]) -> Result<Self, &'static str> {
        let value = value.trim_ascii();
        let rest = value
            .split_at_checked(SCHEME.len())
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME))
            .map(|(_, rest)| rest)
            .filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
            .ok_or("Not the Digest scheme")?;
        let mut fields: Vec<(&[u8], &[u8])> = Vec::with_capacity(12);
        for field in split_list(rest) {
            let at = memchr::memchr(b'=', field).ok_or("Digest parameter without value")?;
            let (name, value) = (field[..at].trim_ascii(), field[at + 1..].trim_ascii());
            let value = match value.strip_prefix(b"\"") {
                Some(quoted) => quoted.strip_suffix(b"\"").ok_or("Unclosed quote")?,
                None => value,
            };
            // Two readings of one header are a way around a check.
            if fields.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                return Err("Digest parameter given twice");
            }
            if fields.len() == FIELDS_MAX {
                return Err("Too many digest parameters");
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        let found = self
            .0
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(found.1)
    }

    /// As text with escapes undone; `None` when missing or not UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let text = std::str::from_utf8(self.get(name)?).ok()?;
        if !text.contains('\\') {
            return Some(Cow::Borrowed(text));
        }
        let mut out = String::with_capacity(text.len());
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => out.extend(letters.next()),
                other => out.push(other),
            }
        }
        Some(Cow::Owned(out))
    }
}

const SCHEME: &[u8] = b"Digest";

/// Far above what any RFC defines; more are refused.
const FIELDS_MAX: usize = 32;
