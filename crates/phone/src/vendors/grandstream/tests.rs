use super::Grandstream;
use crate::adapter::Adapter;
use crate::request::{File, Request};
use crate::sample::{self, golden};
use crate::screen::Browser;
use crate::vendor::Vendor;
use crate::vendors::testing::{check_pages, check_triggers, check_xml, hostile_screens, screens};

const AGENT: &str = "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad04a1b2";

fn text(name: &str, desk: &crate::Desk) -> String {
    String::from_utf8(Grandstream.render(name, desk).unwrap().body).unwrap()
}

#[test]
fn every_file_is_as_it_was() {
    for (folder, desk) in [
        ("neutral", sample::neutral(Vendor::Grandstream)),
        ("user", sample::maria(Vendor::Grandstream)),
    ] {
        for name in ["cfgc074ad04a1b2.xml", "phonebook.xml"] {
            let document = Grandstream.render(name, &desk).unwrap();
            golden(&format!("grandstream/{folder}/{name}"), &document.body);
        }
    }
}

#[test]
fn every_trigger_is_as_it_was() {
    check_triggers(&Grandstream);
}

/// No limit of the phones is known; a page at all of its own limits stays well below this.
const PAGE_BYTES_MAX: usize = 20_000;

#[test]
fn every_page_is_as_it_was_in_both_generations() {
    check_pages(&Grandstream, PAGE_BYTES_MAX);
    let later = Browser {
        user_agent: AGENT.into(),
        ..Browser::default()
    };
    for (name, screen) in screens() {
        let page = Grandstream.page(&screen, &later).unwrap();
        check_xml(name, &page.body);
        golden(&format!("grandstream/xmlapp-{name}.xml"), page.body.as_bytes());
    }
    for screen in hostile_screens() {
        check_xml("xmlapp", &Grandstream.page(&screen, &later).unwrap().body);
    }
}

#[test]
fn the_prompt_is_for_one_name_only_and_ends_with_the_document() {
    let request = Request {
        method: "GET",
        path: "login-cfgc074ad04a1b2.xml",
        user_agent: Some(AGENT),
    };
    let recognised = Grandstream.recognise(&request).unwrap();
    assert_eq!(
        recognised.file,
        File::User {
            user: "".into(),
            name: "login-cfgc074ad04a1b2.xml".into(),
        }
    );
    let desk = sample::maria(Vendor::Grandstream);
    let document = text("login-cfgc074ad04a1b2.xml", &desk);
    assert_eq!(document, text("cfgc074ad04a1b2.xml", &desk));
    assert!(document.contains("<P234></P234>"), "sets the prefix back");
}

#[test]
fn public_mode_is_off_whoever_is_logged_in() {
    for desk in [
        sample::neutral(Vendor::Grandstream),
        sample::maria(Vendor::Grandstream),
    ] {
        assert!(text("cfgc074ad04a1b2.xml", &desk).contains("<P1345>0</P1345>"));
    }
}

#[test]
fn a_profile_with_more_keys_than_the_phone_keeps_the_first() {
    let document = text("cfgc074ad04a1b2.xml", &sample::hostile(Vendor::Grandstream));
    assert!(document.contains("dial 0") && document.contains("dial 31"));
    assert!(document.contains("lamp 5]") && !document.contains("lamp 6]"));
}

#[test]
fn the_phone_book_is_the_users_own_where_there_is_one() {
    let mut desk = sample::maria(Vendor::Grandstream);
    assert!(text("cfgc074ad04a1b2.xml", &desk).contains("<P331>books.example.com/maria?"));
    desk.session.as_mut().unwrap().profile.directory_url = "".into();
    let document = text("cfgc074ad04a1b2.xml", &desk);
    assert!(document.contains("<P331>chicago.example.com:8443/p/k5tq2vwz7m3xj4ha</P331>"));
}
