//! CSeq (RFC 3261 §20.16).

use crate::message::Method;

use super::BadValue;

/// A sequence number and the method it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// Below 2^31.
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Reads `4711 INVITE`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(value: &[u8]) -> Result<Self, BadValue> {
        let bad = BadValue("Bad CSeq");
        let text = std::str::from_utf8(value).map_err(|_| bad)?;
        let mut words = text.split_ascii_whitespace();
        let (Some(number), Some(method), None) = (words.next(), words.next(), words.next()) else {
            return Err(bad);
        };
        let number: u32 = number.parse().map_err(|_| bad)?;
        if number >= 1 << 31 {
            return Err(BadValue("CSeq number too large"));
        }
        Ok(Self {
            number,
            method: Method::from_token(method),
        })
    }
}

impl std::fmt::Display for CSeq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}
