//! Many logins over one stream.

use std::collections::BTreeMap;

use hotdesk_proto::v1;
use hotdesk_proto::v1::login_stream_response::Result as Answer;
use tokio::time::timeout;

use crate::world::{PATIENCE, World};

#[tokio::test]
async fn each_login_of_a_stream_is_answered_under_its_number() {
    let mut world = World::office().await;
    let login = |seq, user: &str, device: &str, pin: &str| v1::LoginStreamRequest {
        seq,
        login: Some(v1::LoginRequest {
            user: user.into(),
            device: device.into(),
            pin: pin.into(),
            ..Default::default()
        }),
    };
    let requests = vec![
        login(1, "ada", "chi-1", "1234"),
        login(2, "bob", "chi-2", "0000"),
        login(3, "nobody", "chi-2", "0000"),
        v1::LoginStreamRequest { seq: 4, login: None },
        login(5, "bob", "ny-1", "9876"),
    ];
    let mut stream = world
        .sessions
        .login_stream(tokio_stream::iter(requests))
        .await
        .unwrap()
        .into_inner();
    let mut answers = BTreeMap::new();
    while let Some(answer) = timeout(PATIENCE, stream.message()).await.unwrap().unwrap() {
        let said = match answer.result.unwrap() {
            Answer::Response(response) => response.session.unwrap().device,
            Answer::Error(error) => error.reason,
        };
        assert_eq!(answers.insert(answer.seq, said), None);
    }
    let expected = ["chi-1", "WRONG_PIN", "UNKNOWN_USER", "INVALID_ARGUMENT", "ny-1"];
    assert_eq!(answers.into_values().collect::<Vec<_>>(), expected);
}
