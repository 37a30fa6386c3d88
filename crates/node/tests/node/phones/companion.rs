//! People's own page, stickers, the kiosk's calls.

use hotdesk_core::User;
use serde_json::{Value, json};

use super::pages::*;
use super::*;

/// A browser that keeps its cookie.
#[derive(Default)]
pub(super) struct Browser {
    cookie: String,
}

impl Browser {
    pub(super) async fn get(&mut self, world: &World, path: &str) -> Answer {
        self.send(world, get(path)).await
    }

    pub(super) async fn post(&mut self, world: &World, path: &str, form: &str) -> Answer {
        let mut ask = get(path).method("POST").with("Sec-Fetch-Site", "same-origin");
        ask.body = form.as_bytes().to_vec();
        self.send(world, ask).await
    }

    async fn send(&mut self, world: &World, ask: Ask<'_>) -> Answer {
        let answer = ask.with("Cookie", self.cookie.clone()).send(world).await;
        let set = answer.header("set-cookie");
        if let Some(pair) = set.split(';').next().filter(|pair| !pair.is_empty()) {
            self.cookie = pair.to_owned();
        }
        answer
    }

    pub(super) async fn sign_in(&mut self, world: &World, path: &str, user: &str, pin: &str) -> Answer {
        let page = self.get(world, path).await;
        let form = form_of(&page);
        self.post(world, path, &format!("form={form}&user={user}&pin={pin}"))
            .await
    }
}

/// The hidden token of the first form of a page.
#[track_caller]
pub(super) fn form_of(page: &Answer) -> String {
    let mark = "name=\"form\" value=\"";
    let at = page
        .body
        .find(mark)
        .unwrap_or_else(|| panic!("no form in:\n{}", page.body));
    let rest = &page.body[at + mark.len()..];
    rest[..rest.find('"').unwrap()].to_owned()
}

async fn signed_in(world: &World) -> Browser {
    let mut browser = Browser::default();
    let answer = browser.sign_in(world, "/me", "2001", "1234").await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/me"),
        "{}",
        answer.body
    );
    browser
}

#[tokio::test]
async fn one_signs_in_sees_where_one_is_logs_out_there_and_signs_out() {
    let mut world = office().await;
    world.login("ada", MAC, "1234").await.unwrap();
    let mut browser = Browser::default();
    let page = browser.get(&world, "/me").await;
    page.is(200, "Sign in with your number and PIN.");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let answer = browser.sign_in(&world, "/me", "ada", "1234").await;
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=900"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "this listener is not encrypted: {cookie}"
    );
    let page = browser.get(&world, "/me").await;
    page.is(200, "You are logged in at CHICAGO, desk 12 since ");
    assert_eq!(page.header("cache-control"), "no-store");
    let form = form_of(&page);
    let answer = browser
        .post(&world, "/me/logout", &format!("form={form}&device={MAC}"))
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(who(&world, MAC), None);
    browser
        .get(&world, "/me")
        .await
        .is(200, "You are not logged in at any phone.");

    let old = browser.cookie.clone();
    let answer = browser.post(&world, "/me/out", &format!("form={form}")).await;
    assert_eq!(answer.status, 303);
    let mut thief = Browser { cookie: old };
    thief
        .get(&world, "/me")
        .await
        .is(200, "Sign in with your number and PIN.");
}

#[tokio::test]
async fn nobody_elses_session_ends_by_ones_own_page() {
    let mut world = office().await;
    world.login("bob", MAC, "9876").await.unwrap();
    let mut browser = signed_in(&world).await;
    let form = form_of(&browser.get(&world, "/me").await);
    browser
        .post(&world, "/me/logout", &format!("form={form}&device={MAC}"))
        .await;
    assert_eq!(who(&world, MAC), Some("bob".into()));
}

