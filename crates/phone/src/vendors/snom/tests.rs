//! What a Snom gets, byte for byte, and what must hold of it.

use super::Snom;
use crate::adapter::Adapter;
use crate::desk::Desk;
use crate::request::{File, Request};
use crate::sample;
use crate::screen::Browser;
use crate::trigger::Notice;
use crate::vendor::Vendor;
use crate::vendors::testing;

const SNOM: Vendor = Vendor::Snom;
const AGENT: &str =
    "Mozilla/4.0 (compatible; snomD785-SIP 10.1.169.16 2010.12-00004 00041396D9B4 SXM:0 UXM:0 UXMC:0)";

fn render(name: &str, desk: &Desk) -> Vec<u8> {
    Snom.render(name, desk).unwrap().body
}

#[test]
fn documents_are_the_golden_ones() {
    let (neutral, maria) = (sample::neutral(SNOM), sample::maria(SNOM));
    for (path, name, desk) in [
        ("snom/neutral.xml", "00041304a1b2.xml", &neutral),
        ("snom/user.xml", "00041304a1b2.xml", &maria),
        ("snom/first.xml", "snomD785.htm", &neutral),
        ("snom/wipe.xml", "wipe.xml", &neutral),
    ] {
        sample::golden(path, &render(name, desk));
    }
    assert_eq!(
        render("snomD785-00041304A1B2.htm", &maria),
        render("00041304a1b2.xml", &maria)
    );
}

#[test]
fn the_neutral_document_overwrites_all_of_a_users() {
    testing::check_wipe(&Snom, testing::xml_settings);
}

#[test]
fn every_text_leaves_the_document_well_formed() {
    for (what, desk) in testing::desks(SNOM) {
        testing::check_xml(what, &testing::document(&Snom, &desk));
    }
}

#[test]
fn no_setting_may_be_changed_at_the_phone() {
    let document = testing::document(&Snom, &sample::maria(SNOM));
    let settings: Vec<_> = document
        .lines()
        .filter(|line| line.contains("perm=") && line.starts_with('<'))
        .collect();
    assert!(settings.len() > 100);
    assert!(
        settings
            .iter()
            .all(|line| line.contains("perm=\"R\"") || line.starts_with("<!--")),
        "{document}"
    );
}

#[test]
fn every_stamp_gives_other_bytes() {
    let desk = sample::neutral(SNOM);
    let mut later = desk.clone();
    later.stamp += 1;
    assert_ne!(
        render("00041304a1b2.xml", &desk),
        render("00041304a1b2.xml", &later)
    );
}

#[test]
fn no_text_whatever_becomes_a_setting() {
    testing::check_any_text(&Snom, testing::xml_settings);
}

#[test]
fn a_file_of_another_phone_is_not_rendered() {
    let desk = sample::neutral(SNOM);
    for name in [
        "000413ffffff.xml",
        "snomD785-000413FFFFFF.htm",
        "00041304a1b2.cfg",
        "snom",
        "",
    ] {
        assert!(Snom.render(name, &desk).is_err(), "{name}");
    }
}

#[test]
fn a_phone_is_recognised_by_what_it_asks_for() {
    let agent = Some(AGENT);
    let last = |name: &str| {
        Some(File::Device {
            name: name.into(),
            is_last: true,
        })
    };
    for (method, path, user_agent, file, mac) in [
        (
            "GET",
            "00041396d9b4.xml",
            agent,
            last("00041396d9b4.xml"),
            Some("00041396d9b4"),
        ),
        (
            "GET",
            "00041396D9B4.xml",
            agent,
            last("00041396D9B4.xml"),
            Some("00041396d9b4"),
        ),
        (
            "GET",
            "00041396d9b4.htm",
            agent,
            last("00041396d9b4.htm"),
            Some("00041396d9b4"),
        ),
        ("GET", "00041396d9b4.xml", None, None, None),
        ("GET", "01041396d9b4.xml", agent, None, None),
        (
            "GET",
            "snomD785-00041396D9B4.htm",
            None,
            last("snomD785-00041396D9B4.htm"),
            Some("00041396d9b4"),
        ),
        ("GET", "snomD785-01041396D9B4.htm", agent, None, None),
        (
            "GET",
            "snomD785.htm",
            None,
            Some(File::Common("snomD785.htm".into())),
            None,
        ),
        ("GET", "00041396d9b4.cfg", agent, None, None),
        ("PUT", "log.txt", agent, Some(File::Upload), None),
        (
            "GET",
            "wipe.xml",
            agent,
            Some(File::Device {
                name: "wipe.xml".into(),
                is_last: false,
            }),
            None,
        ),
    ] {
        let found = Snom.recognise(&Request {
            method,
            path,
            user_agent,
        });
        assert_eq!(
            found.as_ref().map(|found| found.file.clone()),
            file,
            "{method} {path}"
        );
        let found_mac = found.and_then(|found| found.mac).map(|mac| mac.to_string());
        assert_eq!(found_mac.as_deref(), mac, "{path}");
    }
}

#[test]
fn the_agent_tells_model_firmware_and_address() {
    for (user_agent, model, firmware, mac) in [
        (AGENT, "snom-d785", Some("10.1.169.16"), Some("00041396d9b4")),
        (
            "Mozilla/4.0 (compatible; snom870-SIP 8.7.3.25.5)",
            "snom-870",
            Some("8.7.3.25.5"),
            None,
        ),
    ] {
        let request = Request {
            method: "GET",
            path: "snomD785.htm",
            user_agent: Some(user_agent),
        };
        let found = Snom.recognise(&request).unwrap();
        assert_eq!(found.model.as_deref(), Some(model));
        assert_eq!(found.firmware.as_deref(), firmware);
        assert_eq!(found.agent_mac.map(|mac| mac.to_string()).as_deref(), mac);
    }
}

#[test]
fn triggers_are_the_golden_ones() {
    testing::check_triggers(&Snom);
}

#[test]
fn pages_are_the_golden_ones() {
    testing::check_pages(&Snom, 64_000);
}

#[test]
fn no_page_has_an_expression_that_somebody_typed() {
    let mut screens = testing::screens();
    for (_, screen) in &mut screens {
        screen.title.push_str("$(set:user_pass1)");
        screen.prompt.push_str("$[x]");
        for key in &mut screen.keys {
            key.label = "$(set:http_pass)".into();
        }
        let page = Snom.page(screen, &Browser::default()).unwrap();
        assert!(
            !page.body.contains("$(") && !page.body.contains("$["),
            "{}",
            page.body
        );
    }
}

#[test]
fn a_notice_is_pushed_as_xml() {
    let screens = testing::screens();
    let notice = Notice {
        screen: &screens[2].1,
        url: "",
    };
    testing::golden_trigger("snom/notice.txt", &Snom.notice(&notice).unwrap());
}

#[test]
fn a_code_is_a_picture_where_the_display_has_room_and_an_address_elsewhere() {
    let browser = Browser {
        user_agent:
            "Mozilla/4.0 (compatible; snomD785-SIP 10.1.169.16 2010.12-00004 00041396D9B4 SXM:0 UXM:0 UXMC:0)"
                .into(),
        model: "".into(),
        display: None,
    };
    testing::check_picture(&Snom, &browser, "480x200");
}
