//! Logins that phones have built in: user id and PIN as the credentials of a request.

use hotdesk_core::SiteId;

use super::pages::{log_in, open};

use super::*;

fn user_file(world: &World, user: &str) -> Ask<'static> {
    get(own_path(world, POLY, &format!("{user}.cfg"))).by(POLY_AGENT)
}

fn who(world: &World, device: &str) -> Option<String> {
    let session = state(world).session_at(&device.parse().unwrap()).cloned();
    session.map(|session| session.user.to_string())
}

#[tokio::test]
async fn a_phone_that_asks_as_a_user_logs_the_user_in() {
    let world = office_with(|config| config.http.listen = Some("127.0.0.1:0".into())).await;
    let asked = user_file(&world, "2001").send(&world).await;
    asked.is(401, "user id and PIN");
    assert!(asked.header("www-authenticate").contains("realm=\"Hotdesk\""));
    assert_eq!(who(&world, POLY), None);

    let answer = user_file(&world, "2001")
        .showing("2001", "1234")
        .send(&world)
        .await;
    let session = state(&world).session_at(&POLY.parse().unwrap()).cloned().unwrap();
    answer.is(200, &format!("epoch {}", session.epoch));
    assert_eq!(
        (session.user.as_str(), session.by.as_str()),
        ("ada", "phone:built-in")
    );

    // It asks again after a restart: no second login, and the PIN is of no interest.
    user_file(&world, "2001")
        .showing("2001", "1234")
        .send(&world)
        .await
        .is(200, "");
    let again = state(&world).session_at(&POLY.parse().unwrap()).cloned().unwrap();
    assert_eq!(again.epoch, session.epoch);

    let metrics = get("/metrics").send_to(world.node.http_address().unwrap()).await;
    for stage in ["callable", "screen"] {
        let line = format!("hotdesk_phone_login_seconds_count{{vendor=\"poly\",stage=\"{stage}\"}} 1");
        metrics.is(200, &line);
    }
}

#[tokio::test]
async fn asking_for_the_head_of_a_users_document_logs_nobody_in() {
    let world = office().await;
    let mitel = "00085d04a1b2";
    put_phone(&world, mitel, "mitel-6867i").await;
    let mitel_file =
        get(own_path(&world, mitel, "user/2001.cfg")).by("Aastra6867i MAC:00-08-5D-04-A1-B2 V:4.1.0.128-SIP");
    for (ask, device) in [(user_file(&world, "2001"), POLY), (mitel_file, mitel)] {
        let head = ask.method("HEAD").showing("2001", "1234").send(&world).await;
        assert_eq!((head.status, head.header("allow")), (405, "GET"), "{device}");
        assert_eq!(who(&world, device), None, "{device}");
    }
    let get = user_file(&world, "2001").showing("2001", "1234");
    get.send(&world).await.is(200, "epoch");
    // There is nothing to change any more.
    let head = user_file(&world, "2001").method("HEAD").showing("2001", "1234");
    assert_eq!(head.send(&world).await.status, 200);
}

#[tokio::test]
async fn wrong_pins_are_counted_as_everywhere_else() {
    let mut world = office().await;
    for _ in 0..20 {
        let wrong = user_file(&world, "2001")
            .showing("2001", "9999")
            .send(&world)
            .await;
        assert!(matches!(wrong.status, 401 | 403), "{}", wrong.body);
        if wrong.status == 403 {
            break;
        }
    }
    // Locked, as a login by another surface finds.
    user_file(&world, "2001")
        .showing("2001", "1234")
        .send(&world)
        .await
        .is(403, "(HD");
    let locked = world.login("ada", MAC, "1234").await.unwrap_err();
    assert!(format!("{locked:?}").contains("locked"), "{locked:?}");
    assert_eq!(who(&world, POLY), None);
}

#[tokio::test]
async fn another_users_document_is_not_given() {
    let world = office().await;
    let answer = user_file(&world, "2002")
        .showing("2001", "1234")
        .send(&world)
        .await;
    answer.is(401, "another user's");
    assert_eq!(who(&world, POLY), None);
}

