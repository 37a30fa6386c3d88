//! The login application, page by page, as phones ask for it.

use hotdesk_core::{CallSettings, Profile, Site, User};
use hotdesk_sip::secret::LineKey;

use super::pages::*;
use super::*;

#[tokio::test]
async fn one_logs_in_on_screen_at_one_phone_then_at_another_and_the_first_says_where_one_went() {
    let world = office().await;
    put_phone(&world, CISCO, "cisco-8841").await;

    let form = open(&world, MAC, "").await;
    form.is(200, "<YealinkIPPhoneInputScreen");
    form.is(200, "password=\"yes\"");
    assert_eq!(form.header("cache-control"), "no-store");
    let done = log_in(&world, MAC, &form, "2001", "1234").await;
    done.is(200, "Welcome, ADA. This phone is yours now.");
    let session = session(&world, MAC).unwrap();
    assert_eq!((session.user.as_str(), session.by.as_str()), ("ada", "phone:app"));

    let form = open(&world, CISCO, "").await;
    form.is(200, "<CiscoIPPhoneInput>");
    form.is(200, "<InputFlags>NP</InputFlags>");
    let done = log_in(&world, CISCO, &form, "2001", "1234").await;
    done.is(200, "You were logged out at CHICAGO, desk 12.");
    assert_eq!(who(&world, MAC), None);
    assert_eq!(who(&world, CISCO), Some("ada".into()));

    let moved = open(&world, MAC, "/moved").await;
    moved.is(200, "ADA has moved to CHICAGO, desk 12, ");
    moved.is(200, "Not you? Press Lock.");
    open(&world, CISCO, "/moved").await.is(200, "Phone in use");
}

#[tokio::test]
async fn who_was_moved_away_by_a_stranger_locks_the_account_with_a_second_press() {
    let mut world = office().await;
    world.login("ada", MAC, "1234").await.unwrap();
    open(&world, MAC, "/moved").await.is(200, "Phone in use");
    world.login("ada", "ny-1", "1234").await.unwrap();
    let moved = open(&world, MAC, "/moved").await;
    let ask = follow(&world, &moved, "/lock/").await;
    ask.is(200, "Lock the account of ADA?");
    assert_eq!(who(&world, "ny-1"), Some("ada".into()), "asking locks nobody");
    let yes = link(&ask, "/yes");
    get(&yes)
        .send(&world)
        .await
        .is(200, "The account of ADA is locked until ");
    assert_eq!(who(&world, "ny-1"), None);
    let refused = world.login("ada", MAC, "1234").await.unwrap_err();
    assert_eq!(refused.code, "HD1008");
    // The same press again does nothing, and a made-up one neither.
    get(&yes).send(&world).await.is(410, "no longer good");
    get("/lock/aaaa").send(&world).await.is(410, "no longer good");
    let form = open(&world, MAC, "").await;
    log_in(&world, MAC, &form, "2001", "1234")
        .await
        .is(200, "This account is locked until ");
    // Asked for a second time within the minute, it is still the one request: an administrator's word stays.
    let ask = follow(&world, &moved, "/lock/").await;
    let again = link(&ask, "/yes");
    act(&world, Action::Unlock("ada".parse().unwrap())).await.unwrap();
    get(&again).send(&world).await;
    world.login("ada", MAC, "1234").await.unwrap();
}

#[tokio::test]
async fn a_borrowed_phone_that_has_gone_home_still_says_where_its_guest_went() {
    let mut world = office().await;
    world.login("ada", MAC, "1234").await.unwrap();
    let mut own = device(&world, MAC);
    own.owner = Some("bob".parse().unwrap());
    put(act(&world, Action::PutDevice(own)).await);
    world.login("ada", "ny-1", "1234").await.unwrap();
    assert_eq!(who(&world, MAC), Some("bob".into()), "its owner is back");
    open(&world, MAC, "/moved")
        .await
        .is(200, "ADA has moved to NEW-YORK, desk 12, ");
}

