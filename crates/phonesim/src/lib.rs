//! Desk phones without a desk: each vendor's habits on the network, with a screen in text.
//!
//! A [`SimPhone`] boots like its vendor's phones: asks for their files under their User-Agent, keeps what it loads in a
//! flash memory where keys that are not mentioned stay as they were, registers the accounts it found there, shows the
//! login application's pages, and reloads when it is told to in the way its vendor understands, or does not when its
//! vendor would not (the same bytes as before, a call in progress, a request it wants authenticated first).
//!
//! It knows the vendors' formats by itself and shares no code with what makes the documents, except for the names of the
//! vendors: a mistake there must not be made twice.
//!
//! ```text
//!           keys            ┌────────── SimPhone ──────────┐
//!  person ───────► SimPhone │ Model: files, pages, habits  │ ── HTTP ──► node
//!         ◄─────── View     │ Flash: what it was told      │ ── SIP ───► edge
//!           screen          └──────────────────────────────┘
//! ```
#![warn(missing_docs)]

mod browser;
mod flash;
mod http;
mod line;
mod lines;
mod model;
mod phone;
mod picture;
mod run;
mod vendors;
mod view;
mod web;
mod xml;

pub use flash::Flash;
pub use http::{Answer, Ask, Http};
pub use model::{
    Account, Applied, Fetch, Habits, Hardware, Idle, Input, Kind, Model, PageView, Reaction, Sending,
    Settings, SoftKey, Target, model,
};
pub use phone::{Press, SimError, SimPhone, Start};
pub use picture::Code;
pub use view::{CallView, Line, View, draw};
