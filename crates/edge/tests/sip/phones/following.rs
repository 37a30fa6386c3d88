//! Whether a phone has followed, and what is done about one that has not.

use super::*;

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
