//! PINs: wrong ones are counted and lock the account, changed ones count at once, at every office.

use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, fresh_id, phone};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_at_any_office_lock_the_account_together() {
    let offices = Offices::with_people().await;
    for office in [0, 1, 2, 0] {
        let error = offices
            .login(office, "ada", phone(office, 1), "9999")
            .await
            .expect_err("a wrong PIN");
        assert_eq!(error.grpc_code, tonic::Code::Unauthenticated, "{error:?}");
    }
    let fifth = offices
        .login(1, "ada", phone(1, 1), "9999")
        .await
        .expect_err("the fifth wrong PIN");
    assert!(!fifth.code.is_empty());
    // Now even the right PIN is refused, everywhere.
    for office in 0..3 {
        let error = offices
            .login(office, "ada", phone(office, 1), "1234")
            .await
            .expect_err("locked");
        assert_eq!(error.code, "HD1008", "{error:?}");
    }
    let request = v1::UnlockRequest {
        request_id: fresh_id(),
        user: "2001".into(),
        by: "admin:jo".into(),
    };
    offices.admin(2).unlock(request).await.expect("unlock");
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in again");
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_pin_counts_at_once_at_every_office() {
    let offices = Offices::with_people().await;
    for round in 0..5 {
        let (old, new) = (format!("12{round}4"), format!("12{}4", round + 1));
        if round == 0 {
            offices.set_pin("bob", &old).await;
        }
        offices.set_pin("bob", &new).await;
        // Whichever office is asked first, however far its copy lags.
        let office = round % 3;
        offices
            .login(office, "bob", phone(office, 1), &new)
            .await
            .expect("the new PIN");
        offices
            .login(office, "bob", phone(office, 1), &old)
            .await
            .expect_err("the old PIN");
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_a_pin_cannot_log_in_with_one() {
    let offices = Offices::with_people().await;
    offices
        .put_user(v1::User {
            id: "dan".into(),
            ..Default::default()
        })
        .await;
    offices.settled().await;
    let error = offices
        .login(0, "dan", phone(0, 1), "1234")
        .await
        .expect_err("no PIN has been set");
    assert_eq!(error.code, "HD1010", "{error:?}");
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pins_have_a_rule() {
    let offices = Offices::with_people().await;
    for pin in ["12", "12a4", "123456789012345678901234567890123"] {
        let request = v1::SetPinRequest {
            request_id: fresh_id(),
            user: "ada".into(),
            pin: pin.into(),
            by: "test".into(),
        };
        let error = ApiError::from(offices.directory(0).set_pin(request).await.expect_err("refused"));
        assert_eq!(error.grpc_code, tonic::Code::InvalidArgument);
        assert!(
            !error.message.contains(pin),
            "a PIN must not be repeated: {}",
            error.message
        );
    }
    offices.shutdown().await;
}