#[tokio::test]
async fn a_phone_in_use_says_who_is_there_and_offers_what_may_be_done() {
    let mut world = office().await;
    world.login("ada", MAC, "1234").await.unwrap();
    let menu = open(&world, MAC, "").await;
    menu.is(200, "Phone in use");
    menu.is(200, "Log out: ADA");
    follow(&world, &menu, "/app/who")
        .await
        .is(200, "ADA, number 2001, logged in here since ");
    follow(&world, &menu, "/app/settings").await.is(200, "/me");

    // Bob takes over.
    let form = follow(&world, &menu, "/app/form").await;
    let done = log_in(&world, MAC, &form, "2002", "9876").await;
    done.is(200, "ADA was logged out here.");
    assert_eq!(who(&world, MAC), Some("bob".into()));

    // The menu that ada left on the screen was for her session only.
    get(link(&menu, "/app/out/"))
        .send(&world)
        .await
        .is(200, "Phone in use");
    assert_eq!(who(&world, MAC), Some("bob".into()));
    let menu = open(&world, MAC, "").await;
    let out = link(&menu, "/app/out/");
    get(&out)
        .send(&world)
        .await
        .is(200, "BOB is logged out. The phone is free.");
    assert_eq!(who(&world, MAC), None);
    get(&out).send(&world).await.is(200, "Nobody is logged in here");
}

