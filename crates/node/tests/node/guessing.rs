//! PINs that are tried with many users, so that no user's own lock is met.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use futures::future::join_all;
use hotdesk_proto::v1;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use crate::http;
use crate::world::{Answer, World, answer, office_rows, user};

const WRONG: &str = "0000";
const RIGHT: &str = "1234";
const HELD_UP: &str = "TOO_MANY_WRONG_PINS";

/// The office, and people `u0` to `u29` with the same PIN; nobody's account locks.
async fn company(settings: impl FnOnce(&mut hotdesk_node::Config)) -> World {
    let mut world = World::with(settings).await;
    let mut rows = office_rows();
    rows.extend((0..30).map(|number| user(&format!("u{number}"), &format!("3{number:03}"), RIGHT)));
    world.import(rows, false).await.unwrap();
    world
}

/// Callers at another address of this machine.
fn from(world: &World, address: &str) -> SessionsClient<Channel> {
    let address: IpAddr = address.parse().unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{}", world.node.address())).unwrap();
    SessionsClient::new(endpoint.local_address(Some(address)).connect_lazy())
}

async fn log_in(
    sessions: &SessionsClient<Channel>,
    (user, device, pin): (&str, &str, &str),
    token: Option<&str>,
) -> Answer<v1::LoginResponse> {
    let mut request = Request::new(v1::LoginRequest {
        user: user.into(),
        device: device.into(),
        pin: pin.into(),
        ..Default::default()
    });
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    answer(sessions.clone().login(request).await)
}

fn reason(answer: &Answer<v1::LoginResponse>) -> &str {
    answer
        .as_ref()
        .map_or_else(|error| error.reason.as_str(), |_| "done")
}

