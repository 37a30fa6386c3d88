//! Nodes over loopback, with logs on disk: what a cluster must do, whatever happens to its nodes.

mod copies;
mod members;
mod proposals;
mod support;
mod wire;
