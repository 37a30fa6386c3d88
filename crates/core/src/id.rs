//! Names with a rule: each constructor parses, and afterwards the value is valid.
//!
//! All of them are cheap to clone (short strings are kept inline) and compare bytewise. Ids are folded to
//! lower case, because people type them on keypads and in spreadsheets.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;

/// A name that does not follow its rule. Says what was wrong, what was given and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {got:?} is not valid: expected {expected}")]
pub struct InvalidName {
    /// Which kind of name, in the user's words ("user id", "extension").
    pub what: &'static str,
    /// What was given, cut to 80 characters.
    pub got: String,
    /// The rule, in one phrase.
    pub expected: &'static str,
}

impl InvalidName {
    pub(crate) fn new(what: &'static str, got: &str, expected: &'static str) -> Self {
        Self {
            what,
            got: got.chars().take(80).collect(),
            expected,
        }
    }
}

/// The longest id, alias or group name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// The longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3 less the angle brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// The longest extension, in digits: an E.164 number and room for a prefix.
pub const EXTENSION_DIGITS_MAX: usize = 20;
/// The fewest digits of a number of the outside world, country code included.
pub const NUMBER_DIGITS_MIN: usize = 7;
/// The most digits of a number of the outside world (ITU-T E.164 §6.1).
pub const NUMBER_DIGITS_MAX: usize = 15;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// Parses and normalises; surrounding white space is dropped, letters become lower case.
            ///
            /// # Errors
            /// [`InvalidName`] with the rule that was broken.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                let normalise: fn(&str) -> Result<SmolStr, &'static str> = $parse;
                normalise(text.trim())
                    .map(Self)
                    .map_err(|expected| InvalidName::new($what, text, expected))
            }

            /// The normalised text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text as the cheap-to-clone string that it is kept in.
            #[must_use]
            pub fn as_smol(&self) -> &SmolStr {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

const ID_RULE: &str = "1 to 64 characters of a-z, 0-9, dot, dash or underscore, the first a letter or digit";

fn id(text: &str) -> Result<SmolStr, &'static str> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if !starts_well || text.len() > NAME_BYTES_MAX || !text.bytes().all(legal) {
        return Err(ID_RULE);
    }
    Ok(lower(text))
}

fn lower(text: &str) -> SmolStr {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        SmolStr::new(text.to_ascii_lowercase())
    } else {
        SmolStr::new(text)
    }
}

/// A MAC address in any of its usual spellings becomes twelve hex digits; anything else must be an id.
fn device(text: &str) -> Result<SmolStr, &'static str> {
    let hex: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    if hex.len() == 12 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(SmolStr::new(hex.to_ascii_lowercase()));
    }
    id(text).map_err(
        |_| "a MAC address (12 hex digits), or 1 to 64 characters of a-z, 0-9, dot, dash or underscore",
    )
}

fn extension(text: &str) -> Result<SmolStr, &'static str> {
    if text.is_empty() || text.len() > EXTENSION_DIGITS_MAX || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("1 to 20 digits");
    }
    Ok(SmolStr::new(text))
}

/// Digits, whatever people put between them; the plus in front is dropped.
fn number(text: &str) -> Result<SmolStr, &'static str> {
    const RULE: &str = "an international number such as +13125550142: 7 to 15 digits, the first not 0";
    let digits = without_separators(text.strip_prefix('+').unwrap_or(text));
    let fits = (NUMBER_DIGITS_MIN..=NUMBER_DIGITS_MAX).contains(&digits.len());
    if !fits || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(RULE);
    }
    Ok(SmolStr::new(digits))
}

/// With the plus a [`Number`] that keeps it, without one an [`Extension`]; in both, whatever people put between digits.
fn device_number(text: &str) -> Result<SmolStr, &'static str> {
    const RULE: &str = "a number: with + and country code (+13125550142, 7 to 15 digits), or 1 to 20 digits as they \
                        are dialled in the company";
    if text.starts_with('+') {
        let digits = number(text).map_err(|_| RULE)?;
        return Ok(smol_str::format_smolstr!("+{digits}"));
    }
    extension(&without_separators(text)).map_err(|_| RULE)
}

fn without_separators(text: &str) -> String {
    let is_kept = |c: &char| !matches!(c, ' ' | '-' | '.' | '(' | ')');
    text.chars().filter(is_kept).collect()
}

fn email(text: &str) -> Result<SmolStr, &'static str> {
    const RULE: &str = "an address such as name@example.com, at most 254 characters";
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Err(RULE);
    };
    let clean = text.bytes().all(|b| b.is_ascii_graphic());
    if local.is_empty() || domain.is_empty() || !clean || text.len() > EMAIL_BYTES_MAX {
        return Err(RULE);
    }
    Ok(lower(text))
}

fn any_name(text: &str) -> Result<SmolStr, &'static str> {
    email(text)
        .or_else(|_| id(text))
        .or_else(|_| {
            if text.starts_with('+') {
                number(text)
            } else {
                Err("")
            }
        })
        .map_err(|_| "a user id, an alias, an e-mail address, an extension or a number")
}