#[tokio::test]
async fn one_pin_tried_with_every_user_is_held_up_by_address() {
    let mut world = company(|config| {
        config.limits.wrong_pins_per_address_max = 4;
        config.http.listen = Some("127.0.0.1:0".into());
    })
    .await;
    let here = from(&world, "127.0.0.1");
    // Whoever does not exist counts as well, and each time another phone is named.
    for (name, device, expected) in [
        ("u0", "chi-1", "WRONG_PIN"),
        ("nobody", "chi-2", "UNKNOWN_USER"),
        ("u1", "ny-1", "WRONG_PIN"),
        ("u2", "no-phone", "WRONG_PIN"),
        ("u3", "chi-1", HELD_UP),
    ] {
        let told = log_in(&here, (name, device, WRONG), None).await;
        assert_eq!(reason(&told), expected, "{name}");
    }
    let error = log_in(&here, ("u3", "chi-1", RIGHT), None).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.retryable),
        ("HD2020", false),
        "the right PIN looks no different"
    );
    let wait = error.retry_after.expect("says for how long");
    assert!(
        wait <= Duration::from_secs(60) && wait > Duration::from_secs(10),
        "{wait:?}"
    );
    assert!(!error.to_string().contains(RIGHT));
    let there = from(&world, "127.0.0.2");
    let elsewhere = log_in(&there, ("u3", "chi-1", RIGHT), None).await;
    assert_eq!(reason(&elsewhere), "done", "others are not held up");

    // The stream is no way round.
    let login = v1::LoginStreamRequest {
        seq: 7,
        login: Some(v1::LoginRequest {
            user: "u4".into(),
            device: "chi-2".into(),
            pin: RIGHT.into(),
            ..Default::default()
        }),
    };
    let mut stream = world
        .sessions
        .login_stream(tokio_stream::iter([login]))
        .await
        .unwrap()
        .into_inner();
    let streamed = stream.message().await.unwrap().unwrap();
    let Some(v1::login_stream_response::Result::Error(error)) = streamed.result else {
        panic!("held up in the stream too");
    };
    assert_eq!(error.reason, HELD_UP);

    let metrics = http::body_of(&world, "/metrics").await;
    assert!(
        metrics.contains("hotdesk_logins_held_up_total{by=\"address\"} 3"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_program_with_a_token_is_held_up_by_phone_only() {
    let world = company(|config| {
        config.limits.wrong_pins_per_address_max = 2;
        config.limits.wrong_pins_per_phone_max = 3;
        config.auth.edge_token = Some("edges".into());
    })
    .await;
    let here = from(&world, "127.0.0.1");
    let edge = Some("edges");
    for (name, device, pin, expected) in [
        ("u0", "chi-1", WRONG, "WRONG_PIN"),
        ("u1", "chi-1", WRONG, "WRONG_PIN"),
        ("u2", "chi-2", WRONG, "WRONG_PIN"),
        ("u3", "chi-1", WRONG, "WRONG_PIN"),
        ("u4", "chi-1", WRONG, HELD_UP),
        ("u5", "chi-1", RIGHT, HELD_UP),
        ("u5", "chi-2", RIGHT, "done"),
        // Phones that nobody has are one place.
        ("u6", "made-up-1", WRONG, "WRONG_PIN"),
        ("u6", "made-up-2", WRONG, "WRONG_PIN"),
        ("u6", "made-up-3", WRONG, "WRONG_PIN"),
        ("u6", "made-up-4", WRONG, HELD_UP),
    ] {
        let told = log_in(&here, (name, device, pin), edge).await;
        assert_eq!(reason(&told), expected, "{name} at {device}");
    }
    let named = log_in(&here, ("u7", "chi-1", RIGHT), None).await;
    assert_eq!(
        reason(&named),
        "done",
        "whoever only names the phone is counted apart"
    );
    let wrong_token = log_in(&here, ("u8", "ny-1", WRONG), Some("guessed")).await;
    assert_eq!(reason(&wrong_token), "WRONG_PIN");
    for _ in 0..2 {
        log_in(&here, ("u8", "ny-1", WRONG), Some("guessed"))
            .await
            .unwrap_err();
    }
    let told = log_in(&here, ("u8", "ny-1", RIGHT), Some("guessed")).await;
    assert_eq!(reason(&told), HELD_UP, "a wrong token is none");
}

#[tokio::test]
async fn nobody_who_names_a_phone_holds_it_up() {
    let world = company(|config| {
        config.limits.wrong_pins_per_phone_max = 1;
        config.auth.edge_token = Some("edges".into());
    })
    .await;
    let here = from(&world, "127.0.0.1");
    for expected in ["WRONG_PIN", HELD_UP] {
        let told = log_in(&here, ("u0", "chi-1", WRONG), None).await;
        assert_eq!(reason(&told), expected);
    }
    let at_the_phone = log_in(&here, ("u1", "chi-1", RIGHT), Some("edges")).await;
    assert_eq!(reason(&at_the_phone), "done");
}

#[tokio::test]
async fn right_pins_count_nothing_however_many_come() {
    let world = company(|config| {
        config.limits.wrong_pins_per_address_max = 1;
        config.limits.wrong_pins_per_phone_max = 1;
    })
    .await;
    let here = from(&world, "127.0.0.1");
    let names: Vec<_> = (0..30).map(|number| format!("u{number}")).collect();
    let logins = names
        .iter()
        .map(|name| log_in(&here, (name, "chi-1", RIGHT), None));
    let answers = join_all(logins).await;
    assert!(
        answers.iter().all(|answer| reason(answer) == "done"),
        "{answers:?}"
    );
}

/// Goal: sending all at once, before any has been found wrong, tells no more than sending one after the other.
#[tokio::test]
async fn of_many_wrong_pins_at_once_no_more_are_told_than_may_be() {
    let world = company(|config| {
        config.limits.wrong_pins_per_address_max = 5;
        config.pin.checks_queued_max = 100;
    })
    .await;
    let here = from(&world, "127.0.0.1");
    let names: Vec<_> = (0..30).map(|number| format!("u{number}")).collect();
    let pins = |number: usize| if number == 29 { RIGHT } else { WRONG };
    let logins = (0..30).map(|number| log_in(&here, (&names[number], "ny-1", pins(number)), None));
    let answers = join_all(logins).await;
    let told = answers
        .iter()
        .filter(|answer| reason(answer) == "WRONG_PIN")
        .count();
    let held_up = answers.iter().filter(|answer| reason(answer) == HELD_UP).count();
    assert_eq!(told, 5, "{answers:?}");
    assert!(held_up >= 24, "{answers:?}");
}

/// The count would otherwise say what a locked account's answer does not.
#[tokio::test]
async fn at_a_locked_account_a_right_pin_counts_like_a_wrong_one() {
    for pin in [RIGHT, WRONG] {
        let mut world = company(|config| config.limits.wrong_pins_per_address_max = 2).await;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let lock = v1::LockUserRequest {
            user: "u0".into(),
            until_ms: u64::try_from(now.as_millis()).unwrap() + 3_600_000,
            by: "test".into(),
            ..Default::default()
        };
        answer(world.directory.lock_user(lock).await).unwrap();
        let here = from(&world, "127.0.0.1");
        let told = [
            log_in(&here, ("u0", "chi-1", pin), None).await,
            log_in(&here, ("u1", "chi-1", WRONG), None).await,
            log_in(&here, ("u2", "chi-1", WRONG), None).await,
        ];
        let reasons: Vec<_> = told.iter().map(reason).collect();
        assert_eq!(reasons, ["USER_LOCKED", "WRONG_PIN", HELD_UP], "{pin}");
    }
}
