//! Nodes come and go while people log in.

use hotdesk_node::Node;
use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use hotdesk_tests::offices::{NAMES, Offices, PATIENCE, channel_to, phone};
use hotdesk_tests::wait::eventually;

async fn role_of(node: &Node) -> (v1::Role, u64) {
    let mut admin = AdminClient::new(channel_to(&node.address().to_string()));
    let status = admin
        .cluster_status(v1::ClusterStatusRequest {})
        .await
        .expect("a status")
        .into_inner();
    (status.role(), status.applied_index)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_joins_by_address_catches_up_is_promoted_and_removed() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let joining = format!("join = [\"{}\"]\n", offices.address(1));
    let fourth = Node::start(offices.config_of_another(4, &joining))
        .await
        .expect("starts");
    let index = offices.settled().await;
    eventually("the learner has caught up", PATIENCE, || async {
        let (role, applied) = role_of(&fourth).await;
        (role == v1::Role::Learner && applied >= index).then_some(())
    })
    .await;
    // Any node takes the request and forwards it.
    let promoted = offices
        .admin(2)
        .promote(v1::NodeRequest { node_id: 4 })
        .await
        .expect("promoted")
        .into_inner();
    assert_eq!(promoted.members.len(), 4);
    eventually("the node votes", PATIENCE, || async {
        (role_of(&fourth).await.0 == v1::Role::Voter).then_some(())
    })
    .await;
    // It takes logins like any other.
    let request = v1::LoginRequest {
        user: "bob".into(),
        device: phone(1, 1).into(),
        pin: "1234".into(),
        by: "edge:elsewhere".into(),
        ..Default::default()
    };
    let mut sessions = SessionsClient::new(channel_to(&fourth.address().to_string()));
    sessions
        .login(request)
        .await
        .expect("logs in through the new node");
    let removed = offices
        .admin(1)
        .remove(v1::NodeRequest { node_id: 4 })
        .await
        .expect("removed")
        .into_inner();
    assert_eq!(removed.members.len(), 3);
    fourth.shutdown().await;
    offices
        .login(2, "cy", phone(2, 1), "1234")
        .await
        .expect("logs in after the removal");
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_follows_and_takes_logins() {
    let offices = Offices::with_people().await;
    let source = format!(
        "replica_of = [\"{}\", \"{}\"]\n",
        offices.address(0),
        offices.address(1)
    );
    let replica = Node::start(offices.config_of_another(9, &source))
        .await
        .expect("starts");
    let channel = channel_to(&replica.address().to_string());
    let mut sessions = SessionsClient::new(channel.clone());
    for round in 0..6 {
        let office = round % 3;
        let request = v1::LoginRequest {
            user: "ada".into(),
            device: phone(office, 1).into(),
            pin: "1234".into(),
            by: "edge:elsewhere".into(),
            ..Default::default()
        };
        // The replica may still be fetching the directory when the first login comes.
        let login = eventually("a login through the replica", PATIENCE, || {
            let (mut sessions, request) = (sessions.clone(), request.clone());
            async move {
                sessions
                    .login(request)
                    .await
                    .ok()
                    .map(tonic::Response::into_inner)
            }
        })
        .await;
        let read = v1::ResolveRequest {
            name: "2001".into(),
            consistency: v1::Consistency::Linearizable.into(),
        };
        let answer = sessions.resolve(read).await.expect("an answer").into_inner();
        assert_eq!(answer.bindings[0].device, phone(office, 1));
        assert!(answer.freshness.expect("freshness").index >= login.index);
    }
    let (role, _) = role_of(&replica).await;
    assert_eq!(role, v1::Role::Replica);
    let members = offices.status(0).await.members;
    assert_eq!(members.len(), 3, "a replica is no member: {members:?}");
    replica.shutdown().await;
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leadership_is_handed_over_on_request() {
    let offices = Offices::with_people().await;
    let leader = offices.leader().await;
    let target = (leader + 1) % 3;
    let request = v1::NodeRequest {
        node_id: target as u64 + 1,
    };
    let answer = offices
        .admin((leader + 2) % 3)
        .transfer_leader(request)
        .await
        .expect("handed over")
        .into_inner();
    assert_eq!(answer.leader_id, target as u64 + 1, "{} leads", NAMES[target]);
    offices
        .login(leader, "ada", phone(leader, 1), "1234")
        .await
        .expect("logs in through the old leader");
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_changes_are_refused_with_a_reason() {
    let offices = Offices::with_people().await;
    for (what, result) in [
        (
            "promoting an unknown node",
            offices
                .admin(0)
                .promote(v1::NodeRequest { node_id: 77 })
                .await
                .map(drop),
        ),
        (
            "removing an unknown node",
            offices
                .admin(0)
                .remove(v1::NodeRequest { node_id: 77 })
                .await
                .map(drop),
        ),
        (
            "leading with an unknown node",
            offices
                .admin(1)
                .transfer_leader(v1::NodeRequest { node_id: 77 })
                .await
                .map(drop),
        ),
    ] {
        let error = ApiError::from(result.expect_err(what));
        assert!(error.message.contains("77"), "{what}: {}", error.message);
        assert!(!error.what_to_do.is_empty(), "{what}: {error:?}");
    }
    offices.shutdown().await;
}
