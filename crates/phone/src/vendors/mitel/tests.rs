use super::*;
use crate::request::File;
use crate::sample::{golden, hostile, maria, neutral};
use crate::vendors::testing::{
    Settings, check_pages, check_picture, check_triggers, check_wipe, check_xml, golden_trigger, screens,
};

const VENDOR: Vendor = Vendor::Mitel;
const NAME: &str = "00085D04A1B2.cfg";

fn document(name: &str, desk: &Desk) -> String {
    String::from_utf8(Mitel.render(name, desk).unwrap().body).unwrap()
}

/// The settings of a file of lines, as a phone reads it.
fn read(text: &str) -> Settings {
    let mut settings = Settings::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (key, value) = line.split_once(": ").expect(line);
        assert!(
            settings
                .insert(key.into(), value.trim_matches('"').into())
                .is_none(),
            "{key} is set twice"
        );
    }
    settings
}

/// The settings of all parts, in the order in which they are sent.
fn read_parts(desk: &Desk) -> Settings {
    let mut settings = Settings::new();
    for part in 1..=PARTS {
        let text = document(&names::part("00085d04a1b2", desk.stamp, part), desk);
        check_xml("part", &text);
        for item in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("<ConfigurationItem><Parameter>"))
        {
            let (key, rest) = item.split_once("</Parameter><Value>").unwrap();
            let value = rest.strip_suffix("</Value></ConfigurationItem>").unwrap();
            settings.insert(key.into(), value.into());
        }
    }
    settings
}

#[test]
fn documents_are_what_they_were() {
    for (name, desk) in [
        ("neutral", neutral(VENDOR)),
        ("user", maria(VENDOR)),
        ("hostile", hostile(VENDOR)),
    ] {
        golden(&format!("mitel/{name}.cfg"), document(NAME, &desk).as_bytes());
    }
    let maria = maria(VENDOR);
    golden("mitel/startup.cfg", document("startup.cfg", &maria).as_bytes());
    golden(
        "mitel/reload.xml",
        document("mitel-00085d04a1b2-reload.xml", &maria).as_bytes(),
    );
    golden(
        "mitel/user-part-3.xml",
        document("mitel-00085d04a1b2-812-3.xml", &maria).as_bytes(),
    );
}

#[test]
fn the_neutral_document_sets_all_that_a_users_sets() {
    check_wipe(&Mitel, read);
}

#[test]
fn the_parts_together_are_the_file_that_a_phone_boots_with() {
    for desk in [neutral(VENDOR), maria(VENDOR)] {
        let at_boot = read(&document(NAME, &desk));
        let parts = read_parts(&desk);
        assert!(at_boot.keys().eq(parts.keys()));
        for part in 1..=PARTS {
            let length = document(&names::part("00085d04a1b2", desk.stamp, part), &desk).len();
            assert!(length < 10_000, "part {part} has {length} bytes");
        }
    }
}

#[test]
fn a_part_of_another_state_is_not_given() {
    for stamp in [811, 813] {
        let error = Mitel
            .render(&names::part("00085d04a1b2", stamp, 1), &maria(VENDOR))
            .unwrap_err();
        assert!(matches!(error, RenderError::NoSuchFile { .. }));
    }
}

#[test]
fn lists_of_calls_are_cleared_whenever_a_phone_loads() {
    for desk in [neutral(VENDOR), maria(VENDOR)] {
        let reload = document("mitel-00085d04a1b2-reload.xml", &desk);
        for command in ["ClearCallersList", "ClearRedialList", "ClearDirectory"] {
            assert!(reload.contains(command), "{command}");
        }
        assert_eq!(reload.matches("/mitel-00085d04a1b2-").count(), PARTS);
    }
}

#[test]
fn a_neutral_phone_offers_its_own_login_and_a_users_does_not() {
    let neutral = read(&document(NAME, &neutral(VENDOR)));
    assert_eq!(neutral["softkey1 type"], "hotdesklogin");
    assert_eq!(neutral["hot desk username"], "");
    let user = read(&document("user/2042.cfg", &maria(VENDOR)));
    assert_eq!(user["softkey1 type"], "xml");
    assert!(
        !user.contains_key("hot desk username"),
        "the phone has just been told who it is"
    );
    assert_eq!(user, read(&document(NAME, &maria(VENDOR))));
}

#[test]
fn a_line_that_is_off_has_no_registrar() {
    let settings = read(&document(NAME, &neutral(VENDOR)));
    assert_eq!(settings["sip line1 registrar ip"], "0.0.0.0");
    assert_eq!(settings["sip line1 password"], "");
    assert_eq!(settings["sip line2 registrar ip"], "example.com");
    assert_eq!(settings["topsoftkey1 line"], "2");
}

