//! CSeq (RFC 3261 §20.16).

use crate::message::Method;

use super::{BadValue, is_token};

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
        if !is_token(method.as_bytes()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad);
        }
        let number = super::number(number.as_bytes()).filter(|number| *number < 1 << 31);
        let number = number.and_then(|number| u32::try_from(number).ok());
        Ok(Self {
            number: number.ok_or(BadValue("CSeq number too large"))?,
            method: Method::from_token(method),
        })
    }
}

impl std::fmt::Display for CSeq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}
