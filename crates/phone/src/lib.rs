//! Desk phones, without a socket: a profile, a device and a stamp become the document that a vendor's phone loads,
//! the pages of its login application, and the message that makes it load the next document.
//!
//! One model ([`Desk`], [`Screen`], [`Trigger`]), one [`Adapter`] per vendor. What an adapter could not be checked for on
//! hardware it says itself ([`About::unverified`]); the table in the documentation is made from that.
//!
//! **Documents are complete.** Every key that the document of a logged-in user can set, the neutral one sets as well:
//! phones leave what is not mentioned as it is, so a wipe that only leaves out would wipe nothing.
//!
//! **Accounts.** Account 1 is the session's line, with credentials for one epoch; it is off while nobody is logged in.
//! Account 2 is the phone's own line: always registered, so that emergency calls and call-backs work whoever sits there,
//! and a login rings at once while the document is still loading. Where a phone registers only its first line, or has
//! only one, that is the phone's own, and the user's name is its label.
#![warn(missing_docs)]

mod adapter;
mod desk;
mod document;
pub mod em;
mod language;
mod mac;
mod picture;
pub mod reconcile;
mod request;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
mod screen;
mod secret;
pub mod template;
#[cfg(test)]
mod tests;
pub mod text;
mod trigger;
mod vendor;
mod vendors;

pub use adapter::{ADAPTERS, About, Adapter, adapter, recognise};
pub use desk::{
    Desk, Device, Forwarding, Lamp, Line, Profile, Registrar, Service, Session, Site, SoftFunction,
    SpeedDial, Transport,
};
pub use document::{Document, RenderError};
pub use language::Language;
pub use mac::{Mac, MacError};
pub use picture::{Code, Size};
pub use request::{File, Recognised, Request};
pub use screen::{Action, Body, Browser, Field, FieldKind, Item, Key, Page, Picture, Screen};
pub use secret::Secret;
pub use trigger::{Accepted, Aim, HttpAuth, HttpPush, Means, Notice, Notify, Trigger, Via};
pub use vendor::Vendor;
pub use vendors::user_file_stamp;