#[tokio::test]
async fn a_profile_is_edited_and_kept() {
    let world = office().await;
    let mut browser = signed_in(&world).await;
    let form = form_of(&browser.get(&world, "/me").await);
    let fields = "line_label=%3Ci%3EAda&sd_label=Mum&sd_number=555&lamp_label=Bob&lamp_ext=2002&ring_tone=3\
                  &language=de&voicemail=*97&mwi=1&dnd=1&busy=2002&after=30";
    let saved = browser
        .post(&world, "/me/profile", &format!("form={form}&{fields}"))
        .await;
    saved.is(200, "Gespeichert.");
    saved.is(200, "value=\"&lt;i&gt;Ada\"");
    let ada = user(&world, "ada");
    let (profile, calls) = (ada.profile.unwrap(), ada.calls.unwrap());
    assert_eq!((profile.line_label.as_str(), profile.ring_tone), ("<i>Ada", 3));
    assert_eq!(profile.speed_dials[0].number, "555");
    assert!(calls.do_not_disturb && profile.message_waiting);
    assert_eq!(
        (calls.forward_busy.as_deref(), calls.no_answer_after_s),
        (Some("2002"), 30)
    );

    let wrong = browser
        .post(
            &world,
            "/me/profile",
            &format!("form={form}&{fields}&always=a+b%0d%0ac"),
        )
        .await;
    wrong.is(400, "Bitte berichtigen: Alle Anrufe umleiten zu.");
    wrong.is(400, "HD1017-");
}

#[tokio::test]
async fn forms_of_other_sites_and_without_their_token_change_nothing() {
    let world = office().await;
    let mut browser = signed_in(&world).await;
    let form = form_of(&browser.get(&world, "/me").await);
    let mut other = signed_in(&world).await;
    let others = form_of(&other.get(&world, "/me").await);
    for (what, body) in [
        ("none", "line_label=x".to_owned()),
        ("made up", "form=abc&line_label=x".to_owned()),
        ("of another visit", format!("form={others}&line_label=x")),
    ] {
        let answer = browser.post(&world, "/me/profile", &body).await;
        assert_eq!(answer.status, 403, "{what}");
    }
    let mut cross = get("/me/profile")
        .method("POST")
        .with("Sec-Fetch-Site", "cross-site");
    cross.body = format!("form={form}&line_label=x").into_bytes();
    browser.send(&world, cross).await.is(403, "not allowed");
    assert!(user(&world, "ada").profile.is_none());
    // A browser that says nothing but where the form comes from has to be told that it may say so.
    let page = browser.get(&world, "/me").await;
    assert_eq!(page.header("referrer-policy"), "same-origin");
    let mut own = get("/me/profile").method("POST").with("Origin", "http://x");
    own.body = format!("form={}&after=20", form_of(&page)).into_bytes();
    browser.send(&world, own).await.is(200, "Saved");
    let mut sign_in = get("/me").method("POST").with("Origin", "https://evil.example");
    sign_in.body = b"user=2001&pin=1234".to_vec();
    sign_in.send(&world).await.is(403, "not allowed");
}

#[tokio::test]
async fn whoever_tries_one_pin_with_every_user_is_stopped_by_the_address() {
    let mut world = office().await;
    let kiosk = |user: &str, device: &str, pin: &str| {
        let mut ask = get("/api/v1/sessions").method("POST");
        let body = json!({"device": device, "user": user, "pin": pin});
        ask.body = body.to_string().into_bytes();
        ask
    };
    for number in 0..60 {
        // Who knows the PIN uses nothing up.
        kiosk("ada", "chi-1", "1234")
            .send(&world)
            .await
            .is(200, "session");
        let guess = kiosk(&format!("user-{number}"), "no-phone", "0000");
        guess.send(&world).await.is(404, "unknown_user");
    }
    let held_up = kiosk("bob", "chi-1", "9876").send(&world).await;
    held_up.is(429, "too_many_wrong_pins");
    assert_ne!(held_up.header("retry-after"), "");
    let mut sign_in = get("/api/v1/sign-in").method("POST");
    sign_in.body = json!({"user": "bob", "pin": "0000"}).to_string().into_bytes();
    sign_in.send(&world).await.is(429, "Wait a minute");
    // One count for all that asks from there.
    let over_grpc = world.login("bob", "chi-2", "9876").await.unwrap_err();
    assert_eq!(over_grpc.reason, "TOO_MANY_WRONG_PINS");
    // At a phone, which shows whose it is, one goes on.
    let form = open(&world, MAC, "").await;
    log_in(&world, MAC, &form, "2001", "1234").await.is(200, "ADA");
}

