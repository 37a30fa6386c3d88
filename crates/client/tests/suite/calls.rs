//! Calls: which node is asked, when a call is repeated, and what the caller is told in the end.

use std::time::Duration;

use tokio::time::Instant;

use hotdesk_client::{Client, Error, Options, Pin, RequestId, Token, v1};
use hotdesk_proto::error::Failure;

use super::fake::{Fake, PATIENCE, Reply, dead_address};

fn client(endpoints: &[&str]) -> Client {
    let options = Options {
        deadline: PATIENCE,
        ..Options::new(endpoints.iter().copied()).with_by("test")
    };
    Client::new(options).expect("good options")
}

async fn login(client: &Client) -> Result<v1::LoginResponse, Error> {
    client.login("2001", "p1", &Pin::new("4711")).await
}

fn request_ids(fake: &Fake) -> Vec<Vec<u8>> {
    fake.logins()
        .iter()
        .map(|login| login.message.request_id.clone())
        .collect()
}

#[tokio::test]
async fn a_call_carries_who_asks_the_token_and_how_long_it_will_wait() {
    let fake = Fake::start();
    let options = Options::new([fake.address.clone()])
        .with_by("edge:chicago")
        .with_admin_token(Token::new("secret\n"));
    let client = Client::new(options).unwrap();
    assert_eq!(login(&client).await.unwrap().index, 7);
    login(&client).await.unwrap();

    let logins = fake.logins();
    let (first, second) = (&logins[0], &logins[1]);
    assert_eq!(first.message.by, "edge:chicago");
    assert_eq!(first.authorization.as_deref(), Some("Bearer secret"));
    assert!(first.timeout.is_some());
    assert_eq!(first.message.request_id.len(), 16);
    assert_ne!(first.message.request_id, second.message.request_id);
}

