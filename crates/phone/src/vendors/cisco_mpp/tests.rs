use super::*;
use crate::request::File;
use crate::sample::{golden, hostile, maria, neutral};
use crate::screen::Body;
use crate::vendors::testing::{
    check_pages, check_picture, check_triggers, check_wipe, golden_trigger, xml_settings,
};

const VENDOR: Vendor = Vendor::CiscoMpp;
const NAME: &str = "8c1e8004a1b2.xml";

fn document(desk: &Desk) -> String {
    String::from_utf8(CiscoMpp.render(NAME, desk).unwrap().body).unwrap()
}

#[test]
fn documents_are_what_they_were() {
    golden("cisco-mpp/neutral.xml", document(&neutral(VENDOR)).as_bytes());
    golden("cisco-mpp/user.xml", document(&maria(VENDOR)).as_bytes());
    golden("cisco-mpp/hostile.xml", document(&hostile(VENDOR)).as_bytes());
}

#[test]
fn the_neutral_document_sets_all_that_a_users_sets() {
    check_wipe(&CiscoMpp, xml_settings);
}

#[test]
fn a_user_without_an_extension_speaks_through_the_phones_own_line() {
    let mut desk = maria(VENDOR);
    desk.session.as_mut().unwrap().line = None;
    let settings = xml_settings(&document(&desk));
    let get = |key: &str| settings[&format!("flat-profile/{key}")].as_str();
    assert_eq!(get("Line_Enable_1_"), "No");
    assert_eq!((get("Extension_1_"), get("Extension_2_")), ("2", "Disabled"));
    assert_eq!(get("Short_Name_1_"), "2042 Maria");
    assert_eq!(get("Display_Name_2_"), "Maria Sousa");
}

#[test]
fn the_phones_own_line_is_the_same_whoever_sits_there() {
    let neutral = xml_settings(&document(&neutral(VENDOR)));
    let maria = xml_settings(&document(&maria(VENDOR)));
    let own: Vec<_> = neutral
        .iter()
        .filter(|(key, _)| key.ends_with("_2_") && !key.contains("Extension"))
        .collect();
    assert!(own.len() > 15);
    for (key, value) in own {
        assert_eq!(maria[key], *value, "{key}");
    }
}

#[test]
fn what_was_typed_is_sent_from_a_neutral_phone_only_and_says_from_which() {
    let rule = |desk: &Desk| xml_settings(&document(desk))["flat-profile/Profile_Rule"].clone();
    let neutral_rule = rule(&neutral(VENDOR));
    assert!(neutral_rule.contains("$MPWD") && neutral_rule.contains("/em-811-$MUID.xml|"));
    let user_rule = rule(&maria(VENDOR));
    assert_eq!(
        user_rule,
        "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/$MA.xml"
    );
    for (name, stamp) in [
        ("em-811-2042.xml", Some(811)),
        ("em-811-ana-maria.xml", Some(811)),
        ("em-2042.xml", None),
        ("em-811-.xml", None),
        ("em-811-a/b.xml", None),
        ("8c1e8004a1b2.xml", None),
    ] {
        assert_eq!(user_file_stamp(name), stamp, "{name}");
    }
}

#[test]
fn a_label_adds_no_part_to_a_keys_notation() {
    let settings = xml_settings(&document(&hostile(VENDOR)));
    for key in 3..=12 {
        let function = &settings[&format!("flat-profile/Extended_Function_{key}_")];
        let parts: Vec<_> = function
            .split(';')
            .map(|part| part.split('=').next().unwrap())
            .collect();
        assert_eq!(parts, ["fnc", "ext", "nme"], "{function}");
    }
}