#[tokio::test]
async fn a_visit_ends_with_the_pin_the_account_or_its_time() {
    let mut world = office().await;
    let mut browser = signed_in(&world).await;
    world.set_pin("ada", "4321").await.unwrap();
    browser.get(&world, "/me").await.is(200, "Sign in");

    browser.sign_in(&world, "/me", "2001", "4321").await;
    browser.get(&world, "/me").await.is(200, "My line");
    let mut ada = user(&world, "ada");
    ada.enabled = false;
    put(act(&world, Action::PutUser(ada)).await);
    browser.get(&world, "/me").await.is(200, "Sign in");
    browser
        .sign_in(&world, "/me", "2001", "4321")
        .await
        .is(403, "switched off");

    let bob = user(&world, "bob");
    let version = bob.credential.as_ref().unwrap().version;
    let now = now_s();
    let visit = "0123456789abcdef0123456789abcdef";
    put(act(&world, Action::EndVisits(bob.id.clone())).await);
    let ended = user(&world, "bob").visits_ended;
    for (end, started, index, signed_in) in [
        (now + 60, now - 60, ended, true),
        (now - 1, now - 901, ended, false),
        (now + 60, now - 9 * 3600, ended, false),
        (now + 60, now - 60, ended - 1, false),
    ] {
        let token = craft(
            "session",
            "",
            &format!("bob {version} {started} {visit} {index}"),
            end,
        );
        let mut browser = Browser {
            cookie: format!("hotdesk_me={token}"),
        };
        let page = browser.get(&world, "/me").await;
        assert_eq!(page.body.contains("BOB"), signed_in, "{end} {started} {index}");
    }
}

#[tokio::test]
async fn wrong_pins_count_together_wherever_they_are_typed() {
    let mut world = office().await;
    let form = open(&world, MAC, "").await;
    log_in(&world, MAC, &form, "2001", "9999")
        .await
        .is(200, "4 tries are left");
    let mut browser = Browser::default();
    browser
        .sign_in(&world, "/me", "ada", "9999")
        .await
        .is(403, "3 tries are left");
    let kiosk = json!({"device": "chi-1", "user": "2001", "pin": "9999"});
    call(&world, "POST", "/sessions", "", &kiosk)
        .await
        .is(401, "2 tries are left");
    let sign_in = json!({"user": "2001", "pin": "9999"});
    call(&world, "POST", "/sign-in", "", &sign_in)
        .await
        .is(401, "One try is left");
    let path = format!("/d/{MAC}/{}", sticker(MAC));
    browser
        .sign_in(&world, &path, "ada", "9999")
        .await
        .is(403, "locked");
    // The right one is of no use anywhere now.
    let form = open(&world, MAC, "").await;
    log_in(&world, MAC, &form, "2001", "1234")
        .await
        .is(200, "is locked until");
    browser
        .sign_in(&world, "/me", "ada", "1234")
        .await
        .is(403, "is locked until");
    let kiosk = json!({"device": "chi-1", "user": "2001", "pin": "1234"});
    call(&world, "POST", "/sessions", "", &kiosk)
        .await
        .is(423, "HD1008");
    assert_eq!(
        world.login("ada", "chi-1", "1234").await.unwrap_err().code,
        "HD1008"
    );
}

