//! Deterministic simulation of the cluster, and the checker that judges what was seen.
//!
//! [`checker`] stands alone: it is given a history (of a simulation, or of real processes) and says which
//! promises it breaks. Everything else makes such histories: the product's core, state machine and
//! configuration of consensus run in one thread on virtual time ([`runtime`]), with a modelled [`disk`] and
//! [`network`]; [`client`]s ask for logins at every node, [`faults`] are drawn from the seed, and a
//! [`scenario`] puts it together. The same seed gives the same history, always.
//!
//! What is modelled and not the product's own: the log's writer thread ([`log`]), transport ([`rpc`]), and how
//! a node batches, forwards and reads ([`node`]). Bugs planted on purpose are in [`plant`].

#![warn(missing_docs)]

pub mod checker;
pub mod client;
pub mod clock;
pub mod cluster;
pub mod disk;
pub mod faults;
mod housekeeping;
pub mod log;
pub mod network;
pub mod node;
pub mod plant;
mod planted;
pub mod reads;
pub mod rpc;
pub mod run;
pub mod runtime;
pub mod scenario;
mod settings;
pub mod snapshots;
pub mod types;
pub mod witness;
