//! How consensus is set up: as in the product, but quicker and with little logs, so that more happens.

use std::time::Duration;

use openraft::{Config, SnapshotPolicy};

use crate::plant::Plant;

/// A heartbeat this often, in milliseconds. All times are a quarter of the product's, so that more happens.
const HEARTBEAT_MS: u64 = 50;
/// The shortest election timeout, in milliseconds.
const ELECTION_MS_MIN: u64 = 250;
/// The longest election timeout, in milliseconds; also the leader's lease.
const ELECTION_MS_MAX: u64 = 500;
/// How old a majority's acknowledgement may be for the leader to read without asking again. A follower that was
/// restarted after it acknowledged keeps its promise for [`SILENCE`]; a fifth is left for the clocks.
pub(crate) const READ_LEASE: Duration = Duration::from_millis(ELECTION_MS_MIN * 4 / 5);
/// For so long after a restart a node grants no vote: it may have promised a leader not to, and has forgotten.
/// It does not ask for votes either, for at least as long; openraft sees to that.
pub(crate) const SILENCE: Duration = Duration::from_millis(ELECTION_MS_MIN);
/// A snapshot after so many entries.
const SNAPSHOT_EVERY: u64 = 80;
/// So many entries before the snapshot are kept.
const KEEP: u64 = 30;

/// The configuration of a node.
pub(crate) fn config(plant: Plant) -> Config {
    let config = Config {
        cluster_name: "sim".into(),
        heartbeat_interval: HEARTBEAT_MS,
        election_timeout_min: ELECTION_MS_MIN,
        election_timeout_max: ELECTION_MS_MAX,
        install_snapshot_timeout: 1_000,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(SNAPSHOT_EVERY),
        max_in_snapshot_log_to_keep: KEEP,
        replication_lag_threshold: 2 * SNAPSHOT_EVERY,
        max_payload_entries: 16,
        enable_pre_vote: Some(true),
        enable_leader_restore: Some(plant == Plant::RestoreLeader),
        ..Config::default()
    };
    config.validate().expect("the configuration is valid")
}
