//! Emergency calls: nothing stands in their way.

use std::time::Duration;

use hotdesk_client::v1;
use hotdesk_client::v1::event::Kind;
use hotdesk_edge::Config;
use hotdesk_edge::config::SipUri;
use hotdesk_routing::emergency::CallBackNumber;
use hotdesk_sip::message::{Message, Method, Name};
use hotdesk_softphone::{Account, Softphone};
use tokio::time::Instant;

use super::fake::PATIENCE;
use super::office::{Company, DOMAIN, Office, device, eventually, free_port, talk, texts, trunk};

const CALL_BACK: &str = "+13125550911";

fn logged_in() -> Company {
    Company {
        sessions: vec![("ada", "c1", "chicago", 5), ("bob", "c2", "chicago", 6)],
        ..Company::default()
    }
}

fn emergency(config: &mut Config) {
    config.dialplan.emergency.call_back = vec![CallBackNumber {
        number: CALL_BACK.into(),
        device: None,
    }];
    config.emergency_notify.message_to = vec!["sip:2002@example.com".parse::<SipUri>().unwrap()];
}

async fn text_at(phone: &Softphone) -> Message {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = phone.next_request(deadline).await.unwrap();
        if request.method() == Some(&Method::Message) {
            phone.reply(&request, 200, "OK").await.unwrap();
            return request;
        }
    }
}

/// What is posted to the office's alerts.
async fn posted(alerts: &tokio::net::TcpListener) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut stream, _) = alerts.accept().await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"}") {
        assert!(stream.read_buf(&mut got).await.unwrap() > 0);
    }
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        .await
        .unwrap();
    String::from_utf8(got).unwrap()
}

#[tokio::test]
async fn every_way_out_is_tried_and_the_call_carries_place_and_call_back_number() {
    let ways = [free_port(), free_port(), free_port()];
    let alerts = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let office = Office::start(logged_in(), |config| {
        emergency(config);
        config.emergency_notify.webhook = Some(format!("http://{}/911", alerts.local_addr().unwrap()));
        config.trunks = vec![trunk("a", ways[0]), trunk("b", ways[1]), trunk("c", ways[2])];
    })
    .await;
    let (a, b) = (office.carrier(ways[0]).await, office.carrier(ways[1]).await);
    let c = office.carrier(ways[2]).await;
    let (c1, c2) = (office.phone("c1").await, office.phone("c2").await);
    let (made, (), (), taken, told, posted) = tokio::join!(
        c1.call("911", PATIENCE),
        async {
            a.incoming(PATIENCE)
                .await
                .unwrap()
                .refuse(603, "Decline")
                .await
                .unwrap()
        },
        async {
            b.incoming(PATIENCE)
                .await
                .unwrap()
                .refuse(404, "Not Found")
                .await
                .unwrap()
        },
        async { c.incoming(PATIENCE).await.unwrap().answer().await.unwrap() },
        text_at(&c2),
        posted(&alerts),
    );
    for part in [
        "\"number\":\"911\"",
        "\"device\":\"c1\"",
        "\"user\":\"ada\"",
        "Wacker",
    ] {
        assert!(posted.contains(part), "{part} in {posted}");
    }
    // Told once, however many ways out were tried.
    assert!(
        tokio::time::timeout(Duration::from_millis(300), alerts.accept())
            .await
            .is_err()
    );
    assert_eq!(made.as_ref().unwrap().status(), 200);
    let invite = &taken.by;
    assert_eq!(
        texts(invite, &Name::PAssertedIdentity),
        [format!("\"Ada Lovelace\" <sip:{CALL_BACK}@{DOMAIN}>")]
    );
    assert!(invite.header(&Name::Geolocation).is_some());
    let body = String::from_utf8_lossy(invite.body()).into_owned();
    assert!(body.contains("Wacker"), "{body}");
    assert!(
        String::from_utf8_lossy(told.body()).contains("desk of c1"),
        "{told:?}"
    );
    let made = made.unwrap().answered().unwrap();
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
}

#[tokio::test]
async fn the_location_is_the_phones_own_where_it_has_one() {
    let at = free_port();
    let mut office = Office::start(logged_in(), |config| config.trunks = vec![trunk("a", at)]).await;
    let carrier = office.carrier(at).await;
    let c1 = office.phone("c1").await;
    let placed = v1::Device {
        emergency_location: "Floor 3, 233 S Wacker Dr, Chicago".into(),
        ..device("c1", "chicago")
    };
    office.entry(vec![Kind::DevicePut(placed)]).await;
    let (made, taken) = talk(&c1, "911", &carrier).await;
    let body = String::from_utf8_lossy(taken.by.body()).into_owned();
    assert!(body.contains("Floor 3"), "{body}");
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
}

