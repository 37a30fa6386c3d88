//! How phones come in: by approval, with a one-time token, and the list of those that wait.

use hotdesk_core::phones::{EnrolmentToken, TokenHash};
use hotdesk_proto::v1;
use hotdesk_proto::v1::phones_client::PhonesClient;
use ring::digest::{SHA256, digest};

use super::*;
use crate::world::answer;

#[tokio::test]
async fn an_approved_phone_fetches_once_without_its_token_and_then_with_it() {
    let world = office().await;
    open_window(&world, MAC).await;
    let bare = format!("/{MAC}.cfg");
    let first = get(&bare).by(AGENT).send(&world).await;
    first.is(200, &format!("/p/{}/", token(&world, MAC)));
    get(&bare).by(AGENT).send(&world).await.is(200, "neutral");
    get(own_path(&world, MAC, &format!("{MAC}.cfg")))
        .by(AGENT)
        .send(&world)
        .await
        .is(200, "neutral");
    eventually(&world, "the window is closed", |state| {
        let enrolment = state.device(&MAC.parse().unwrap()).unwrap().enrolment;
        enrolment.open_until == TimeMs(0) && enrolment.enrolled_at > TimeMs(0)
    })
    .await;
    get(&bare)
        .by(AGENT)
        .send(&world)
        .await
        .is(403, "must come with its own token");
    // A factory reset: opened again, it begins again.
    open_window(&world, MAC).await;
    get(&bare).by(AGENT).send(&world).await.is(200, "neutral");
}

#[tokio::test]
async fn an_unknown_phone_waits_in_the_list_and_not_in_the_void() {
    let world = office().await;
    let agent = "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef";
    let answer = get("/805ec0bdeaef.cfg").by(agent).send(&world).await;
    answer.is(
        404,
        "phone 805ec0bdeaef is not in the directory; it is waiting for approval",
    );
    let mac = "805ec0bdeaef".parse().unwrap();
    eventually(&world, "the phone waits", |state| {
        state.waiting_phone(&mac).is_some()
    })
    .await;
    let phone = state(&world).waiting_phone(&mac).unwrap().phone.clone();
    assert_eq!(phone.vendor, "yealink");
    assert!(
        phone.model == "yealink-t46u" && phone.firmware.contains("108.86.0.100"),
        "{phone:?}"
    );
    assert_eq!(
        (phone.address.as_str(), phone.site.unwrap().as_str()),
        ("127.0.0.1", "chicago")
    );
    // Known from then on, it is served.
    put_phone(&world, "805ec0bdeaef", "yealink-t46u").await;
    open_window(&world, "805ec0bdeaef").await;
    get("/805ec0bdeaef.cfg")
        .by(agent)
        .send(&world)
        .await
        .is(200, "neutral");
    assert!(state(&world).waiting_phone(&mac).is_none());
}

#[tokio::test]
async fn a_phone_of_which_only_the_address_can_be_told_waits_too() {
    let world = office().await;
    let unknown = |file: &str| get(format!("/{file}")).by("Acme Phone 1.0");
    unknown("805ec0bdeaef.cfg")
        .send(&world)
        .await
        .is(404, "phone 805ec0bdeaef is not in the directory");
    let mac = "805ec0bdeaef".parse().unwrap();
    eventually(&world, "the phone waits", |state| {
        state.waiting_phone(&mac).is_some()
    })
    .await;
    let phone = state(&world).waiting_phone(&mac).unwrap().phone.clone();
    assert_eq!((phone.vendor.as_str(), phone.model.as_str()), ("", ""));
    // Of one that is known it is said what would be recognised.
    unknown(&format!("{MAC}.cfg"))
        .send(&world)
        .await
        .is(404, "expected a file such as");
}

#[tokio::test]
async fn a_password_from_before_does_not_keep_a_phone_out() {
    let world = office().await;
    let (mac, agent) = ("805ec0bdeaef", "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef");
    let ask = |mac: &str| get(format!("/{mac}.cfg")).showing("admin", "its maker's");
    ask(mac)
        .by(agent)
        .send(&world)
        .await
        .is(404, "waiting for approval");
    let waits = mac.parse().unwrap();
    eventually(&world, "the phone waits", |state| {
        state.waiting_phone(&waits).is_some()
    })
    .await;
    ask(MAC)
        .by(AGENT)
        .send(&world)
        .await
        .is(401, "not those of this phone");
    open_window(&world, MAC).await;
    ask(MAC).by(AGENT).send(&world).await.is(200, "neutral");
}

