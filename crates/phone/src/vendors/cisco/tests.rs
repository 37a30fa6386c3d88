use super::*;
use crate::sample::{golden, hostile, maria, neutral};
use crate::screen::{Action, Body, Field, FieldKind, Key};
use crate::vendors::testing::{
    check_pages, check_picture, check_triggers, check_wipe, golden_trigger, xml_settings,
};

const NAME: &str = "SEP00562B04A1B2.cnf.xml";

fn document(desk: &Desk) -> String {
    String::from_utf8(Cisco.render(NAME, desk).unwrap().body).unwrap()
}

#[test]
fn documents_are_what_they_were() {
    golden(
        "cisco/neutral.cnf.xml",
        document(&neutral(Vendor::Cisco)).as_bytes(),
    );
    golden("cisco/user.cnf.xml", document(&maria(Vendor::Cisco)).as_bytes());
    golden(
        "cisco/hostile.cnf.xml",
        document(&hostile(Vendor::Cisco)).as_bytes(),
    );
}

#[test]
fn the_neutral_document_sets_all_that_a_users_sets() {
    check_wipe(&Cisco, xml_settings);
}

#[test]
fn a_login_keeps_the_line_and_the_language_of_the_phone() {
    let before = xml_settings(&document(&neutral(Vendor::Cisco)));
    let after = xml_settings(&document(&maria(Vendor::Cisco)));
    let differing = |prefix: &str| {
        let changed = before.iter().filter(|(key, value)| after[*key] != **value);
        changed.filter(|(key, _)| key.contains(prefix)).count()
    };
    assert_eq!(differing("userLocale"), 0, "another locale makes the phone boot");
    assert_eq!(differing("line[1]/auth"), 0);
    let label = "device/sipProfile/sipLines/line[1]/featureLabel";
    assert_eq!(
        (before[label].as_str(), after[label].as_str()),
        ("Desk 12", "2042 Maria")
    );
    assert_ne!(before["device/versionStamp"], after["device/versionStamp"]);
}

#[test]
fn every_value_fits_its_field() {
    let settings = xml_settings(&document(&hostile(Vendor::Cisco)));
    for (key, value) in &settings {
        let most = match key.rsplit('/').next().unwrap() {
            "featureLabel" | "displayName" => 30,
            "phoneLabel" => 12,
            "directoryURL" | "servicesURL" | "authenticationURL" => 255,
            _ => continue,
        };
        assert!(value.chars().count() <= most, "{key}: {value:?}");
    }
}

