//! Each phone is told in words that it understands.

use super::*;

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