name_type!(
    /// A person who logs in.
    UserId, "user id", id
);
name_type!(
    /// A phone, by its MAC address (kept as 12 lower-case hex digits) or another stable id.
    DeviceId, "device id", device
);
name_type!(
    /// An office.
    SiteId, "site id", id
);
name_type!(
    /// A set of users that share a policy.
    GroupId, "group id", id
);
name_type!(
    /// The number other people dial to reach a user; digits only.
    Extension, "extension", extension
);
name_type!(
    /// A number of the outside world that reaches a user; kept as its digits, country code first (E.164).
    Number, "number", number
);
name_type!(
    /// A phone's own number: one of the outside world, kept as `+` and its digits (E.164), or digits that mean something
    /// inside the company.
    DeviceNumber, "number of a phone", device_number
);
name_type!(
    /// A SIP proxy at an office.
    EdgeId, "edge id", id
);
name_type!(
    /// Another name under which a user may log in; often digits, for keypads.
    Alias, "alias", id
);
name_type!(
    /// An e-mail address under which a user may log in.
    Email, "e-mail address", email
);
name_type!(
    /// What somebody typed to say who they are: a user id, an alias, an e-mail address, an extension or a number.
    /// One name means at most one user; the state sees to it.
    UserName, "user name", any_name
);

impl DeviceId {
    /// Not an id, but before all of them: where a range begins.
    pub(crate) const fn first() -> Self {
        Self(SmolStr::new_inline(""))
    }
}

impl From<&UserId> for UserName {
    fn from(id: &UserId) -> Self {
        Self(id.0.clone())
    }
}

impl From<&Extension> for UserName {
    fn from(extension: &Extension) -> Self {
        Self(extension.0.clone())
    }
}

impl DeviceNumber {
    /// The number with its plus, if it can be called from outside.
    #[must_use]
    pub fn e164(&self) -> Option<&SmolStr> {
        self.0.starts_with('+').then_some(&self.0)
    }
}

impl From<&Alias> for UserName {
    fn from(alias: &Alias) -> Self {
        Self(alias.0.clone())
    }
}

impl From<&Number> for UserName {
    fn from(number: &Number) -> Self {
        Self(number.0.clone())
    }
}

impl From<&Email> for UserName {
    fn from(email: &Email) -> Self {
        Self(email.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_has_one_spelling() {
        for text in [
            "00:1A:2B:3C:4D:5E",
            "001a2b3c4d5e",
            "001A.2B3C.4D5E",
            "00-1a-2b-3c-4d-5e",
        ] {
            assert_eq!(DeviceId::parse(text).unwrap().as_str(), "001a2b3c4d5e");
        }
        assert_eq!(DeviceId::parse("Lobby-1").unwrap().as_str(), "lobby-1");
    }

    #[test]
    fn a_number_has_one_spelling() {
        for text in [
            "+13125550142",
            "13125550142",
            "+1 (312) 555-0142",
            "1.312.555.0142",
        ] {
            assert_eq!(Number::parse(text).unwrap().as_str(), "13125550142", "{text}");
        }
        assert_eq!(
            UserName::parse("+1 312-555-0142").unwrap().as_str(),
            "13125550142"
        );
        for text in ["+0312555014", "123456", "1234567890123456", "+1312x550142", "+"] {
            assert!(Number::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_phones_number_is_one_of_the_outside_world_with_its_plus_or_digits() {
        for (text, kept, is_outside) in [
            ("+13125550142", "+13125550142", true),
            (" +1 (312) 555-0142 ", "+13125550142", true),
            ("7012", "7012", false),
            ("70 12", "7012", false),
            ("13125550142", "13125550142", false),
            ("7", "7", false),
        ] {
            let number = DeviceNumber::parse(text).unwrap();
            assert_eq!(number.as_str(), kept, "{text}");
            assert_eq!(number.e164().is_some(), is_outside, "{text}");
        }
        let long = "7".repeat(EXTENSION_DIGITS_MAX + 1);
        for text in [
            "",
            "+",
            "abc",
            "12a",
            "<sip:x>",
            "+1312",
            "+0312555014",
            "+1+2",
            "++13125550142",
            &long,
        ] {
            let error = DeviceNumber::parse(text).unwrap_err().to_string();
            assert!(error.contains("with + and country code"), "{error}");
        }
    }

    #[test]
    fn bad_names_say_what_was_expected() {
        for (text, parse) in [
            ("", UserId::parse("").map(drop)),
            ("john smith", UserId::parse("john smith").map(drop)),
            ("-x", UserId::parse("-x").map(drop)),
        ] {
            let error = parse.unwrap_err();
            assert_eq!(error.got, text);
            assert!(error.to_string().contains("a-z"), "{error}");
        }
        assert!(Extension::parse("20a1").is_err());
        assert!(Extension::parse("123456789012345678901").is_err());
        assert!(Email::parse("nobody").is_err());
        assert!(Email::parse("a@b").is_ok());
        assert_eq!(
            UserName::parse(" Ada@Example.COM ").unwrap().as_str(),
            "ada@example.com"
        );
    }
}
