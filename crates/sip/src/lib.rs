//! SIP without sockets or clocks: bytes and instants in, bytes and deadlines out.
//!
//! [`Message`](message::Message) is an envelope that keeps every byte it was not asked to change;
//! [`value`] reads single values of it. What this crate never does: open a socket, read a clock, or print a
//! header again that it only passes on.

#![warn(missing_docs)]

pub mod body;
pub mod digest;
pub mod event;
pub mod hop;
pub mod media;
pub mod message;
pub mod proxy;
pub mod registrar;
pub mod secret;
pub mod starcode;
pub mod trace;
pub mod transaction;
pub mod uri;
pub mod value;
