//! Desk phones are told to load their documents: as their vendor wants it, never during a call, again when it fails.

use std::time::Duration;

use hotdesk_client::v1;
use hotdesk_client::v1::event::Kind;
use hotdesk_edge::Config;
use hotdesk_sip::digest::{Algorithm, Challenger, Ha1s, Kind as DigestKind, NonceKey, Settings, Verdict};
use hotdesk_sip::message::{Message, Method, Name};
use hotdesk_sip::secret::PhoneSecret;
use hotdesk_softphone::Softphone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::calls::get;
use super::fake::PATIENCE;
use super::office::{
    Company, Office, PUT_AT, SEED, device, eventually, free_port, key, session, talk, texts, trunk,
};

/// The epoch of a session that began at this index of the log.
const fn epoch(index: u64) -> u64 {
    index * 1024
}

fn phones(phones: &[(&'static str, &'static str)]) -> Company {
    Company {
        phones: phones.to_vec(),
        ..Company::default()
    }
}

fn neutral_may_call(config: &mut Config) {
    config.dialplan.neutral.internal = true;
}

/// The next NOTIFY at a phone; other requests are passed over.
async fn notify(phone: &Softphone) -> Message {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = phone.next_request(deadline).await.unwrap();
        if request.method() == Some(&Method::Notify) {
            return request;
        }
    }
}

/// The next NOTIFY, which the phone takes.
async fn taken(phone: &Softphone) -> Message {
    let request = notify(phone).await;
    phone.reply(&request, 200, "OK").await.unwrap();
    request
}

fn event(request: &Message) -> String {
    texts(request, &Name::Event).join("")
}

/// A user logs in; the epoch.
async fn logs_in(office: &mut Office, user: &str, device: &str) -> u64 {
    let epoch = epoch(office.index + 1);
    office
        .entry(vec![Kind::SessionStarted(session(
            user, device, "chicago", epoch,
        ))])
        .await;
    epoch
}

/// What the log says when the node has seen a phone fetch a document.
async fn fetches(office: &mut Office, device: &str, stamp: u64) {
    let shown = Some(v1::Shown {
        stamp,
        ..v1::Shown::default()
    });
    office
        .entry(vec![Kind::DeviceShown(v1::DeviceShown {
            device: device.into(),
            shown,
            trouble: String::new(),
        })])
        .await;
}

#[tokio::test]
async fn each_vendor_is_told_in_its_own_words() {
    for (model, expected_event, expected_type, expected_body) in [
        ("yealink-t54w", "check-sync;reboot=false", None, ""),
        (
            "cisco-8841",
            "service-control",
            Some("text/plain"),
            "action=restart\r\nRegisterCallId={CALL-ID}\r\nConfigVersionStamp={",
        ),
        ("cisco-mpp-8851", "resync", None, ""),
        ("poly-vvx450", "check-sync", None, ""),
        ("snom-d785", "check-sync;reboot=false", None, ""),
        ("fanvil-x5u", "check-sync;reboot=false", None, ""),
        ("mitel-6867i", "aastra-xml", Some("application/xml"), ""),
        ("grandstream-grp2614", "check-sync", None, ""),
    ] {
        let mut office = Office::start(phones(&[("c1", model)]), |_| {}).await;
        let c1 = office.desk_phone("c1").await;
        logs_in(&mut office, "ada", "c1").await;
        let request = taken(&c1).await;
        assert_eq!(event(&request), expected_event, "{model}");
        assert_eq!(
            request.uri().unwrap().as_ref(),
            c1.contact().as_bytes(),
            "{model}"
        );
        assert_eq!(
            request.text(&Name::ContentType).as_deref(),
            expected_type,
            "{model}"
        );
        let body = String::from_utf8_lossy(request.body())
            .replace('\n', "\r\n")
            .replace("\r\r", "\r");
        let expected = expected_body.replace("CALL-ID", c1.registration());
        assert!(body.starts_with(&expected), "{model}: {body}");
        assert_eq!(body.is_empty(), expected.is_empty(), "{model}: {body}");
        office.sip.stop().await;
    }
}

#[tokio::test]
async fn a_phone_that_follows_is_told_once_and_one_that_somebody_configured_by_hand_never() {
    let mut office = Office::start(phones(&[("c1", "yealink-t54w"), ("c2", "generic")]), |_| {}).await;
    let (c1, c2, c3) = (
        office.desk_phone("c1").await,
        office.desk_phone("c2").await,
        office.phone("c3").await,
    );
    c3.leave_notifies();
    logs_in(&mut office, "bob", "c2").await;
    logs_in(&mut office, "eve", "c3").await;
    let at = logs_in(&mut office, "ada", "c1").await;
    taken(&c1).await;
    // The session's line shows that the phone has loaded the session's document.
    let line = office.session_line("ada", "2001", at).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let index = office.index;
    eventually("the log is told", || {
        office.fake.seen() == [format!("c1 shows {index}")]
    })
    .await;
    fetches(&mut office, "c1", index).await;
    // The next thing that it hears is of the next change.
    let moved = v1::Site {
        id: "chicago".into(),
        changed: index + 5,
        ..v1::Site::default()
    };
    office.entry(vec![Kind::SitePut(moved)]).await;
    taken(&c1).await;
    for phone in [&c2, &c3] {
        let nothing = phone.next_request(Instant::now()).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }
}

