//! Calls through edges: real processes, real phones, and what intruders and bad lines do.
//!
//! Needs root and the Debian packages baresip-core, linphone-cli, sip-tester, kamailio, iproute2.

mod common;
mod digests;
mod failures;
mod forking;
mod harness;
mod malformed;
mod passing;
mod real_phones;
mod restarts;
mod sessions;
mod wire;
