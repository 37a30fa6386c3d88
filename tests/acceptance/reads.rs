//! Look-ups: from the office's own copy with its age, or seeing everything that was acknowledged.

use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, phone};

#[tokio::test(flavor = "multi_thread")]
async fn a_linearizable_look_up_anywhere_sees_the_login_just_acknowledged() {
    let offices = Offices::with_people().await;
    for round in 0..30 {
        let (at, asked) = (round % 3, (round + 1) % 3);
        let login = offices
            .login(at, "ada", phone(at, 1), "1234")
            .await
            .expect("logs in");
        let answer = offices
            .resolve_with(asked, "2001", v1::Consistency::Linearizable)
            .await
            .expect("an answer");
        let found: Vec<_> = answer
            .bindings
            .iter()
            .map(|b| (b.device.as_str(), b.epoch))
            .collect();
        let epoch = login.session.as_ref().expect("a session").epoch;
        assert_eq!(found, [(phone(at, 1), epoch)], "round {round}");
        let freshness = answer.freshness.expect("freshness");
        assert!(freshness.index >= login.index && freshness.age_ms == 0);
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_write_nothing_to_the_log() {
    let offices = Offices::with_people().await;
    let before = offices.settled().await;
    for office in 0..3 {
        for consistency in [v1::Consistency::Local, v1::Consistency::Linearizable] {
            offices
                .resolve_with(office, "2001", consistency)
                .await
                .expect("an answer");
        }
    }
    assert_eq!(offices.settled().await, before);
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_answer_says_how_old_it_is() {
    let offices = Offices::with_people().await;
    for office in 0..3 {
        let freshness = offices
            .resolve(office, "2001")
            .await
            .expect("an answer")
            .freshness
            .expect("freshness");
        assert!(!freshness.cut_off);
        assert!(freshness.age_ms < 5_000, "{freshness:?}");
        assert_eq!(freshness.node_id, office as u64 + 1);
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tells_all_about_a_user_or_a_phone() {
    use v1::who_request::Subject;
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    offices.settled().await;
    for subject in [
        Subject::User("2001".into()),
        Subject::Device(phone(0, 1).into()),
        Subject::Any("71".into()),
    ] {
        let request = v1::WhoRequest {
            subject: Some(subject),
            ..Default::default()
        };
        let answer = offices
            .sessions(2)
            .who(request)
            .await
            .expect("an answer")
            .into_inner();
        assert_eq!(answer.user.expect("the user").display_name, "ADA");
        assert_eq!(answer.sessions.len(), 1);
    }
    let neutral = v1::WhoRequest {
        subject: Some(Subject::Device(phone(1, 1).into())),
        ..Default::default()
    };
    let answer = offices
        .sessions(1)
        .who(neutral)
        .await
        .expect("an answer")
        .into_inner();
    assert!(answer.user.is_none() && answer.sessions.is_empty());
    assert_eq!(answer.device.expect("the phone").site, "new-york");
    let unknown = v1::WhoRequest {
        subject: Some(Subject::Any("nobody".into())),
        ..Default::default()
    };
    let error = ApiError::from(offices.sessions(1).who(unknown).await.expect_err("unknown"));
    assert_eq!(error.grpc_code, tonic::Code::NotFound);
    offices.shutdown().await;
}
