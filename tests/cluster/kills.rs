//! kill -9 in the middle of logins.

use std::time::Duration;

use hotdesk_tests::processes::{Cluster, PATIENCE};
use hotdesk_tests::wait::eventually;

use crate::directory::fill;
use crate::traffic::{Traffic, Witness};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hotdesk-under-test");

/// Waits until the cluster has applied `more` entries beyond what it has now.
async fn progress(cluster: &Cluster, more: u64) {
    let leader = cluster.leader().await;
    let start = cluster
        .status(leader)
        .await
        .map_or(0, |status| status.applied_index);
    eventually("logins go on", PATIENCE, || async {
        for id in cluster.ids() {
            if cluster
                .status(id)
                .await
                .is_some_and(|status| status.applied_index >= start + more)
            {
                return Some(());
            }
        }
        None
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_is_killed_during_logins_and_nothing_is_lost_or_doubled() {
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let witness = Witness::start(&cluster, cluster.settled().await);
    let traffic = Traffic::start(&cluster, 12, Duration::from_secs(30));
    for _ in 0..3 {
        progress(&cluster, 40).await;
        let leader = cluster.leader().await;
        cluster.kill(leader);
        // The others elect one of themselves and logins go on without it.
        progress(&cluster, 40).await;
        cluster.start_again(leader);
    }
    progress(&cluster, 40).await;
    let told = traffic.stop().await;
    cluster.settled().await;
    let failed: Vec<_> = told.iter().flat_map(|worker| &worker.failed).collect();
    assert!(
        failed.is_empty(),
        "a client that retries sees no failure: {failed:?}"
    );
    let acknowledged: usize = told.iter().map(|worker| worker.acknowledged.len()).sum();
    assert!(
        acknowledged > 100,
        "{acknowledged} logins are too few to show anything"
    );
    witness.nothing_is_lost_or_doubled(&cluster, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_node_is_killed_and_comes_back_with_everything() {
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let witness = Witness::start(&cluster, cluster.settled().await);
    let traffic = Traffic::start(&cluster, 6, Duration::from_secs(30));
    for id in cluster.ids() {
        progress(&cluster, 30).await;
        cluster.kill(id);
        progress(&cluster, 30).await;
        cluster.start_again(id);
        cluster.settled().await;
    }
    let told = traffic.stop().await;
    witness.nothing_is_lost_or_doubled(&cluster, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_nodes_are_killed_at_once_and_no_acknowledged_login_is_lost() {
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let traffic = Traffic::start(&cluster, 8, Duration::from_secs(60));
    progress(&cluster, 60).await;
    for id in cluster.ids() {
        cluster.kill(id);
    }
    for id in cluster.ids() {
        cluster.start_again(id);
    }
    progress(&cluster, 30).await;
    let told = traffic.stop().await;
    cluster.settled().await;
    // The last acknowledged login of everybody is what every node says now, unless an unknown one came later.
    for id in cluster.ids() {
        for worker in told.iter().filter(|worker| worker.unknown == 0) {
            let Some((epoch, device)) = worker.acknowledged.last() else {
                continue;
            };
            let request = hotdesk_proto::v1::ResolveRequest {
                name: crate::directory::extension(worker.user),
                consistency: hotdesk_proto::v1::Consistency::Linearizable.into(),
            };
            let answer = cluster
                .sessions(id)
                .resolve(request)
                .await
                .expect("an answer")
                .into_inner();
            let found: Vec<_> = answer
                .bindings
                .iter()
                .map(|b| (b.epoch, b.device.clone()))
                .collect();
            assert_eq!(found, [(*epoch, device.clone())], "u{} at node {id}", worker.user);
        }
    }
}
