//! Phones made up for tests, and the files their documents are compared with. Behind the feature `sample`.

use std::fs;
use std::path::Path;

use smol_str::SmolStr;

use crate::desk::{
    Desk, Device, Forwarding, Lamp, Line, Profile, Registrar, Service, Session, Site, SoftFunction,
    SpeedDial, Transport,
};
use crate::language::Language;
use crate::secret::Secret;
use crate::vendor::Vendor;

/// Speed dials, and as many lamps, of a profile that is full.
const KEYS_MAX: usize = 32;

/// Bytes of a label, a name or a URL that is full.
const TEXT_BYTES_MAX: usize = 256;

/// Bytes of an id or of a number to forward to that is full.
const NAME_BYTES_MAX: usize = 64;

/// Desk 12 in Chicago with nobody logged in.
#[must_use]
pub fn neutral(vendor: Vendor) -> Desk {
    let (model, mac) = model_and_mac(vendor);
    let id = mac.unwrap_or("softphone-12");
    Desk {
        device: Device {
            id: id.into(),
            mac: mac.map(|mac| mac.parse().expect("a unicast address of the table")),
            vendor,
            model: model.into(),
            desk: "12".into(),
            label: "Desk 12".into(),
            number: "+13125550112".into(),
        },
        site: Site {
            id: "chicago".into(),
            name: "Chicago, Wacker Drive".into(),
            time_zone: "America/Chicago".into(),
            language: Language::English,
            emergency_numbers: vec!["911".into(), "933".into()],
        },
        service: Service {
            base: "https://chicago.example.com:8443".into(),
            token: Secret::new("k5tq2vwz7m3xj4ha"),
            domain: "example.com".into(),
            registrar: Registrar {
                host: "edge-1.chicago.example.com".into(),
                port: 5061,
                transport: Transport::Tls,
            },
            web_user: "hotdesk".into(),
            web_password: Secret::new("Web-4711-secret"),
            push_from: vec!["192.0.2.10".into(), "192.0.2.11".into()],
            login_code: "*11".into(),
            logout_code: "*12".into(),
        },
        line: Line {
            user: id.into(),
            auth_user: id.into(),
            password: Secret::new("Device-0815-secret"),
        },
        session: None,
        stamp: 811,
    }
}

/// The same phone a moment later: Maria from Lisbon has logged in. Every field of her profile is used.
#[must_use]
pub fn maria(vendor: Vendor) -> Desk {
    let mut desk = neutral(vendor);
    desk.stamp = 812;
    desk.session = Some(Session {
        epoch: 829_440,
        user: "maria.sousa".into(),
        display_name: "Maria Sousa".into(),
        extension: "2042".into(),
        line: Some(Line {
            user: "2042".into(),
            auth_user: "2042-829440".into(),
            password: Secret::new("Session-829440-secret"),
        }),
        profile: Profile {
            line_label: "2042 Maria".into(),
            speed_dials: vec![
                speed_dial("Home", "+351215550100"),
                speed_dial("Zoë & Søn, Lisbon", "+351215550177"),
                speed_dial("Front desk", "2000"),
            ],
            lamps: vec![lamp("João", "2043"), lamp("Inês <sales>", "2044")],
            voicemail_number: "*97".into(),
            message_waiting: true,
            ring_tone: 3,
            forwarding: Forwarding {
                always: "+351915550199".into(),
                busy: "2050".into(),
                no_answer: "2051".into(),
                no_answer_after_s: 25,
            },
            do_not_disturb: true,
            language: Some(Language::Portuguese),
            directory_url: "https://books.example.com/maria?lang=pt&form=xml".into(),
            softkeys: vec![
                SoftFunction::History,
                SoftFunction::Directory,
                SoftFunction::DoNotDisturb,
                SoftFunction::Forward,
                SoftFunction::Voicemail,
                SoftFunction::Logout,
            ],
        },
    });
    desk
}