#[tokio::test]
async fn a_phone_with_a_new_password_is_led_from_its_former_path_to_the_new_one() {
    let world = office().await;
    let file = format!("{MAC}.cfg");
    let path = |token: &str, file: &str| format!("/p/{token}/{file}");
    let former = token(&world, MAC);
    get(path(&former, &file))
        .by(AGENT)
        .send(&world)
        .await
        .is(200, &former);
    renew_secret(&world, MAC, 8, true).await;
    let newest = token(&world, MAC);
    assert_ne!(former, newest);
    // As often as it asks: the document that it got may never have arrived. And what it got is told to the cluster.
    for _ in 0..2 {
        let answer = get(path(&former, &file)).by(AGENT).send(&world).await;
        answer.is(200, &newest);
        assert!(!answer.body.contains(&former), "{}", answer.body);
    }
    let id = MAC.parse().unwrap();
    eventually(&world, "it shows the new document", |state| {
        let shown = state.device(&id).unwrap().shown;
        shown.is_some_and(|shown| shown.stamp == state.wanted_stamp(&id))
    })
    .await;
    // Of the former path, documents only are good.
    let app = get(path(&former, "app")).by(AGENT).send(&world).await;
    let at_newest = get(path(&newest, "app")).by(AGENT).send(&world).await;
    assert_eq!((app.status, at_newest.status), (404, 200), "{}", app.body);
    // A switched-off phone, with another password made in between.
    renew_secret(&world, MAC, 9, true).await;
    let third = token(&world, MAC);
    for old in [&former, &newest] {
        get(path(old, &file)).by(AGENT).send(&world).await.is(200, &third);
    }
    get(path(&third, &file))
        .by(AGENT)
        .send(&world)
        .await
        .is(200, &third);
    eventually(&world, "nothing former is good any more", |state| {
        state.device(&id).unwrap().former_seeds.is_empty()
    })
    .await;
    for old in [&former, &newest] {
        get(path(old, &file))
            .by(AGENT)
            .send(&world)
            .await
            .is(404, "revoked");
    }
}

#[tokio::test]
async fn a_password_that_has_leaked_is_worth_nothing_from_the_moment_it_is_revoked() {
    let world = office().await;
    let leaked = token(&world, MAC);
    let path = format!("/p/{leaked}/{MAC}.cfg");
    get(&path).by(AGENT).send(&world).await.is(200, "neutral");
    renew_secret(&world, MAC, 8, true).await;
    get(&path).by(AGENT).send(&world).await.is(200, "neutral");
    renew_secret(&world, MAC, 9, false).await;
    get(&path).by(AGENT).send(&world).await.is(404, "revoked");
    let showing = get(format!("/{MAC}.cfg")).showing(MAC, &leaked).by(AGENT);
    showing.send(&world).await.is(401, "not those of this phone");
}

#[tokio::test]
async fn an_enrolment_replaces_no_password_that_was_set() {
    let world = office().await;
    let set = Action::SetDeviceSecret {
        device: MAC.parse().unwrap(),
        sealed: Some(SealedSecret(vec![2; 60].into())),
        seed: None,
        keeps_former: false,
    };
    put(act(&world, set).await);
    open_window(&world, MAC).await;
    let answer = get(format!("/e/made-up/{MAC}.cfg")).by(AGENT).send(&world).await;
    answer.is(409, "hotdesk device secret --generate");
    let known = device(&world, MAC);
    assert_eq!(
        (known.secret, known.secret_seed),
        (Some(SealedSecret(vec![2; 60].into())), None)
    );
}

/// Has the cluster take a token of this text.
async fn put_token(world: &World, text: &str, uses: u32) {
    let hash = digest(&SHA256, text.as_bytes());
    let token = EnrolmentToken {
        hash: TokenHash(hash.as_ref().try_into().unwrap()),
        site: "new-york".parse().unwrap(),
        uses,
        until: far(&state(world)),
        note: "new phones".into(),
    };
    put(act(world, Action::PutEnrolmentToken(token)).await);
}

#[tokio::test]
async fn a_one_time_token_brings_one_phone_in() {
    let world = office().await;
    put_token(&world, "welcome-to-the-office", 1).await;
    let (mac, agent) = ("805ec0bdeaef", "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef");
    let path = format!("/e/welcome-to-the-office/{mac}.cfg");
    let answer = get(&path).by(agent).send(&world).await;
    answer.is(200, "neutral");
    let known = device(&world, mac);
    assert_eq!(
        (known.site.as_str(), known.model.as_str()),
        ("new-york", "yealink-t46u")
    );
    let token = token(&world, mac);
    assert!(answer.body.contains(&format!("/p/{token}/")));
    // The answer was lost: it asks again, and nothing is spent or changed.
    get(&path)
        .by(agent)
        .send(&world)
        .await
        .is(200, &format!("/p/{token}/"));
    get(format!("/p/{token}/{mac}.cfg"))
        .by(agent)
        .send(&world)
        .await
        .is(200, "neutral");

    let other = "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:f0";
    let refused = get("/e/welcome-to-the-office/805ec0bdeaf0.cfg")
        .by(other)
        .send(&world)
        .await;
    refused.is(403, "the enrolment token is not known: it is used up");
    assert!(!refused.body.contains("welcome"), "the token is not repeated");
    get("/e/guess/805ec0bdeaf0.cfg")
        .by(other)
        .send(&world)
        .await
        .is(403, "enrolment token");
    let unknown: DeviceId = "805ec0bdeaf0".parse().unwrap();
    assert!(state(&world).device(&unknown).is_none());
    // It is not lost: an administrator sees that there is one more.
    let mac = "805ec0bdeaf0".parse().unwrap();
    eventually(&world, "the phone waits", |state| {
        state.waiting_phone(&mac).is_some()
    })
    .await;
}

