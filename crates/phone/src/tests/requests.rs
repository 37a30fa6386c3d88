//! Requests that no phone, or a wrong one, makes.

use proptest::prelude::*;

use super::files;
use crate::adapter::{ADAPTERS, recognise};
use crate::request::{File, Request};
use crate::sample;
use crate::vendors::testing::desks;

fn get<'a>(path: &'a str, user_agent: Option<&'a str>) -> Request<'a> {
    Request {
        method: "GET",
        path,
        user_agent,
    }
}

/// One of each vendor's own User-Agents.
fn agents() -> impl Iterator<Item = Option<&'static str>> {
    let known = ADAPTERS
        .iter()
        .flat_map(|adapter| adapter.about().agents.iter().map(|agent| Some(*agent)));
    known.chain([None, Some("curl/8.5.0")])
}

#[test]
fn every_file_that_an_adapter_names_it_recognises() {
    for adapter in ADAPTERS {
        let desk = sample::neutral(adapter.vendor());
        let agent = adapter.about().agents.first().copied();
        for name in files(*adapter, &desk) {
            let found = recognise(&get(&name, agent));
            let vendor = found.map(|found| found.vendor);
            assert_eq!(vendor, Some(adapter.vendor()), "{name} of {agent:?}");
        }
    }
}

#[test]
fn a_path_out_of_the_folder_is_nobodys_file() {
    for path in [
        "../../etc/passwd",
        "..",
        "../00156504a1b2.cfg",
        "00156504a1b2/../../x.cfg",
        "..\\..\\boot.ini",
        "/etc/passwd",
        "p/../SEP00562B04A1B2.cnf.xml",
        "cfgc074ad04a1b2.xml/..",
        "",
        "/",
        "\0.cfg",
    ] {
        for agent in agents() {
            let found = recognise(&get(path, agent));
            let is_served = found.is_some_and(|found| !matches!(found.file, File::Absent | File::Upload));
            assert!(!is_served, "{path:?} of {agent:?}");
        }
    }
}

#[test]
fn an_address_of_a_group_or_of_nobody_is_no_phones() {
    for adapter in ADAPTERS {
        let desk = sample::neutral(adapter.vendor());
        let (Some(mac), Some(name)) = (desk.device.mac, adapter.file_name(&desk)) else {
            continue;
        };
        for wrong in ["01005e000175", "ffffffffffff"] {
            for name in [
                name.replace(&mac.to_string(), wrong),
                name.replace(&mac.upper(), &wrong.to_ascii_uppercase()),
            ] {
                if name.contains(&mac.to_string()) || name.contains(&mac.upper()) {
                    continue;
                }
                let found = recognise(&get(&name, None));
                assert_eq!(found.and_then(|found| found.mac), None, "{name}");
            }
        }
    }
}

#[test]
fn a_phone_that_asks_for_anothers_file_is_seen_to() {
    for (path, agent) in [
        ("00156504a1b3.cfg", "Yealink SIP-T54W 96.84.0.30 00156504a1b2"),
        (
            "64167f04a1b3-hotdesk.cfg",
            "FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 (SN:64167f04a1b2)",
        ),
        (
            "cfgc074ad04a1b3.xml",
            "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad04a1b2",
        ),
    ] {
        let found = recognise(&get(path, Some(agent))).unwrap();
        assert!(found.mac.is_some() && found.agent_mac.is_some(), "{path}");
        assert_ne!(found.mac, found.agent_mac, "{path}");
    }
}

#[test]
fn a_very_long_name_is_nobodys_file() {
    for end in [".cfg", ".xml", ".cnf.xml", "-hotdesk.cfg", ".boot"] {
        let path = format!("{}{end}", "a".repeat(100_000));
        for agent in agents() {
            let found = recognise(&get(&path, agent));
            let is_served =
                found.is_some_and(|found| matches!(found.file, File::Device { .. } | File::User { .. }));
            assert!(!is_served, "{end} of {agent:?}");
        }
    }
}

/// Pieces of names and of User-Agents, so that more than nonsense is tried.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("00156504a1b2".to_owned()),
        Just("64167F04A1B2".to_owned()),
        Just("000000000000".to_owned()),
        prop::sample::select(vec![
            "SEP",
            "cfg",
            "spa",
            "em-",
            "login-",
            ".cfg",
            ".xml",
            ".cnf.xml",
            ".boot",
            "-phone",
            "-hotdesk",
            "y0000",
            "Yealink SIP-T54W ",
            "FileTransport Poly",
            "-UA/",
            "Grandstream Model HW ",
            "SW ",
            "DevId ",
            "Cisco",
            "Linphone",
            "/",
            "(",
            ")",
            " ",
            ":",
            "snom",
            "Fanvil ",
            "Aastra",
            "MAC:",
            "V:",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ]
}

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_request_breaks_an_adapter(
        method in prop::sample::select(vec!["GET", "HEAD", "PUT", "POST", "BREW"]),
        path in pieces(),
        agent in prop::option::of(pieces()),
    ) {
        for adapter in ADAPTERS {
            let request = Request { method, path: &path, user_agent: agent.as_deref() };
            if let Some(found) = adapter.recognise(&request) {
                prop_assert_eq!(found.vendor, adapter.vendor());
            }
        }
    }

    #[test]
    fn no_name_breaks_an_adapter(name in pieces()) {
        for adapter in ADAPTERS {
            for (_, desk) in desks(adapter.vendor()) {
                // Either is fine; a panic is not.
                let _ = adapter.render(&name, &desk);
            }
        }
    }
}
