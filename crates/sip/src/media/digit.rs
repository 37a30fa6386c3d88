//! A key of a phone.

use std::fmt;

/// One key: `0` to `9`, `*`, `#`, `A` to `D`. Prints nothing, for it may be one of a PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digit(u8);

impl Digit {
    /// `*`.
    pub const STAR: Self = Self(b'*');
    /// `#`.
    pub const POUND: Self = Self(b'#');

    /// From its character.
    #[must_use]
    pub const fn from_char(key: char) -> Option<Self> {
        match key {
            '0'..='9' | '*' | '#' | 'A'..='D' => Some(Self(key as u8)),
            'a'..='d' => Some(Self(key.to_ascii_uppercase() as u8)),
            _ => None,
        }
    }

    /// From an event code (RFC 4733 §3.2, table 3): 0 to 9, 10 for `*`, 11 for `#`, 12 to 15 for `A` to `D`.
    #[must_use]
    pub const fn from_event(code: u8) -> Option<Self> {
        match code {
            0..=9 => Some(Self(b'0' + code)),
            10 => Some(Self::STAR),
            11 => Some(Self::POUND),
            12..=15 => Some(Self(b'A' + code - 12)),
            _ => None,
        }
    }

    /// Its character. Whoever calls this keeps it out of logs.
    #[must_use]
    pub const fn reveal(self) -> char {
        self.0 as char
    }

    /// One of `0` to `9`.
    #[must_use]
    pub const fn is_number(self) -> bool {
        self.0.is_ascii_digit()
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digit(..)")
    }
}