#[tokio::test]
async fn the_first_document_of_an_enrolled_phone_is_that_of_its_new_record() {
    let world = office().await;
    put_token(&world, "welcome", 1).await;
    let (mac, agent) = ("805ec0bdeaef", "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef");
    let path = format!("/e/welcome/{mac}.cfg");
    let head = get(&path).by(agent).method("HEAD").send(&world).await;
    assert_eq!(head.status, 405);
    let known: DeviceId = mac.parse().unwrap();
    assert!(
        state(&world).device(&known).is_none(),
        "asking for the head enrols nothing"
    );

    let first = get(&path).by(agent).send(&world).await;
    let wanted = state(&world).wanted_stamp(&known);
    assert!(wanted > 0);
    first.is(200, &format!("stamp {wanted} neutral"));
}

#[tokio::test]
async fn many_requests_at_once_bring_a_phone_in_once() {
    let world = office().await;
    put_token(&world, "welcome", 2).await;
    let (mac, agent) = ("805ec0bdeaef", "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef");
    let asks = (0..6).map(|_| get(format!("/e/welcome/{mac}.cfg")).by(agent).send(&world));
    let answers = futures::future::join_all(asks).await;
    let expected = format!("/p/{}/", token(&world, mac));
    for answer in answers {
        answer.is(200, &expected);
    }
    let left = state(&world).enrolment_tokens().next().map(|token| token.uses);
    assert_eq!(left, Some(1));
}

#[tokio::test]
async fn a_phone_that_can_keep_no_path_gets_its_document_in_its_own_network() {
    let (mac, agent) = ("8c1e8004a1b7", "Cisco-CP8841/14.2.1");
    let own_network = |config: &mut Config| {
        config.phones.danger_no_token_from = vec!["127.0.0.0/8".into()];
    };
    let file = "/SEP8C1E8004A1B7.cnf.xml";
    for (is_own, expected) in [(true, 200), (false, 403)] {
        let world = if is_own {
            office_with(own_network).await
        } else {
            office().await
        };
        put_phone(&world, mac, "cisco-8841").await;
        assert_eq!(get(file).by(agent).send(&world).await.status, expected);
        // Everybody else can, and must.
        get(format!("/{MAC}.cfg"))
            .by(AGENT)
            .send(&world)
            .await
            .is(403, "must come with its own token");
    }
}

#[tokio::test]
async fn an_administrator_approves_a_phone_that_waits_and_it_comes_in() {
    let world = office().await;
    let mut admin = PhonesClient::new(world.channel.clone());
    let agent = "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef";
    let bare = || get("/805ec0bdeaef.cfg").by(agent);
    bare().send(&world).await.is(404, "waiting for approval");
    let mac = "805ec0bdeaef".parse().unwrap();
    eventually(&world, "the phone waits", |state| {
        state.waiting_phone(&mac).is_some()
    })
    .await;
    let device = v1::Device {
        id: "805ec0bdeaef".into(),
        desk: "14".into(),
        ..Default::default()
    };
    let request = v1::ApproveDeviceRequest {
        device: Some(device),
        ..Default::default()
    };
    answer(admin.approve_device(request).await).unwrap();
    let own = own_path(&world, "805ec0bdeaef", "");
    bare().send(&world).await.is(200, &own);
    get(format!("{own}805ec0bdeaef.cfg"))
        .by(agent)
        .send(&world)
        .await
        .is(200, "CHICAGO 14");
    let device = "805ec0bdeaef".parse().unwrap();
    eventually(&world, "the window is closed", |state| {
        state.device(&device).unwrap().enrolment.open_until == TimeMs(0)
    })
    .await;
    bare()
        .send(&world)
        .await
        .is(403, "hotdesk phone reopen 805ec0bdeaef");
}

#[tokio::test]
async fn a_token_that_an_administrator_makes_brings_phones_in_at_its_url() {
    let world = office().await;
    let mut admin = PhonesClient::new(world.channel.clone());
    let request = v1::CreateEnrolmentTokenRequest {
        site: "new-york".into(),
        uses: 1,
        until_ms: far(&state(&world)).0,
        ..Default::default()
    };
    let made = answer(admin.create_enrolment_token(request).await).unwrap();
    let base = format!("http://{}", world.node.phones_addresses()[0]);
    let path = made
        .url
        .strip_prefix(&base)
        .unwrap_or_else(|| panic!("{}", made.url));
    let (mac, agent) = ("805ec0bdeaef", "Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef");
    let answer = get(format!("{path}{mac}.cfg")).by(agent).send(&world).await;
    answer.is(200, &own_path(&world, mac, ""));
    assert_eq!(device(&world, mac).site.as_str(), "new-york");
}