#[tokio::test]
async fn a_phone_that_asks_as_its_last_user_does_not_take_the_session_back() {
    let mut world = office().await;
    user_file(&world, "2001")
        .showing("2001", "1234")
        .send(&world)
        .await
        .is(200, "epoch");
    world.login("ada", "ny-1", "1234").await.unwrap();
    assert_eq!(
        (who(&world, POLY), who(&world, "ny-1")),
        (None, Some("ada".into()))
    );
    // The trigger comes, and the phone asks for what it asked for before, again and again.
    for _ in 0..3 {
        let asked = user_file(&world, "2001").showing("2001", "1234");
        asked.send(&world).await.is(401, "no longer");
    }
    assert_eq!(who(&world, "ny-1"), Some("ada".into()));
    // It has loaded the neutral document; now somebody types.
    let own = get(own_path(&world, POLY, &format!("{POLY}-hotdesk.cfg"))).by(POLY_AGENT);
    own.send(&world).await.is(200, "neutral");
    let wanted = state(&world).wanted_stamp(&POLY.parse().unwrap());
    eventually(&world, "the phone is wiped", |state| {
        let shown = state.device(&POLY.parse().unwrap()).unwrap().shown;
        shown.is_some_and(|shown| shown.stamp == wanted)
    })
    .await;
    user_file(&world, "2001")
        .showing("2001", "1234")
        .send(&world)
        .await
        .is(200, "epoch");
    assert_eq!(
        (who(&world, POLY), who(&world, "ny-1")),
        (Some("ada".into()), None)
    );
}

#[tokio::test]
async fn a_phone_that_was_told_to_ask_by_an_older_document_gets_the_present_one() {
    let mut world = office().await;
    let (mac, agent) = ("8c1e8004a1b2", "Cisco-CP-8851-3PCC/11.3.7 (8c1e8004a1b2)");
    put_phone(&world, mac, "cisco-mpp-8851").await;
    let stamp = state(&world).wanted_stamp(&mac.parse().unwrap());
    let login = || {
        let path = own_path(&world, mac, &format!("em-{stamp}-2001.xml"));
        get(path).by(agent).showing("2001", "1234")
    };
    let ask = login();
    ask.send(&world).await.is(200, "epoch");
    assert_eq!(who(&world, mac), Some("ada".into()));
    let later = login();
    world.login("ada", "ny-1", "1234").await.unwrap();
    later.send(&world).await.is(200, "neutral");
    assert_eq!(
        (who(&world, mac), who(&world, "ny-1")),
        (None, Some("ada".into()))
    );
}

#[tokio::test]
async fn a_phone_that_asks_for_its_own_document_as_its_last_user_gets_it_and_asks_no_more() {
    let mut world = office().await;
    let (mac, agent) = (
        "c074ad0b63ee",
        "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee",
    );
    put_phone(&world, mac, "grandstream-grp2614").await;
    let path = own_path(&world, mac, &format!("login-cfg{mac}.xml"));
    let login = || get(&path).by(agent).showing("2001", "1234");
    login().send(&world).await.is(200, "");
    assert_eq!(who(&world, mac), Some("ada".into()));
    world.login("ada", "ny-1", "1234").await.unwrap();
    let repeated = login().send(&world).await;
    repeated.is(200, "<P234></P234>");
    assert_eq!(
        (who(&world, mac), who(&world, "ny-1")),
        (None, Some("ada".into()))
    );
    // That was the neutral document: who asks now has typed it.
    let id = mac.parse().unwrap();
    eventually(&world, "the phone is wiped", |state| {
        let shown = state.device(&id).unwrap().shown;
        shown.is_some_and(|shown| shown.stamp == state.wanted_stamp(&id))
    })
    .await;
    login().send(&world).await.is(200, "");
    assert_eq!(
        (who(&world, mac), who(&world, "ny-1")),
        (Some("ada".into()), None)
    );
}

#[tokio::test]
async fn a_stranger_logs_nobody_in() {
    let world = office().await;
    let answer = get("/2001.cfg")
        .by(POLY_AGENT)
        .showing("2001", "1234")
        .send(&world)
        .await;
    answer.is(403, "must come with its own token");
    let site: SiteId = "chicago".parse().unwrap();
    assert!(state(&world).sessions().all(|session| session.site != site));
}

#[tokio::test]
async fn wrong_pins_at_one_phone_count_together_whoever_they_are_for() {
    let world = office_with(|config| config.limits.wrong_pins_per_phone_max = 2).await;
    let form = open(&world, POLY, "").await;
    log_in(&world, POLY, &form, "2001", "0000")
        .await
        .is(200, "PIN is wrong");
    let built_in = |user: &'static str, pin: &'static str| user_file(&world, user).showing(user, pin);
    built_in("2002", "0000")
        .send(&world)
        .await
        .is(401, "PIN is wrong");
    built_in("2002", "9876")
        .send(&world)
        .await
        .is(403, "Wait a minute");
    let form = open(&world, POLY, "").await;
    log_in(&world, POLY, &form, "2001", "1234")
        .await
        .is(200, "Wait a minute");
    assert_eq!(who(&world, POLY), None);
    let form = open(&world, MAC, "").await;
    log_in(&world, MAC, &form, "2001", "1234").await.is(200, "ADA");
}
