//! Logging in and out, PINs and lockout, vouching.

use hotdesk_proto::error::ErrorOutcome;
use hotdesk_proto::v1;
use tonic::{Code, Request};

use crate::world::{World, answer};

#[tokio::test]
async fn a_login_elsewhere_evicts_in_the_same_entry() {
    let mut world = World::office().await;
    let first = world.login("ada", "ny-1", "1234").await.unwrap();
    let second = world.login("2001", "chi-1", "1234").await.unwrap();
    let session = second.session.unwrap();
    assert_eq!(
        (
            session.user.as_str(),
            session.device.as_str(),
            session.by.as_str()
        ),
        ("ada", "chi-1", "test")
    );
    assert!(session.epoch > first.session.as_ref().unwrap().epoch);
    let ended = &second.ended[0];
    assert_eq!(ended.session, first.session);
    let reason = ended.reason.as_ref().unwrap().reason.as_ref().unwrap();
    let v1::end_reason::Reason::LoggedInElsewhere(elsewhere) = reason else {
        panic!("{reason:?}")
    };
    assert_eq!(
        (elsewhere.device.as_str(), elsewhere.epoch),
        ("chi-1", session.epoch)
    );
    assert_eq!(world.device_of("2001").await.as_deref(), Some("chi-1"));

    let request = v1::WhoRequest {
        subject: Some(v1::who_request::Subject::Any("ny-1".into())),
        consistency: v1::Consistency::Linearizable.into(),
    };
    let who = answer(world.sessions.who(request).await).unwrap();
    assert_eq!((who.user, who.sessions), (None, vec![]));
    assert_eq!(who.device.unwrap().desk, "12");
    assert_eq!(who.freshness.unwrap().age_ms, 0);
}

#[tokio::test]
async fn a_logout_ends_the_session_once_and_an_old_epoch_ends_nothing() {
    let mut world = World::office().await;
    let epoch = world
        .login("ada", "chi-1", "1234")
        .await
        .unwrap()
        .session
        .unwrap()
        .epoch;
    let logout = |epoch| v1::LogoutRequest {
        target: Some(v1::logout_request::Target::Device("CHI-1".into())),
        epoch,
        ..Default::default()
    };
    let stale = answer(world.sessions.logout(logout(epoch - 1)).await).unwrap_err();
    assert_eq!(
        (stale.reason.as_str(), stale.outcome),
        ("STALE_EPOCH", ErrorOutcome::Refused)
    );
    assert_eq!(
        answer(world.sessions.logout(logout(epoch)).await)
            .unwrap()
            .ended
            .len(),
        1
    );
    assert_eq!(
        answer(world.sessions.logout(logout(0)).await).unwrap().ended,
        vec![]
    );
    assert_eq!(world.device_of("ada").await, None);
}

