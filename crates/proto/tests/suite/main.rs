//! What is sent and kept: values come back as they went, old bytes stay readable, damage is named.

mod errors;
mod golden;
mod invalid;
mod round_trip;
mod samples;
mod snapshots;
mod values;
