//! What a node keeps: the Raft log on sled with real syncs, the state machine in memory, snapshots as files.
//!
//! An append is acknowledged when it would survive a power cut. sled's own `flush()` does not promise that on
//! Linux, so one thread owns the writing: it drains what is queued into one batch, flushes, syncs the file
//! itself and then acknowledges, in order ([`log`], [`durability`]). After any failure the log stays failed:
//! a node that does not know what is on its disk must not vote.
//!
//! What this crate never does: talk to other nodes, decide a command (that is `hotdesk-core`), retry a write.
//!
//! Types to know: [`DataDir`] (whose data this is), [`SledLog`], [`Machine`] with its [`StateHandle`], and
//! [`SnapshotDir`]. What is on the disk is in [`key_spaces`] and in `proto/hotdesk/internal/v1/log.proto`.

#![warn(missing_docs)]

pub mod data_dir;
pub mod durability;
pub mod error;
pub mod key_spaces;
pub mod ledger;
pub mod log;
pub mod machine;
pub mod snapshot;
pub mod types;
pub mod wire;

pub use data_dir::{DataDir, Expect};
pub use error::OpenError;
pub use ledger::Ledger;
pub use log::{LogMonitor, LogOptions, LogReader, LogStats, SledLog};
pub use machine::{Machine, MachineSnapshotBuilder, Observer, StateHandle};
pub use snapshot::{Incoming, MemorySnapshots, SnapshotDir, SnapshotFile, SnapshotStore};
