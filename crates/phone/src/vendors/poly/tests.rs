use super::Poly;
use crate::adapter::Adapter;
use crate::request::{File, Request};
use crate::sample::{self, golden};
use crate::trigger::{HttpAuth, Trigger};
use crate::vendor::Vendor;

const AGENT: &str = "FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 (SN:64167f04a1b2) Type/Application";

fn file(method: &str, path: &str, user_agent: Option<&str>) -> Option<File> {
    let request = Request {
        method,
        path,
        user_agent,
    };
    Poly.recognise(&request).map(|recognised| recognised.file)
}

#[test]
fn every_file_is_as_it_was() {
    for (folder, desk) in [
        ("neutral", sample::neutral(Vendor::Poly)),
        ("user", sample::maria(Vendor::Poly)),
    ] {
        for name in [
            "64167f04a1b2.cfg",
            "64167f04a1b2-hotdesk.cfg",
            "64167f04a1b2-phone.cfg",
            "64167f04a1b2-directory.xml",
        ] {
            let document = Poly.render(name, &desk).unwrap();
            golden(&format!("poly/{folder}/{name}"), &document.body);
        }
    }
}

#[test]
fn a_users_own_file_is_the_phones_document() {
    let desk = sample::maria(Vendor::Poly);
    let own = Poly.render("64167f04a1b2-hotdesk.cfg", &desk).unwrap();
    assert_eq!(Poly.render("2042.cfg", &desk).unwrap(), own);
}

#[test]
fn a_logged_in_phone_forgets_its_own_login() {
    for (desk, value) in [
        (sample::neutral(Vendor::Poly), "1"),
        (sample::maria(Vendor::Poly), "0"),
    ] {
        let document = Poly.render("64167f04a1b2-hotdesk.cfg", &desk).unwrap();
        let text = String::from_utf8(document.body).unwrap();
        assert!(text.contains(&format!("prov.login.enabled=\"{value}\"")));
    }
}

#[test]
fn another_phones_file_is_not_rendered() {
    let desk = sample::neutral(Vendor::Poly);
    for name in [
        "64167f04a1b3-hotdesk.cfg",
        "64167f04a1b2-boot.log",
        "../x.cfg",
        "",
    ] {
        assert!(Poly.render(name, &desk).is_err(), "{name}");
    }
}

#[test]
fn what_the_phone_stores_is_an_upload() {
    for path in [
        "64167f04a1b2-phone.cfg",
        "64167f04a1b2-web.cfg",
        "64167f04a1b2-directory.xml",
        "64167f04a1b2-calls.xml",
        "64167f04a1b2-boot.log",
        "64167f04a1b2-app.log",
        "64167f04a1b2-now-3.log",
        "maria.sousa-phone.cfg",
    ] {
        assert_eq!(file("PUT", path, Some(AGENT)), Some(File::Upload), "{path}");
    }
}

#[test]
fn a_name_that_others_use_too_needs_the_user_agent() {
    assert_eq!(file("GET", "64167f04a1b2.cfg", None), None);
    assert_eq!(
        file("GET", "64167f04a1b2.cfg", Some("Yealink SIP-T54W 96.86.0.70")),
        None
    );
    assert!(file("GET", "64167f04a1b2.cfg", Some(AGENT)).is_some());
    assert!(file("GET", "64167f04a1b2-hotdesk.cfg", None).is_some());
}

#[test]
fn a_file_of_no_phone_is_a_users() {
    for user in ["2042", "maria.sousa", "maria@example.com", "zoë"] {
        let path = format!("{user}.cfg");
        assert_eq!(
            file("GET", &path, Some(AGENT)),
            Some(File::User {
                user: user.into(),
                name: path.as_str().into(),
            })
        );
        assert_eq!(file("GET", &path, None), None);
    }
    for path in ["../2042.cfg", "a..b.cfg", ".cfg", "a/b.cfg"] {
        assert_eq!(file("GET", path, Some(AGENT)), None, "{path}");
    }
    let long = format!("{}.cfg", "a".repeat(65));
    assert_eq!(file("GET", &long, Some(AGENT)), None);
}

#[test]
fn every_trigger_is_as_it_was() {
    for (name, desk) in [
        ("neutral", sample::neutral(Vendor::Poly)),
        ("user", sample::maria(Vendor::Poly)),
    ] {
        for means in Poly.means() {
            let trigger = Poly.trigger(means, &sample::aim(&desk)).unwrap();
            golden(
                &format!("poly/triggers/{}-{name}", means.name),
                &sample::bytes(&trigger),
            );
        }
    }
}

#[test]
fn pushes_to_the_phones_interface_are_from_its_one_user() {
    let desk = sample::maria(Vendor::Poly);
    for means in &Poly.means()[1..] {
        let Some(Trigger::Http(push)) = Poly.trigger(means, &sample::aim(&desk)) else {
            panic!("{} goes by HTTP", means.name);
        };
        assert_eq!(push.auth, HttpAuth::BasicAs("Polycom"));
    }
}

#[test]
fn every_page_is_as_it_was() {
    for (name, screen) in sample::screens() {
        let page = Poly.page(&screen, &sample::browser(Vendor::Poly)).unwrap();
        golden(&format!("poly/pages/{name}"), &sample::page_bytes(&page));
    }
}

#[test]
fn a_pin_is_masked_and_never_in_a_url() {
    for (_, screen) in sample::screens() {
        let page = Poly.page(&screen, &sample::browser(Vendor::Poly)).unwrap();
        if page.body.contains("name=\"pin\"") {
            assert!(page.body.contains("type=\"password\" name=\"pin\" value=\"\""));
            assert!(page.body.contains("method=\"post\""));
        }
    }
}

#[test]
fn a_notice_is_as_it_was() {
    let (_, screen) = &sample::screens()[0];
    let notice = crate::trigger::Notice {
        screen,
        url: "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/app/moved",
    };
    let trigger = Poly.notice(&notice).unwrap();
    golden("poly/triggers/notice", &sample::bytes(&trigger));
}
