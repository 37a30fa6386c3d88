//! Parameters: `;name=value;flag`.

use bytes::Bytes;

use super::token::{closing_quote, find_unquoted};
use super::{BadValue, is_token};

/// More parameters than this are refused where they are checked, so that looking for repeated ones stays cheap.
const PARAMS_MAX: usize = 64;

/// Parameters in their order, kept as they came and looked at where they are asked for. Names compare without
/// regard to case.
#[derive(Clone, Default)]
pub struct Params(Bytes);

impl Params {
    /// Reads `;a=b;c` (or nothing). Quoted values keep their quotes; empty parameters are passed over.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(text))
    }

    /// As [`parse`](Self::parse), sharing the memory.
    #[must_use]
    pub const fn from_bytes(text: Bytes) -> Self {
        Self(text)
    }

    /// Checks what header parameters must keep to: each has a name that is a token, none is empty or stands
    /// there twice (RFC 3261 §7.3.1), quotes are closed.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), BadValue> {
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut rest: &[u8] = self.0.trim_ascii();
        if rest == b";" {
            return Err(BadValue("Empty parameter"));
        }
        rest = rest.strip_prefix(b";").unwrap_or(rest);
        while !rest.is_empty() {
            let end = find_unquoted(rest, b';');
            let (name, value) = name_and_value(&rest[..end]);
            if !is_token(name) {
                return Err(BadValue("Bad parameter"));
            }
            if !value.is_none_or(is_closed) {
                return Err(BadValue("Unclosed quote"));
            }
            if seen.len() == PARAMS_MAX || seen.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                return Err(BadValue("Parameter repeated"));
            }
            seen.push(name);
            if end + 1 == rest.len() {
                return Err(BadValue("Empty parameter"));
            }
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The value of a parameter: `Some("")` for one without a value. Quotes are kept.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(found.1.unwrap_or_default())
    }

    /// The value as text, without quotes; `None` when missing or not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(self.get(name)?).ok()?;
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        Some(inner.unwrap_or(text))
    }

    /// Sets or adds a parameter.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let mut out = Vec::with_capacity(self.0.len() + name.len() + value.map_or(0, str::len) + 2);
        let value = value.map(str::as_bytes);
        let mut is_new = true;
        for (other, old) in self.iter() {
            let is_it = other.eq_ignore_ascii_case(name.as_bytes());
            is_new &= !is_it;
            write_one(&mut out, other, if is_it { value } else { old });
        }
        if is_new {
            write_one(&mut out, name.as_bytes(), value);
        }
        self.0 = out.into();
    }

    /// Removes a parameter.
    pub fn remove(&mut self, name: &str) {
        if self.get(name).is_none() {
            return;
        }
        let mut out = Vec::with_capacity(self.0.len());
        for (other, value) in self.iter() {
            if !other.eq_ignore_ascii_case(name.as_bytes()) {
                write_one(&mut out, other, value);
            }
        }
        self.0 = out.into();
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let end = find_unquoted(rest, b';');
                let param = rest[..end].trim_ascii();
                rest = rest.get(end + 1..).unwrap_or_default();
                if !param.is_empty() {
                    return Some(name_and_value(param));
                }
            }
            None
        })
    }

    /// Writes `;a=b;c`.
    pub fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in self.iter() {
            write_one(out, name, value);
        }
    }
}

impl PartialEq for Params {
    /// The same names, values and order, whatever white space stands between them.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Params {}

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.iter().map(|(name, _)| String::from_utf8_lossy(name));
        f.debug_list().entries(names).finish()
    }
}

/// Whether a value is one quoted string, or has no quotes.
fn is_closed(value: &[u8]) -> bool {
    match value.strip_prefix(b"\"") {
        Some(quoted) => closing_quote(quoted).is_some_and(|at| at + 1 == quoted.len()),
        None => memchr::memchr(b'"', value).is_none(),
    }
}

fn name_and_value(param: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'=', param) {
        Some(at) => (param[..at].trim_ascii(), Some(param[at + 1..].trim_ascii())),
        None => (param.trim_ascii(), None),
    }
}

fn write_one(out: &mut Vec<u8>, name: &[u8], value: Option<&[u8]>) {
    out.push(b';');
    out.extend_from_slice(name);
    if let Some(value) = value {
        out.push(b'=');
        out.extend_from_slice(value);
    }
}
