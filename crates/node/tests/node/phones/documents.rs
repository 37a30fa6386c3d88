//! Documents of phones that are in the directory.

use hotdesk_core::phones::ShownBy;

use super::*;

#[tokio::test]
async fn a_slash_too_many_is_forgiven() {
    let world = office().await;
    let own = own_path(&world, MAC, &format!("/{MAC}.cfg"));
    get(own).by(AGENT).send(&world).await.is(200, "neutral");
    get(format!("//{MAC}.cfg"))
        .by(AGENT)
        .send(&world)
        .await
        .is(403, "must come with its own token");
}

#[tokio::test]
async fn a_phone_with_its_token_gets_its_document_and_is_known_to_have_it() {
    let world = office().await;
    let path = own_path(&world, MAC, &format!("{MAC}.cfg"));
    let answer = get(&path).by(AGENT).send(&world).await;
    let wanted = state(&world).wanted_stamp(&MAC.parse().unwrap());
    answer.is(200, &format!("stamp {wanted} neutral"));
    assert!(answer.header("content-type").starts_with("text/plain"));
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let token = token(&world, MAC);
    assert!(
        answer.body.contains(&format!("/p/{token}/")),
        "it leads to itself"
    );
    assert!(answer.body.contains("example.com") && answer.body.contains("CHICAGO 12"));
    eventually(&world, "the document is reported", |state| {
        let device = state.device(&MAC.parse().unwrap()).unwrap();
        device
            .shown
            .is_some_and(|shown| shown.stamp == wanted && shown.how == ShownBy::Document)
    })
    .await;
}

#[tokio::test]
async fn an_unchanged_document_is_not_sent_again_until_somebody_logs_in() {
    let mut world = office().await;
    let path = own_path(&world, MAC, &format!("{MAC}.cfg"));
    let first = get(&path).by(AGENT).send(&world).await;
    let tag = first.header("etag").to_owned();
    let again = get(&path)
        .by(AGENT)
        .with("If-None-Match", tag.as_str())
        .send(&world)
        .await;
    assert_eq!(
        (again.status, again.body.as_str(), again.header("etag")),
        (304, "", tag.as_str())
    );
    let head = get(&path).by(AGENT).method("HEAD").send(&world).await;
    assert_eq!(
        (head.status, head.body.as_str(), head.header("etag")),
        (200, "", tag.as_str())
    );
    assert_eq!(head.header("content-length"), first.body.len().to_string());

    world.login("ada", MAC, "1234").await.unwrap();
    let epoch = state(&world).session_at(&MAC.parse().unwrap()).unwrap().epoch;
    let changed = get(&path)
        .by(AGENT)
        .with("If-None-Match", tag.as_str())
        .send(&world)
        .await;
    changed.is(200, &format!("epoch {epoch}"));
    let line = LineKey::read(&KEY).unwrap().line_password("ada", epoch.0);
    for part in ["ADA", "2001", line.as_str()] {
        assert!(changed.body.contains(part), "{part}");
    }
    let stamp = state(&world).wanted_stamp(&MAC.parse().unwrap());
    eventually(&world, "the new document is reported", |state| {
        let shown = state.device(&MAC.parse().unwrap()).unwrap().shown;
        shown.is_some_and(|shown| shown.stamp == stamp)
    })
    .await;
}

#[tokio::test]
async fn a_document_that_is_not_new_counts_as_fetched_and_asking_for_its_head_does_not() {
    let world = office().await;
    let path = own_path(&world, MAC, &format!("{MAC}.cfg"));
    let head = get(&path).by(AGENT).method("HEAD").send(&world).await;
    let same = get(&path)
        .by(AGENT)
        .with("If-None-Match", head.header("etag"))
        .send(&world)
        .await;
    assert_eq!(same.status, 304);
    eventually(&world, "the document is reported", |state| {
        state.device(&MAC.parse().unwrap()).unwrap().shown.is_some()
    })
    .await;
}

#[tokio::test]
async fn the_phones_id_and_token_are_a_password_too() {
    let world = office().await;
    let token = token(&world, MAC);
    let path = format!("/{MAC}.cfg");
    let answer = get(&path).by(AGENT).showing(MAC, &token).send(&world).await;
    answer.is(200, "neutral");
    let wrong = get(&path).by(AGENT).showing(MAC, "guess").send(&world).await;
    wrong.is(401, "not those of this phone");
    assert!(wrong.header("www-authenticate").starts_with("Basic realm="));
    let other = get(&path)
        .by(AGENT)
        .showing(POLY, &self::token(&world, POLY))
        .send(&world)
        .await;
    other.is(403, &format!("the token is that of phone {POLY}"));
}

#[tokio::test]
async fn what_a_phone_stores_is_dropped() {
    let world = office().await;
    let path = own_path(&world, POLY, &format!("{POLY}-app.log"));
    let mut log = get(&path).by(POLY_AGENT).method("PUT");
    log.body = vec![b'x'; 300_000];
    assert_eq!(log.send(&world).await.status, 200);
    let mut flood = get(&path).by(POLY_AGENT).method("PUT");
    flood.body = vec![b'x'; 3_000_000];
    flood.send(&world).await.is(413, "may store at most");
    let back = get(&path).by(POLY_AGENT).send(&world).await;
    back.is(404, "no such file");
}

#[tokio::test]
async fn documents_are_read_and_not_stored() {
    let world = office().await;
    for file in [&format!("{POLY}-hotdesk.cfg"), "000000000000.cfg", "2001.cfg"] {
        let ask = get(own_path(&world, POLY, file)).by(POLY_AGENT);
        let answer = ask.showing("2001", "1234").method("POST").send(&world).await;
        answer.is(405, "expected GET, HEAD, or PUT of what a phone stores");
    }
    let nobody = state(&world).session_at(&POLY.parse().unwrap()).is_none();
    assert!(nobody, "storing logs nobody in");
    for method in ["PUT", "POST"] {
        let ask = get(own_path(&world, MAC, &format!("{MAC}.boot"))).by(AGENT);
        assert_eq!(ask.method(method).send(&world).await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn a_phone_without_a_model_is_what_its_request_says() {
    let world = office().await;
    let mac = "001565a0b1c9";
    put_phone(&world, mac, "").await;
    let agent = "Yealink SIP-T46U 108.86.0.100 00:15:65:a0:b1:c9";
    let answer = get(own_path(&world, mac, &format!("{mac}.cfg")))
        .by(agent)
        .send(&world)
        .await;
    answer.is(200, "neutral");
}

#[tokio::test]
async fn documents_and_logins_are_counted() {
    let world = office_with(|config| config.http.listen = Some("127.0.0.1:0".into())).await;
    let path = own_path(&world, MAC, &format!("{MAC}.cfg"));
    get(&path).by(AGENT).send(&world).await.is(200, "");
    get("/nonsense").send(&world).await.is(404, "");
    let metrics = get("/metrics").send_to(world.node.http_address().unwrap()).await;
    for line in [
        r#"hotdesk_phone_documents_total{vendor="yealink",outcome="served"} 1"#,
        r#"hotdesk_phone_documents_total{vendor="unknown",outcome="unrecognised"} 1"#,
        "hotdesk_phones_waiting 0",
    ] {
        metrics.is(200, line);
    }
}
