//! What tools are refused, and with which code.

use super::*;
use crate::phones;

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
        (
            login(&app("ada", "0000"), "SEP000000000001", "bob", &profile("other")),
            Some(3),
        ),
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
        (login(TOOL, SEP, "ada", &profile("UserDevProf")), None),
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
        "<failure><error code=\"3\">Could not authenticate 'tool'</error></failure>"
    );
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_forbid_has_its_code() {
    use hotdesk_core::{Action, Device};
    let world = em_office(|_| {}).await;
    let put = |change: fn(&mut Device)| {
        let mut device = phones::device(&world, CISCO);
        change(&mut device);
        Action::PutDevice(device)
    };
    phones::put(phones::act(&world, put(|device| device.enabled = false)).await);
    assert_eq!(code(&world, &login(TOOL, SEP, "ada", "")).await, Some(22));
    assert_eq!(code(&world, &logout(TOOL, SEP)).await, Some(5));
    phones::put(phones::act(&world, put(|device| device.enabled = true)).await);
    let hold = Action::HoldDevice {
        device: CISCO.parse().unwrap(),
        until: far(&state(&world)),
        reason: "emergency call".into(),
    };
    phones::act(&world, hold).await.unwrap();
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
    // Nor does anybody learn that the account is locked by now.
    assert!(codes.iter().all(|code| *code == Some(3)), "{codes:?}");
    assert_eq!(
        code(&world, &login(ADA, SEP, "ada", "")).await,
        Some(3),
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
async fn a_proxy_is_refused_unless_it_is_allowed() {
    for allow_via in [false, true] {
        let world = em_office(|config| config.phones.em.allow_via = allow_via).await;
        let expected = if allow_via {
            "<deviceUserResults>"
        } else {
            "<error code=\"30\">"
        };
        for (name, value) in [("Via", "1.1 proxy"), ("X-Forwarded-For", "192.0.2.1")] {
            let answer = post(&at_phone(SEP)).with(name, value).send(&world).await;
            answer.is(200, expected);
        }
        world.node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_of_another_name_is_refused_where_that_is_configured() {
    let world = em_office(|config| config.phones.em.check_device_profile = true).await;
    let profile = |name: &str| format!("<deviceProfile>{name}</deviceProfile>");
    let wrong = "<appInfo><appID>ada</appID><appCertificate>0000</appCertificate></appInfo>";
    for (document, expected) in [
        (login(TOOL, SEP, "ada", &profile("UserDevProf")), Some(12)),
        (login(TOOL, SEP, "ada", &profile("bob")), Some(12)),
        (login(wrong, SEP, "ada", &profile("bob")), Some(3)),
        (login(TOOL, SEP, "ada", &profile("ada")), None),
        (login(TOOL, SEP, "2001", &profile("ADA")), None),
        (login(TOOL, SEP, "ada", &profile("2001")), None),
    ] {
        assert_eq!(code(&world, &document).await, expected, "{document}");
    }
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_called_like_a_user_does_not_keep_that_user_out() {
    let world = em_office(|config| {
        let file = config.phones.em.applications_file.as_ref().unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, text.replace("\"viewer\"", "\"ada\"")).unwrap();
    })
    .await;
    let ada = |password: &str| {
        format!("<appInfo><appID>ada</appID><appCertificate>{password}</appCertificate></appInfo>")
    };
    for (document, expected) in [
        // The application, which may only look.
        (login(&ada("s3cret"), SEP, "bob", ""), Some(10)),
        // The user, for herself only.
        (login(&ada("1234"), SEP, "bob", ""), Some(10)),
        (login(&ada("1234"), SEP, "ada", ""), None),
        (login(&ada("0000"), SEP, "ada", ""), Some(3)),
    ] {
        assert_eq!(code(&world, &document).await, expected, "{document}");
    }
    let found = said(&world, &phones_of(&ada("s3cret"), "bob")).await;
    assert!(found.starts_with("<userDevicesResults>"), "{found}");
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_exists_before_the_pin_is_right() {
    let world = em_office(|config| {
        config.limits.wrong_pins_per_address_max = 1000;
        config.limits.wrong_pins_per_phone_max = 1000;
    })
    .await;
    let as_user = |user: &str, pin: &str| {
        format!("<appInfo><appID>{user}</appID><appCertificate>{pin}</appCertificate></appInfo>")
    };
    // Ada is locked on the way; Cy has no PIN, and Nobody is nobody.
    let cy = hotdesk_core::User::new("cy".parse().unwrap());
    phones::put(phones::act(&world, hotdesk_core::Action::PutUser(cy)).await);
    for user in ["ada", "cy", "nobody"] {
        for _ in 0..8 {
            let asked = code(&world, &login(&as_user(user, "0000"), SEP, user, "")).await;
            assert_eq!(asked, Some(3), "{user}");
            let asked = code(&world, &phones_of(&as_user(user, "0000"), user)).await;
            assert_eq!(asked, Some(3), "{user}");
        }
    }
    world.node.shutdown().await;
}
