//! Sessions are ended by their users and by administrators.

use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, fresh_id, phone};
use v1::end_reason::Reason;
use v1::logout_request::Target;

fn logout(target: Target, epoch: u64) -> v1::LogoutRequest {
    v1::LogoutRequest {
        request_id: fresh_id(),
        target: Some(target),
        epoch,
        by: "edge:chicago".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_twice_is_fine() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let at_phone = || logout(Target::Device(phone(0, 1).into()), 0);
    let first = offices
        .sessions(2)
        .logout(at_phone())
        .await
        .expect("logs out")
        .into_inner();
    assert_eq!(first.ended.len(), 1);
    let second = offices
        .sessions(1)
        .logout(at_phone())
        .await
        .expect("no error")
        .into_inner();
    assert!(second.ended.is_empty());
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_logout_does_not_end_a_newer_session() {
    let offices = Offices::with_people().await;
    let old = offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in")
        .session
        .expect("a session");
    offices
        .login(0, "bob", phone(0, 1), "1234")
        .await
        .expect("takes over");
    let late = logout(Target::Device(phone(0, 1).into()), old.epoch);
    let error = ApiError::from(offices.sessions(0).logout(late).await.expect_err("refused"));
    assert_eq!(error.code, "HD1013");
    offices.settled().await;
    assert_eq!(offices.devices_of(0, "bob").await, [phone(0, 1)]);
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_logs_out_everywhere_by_any_name() {
    let offices = Offices::with_people().await;
    offices
        .login(2, "ada", phone(2, 1), "1234")
        .await
        .expect("logs in");
    let answer = offices
        .sessions(0)
        .logout(logout(Target::User("71".into()), 0))
        .await
        .expect("logs out");
    assert_eq!(answer.into_inner().ended.len(), 1);
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_empties_a_site() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    offices
        .login(0, "bob", phone(0, 2), "1234")
        .await
        .expect("logs in");
    offices
        .login(1, "cy", phone(1, 1), "1234")
        .await
        .expect("logs in");
    let request = v1::ForceLogoutRequest {
        request_id: fresh_id(),
        target: Some(v1::force_logout_request::Target::Site("chicago".into())),
        note: "the office moves".into(),
        by: "admin:jo".into(),
    };
    let answer = offices
        .admin(1)
        .force_logout(request)
        .await
        .expect("done")
        .into_inner();
    assert_eq!(answer.ended.len(), 2);
    assert!(!answer.more);
    for ended in &answer.ended {
        let reason = ended.reason.clone().and_then(|r| r.reason);
        assert_eq!(reason, Some(Reason::Forced("the office moves".into())));
    }
    let list = v1::ListSessionsRequest {
        consistency: v1::Consistency::Linearizable.into(),
        ..Default::default()
    };
    let left = offices
        .admin(2)
        .list_sessions(list)
        .await
        .expect("list")
        .into_inner()
        .sessions;
    assert_eq!(left.iter().map(|s| s.user.as_str()).collect::<Vec<_>>(), ["cy"]);
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabling_a_user_or_a_phone_ends_the_session() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    offices
        .put_user(v1::User {
            id: "ada".into(),
            disabled: true,
            ..Default::default()
        })
        .await;
    let error = offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect_err("refused");
    assert_eq!(error.code, "HD1005");
    offices.settled().await;
    assert!(offices.devices_of(1, "ada").await.is_empty());
    offices.shutdown().await;
}
