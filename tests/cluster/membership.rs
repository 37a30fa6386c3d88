//! Real processes join, are promoted and removed.

use std::time::Duration;

use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_tests::processes::{Cluster, PATIENCE};
use hotdesk_tests::wait::eventually;

use crate::directory::fill;
use crate::traffic::{Traffic, Witness};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hotdesk-under-test");

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_catches_up_by_snapshot_is_promoted_and_another_node_is_removed() {
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let witness = Witness::start(&cluster, cluster.settled().await);
    let traffic = Traffic::start(&cluster, 8, Duration::from_secs(30));
    // The log's beginning is gone, so that whoever joins needs a snapshot.
    let purged = eventually("the log's beginning has been purged", PATIENCE * 2, || async {
        let leader = cluster.leader().await;
        cluster
            .status(leader)
            .await
            .filter(|status| status.purged_index > 0)
            .map(|status| status.purged_index)
    })
    .await;
    let fourth = cluster.join(false).await;
    eventually("the learner has come past what was purged", PATIENCE, || async {
        let status = cluster.status(fourth).await?;
        (status.role() == v1::Role::Learner && status.applied_index > purged).then_some(())
    })
    .await;
    let leader = cluster.leader().await;
    let mut admin = AdminClient::new(cluster.channel(leader));
    eventually("the learner is promoted", PATIENCE, || {
        let mut admin = admin.clone();
        async move { admin.promote(v1::NodeRequest { node_id: fourth }).await.ok() }
    })
    .await;
    let gone = cluster
        .ids()
        .into_iter()
        .find(|id| *id != leader && *id != fourth)
        .expect("a follower");
    let left = admin
        .remove(v1::NodeRequest { node_id: gone })
        .await
        .expect("removed")
        .into_inner();
    assert!(left.members.iter().all(|member| member.node_id != gone));
    cluster.kill(gone);
    let told = traffic.stop().await;
    let failed: Vec<_> = told.iter().flat_map(|worker| &worker.failed).collect();
    assert!(failed.is_empty(), "nobody noticed: {failed:?}");
    witness.nothing_is_lost_or_doubled(&cluster, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_follows_from_outside_the_cluster() {
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let replica = cluster.join(true).await;
    let index = cluster.settled().await;
    eventually("the replica has everything", PATIENCE, || async {
        let status = cluster.status(replica).await?;
        (status.role() == v1::Role::Replica && status.applied_index >= index).then_some(())
    })
    .await;
    // Its source goes away; the next one feeds it.
    cluster.kill(1);
    let traffic = Traffic::start(&cluster, 4, Duration::from_secs(30));
    let leader = cluster.leader().await;
    let target = cluster
        .status(leader)
        .await
        .map_or(0, |status| status.applied_index)
        + 50;
    eventually("the replica follows another source", PATIENCE, || async {
        cluster
            .status(replica)
            .await
            .filter(|status| status.applied_index >= target)
    })
    .await;
    traffic.stop().await;
}