#[tokio::test]
async fn taking_over_is_not_offered_where_no_rule_allows_it() {
    let mut world = office().await;
    let mut policy = *state(&world).defaults();
    policy.busy_device = hotdesk_core::BusyDevice::Refuse;
    put(act(&world, Action::PutDefaults(policy)).await);
    world.login("ada", MAC, "1234").await.unwrap();
    let menu = open(&world, MAC, "").await;
    menu.is(200, "Log out: ADA");
    assert!(!menu.body.contains("Log in as somebody else"), "{}", menu.body);
    let form = open(&world, MAC, "/form").await;
    let refused = log_in(&world, MAC, &form, "2002", "9876").await;
    refused.is(200, "Somebody else uses this phone and has to log out first.");
    refused.is(200, "HD1012-");
    assert_eq!(who(&world, MAC), Some("ada".into()));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_logs_in_once() {
    let world = office().await;
    let form = open(&world, MAC, "").await;
    log_in(&world, MAC, &form, "2001", "1234")
        .await
        .is(200, "Welcome");
    let epoch = session(&world, MAC).unwrap().epoch;
    // The answer was lost, and the phone asks again.
    log_in(&world, MAC, &form, "2001", "1234")
        .await
        .is(200, "Welcome");
    assert_eq!(session(&world, MAC).unwrap().epoch, epoch);
    // What else is sent with it is looked at: nobody is told that the phone is theirs who is not the one.
    for (user, pin, sentence) in [
        ("2002", "9876", "This form was sent already. Here is a new one."),
        ("2002", "0000", "The PIN is wrong."),
        ("2001", "9999", "The PIN is wrong."),
    ] {
        log_in(&world, MAC, &form, user, pin).await.is(200, sentence);
        assert_eq!(session(&world, MAC).unwrap().epoch, epoch, "{user} {pin}");
    }
    // Somebody who overheard it tries it later.
    let menu = open(&world, MAC, "").await;
    follow(&world, &menu, "/app/out/").await.is(200, "is logged out");
    log_in(&world, MAC, &form, "2001", "1234")
        .await
        .is(200, "This form was sent already. Here is a new one.");
    assert_eq!(who(&world, MAC), None);
}

#[tokio::test]
async fn asking_for_the_head_of_a_page_does_nothing() {
    let mut world = office().await;
    let form = open(&world, MAC, "").await;
    let login = format!("app/login/{}?user=2001&pin=1234", token_in(&form));
    let head = |path: &str| get(path).method("HEAD");
    let answer = head(&own_path(&world, MAC, &login)).send(&world).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"));
    assert_eq!(who(&world, MAC), None);
    log_in(&world, MAC, &form, "2001", "1234")
        .await
        .is(200, "Welcome");

    let out = link(&open(&world, MAC, "").await, "/app/out/");
    assert_eq!(head(&out).send(&world).await.status, 405);
    assert_eq!(who(&world, MAC), Some("ada".into()));

    world.login("ada", "ny-1", "1234").await.unwrap();
    let ask = follow(&world, &open(&world, MAC, "/moved").await, "/lock/").await;
    assert_eq!(head(&link(&ask, "/yes")).send(&world).await.status, 405);
    assert_eq!(who(&world, "ny-1"), Some("ada".into()));
}

#[tokio::test]
async fn forms_that_are_expired_foreign_or_made_up_log_nobody_in_and_lead_to_a_new_one() {
    let world = office().await;
    let other = open(&world, POLY, "").await;
    let foreign = token_in(&other);
    let now = now_s();
    let forms = [
        ("another phone's", foreign, "does not belong to this phone"),
        ("expired", craft("login", MAC, "", now - 1), "That took too long"),
        (
            "for something else",
            craft("logout", MAC, "1", now + 60),
            "does not belong",
        ),
        ("made up", "abcdefgh".to_owned(), "does not belong"),
    ];
    for (what, token, sentence) in forms {
        let path = format!("/login/{token}?user=2001&pin=1234");
        let answer = open(&world, MAC, &path).await;
        answer.is(200, sentence);
        answer.is(200, "HD2010-");
        assert_eq!(who(&world, MAC), None, "{what}");
        follow(&world, &answer, "/app/form").await.is(200, "InputScreen");
    }
    // That crafting works at all.
    let good = craft("login", MAC, "", now + 60);
    open(&world, MAC, &format!("/login/{good}?user=2001&pin=1234"))
        .await
        .is(200, "Welcome");
}

#[tokio::test]
async fn each_refusal_is_a_plain_sentence_with_an_id_for_support() {
    let mut world = office().await;
    let mut disabled = user(&world, "bob");
    disabled.enabled = false;
    put(act(&world, Action::PutUser(disabled)).await);
    put(act(&world, Action::PutUser(User::new("zoe".parse().unwrap()))).await);
    for (typed, pin, sentence, code) in [
        ("2001", "9999", "The PIN is wrong. 4 tries are left.", "HD2005-"),
        ("2001", "12", "A PIN has 4 to 32 digits", "HD2010-"),
        ("4711", "1234", "Nobody is known under this number.", "HD1001-"),
        (
            "no name!",
            "1234",
            "Nobody is known under this number.",
            "HD2010-",
        ),
        ("2002", "9876", "This account is switched off.", "HD1005-"),
        ("zoe", "1234", "This account has no PIN yet.", "HD1010-"),
    ] {
        let form = open(&world, MAC, "").await;
        let answer = log_in(&world, MAC, &form, typed, pin).await;
        answer.is(200, sentence);
        answer.is(200, code);
        assert!(
            !answer.body.contains("user="),
            "nothing typed is repeated: {}",
            answer.body
        );
    }
    let mut off = device(&world, MAC);
    off.enabled = false;
    put(act(&world, Action::PutDevice(off)).await);
    open(&world, MAC, "")
        .await
        .is(200, "Nobody can log in at this phone.");

    world.login("ada", POLY, "1234").await.unwrap();
    let hold = Action::HoldDevice {
        device: POLY.parse().unwrap(),
        until: far(&state(&world)),
        reason: "emergency call".into(),
    };
    act(&world, hold).await.unwrap();
    open(&world, POLY, "")
        .await
        .is(200, "An emergency call was made from this phone.");
}

#[tokio::test]
async fn pages_speak_the_offices_language_and_after_a_login_the_users() {
    let world = office().await;
    let chicago = Site {
        language: "de".into(),
        ..Site::clone(state(&world).site(&"chicago".parse().unwrap()).unwrap())
    };
    put(act(&world, Action::PutSite(chicago)).await);
    let form = open(&world, MAC, "").await;
    form.is(200, "Anmelden");
    log_in(&world, MAC, &form, "2001", "9999")
        .await
        .is(200, "Die PIN ist falsch. Noch 4 Versuche.");
    let profile = Profile {
        language: "fr".into(),
        ..Profile::default()
    };
    let set = Action::PutProfile {
        user: "ada".parse().unwrap(),
        profile: Some(profile),
        calls: Some(CallSettings::default()),
    };
    act(&world, set).await.unwrap();
    let form = open(&world, MAC, "").await;
    log_in(&world, MAC, &form, "2001", "1234")
        .await
        .is(200, "Bienvenue, ADA");
    open(&world, MAC, "").await.is(200, "Téléphone occupé");
    // Somebody else tries, and the whole page is in one language.
    let form = open(&world, MAC, "/form").await;
    let wrong = log_in(&world, MAC, &form, "2002", "0000").await;
    wrong.is(200, "Le code PIN est faux.");
}

#[tokio::test]
async fn who_was_here_lately_is_listed_where_the_office_wants_it() {
    let mut world = office().await;
    for device in [MAC, "chi-1"] {
        world.login("ada", device, "1234").await.unwrap();
    }
    open(&world, MAC, "").await.is(200, "InputScreen");
    let chicago = Site {
        recent_here: true,
        ..Site::clone(state(&world).site(&"chicago".parse().unwrap()).unwrap())
    };
    put(act(&world, Action::PutSite(chicago)).await);
    let list = open(&world, MAC, "").await;
    list.is(200, "ADA 2001");
    list.is(200, "Another number");
    let form = follow(&world, &list, "/app/pin/ada").await;
    form.is(200, "ADA, type your PIN.");
    assert!(!form.body.contains("<Parameter>user"), "{}", form.body);
    let url = link(&form, "/app/login/");
    get(format!("{url}?pin=1234"))
        .send(&world)
        .await
        .is(200, "Welcome, ADA");
    assert_eq!(who(&world, MAC), Some("ada".into()));
    // Nobody who was not here can be found out by asking.
    open(&world, MAC, "/pin/bob")
        .await
        .is(200, "Type your number and PIN.");
}

#[tokio::test]
async fn a_phone_that_asks_for_one_thing_at_a_time_gets_there_too() {
    let world = office().await;
    let form = open(&world, MAC, "").await;
    let path = format!("/login/{}?user=2001", token_in(&form));
    let again = open(&world, MAC, &path).await;
    again.is(200, "<Default>2001</Default>");
    log_in(&world, MAC, &again, "2001", "1234")
        .await
        .is(200, "Welcome");
}

#[tokio::test]
async fn a_poly_sends_the_form_in_the_body() {
    let world = office().await;
    let form = open(&world, POLY, "").await;
    let mut send = get(link(&form, "/app/login/")).method("POST").by(POLY_AGENT);
    send.body = b"user=2001&pin=1234".to_vec();
    send.send(&world).await.is(200, "Welcome, ADA");
}

#[tokio::test]
async fn a_name_is_text_whatever_it_is_made_of() {
    let world = office().await;
    let mut ada = user(&world, "ada");
    ada.display_name = "<b>\"&x'</b>\u{1f4de}".into();
    put(act(&world, Action::PutUser(ada)).await);
    put_phone(&world, CISCO, "cisco-8841").await;
    for device in [MAC, CISCO, POLY] {
        let form = open(&world, device, "").await;
        let done = log_in(&world, device, &form, "2001", "1234").await;
        for page in [
            done,
            open(&world, device, "").await,
            open(&world, device, "/who").await,
        ] {
            assert!(
                !page.body.contains("<b>") && !page.body.contains("&x"),
                "{}",
                page.body
            );
        }
    }
    let typed = format!(
        "/login/{}?user=%3Cx%3E%22",
        token_in(&open(&world, MAC, "/form").await)
    );
    let page = open(&world, MAC, &typed).await;
    assert!(!page.body.contains("<x>"), "{}", page.body);
}

#[tokio::test]
async fn a_path_of_no_phone_shows_nothing() {
    let world = office().await;
    for path in [
        "/p/aaaaaaaaaaaaaaaaaaaaaaaaaa/app",
        "/p/x/app/login/y?user=2001&pin=1234",
        "/p/x/qr.png?size=298x168",
        "/p/aaaaaaaaaaaaaaaaaaaaaaaaaa/qr.bmp?size=298x168",
    ] {
        assert_eq!(get(path).send(&world).await.status, 404, "{path}");
    }
    assert_eq!(open(&world, MAC, "/nonsense").await.status, 404);
}

#[tokio::test]
async fn locking_ones_own_account_at_ones_phone_takes_the_pin() {
    let mut world = office().await;
    world.login("ada", MAC, "1234").await.unwrap();
    let form = open(&world, MAC, "/lock").await;
    let wrong = link(&form, "/app/lock/");
    get(format!("{wrong}?pin=9999"))
        .send(&world)
        .await
        .is(200, "The PIN is wrong.");
    assert_eq!(who(&world, MAC), Some("ada".into()));
    let form = open(&world, MAC, "/lock").await;
    let right = link(&form, "/app/lock/");
    get(format!("{right}?pin=1234"))
        .send(&world)
        .await
        .is(200, "is locked until");
    assert_eq!(who(&world, MAC), None);
}

/// The key that the office's nodes have, for forms that nobody was given.
pub(super) fn page_key() -> zeroize::Zeroizing<[u8; 32]> {
    LineKey::read(&KEY).unwrap().page_key()
}
