//! Calls inside the office and by trunks.

use std::time::Duration;

use hotdesk_edge::Policy;
use hotdesk_sip::message::{Method, Name};
use hotdesk_softphone::Softphone;

use super::fake::PATIENCE;
use super::office::{Company, Office, eventually, free_port, request, talk, texts, trunk};

fn two_users() -> Company {
    Company {
        sessions: vec![("ada", "c1", "chicago", 5), ("bob", "c2", "chicago", 6)],
        ..Company::default()
    }
}

#[tokio::test]
async fn a_call_shows_who_is_logged_in_whatever_the_phone_claims() {
    let office = Office::start(two_users(), |_| {}).await;
    let (c1, c2) = (office.phone("c1").await, office.phone("c2").await);
    let (made, taken) = talk(&c1, "2002", &c2).await;
    assert_eq!(
        texts(&taken.by, &Name::PAssertedIdentity),
        ["\"Ada Lovelace\" <sip:2001@example.com>"]
    );
    assert_eq!(
        texts(&made.by, &Name::PAssertedIdentity),
        ["\"Bob\" <sip:2002@example.com>"]
    );
    assert!(taken.by.header(&Name::ProxyAuthorization).is_none());
    let (hung_up, ended) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    assert_eq!(hung_up.unwrap().status(), Some(200));
    ended.unwrap();
}

#[tokio::test]
async fn what_a_phone_asserts_is_taken_out_inside_a_call_and_of_messages() {
    let office = Office::start(two_users(), |_| {}).await;
    let (c1, c2) = (office.phone("c1").await, office.phone("c2").await);
    let mut message = request(Method::Message, "sip:2002@example.com", "sip:c1@example.com");
    let claim = hotdesk_sip::message::Header::new(Name::PAssertedIdentity, "<sip:boss@example.com>");
    message.push(claim);
    message.set_body(Some("text/plain"), "hello");
    let (answer, got) = tokio::join!(c1.ask(message), async {
        let got = next(&c2, &Method::Message).await;
        c2.reply(&got, 200, "OK").await.unwrap();
        got
    });
    assert_eq!(answer.unwrap().status(), Some(200));
    assert_eq!(
        texts(&got, &Name::PAssertedIdentity),
        ["\"Ada Lovelace\" <sip:2001@example.com>"]
    );
}

#[tokio::test]
async fn a_full_trunk_takes_no_more_until_a_call_ends_however_it_ends() {
    let at = free_port();
    let office = Office::start(two_users(), |config| {
        let mut trunk = trunk("carrier", at);
        trunk.calls_max = 1;
        config.trunks = vec![trunk];
    })
    .await;
    let carrier = office.carrier(at).await;
    let (c1, c2) = (office.phone("c1").await, office.phone("c2").await);
    let number = "+13125550100";
    // Refused, cancelled, answered and hung up: each gives its place back.
    let (refused, ()) = tokio::join!(c1.call(number, PATIENCE), async {
        let call = carrier.incoming(PATIENCE).await.unwrap();
        call.refuse(486, "Busy Here").await.unwrap();
    });
    assert_eq!(refused.unwrap().status(), 486);
    let (cancelled, _) = tokio::join!(c1.call(number, Duration::from_millis(300)), async {
        let call = carrier.incoming(PATIENCE).await.unwrap();
        call.ring().await.unwrap();
        call.cancelled(PATIENCE).await.unwrap()
    });
    assert_eq!(cancelled.unwrap().status(), 487);
    let (made, taken) = talk(&c1, number, &carrier).await;
    let full = c2.call(number, PATIENCE).await.unwrap();
    assert_eq!(full.status(), 480);
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    let (made, taken) = talk(&c2, number, &carrier).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
}

