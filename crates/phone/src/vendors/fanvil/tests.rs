//! What a Fanvil gets, byte for byte, and what must hold of it.

use super::Fanvil;
use crate::adapter::Adapter;
use crate::desk::{Desk, SpeedDial};
use crate::request::{File, Request};
use crate::sample;
use crate::trigger::{Notice, Trigger};
use crate::vendor::Vendor;
use crate::vendors::testing;

const FANVIL: Vendor = Vendor::Fanvil;

fn render(name: &str, desk: &Desk) -> Vec<u8> {
    Fanvil.render(name, desk).unwrap().body
}

#[test]
fn documents_are_the_golden_ones() {
    for (path, desk) in [
        ("fanvil/neutral.cfg", sample::neutral(FANVIL)),
        ("fanvil/user.cfg", sample::maria(FANVIL)),
    ] {
        sample::golden(path, &render("0c383e04a1b2.cfg", &desk));
    }
}

#[test]
fn the_neutral_document_overwrites_all_of_a_users() {
    testing::check_wipe(&Fanvil, testing::xml_settings);
}

#[test]
fn every_text_leaves_the_document_well_formed() {
    for (what, desk) in testing::desks(FANVIL) {
        testing::check_xml(what, &testing::document(&Fanvil, &desk));
    }
}

#[test]
fn every_key_of_a_user_has_its_place_up_to_sixty() {
    let mut desk = sample::maria(FANVIL);
    let profile = &mut desk.session.as_mut().unwrap().profile;
    profile.lamps.clear();
    profile.speed_dials = (0..60)
        .map(|n| SpeedDial {
            label: format!("k{n}").into(),
            number: format!("7{n:02}").into(),
        })
        .collect();
    let document = testing::document(&Fanvil, &desk);
    let settings = testing::xml_settings(&document);
    for n in 0..60 {
        assert!(document.contains(&format!("<Value>7{n:02}@1/f</Value>")), "{n}");
    }
    let first = |page: usize| settings[&format!("sysConf/dsskey/internal[{page}]/Fkey[1]/Title")].clone();
    assert_eq!((first(1), first(2)), ("k0".to_owned(), "k6".to_owned()));
}

#[test]
fn no_text_whatever_becomes_a_setting() {
    testing::check_any_text(&Fanvil, testing::xml_settings);
}

#[test]
fn a_file_of_another_phone_is_not_rendered() {
    let desk = sample::neutral(FANVIL);
    assert_eq!(
        render("0C383E04A1B2.cfg", &desk),
        render("0c383e04a1b2.cfg", &desk)
    );
    for name in ["0c383effffff.cfg", "0c383e04a1b2.xml", ""] {
        assert!(Fanvil.render(name, &desk).is_err(), "{name}");
    }
}

#[test]
fn a_phone_is_recognised_by_its_agent() {
    let agent = Some("Fanvil X5U-V2 2.12.1 0c383e04a1b2");
    let own = |name: &str| {
        Some(File::Device {
            name: name.into(),
            is_last: true,
        })
    };
    for (method, path, user_agent, file) in [
        ("GET", "0c383e04a1b2.cfg", agent, own("0c383e04a1b2.cfg")),
        ("GET", "0C383E04A1B2.cfg", agent, own("0C383E04A1B2.cfg")),
        ("GET", "0c383e04a1b2.cfg", None, None),
        (
            "GET",
            "0c383e04a1b2.cfg",
            Some("Yealink SIP-T54W 96.84.0.30 0c383e04a1b2"),
            None,
        ),
        ("GET", "01005e000175.cfg", agent, None),
        ("GET", "0c383e04a1b2.xml", agent, None),
        ("GET", "f0X5U0000000.cfg", agent, Some(File::Absent)),
        ("PUT", "0c383e04a1b2.log", agent, Some(File::Upload)),
    ] {
        let found = Fanvil.recognise(&Request {
            method,
            path,
            user_agent,
        });
        assert_eq!(
            found.map(|found| found.file),
            file,
            "{method} {path} {user_agent:?}"
        );
    }
    let request = Request {
        method: "GET",
        path: "0c383e04a1b2.cfg",
        user_agent: agent,
    };
    let found = Fanvil.recognise(&request).unwrap();
    assert_eq!(found.model.as_deref(), Some("fanvil-x5uv2"));
    assert_eq!(found.firmware.as_deref(), Some("2.12.1"));
    assert_eq!(found.mac, found.agent_mac);
}

#[test]
fn triggers_are_the_golden_ones() {
    testing::check_triggers(&Fanvil);
}

#[test]
fn a_pushed_account_cannot_bring_a_setting_of_its_own() {
    let hostile = sample::hostile(FANVIL);
    let Some(Trigger::Http(push)) = Fanvil.trigger(&Fanvil.means()[1], &testing::aim(&hostile)) else {
        panic!("no request");
    };
    let body = String::from_utf8(push.body).unwrap();
    testing::check_xml("configuration", &body);
    assert!(body.lines().all(|line| line.starts_with('<')), "{body}");
}

#[test]
fn pages_are_the_golden_ones() {
    testing::check_pages(&Fanvil, 10_000);
}

#[test]
fn a_notice_is_posted() {
    let screens = testing::screens();
    let notice = Notice {
        screen: &screens[2].1,
        url: "",
    };
    testing::golden_trigger("fanvil/notice.txt", &Fanvil.notice(&notice).unwrap());
}