#[test]
fn the_address_of_the_service_is_taken_apart() {
    for (base, expected) in [
        (
            "https://chicago.example.com:8443",
            ("HTTPS", "https server", "chicago.example.com", "8443"),
        ),
        ("http://192.0.2.1", ("HTTP", "http server", "192.0.2.1", "80")),
        (
            "https://[2001:db8::1]",
            ("HTTPS", "https server", "[2001:db8::1]", "443"),
        ),
        (
            "https://[2001:db8::1]:8443",
            ("HTTPS", "https server", "[2001:db8::1]", "8443"),
        ),
    ] {
        let mut desk = neutral(VENDOR);
        desk.service.base = base.into();
        let settings = read(&document("startup.cfg", &desk));
        let (protocol, key, host, port) = expected;
        assert_eq!(settings["download protocol"], protocol);
        assert_eq!(settings[key], host);
        assert_eq!(settings[&key.replace("server", "port")], port);
        assert_eq!(settings[&key.replace("server", "path")], "p/k5tq2vwz7m3xj4ha");
    }
}

#[test]
fn a_phone_is_recognised_by_its_agent_or_its_own_path() {
    const AGENT: &str = "Aastra6867i MAC:00-08-5D-04-A1-B2 V:4.1.0.128-SIP";
    let mac = Some("00085d04a1b2".parse().unwrap());
    let device = |name: &str, is_last| File::Device {
        name: name.into(),
        is_last,
    };
    let user = |user: &str, name: &str| File::User {
        user: user.into(),
        name: name.into(),
    };
    let common = |name: &str| File::Common(name.into());
    for (method, path, agent, expected) in [
        ("GET", NAME, Some(AGENT), Some((device(NAME, true), mac))),
        ("GET", NAME, None, None),
        (
            "GET",
            "startup.cfg",
            Some(AGENT),
            Some((common("startup.cfg"), None)),
        ),
        (
            "GET",
            "aastra.cfg",
            Some(AGENT),
            Some((common("aastra.cfg"), None)),
        ),
        ("GET", "6867i.cfg", Some(AGENT), Some((File::Absent, None))),
        ("GET", "security.tuz", Some(AGENT), Some((File::Absent, None))),
        (
            "GET",
            "user/2042.cfg",
            None,
            Some((user("2042", "user/2042.cfg"), None)),
        ),
        (
            "GET",
            "user/2042_local.cfg",
            Some(AGENT),
            Some((File::Absent, None)),
        ),
        (
            "PUT",
            "user/2042_local.cfg",
            Some(AGENT),
            Some((File::Upload, None)),
        ),
        (
            "GET",
            "mitel-00085d04a1b2-reload.xml",
            None,
            Some((device("mitel-00085d04a1b2-reload.xml", false), mac)),
        ),
        (
            "GET",
            "mitel-00085d04a1b2-812-1.xml",
            None,
            Some((device("mitel-00085d04a1b2-812-1.xml", false), mac)),
        ),
        (
            "GET",
            "mitel-00085d04a1b2-812-5.xml",
            None,
            Some((device("mitel-00085d04a1b2-812-5.xml", true), mac)),
        ),
        (
            "GET",
            "mitel-00085d04a1b2-812-6.xml",
            None,
            Some((File::Absent, None)),
        ),
        ("GET", "anything.cfg", Some("Yealink SIP-T46G 28.72.0.1"), None),
    ] {
        let request = Request {
            method,
            path,
            user_agent: agent,
        };
        let got = Mitel.recognise(&request);
        assert_eq!(
            got.map(|got| (got.file, got.mac)),
            expected,
            "{method} {path} {agent:?}"
        );
    }
}

#[test]
fn an_agent_names_model_firmware_and_address() {
    for (agent, model, firmware, mac) in [
        (
            "Aastra6867i MAC:00-08-5D-04-A1-B2 V:4.1.0.128-SIP",
            "aastra-6867i",
            "4.1.0.128",
            "00085d04a1b2",
        ),
        (
            "Mitel6920 MAC:14-00-E9-1B-E2-40 V:6.4.0.140-SIP",
            "mitel-6920",
            "6.4.0.140",
            "1400e91be240",
        ),
    ] {
        let request = Request {
            method: "GET",
            path: "startup.cfg",
            user_agent: Some(agent),
        };
        let phone = Mitel.recognise(&request).unwrap();
        assert_eq!(phone.model.as_deref(), Some(model));
        assert_eq!(phone.firmware.as_deref(), Some(firmware));
        assert_eq!(phone.agent_mac.map(|mac| mac.to_string()).as_deref(), Some(mac));
        assert_eq!(Vendor::of_model(model), VENDOR);
    }
}

#[test]
fn triggers_pages_and_notices_are_what_they_were() {
    const BYTES_MAX: usize = 10_000;
    check_triggers(&Mitel);
    check_pages(&Mitel, BYTES_MAX);
    let (_, screen) = screens().pop().unwrap();
    let notice = Notice {
        screen: &screen,
        url: "https://x/",
    };
    golden_trigger("mitel/notice.txt", &Mitel.notice(&notice).unwrap());
}

#[test]
fn a_code_is_a_picture_where_the_display_has_room_and_an_address_elsewhere() {
    let browser = Browser {
        user_agent: "Aastra6867i MAC:00-08-5D-04-A1-B2 V:4.1.0.128-SIP".into(),
        model: "".into(),
        display: None,
    };
    check_picture(&Mitel, &browser, "320x184");
}
