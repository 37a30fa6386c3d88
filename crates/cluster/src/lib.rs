//! The cluster: consensus over gRPC, proposals from every node, linearizable reads, membership, and the watch
//! hub.
//!
//! What this crate never does: decide a command (that is `hotdesk-core`), touch a disk other than through
//! `hotdesk-store`, open a listener (the node does, and serves [`Cluster::routes`] on it).
//!
//! Types to know: [`Cluster`] (the handle), [`Config`], [`Subscription`] (a watcher). Read on in `propose`
//! (how a command becomes an entry), `read` (how a read is linearizable), `age` (how old a copy is), `watch`,
//! and `found` (how a node becomes part of a cluster).
//!
//! Parts of a node, each a task of its own:
//! - `propose::dispatch`: the queue of proposals, into the log or to the leader;
//! - `leadership`: who leads, and how old the copy is;
//! - `read::Questions`: read indexes for many readers at once;
//! - `duties`: what the leader does without being asked;
//! - `found`: founding, joining, moving;
//! - `replica`: in place of consensus, being fed.

#![warn(missing_docs)]

pub mod config;
pub mod error;
pub mod status;
pub mod watch;

mod age;
mod append_stream;
mod auth;
mod channel;
mod cluster;
mod duties;
mod feed;
mod found;
mod identity;
mod leadership;
mod membership;
mod network;
mod node;
mod peer_server;
mod propose;
mod read;
mod replica;
mod server;
mod shutdown;
mod snapshot_duty;
mod snapshot_transfer;
mod start;
#[cfg(test)]
mod testing;
mod types;

pub use cluster::{Backup, Cluster, Local};
pub use config::{Config, Limits, Role, Timing, Tls, Token};
pub use error::{BackupError, ChangeError, ProposeError, ReadError, StartError};
pub use membership::Changed;
pub use propose::Decision;
pub use status::{Member, NodeRole, Status};
pub use watch::{Subscription, WatchItem};
