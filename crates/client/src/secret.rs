//! Secrets that print nothing and are wiped from memory when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A PIN as it was typed. Not checked here: the node knows the rule (4 to 32 digits).
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

/// The token that allows administration, sent as `authorization: Bearer …`.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

/// What becomes of the password of a phone's own SIP account.
#[derive(Clone)]
pub enum DeviceSecret {
    /// This one. Not checked here: the node knows the rule (8 to 128 printable ASCII characters).
    Password(Zeroizing<String>),
    /// One that the node makes and answers, once. The phone finds its documents with what it knew before until it has
    /// come with the new one, for at most 30 days.
    Generate,
    /// The same, and what the phone knew before is worth nothing at once: it has leaked.
    GenerateAndRevoke,
    /// None: the phone cannot register any more.
    Remove,
}

impl Pin {
    /// Takes the PIN over.
    #[must_use]
    pub fn new(pin: impl Into<String>) -> Self {
        Self(Zeroizing::new(pin.into()))
    }

    /// The PIN, for the request. Whoever calls this keeps it out of logs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Token {
    /// Takes the token over; surrounding white space (a file's last newline) is dropped.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        let whole = Zeroizing::new(token.into());
        Self(Zeroizing::new(whole.trim().to_owned()))
    }

    /// The token, for the request. Whoever calls this keeps it out of logs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Generate => "Generate",
            Self::GenerateAndRevoke => "GenerateAndRevoke",
            Self::Remove => "Remove",
        })
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_print_nothing() {
        let password = DeviceSecret::Password(String::from("4711").into());
        let shown = format!("{:?} {:?} {password:?}", Pin::new("4711"), Token::new("4711"));
        assert!(!shown.contains("4711"));
        assert_eq!(Token::new("abc\n").reveal(), "abc");
    }
}
