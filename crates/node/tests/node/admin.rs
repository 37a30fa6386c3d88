//! Administration.

use hotdesk_proto::v1;

use crate::world::{World, answer};

#[tokio::test]
async fn the_status_tells_who_the_node_is_and_how_much_there_is() {
    let mut world = World::office().await;
    world.login("ada", "chi-1", "1234").await.unwrap();
    let status = answer(world.admin.cluster_status(v1::ClusterStatusRequest {}).await).unwrap();
    assert_eq!((status.node_id, status.leader_id), (1, 1));
    assert_eq!(status.role(), v1::Role::Leader);
    assert_eq!(
        (status.sites, status.users, status.devices, status.sessions),
        (2, 2, 3, 1)
    );
    assert!(!status.cluster_id.is_empty() && status.fatal.is_empty());
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
    assert!(status.applied_index > 0 && status.last_log_index >= status.applied_index);
    let member = &status.members[0];
    assert_eq!((member.node_id, member.site.as_str()), (1, "chicago"));
    assert_eq!(member.address, world.node.address().to_string());
}

#[tokio::test]
async fn sessions_are_listed_by_site_and_ended_by_force() {
    let mut world = World::office().await;
    world.login("ada", "chi-1", "1234").await.unwrap();
    world.login("bob", "ny-1", "9876").await.unwrap();
    let list = |site: &str, limit| v1::ListSessionsRequest {
        site: site.into(),
        limit,
        ..Default::default()
    };
    let devices = |listed: v1::ListSessionsResponse| {
        let devices: Vec<String> = listed
            .sessions
            .into_iter()
            .map(|session| session.device)
            .collect();
        (devices.join(" "), listed.more)
    };
    let listed = answer(world.admin.list_sessions(list("", 0)).await).unwrap();
    assert_eq!(devices(listed), ("chi-1 ny-1".into(), false));
    let listed = answer(world.admin.list_sessions(list("", 1)).await).unwrap();
    assert_eq!(devices(listed), ("chi-1".into(), true));
    let listed = answer(world.admin.list_sessions(list("New-York", 0)).await).unwrap();
    assert_eq!(devices(listed), ("ny-1".into(), false));

    let request = v1::ForceLogoutRequest {
        target: Some(v1::force_logout_request::Target::Site("chicago".into())),
        note: "fire drill".into(),
        by: "admin:jo".into(),
        ..Default::default()
    };
    let ended = answer(world.admin.force_logout(request).await).unwrap();
    assert_eq!((ended.ended.len(), ended.more), (1, false));
    assert_eq!(world.device_of("ada").await, None);
    assert_eq!(world.device_of("bob").await.as_deref(), Some("ny-1"));
}

#[tokio::test]
async fn the_audit_tells_the_newest_first_and_by_any_name_of_a_user() {
    let mut world = World::office().await;
    world.login("ada", "chi-1", "1234").await.unwrap();
    world.login("bob", "ny-1", "9876").await.unwrap();
    world.login("ada", "chi-2", "1234").await.unwrap();
    let audit = |subject: &str, limit| v1::AuditRequest {
        subject: subject.into(),
        limit,
    };
    let all = answer(world.admin.audit(audit("", 3)).await).unwrap().events;
    assert_eq!(all.len(), 3);
    assert!(all.is_sorted_by_key(|event| std::cmp::Reverse(event.index)));
    let of_ada = answer(world.admin.audit(audit("2001", 0)).await).unwrap().events;
    // Her PIN was set, she logged in, was evicted, and logged in.
    assert_eq!(of_ada.len(), 4);
    let of_phone = answer(world.admin.audit(audit("NY-1", 0)).await).unwrap().events;
    assert_eq!(of_phone.len(), 1);
    assert_eq!(of_phone[0].by, "test");
}

#[tokio::test]
async fn a_backup_is_the_whole_state_and_its_checksum_holds() {
    let mut world = World::office().await;
    world.login("ada", "chi-1", "1234").await.unwrap();
    let mut stream = answer(world.admin.backup(v1::BackupRequest {}).await).unwrap();
    let mut bytes = Vec::new();
    let last = loop {
        let message = stream.message().await.unwrap().expect("the last message says so");
        bytes.extend_from_slice(&message.chunk);
        if message.last {
            break message;
        }
    };
    assert_eq!(stream.message().await.unwrap(), None);
    let (header, state) = hotdesk_proto::snapshot::read(&bytes[..]).unwrap();
    assert_eq!(header.last_log_id.unwrap().index, last.index);
    assert_eq!((state.counts().users, state.counts().sessions), (2, 1));
    assert_eq!(last.crc32, crc32fast::hash(&bytes));
}

#[tokio::test]
async fn membership_changes_that_cannot_be_are_refused_with_the_reason() {
    let mut world = World::office().await;
    let node = |node_id| v1::NodeRequest { node_id };
    assert_eq!(
        answer(world.admin.promote(node(9)).await).unwrap_err().reason,
        "NOT_FOUND"
    );
    let alone = answer(world.admin.remove(node(1)).await).unwrap_err();
    assert_eq!(alone.reason, "PRECONDITION");
    assert!(alone.message.contains("only voter"), "{alone}");
    let request = v1::AddLearnerRequest {
        node_id: 0,
        address: "x".into(),
        site: "austin".into(),
    };
    assert_eq!(
        answer(world.admin.add_learner(request).await).unwrap_err().values["field"],
        "node_id"
    );
    let request = v1::AddLearnerRequest {
        node_id: 2,
        address: "x".into(),
        site: "austin".into(),
    };
    assert_eq!(
        answer(world.admin.add_learner(request).await).unwrap_err().values["field"],
        "address"
    );
    assert_eq!(
        answer(world.admin.transfer_leader(node(1)).await)
            .unwrap()
            .leader_id,
        1
    );
}
