//! Star codes: log in, log out and "who am I" from any phone that can dial and press keys.
//!
//! A phone calls `*11`, `*12` or `*13`; [`Code::parse`] reads what was dialled and a [`Dialogue`] talks to the
//! person: prompts out, keys in. It is pure: the time is an argument, what the cluster is asked is an [`Effect`], and
//! what it answers is an [`Input`].
//!
//! ```text
//! *11 ───────────► extension ──#/pause──► PIN ──#/pause──► asking ──┬─► said, hang up
//! *11*EXT ─────────────────────────────►   ▲                  ▲  └──┼── wrong PIN, tries left: PIN again
//! *11*EXT*PIN ─────────────────────────────┼──────────────────┤     └─► no answer: unreachable, hang up
//! *12, *13 ────────────────────────────────┴──────────────────┘
//! ```

mod code;
mod dialogue;
mod pin;
#[cfg(test)]
mod tests;

pub use self::code::Code;
pub use self::dialogue::{Answer, Dialogue, Effect, Input, Refusal};
pub use self::pin::{PIN_DIGITS_MAX, PIN_DIGITS_MIN, Pin};

/// An extension of more digits is not taken; further keys are ignored.
pub const EXTENSION_DIGITS_MAX: usize = 16;
