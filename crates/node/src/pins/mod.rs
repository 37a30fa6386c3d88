//! PINs: what one is, how it is hashed and checked, and the pepper.
//!
//! A PIN enters with a call, is checked here at the node that took the call, and goes no further: not into
//! the log, not to another node, not into a trace. What the cluster keeps is argon2id's verifier, made with a
//! pepper that is not in the cluster's state: a stolen data directory alone does not give away four digits.

mod hasher;
mod pepper;

use std::fmt;

use zeroize::Zeroizing;

pub use hasher::{Busy, Cost, Pins, Verdict};
pub use pepper::{PepperError, create_pepper_file};

/// The fewest digits of a PIN.
pub const PIN_DIGITS_MIN: usize = 4;
/// The most digits of a PIN.
pub const PIN_DIGITS_MAX: usize = 32;

/// A PIN: 4 to 32 digits. Prints nothing of itself and is wiped from memory when dropped.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes over what was typed; wiped even when it is not a PIN.
    ///
    /// # Errors
    /// [`InvalidPin`], which does not repeat what was typed.
    pub fn parse(typed: String) -> Result<Self, InvalidPin> {
        let typed = Zeroizing::new(typed);
        let length_is_fine = (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&typed.len());
        if length_is_fine && typed.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(typed))
        } else {
            Err(InvalidPin)
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

/// What was typed is not a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits")]
pub struct InvalidPin;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_4_to_32_digits() {
        for (typed, fine) in [
            ("1234", true),
            ("01234567890123456789012345678901", true),
            ("123", false),
            ("012345678901234567890123456789012", false),
            ("12a4", false),
            ("١٢٣٤", false),
            ("", false),
        ] {
            assert_eq!(Pin::parse(typed.to_owned()).is_ok(), fine, "{typed}");
        }
    }

    #[test]
    fn a_pin_is_not_printed() {
        let pin = Pin::parse("1234".to_owned()).unwrap();
        assert_eq!(format!("{pin:?}"), "Pin");
    }
}
