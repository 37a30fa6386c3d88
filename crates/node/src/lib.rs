//! A session node: the public gRPC services over the cluster, the check of PINs, the configuration.
//!
//! [`Node::start`] makes one from a [`Config`]. A call comes in (`services/`), is checked against this node's
//! copy of the state where that is costly or secret (PINs), becomes a command, and is decided by the cluster;
//! reads are answered from the copy. The same listener carries what other nodes say to this one.
//!
//! What this crate never does: decide who may be logged in where (that is `hotdesk-core`), or keep anything on
//! disk (that is `hotdesk-store`). A PIN never leaves it.
//!
//! Start reading in [`node`](Node), then `services/login.rs`.

#![warn(missing_docs)]

mod auth;
pub mod config;
mod error;
mod guesses;
mod http;
mod lines;
mod node;
mod per_minute;
mod phones;
pub mod pins;
mod secret;
mod server;
mod services;
mod telemetry;

pub use config::{Config, ConfigError, DEFAULT_PORT, sample_config, sample_config_of};
pub use error::{StartClass, StartError};
pub use node::Node;
pub use secret::Secret;