/// A phone whose every text is as long as it may be and full of what some format gives a meaning to: markup, the end of
/// a CDATA section, line ends, comment signs, percent signs, emoji.
#[must_use]
pub fn hostile(vendor: Vendor) -> Desk {
    let mut desk = maria(vendor);
    let text = |what: &str| nasty(what, TEXT_BYTES_MAX);
    let name = |what: &str| nasty(what, NAME_BYTES_MAX);
    desk.device.desk = text("desk");
    desk.device.label = text("label");
    desk.device.model = text(vendor.name());
    desk.device.number = name("number");
    desk.site.id = name("site");
    desk.site.name = text("site name");
    desk.line.auth_user = name("auth");
    desk.line.password = Secret::new(name("password"));
    desk.service.web_password = Secret::new(name("web"));
    let session = desk.session.as_mut().expect("maria is logged in");
    session.user = name("user");
    session.display_name = text("display name");
    session.extension = name("extension");
    session.line = Some(Line {
        user: name("line"),
        auth_user: name("line auth"),
        password: Secret::new(name("line password")),
    });
    session.profile = Profile {
        line_label: text("line label"),
        speed_dials: (0..KEYS_MAX)
            .map(|n| speed_dial(&name(&format!("dial {n}")), &name(&format!("to {n}"))))
            .collect(),
        lamps: (0..KEYS_MAX)
            .map(|n| lamp(&name(&format!("lamp {n}")), &name(&format!("at {n}"))))
            .collect(),
        voicemail_number: name("voicemail"),
        message_waiting: true,
        ring_tone: 9,
        forwarding: Forwarding {
            always: name("always"),
            busy: name("busy"),
            no_answer: name("no answer"),
            no_answer_after_s: 120,
        },
        do_not_disturb: true,
        language: Some(Language::French),
        directory_url: nasty("https://books.example.com/", TEXT_BYTES_MAX),
        softkeys: vec![
            SoftFunction::Logout,
            SoftFunction::Voicemail,
            SoftFunction::Forward,
            SoftFunction::DoNotDisturb,
            SoftFunction::Directory,
            SoftFunction::History,
            SoftFunction::History,
            SoftFunction::Logout,
        ],
    };
    desk
}

/// Compares `bytes` byte for byte with the file `path` in this crate's `golden` folder. With `HOTDESK_BLESS=1` in the
/// environment the file is written instead.
///
/// # Panics
/// When they differ, naming the first line that does; when there is no such file; when it cannot be written.
#[track_caller]
pub fn golden(path: &str, bytes: &[u8]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(path);
    if std::env::var_os("HOTDESK_BLESS").is_some_and(|value| value == "1") {
        let folder = file.parent().expect("golden files are in a folder");
        fs::create_dir_all(folder).expect("make the folder of a golden file");
        fs::write(&file, bytes).expect("write a golden file");
        return;
    }
    let expected = fs::read(&file)
        .unwrap_or_else(|error| panic!("golden file {path}: {error}; HOTDESK_BLESS=1 writes it"));
    if expected == bytes {
        return;
    }
    let (expected, got) = (String::from_utf8_lossy(&expected), String::from_utf8_lossy(bytes));
    let line = expected
        .lines()
        .zip(got.lines())
        .take_while(|(a, b)| a == b)
        .count();
    panic!(
        "golden file {path} differs at line {}\n  file: {:?}\n  now:  {:?}\nHOTDESK_BLESS=1 writes it anew",
        line + 1,
        expected.lines().nth(line),
        got.lines().nth(line),
    );
}

/// A model of each vendor, and an address from one of its blocks.
fn model_and_mac(vendor: Vendor) -> (&'static str, Option<&'static str>) {
    match vendor {
        Vendor::Cisco => ("cisco-8841", Some("00562b04a1b2")),
        Vendor::CiscoMpp => ("cisco-mpp-8851", Some("8c1e8004a1b2")),
        Vendor::Yealink => ("yealink-t54w", Some("00156504a1b2")),
        Vendor::Poly => ("poly-vvx450", Some("64167f04a1b2")),
        Vendor::Snom => ("snom-d785", Some("00041304a1b2")),
        Vendor::Grandstream => ("grandstream-grp2614", Some("c074ad04a1b2")),
        Vendor::Fanvil => ("fanvil-x5u", Some("0c383e04a1b2")),
        Vendor::Mitel => ("mitel-6867i", Some("00085d04a1b2")),
        Vendor::Linphone => ("linphone", None),
        Vendor::Generic => ("generic", None),
    }
}

/// `what`, and then as much trouble as `bytes` allow.
fn nasty(what: &str, bytes: usize) -> SmolStr {
    const TROUBLE: &str =
        "]]>&amp;<!--\"'%s%00;#=:,|\\$MA{{ x }}\r\naccount.1.enable = 1\u{1f4de}<a b='c'/>\t";
    let mut text = String::from(what);
    for c in TROUBLE.chars().cycle() {
        if text.len() + c.len_utf8() > bytes {
            break;
        }
        text.push(c);
    }
    SmolStr::from(text)
}

fn speed_dial(label: &str, number: &str) -> SpeedDial {
    SpeedDial {
        label: label.into(),
        number: number.into(),
    }
}

fn lamp(label: &str, extension: &str) -> Lamp {
    Lamp {
        label: label.into(),
        extension: extension.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_are_full_and_stay_apart() {
        for (bytes, what) in [(64, "dial 1"), (256, "label")] {
            let text = nasty(what, bytes);
            assert!(text.starts_with(what) && text.len() <= bytes && text.len() + 4 > bytes);
        }
        assert_ne!(nasty("dial 1", 64), nasty("dial 2", 64));
    }

    #[test]
    fn a_phone_has_the_vendor_of_its_model() {
        for vendor in Vendor::ALL {
            for desk in [neutral(vendor), maria(vendor)] {
                assert_eq!(Vendor::of_model(&desk.device.model), vendor);
            }
        }
    }
}
