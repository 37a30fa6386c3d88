//! A phone without sound or screen, over UDP: it registers, makes calls and takes them.
//!
//! The demo proves with it that calls follow people, and the tests drive the edge with it. It does what a phone
//! does on the wire (RFC 3261 as a user agent: digest, retransmissions, dialogs) and decides nothing by itself
//! but this: OPTIONS and NOTIFY are answered 200, a CANCEL ends the call that it belongs to.
//!
//! Start reading in [`Softphone`].

#![warn(missing_docs)]

mod call;
mod link;
mod phone;

pub use call::{Call, Incoming, Outcome};
pub use phone::{Account, Softphone};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The socket does not work.
    #[error("socket: {0}")]
    Socket(#[from] std::io::Error),
    /// Nobody answered a request within 32 s (64·T1).
    #[error("no answer to {method}")]
    Silence {
        /// The request's method.
        method: String,
    },
    /// An answer cannot be used.
    #[error("{0}")]
    Answer(&'static str),
}