#[tokio::test]
async fn a_sticker_logs_the_phone_in_after_a_confirmation() {
    let mut world = office().await;
    world.login("ada", "ny-1", "1234").await.unwrap();
    let path = format!("/d/{MAC}/{}", sticker(MAC));
    let mut browser = Browser::default();
    browser.get(&world, &path).await.is(200, "Sign in");
    let answer = browser.sign_in(&world, &path, "2001", "1234").await;
    assert_eq!((answer.status, answer.header("location")), (303, path.as_str()));
    let page = browser.get(&world, &path).await;
    page.is(200, "Log in at CHICAGO, desk 12?");
    assert_eq!(who(&world, MAC), None, "looking logs nobody in");
    let form = form_of(&page);
    let confirm = format!("form={form}&confirm=1");
    let done = browser.post(&world, &path, &confirm).await;
    done.is(200, "The phone at CHICAGO, desk 12 is yours now.");
    done.is(200, "You were logged out at NEW-YORK, desk 12.");
    assert_eq!(session(&world, MAC).unwrap().by, "phone:sticker");
    browser
        .post(&world, &path, &confirm)
        .await
        .is(403, "was sent already");

    let now = now_s();
    for (code, status) in [
        (sticker(POLY), 404),
        ("aaaaaaaaaaaaa".to_owned(), 404),
        (screen_code(MAC, now - 600), 404),
        (screen_code(POLY, now), 404),
        (screen_code(MAC, now), 200),
    ] {
        let answer = browser.get(&world, &format!("/d/{MAC}/{code}")).await;
        assert_eq!(answer.status, status, "{code}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_sticker_does_not_go_round_the_rules_of_its_phone() {
    let world = office().await;
    let mut off = device(&world, MAC);
    off.enabled = false;
    put(act(&world, Action::PutDevice(off)).await);
    let mut browser = signed_in(&world).await;
    let path = format!("/d/{MAC}/{}", sticker(MAC));
    let form = form_of(&browser.get(&world, &path).await);
    let answer = browser
        .post(&world, &path, &format!("form={form}&confirm=1"))
        .await;
    answer.is(409, "Nobody can log in at this phone.");
    answer.is(409, "HD1006-");
}

async fn call(world: &World, method: &str, path: &str, bearer: &str, body: &Value) -> Answer {
    let mut ask = get(format!("/api/v1{path}")).method(method);
    if !bearer.is_empty() {
        ask = ask.with("Authorization", format!("Bearer {bearer}"));
    }
    if !body.is_null() {
        ask.body = body.to_string().into_bytes();
    }
    ask.send(world).await
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.body))
}

