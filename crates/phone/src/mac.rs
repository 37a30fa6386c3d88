//! The address of a phone's network interface.

use std::fmt;
use std::str::FromStr;

/// A unicast MAC address (IEEE 802, 48 bits). Shown as 12 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; 6]);

/// Why something is no phone's MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// Not 12 hex digits, with or without separators.
    #[error("a MAC address has 12 hex digits")]
    Form,
    /// The first octet is odd: a group, not a phone (IEEE 802 §8.2).
    #[error("this is a multicast address; no phone has one")]
    Multicast,
    /// All zeros.
    #[error("this address is all zeros; no phone has it")]
    Zero,
}

impl Mac {
    /// From its octets.
    ///
    /// # Errors
    /// [`MacError::Multicast`], [`MacError::Zero`].
    pub const fn new(octets: [u8; 6]) -> Result<Self, MacError> {
        if octets[0] & 1 == 1 {
            return Err(MacError::Multicast);
        }
        if matches!(octets, [0, 0, 0, 0, 0, 0]) {
            return Err(MacError::Zero);
        }
        Ok(Self(octets))
    }

    /// 12 upper-case hex digits, as Cisco's file names have them.
    #[must_use]
    pub fn upper(self) -> String {
        self.to_string().to_ascii_uppercase()
    }
}

impl FromStr for Mac {
    type Err = MacError;

    /// Any of `001565a0b1c2`, `00:15:65:A0:B1:C2`, `00-15-65-a0-b1-c2`, `0015.65a0.b1c2`.
    fn from_str(text: &str) -> Result<Self, MacError> {
        let mut octets = [0_u8; 6];
        let mut digits = 0;
        for c in text.bytes().filter(|c| !matches!(c, b':' | b'-' | b'.')) {
            let value = char::from(c).to_digit(16).ok_or(MacError::Form)?;
            let octet = octets.get_mut(digits / 2).ok_or(MacError::Form)?;
            *octet = *octet << 4 | u8::try_from(value).map_err(|_| MacError::Form)?;
            digits += 1;
        }
        if digits != 12 {
            return Err(MacError::Form);
        }
        Self::new(octets)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_are_one_address() {
        for text in [
            "001565a0b1c2",
            "00:15:65:A0:B1:C2",
            "00-15-65-a0-b1-c2",
            "0015.65a0.b1c2",
        ] {
            assert_eq!(text.parse::<Mac>().unwrap().to_string(), "001565a0b1c2");
        }
    }

    #[test]
    fn what_no_phone_can_have_is_refused() {
        for (text, why) in [
            ("01005e000175", MacError::Multicast),
            ("ffffffffffff", MacError::Multicast),
            ("000000000000", MacError::Zero),
            ("001565a0b1", MacError::Form),
            ("001565a0b1c2d3", MacError::Form),
            ("001565a0b1cg", MacError::Form),
            ("", MacError::Form),
        ] {
            assert_eq!(text.parse::<Mac>(), Err(why), "{text}");
        }
    }
}