#[tokio::test]
async fn a_phone_that_wants_to_know_who_tells_it_is_shown_its_own_password_then_that_of_its_web_page() {
    let mut office = Office::start(phones(&[("c1", "yealink-t54w")]), |_| {}).await;
    let c1 = office.desk_phone("c1").await;
    let challenger = Challenger::new(Settings::new("the phone"), NonceKey::new(&[7; 32]));
    logs_in(&mut office, "ada", "c1").await;
    let mut request = notify(&c1).await;
    let web = key().phone_secret(PhoneSecret::Web, "c1", SEED);
    let own = key().device_password("c1", SEED);
    for (cseq, user, password) in [("2 NOTIFY", "c1", own), ("3 NOTIFY", "hotdesk", web)] {
        let mut challenge = Message::reply(&request, 401, "Unauthorized", Some("t"));
        for header in challenger.challenge_headers(0, DigestKind::Www, &[Algorithm::Md5], false) {
            challenge.push(header);
        }
        c1.reply_with(&request, &challenge).await.unwrap();
        let first = texts(&request, &Name::CallId);
        request = notify(&c1).await;
        assert_eq!(texts(&request, &Name::CallId), first);
        assert_eq!(texts(&request, &Name::CSeq), [cseq]);
        let verdict = challenger.check_message(0, DigestKind::Www, &request, |credentials| {
            (credentials.username == user).then(|| Ha1s::of(user, "the phone", &password))
        });
        assert!(matches!(verdict, Verdict::Ok { .. }), "{user}: {verdict:?}");
    }
    c1.reply(&request, 200, "OK").await.unwrap();
}

