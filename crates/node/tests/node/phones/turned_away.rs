//! Requests that get no document, each with a sentence that says why.

use super::*;

#[tokio::test]
async fn who_is_not_the_phone_gets_nothing() {
    let world = office().await;
    open_window(&world, MAC).await;
    let yealink = token(&world, MAC);
    let other_agent = "Yealink SIP-T54W 96.86.0.100 00:15:65:00:00:01";
    let snom = "Mozilla/4.0 (compatible; snomD785-SIP 10.1.169.16 000413A0B1C2)";
    for (what, ask, status, sentence) in [
        (
            "the User-Agent is another phone's",
            get(format!("/p/{yealink}/{MAC}.cfg")).by(other_agent),
            403,
            "the User-Agent that of phone 001565000001",
        ),
        (
            "the same without a token",
            get(format!("/{MAC}.cfg")).by(other_agent),
            403,
            "the User-Agent that of phone",
        ),
        (
            "another phone's token",
            get(format!("/p/{yealink}/{POLY}.cfg")).by(POLY_AGENT),
            403,
            "the token is that of phone 001565a0b1c2",
        ),
        (
            "a token of nobody",
            get(format!("/p/aaaaaaaaaaaaaaaaaaaaaaaaaa/{MAC}.cfg")).by(AGENT),
            404,
            "belongs to no phone any more",
        ),
        (
            "no token at all",
            get(format!("/p/x/{MAC}.cfg")).by(AGENT),
            404,
            "belongs to no phone any more",
        ),
        (
            "the window is closed",
            get(format!("/{POLY}.cfg")).by(POLY_AGENT),
            403,
            "must come with its own token",
        ),
        (
            "a phone of another maker",
            get(format!("/p/{yealink}/{MAC}-hotdesk.cfg")).by("FileTransport PolycomVVX-VVX_450-UA/5.9"),
            403,
            "is a yealink phone in the directory",
        ),
        (
            "a multicast address",
            get("/01005e000175.cfg").by(AGENT),
            400,
            "multicast",
        ),
        (
            "a stranger",
            get("/wp-login.php").by("curl/8"),
            404,
            "expected a file such as",
        ),
        (
            "another stranger",
            get("/robots.txt"),
            404,
            "without a User-Agent",
        ),
        ("the root", get("/"), 404, "here phones get their documents"),
        ("a way out", get("/..%2f..%2fetc%2fpasswd").by(snom), 404, ""),
        (
            "another method",
            get(format!("/{MAC}.cfg")).by(AGENT).method("DELETE"),
            405,
            "expected GET",
        ),
    ] {
        let answer = ask.send(&world).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(answer.body.contains(sentence), "{what}: {}", answer.body);
        assert!(!answer.body.contains(&yealink), "{what}: it repeats the token");
    }
    assert!(device(&world, MAC).shown.is_none(), "nobody has its document");
}

#[tokio::test]
async fn a_phone_without_a_generated_password_says_what_to_do() {
    let world = office().await;
    let mac = "001565a0b1c5";
    let device = Device {
        model: "yealink-t54w".into(),
        ..Device::new(mac.parse().unwrap(), "chicago".parse().unwrap())
    };
    act(&world, Action::PutDevice(device)).await.unwrap();
    open_window(&world, mac).await;
    let agent = "Yealink SIP-T54W 96.86.0.100 00:15:65:a0:b1:c5";
    let answer = get(format!("/{mac}.cfg")).by(agent).send(&world).await;
    answer.is(409, "hotdesk device secret --generate 001565a0b1c5");
}

#[tokio::test]
async fn a_new_password_makes_the_old_path_worthless() {
    let world = office().await;
    let old = own_path(&world, MAC, &format!("{MAC}.cfg"));
    get(&old).by(AGENT).send(&world).await.is(200, "neutral");
    give_secret(&world, MAC, 8).await;
    get(&old)
        .by(AGENT)
        .send(&world)
        .await
        .is(404, "belongs to no phone any more");
    let new = own_path(&world, MAC, &format!("{MAC}.cfg"));
    assert_ne!(old, new);
    get(&new).by(AGENT).send(&world).await.is(200, "neutral");
}

#[tokio::test]
async fn a_source_that_does_not_say_who_it_is_asks_so_often_and_no_more() {
    let world = office_with(|config| config.phones.strangers_per_minute_max = 10).await;
    for _ in 0..10 {
        get("/nonsense").send(&world).await.is(404, "");
    }
    let answer = get("/nonsense").send(&world).await;
    answer.is(429, "too many requests");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 60);
    get(format!("/p/aaaaaaaaaaaaaaaaaaaaaaaaaa/{MAC}.cfg"))
        .by(AGENT)
        .send(&world)
        .await
        .is(429, "");
    // A phone with its token is no stranger.
    get(own_path(&world, MAC, &format!("{MAC}.cfg")))
        .by(AGENT)
        .send(&world)
        .await
        .is(200, "neutral");
}

#[tokio::test]
async fn no_answer_is_taken_for_something_else_or_kept() {
    let world = office().await;
    let own = own_path(&world, MAC, "app");
    for path in [
        "/<script>.cfg",
        "/me",
        "/me/style.css",
        "/d/x/y",
        "/healthz",
        "/",
        own.as_str(),
    ] {
        let answer = get(path.replace('<', "%3C").replace('>', "%3E"))
            .send(&world)
            .await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let is_style = path.ends_with(".css");
        assert_eq!(answer.header("cache-control") == "no-store", !is_style, "{path}");
        // What repeats the path is no page.
        let is_text = answer.header("content-type").starts_with("text/plain");
        assert!(
            is_text || !answer.body.contains("<script>"),
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_path_out_of_its_folder_leads_nowhere_however_it_is_written() {
    let world = office().await;
    let inside = own_path(&world, MAC, "");
    for outside in [
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "%252e%252e%252fetc%252fpasswd",
        "..%2f..%2fetc%2fpasswd",
        "..%5c..%5cetc%5cpasswd",
        "%00.cfg",
        "x%0d%0aSet-Cookie:%20a=b.cfg",
        "\u{ff11}\u{ff12}.cfg",
    ] {
        let path: String = outside
            .bytes()
            .map(|b| {
                if b.is_ascii() {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02x}")
                }
            })
            .collect();
        let answer = get(format!("{inside}{path}")).by(AGENT).send(&world).await;
        assert!(
            matches!(answer.status, 400 | 403 | 404),
            "{outside}: {}",
            answer.status
        );
        assert!(
            !answer.body.contains("password") && answer.header("set-cookie").is_empty(),
            "{outside}"
        );
    }
}