#[test]
fn a_phone_is_recognised_by_its_agent_or_its_own_path() {
    const MPP: &str = "Cisco-CP-8851-3PCC/11.3.7 (8c1e8004a1b2)";
    const SPA: &str = "Cisco/SPA525G-7.4.7 (8C1E8004A1B2)(CBT141900G7)";
    let mac = Some("8c1e8004a1b2".parse().unwrap());
    let own = |name: &str| File::Device {
        name: name.into(),
        is_last: true,
    };
    let user = File::User {
        user: "2042".into(),
        name: "em-811-2042.xml".into(),
    };
    for (path, agent, expected) in [
        (NAME, Some(MPP), Some((own(NAME), mac))),
        (NAME, None, None),
        (NAME, Some("snomD785"), None),
        (
            "spa8c1e8004a1b2.cfg",
            None,
            Some((own("spa8c1e8004a1b2.cfg"), mac)),
        ),
        ("em-811-2042.xml", None, Some((user, None))),
        (
            "spa525G.cfg",
            Some(SPA),
            Some((File::Common("spa525G.cfg".into()), None)),
        ),
        (
            "8851-3PCC.xml",
            Some(MPP),
            Some((File::Common("8851-3PCC.xml".into()), None)),
        ),
        ("dictionary.dat", Some(MPP), Some((File::Absent, None))),
        ("anything", Some("Cisco-CP8841/14.2.1"), None),
        ("spa01005e000175.cfg", None, None),
    ] {
        let request = Request {
            method: "GET",
            path,
            user_agent: agent,
        };
        let got = CiscoMpp.recognise(&request);
        assert_eq!(got.map(|got| (got.file, got.mac)), expected, "{path} {agent:?}");
    }
}

#[test]
fn an_agent_names_model_firmware_and_address() {
    for (agent, model, firmware, mac) in [
        (
            "Cisco-CP-8851-3PCC/11.3.7 (8c1e8004a1b2)",
            "cisco-mpp-88513pcc",
            Some("11.3.7"),
            Some("8c1e8004a1b2"),
        ),
        (
            "Cisco/SPA525G-7.4.7 (CBT141900G7)",
            "cisco-mpp-spa525g",
            Some("7.4.7"),
            None,
        ),
        (
            "Cisco/SPA508G-7.4.8a (0002FDFF2103)(CBT141400UK)",
            "cisco-mpp-spa508g",
            Some("7.4.8a"),
            Some("0002fdff2103"),
        ),
        (
            "Linksys/SPA-942-6.1.5(a) (88019FA42804)",
            "cisco-mpp-spa942",
            Some("6.1.5(a)"),
            Some("88019fa42804"),
        ),
    ] {
        let request = Request {
            method: "GET",
            path: "init.cfg",
            user_agent: Some(agent),
        };
        let phone = CiscoMpp.recognise(&request).unwrap();
        assert_eq!(phone.model.as_deref(), Some(model), "{agent}");
        assert_eq!(phone.firmware.as_deref(), firmware, "{agent}");
        assert_eq!(
            phone.agent_mac.map(|mac| mac.to_string()).as_deref(),
            mac,
            "{agent}"
        );
        assert_eq!(Vendor::of_model(model), VENDOR);
    }
}

#[test]
fn triggers_and_pages_are_what_they_were() {
    const BYTES_MAX: usize = 40 * 1024;
    check_triggers(&CiscoMpp);
    check_pages(&CiscoMpp, BYTES_MAX);
}

#[test]
fn a_page_has_four_keys_and_posts_nothing() {
    let key = |label: &str| crate::Key {
        label: label.into(),
        action: crate::Action::Open("https://x/".into()),
    };
    let screen = Screen {
        title: "Log in".into(),
        prompt: String::new(),
        body: Body::Input {
            url: "https://x/login".into(),
            fields: Vec::new(),
        },
        keys: vec![key("a"), key("b"), key("c")],
        refresh: None,
        is_private: true,
    };
    let page = CiscoMpp.page(&screen, &Browser::default()).unwrap();
    assert!(!page.body.contains("method="));
    assert_eq!(page.body.matches("<SoftKeyItem>").count(), 4);
    let notice = Notice {
        screen: &screen,
        url: "https://x/moved",
    };
    let Some(Trigger::Http(push)) = CiscoMpp.notice(&notice) else {
        panic!("a push");
    };
    assert_eq!(
        push.accepted,
        Accepted::Success,
        "these phones do not say what they think of it"
    );
    golden_trigger("cisco-mpp/notice.txt", &Trigger::Http(push));
}

#[test]
fn a_code_is_a_picture_where_the_display_has_room_and_an_address_elsewhere() {
    let browser = Browser {
        user_agent: "Cisco-CP-8851-3PCC/11.3.7 (8c1e8004a1b2)".into(),
        model: "".into(),
        display: None,
    };
    check_picture(&CiscoMpp, &browser, "298x168");
}
