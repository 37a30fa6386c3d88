//! Sessions end by themselves: without activity, and at a maximum age.

use std::time::Duration;

use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, PATIENCE, phone};
use hotdesk_tests::wait::eventually;
use v1::end_reason::Reason;
use v1::event::Kind;

async fn end_reason(offices: &Offices, user: &str) -> Reason {
    eventually("the session's end in the audit", PATIENCE, || async {
        let request = v1::AuditRequest {
            subject: user.into(),
            limit: 100,
        };
        let audit = offices.admin(1).audit(request).await.ok()?.into_inner();
        audit.events.into_iter().find_map(|event| match event.kind? {
            Kind::SessionEnded(ended) => ended.reason?.reason,
            _ => None,
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_activity_ends() {
    let offices = Offices::with_people().await;
    let policy = v1::Policy {
        idle_timeout: Some(v1::Limit { after_ms: 1_000 }),
        ..Default::default()
    };
    offices.put_in_group("ada", "brief", policy).await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    assert_eq!(end_reason(&offices, "ada").await, Reason::Idle(true));
    offices.settled().await;
    for office in 0..3 {
        assert!(offices.devices_of(office, "ada").await.is_empty());
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn activity_keeps_a_session_and_the_maximum_age_ends_it_all_the_same() {
    let offices = Offices::with_people().await;
    let policy = v1::Policy {
        idle_timeout: Some(v1::Limit { after_ms: 2_000 }),
        login_time_max: Some(v1::Limit { after_ms: 6_000 }),
        ..Default::default()
    };
    offices.put_in_group("ada", "active", policy).await;
    let session = offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in")
        .session
        .expect("a session");
    let touching = async {
        let mut pause = tokio::time::interval(Duration::from_millis(300));
        loop {
            pause.tick().await;
            let item = v1::Activity {
                device: phone(0, 1).into(),
                epoch: session.epoch,
                at_ms: 0,
            };
            let request = v1::TouchRequest {
                items: vec![item],
                by: "edge:chicago".into(),
            };
            offices.sessions(0).touch(request).await.expect("touch");
        }
    };
    let reason = tokio::select! {
        () = touching => unreachable!("it goes on until the session has ended"),
        reason = end_reason(&offices, "ada") => reason,
    };
    assert_eq!(
        reason,
        Reason::LoginTimeReached(true),
        "activity kept it alive until its maximum age"
    );
    offices.shutdown().await;
}
