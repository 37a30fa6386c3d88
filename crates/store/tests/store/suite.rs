//! openraft's own test suite for storage, against the log and the state machine of the product.

use std::sync::Arc;

use hotdesk_store::{DataDir, LogOptions, Machine, SledLog, SnapshotDir};
use openraft::StorageError;
use openraft::impls::TokioRuntime;
use openraft::testing::log::{StoreBuilder, Suite};
use tempfile::TempDir;

use crate::harness::{Config, Log, block_on, expect};

type Sm = Machine<TokioRuntime, SnapshotDir>;

struct OnDisk;

impl StoreBuilder<Config, Log, Sm, TempDir> for OnDisk {
    async fn build(&self) -> Result<(TempDir, Log, Sm), StorageError<Config>> {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), expect()).unwrap();
        let log = SledLog::open(&data_dir, LogOptions::default()).unwrap();
        let snapshots = SnapshotDir::open(&data_dir).unwrap();
        let (machine, _) = Machine::open(snapshots, Arc::new(()), None).unwrap();
        Ok((folder, log, machine))
    }
}

#[test]
fn the_suite_of_openraft_passes() {
    block_on(Suite::test_all(OnDisk)).unwrap();
}
