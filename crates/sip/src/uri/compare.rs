//! When two URIs are the same (RFC 3261 §19.1.4, RFC 3966 §4).

use super::{Scheme, Uri, escaped_byte};

/// Parameters that must be in both URIs if they are in one. Others only count where both have them.
const MUST_MATCH: [&str; 6] = ["user", "ttl", "method", "maddr", "transport", "gr"];

/// URIs with more parameters than this equal only themselves, so that comparing stays cheap.
const PARAMS_MAX: usize = 64;

impl Uri {
    /// Whether the two mean the same by the rules of their scheme. For sip and sips: the user part compares
    /// with regard to case and with escapes undone, everything else without regard to case; a port that is
    /// written does not equal the default that is not; `gr` counts as RFC 5627 §4.1 says. For tel: visual
    /// separators do not count.
    #[must_use]
    pub fn is_equivalent(&self, other: &Self) -> bool {
        if self.as_bytes() == other.as_bytes() {
            return true;
        }
        let is_long = |uri: &Self| uri.params.iter().nth(PARAMS_MAX).is_some();
        if self.scheme != other.scheme || is_long(self) || is_long(other) {
            return false;
        }
        match self.scheme {
            Scheme::Sip | Scheme::Sips => {
                same_option(self.userinfo(), other.userinfo(), false)
                    && self.same_host(other)
                    && self.port == other.port
                    && self.same_params(other)
                    && other.same_params(self)
                    && self.same_headers(other)
            }
            Scheme::Tel => {
                let digits = |uri: &Self| -> Vec<u8> {
                    let number = uri.user.as_deref().unwrap_or_default().iter();
                    number
                        .filter(|byte| !matches!(byte, b'-' | b'.' | b'(' | b')'))
                        .map(u8::to_ascii_lowercase)
                        .collect()
                };
                let covers = |a: &Self, b: &Self| {
                    a.params.iter().all(|(name, value)| {
                        let Ok(name) = std::str::from_utf8(name) else {
                            return false;
                        };
                        b.params
                            .get(name)
                            .is_some_and(|found| same(found, value.unwrap_or_default(), true))
                    })
                };
                digits(self) == digits(other) && covers(self, other) && covers(other, self)
            }
            Scheme::Urn => same(self.as_bytes(), other.as_bytes(), true),
            Scheme::Other(_) => self.as_bytes() == other.as_bytes(),
        }
    }

    /// User and password as they stand there.
    fn userinfo(&self) -> Option<&[u8]> {
        let start = memchr::memchr(b':', &self.bytes)? + 1;
        let rest = &self.bytes[start..];
        Some(&rest[..memchr::memchr(b'@', rest)?])
    }

    fn same_host(&self, other: &Self) -> bool {
        match (self.ip(), other.ip()) {
            (Some(one), Some(two)) => one == two,
            _ => self.host.eq_ignore_ascii_case(&other.host),
        }
    }

    fn same_params(&self, other: &Self) -> bool {
        let both_or_none = MUST_MATCH
            .iter()
            .all(|name| same_option(self.params.get(name), other.params.get(name), true));
        both_or_none
            && self.params.iter().all(|(name, value)| {
                let found = std::str::from_utf8(name)
                    .ok()
                    .and_then(|name| other.params.get(name));
                found.is_none_or(|found| same(found, value.unwrap_or_default(), true))
            })
    }

    /// Header components count always, in any order.
    fn same_headers(&self, other: &Self) -> bool {
        let parts = |uri: &Self| -> Vec<Vec<u8>> {
            let headers = uri.headers.clone().unwrap_or_default();
            let mut parts: Vec<_> = headers
                .split(|byte| *byte == b'&')
                .filter(|part| !part.is_empty())
                .map(|part| normal(part, true))
                .collect();
            parts.sort_unstable();
            parts
        };
        self.headers == other.headers || parts(self) == parts(other)
    }
}

fn same_option(one: Option<&[u8]>, two: Option<&[u8]>, any_case: bool) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => same(one, two, any_case),
        (None, None) => true,
        _ => false,
    }
}

fn same(one: &[u8], two: &[u8], any_case: bool) -> bool {
    one == two || normal(one, any_case) == normal(two, any_case)
}

/// With escapes undone, but for those of reserved characters, which are not the same as the characters; these
/// escapes in capitals.
fn normal(text: &[u8], any_case: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match escaped_byte(&text[at..]) {
            Some(byte) if is_reserved(byte) => {
                out.extend(text[at..at + 3].iter().map(u8::to_ascii_uppercase));
                at += 3;
            }
            found => {
                let byte = found.unwrap_or(text[at]);
                out.push(if any_case { byte.to_ascii_lowercase() } else { byte });
                at += if found.is_some() { 3 } else { 1 };
            }
        }
    }
    out
}

/// RFC 3261 §25.1 `reserved`, and the percent sign, whose escape must not read as the beginning of another.
const fn is_reserved(byte: u8) -> bool {
    matches!(
        byte,
        b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'%'
    )
}
