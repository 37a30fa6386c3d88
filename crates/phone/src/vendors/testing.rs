//! What the tests of several adapters share: documents read back as settings, pages, samples.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::adapter::Adapter;
use crate::desk::{Desk, Profile};
use crate::sample;
use crate::screen::{Action, Body, Browser, Field, FieldKind, Item, Key, Picture, Screen};
use crate::trigger::{Aim, Trigger, Via};
use crate::vendor::Vendor;

/// A phone's memory: every setting that a document sets.
pub(crate) type Settings = BTreeMap<String, String>;

/// Every state that a document is tested in: nobody, Maria, the worst texts, and users with little.
pub(crate) fn desks(vendor: Vendor) -> Vec<(&'static str, Desk)> {
    let mut lineless = sample::maria(vendor);
    lineless.session.as_mut().unwrap().line = None;
    let mut bare = sample::maria(vendor);
    bare.session.as_mut().unwrap().profile = Profile::default();
    let mut unnamed = sample::hostile(vendor);
    unnamed.session = None;
    vec![
        ("neutral", sample::neutral(vendor)),
        ("maria", sample::maria(vendor)),
        ("hostile", sample::hostile(vendor)),
        ("a user without a line", lineless),
        ("a user without a profile", bare),
        ("hostile and neutral", unnamed),
    ]
}

/// The phone's own document.
pub(crate) fn document(adapter: &dyn Adapter, desk: &Desk) -> String {
    let name = adapter.file_name(desk).unwrap();
    String::from_utf8(adapter.render(&name, desk).unwrap().body).unwrap()
}

/// **Every document sets the same keys, whoever is logged in**, so that each one overwrites all of the one before; and
/// after the neutral one no value of the user is left.
pub(crate) fn check_wipe(adapter: &dyn Adapter, read: fn(&str) -> Settings) {
    let neutral_desk = sample::neutral(adapter.vendor());
    let neutral = read(&document(adapter, &neutral_desk));
    for (what, desk) in desks(adapter.vendor()) {
        let mut phone = read(&document(adapter, &desk));
        let keys: Vec<_> = phone.keys().filter(|key| !neutral.contains_key(*key)).collect();
        assert!(keys.is_empty(), "{what}: only in the user's document: {keys:?}");
        phone.extend(neutral.clone());
        assert_eq!(phone, neutral, "{what}");
    }
    for text in texts_of(&sample::maria(adapter.vendor())) {
        let kept: Vec<_> = neutral
            .iter()
            .filter(|(_, value)| value.contains(&text))
            .collect();
        assert!(kept.is_empty(), "{text:?} is still there: {kept:?}");
    }
}

/// Whatever people are called and whatever they dial, a document sets the same keys: no text becomes a setting, and none
/// breaks the document for the settings after it.
pub(crate) fn check_any_text(adapter: &dyn Adapter, read: fn(&str) -> Settings) {
    let keys = |desk: &Desk| -> Vec<String> { read(&document(adapter, desk)).into_keys().collect() };
    let usual = keys(&sample::maria(adapter.vendor()));
    let text = "(\\PC|[\u{0}-\u{1f}\u{7f}\u{85}\u{2028}\u{fffe}]|[<>&\"'=#:;@/%$(]){0,40}";
    let cases = ProptestConfig::with_cases(64);
    proptest!(cases, |(label in text, number in text, name in text)| {
        let mut desk = sample::maria(adapter.vendor());
        desk.device.label = label.as_str().into();
        let session = desk.session.as_mut().unwrap();
        session.display_name = name.as_str().into();
        session.profile.line_label = label.as_str().into();
        session.profile.forwarding.always = number.as_str().into();
        session.profile.voicemail_number = number.as_str().into();
        session.profile.lamps[0].extension = number.as_str().into();
        let dial = &mut session.profile.speed_dials[0];
        (dial.label, dial.number) = (label.as_str().into(), number.as_str().into());
        prop_assert_eq!(keys(&desk), usual.clone());
    });
}

/// What is a user's: names, numbers, passwords.
fn texts_of(desk: &Desk) -> Vec<String> {
    let session = desk.session.as_ref().unwrap();
    let (line, profile) = (session.line.as_ref().unwrap(), &session.profile);
    let mut texts = vec![
        session.user.to_string(),
        session.display_name.to_string(),
        session.extension.to_string(),
        line.auth_user.to_string(),
        line.password.expose().to_owned(),
        profile.voicemail_number.to_string(),
        profile.directory_url.to_string(),
        profile.forwarding.always.to_string(),
        profile.forwarding.busy.to_string(),
        profile.forwarding.no_answer.to_string(),
    ];
    texts.extend(profile.speed_dials.iter().map(|dial| dial.number.to_string()));
    texts.extend(profile.lamps.iter().map(|lamp| lamp.extension.to_string()));
    texts
}

/// That a text is well-formed XML, of one element and without what XML 1.0 forbids.
#[track_caller]
pub(crate) fn check_xml(what: &str, text: &str) {
    xml_settings(text);
    let forbidden = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    assert!(!text.chars().any(|c| forbidden(&c)), "{what}");
}