#[tokio::test]
async fn an_office_that_is_cut_off_goes_on_inside_under_survive_and_finds_nobody_under_strict() {
    for (policy, inside) in [(Policy::Survive, 200), (Policy::Strict, 480)] {
        let at = free_port();
        let office = Office::start(two_users(), |config| {
            config.policy = policy;
            config.lease = Duration::from_millis(1500);
            config.silence_max = Duration::from_millis(500);
            config.trunks = vec![trunk("carrier", at)];
            config.dialplan.neutral.internal = true;
        })
        .await;
        let (c1, c2) = (office.phone("c1").await, office.phone("c2").await);
        eventually("the lease has run out", || {
            office.edge.table().age() > Duration::from_millis(1600)
        })
        .await;
        let outside = c1.call("+13125550100", PATIENCE).await.unwrap();
        assert!(
            [403, 503].contains(&outside.status()),
            "{policy} {}",
            outside.status()
        );
        if inside == 200 {
            let (made, taken) = talk(&c1, "2002", &c2).await;
            let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
        } else {
            let status = c1.call("2002", PATIENCE).await.unwrap().status();
            assert_eq!(status, inside, "{policy}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_where_it_came_from() {
    let office = Office::start(Company::default(), |_| {}).await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(office.address()).await.unwrap();
    // The Via names another port; rport asks for the answer to come back here (RFC 3581).
    let bad = "INVITE sip:2001@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK1\r\n\
               From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: nonsense INVITE\r\n\r\n";
    socket.send(bad.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(PATIENCE, socket.recv(&mut answer)).await;
    let length = read.expect("an answer").unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(answer.starts_with("SIP/2.0 400 "), "{answer}");
    let port = socket.local_addr().unwrap().port();
    assert!(answer.contains(&format!("rport={port}")), "{answer}");
}

/// RFC 3261 §16.3: before the password, after what cannot be read; and what is answered here needs no further hop.
#[tokio::test]
async fn a_request_that_may_go_no_further_is_refused_before_anybody_is_asked_for_a_password() {
    let office = Office::start(two_users(), |_| {}).await;
    let rows = [
        ("INVITE sip:2002@example.com", 70, "407"),
        ("INVITE sip:2002@example.com", 0, "483"),
        ("MESSAGE sip:2002@example.com", 0, "483"),
        ("BYE sip:2002@example.com", 0, "483"),
        ("INVITE gopher:2002@example.com", 0, "416"),
        ("INVITE sip:*12@example.com", 0, "407"),
        ("REGISTER sip:example.com", 0, "401"),
        ("SUBSCRIBE sip:2002@example.com", 0, "407"),
        ("OPTIONS sip:2002@example.com", 70, "407"),
        ("OPTIONS sip:2002@example.com", 0, "200"),
    ];
    for (line, hops, expected) in rows {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(office.address()).await.unwrap();
        let (method, uri) = line.split_once(' ').unwrap();
        let id = fastrand::u64(..);
        let request = format!(
            "{line} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{id:x}\r\nMax-Forwards: {hops}\r\n\
             From: <sip:c1@example.com>;tag=1\r\nTo: <{uri}>\r\nCall-ID: {id}\r\nCSeq: 1 {method}\r\n\r\n"
        );
        socket.send(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(PATIENCE, socket.recv(&mut answer)).await;
        let length = read.expect("an answer").unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert_eq!(&answer[8..11], expected, "{line}, {hops} hops: {answer}");
    }
}

#[tokio::test]
async fn a_source_that_sends_too_much_is_dropped_but_not_its_emergency_call() {
    let at = free_port();
    let office = Office::start(two_users(), |config| {
        config.security.requests_per_source_max = 5;
        config.trunks = vec![trunk("carrier", at)];
    })
    .await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(office.address()).await.unwrap();
    let carrier = office.carrier(at).await;
    let options = |number: u32| {
        format!(
            "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:example.com>\r\nCall-ID: o{number}\r\n\
             CSeq: 1 OPTIONS\r\n\r\n"
        )
    };
    for number in 0..50 {
        socket.send(options(number).as_bytes()).await.unwrap();
    }
    let mut answers = 0;
    let mut buffer = vec![0; 4096];
    let quiet = Duration::from_millis(150);
    while tokio::time::timeout(quiet, socket.recv(&mut buffer))
        .await
        .is_ok()
    {
        answers += 1;
    }
    assert!((5..20).contains(&answers), "{answers}");
    let phone = office.unregistered("c1").await;
    let (made, taken) = talk(&phone, "911", &carrier).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
}

async fn next(phone: &Softphone, method: &Method) -> hotdesk_sip::message::Message {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let request = phone.next_request(deadline).await.unwrap();
        if request.method() == Some(method) {
            return request;
        }
    }
}

#[tokio::test]
async fn the_digits_of_a_pin_reach_no_record_and_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("calls.jsonl");
    let office = Office::start(two_users(), |config| {
        config.calls.cdr_file = Some(file.clone());
        config.http.listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let c1 = office.phone("c1").await;
    let neutral = office.phone("c3").await;
    // From a phone that may, from one that is neutral, with the digits as a message's address, and to nobody.
    for phone in [&c1, &neutral] {
        phone.call("*11*2002*90817", PATIENCE).await.unwrap();
        let lost = request(
            Method::Message,
            "sip:*11*2002*90817@example.com",
            "sip:c1@example.com",
        );
        phone.ask(lost).await.unwrap();
    }
    c1.call("%2A11*2002*90817", PATIENCE).await.unwrap();
    c1.call("sip:*11*2002*90817@elsewhere.example", PATIENCE)
        .await
        .unwrap();
    let written = || std::fs::read_to_string(&file).unwrap_or_default();
    eventually("the record of the last call is written", || {
        written().contains("foreign_domain")
    })
    .await;
    let traces = get(office.sip.http_address().unwrap(), "/calls").await;
    let status = get(office.sip.http_address().unwrap(), "/status.json").await;
    assert!(traces.contains("*11*2002*"), "{traces}");
    let mut all = format!("{}{traces}{status}", written());
    let calls: Vec<serde_json::Value> = serde_json::from_str(&traces).unwrap();
    assert!(calls.len() >= 4, "{traces}");
    for call in calls {
        let id = call["call_id"].as_str().unwrap_or_default();
        all += &get(office.sip.http_address().unwrap(), &format!("/calls/{id}")).await;
    }
    assert!(!all.contains("9081"), "{all}");
}

/// The body of an answer over HTTP.
pub(crate) async fn get(at: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn the_status_page_tells_what_happened_last() {
    let mut office = Office::start(two_users(), |config| {
        config.http.listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    office
        .moves("ada", ("c1", "chicago", 5), ("c3", "chicago", 20))
        .await;
    let at = office.sip.http_address().unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let status = get(at, "/status.json").await;
        let wanted = [
            "ada logged in at c3",
            "the session of ada at c1 ended: logged in elsewhere",
        ];
        // Those that were found at the start did not log in now.
        assert!(!status.contains("bob logged in"), "{status}");
        if wanted.iter().all(|text| status.contains(text)) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