#[tokio::test]
async fn a_retry_with_the_same_request_id_gets_the_first_answer() {
    let mut world = World::office().await;
    let request = |device: &str| v1::LoginRequest {
        request_id: vec![9; 16],
        user: "ada".into(),
        device: device.into(),
        pin: "1234".into(),
        ..Default::default()
    };
    let first = answer(world.sessions.login(request("chi-1")).await).unwrap();
    world.login("ada", "ny-1", "1234").await.unwrap();
    let again = answer(world.sessions.login(request("chi-1")).await).unwrap();
    assert_eq!(first.session, again.session);
    assert_eq!(world.device_of("ada").await.as_deref(), Some("ny-1"));
    let reused = answer(world.sessions.login(request("chi-2")).await).unwrap_err();
    assert_eq!(reused.reason, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn wrong_pins_are_counted_until_the_account_locks_and_an_unlock_lifts_it() {
    let mut world = World::office().await;
    for remaining in (1..=4).rev() {
        let wrong = world.login("ada", "chi-1", "0000").await.unwrap_err();
        assert_eq!(
            (wrong.reason.as_str(), wrong.grpc_code),
            ("WRONG_PIN", Code::Unauthenticated)
        );
        assert_eq!(wrong.values["remaining"], remaining.to_string());
        assert!(!wrong.retryable);
    }
    // From a phone that nobody knows it counts as well.
    let locked = world.login("ada", "nowhere", "0000").await.unwrap_err();
    assert_eq!(locked.reason, "USER_LOCKED");
    assert!(locked.values.contains_key("until_ms"), "{locked:?}");

    // The right PIN and a wrong one get the same answer now, and guessing on makes no entries.
    let index = world.node.cluster().local().index;
    assert_eq!(
        world.login("ada", "chi-1", "0001").await.unwrap_err().reason,
        "USER_LOCKED"
    );
    assert_eq!(world.node.cluster().local().index, index);
    assert_eq!(
        world.login("ada", "chi-1", "1234").await.unwrap_err().reason,
        "USER_LOCKED"
    );

    let request = v1::UnlockRequest {
        user: "2001".into(),
        by: "admin:jo".into(),
        ..Default::default()
    };
    answer(world.admin.unlock(request).await).unwrap();
    world.login("ada", "chi-1", "1234").await.unwrap();
    assert_eq!(
        world.login("ada", "chi-1", "0000").await.unwrap_err().values["remaining"],
        "4"
    );
}

#[tokio::test]
async fn each_refusal_says_what_is_the_matter() {
    let mut world = World::office().await;
    world
        .import(vec![crate::world::user("cy", "2003", "")], false)
        .await
        .unwrap();
    for (user, device, pin, reason, code) in [
        ("nobody", "chi-1", "1234", "UNKNOWN_USER", Code::NotFound),
        ("ada", "nowhere", "1234", "UNKNOWN_DEVICE", Code::NotFound),
        ("cy", "chi-1", "1234", "NO_CREDENTIAL", Code::FailedPrecondition),
        ("ada", "chi-1", "", "PIN_REQUIRED", Code::InvalidArgument),
        ("ada", "chi-1", "123", "INVALID_ARGUMENT", Code::InvalidArgument),
        ("ada", "chi-1", "12 34", "INVALID_ARGUMENT", Code::InvalidArgument),
    ] {
        let error = world.login(user, device, pin).await.unwrap_err();
        assert_eq!(
            (error.reason.as_str(), error.grpc_code),
            (reason, code),
            "{user} {device}: {error}"
        );
        assert!(
            !error.what_to_do.is_empty() && error.code.starts_with("HD"),
            "{error:?}"
        );
        assert_eq!(error.outcome, ErrorOutcome::Refused);
    }
}

fn vouched() -> v1::LoginRequest {
    v1::LoginRequest {
        user: "ada".into(),
        device: "chi-1".into(),
        vouched: true,
        ..Default::default()
    }
}

#[tokio::test]
async fn vouching_is_refused_unless_it_is_allowed() {
    let mut world = World::office().await;
    let refused = answer(world.sessions.login(vouched()).await).unwrap_err();
    assert_eq!(refused.reason, "VOUCHING_NOT_ALLOWED");

    let mut world = World::office_with(|config| config.auth.allow_vouched_logins = true).await;
    answer(world.sessions.login(vouched()).await).unwrap();
    let both = v1::LoginRequest {
        pin: "1234".into(),
        ..vouched()
    };
    assert_eq!(
        answer(world.sessions.login(both).await).unwrap_err().reason,
        "INVALID_ARGUMENT"
    );
}

#[tokio::test]
async fn vouching_needs_the_token_where_there_is_one() {
    let mut world = World::with(|config| {
        config.auth.allow_vouched_logins = true;
        config.auth.admin_token = Some("s3cret".into());
    })
    .await;
    let refused = answer(world.sessions.login(vouched()).await).unwrap_err();
    assert_eq!(refused.reason, "UNAUTHENTICATED");
    let mut request = Request::new(vouched());
    request
        .metadata_mut()
        .insert("authorization", "Bearer s3cret".parse().unwrap());
    assert_eq!(
        answer(world.sessions.login(request).await).unwrap_err().reason,
        "UNKNOWN_USER"
    );
}

#[tokio::test]
async fn activity_is_noted_for_sessions_that_are_still_there() {
    let mut world = World::office().await;
    let session = world
        .login("ada", "chi-1", "1234")
        .await
        .unwrap()
        .session
        .unwrap();
    let item = |device: &str, epoch| v1::Activity {
        device: device.into(),
        epoch,
        at_ms: 0,
    };
    let items = vec![
        item("chi-1", session.epoch),
        item("chi-1", session.epoch - 1),
        item("ny-1", 1),
    ];
    let request = v1::TouchRequest {
        items,
        by: "edge:test".into(),
    };
    assert_eq!(answer(world.sessions.touch(request).await).unwrap().noted, 1);
    let bad = v1::TouchRequest {
        items: vec![item("chi-1", 1), item("no phone", 1)],
        by: String::new(),
    };
    let error = answer(world.sessions.touch(bad).await).unwrap_err();
    assert_eq!(error.values["field"], "items[1].device");
}