/// The text of every element by its path, with the attributes that tell one from another ("/settings/line[index=1]").
#[track_caller]
pub(crate) fn xml_settings(text: &str) -> Settings {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut path, mut settings, mut roots) = (Vec::<String>::new(), Settings::new(), 0);
    loop {
        match reader.read_event().expect(text) {
            Event::Start(tag) => {
                roots += usize::from(path.is_empty());
                path.push(step(&tag));
                settings.entry(path.join("/")).or_default();
            }
            Event::Empty(tag) => {
                roots += usize::from(path.is_empty());
                path.push(step(&tag));
                settings.entry(path.join("/")).or_default();
                path.pop();
            }
            Event::Text(it) => {
                let it = &*it;
                assert!(
                    !path.is_empty() || it.trim().is_empty(),
                    "text outside the root: {it:?}"
                );
                push(&mut settings, &path, it);
            }
            Event::GeneralRef(it) => {
                push(&mut settings, &path, &reference(&it));
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((path.len(), roots), (0, 1), "{text}");
    settings
}

fn push(settings: &mut Settings, path: &[String], text: &str) {
    if !path.is_empty() {
        settings.get_mut(&path.join("/")).unwrap().push_str(text);
    }
}

fn step(tag: &quick_xml::events::BytesStart<'_>) -> String {
    let mut step = tag.name().as_ref().to_owned();
    for attribute in tag.attributes() {
        let attribute = attribute.unwrap();
        let name = attribute.key.as_ref();
        if matches!(name, "index" | "idx" | "button") {
            step.push_str(&format!("[{}]", attribute.value));
        }
    }
    step
}

fn reference(name: &str) -> String {
    match name {
        "amp" => "&".into(),
        "lt" => "<".into(),
        "gt" => ">".into(),
        "quot" => "\"".into(),
        "#39" => "'".into(),
        other => panic!("a reference that phones may not know: &{other};"),
    }
}

/// A page of each kind, by name.
pub(crate) fn screens() -> Vec<(&'static str, Screen)> {
    let key = |label: &str, action| Key {
        label: label.to_owned(),
        action,
    };
    let app = "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/app";
    let field = |label: &str, parameter, kind, value: &str| Field {
        label: label.to_owned(),
        parameter,
        kind,
        value: value.to_owned(),
    };
    vec![
        (
            "menu",
            Screen {
                title: "Recent here".into(),
                prompt: "Who are you?".into(),
                body: Body::Menu(vec![
                    item("Maria Sousa", &format!("{app}/login?u=2042&n=a1")),
                    item("Zoë & Søn <new>", &format!("{app}/login?u=2077&n=a1")),
                ]),
                keys: vec![key("Close", Action::Exit)],
                refresh: None,
                is_private: false,
            },
        ),
        (
            "input",
            Screen {
                title: "Log in".into(),
                prompt: "Number and PIN".into(),
                body: Body::Input {
                    url: format!("{app}/login?n=q7x2&s=1"),
                    fields: vec![
                        field("Number", "user", FieldKind::Text, "2042"),
                        field("PIN", "pin", FieldKind::Pin, "4711"),
                    ],
                },
                keys: vec![
                    key("Log in", Action::Submit),
                    key("Cancel", Action::Open(app.into())),
                ],
                refresh: None,
                is_private: true,
            },
        ),
        (
            "text",
            Screen {
                title: "You have moved".into(),
                prompt: String::new(),
                body: Body::Text("Moved to New York, desk 7, 09:31.\nNot you? Press Lock.".into()),
                keys: vec![
                    key("Lock", Action::Open(format!("{app}/lock?t=z9"))),
                    key("Close", Action::Exit),
                ],
                refresh: Some((60, app.to_owned())),
                is_private: true,
            },
        ),
    ]
}

/// A page with a code.
pub(crate) fn picture_screen() -> Screen {
    let base = "https://chicago.example.com:8443";
    let address = format!("{base}/d/00156504a1b2/abcdefghijklm");
    let mut screen = screens().remove(2).1;
    screen.title = "Log in".into();
    screen.body = Body::Picture(Picture {
        caption: "Scan this with your mobile to log in.".into(),
        instead: format!("To log in with your mobile, open {address}"),
        address,
        url: format!("{base}/p/k5tq2vwz7m3xj4ha/qr"),
    });
    screen
}

/// Golden file of the page with a code as the model in `browser` shows it, which is told to load a picture of `display`;
/// and that any other gets the address to type.
pub(crate) fn check_picture(adapter: &dyn Adapter, browser: &Browser, display: &str) {
    let screen = picture_screen();
    let page = adapter.page(&screen, browser).unwrap();
    check_xml("picture", &page.body);
    let path = format!("{}/page-picture.xml", adapter.vendor());
    sample::golden(&path, page.body.as_bytes());
    assert!(page.body.contains(&format!("?size={display}")), "{}", page.body);
    let small = Browser {
        user_agent: "T19P snom715 6863i VVX_101 CP-7811".into(),
        ..Browser::default()
    };
    let words = adapter.page(&screen, &small).unwrap().body;
    assert!(words.contains("open https://chicago.example.com:8443/d/") && !words.contains("?size="));
    let mut long = screen;
    if let Body::Picture(picture) = &mut long.body {
        picture.address = "x".repeat(2000);
    }
    let unreadable = adapter.page(&long, browser).unwrap().body;
    assert!(!unreadable.contains("?size="), "no camera reads it");
}

/// Pages with more in them than a phone takes, all of it full of markup.
pub(crate) fn hostile_screens() -> Vec<Screen> {
    let nasty = "]]>&amp;<!--\"'%s\r\n\u{0}\u{1f4de}<a/>".repeat(300);
    let nasty = nasty.as_str();
    let bodies = [
        Body::Text(nasty.to_owned()),
        Body::Menu(
            (0..90)
                .map(|n| item(&format!("{n}{nasty}"), &format!("https://e/?a={n}&b=<>\"'")))
                .collect(),
        ),
        Body::Input {
            url: "https://e/?a=<&b=\"'".into(),
            fields: vec![Field {
                label: nasty.to_owned(),
                parameter: "pin",
                kind: FieldKind::Pin,
                value: nasty.chars().take(200).collect(),
            }],
        },
        Body::Picture(Picture {
            caption: nasty.to_owned(),
            instead: nasty.to_owned(),
            address: "https://e/?a=<&b=\"'".into(),
            url: "https://e/<&\"'".into(),
        }),
    ];
    bodies
        .into_iter()
        .map(|body| Screen {
            title: nasty.to_owned(),
            prompt: nasty.chars().take(200).collect(),
            body,
            keys: vec![Key {
                label: nasty.chars().take(20).collect(),
                action: Action::Open("https://e/?a=<&b=\"'".into()),
            }],
            refresh: None,
            is_private: true,
        })
        .collect()
}

fn item(label: &str, url: &str) -> Item {
    Item {
        label: label.to_owned(),
        url: url.to_owned(),
    }
}

/// Golden files of the pages of each kind, none of which shows a PIN; and that pages full of markup are well-formed.
pub(crate) fn check_pages(adapter: &dyn Adapter, bytes_max: usize) {
    let browser = Browser::default();
    for (name, screen) in screens() {
        let page = adapter.page(&screen, &browser).unwrap();
        check_xml(name, &page.body);
        assert!(!page.body.contains("4711"), "a PIN stands in {name}");
        let path = format!("{}/page-{name}.xml", adapter.vendor());
        sample::golden(&path, page.body.as_bytes());
    }
    for screen in hostile_screens() {
        let page = adapter.page(&screen, &browser).unwrap();
        check_xml(&screen.title, &page.body);
        assert!(page.body.len() <= bytes_max, "{} bytes", page.body.len());
    }
}

/// Golden files of every trigger, for a login and for a logout.
pub(crate) fn check_triggers(adapter: &dyn Adapter) {
    for (what, desk) in [
        ("login", sample::maria(adapter.vendor())),
        ("logout", sample::neutral(adapter.vendor())),
    ] {
        let aim = aim(&desk);
        for means in adapter.means() {
            let trigger = adapter.trigger(means, &aim).unwrap();
            let via = match &trigger {
                Trigger::Notify(_) => Via::Sip,
                Trigger::Http(_) => Via::Http,
            };
            assert_eq!(via, means.via, "{}", means.name);
            let path = format!("{}/trigger-{}-{what}.txt", adapter.vendor(), means.name);
            golden_trigger(&path, &trigger);
        }
    }
}

/// What a trigger of this desk is for.
pub(crate) fn aim(desk: &Desk) -> Aim<'_> {
    Aim {
        device: &desk.device.id,
        stamp: desk.stamp,
        session: desk.session.as_ref(),
        registrar: &desk.service.registrar,
        domain: &desk.service.domain,
        register_call_id: "4f1c@192.0.2.77",
    }
}

/// Compares a trigger with a golden file: what it adds to the message's head, an empty line, the body as it is.
pub(crate) fn golden_trigger(path: &str, trigger: &Trigger) {
    let (mut head, body) = match trigger {
        Trigger::Notify(notify) => {
            let mut head = String::from("NOTIFY\r\n");
            let mut field = |name: &str, value: Option<&str>| {
                head.extend(value.map(|value| format!("{name}: {value}\r\n")));
            };
            field("Event", notify.event.as_deref());
            field("Subscription-State", notify.subscription_state);
            field("Content-Type", notify.content_type);
            (head, &notify.body)
        }
        Trigger::Http(push) => {
            let mut head = format!("{} {}\r\n", push.method, push.path);
            head.extend(push.content_type.map(|kind| format!("Content-Type: {kind}\r\n")));
            head.push_str(&format!("({:?}, {:?})\r\n", push.auth, push.accepted));
            (head, &push.body)
        }
    };
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    sample::golden(path, &bytes);
}
