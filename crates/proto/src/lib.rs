//! Wire and disk formats of Hotdesk: types generated from `proto/`, and conversions to and from the core.
//!
//! Core types are not serializable on purpose; whatever crosses a wire or reaches a disk passes through here,
//! and the golden bytes of everything persisted are kept in this crate's tests.
//!
//! - [`convert`]: records, sessions, policies, events and the public types;
//! - [`log`]: commands and outcomes as nodes send them and the log keeps them;
//! - [`snapshot`]: the whole state as a file;
//! - [`error`]: refusals and failures as gRPC statuses, and back.

#![warn(missing_docs)]

pub mod convert;
pub mod error;
pub mod log;
pub mod snapshot;

/// The public API (`hotdesk.v1`).
#[allow(missing_docs, clippy::all, unused_qualifications, unreachable_pub)]
pub mod v1 {
    tonic::include_proto!("hotdesk.v1");
    /// The descriptor set of the public services, for gRPC reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hotdesk.v1.bin"));
}

/// What nodes say to each other and keep on disk (`hotdesk.internal.v1`).
#[allow(missing_docs, clippy::all, unused_qualifications, unreachable_pub)]
pub mod internal {
    /// See [`internal`](super).
    pub mod v1 {
        tonic::include_proto!("hotdesk.internal.v1");
    }
}
