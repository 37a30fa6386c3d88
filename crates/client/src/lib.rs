//! How programs talk to a Hotdesk cluster.
//!
//! [`Client`] asks any node of a list, goes to the next one when a node fails, and repeats a write under one
//! request id until it is answered or the deadline has passed. [`WatchedTable`] keeps the whole binding table
//! in memory by watching, so that "where does extension 2001 ring" is a look-up without a lock, with a known
//! age. [`Follower`] is the resumable event stream underneath.
//!
//! What this crate never does: pretend. A write that got no answer is [`Error::Unknown`], a table that lost
//! its node says since when, and a node that is behind what was seen already is left for another.
//!
//! Start reading in [`client`](Client), then `call/judge.rs` (when is a call repeated) and `table/bindings.rs`
//! (what readers see).

#![warn(missing_docs)]

mod api;
mod call;
mod client;
mod endpoints;
mod error;
mod follow;
mod options;
mod secret;
mod table;

pub use api::backup::{Backup, BackupSummary};
pub use api::import::{Imported, ROWS_PER_MESSAGE};
pub use api::login_stream::LoginStream;
pub use client::Client;
pub use error::{Error, Tried};
pub use follow::{FollowOptions, Follower, Step};
pub use hotdesk_core::{CallClasses, CallRights, CallSettings, Edge, Group, RequestId, Site};
pub use hotdesk_proto::error::ApiError;
pub use hotdesk_proto::v1;
pub use options::{Options, Tls};
pub use secret::{DeviceSecret, Pin, Token};
pub use table::{
    Applied, Binding, Bindings, DeviceBinding, NotReached, TableOptions, TableState, UserBindings,
    WatchedTable,
};
