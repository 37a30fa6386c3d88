//! A rolling restart: nobody whose client retries notices.

use std::time::Duration;

use hotdesk_tests::processes::{Cluster, PATIENCE};
use hotdesk_tests::wait::eventually;

use crate::directory::fill;
use crate::traffic::{Traffic, Witness};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hotdesk-under-test");

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_fails_no_login() {
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let witness = Witness::start(&cluster, cluster.settled().await);
    let traffic = Traffic::start(&cluster, 10, Duration::from_secs(30));
    for id in cluster.ids() {
        cluster.stop(id).await;
        cluster.start_again(id);
        eventually("the restarted node has caught up", PATIENCE, || async {
            let leader = cluster.leader().await;
            let index = cluster.status(leader).await?.applied_index;
            cluster
                .status(id)
                .await
                .filter(|status| status.applied_index + 50 >= index)
        })
        .await;
    }
    assert_eq!(traffic.running(), 10, "everybody is still at it");
    let told = traffic.stop().await;
    let failed: Vec<_> = told.iter().flat_map(|worker| &worker.failed).collect();
    let unknown: u64 = told.iter().map(|worker| worker.unknown).sum();
    assert!(failed.is_empty() && unknown == 0, "{failed:?}, {unknown} unknown");
    witness.nothing_is_lost_or_doubled(&cluster, &told).await;
}
