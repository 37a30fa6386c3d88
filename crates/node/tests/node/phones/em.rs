//! Cisco's Extension Mobility service, asked over HTTP with documents as existing tools send them.

use std::fmt::Write as _;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use hotdesk_node::Config;

use super::{Answer, Ask, far, get, office_with, put_phone, state};
use crate::world::World;

pub(super) const SERVICE: &str = "/emservice/EMServiceServlet";
/// A Cisco phone of the office, and its name for Cisco's tools.
pub(super) const CISCO: &str = "00562b04a1b2";
pub(super) const SEP: &str = "SEP00562B04A1B2";
/// The Yealink that every office of these tests has.
const YEALINK_SEP: &str = "SEP001565A0B1C2";

/// An application that may do everything.
const TOOL: &str = "<appInfo><appID>tool</appID><appCertificate>s3cret</appCertificate></appInfo>";
/// One that may look, and log in and out in New York.
const NEW_YORK: &str = "<appInfo><appID>ny</appID><appCertificate>s3cret</appCertificate></appInfo>";
/// One that may only look.
const VIEWER: &str = "<appInfo><appID>viewer</appID><appCertificate>s3cret</appCertificate></appInfo>";
const ADA: &str = "<appInfo><appID>ada</appID><appCertificate>1234</appCertificate></appInfo>";

fn verifier(cost: (u32, u32)) -> String {
    let params = Params::new(cost.0, cost.1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password(b"s3cret").unwrap();
    hash.to_string()
}

fn with_service(config: &mut Config) {
    with_applications(config, (8, 1));
}

/// `cost` of checking a password, in KiB and passes.
fn with_applications(config: &mut Config, cost: (u32, u32)) {
    let file = config.node.data_dir.with_file_name("applications.toml");
    let mut text = String::new();
    for (id, more) in [
        (
            "tool",
            "rights = [\"login\", \"logout\", \"logout-all\", \"query\"]\nforwards = true",
        ),
        (
            "ny",
            "rights = [\"login\", \"logout\", \"logout-all\", \"query\"]\nsites = [\"new-york\"]",
        ),
        ("viewer", "rights = [\"query\"]"),
    ] {
        let verifier = verifier(cost);
        writeln!(
            text,
            "[[application]]\nid = \"{id}\"\npassword = \"{verifier}\"\n{more}"
        )
        .unwrap();
    }
    std::fs::write(&file, text).unwrap();
    config.phones.em.enabled = true;
    config.phones.em.applications_file = Some(file);
}

pub(super) async fn em_office(settings: impl FnOnce(&mut Config)) -> World {
    let world = office_with(|config| {
        with_service(config);
        settings(config);
    })
    .await;
    put_phone(&world, CISCO, "cisco-8841").await;
    world
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02X}").unwrap();
        out
    })
}

fn post(document: &str) -> Ask<'static> {
    let mut ask = get(SERVICE).method("POST");
    ask.body = format!("xml={}", escaped(document)).into_bytes();
    ask.with("Content-Type", "application/x-www-form-urlencoded")
}

async fn send(world: &World, document: &str) -> Answer {
    post(document).send(world).await
}

