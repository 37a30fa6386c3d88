//! Parameters: `;name=value;flag`.

use bytes::Bytes;

/// Parameters in their order. Names compare without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(Bytes, Option<Bytes>)>);

impl Params {
    /// Reads `;a=b;c` (or nothing). Quoted values keep their quotes.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut params = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = param_end(rest);
            let param = rest[..end].trim_ascii();
            if !param.is_empty() {
                let (name, value) = match memchr::memchr(b'=', param) {
                    Some(at) => (param[..at].trim_ascii(), Some(param[at + 1..].trim_ascii())),
                    None => (param, None),
                };
                params.push((Bytes::copy_from_slice(name), value.map(Bytes::copy_from_slice)));
            }
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        Self(params)
    }

    /// The value of a parameter: `Some("")` for one without a value. Quotes are kept.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self
            .0
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(found.1.as_deref().unwrap_or_default())
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
        let value = value.map(|value| Bytes::copy_from_slice(value.as_bytes()));
        match self
            .0
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
        {
            Some(param) => param.1 = value,
            None => self.0.push((Bytes::copy_from_slice(name.as_bytes()), value)),
        }
    }

    /// Removes a parameter.
    pub fn remove(&mut self, name: &str) {
        self.0
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name.as_bytes()));
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.0.iter().map(|(name, value)| (&name[..], value.as_deref()))
    }

    /// Writes `;a=b;c`.
    pub fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            out.push(b';');
            out.extend_from_slice(name);
            if let Some(value) = value {
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
    }
}

fn param_end(text: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}