/// Before the pool; a number that means something in the company only is no number to call back.
#[tokio::test]
async fn a_phones_own_number_is_shown_and_called_back() {
    const OWN: &str = "+13125550107";
    let at = free_port();
    let mut office = Office::start(logged_in(), |config| {
        emergency(config);
        config.trunks = vec![trunk("a", at)];
    })
    .await;
    let carrier = office.carrier(at).await;
    let (c1, c2) = (office.phone("c1").await, office.phone("c2").await);
    for (id, number) in [("c1", OWN), ("c2", "7002")] {
        let numbered = v1::Device {
            number: number.into(),
            ..device(id, "chicago")
        };
        office.entry(vec![Kind::DevicePut(numbered)]).await;
    }
    for (phone, shown) in [(&c1, OWN), (&c2, CALL_BACK)] {
        let (made, taken) = talk(phone, "911", &carrier).await;
        let identity = texts(&taken.by, &Name::PAssertedIdentity).join("");
        assert!(
            identity.contains(&format!("<sip:{shown}@{DOMAIN}>")),
            "{identity}"
        );
        let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    }
    // Whoever has logged in by then.
    office
        .moves("ada", ("c1", "chicago", 5), ("c3", "chicago", 20))
        .await;
    for (number, phone) in [(OWN, &c1), (CALL_BACK, &c2)] {
        let (made, taken) = talk(&carrier, &format!("sip:{number}@example.com"), phone).await;
        let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    }
}

#[tokio::test]
async fn the_call_back_reaches_the_phone_whoever_has_logged_in_by_then() {
    let at = free_port();
    let mut office = Office::start(logged_in(), |config| {
        emergency(config);
        config.trunks = vec![trunk("a", at)];
    })
    .await;
    let carrier = office.carrier(at).await;
    let c1 = office.phone("c1").await;
    let line = office.session_line("ada", "2001", 5).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let (made, taken) = talk(&c1, "911", &carrier).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    eventually("the phone is held in the log", || {
        office.fake.seen().iter().any(|seen| seen == "hold c1")
    })
    .await;
    // She logs in elsewhere; her line at the phone is left alone while the window is open.
    office
        .moves("ada", ("c1", "chicago", 5), ("c3", "chicago", 20))
        .await;
    assert_eq!(office.sip.registrations(), 2);
    let (made, taken) = talk(&carrier, &format!("sip:{CALL_BACK}@example.com"), &c1).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    // The window is on the disk.
    let company = Company {
        sessions: vec![("ada", "c3", "chicago", 20)],
        ..Company::default()
    };
    let office = office.restart(company).await;
    let (made, taken) = talk(&carrier, &format!("sip:{CALL_BACK}@example.com"), &c1).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    drop(office);
}

#[tokio::test]
async fn the_call_back_finds_a_phone_that_has_only_the_line_of_a_session_that_is_over() {
    let at = free_port();
    let mut office = Office::start(logged_in(), |config| {
        emergency(config);
        config.trunks = vec![trunk("a", at)];
    })
    .await;
    let carrier = office.carrier(at).await;
    let line = office.session_line("ada", "2001", 5).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let (made, taken) = talk(&line, "911", &carrier).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    office
        .moves("ada", ("c1", "chicago", 5), ("c3", "chicago", 20))
        .await;
    let (made, taken) = talk(&carrier, &format!("sip:{CALL_BACK}@example.com"), &line).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    assert_eq!(line.call("2002", PATIENCE).await.unwrap().status(), 403);
}

#[tokio::test]
async fn nobody_is_asked_for_a_password_and_an_evicted_phone_is_found_where_it_stands() {
    let at = free_port();
    let company = Company {
        sessions: vec![("ada", "n1", "new-york", 20)],
        ..Company::default()
    };
    let office = Office::start(company, |config| {
        emergency(config);
        config.trunks = vec![trunk("a", at)];
    })
    .await;
    let carrier = office.carrier(at).await;
    // A stranger, and a phone that is still set up as the user who sits in New York by now.
    let stranger = Account::device("nobody", "wrong", "example.com");
    let stranger = Softphone::start(stranger, office.address()).await.unwrap();
    let evicted = office.session_line("ada", "2001", 5).await;
    for phone in [&stranger, &evicted] {
        let (made, taken) = talk(phone, "911", &carrier).await;
        let body = String::from_utf8_lossy(taken.by.body()).into_owned();
        assert!(!body.contains("5th Ave"), "{body}");
        let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    }
    assert_eq!(evicted.call("2002", PATIENCE).await.unwrap().status(), 403);
}

#[tokio::test]
async fn it_works_when_the_lease_has_run_out_under_strict() {
    let at = free_port();
    let office = Office::start(logged_in(), |config| {
        config.trunks = vec![trunk("a", at)];
        config.dialplan.emergency.location = "233 S Wacker Dr".into();
        config.policy = hotdesk_edge::Policy::Strict;
        config.lease = Duration::from_millis(50);
    })
    .await;
    let carrier = office.carrier(at).await;
    let phone = office.unregistered("c1").await;
    eventually("the lease has run out", || {
        office.edge.table().age() > Duration::from_millis(60)
    })
    .await;
    let (made, taken) = talk(&phone, "112", &carrier).await;
    assert!(String::from_utf8_lossy(taken.by.body()).contains("Wacker"));
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
}

#[tokio::test]
async fn a_call_that_no_trunk_takes_leaves_the_phone_held_for_the_window_only() {
    let office = Office::start(logged_in(), |config| {
        emergency(config);
        config.trunks = vec![trunk("a", "127.0.0.1:9".parse().unwrap())];
        config.trunks[0].uri = "sip:there-is-no-such-host.invalid".into();
    })
    .await;
    let c1 = office.phone("c1").await;
    assert_eq!(c1.call("911", PATIENCE).await.unwrap().status(), 480);
    eventually("the phone is held", || {
        office.fake.seen().iter().any(|seen| seen == "hold c1")
    })
    .await;
}