#[tokio::test]
async fn a_phone_is_left_alone_while_it_is_in_a_call() {
    let company = Company {
        sessions: vec![("bob", "c2", "chicago", epoch(1))],
        ..phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")])
    };
    let mut office = Office::start(company, neutral_may_call).await;
    let (c1, c2, c3) = (
        office.desk_phone("c1").await,
        office.phone("c2").await,
        office.desk_phone("c3").await,
    );
    let (made, answered) = talk(&c1, "2002", &c2).await;
    logs_in(&mut office, "ada", "c1").await;
    // Another phone's turn comes after it, and is over.
    logs_in(&mut office, "eve", "c3").await;
    taken(&c3).await;
    let nothing = c1.next_request(Instant::now()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    assert_eq!(event(&taken(&c1).await), "check-sync;reboot=false");
}

#[tokio::test]
async fn a_phone_that_made_an_emergency_call_is_left_alone_until_it_cannot_be_called_back_any_more() {
    const WINDOW: Duration = Duration::from_secs(2);
    let (at, began) = (free_port(), epoch(PUT_AT));
    let company = Company {
        sessions: vec![("ada", "c1", "chicago", began)],
        ..phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")])
    };
    let mut office = Office::start(company, |config| {
        config.dialplan.emergency.window = WINDOW;
        config.trunks = vec![trunk("a", at)];
    })
    .await;
    let carrier = office.carrier(at).await;
    let (c1, c3) = (office.desk_phone("c1").await, office.desk_phone("c3").await);
    let (made, answered) = talk(&c1, "911", &carrier).await;
    let next = epoch(office.index + 1);
    office
        .moves("ada", ("c1", "chicago", began), ("c3", "chicago", next))
        .await;
    taken(&c3).await;
    let ended = Instant::now();
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    assert_eq!(event(&taken(&c1).await), "check-sync;reboot=false");
    assert!(ended.elapsed() >= WINDOW, "{:?}", ended.elapsed());
}

#[tokio::test]
async fn a_phone_that_is_held_for_an_emergency_is_left_alone_until_it_is_released() {
    let company = phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")]);
    let mut office = Office::start(company, |_| {}).await;
    let (c1, c3) = (office.desk_phone("c1").await, office.desk_phone("c3").await);
    let held = |until_ms| {
        Kind::DeviceHeld(v1::DeviceHeld {
            device: "c1".into(),
            until_ms,
            ..v1::DeviceHeld::default()
        })
    };
    office.entry(vec![held(u64::MAX)]).await;
    logs_in(&mut office, "ada", "c1").await;
    logs_in(&mut office, "bob", "c3").await;
    taken(&c3).await;
    let nothing = c1.next_request(Instant::now()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    office.entry(vec![held(0)]).await;
    taken(&c1).await;
}

#[tokio::test]
async fn what_a_phone_refuses_is_tried_otherwise_and_at_last_at_its_web_server() {
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = web.local_addr().unwrap().port();
    let mut office = Office::start(phones(&[("c1", "yealink-t54w")]), |config| {
        config.phones.http_port = port;
    })
    .await;
    let c1 = office.desk_phone("c1").await;
    logs_in(&mut office, "ada", "c1").await;
    let mut events = Vec::new();
    for _ in 0..3 {
        let request = notify(&c1).await;
        events.push(event(&request));
        c1.reply(&request, 489, "Bad Event").await.unwrap();
    }
    assert_eq!(events, ["check-sync;reboot=false", "Yealink-xml", "ACTION-URI"]);
    let (mut stream, _) = tokio::time::timeout(PATIENCE, web.accept())
        .await
        .unwrap()
        .unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut got).await.unwrap() > 0);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    let got = String::from_utf8(got).unwrap();
    assert!(got.starts_with("GET /servlet?key=AutoP HTTP/1.1\r\n"), "{got}");
    // It is known from now on what this phone follows.
    let index = office.index;
    fetches(&mut office, "c1", index).await;
    logs_in(&mut office, "bob", "c1").await;
    tokio::time::timeout(PATIENCE, web.accept())
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_phone_that_does_not_follow_is_given_up_loudly_until_somebody_else_logs_in() {
    let mut office = Office::start(phones(&[("c1", "cisco-8841")]), |config| {
        config.phones.wait = Duration::from_millis(100);
        config.phones.give_up_after = Duration::from_millis(700);
        config.http.listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let c1 = office.desk_phone("c1").await;
    logs_in(&mut office, "ada", "c1").await;
    // It says yes, and loads nothing.
    taken(&c1).await;
    let at = office.sip.http_address().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        let status = get(at, "/status.json").await;
        if status.contains("gave up") {
            break status;
        }
        assert!(Instant::now() < deadline, "{status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let metrics = get(at, "/metrics").await;
    for (text, wanted) in [
        (&status, "\"stage\":\"gave up\""),
        (&status, "phone c1 did not load its document though it was told"),
        (&metrics, "hotdesk_edge_phones_given_up_total{vendor=\"cisco\"} 1"),
        (&metrics, "hotdesk_edge_phones_in_trouble 1"),
        (
            &metrics,
            "{vendor=\"cisco\",means=\"restart\",outcome=\"taken\"} 1",
        ),
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    let told = format!("c1 does not show {}", office.index);
    eventually("the log is told", || office.fake.seen().contains(&told)).await;
    logs_in(&mut office, "bob", "c1").await;
    // Triggers that were under way may be left over.
    loop {
        let request = taken(&c1).await;
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let stamp = format!("{:012x}}}", office.index);
        if body.contains(&stamp) {
            break;
        }
    }
}

#[tokio::test]
async fn a_phone_that_was_given_its_line_only_is_told_until_it_has_its_document() {
    let mut office = Office::start(
        phones(&[("c1", "yealink-t54w"), ("c2", "yealink-t54w")]),
        |config| {
            config.phones.wait = Duration::from_millis(200);
        },
    )
    .await;
    let (c1, c2) = (office.desk_phone("c1").await, office.desk_phone("c2").await);
    let at = logs_in(&mut office, "ada", "c1").await;
    let index = office.index;
    let refused = notify(&c1).await;
    c1.reply(&refused, 489, "Bad Event").await.unwrap();
    assert_eq!(event(&taken(&c1).await), "Yealink-xml");
    let line = office.session_line("ada", "2001", at).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    // What was on it before still is: it goes on with what loads the document.
    while event(&taken(&c1).await) != "ACTION-URI" {}
    // Another phone's line shows as ever that it has its document: the first report there is.
    let at = logs_in(&mut office, "bob", "c2").await;
    taken(&c2).await;
    let other = office.session_line("bob", "2002", at).await;
    assert_eq!(other.register(600).await.unwrap().status(), Some(200));
    eventually("the log is told", || !office.fake.seen().is_empty()).await;
    assert_eq!(office.fake.seen(), [format!("c2 shows {}", index + 1)]);
}

#[tokio::test]
async fn a_phone_that_is_disabled_is_told_once_more_so_that_nobodys_names_stay_on_it() {
    let began = epoch(PUT_AT);
    let company = Company {
        sessions: vec![("ada", "c1", "chicago", began)],
        ..phones(&[("c1", "yealink-t54w")])
    };
    let mut office = Office::start(company, |_| {}).await;
    let c1 = office.desk_phone("c1").await;
    let disabled = v1::Device {
        model: "yealink-t54w".into(),
        secret_seed: SEED.to_be_bytes().to_vec(),
        disabled: true,
        changed: office.index + 1,
        ..device("c1", "chicago")
    };
    let ended = v1::EndedSession {
        session: Some(session("ada", "c1", "chicago", began)),
        ..v1::EndedSession::default()
    };
    office
        .entry(vec![Kind::SessionEnded(ended), Kind::DevicePut(disabled)])
        .await;
    assert_eq!(event(&taken(&c1).await), "check-sync;reboot=false");
}

#[tokio::test]
async fn a_phone_that_restarts_to_load_has_followed_when_the_log_says_so() {
    let mut office = Office::start(phones(&[("c1", "cisco-8841")]), |config| {
        config.http.listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let c1 = office.desk_phone("c1").await;
    logs_in(&mut office, "ada", "c1").await;
    taken(&c1).await;
    assert_eq!(c1.register(0).await.unwrap().status(), Some(200));
    let index = office.index;
    fetches(&mut office, "c1", index).await;
    assert_eq!(c1.register(600).await.unwrap().status(), Some(200));
    let at = office.sip.http_address().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let wanted = "phone_change_to_shown_seconds_count{vendor=\"cisco\",what=\"session\"} 1";
    loop {
        let metrics = get(at, "/metrics").await;
        if metrics.contains(wanted) {
            assert!(metrics.contains("hotdesk_edge_phones_loading 0"), "{metrics}");
            break;
        }
        assert!(Instant::now() < deadline, "{metrics}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn after_a_restart_the_edge_goes_on_where_the_log_says_that_phones_are() {
    let company = phones(&[("c1", "yealink-t54w"), ("c2", "yealink-t54w")]);
    let office = Office::start(company.clone(), |_| {}).await;
    let (c1, c2) = (office.desk_phone("c1").await, office.desk_phone("c2").await);
    // Somebody has logged in while the edge was away.
    let later = Company {
        sessions: vec![("ada", "c1", "chicago", epoch(9))],
        ..company
    };
    let office = office.restart(later).await;
    taken(&c1).await;
    let nothing = c2.next_request(Instant::now()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    drop(office);
}

#[tokio::test]
async fn the_phone_that_a_user_has_left_says_where_the_user_went_and_turns_neutral() {
    let company = Company {
        sessions: vec![("ada", "c1", "chicago", epoch(PUT_AT))],
        ..phones(&[("c1", "yealink-t54w")])
    };
    let mut office = Office::start(company, |config| {
        config.phones.node_url = Some("https://node.example.com:8443".into());
    })
    .await;
    let c1 = office.desk_phone("c1").await;
    let now_at = epoch(office.index + 1);
    office
        .moves(
            "ada",
            ("c1", "chicago", epoch(PUT_AT)),
            ("n1", "new-york", now_at),
        )
        .await;
    let notice = taken(&c1).await;
    assert_eq!(event(&notice), "Yealink-xml");
    let page = String::from_utf8_lossy(notice.body()).into_owned();
    let token = key().phone_secret(PhoneSecret::Documents, "c1", SEED);
    let url = format!("https://node.example.com:8443/p/{}/app/moved", *token);
    for part in ["Ada Lovelace has moved to new-york, desk of n1", url.as_str()] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    assert_eq!(event(&taken(&c1).await), "check-sync;reboot=false");
    // Loading has cleared the screen; the minute is not over.
    let index = office.index;
    fetches(&mut office, "c1", index).await;
    assert_eq!(event(&taken(&c1).await), "Yealink-xml");
}

#[tokio::test]
async fn a_user_is_called_at_the_new_phone_at_once_and_at_one_line_of_it_only() {
    let company = phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")]);
    let mut office = Office::start(company, neutral_may_call).await;
    let (c1, c2, c3) = (
        office.desk_phone("c1").await,
        office.phone("c2").await,
        office.desk_phone("c3").await,
    );
    let at = logs_in(&mut office, "ada", "c1").await;
    // The document is still loading: the phone's own line rings.
    let request = notify(&c1).await;
    let (made, answered) = talk(&c2, "2001", &c1).await;
    c1.reply(&request, 200, "OK").await.unwrap();
    // The session's line comes, and the call goes on.
    let line = office.session_line("ada", "2001", at).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    // Now that line rings, and the other does not: it would be the first request to come.
    let (made, answered) = talk(&c2, "2001", &line).await;
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    let mut left = Vec::new();
    while let Ok(request) = c1.next_request(Instant::now()).await {
        left.extend(request.method().cloned());
    }
    assert!(!left.contains(&Method::Invite), "{left:?}");
    // She goes to another desk: what rings there does so at once, too.
    let next = epoch(office.index + 1);
    office
        .moves("ada", ("c1", "chicago", at), ("c3", "chicago", next))
        .await;
    let (made, answered) = talk(&c2, "2001", &c3).await;
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
}
