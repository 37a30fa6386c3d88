//! The calls, one file per service, and the two that are streams.

pub(crate) mod admin;
pub(crate) mod backup;
pub(crate) mod directory;
pub(crate) mod import;
pub(crate) mod login_stream;
pub(crate) mod pages;
pub(crate) mod phones;
pub(crate) mod profile;
pub(crate) mod sessions;

/// The largest answer taken, in bytes. A page of 5000 users with every field at its longest is about 6 MiB;
/// tonic's own 4 MiB would refuse it.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 << 20;
