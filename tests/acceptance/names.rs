//! One may log in by id, alias, e-mail or extension; nobody else can have one of these names.

use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, fresh_id, phone};

#[tokio::test(flavor = "multi_thread")]
async fn every_name_of_a_user_logs_that_user_in() {
    let offices = Offices::with_people().await;
    for (i, name) in ["ada", "71", "ADA@example.com", "2001"].into_iter().enumerate() {
        let office = i % 3;
        let answer = offices
            .login(office, name, phone(office, 1 + i / 3), "1234")
            .await
            .expect(name);
        assert_eq!(answer.session.expect("a session").user, "ada", "by {name}");
    }
    offices.settled().await;
    assert_eq!(
        offices.devices_of(0, "ada").await.len(),
        1,
        "each login evicted the one before"
    );
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_belongs_to_one_user() {
    let offices = Offices::with_people().await;
    let thief = v1::User {
        id: "dan".into(),
        aliases: vec!["2001".into()],
        ..Default::default()
    };
    let request = v1::PutUserRequest {
        request_id: fresh_id(),
        user: Some(thief),
        by: "test".into(),
    };
    let error = ApiError::from(offices.directory(0).put_user(request).await.expect_err("refused"));
    assert_eq!(error.code, "HD1014");
    assert!(
        error.message.contains("2001") && error.message.contains("ada"),
        "{}",
        error.message
    );
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_are_refused_with_a_reason() {
    let offices = Offices::with_people().await;
    for (user, device, code, said) in [
        ("nobody", phone(0, 1), "HD1001", "nobody"),
        ("ada", "02ffffffffff", "HD1002", "02ffffffffff"),
    ] {
        let error = offices.login(0, user, device, "1234").await.expect_err("refused");
        assert_eq!(error.code, code);
        assert!(error.message.contains(said), "{}", error.message);
        assert!(!error.what_to_do.is_empty() && !error.retryable);
    }
    let error = offices
        .login(0, "not a name!", phone(0, 1), "1234")
        .await
        .expect_err("refused");
    assert_eq!(error.grpc_code, tonic::Code::InvalidArgument);
    offices.shutdown().await;
}
