use super::Poly;
use crate::adapter::Adapter;
use crate::request::{File, Request};
use crate::sample::{self, golden};
use crate::screen::Browser;
use crate::trigger::{HttpAuth, Notice, Trigger};
use crate::vendor::Vendor;
use crate::vendors::testing::{aim, check_pages, check_picture, check_triggers, golden_trigger, screens};

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
    check_triggers(&Poly);
}

#[test]
fn pushes_to_the_phones_interface_are_from_its_one_user() {
    let desk = sample::maria(Vendor::Poly);
    for means in &Poly.means()[1..] {
        let Some(Trigger::Http(push)) = Poly.trigger(means, &aim(&desk)) else {
            panic!("{} goes by HTTP", means.name);
        };
        assert_eq!(push.auth, HttpAuth::BasicAs("Polycom"));
    }
}

/// No limit of the phones is known; a page at all of its own limits stays well below this.
const PAGE_BYTES_MAX: usize = 20_000;

#[test]
fn every_page_is_as_it_was() {
    check_pages(&Poly, PAGE_BYTES_MAX);
}

#[test]
fn a_pin_is_masked_and_sent_as_a_form() {
    let (_, screen) = &screens()[1];
    let page = Poly.page(screen, &Browser::default()).unwrap();
    assert!(page.body.contains("type=\"password\" name=\"pin\" value=\"\""));
    assert!(page.body.contains("method=\"post\""));
    assert_eq!(page.headers, [("Cache-Control", "no-store".to_owned())]);
}

#[test]
fn a_notice_is_as_it_was() {
    let (_, screen) = &screens()[2];
    let notice = Notice {
        screen,
        url: "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/app/moved",
    };
    golden_trigger("poly/notice.txt", &Poly.notice(&notice).unwrap());
}

#[test]
fn a_code_is_a_picture_where_the_display_has_room_and_an_address_elsewhere() {
    let browser = Browser {
        user_agent: "FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 Type/Application".into(),
        model: "".into(),
        display: None,
    };
    check_picture(&Poly, &browser, "168x168");
}
