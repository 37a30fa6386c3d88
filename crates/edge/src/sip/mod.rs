//! The SIP side of the edge: phones register here, calls follow the sessions.
//!
//! ```text
//! transports ──► Stack (shards, timers) ──► proxy core ──► App: what is decided
//!                                                           ├─ sender      who sends this
//!                                                           ├─ register    contacts      (locations, on disk)
//!                                                           ├─ invite      a call begins (hotdesk-routing decides)
//!                                                           ├─ progress    ... goes on, is turned, ends
//!                                                           ├─ dialog      requests inside it
//!                                                           ├─ lamps       subscriptions, mailboxes
//!                                                           ├─ movements   logins and logouts seen from here
//!                                                           ├─ phones      what desk phones should show (triggers)
//!                                                           └─ emergency, star codes, trunks, other edges
//! ```
//!
//! What this module never does: decide who is logged in where, or wait while a message is being handled.

mod app;
mod calls;
mod dialog;
mod directory;
mod disk;
mod duties;
mod emergency;
mod emergency_call;
mod hosts;
mod invite;
mod lamps;
mod legs;
mod locations;
mod mailboxes;
mod meter;
mod movements;
mod notable;
mod notice;
mod own;
mod party;
mod peers;
mod phone_lines;
mod phone_words;
mod phones;
mod probes;
mod progress;
mod register;
mod reply;
mod report;
mod sender;
mod settings;
mod shown;
mod simple;
mod stack;
mod starcodes;
mod start;
mod talk;
mod targets;
mod traced;
mod triggers;
mod trunks;
mod webhook;

pub use start::{SipEdge, SipStartError};
