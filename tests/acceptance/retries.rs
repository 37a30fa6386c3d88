//! A request id makes a retry safe: the first answer is given again.

use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, fresh_id, phone};

fn request(id: &[u8], user: &str, device: &str) -> v1::LoginRequest {
    v1::LoginRequest {
        request_id: id.to_vec(),
        user: user.into(),
        device: device.into(),
        pin: "1234".into(),
        vouched: false,
        by: "edge:test".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_at_another_office_gets_the_first_answer() {
    let offices = Offices::with_people().await;
    let id = fresh_id();
    let first = offices
        .sessions(0)
        .login(request(&id, "ada", phone(0, 1)))
        .await
        .expect("logs in")
        .into_inner();
    // Meanwhile she moves on; the retry must not bring the old session back.
    offices
        .login(1, "ada", phone(1, 1), "1234")
        .await
        .expect("logs in");
    let again = offices
        .sessions(2)
        .login(request(&id, "ada", phone(0, 1)))
        .await
        .expect("answers")
        .into_inner();
    assert_eq!(first.session, again.session);
    offices.settled().await;
    assert_eq!(offices.devices_of(0, "ada").await, [phone(1, 1)]);
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_remembered_too() {
    let offices = Offices::with_people().await;
    let id = fresh_id();
    let request = |id: &[u8]| v1::LogoutRequest {
        request_id: id.to_vec(),
        target: Some(v1::logout_request::Target::User("nobody".into())),
        epoch: 0,
        by: "test".into(),
    };
    let first = ApiError::from(
        offices
            .sessions(0)
            .logout(request(&id))
            .await
            .expect_err("refused"),
    );
    offices
        .put_user(v1::User {
            id: "nobody".into(),
            ..Default::default()
        })
        .await;
    let again = ApiError::from(
        offices
            .sessions(1)
            .logout(request(&id))
            .await
            .expect_err("the same answer"),
    );
    assert_eq!((first.code.as_str(), again.code.as_str()), ("HD1001", "HD1001"));
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_for_one_request() {
    let offices = Offices::with_people().await;
    let id = fresh_id();
    offices
        .sessions(0)
        .login(request(&id, "ada", phone(0, 1)))
        .await
        .expect("logs in");
    let error = ApiError::from(
        offices
            .sessions(0)
            .login(request(&id, "bob", phone(0, 2)))
            .await
            .expect_err("refused"),
    );
    assert_eq!(error.code, "HD1018");
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_id_is_refused() {
    let offices = Offices::with_people().await;
    let error = ApiError::from(
        offices
            .sessions(0)
            .login(request(b"short", "ada", phone(0, 1)))
            .await
            .expect_err("refused"),
    );
    assert_eq!(error.grpc_code, tonic::Code::InvalidArgument);
    assert!(error.message.contains("16"), "{}", error.message);
    offices.shutdown().await;
}
