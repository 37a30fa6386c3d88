//! Who may ask at all, how much, and how often.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn bombs_and_what_is_too_large_are_refused() {
    let world = em_office(|_| {}).await;
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>\
                  <request><appInfo><appID>&b;</appID><appCertificate>x</appCertificate></appInfo><logoutAll/></request>";
    assert_eq!(code(&world, laughs).await, Some(1));
    let named = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE query SYSTEM \"http://192.0.2.1/LoginQuery.dtd\">{}",
        at_phone(SEP)
    );
    assert!(
        said(&world, &named).await.starts_with("<deviceUserResults>"),
        "named, and never fetched"
    );
    let mut large = post("x");
    large.body = vec![b'a'; 64 * 1024 + 1];
    assert_eq!(large.send(&world).await.status, 413);
    let long = get(format!("{SERVICE}?xml={}", "a".repeat(64 * 1024 + 1)));
    assert!(matches!(long.send(&world).await.status, 414 | 431));
    let json = get(SERVICE)
        .method("POST")
        .with("Content-Type", "application/json");
    let json = Ask {
        body: b"{}".to_vec(),
        ..json
    };
    json.send(&world)
        .await
        .is(415, "application/x-www-form-urlencoded");
    get(SERVICE).send(&world).await.is(200, "<error code=\"1\">");
    assert_eq!(get(SERVICE).method("PUT").send(&world).await.status, 405);
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_networks_that_may_ask_are_answered() {
    let world = em_office(|config| config.phones.em.allow = vec!["192.0.2.0/24".into()]).await;
    assert_eq!(code(&world, &at_phone(SEP)).await, Some(28));
    world.node.shutdown().await;

    let world = em_office(|_| {}).await;
    let from = |app: &str, address: &str, via: &str| {
        format!(
            "<query>{app}<userDevicesQuery><userID>ada</userID><remoteIPAddr>{address}</remoteIPAddr>\
             <isViaHeaderSet>{via}</isViaHeaderSet></userDevicesQuery></query>"
        )
    };
    for (document, expected) in [
        (from(TOOL, "192.0.2.1", "false"), Some(28)),
        (from(TOOL, "not an address", "false"), Some(28)),
        (from(TOOL, "127.0.0.1", "true"), Some(30)),
    ] {
        assert_eq!(code(&world, &document).await, expected, "{document}");
    }
    for document in [
        from(TOOL, "127.0.0.1", "false"),
        // Not believed, so it neither helps nor hurts.
        from(VIEWER, "192.0.2.1", "true"),
    ] {
        assert!(
            said(&world, &document).await.starts_with("<userDevicesResults>"),
            "{document}"
        );
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_at_a_time_than_configured_are_told_to_try_again() {
    let world = em_office(|config| {
        with_applications(config, (64 * 1024, 8));
        config.phones.em.concurrent_max = 1;
    })
    .await;
    let document = at_phone(SEP);
    let answers = futures::future::join_all((0..4).map(|_| said(&world, &document))).await;
    let busy = answers
        .iter()
        .filter(|said| said.contains("<error code=\"26\">"))
        .count();
    let done = answers
        .iter()
        .filter(|said| said.starts_with("<deviceUserResults>"))
        .count();
    assert_eq!(busy + done, 4, "{answers:?}");
    assert!(busy > 0 && done > 0, "{answers:?}");
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_password_cannot_be_tried_out() {
    let world = em_office(|_| {}).await;
    let wrong = TOOL.replace("s3cret", "guess");
    let document = login(&wrong, SEP, "ada", "");
    let mut codes = Vec::new();
    for _ in 0..25 {
        codes.push(code(&world, &document).await);
    }
    assert!(codes[..20].iter().all(|code| *code == Some(3)), "{codes:?}");
    assert!(codes[20..].iter().all(|code| *code == Some(26)), "{codes:?}");
    assert_eq!(
        code(&world, &login(TOOL, SEP, "ada", "")).await,
        Some(26),
        "not even the right one"
    );
    assert_eq!(
        code(&world, &login(ADA, SEP, "ada", "")).await,
        None,
        "end users have their lockout"
    );
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_unless_configured() {
    let world = office_with(|_| {}).await;
    assert_eq!(post(&at_phone(SEP)).send(&world).await.status, 404);
    assert_eq!(get("/emapp/EMAppServlet?device=x").send(&world).await.status, 404);
    world.node.shutdown().await;
}