#[tokio::test]
async fn a_kiosk_logs_people_in_at_the_phone_beside_it() {
    let mut world = office().await;
    world.login("ada", "ny-1", "1234").await.unwrap();
    let body = json!({"device": MAC, "user": "2001", "pin": "1234"});
    let answer = call(&world, "POST", "/sessions", "", &body).await;
    answer.is(200, "");
    let done = json_of(&answer);
    assert_eq!(done["session"]["user"], "ada");
    assert_eq!(done["session"]["desk"], "12");
    assert_eq!(done["ended"][0]["device"], "ny-1");
    assert_eq!(done["ended"][0]["reason"], "logged_in_elsewhere");
    assert_eq!(session(&world, MAC).unwrap().by, "phone:kiosk");

    for (body, status, code) in [
        (
            json!({"device": "nowhere", "user": "2001", "pin": "1234"}),
            404,
            "HD1002",
        ),
        (
            json!({"device": MAC, "user": "4711", "pin": "1234"}),
            404,
            "HD1001",
        ),
        (json!({"device": MAC, "user": "2001"}), 400, "HD2006"),
        (json!({"device": MAC}), 401, "HD2008"),
        (json!({"device": MAC, "pin": "1234"}), 400, "HD2010"),
        (
            json!({"device": MAC, "user": "2001", "pin": "1234", "x": 1}),
            400,
            "HD2010",
        ),
        (json!([]), 400, "HD2010"),
    ] {
        let answer = call(&world, "POST", "/sessions", "", &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        let error = &json_of(&answer)["error"];
        assert_eq!(error["code"], code, "{body}");
        assert!(error["id"].as_str().unwrap().starts_with(code));
        assert!(!answer.body.contains("1234"), "{}", answer.body);
    }
    let mut german = get("/api/v1/sessions")
        .method("POST")
        .with("Accept-Language", "de-AT, en");
    german.body = json!({"device": MAC, "user": "2001", "pin": "9999"})
        .to_string()
        .into_bytes();
    german
        .send(&world)
        .await
        .is(401, "Die PIN ist falsch. Noch 4 Versuche.");
}

#[tokio::test]
async fn a_program_signs_in_and_does_what_ones_page_does() {
    let world = office().await;
    let answer = call(
        &world,
        "POST",
        "/sign-in",
        "",
        &json!({"user": "ada", "pin": "1234"}),
    )
    .await;
    let token = json_of(&answer)["token"].as_str().unwrap().to_owned();
    for (method, path) in [
        ("GET", "/sessions"),
        ("GET", "/profile"),
        ("PUT", "/profile"),
        ("DELETE", "/sessions/chi-1"),
    ] {
        call(&world, method, path, "", &Value::Null)
            .await
            .is(401, "HD2008");
        call(&world, method, path, "forged", &Value::Null)
            .await
            .is(401, "HD2008");
    }
    call(&world, "POST", "/sessions", &token, &json!({"device": MAC}))
        .await
        .is(200, "\"ada\"");
    let sessions = json_of(&call(&world, "GET", "/sessions", &token, &Value::Null).await);
    assert_eq!(sessions["sessions"][0]["device"], MAC);
    let profile = json!({"ring_tone": 4, "speed_dials": [{"label": "Mum", "number": "555"}]});
    let kept = json_of(&call(&world, "PUT", "/profile", &token, &profile).await);
    assert_eq!((&kept["ring_tone"], &kept["line_label"]), (&json!(4), &json!("")));
    assert_eq!(
        kept,
        json_of(&call(&world, "GET", "/profile", &token, &Value::Null).await)
    );
    assert_eq!(user(&world, "ada").profile.unwrap().ring_tone, 4);
    let wrong = call(&world, "PUT", "/profile", &token, &json!({"ring_tone": 10})).await;
    wrong.is(400, "\"field\":\"ring_tone\"");
    call(&world, "PUT", "/profile", &token, &json!({"ring": 1}))
        .await
        .is(400, "unknown field");
    call(
        &world,
        "DELETE",
        &format!("/sessions/{MAC}"),
        &token,
        &Value::Null,
    )
    .await
    .is(204, "");
    assert_eq!(who(&world, MAC), None);
    call(&world, "POST", "/sign-out", &token, &Value::Null)
        .await
        .is(204, "");
    call(&world, "GET", "/sessions", &token, &Value::Null)
        .await
        .is(401, "");
}

#[tokio::test]
async fn names_are_text_on_web_pages_too() {
    let world = office().await;
    let ada = User {
        display_name: "<script>alert(1)</script>\"'".into(),
        ..user(&world, "ada")
    };
    put(act(&world, Action::PutUser(ada)).await);
    let mut browser = signed_in(&world).await;
    let page = browser.get(&world, "/me").await;
    page.is(200, "&lt;script&gt;");
    assert!(!page.body.contains("<script"), "{}", page.body);
    let hostile = get("/d/%3Cscript%3E/x%22%3E").send(&world).await;
    assert_eq!(hostile.status, 404);
    assert!(!hostile.body.contains("<script"), "{}", hostile.body);
}

#[tokio::test]
async fn a_page_of_another_site_tries_no_pins_through_somebodys_browser() {
    let world = office().await;
    let pin = json!({"user": "ada", "pin": "1234"});
    let kiosk = json!({"device": "chi-1", "user": "ada", "pin": "1234"});
    for (path, body) in [("/api/v1/sign-in", &pin), ("/api/v1/sessions", &kiosk)] {
        for (header, value) in [
            ("Origin", "http://evil.example"),
            ("Sec-Fetch-Site", "cross-site"),
        ] {
            let mut ask = get(path).method("POST").with(header, value);
            ask.body = body.to_string().into_bytes();
            ask.send(&world).await.is(401, "not allowed");
        }
    }
    assert_eq!(who(&world, "chi-1"), None);
    let mut own = get("/api/v1/sign-in").method("POST").with("Origin", "http://x");
    own.body = pin.to_string().into_bytes();
    own.send(&world).await.is(200, "token");
}
