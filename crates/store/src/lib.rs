//! Raft log on sled with real syncs, and snapshot files.

pub mod types;
