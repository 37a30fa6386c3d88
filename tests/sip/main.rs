//! Calls through edges: real processes, real phones, and what intruders and bad lines do.
//!
//! Needs root and the Debian packages baresip-core, linphone-cli, sip-tester, kamailio, iproute2.

mod common;
mod cut_off;
mod digests;
mod emergency;
mod failures;
mod floods;
mod forking;
mod harness;
mod identity;
mod intruders;
mod lamps;
mod malformed;
mod moves;
mod passing;
mod real_phones;
mod restarts;
mod sessions;
mod star_codes;
mod streams;
mod trunks;
mod wire;
