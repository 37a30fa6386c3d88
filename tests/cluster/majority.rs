//! A majority is away: logins are refused within their deadline with a reason; look-ups go on and say their age.

use std::time::{Duration, Instant};

use hotdesk_client::{Client, Options};
use hotdesk_proto::v1;
use hotdesk_tests::processes::{Cluster, PATIENCE};
use hotdesk_tests::wait::eventually;

use crate::directory::{extension, fill, phone};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hotdesk-under-test");

fn client(cluster: &Cluster, id: u64, deadline: Duration) -> Client {
    let options = Options {
        endpoints: vec![cluster.address(id)],
        deadline,
        by: "edge:test".into(),
        ..Options::default()
    };
    Client::new(options).expect("a client")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_majority_logins_are_refused_in_time_and_look_ups_say_their_age() {
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let stays = cluster.leader().await;
    let before = client(&cluster, stays, PATIENCE)
        .login_vouched(&extension(1), &phone(1))
        .await
        .expect("logs in");
    for id in cluster.ids() {
        if id != stays {
            cluster.kill(id);
        }
    }
    let deadline = Duration::from_secs(4);
    let start = Instant::now();
    let error = client(&cluster, stays, deadline)
        .login_vouched(&extension(1), &phone(2))
        .await
        .expect_err("no majority");
    let took = start.elapsed();
    assert!(
        took < deadline + Duration::from_secs(4),
        "answered after {took:?}, the deadline was {deadline:?}"
    );
    assert!(!error.to_string().is_empty());

    let local = v1::ResolveRequest {
        name: extension(1),
        consistency: v1::Consistency::Local.into(),
    };
    let answer = eventually("the node says that it is cut off", PATIENCE, || async {
        let answer = cluster
            .sessions(stays)
            .resolve(local.clone())
            .await
            .ok()?
            .into_inner();
        answer
            .freshness
            .is_some_and(|freshness| freshness.cut_off)
            .then_some(answer)
    })
    .await;
    assert_eq!(answer.bindings[0].device, phone(1));
    let age = answer.freshness.expect("freshness").age_ms;
    assert!(age > 0, "the age grows");
    let linearizable = v1::ResolveRequest {
        name: extension(1),
        consistency: v1::Consistency::Linearizable.into(),
    };
    let mut request = tonic::Request::new(linearizable);
    request.set_timeout(Duration::from_secs(3));
    cluster
        .sessions(stays)
        .resolve(request)
        .await
        .expect_err("not without a majority");

    // The others come back, and everybody agrees; the login that was refused may have become known, never both.
    for id in cluster.ids() {
        if id != stays {
            cluster.start_again(id);
        }
    }
    cluster.settled().await;
    let again = client(&cluster, stays, PATIENCE)
        .login_vouched(&extension(1), &phone(3))
        .await
        .expect("logs in again");
    assert!(again.session.expect("a session").epoch > before.session.expect("a session").epoch);
    for id in cluster.ids() {
        let read = v1::ResolveRequest {
            name: extension(1),
            consistency: v1::Consistency::Linearizable.into(),
        };
        let answer = cluster
            .sessions(id)
            .resolve(read)
            .await
            .expect("an answer")
            .into_inner();
        let devices: Vec<_> = answer.bindings.iter().map(|b| b.device.clone()).collect();
        assert_eq!(devices, [phone(3)], "at node {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_cut_off_acknowledges_nothing_and_catches_up_afterwards() {
    let cluster = Cluster::start(PROGRAM, 3).await;
    fill(&cluster).await;
    let old = cluster.leader().await;
    let others: Vec<u64> = cluster.ids().into_iter().filter(|id| *id != old).collect();
    cluster.links.isolate(old, others.iter().copied());
    client(&cluster, old, Duration::from_secs(3))
        .login_vouched(&extension(2), &phone(4))
        .await
        .expect_err("it cannot reach a majority");
    let there = client(&cluster, others[0], PATIENCE);
    let login = there
        .login_vouched(&extension(2), &phone(5))
        .await
        .expect("the majority goes on");
    cluster.links.heal();
    let epoch = login.session.expect("a session").epoch;
    eventually("the old leader has caught up", PATIENCE, || async {
        let read = v1::ResolveRequest {
            name: extension(2),
            consistency: v1::Consistency::Local.into(),
        };
        let answer = cluster.sessions(old).resolve(read).await.ok()?.into_inner();
        (answer.bindings.len() == 1 && answer.bindings[0].epoch >= epoch).then_some(())
    })
    .await;
}
