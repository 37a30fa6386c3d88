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
    let document = logout(TOOL, SEP);
    let codes = futures::future::join_all((0..4).map(|_| code(&world, &document))).await;
    let count = |wanted: u16| codes.iter().filter(|code| **code == Some(wanted)).count();
    assert_eq!(count(26) + count(19), 4, "{codes:?}");
    assert!(count(26) > 0 && count(19) > 0, "{codes:?}");
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_wait_for_each_other_and_keep_nobody_from_logging_in() {
    let world = em_office(|config| {
        with_applications(config, (16 * 1024, 2));
        config.phones.em.concurrent_max = 1;
    })
    .await;
    let query = at_phone(SEP);
    let queries = futures::future::join_all((0..4).map(|_| said(&world, &query)));
    let log_in = login(TOOL, SEP, "ada", "");
    let (answers, logged_in) = futures::future::join(queries, code(&world, &log_in)).await;
    assert_eq!(logged_in, None);
    for said in answers {
        assert!(said.starts_with("<deviceUserResults>"), "{said}");
    }
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
    let status = async |path: &str, method: &str| {
        let ask = get(path).method(method).with("Content-Type", "text/xml");
        ask.send(&world).await.status
    };
    for method in ["GET", "HEAD", "POST", "PUT", "OPTIONS"] {
        let elsewhere = status("/emother/EMOtherServlet?device=x", method).await;
        for path in [SERVICE, "/emapp/EMAppServlet?device=x"] {
            assert_eq!(status(path, method).await, elsewhere, "{method} {path}");
        }
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_the_head_alone_has_nothing_done() {
    let world = em_office(|_| {}).await;
    let log_in = escaped(&login(TOOL, SEP, "ada", ""));
    for path in [
        format!("/emapp/EMAppServlet?device={SEP}&userid=ada&seq=1234"),
        format!("{SERVICE}?xml={log_in}"),
    ] {
        let answer = get(path).method("HEAD").send(&world).await;
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), "GET, POST");
        assert_eq!(state(&world).sessions().count(), 0);
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pin_is_not_tried_with_many_users() {
    let world = em_office(|config| {
        config.limits.wrong_pins_per_address_max = 3;
        config.limits.wrong_pins_per_phone_max = 100;
    })
    .await;
    let page = |n: usize| {
        get(format!(
            "/emapp/EMAppServlet?device={SEP}&userid=user-{n}&seq=0000"
        ))
    };
    let service = |n: usize| {
        let app = format!("<appInfo><appID>user-{n}</appID><appCertificate>0000</appCertificate></appInfo>");
        phones_of(&app, &format!("user-{n}"))
    };
    page(0).send(&world).await.is(200, "(201)");
    assert_eq!(code(&world, &service(1)).await, Some(3));
    page(2).send(&world).await.is(200, "(201)");
    // One count for both, and it holds for the right PIN too.
    page(3).send(&world).await.is(200, "(26)");
    assert_eq!(code(&world, &service(4)).await, Some(26));
    assert_eq!(code(&world, &login(ADA, SEP, "ada", "")).await, Some(26));
    assert_eq!(state(&world).sessions().count(), 0);
    // Programs with a password of their own go on.
    assert_eq!(code(&world, &login(TOOL, SEP, "ada", "")).await, None);
    world.node.shutdown().await;
}