/// What is between `<response>` and its end.
async fn said(world: &World, document: &str) -> String {
    let answer = send(world, document).await;
    answer.is(200, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response>");
    assert_eq!(answer.header("content-type"), "text/xml; charset=UTF-8");
    let (_, rest) = answer.body.split_once("<response>").unwrap();
    rest.split_once("</response>").unwrap().0.to_owned()
}

/// The code of a failure; `None` for success.
async fn code(world: &World, document: &str) -> Option<u16> {
    let said = said(world, document).await;
    if said == "<success/>" {
        return None;
    }
    let rest = said.strip_prefix("<failure><error code=\"").expect(&said);
    Some(rest.split_once('"').unwrap().0.parse().unwrap())
}

fn login(app: &str, device: &str, user: &str, more: &str) -> String {
    format!(
        "<request>{app}<login><deviceName>{device}</deviceName><userID>{user}</userID>{more}</login></request>"
    )
}

fn logout(app: &str, device: &str) -> String {
    format!("<request>{app}<logout><deviceName>{device}</deviceName></logout></request>")
}

fn at_phone(device: &str) -> String {
    format!("<query>{TOOL}<deviceUserQuery><deviceName>{device}</deviceName></deviceUserQuery></query>")
}

fn phones_of(app: &str, user: &str) -> String {
    format!("<query>{app}<userDevicesQuery><userID>{user}</userID></userDevicesQuery></query>")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_logs_people_in_and_out_and_sees_who_is_where() {
    let world = em_office(|_| {}).await;
    let device = |inner: &str| {
        format!(
            "<deviceUserResults><device name=\"{SEP}\">{inner}<emccDevice>no</emccDevice></device></deviceUserResults>"
        )
    };
    let user =
        |inner: &str| format!("<userDevicesResults><user id=\"ada\">{inner}</user></userDevicesResults>");

    assert_eq!(said(&world, &at_phone(SEP)).await, device("<none/><none/>"));
    assert_eq!(said(&world, &phones_of(TOOL, "ada")).await, user("<none/>"));

    assert_eq!(code(&world, &login(TOOL, SEP, "ada", "")).await, None);
    assert_eq!(
        said(&world, &at_phone(SEP)).await,
        device("<userID>ada</userID><none/>")
    );
    assert_eq!(
        said(&world, &phones_of(TOOL, "ada")).await,
        user(&format!("<deviceName>{SEP}</deviceName>"))
    );
    let session = state(&world)
        .session_at(&CISCO.parse().unwrap())
        .cloned()
        .unwrap();
    assert_eq!(session.by.as_str(), "phone:em");

    // A login elsewhere evicts; a second one at the phone takes it over.
    assert_eq!(code(&world, &login(TOOL, YEALINK_SEP, "2001", "")).await, None);
    assert_eq!(
        said(&world, &at_phone(SEP)).await,
        device("<none/><lastlogin>ada</lastlogin>")
    );
    assert_eq!(code(&world, &login(TOOL, SEP, "bob", "")).await, None);
    assert_eq!(
        said(&world, &at_phone(SEP)).await,
        device("<userID>bob</userID><lastlogin>ada</lastlogin>")
    );

    assert_eq!(code(&world, &logout(TOOL, SEP)).await, None);
    assert_eq!(code(&world, &logout(TOOL, SEP)).await, Some(19));
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_with_the_document_in_the_query_is_the_same() {
    let world = em_office(|_| {}).await;
    let path = format!("{SERVICE}?xml={}", escaped(&login(TOOL, SEP, "ada", "")));
    get(path)
        .send(&world)
        .await
        .is(200, "<response><success/></response>");
    assert!(state(&world).session_at(&CISCO.parse().unwrap()).is_some());
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_the_code_that_tools_know() {
    let world = em_office(|_| {}).await;
    let app = |id: &str, password: &str| {
        format!("<appInfo><appID>{id}</appID><appCertificate>{password}</appCertificate></appInfo>")
    };
    let encrypted =
        "<appInfo><appID>tool</appID><appEncryptedCertificate>6f</appEncryptedCertificate></appInfo>";
    let profile = |name: &str| format!("<deviceProfile>{name}</deviceProfile>");
    for (document, expected) in [
        ("hello".to_owned(), Some(1)),
        (String::new(), Some(1)),
        (format!("<query>{TOOL}<otherQuery/></query>"), Some(8)),
        (login(&app("", "x"), SEP, "ada", ""), Some(2)),
        (login(&app("tool", ""), SEP, "ada", ""), Some(2)),
        (login(encrypted, SEP, "ada", ""), Some(2)),
        (login(&app("tool", "wrong"), SEP, "ada", ""), Some(3)),
        (login(&app("nobody", "s3cret"), SEP, "ada", ""), Some(3)),
        (login(&app("not a name", "s3cret"), SEP, "ada", ""), Some(3)),
        (login(&app("ada", "0000"), SEP, "ada", ""), Some(3)),
        (login(&app("ada", "0000"), "SEP000000000001", "ada", ""), Some(3)),
        (login(&app("ada", "0000"), SEP, "ada", &profile("other")), Some(3)),
        (login(ADA, "SEP000000000001", "ada", ""), Some(11)),
        (login(VIEWER, SEP, "ada", ""), Some(10)),
        (logout(VIEWER, SEP), Some(10)),
        (format!("<request>{VIEWER}<logoutAll/></request>"), Some(10)),
        (login(NEW_YORK, SEP, "ada", ""), Some(10)),
        (logout(NEW_YORK, "chi-1"), Some(10)),
        (login(NEW_YORK, "ny-1", "ada", ""), None),
        (logout(NEW_YORK, "ny-1"), None),
        (login(TOOL, "SEP000000000001", "ada", ""), Some(11)),
        (logout(TOOL, "SEP000000000001"), Some(11)),
        (login(TOOL, SEP, "nobody", ""), Some(23)),
        (login(TOOL, SEP, "ada", &profile("other")), Some(12)),
        (login(TOOL, SEP, "ada", &profile("ada")), None),
        (logout(TOOL, SEP), None),
        (logout(TOOL, SEP), Some(19)),
    ] {
        assert_eq!(code(&world, &document).await, expected, "{document}");
    }
    let failure = said(&world, &login(&app("t<ool>", "x"), SEP, "ada", "")).await;
    assert!(failure.starts_with("<failure><error code=\"1\">"), "{failure}");
    let failure = said(&world, &login(&app("tool", "x"), SEP, "ada", "")).await;
    assert_eq!(
        failure,
        "<failure><error code=\"3\">Could not authenticate &#39;tool&#39;</error></failure>"
    );
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_forbid_has_its_code() {
    use hotdesk_core::{Action, Device};
    let world = em_office(|_| {}).await;
    let put = |change: fn(&mut Device)| {
        let mut device = super::device(&world, CISCO);
        change(&mut device);
        Action::PutDevice(device)
    };
    super::put(super::act(&world, put(|device| device.enabled = false)).await);
    assert_eq!(code(&world, &login(TOOL, SEP, "ada", "")).await, Some(22));
    assert_eq!(code(&world, &logout(TOOL, SEP)).await, Some(5));
    super::put(super::act(&world, put(|device| device.enabled = true)).await);
    let hold = Action::HoldDevice {
        device: CISCO.parse().unwrap(),
        until: far(&state(&world)),
        reason: "emergency call".into(),
    };
    super::act(&world, hold).await.unwrap();
    assert_eq!(code(&world, &login(TOOL, SEP, "ada", "")).await, Some(4));
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_user_acts_on_nobody_else() {
    let world = em_office(|_| {}).await;
    let check = |user: &str| format!("<query>{ADA}<checkUser><userID>{user}</userID></checkUser></query>");
    assert_eq!(code(&world, &login(TOOL, "chi-1", "bob", "")).await, None);
    for (document, expected) in [
        (login(ADA, SEP, "bob", ""), Some(10)),
        (login(ADA, SEP, "nobody", ""), Some(10)),
        (logout(ADA, "chi-1"), Some(18)),
        (logout(ADA, SEP), Some(19)),
        (login(ADA, SEP, "2001", ""), None),
        (logout(ADA, SEP), None),
        (phones_of(ADA, "bob"), Some(10)),
        (check("bob"), Some(10)),
        (
            format!("<query>{ADA}<deviceUserQuery><deviceName>{SEP}</deviceName></deviceUserQuery></query>"),
            Some(10),
        ),
    ] {
        assert_eq!(code(&world, &document).await, expected, "{document}");
    }
    assert_eq!(
        said(&world, &check("ada")).await,
        "<checkUserResults><user id=\"ada\"><exists>ada</exists></user></checkUserResults>"
    );
    assert_eq!(code(&world, &login(ADA, SEP, "ada", "")).await, None);
    assert_eq!(
        code(&world, &format!("<request>{ADA}<logoutAll/></request>")).await,
        None
    );
    let left: Vec<_> = state(&world)
        .sessions()
        .map(|session| session.user.to_string())
        .collect();
    assert_eq!(left, ["bob"], "only one's own sessions end");
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pins_are_counted_on_the_lockout_of_every_surface() {
    let world = em_office(|_| {}).await;
    let wrong = "<appInfo><appID>ada</appID><appCertificate>0000</appCertificate></appInfo>";
    let mut codes = Vec::new();
    // A login, a logout and queries count alike.
    for n in 0..12 {
        let document = match n % 3 {
            0 => login(wrong, SEP, "ada", ""),
            1 => logout(wrong, SEP),
            _ => phones_of(wrong, "ada"),
        };
        codes.push(code(&world, &document).await);
    }
    assert_eq!(codes[0], Some(3));
    assert_eq!(codes[11], Some(4), "{codes:?}");
    assert_eq!(
        code(&world, &login(ADA, SEP, "ada", "")).await,
        Some(4),
        "locked for the right PIN too"
    );
    let locked = state(&world)
        .user(&"ada".parse().unwrap())
        .unwrap()
        .failures
        .locked_until;
    assert!(locked.is_some());
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_take_several_names_and_both_spellings() {
    let world = em_office(|_| {}).await;
    assert_eq!(code(&world, &login(TOOL, "ny-1", "ada", "")).await, None);
    let users = "<userID>ada</userID><userID>nobody</userID>";
    let results = |app: &str, inner: &str| format!("<query>{app}{inner}</query>");
    assert_eq!(
        said(
            &world,
            &results(TOOL, &format!("<userDevicesQuery>{users}</userDevicesQuery>"))
        )
        .await,
        "<userDevicesResults><user id=\"ada\"><deviceName>ny-1</deviceName></user>\
         <user id=\"nobody\"><doesNotExist/></user></userDevicesResults>"
    );
    let expected = "<deviceProfileResults><user id=\"ada\"><deviceProfile><deviceProfileName>ada</deviceProfileName>\
                    <isDefaultDeviceProfile>true</isDefaultDeviceProfile></deviceProfile></user>\
                    <user id=\"nobody\"><doesNotExist/></user></deviceProfileResults>";
    for spelling in ["deviceProfileQuery", "userDeviceProfileQuery"] {
        let query = format!("<{spelling}>{users}</{spelling}>");
        assert_eq!(said(&world, &results(TOOL, &query)).await, expected, "{spelling}");
    }
    let phones =
        "<deviceUserQuery><deviceName>ny-1</deviceName><deviceName>chi-1</deviceName></deviceUserQuery>";
    assert_eq!(
        said(&world, &results(NEW_YORK, phones)).await,
        "<deviceUserResults><device name=\"ny-1\"><userID>ada</userID><none/><emccDevice>no</emccDevice></device>\
         <device name=\"chi-1\"><doesNotExist/></device></deviceUserResults>",
        "phones of other offices are none of its business"
    );
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_everybody_ends_what_the_application_may_end() {
    let world = em_office(|_| {}).await;
    assert_eq!(code(&world, &login(TOOL, "ny-1", "ada", "")).await, None);
    assert_eq!(code(&world, &login(TOOL, SEP, "bob", "")).await, None);
    assert_eq!(
        code(&world, &format!("<request>{NEW_YORK}<logoutAll/></request>")).await,
        None
    );
    let left: Vec<_> = state(&world)
        .sessions()
        .map(|session| session.user.to_string())
        .collect();
    assert_eq!(left, ["bob"]);
    assert_eq!(
        code(&world, &format!("<request>{TOOL}<logoutAll/></request>")).await,
        None
    );
    assert_eq!(state(&world).sessions().count(), 0);
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_its_own_is_taken_or_refused_as_configured() {
    let hour = "<exclusiveDuration><time>60</time></exclusiveDuration>";
    let ever = "<exclusiveDuration><indefinite/></exclusiveDuration>";
    for (refuse, expected) in [(false, None), (true, Some(7))] {
        let world = em_office(|config| config.phones.em.refuse_exclusive_duration = refuse).await;
        assert_eq!(code(&world, &login(TOOL, SEP, "ada", hour)).await, expected);
        assert_eq!(code(&world, &login(TOOL, SEP, "ada", ever)).await, None);
        world.node.shutdown().await;
    }
}

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
async fn a_proxy_is_refused_unless_it_is_allowed() {
    for allow_via in [false, true] {
        let world = em_office(|config| config.phones.em.allow_via = allow_via).await;
        let answer = post(&at_phone(SEP)).with("Via", "1.1 proxy").send(&world).await;
        let expected = if allow_via {
            "<deviceUserResults>"
        } else {
            "<error code=\"30\">"
        };
        answer.is(200, expected);
        world.node.shutdown().await;
    }
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
