//! The edge at an office: knows where every extension rings, by watching the cluster.
//!
//! [`Edge`] keeps the whole binding table in memory (a [`WatchedTable`](hotdesk_client::WatchedTable)), answers
//! look-ups from it, says in the log who comes and goes at its own office, and knows how old its knowledge is.
//! When it has been cut off for longer than its lease it applies the office's [`Policy`] and says so.
//!
//! What this crate never does: decide who is logged in where (the cluster does), or go on as if nothing were
//! wrong when it can no longer know.
//!
//! Start reading in [`Edge`], then `standing.rs` (what a lease means).

#![warn(missing_docs)]

pub mod calls;
pub mod config;
mod edge;
pub mod http;
mod journal;
mod phones;
mod route;
mod sip;
mod standing;
pub mod starcode;
pub mod transport;

pub use config::{Config, ConfigError, sample_config};
pub use edge::{Edge, StartError, Status};
pub use route::{NoRoute, Route};
pub use sip::{SipEdge, SipStartError};
pub use standing::{Policy, Standing};
