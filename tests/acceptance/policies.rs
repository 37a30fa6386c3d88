//! What groups may do, with defaults for the cluster.

use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, fresh_id, multiple_logins, phone};
use v1::multiple_logins::Rule;

#[tokio::test(flavor = "multi_thread")]
async fn deny_refuses_a_second_login_and_says_where_the_first_is() {
    let offices = Offices::with_people().await;
    offices
        .put_in_group("ada", "careful", multiple_logins(Rule::Deny(true)))
        .await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let error = offices
        .login(1, "ada", phone(1, 1), "1234")
        .await
        .expect_err("refused");
    assert_eq!(error.code, "HD1011");
    assert!(
        error.message.contains(phone(0, 1)) && error.message.contains("chicago"),
        "{}",
        error.message
    );
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn up_to_two_sessions_and_the_third_evicts_the_oldest() {
    let offices = Offices::with_people().await;
    offices
        .put_in_group("ada", "two-phones", multiple_logins(Rule::AllowUpTo(2)))
        .await;
    for office in 0..2 {
        let answer = offices
            .login(office, "ada", phone(office, 1), "1234")
            .await
            .expect("logs in");
        assert!(answer.ended.is_empty());
    }
    let third = offices
        .login(2, "ada", phone(2, 1), "1234")
        .await
        .expect("logs in");
    assert_eq!(
        third.ended[0].session.as_ref().expect("a session").device,
        phone(0, 1)
    );
    offices.settled().await;
    assert_eq!(offices.devices_of(0, "2001").await, [phone(1, 1), phone(2, 1)]);

    // A stricter policy ends what is too much in the entry that sets it.
    offices
        .put_in_group("ada", "two-phones", multiple_logins(Rule::Evict(true)))
        .await;
    offices.settled().await;
    for office in 0..3 {
        assert_eq!(offices.devices_of(office, "2001").await, [phone(2, 1)]);
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_phone_is_refused_where_the_group_says_so() {
    let offices = Offices::with_people().await;
    let policy = v1::Policy {
        busy_device: v1::BusyDevice::Refuse.into(),
        ..Default::default()
    };
    offices.put_in_group("bob", "polite", policy).await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let error = offices
        .login(0, "bob", phone(0, 1), "1234")
        .await
        .expect_err("refused");
    assert_eq!(error.code, "HD1012");
    assert!(
        !error.message.contains("ada"),
        "who sits there is nobody's business: {}",
        error.message
    );
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_defaults_hold_for_everybody_without_a_group() {
    let offices = Offices::with_people().await;
    let mut policy = offices
        .directory(0)
        .get_defaults(v1::GetDefaultsRequest {})
        .await
        .expect("defaults")
        .into_inner()
        .policy
        .expect("a policy");
    assert_eq!(
        policy.idle_timeout,
        Some(v1::Limit { after_ms: 600_000 }),
        "ten minutes"
    );
    assert_eq!(
        policy.login_time_max,
        Some(v1::Limit { after_ms: 43_200_000 }),
        "twelve hours"
    );
    policy.multiple_logins = Some(v1::MultipleLogins {
        rule: Some(Rule::Deny(true)),
    });
    let request = v1::PutDefaultsRequest {
        request_id: fresh_id(),
        policy: Some(policy),
        by: "test".into(),
    };
    offices.directory(1).put_defaults(request).await.expect("put");
    offices
        .login(0, "cy", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let error = offices
        .login(1, "cy", phone(1, 1), "1234")
        .await
        .expect_err("refused");
    assert_eq!(error.code, "HD1011");
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_may_be_for_some_groups_only() {
    let offices = Offices::with_people().await;
    offices.put_in_group("ada", "sales", v1::Policy::default()).await;
    let device = v1::Device {
        id: phone(0, 1).into(),
        site: "chicago".into(),
        allowed_groups: vec!["sales".into()],
        ..Default::default()
    };
    let request = v1::PutDeviceRequest {
        request_id: fresh_id(),
        device: Some(device),
        by: "test".into(),
    };
    offices.directory(0).put_device(request).await.expect("put");
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let error = offices
        .login(0, "bob", phone(0, 1), "1234")
        .await
        .expect_err("refused");
    assert_eq!(error.code, "HD1007");
    offices.shutdown().await;
}
