//! A PIN while it is being typed.

use std::fmt;

use zeroize::Zeroizing;

/// Shorter ones are asked for again without asking the cluster, so that a slip does not count as a wrong PIN.
/// The node's rule for PINs begins there.
pub const PIN_DIGITS_MIN: usize = 4;

/// Longer ones cannot exist; a further key makes the PIN wrong, it is not cut to fit.
pub const PIN_DIGITS_MAX: usize = 32;

/// Digits that print nothing and are wiped from memory when dropped.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// No digit yet. The room for all of them is taken now: a growing string would leave copies behind.
    #[must_use]
    pub fn new() -> Self {
        Self(Zeroizing::new(String::with_capacity(PIN_DIGITS_MAX + 1)))
    }

    /// Of these digits; `None` when there are other characters among them, or too few or too many.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        let lengths = PIN_DIGITS_MIN..=PIN_DIGITS_MAX;
        if !lengths.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut pin = Self::new();
        pin.0.push_str(digits);
        Some(pin)
    }

    /// Adds a digit.
    pub(super) fn push(&mut self, digit: char) {
        if self.0.len() <= PIN_DIGITS_MAX {
            self.0.push(digit);
        }
    }

    /// How many digits.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The digits, for the request. Whoever calls this keeps them out of logs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Default for Pin {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}
