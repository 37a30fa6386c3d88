//! The login pages of Cisco phones that name themselves, and the question whether a push is ours.

use hotdesk_sip::secret::{LineKey, PhoneSecret};

use super::em::{CISCO, SEP, em_office};
use super::{Answer, Ask, KEY, device, get, own_path, state};
use crate::world::World;

async fn page(world: &World, query: &str) -> Answer {
    let ask = get(format!("/emapp/EMAppServlet?{query}")).with("X-CiscoIPPhoneModelName", "CP-8841");
    let answer = ask.send(world).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/xml; charset=UTF-8");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_logs_in_and_out_on_the_screen() {
    let world = em_office(|_| {}).await;
    let form = page(&world, &format!("device={SEP}")).await;
    form.is(200, "<CiscoIPPhoneInput>");
    for part in [
        "<QueryStringParam>userid</QueryStringParam>",
        "<QueryStringParam>seq</QueryStringParam>",
        "<InputFlags>NP</InputFlags>",
        &format!("/emapp/EMAppServlet?device={SEP}</URL>"),
    ] {
        form.is(200, part);
    }
    assert!(
        !form.header("expires").is_empty(),
        "a page with a PIN is not kept"
    );

    page(&world, &format!("device={SEP}&seq=1234&userid=2001"))
        .await
        .is(200, "ADA");
    let session = state(&world)
        .session_at(&CISCO.parse().unwrap())
        .cloned()
        .unwrap();
    assert_eq!((session.user.as_str(), session.by.as_str()), ("ada", "phone:em"));

    let busy = page(&world, &format!("device={SEP}")).await;
    busy.is(200, "<CiscoIPPhoneMenu>");
    busy.is(200, &format!("device={SEP}&amp;Logout=true</URL>"));
    page(&world, &format!("device={SEP}&Logout=true"))
        .await
        .is(200, "<CiscoIPPhoneText>");
    assert!(state(&world).session_at(&CISCO.parse().unwrap()).is_none());
    page(&world, &format!("device={SEP}&Logout=true"))
        .await
        .is(200, "(19)");
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_true_logs_out_by_either_name() {
    let world = em_office(|_| {}).await;
    let is_in = || state(&world).session_at(&CISCO.parse().unwrap()).is_some();
    for name in ["doLogout", "Logout"] {
        let log_in = format!("device={SEP}&seq=1234&userid=2001");
        page(&world, &log_in).await.is(200, "ADA");
        for value in ["", "0", "null", "false", "FALSE"] {
            let asked = page(&world, &format!("device={SEP}&{name}={value}")).await;
            asked.is(200, "<CiscoIPPhoneMenu>");
            assert!(is_in(), "{name}={value}");
        }
        page(&world, &format!("device={SEP}&{name}=true")).await;
        assert!(!is_in(), "{name}=true");
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_phones_post_what_was_typed() {
    let world = em_office(|_| {}).await;
    let mut ask = get(format!("/emapp/EMAppServlet?device={SEP}")).method("POST");
    ask.body = b"userid=ada&seq=1234".to_vec();
    ask.send(&world).await.is(200, "ADA");
    assert!(state(&world).session_at(&CISCO.parse().unwrap()).is_some());
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_has_the_number_that_people_know_and_no_pin() {
    let world = em_office(|_| {}).await;
    for (query, part) in [
        (format!("device={SEP}&userid=ada&seq=9753"), "(201)"),
        (format!("device={SEP}&userid=nobody&seq=9753"), "(201)"),
        (format!("device={SEP}&userid=ada&seq="), "(202)"),
        (format!("device={SEP}&userid=&seq=9753"), "(202)"),
        ("seq=9753".to_owned(), "(207)"),
        (format!("device={SEP}&loginType=XX"), "(215)"),
        ("device=SEP000000000001".to_owned(), "(11)"),
    ] {
        let answer = page(&world, &query).await;
        answer.is(200, part);
        assert!(!answer.body.contains("9753"), "{}", answer.body);
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_is_told_like_a_user_who_does_not_exist() {
    let world = em_office(|_| {}).await;
    let said = async |user: &str| {
        let answer = page(&world, &format!("device={SEP}&userid={user}&seq=9753")).await;
        let (text, reference) = answer
            .body
            .rsplit_once(": ")
            .expect("a reference for the help desk");
        // Six characters, and no "HD2005-" before them.
        assert!(!reference.contains('-'), "the code would tell: {reference}");
        text.to_owned()
    };
    let nobody = said("nobody").await;
    assert!(nobody.contains("(201)"), "{nobody}");
    // In the end she is locked.
    for _ in 0..8 {
        assert_eq!(said("ada").await, nobody);
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_url_says_is_said_again_by_the_form() {
    let world = em_office(|_| {}).await;
    for (more, flags, url) in [
        ("", "A", ""),
        ("&loginType=UID", "A", "&amp;loginType=UID"),
        ("&loginType=SP&EMCC=true", "A", "&amp;loginType=SP&amp;EMCC=true"),
        ("&EMCC=x&loginType=DN", "N", "&amp;loginType=DN"),
    ] {
        let form = page(&world, &format!("device={SEP}{more}")).await;
        form.is(200, &format!("?device={SEP}{url}</URL>"));
        form.is(200, &format!("<InputFlags>{flags}</InputFlags>"));
        form.is(200, "<InputFlags>NP</InputFlags>");
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_switched_off_has_no_form() {
    let world = em_office(|_| {}).await;
    let mut phone = device(&world, CISCO);
    phone.enabled = false;
    super::put(super::act(&world, hotdesk_core::Action::PutDevice(phone)).await);
    page(&world, &format!("device={SEP}")).await.is(200, "(22)");
    page(&world, &format!("device={SEP}&doLogout=true"))
        .await
        .is(200, "(5)");
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_beyond_the_networks_is_told_so() {
    let world = em_office(|config| config.phones.em.allow = vec!["192.0.2.0/24".into()]).await;
    page(&world, &format!("device={SEP}&userid=ada&seq=1234"))
        .await
        .is(200, "(28)");
    assert_eq!(state(&world).sessions().count(), 0);
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_ours_with_the_password_that_only_we_know() {
    let world = em_office(|_| {}).await;
    let seed = device(&world, CISCO).secret_seed.unwrap();
    let key = LineKey::read(&KEY).unwrap();
    let password = key
        .phone_secret(PhoneSecret::Web, CISCO, seed)
        .as_str()
        .to_owned();
    let path = own_path(&world, CISCO, "app/authenticate");
    let asked = async |user: &str, password: &str| {
        let ask = get(format!(
            "{path}?UserID={user}&Password={password}&devicename={SEP}"
        ));
        ask.send(&world).await.body
    };
    let user = "hotdesk";
    assert_eq!(asked(user, &password).await, "AUTHORIZED");
    for (user, password) in [(user, "x"), (user, ""), ("other", password.as_str()), ("", "")] {
        assert_eq!(asked(user, password).await, "UN-AUTHORIZED", "{user}");
    }
    let stranger = get("/p/nobody/app/authenticate?UserID=hotdesk&Password=x")
        .send(&world)
        .await;
    assert_eq!(stranger.status, 404);
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_has_nobody_logged_out() {
    let world = em_office(|_| {}).await;
    page(&world, &format!("device={SEP}&seq=1234&userid=2001"))
        .await
        .is(200, "ADA");
    let path = format!("/emapp/EMAppServlet?device={SEP}&Logout=true");
    for pairs in [
        &[("Sec-Fetch-Site", "cross-site")][..],
        // What a page says whose site's name was made to lead to the node.
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Origin", "http://x")],
        // As browsers ask where there is no TLS: nothing but where they come from.
        &[("Referer", "http://evil.example/")],
    ] {
        let ask = get(path.as_str());
        let ask = pairs
            .iter()
            .fold(ask, |ask, (name, value)| ask.with(name, *value));
        ask.send(&world).await.is(200, "(28)");
        assert!(state(&world).session_at(&CISCO.parse().unwrap()).is_some());
    }
    get(path).with("Referer", "http://x/emapp/").send(&world).await;
    assert!(state(&world).session_at(&CISCO.parse().unwrap()).is_none());
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_name_leads_to_the_node_has_nobody_logged_out() {
    let world = em_office(|config| config.phones.em.hosts = vec!["cucm.example.com".into()]).await;
    for (host, is_own) in [
        ("evil.example:8080", false),
        ("cucm.example.com:8080", true),
        ("127.0.0.1:8080", true),
    ] {
        let log_in = page(&world, &format!("device={SEP}&seq=1234&userid=2001")).await;
        log_in.is(200, "ADA");
        let ask = Ask {
            host,
            ..get(format!("/emapp/EMAppServlet?device={SEP}&Logout=true"))
        };
        let ask = ask.with("Referer", format!("http://{host}/x"));
        let answer = ask.send(&world).await;
        assert_eq!(answer.body.contains("(28)"), !is_own, "{host}");
        let is_in = state(&world).session_at(&CISCO.parse().unwrap()).is_some();
        assert_eq!(is_in, !is_own, "{host}");
    }
    world.node.shutdown().await;
}
