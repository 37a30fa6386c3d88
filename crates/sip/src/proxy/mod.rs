//! A stateful proxy (RFC 3261 §16) without sockets or clocks.
//!
//! [`Core`] is one shard: messages and instants go in, [`Actions`] come out. What is forwarded where is decided
//! by an [`Application`]; everything that RFC 3261 decides, the core does: transactions, checks, Route and
//! Record-Route, forking, the choice of the best response, CANCEL, timeouts.
//!
//! **Invariant:** all messages of one Call-ID go to the same shard.

mod action;
mod app;
mod best;
mod build;
mod client;
mod context;
mod core;
mod plan;
mod prepare;
mod request;
mod response;
mod server;
mod settings;

pub use self::action::{Action, Actions, OutgoingRequest};
pub use self::app::{Application, Decision, Incoming, Next, Outcome, PendingId, Why};
pub use self::core::Core;
pub use self::plan::{Edit, Group, Plan, RecordRoute, TARGETS_MAX, Target};
pub use self::request::refusal;
pub use self::settings::{Counts, ListenerInfo, Settings};
