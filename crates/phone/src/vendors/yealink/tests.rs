//! What a Yealink gets, byte for byte, and what must hold of it.

use super::Yealink;
use crate::adapter::Adapter;
use crate::desk::Desk;
use crate::request::{File, Request};
use crate::sample;
use crate::screen::Browser;
use crate::trigger::{Aim, Notice, Trigger};
use crate::vendor::Vendor;
use crate::vendors::testing::{self, Settings};

const YEALINK: Vendor = Vendor::Yealink;

/// What the phone keeps of a file: `key = value` lines.
fn read(text: &str) -> Settings {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut settings = Settings::new();
    for line in lines {
        let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("{line:?}"));
        let before = settings.insert(key.to_owned(), value.to_owned());
        assert!(before.is_none(), "{key} is set twice");
    }
    settings
}

fn render(name: &str, desk: &Desk) -> Vec<u8> {
    Yealink.render(name, desk).unwrap().body
}

#[test]
fn documents_are_the_golden_ones() {
    let (neutral, maria) = (sample::neutral(YEALINK), sample::maria(YEALINK));
    for (path, name, desk) in [
        ("yealink/neutral.cfg", "00156504a1b2.cfg", &neutral),
        ("yealink/user.cfg", "00156504a1b2.cfg", &maria),
        ("yealink/mac.boot", "00156504a1b2.boot", &maria),
        ("yealink/common.boot", "y000000000000.boot", &neutral),
        ("yealink/common.cfg", "y000000000096.cfg", &neutral),
        ("yealink/contacts.xml", "contacts-829440.xml", &maria),
    ] {
        sample::golden(path, &render(name, desk));
    }
}

#[test]
fn the_neutral_document_overwrites_all_of_a_users() {
    testing::check_wipe(&Yealink, read);
}

#[test]
fn no_text_becomes_a_line_of_its_own() {
    let usual: Vec<_> = read(&testing::document(&Yealink, &sample::maria(YEALINK)))
        .into_keys()
        .collect();
    let hostile: Vec<_> = read(&testing::document(&Yealink, &sample::hostile(YEALINK)))
        .into_keys()
        .collect();
    assert_eq!(hostile, usual);
}

#[test]
fn every_stamp_gives_other_bytes() {
    let desk = sample::neutral(YEALINK);
    let mut later = desk.clone();
    later.stamp += 1;
    for name in ["00156504a1b2.cfg", "00156504a1b2.boot"] {
        assert_ne!(render(name, &desk), render(name, &later));
    }
}

#[test]
fn the_list_of_contacts_has_a_new_name_when_somebody_comes_or_goes_and_only_then() {
    let contacts = |desk: &Desk| read(&testing::document(&Yealink, desk))["local_contact.data.url"].clone();
    let maria = sample::maria(YEALINK);
    let mut edited = maria.clone();
    edited.stamp += 7;
    assert_eq!(contacts(&maria), contacts(&edited));
    assert_ne!(contacts(&maria), contacts(&sample::neutral(YEALINK)));
}

#[test]
fn labels_are_cut_and_no_address_is() {
    let settings = read(&testing::document(&Yealink, &sample::hostile(YEALINK)));
    for key in [
        "account.1.label",
        "account.2.label",
        "linekey.1.label",
        "linekey.9.label",
    ] {
        assert!(settings[key].chars().count() <= 99, "{key}");
    }
    let mut desk = sample::maria(YEALINK);
    desk.session.as_mut().unwrap().profile.directory_url = "https://e/".repeat(60).into();
    assert!(Yealink.render("00156504a1b2.cfg", &desk).is_err());
}

#[test]
fn no_text_whatever_becomes_a_setting() {
    testing::check_any_text(&Yealink, read);
}

#[test]
fn a_file_of_another_phone_is_not_rendered() {
    let desk = sample::neutral(YEALINK);
    for name in [
        "001565ffffff.cfg",
        "001565ffffff.boot",
        "contacts-1.xml",
        "SEP00156504A1B2.cnf.xml",
        "",
    ] {
        assert!(Yealink.render(name, &desk).is_err(), "{name}");
    }
    let mut softphone = desk;
    softphone.device.mac = None;
    assert_eq!(Yealink.file_name(&softphone), None);
}

