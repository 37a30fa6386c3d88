//! What is kept of calls for people: ladders of messages, and one record per call. Nothing secret is in either.
//!
//! [`Redactor`] is the only way from a [`Message`](crate::message::Message) into an [`Entry`], and into the line of a
//! [`Cdr`]: digest responses, keys of media and the digits of PINs do not get past it. [`Store`] keeps the ladders of
//! the last calls within bounds, [`render`] draws one as text.

mod cdr;
mod entry;
mod ladder;
mod redact;
mod store;
#[cfg(test)]
mod tests;

pub use self::cdr::{Cdr, Direction, Forward, Outcome, Party};
pub use self::entry::{Detail, Entry, Way};
pub use self::ladder::render;
pub use self::redact::Redactor;
pub use self::store::{Bounds, Ladder, Store, Summary};