#[test]
fn a_service_address_that_the_phone_cannot_hold_is_an_error() {
    let mut desk = neutral(Vendor::Cisco);
    desk.service.base = format!("https://{}.example.com", "a".repeat(240)).into();
    let error = Cisco.render(NAME, &desk).unwrap_err();
    assert!(
        matches!(
            error,
            RenderError::Value {
                field: "service.base",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_phone_is_recognised_by_its_file() {
    let mac = Some("00562b04a1b2".parse().unwrap());
    let own = |name: &str| crate::File::Device {
        name: name.into(),
        is_last: true,
    };
    for (path, agent, expected) in [
        (NAME, None, Some((own(NAME), mac))),
        (NAME, Some("Cisco-CP8841/14.2.1"), Some((own(NAME), mac))),
        (
            "SEP00562B04A1B2.cnf.xml.sgn",
            None,
            Some((own("SEP00562B04A1B2.cnf.xml.sgn"), mac)),
        ),
        ("CTLSEP00562B04A1B2.tlv", None, Some((crate::File::Absent, mac))),
        ("ITLSEP00562B04A1B2.tlv", None, Some((crate::File::Absent, mac))),
        ("ITLFile.tlv", None, Some((crate::File::Absent, None))),
        ("XMLDefault.cnf.xml", None, Some((crate::File::Absent, None))),
        (
            "United_States/g4-tones.xml",
            None,
            Some((crate::File::Absent, None)),
        ),
        (
            "anything",
            Some("Cisco-CP7945G/9.4.2"),
            Some((crate::File::Absent, None)),
        ),
        ("SEP01005E000175.cnf.xml", None, None),
        ("00562b04a1b2.cfg", None, None),
        ("anything", Some("Cisco-CP-8851-3PCC/11.3.7"), None),
        ("", None, None),
    ] {
        let request = Request {
            method: "GET",
            path,
            user_agent: agent,
        };
        let got = Cisco.recognise(&request);
        assert_eq!(got.map(|got| (got.file, got.mac)), expected, "{path} {agent:?}");
    }
}

#[test]
fn an_agent_names_model_and_firmware() {
    let request = Request {
        method: "GET",
        path: NAME,
        user_agent: Some("Cisco-CP8841/14.2.1"),
    };
    let phone = Cisco.recognise(&request).unwrap();
    assert_eq!(phone.model.as_deref(), Some("cisco-8841"));
    assert_eq!(phone.firmware.as_deref(), Some("14.2.1"));
    assert_eq!(Cisco.file_name(&neutral(Vendor::Cisco)).as_deref(), Some(NAME));
}

#[test]
fn a_file_of_others_is_refused() {
    let error = Cisco
        .render("00562b04a1b2.cfg", &neutral(Vendor::Cisco))
        .unwrap_err();
    assert!(matches!(error, RenderError::NoSuchFile { .. }));
}

#[test]
fn triggers_are_what_they_were() {
    check_triggers(&Cisco);
    let other = Means {
        name: "check-sync",
        via: Via::Sip,
    };
    let desk = maria(Vendor::Cisco);
    assert_eq!(Cisco.trigger(&other, &crate::vendors::testing::aim(&desk)), None);
}

/// A page with everything of its kind.
fn screen(body: Body) -> Screen {
    Screen {
        title: "Log in & <go>".into(),
        prompt: "Desk \"12\"".into(),
        body,
        keys: vec![Key {
            label: "Recent".into(),
            action: Action::Open("https://chicago.example.com:8443/p/k5/app/recent?a=1&b=2".into()),
        }],
        refresh: None,
        is_private: false,
    }
}

fn browser(model: &str) -> Browser {
    Browser {
        model: model.into(),
        ..Browser::default()
    }
}

#[test]
fn pages_are_what_they_were() {
    const BYTES_MAX: usize = 40 * 1024;
    check_pages(&Cisco, BYTES_MAX);
}

#[test]
fn only_newer_phones_are_told_to_post() {
    let body = Body::Input {
        url: "https://x/".into(),
        fields: Vec::new(),
    };
    for (model, posts) in [
        ("CP-8841", true),
        ("CP-7841", true),
        ("CP-7945G", false),
        ("", false),
    ] {
        let page = Cisco.page(&screen(body.clone()), &browser(model)).unwrap();
        assert_eq!(page.body.contains("<URL method=\"post\">"), posts, "{model}");
    }
}

#[test]
fn a_pin_is_masked_and_never_sent_back() {
    let body = Body::Input {
        url: "https://x/".into(),
        fields: vec![Field {
            label: "PIN".into(),
            parameter: "pin",
            kind: FieldKind::Pin,
            value: "4711".into(),
        }],
    };
    let page = Cisco.page(&screen(body), &browser("CP-7945G")).unwrap();
    assert!(page.body.contains("<InputFlags>NP</InputFlags>"));
    assert!(!page.body.contains("4711"));
}

#[test]
fn a_private_page_has_expired_and_a_passing_one_names_the_next() {
    let mut private = screen(Body::Text("x".into()));
    private.is_private = true;
    private.refresh = Some((5, "https://x/next?a=1".into()));
    let page = Cisco.page(&private, &browser("CP-8841")).unwrap();
    let expected = vec![
        ("Refresh", "5; url=https://x/next?a=1".to_owned()),
        ("Expires", "Sat, 01 Jan 2000 00:00:00 GMT".to_owned()),
    ];
    assert_eq!(page.headers, expected);
}

#[test]
fn own_keys_never_cost_the_page_those_it_needs() {
    let mut crowded = screen(Body::Input {
        url: "https://x/".into(),
        fields: Vec::new(),
    });
    crowded.keys = vec![crowded.keys[0].clone(); 12];
    for keys_max in [4, 8] {
        let abilities = page::Abilities {
            keys_max,
            can_post: false,
            display: None,
        };
        let body = page::render(&crowded, abilities).body;
        for uri in ["SoftKey:Submit", "SoftKey:&lt;&lt;", "SoftKey:Exit"] {
            assert!(body.contains(uri), "{uri}");
        }
        assert_eq!(body.matches("<SoftKeyItem>").count(), keys_max);
    }
}

#[test]
fn a_notice_is_pushed_in_a_short_document_or_not_at_all() {
    let screen = screen(Body::Text("Moved".into()));
    let url = "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/app/moved?n=1&m=2";
    let notice = Notice { screen: &screen, url };
    let Some(Trigger::Http(push)) = Cisco.notice(&notice) else {
        panic!("a push");
    };
    assert_eq!((push.method, push.path.as_str()), ("POST", "/CGI/Execute"));
    assert_eq!(push.auth, HttpAuth::Basic);
    golden_trigger("cisco/notice.txt", &Trigger::Http(push));
    let long = format!("{url}{}", "x".repeat(512));
    let notice = Notice {
        screen: &screen,
        url: &long,
    };
    assert_eq!(Cisco.notice(&notice), None);
}

#[test]
fn a_code_is_a_picture_where_the_display_has_room_and_an_address_elsewhere() {
    let browser = Browser {
        user_agent: "Cisco-CP8841/14.2.1".into(),
        model: "CP-8841".into(),
        display: Some((559, 265)),
    };
    check_picture(&Cisco, &browser, "559x265");
}
