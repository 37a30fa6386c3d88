//! The proxy core and its transaction machines, in virtual time.

mod cancel;
mod chaos;
mod forking;
mod forwarding;
mod local;
mod machines;
mod network;
mod refusals;
mod routes;
mod support;
mod transactions;