#[tokio::test]
async fn a_dead_node_is_passed_over_and_not_asked_again() {
    let fake = Fake::start();
    let dead = dead_address();
    let client = client(&[&dead, &fake.address]);
    login(&client).await.unwrap();
    assert_eq!(client.current_endpoint(), fake.address);
    login(&client).await.unwrap();
    assert_eq!(fake.logins().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_request_id() {
    let (first, second) = (Fake::start(), Fake::start());
    first.will([Reply::Hold]);
    let client = client(&[&first.address, &second.address]);
    let asking = tokio::spawn(async move { login(&client).await });
    first.was_asked(1).await;
    let ids = request_ids(&first);
    first.kill();
    assert_eq!(asking.await.unwrap().unwrap().index, 7);
    assert_eq!(request_ids(&second), ids);
}

#[tokio::test]
async fn a_hung_node_is_left_after_the_attempt_timeout() {
    let (hung, fine) = (Fake::start(), Fake::start());
    hung.will([Reply::Hold]);
    let client = Client::new(Options {
        attempt_timeout: Duration::from_millis(100),
        deadline: PATIENCE,
        ..Options::new([hung.address.clone(), fine.address.clone()])
    })
    .unwrap();
    login(&client).await.unwrap();
    assert_eq!(request_ids(&fine), request_ids(&hung));
}

#[tokio::test]
async fn a_write_without_an_answer_at_the_deadline_is_unknown_and_can_be_repeated() {
    let fake = Fake::start();
    fake.will([Reply::Hold]);
    let client = client(&[&fake.address]);
    let begun = Instant::now();
    let error = login(&client.clone().with_deadline(Duration::from_millis(300)))
        .await
        .unwrap_err();
    assert!(begun.elapsed() < PATIENCE);
    let Error::Unknown {
        request_id: Some(id),
        what: "login",
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert!(
        error.what_to_do().contains(&id.to_string()),
        "{}",
        error.what_to_do()
    );

    login(&client.with_request_id(id)).await.unwrap();
    let sent: Vec<RequestId> = request_ids(&fake)
        .into_iter()
        .map(|bytes| RequestId(u128::from_be_bytes(bytes.try_into().expect("16 bytes"))))
        .collect();
    assert_eq!(sent, [id, id]);
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    let fake = Fake::start();
    fake.will([Reply::Refuse(Failure::WrongPin { remaining: Some(2) }.into())]);
    let error = login(&client(&[&fake.address])).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused(api) if api.reason == "WRONG_PIN"),
        "{error:?}"
    );
    assert_eq!(error.code(), "HD2005");
    assert!(!error.what_to_do().is_empty());
    assert_eq!(fake.logins().len(), 1);
}

#[tokio::test]
async fn a_cluster_without_a_leader_is_asked_again_until_it_has_one() {
    let fake = Fake::start();
    fake.will([
        Reply::Refuse(Failure::NoLeader.into()),
        Reply::Refuse(Failure::Unknown.into()),
    ]);
    login(&client(&[&fake.address])).await.unwrap();
    let ids = request_ids(&fake);
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn without_a_leader_until_the_deadline_the_reason_is_told() {
    let fake = Fake::start();
    fake.will((0..1000).map(|_| Reply::Refuse(Failure::NoLeader.into())));
    let client = client(&[&fake.address]).with_deadline(Duration::from_millis(400));
    let error = login(&client).await.unwrap_err();
    assert!(
        matches!(&error, Error::Failed(api) if api.reason == "NO_LEADER"),
        "{error:?}"
    );
}

#[tokio::test]
async fn when_no_node_answers_each_is_named() {
    let (first, second) = (dead_address(), dead_address());
    let client = client(&[&first, &second]).with_deadline(Duration::from_millis(300));
    let error = login(&client).await.unwrap_err();
    assert!(matches!(error, Error::NoEndpoint { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&first) && text.contains(&second), "{text}");
    assert!(text.to_lowercase().contains("refused"), "{text}");
}

#[tokio::test]
async fn a_membership_change_in_doubt_is_not_repeated() {
    let fake = Fake::start();
    fake.will([Reply::Refuse(Failure::Unknown.into())]);
    let error = client(&[&fake.address]).promote(4).await.unwrap_err();
    assert!(
        matches!(error, Error::Unknown { request_id: None, .. }),
        "{error:?}"
    );
    assert_eq!(fake.promotions(), 1);
}

#[tokio::test]
async fn a_read_is_repeated_at_another_node() {
    let (first, second) = (Fake::start(), Fake::start());
    first.will([Reply::Refuse(Failure::ShuttingDown.into())]);
    let client = client(&[&first.address, &second.address]);
    client.resolve("2001", v1::Consistency::Local).await.unwrap();
    assert_eq!(client.current_endpoint(), second.address);
}

#[tokio::test]
async fn the_members_are_learnt() {
    let fake = Fake::start();
    let other = dead_address();
    fake.has_members(&[&fake.address, &other]);
    let client = client(&[&fake.address]);
    assert_eq!(client.learn_endpoints().await.unwrap(), 1);
    assert_eq!(client.known_endpoints(), [fake.address.clone(), other]);
}

#[tokio::test]
async fn many_logins_share_a_stream() {
    let fake = Fake::start();
    let stream = client(&[&fake.address]).login_stream();
    let logins = (0..100).map(|_| async { stream.login_vouched("2001", "p1").await });
    for answer in futures::future::join_all(logins).await {
        assert_eq!(answer.unwrap().index, 7);
    }
    let mut ids = request_ids(&fake);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 100);
}

#[tokio::test]
async fn logins_on_a_stream_that_breaks_are_repeated_at_the_next_node_under_the_same_ids() {
    let (first, second) = (Fake::start(), Fake::start());
    first.will([Reply::Answer, Reply::Hold]);
    let stream = client(&[&first.address, &second.address]).login_stream();
    stream.login_vouched("2001", "p1").await.unwrap();
    let asking = tokio::spawn(async move { stream.login_vouched("2001", "p2").await });
    first.was_asked(2).await;
    let ids = request_ids(&first);
    first.kill();
    asking.await.unwrap().unwrap();
    assert_eq!(request_ids(&second), ids[1..]);
}

#[tokio::test]
async fn a_login_refused_on_a_stream_leaves_the_stream_as_it_is() {
    let fake = Fake::start();
    fake.will([
        Reply::Refuse(Failure::WrongPin { remaining: None }.into()),
        Reply::Refuse(Failure::NoLeader.into()),
    ]);
    let stream = client(&[&fake.address]).login_stream();
    let error = stream.login("2001", "p1", &Pin::new("1")).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused(api) if api.code == "HD2005"),
        "{error:?}"
    );
    stream.login_vouched("2001", "p1").await.unwrap();
    assert_eq!(fake.logins().len(), 3);
}
