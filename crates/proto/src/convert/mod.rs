//! Core types to the public wire types and back.
//!
//! To the wire: `v1::Site::from(&site)`. From the wire: `Site::try_from(message)`, which answers [`Invalid`]
//! with a sentence, because a person may have typed what is in the message. Names are parsed (and so folded to
//! their one spelling); the lengths of free texts and the ranges of policies are the core's to refuse.

mod calls;
mod directory;
mod event;
mod phones;
mod policy;
mod session;

use std::fmt;
use std::str::FromStr;

use hotdesk_core::{InvalidName, RequestId, TimeMs};

pub(crate) use directory::names;
pub use directory::{import_row, put_device, put_user};
pub(crate) use phones::seed;
pub use phones::token_hash;

/// A message that does not say what it must. Both parts are for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where: the path of the field inside the message (`user.aliases[2]`); empty for the message as a whole.
    pub field: String,
    /// What is wrong with it and what was expected.
    pub problem: String,
}

impl Invalid {
    /// A problem with `field`.
    #[must_use]
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }

    /// The same problem, seen from a message that has this one in its field `parent`.
    #[must_use]
    pub fn within(self, parent: impl fmt::Display) -> Self {
        let field = if self.field.is_empty() {
            parent.to_string()
        } else {
            format!("{parent}.{}", self.field)
        };
        Self { field, ..self }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.field, self.problem)
        }
    }
}

impl std::error::Error for Invalid {}

/// A name that must be there.
///
/// # Errors
/// [`Invalid`] with the rule that the name breaks.
pub fn name<T: FromStr<Err = InvalidName>>(field: &str, text: &str) -> Result<T, Invalid> {
    text.parse()
        .map_err(|error: InvalidName| Invalid::new(field, error.to_string()))
}

/// A name that may be left out: an empty text is `None`.
///
/// # Errors
/// As [`name`].
pub fn optional_name<T: FromStr<Err = InvalidName>>(field: &str, text: &str) -> Result<Option<T>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    name(field, text).map(Some)
}

/// A part that must be there; `expected` says what it is ("the site").
///
/// # Errors
/// [`Invalid`] when it is missing.
pub fn required<T>(field: &str, part: Option<T>, expected: &str) -> Result<T, Invalid> {
    part.ok_or_else(|| Invalid::new(field, format!("is missing: expected {expected}")))
}

/// A part that must be there and is a message of its own; its problems carry the path.
///
/// # Errors
/// [`Invalid`] when it is missing or does not convert.
pub fn part<W, T: TryFrom<W, Error = Invalid>>(
    field: &str,
    part: Option<W>,
    expected: &str,
) -> Result<T, Invalid> {
    T::try_from(required(field, part, expected)?).map_err(|invalid| invalid.within(field))
}

/// A part that may be left out and is a message of its own; its problems carry the path.
///
/// # Errors
/// [`Invalid`] when it does not convert.
pub fn optional_part<W, T: TryFrom<W, Error = Invalid>>(
    field: &str,
    part: Option<W>,
) -> Result<Option<T>, Invalid> {
    let part = part.map(T::try_from).transpose();
    part.map_err(|invalid| invalid.within(field))
}

/// A request id that may be left out: 16 bytes, or none.
///
/// # Errors
/// [`Invalid`] for any other length.
pub fn optional_request_id(field: &str, bytes: &[u8]) -> Result<Option<RequestId>, Invalid> {
    if bytes.is_empty() {
        return Ok(None);
    }
    request_id(field, bytes).map(Some)
}

/// A request id that must be there: 16 bytes.
///
/// # Errors
/// [`Invalid`] for any other length.
pub fn request_id(field: &str, bytes: &[u8]) -> Result<RequestId, Invalid> {
    match bytes.try_into() {
        Ok(bytes) => Ok(RequestId(u128::from_be_bytes(bytes))),
        Err(_) => Err(Invalid::new(
            field,
            format!("must be 16 bytes, such as a random UUID, got {}", bytes.len()),
        )),
    }
}

/// On the wire, 0 is "no time".
const fn time_or_zero(time: Option<TimeMs>) -> u64 {
    match time {
        Some(time) => time.0,
        None => 0,
    }
}

const fn time_unless_zero(ms: u64) -> Option<TimeMs> {
    match ms {
        0 => None,
        ms => Some(TimeMs(ms)),
    }
}
