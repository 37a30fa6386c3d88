//! What operators see: status, audit, backup, health.

use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, phone};

#[tokio::test(flavor = "multi_thread")]
async fn every_office_tells_the_same_of_the_cluster() {
    let offices = Offices::with_people().await;
    offices.settled().await;
    let (mut ids, mut leaders) = (Vec::new(), Vec::new());
    for office in 0..3 {
        let status = offices.status(office).await;
        assert_eq!(status.members.len(), 3);
        assert_eq!(
            (status.sites, status.users, status.devices, status.sessions),
            (3, 3, 6, 0)
        );
        assert!(status.fatal.is_empty() && !status.version.is_empty());
        ids.push(status.cluster_id);
        leaders.push(status.leader_id);
    }
    assert!(!ids[0].is_empty() && ids.iter().all(|id| *id == ids[0]));
    assert!(leaders[0] != 0 && leaders.iter().all(|leader| *leader == leaders[0]));
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_says_who_did_what_and_why_at_every_office() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    offices
        .login(1, "ada", phone(1, 1), "1234")
        .await
        .expect("logs in");
    offices.settled().await;
    let mut trails = Vec::new();
    for office in 0..3 {
        let request = v1::AuditRequest {
            subject: "ada".into(),
            limit: 3,
        };
        trails.push(
            offices
                .admin(office)
                .audit(request)
                .await
                .expect("audit")
                .into_inner()
                .events,
        );
    }
    assert!(
        trails.iter().all(|trail| *trail == trails[0]),
        "the trail is the same everywhere"
    );
    let newest = &trails[0][0];
    assert!(
        matches!(&newest.kind, Some(v1::event::Kind::SessionStarted(s)) if s.device == phone(1, 1)),
        "{newest:?}"
    );
    assert_eq!(newest.by, "edge:new-york");
    assert!(matches!(
        &trails[0][1].kind,
        Some(v1::event::Kind::SessionEnded(_))
    ));
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_and_the_same_at_every_office() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    offices.settled().await;
    let mut parts = Vec::new();
    for office in 0..3 {
        let mut stream = offices
            .admin(office)
            .backup(v1::BackupRequest {})
            .await
            .expect("backup")
            .into_inner();
        let mut bytes = Vec::new();
        let mut last = false;
        while let Some(answer) = stream.message().await.expect("the stream goes on") {
            bytes.extend_from_slice(&answer.chunk);
            last = answer.last;
        }
        assert!(last, "the last message says so");
        let (_, state) = hotdesk_proto::snapshot::read(&bytes[..]).expect("a whole backup");
        assert_eq!(state.counts().sessions, 1);
        parts.push(state.parts());
    }
    assert!(
        parts.iter().all(|state| *state == parts[0]),
        "the same state everywhere"
    );
    offices.shutdown().await;
}