#[test]
fn a_phone_is_recognised_by_what_it_asks_for() {
    let agent = Some("Yealink SIP-T54W 96.84.0.30 805ec0bdeaef");
    let last = |name: &str| {
        Some(File::Device {
            name: name.into(),
            is_last: true,
        })
    };
    let first = |name: &str| {
        Some(File::Device {
            name: name.into(),
            is_last: false,
        })
    };
    for (method, path, user_agent, file) in [
        ("GET", "805ec0bdeaef.boot", agent, first("805ec0bdeaef.boot")),
        ("GET", "805ec0bdeaef.boot", None, first("805ec0bdeaef.boot")),
        ("GET", "805ec0bdeaef.cfg", agent, last("805ec0bdeaef.cfg")),
        ("GET", "805EC0BDEAEF.cfg", agent, last("805EC0BDEAEF.cfg")),
        ("GET", "805ec0bdeaef.cfg", None, None),
        (
            "GET",
            "805ec0bdeaef.cfg",
            Some("Fanvil X5U 2.12.1 805ec0bdeaef"),
            None,
        ),
        ("GET", "01005e000175.boot", agent, None),
        ("GET", "000000000000.boot", agent, None),
        (
            "GET",
            "y000000000000.boot",
            None,
            Some(File::Common("y000000000000.boot".into())),
        ),
        (
            "GET",
            "y000000000096.cfg",
            agent,
            Some(File::Common("y000000000096.cfg".into())),
        ),
        (
            "GET",
            "y000000000123.cfg",
            None,
            Some(File::Common("y000000000123.cfg".into())),
        ),
        ("GET", "y000000001234.cfg", agent, None),
        ("GET", "y0000000000x6.cfg", agent, None),
        ("GET", "contacts-829440.xml", agent, first("contacts-829440.xml")),
        ("GET", "805ec0bdeaef-local.cfg", agent, Some(File::Absent)),
        ("PUT", "805ec0bdeaef-local.cfg", agent, Some(File::Upload)),
        ("PUT", "805ec0bdeaef-calllog.xml", agent, Some(File::Upload)),
        ("GET", "favicon.ico", agent, None),
    ] {
        let request = Request {
            method,
            path,
            user_agent,
        };
        let found = Yealink.recognise(&request);
        assert_eq!(
            found.as_ref().map(|found| found.file.clone()),
            file,
            "{method} {path} {user_agent:?}"
        );
    }
}

#[test]
fn the_agent_tells_model_firmware_and_address() {
    for (user_agent, model, firmware, mac) in [
        (
            "Yealink SIP-T46G 28.72.0.1 00:15:65:4a:a9:37",
            "yealink-t46g",
            "28.72.0.1",
            Some("0015654aa937"),
        ),
        (
            "Yealink SIP-T33G 124.85.257.55 80:5e:c0:bd:ea:ef",
            "yealink-t33g",
            "124.85.257.55",
            Some("805ec0bdeaef"),
        ),
        (
            "Yealink SIP-T54W 96.84.0.30 805ec0bdeaef",
            "yealink-t54w",
            "96.84.0.30",
            Some("805ec0bdeaef"),
        ),
        (
            "Yealink SIP-T54W 96.84.0.30 01005e000175",
            "yealink-t54w",
            "96.84.0.30",
            None,
        ),
    ] {
        let request = Request {
            method: "GET",
            path: "y000000000000.boot",
            user_agent: Some(user_agent),
        };
        let found = Yealink.recognise(&request).unwrap();
        assert_eq!(found.model.as_deref(), Some(model));
        assert_eq!(found.firmware.as_deref(), Some(firmware));
        assert_eq!(
            found.agent_mac.map(|mac| mac.to_string()).as_deref(),
            mac,
            "{user_agent}"
        );
    }
}

#[test]
fn triggers_are_the_golden_ones() {
    testing::check_triggers(&Yealink);
}

#[test]
fn a_pushed_account_cannot_bring_a_setting_of_its_own() {
    let hostile = sample::hostile(YEALINK);
    let aim = Aim {
        device: &hostile.device.id,
        stamp: hostile.stamp,
        session: hostile.session.as_ref(),
        registrar: &hostile.service.registrar,
        domain: &hostile.service.domain,
        register_call_id: "",
    };
    let Some(Trigger::Notify(notify)) = Yealink.trigger(&Yealink.means()[1], &aim) else {
        panic!("no NOTIFY");
    };
    let body = String::from_utf8(notify.body).unwrap();
    testing::check_xml("configuration", &body);
    assert!(body.lines().all(|line| line.starts_with('<')), "{body}");
}

#[test]
fn pages_are_the_golden_ones() {
    testing::check_pages(&Yealink, 10_000);
}

#[test]
fn a_refresh_goes_into_the_header() {
    let screens = testing::screens();
    let (_, text) = screens.iter().find(|(name, _)| *name == "text").unwrap();
    let page = Yealink.page(text, &Browser::default()).unwrap();
    let url = "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/app";
    assert_eq!(page.headers, [("Refresh", format!("60; url={url}"))]);
}

#[test]
fn a_notice_is_pushed_as_xml() {
    let screens = testing::screens();
    let notice = Notice {
        screen: &screens[2].1,
        url: "",
    };
    testing::golden_trigger("yealink/notice.txt", &Yealink.notice(&notice).unwrap());
}

#[test]
fn a_code_is_a_picture_where_the_display_has_room_and_an_address_elsewhere() {
    let browser = Browser {
        user_agent: "Yealink SIP-T54W 96.86.0.70 00:15:65:04:a1:b2".into(),
        model: "".into(),
        display: None,
    };
    testing::check_picture(&Yealink, &browser, "480x200");
}
