//! Shared parts of the measurements: real processes to measure, load to put on them, honest summaries.
//!
//! Absolute figures depend on the machine, so every comparison here is a ratio of two things measured in
//! alternation in one run, and rounds in which the hypervisor took more than [`report::STEAL_MAX`] of the
//! time are thrown away.

pub mod etcd;
pub mod hotdesk;
pub mod load;
pub mod phones;
pub mod process;
pub mod report;
pub mod sip;
pub mod wan;

/// The value that follows `name` among the program's arguments, if it is there and can be read.
#[must_use]
pub fn option<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::args()
        .skip_while(|arg| arg != name)
        .nth(1)?
        .parse()
        .ok()
}

/// The part of etcd's API that the comparison needs.
#[allow(missing_docs, clippy::all, unused_qualifications, unreachable_pub)]
pub mod etcdserverpb {
    tonic::include_proto!("etcdserverpb");
}
