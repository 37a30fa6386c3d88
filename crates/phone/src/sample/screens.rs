//! Pages, requests to phones, and how each looks on the wire.

use crate::desk::Desk;
use crate::screen::{Action, Body, Browser, Field, FieldKind, Item, Key, Page, Screen};
use crate::trigger::{Aim, HttpPush, Notify, Trigger};
use crate::vendor::Vendor;

/// Under this are all pages of the made-up login application.
const APP: &str = "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/app";

/// Pages of every kind, each with the name of its golden file. The first is a text that leads on by itself; the second
/// asks for a PIN; the last is full of markup.
#[must_use]
pub fn screens() -> Vec<(&'static str, Screen)> {
    vec![
        ("text", moved()),
        ("login", login()),
        ("menu", menu()),
        ("hostile", hostile()),
    ]
}

fn moved() -> Screen {
    Screen {
        title: "Moved".into(),
        prompt: "HD1001-7K3QX2".into(),
        body: Body::Text("You are now in Chicago, desk 12, 09:31.\nNot you? Press Lock.".into()),
        keys: vec![
            key(
                "Lock",
                Action::Open("https://chicago.example.com:8443/lock/3vq7".into()),
            ),
            key("Close", Action::Exit),
        ],
        refresh: Some((60, APP.into())),
        is_private: false,
    }
}

fn login() -> Screen {
    Screen {
        title: "Log in".into(),
        prompt: "Type your number and PIN".into(),
        body: Body::Input {
            url: format!("{APP}/in?t=x7k2&d=12"),
            fields: vec![
                field("Number", "user", FieldKind::Number, "2042"),
                field("PIN", "pin", FieldKind::Pin, ""),
            ],
        },
        keys: vec![key("Log in", Action::Submit), key("Cancel", Action::Exit)],
        refresh: None,
        is_private: true,
    }
}

fn menu() -> Screen {
    let item = |label: &str, page: &str| Item {
        label: label.into(),
        url: format!("{APP}/{page}"),
    };
    Screen {
        title: "Recent here".into(),
        prompt: String::new(),
        body: Body::Menu(vec![
            item("Maria Sousa", "in?u=1&t=x7k2"),
            item("João & Inês", "in?u=2&t=x7k2"),
            item("Somebody else", "in?t=x7k2"),
        ]),
        keys: vec![key("Select", Action::Submit)],
        refresh: None,
        is_private: false,
    }
}

fn hostile() -> Screen {
    const TROUBLE: &str = "]]>&amp;<!-- \"'%s;#</Title>\u{1}\u{1f4de}";
    Screen {
        title: TROUBLE.into(),
        prompt: TROUBLE.into(),
        body: Body::Input {
            url: format!("{APP}/in?a=1&b=\"<>'"),
            fields: vec![field(TROUBLE, "name", FieldKind::Text, TROUBLE)],
        },
        keys: vec![key(TROUBLE, Action::Open(format!("{APP}?a=1&b=\"<>'")))],
        refresh: None,
        is_private: false,
    }
}

fn key(label: &str, action: Action) -> Key {
    Key {
        label: label.into(),
        action,
    }
}

fn field(label: &str, parameter: &'static str, kind: FieldKind, value: &str) -> Field {
    Field {
        label: label.into(),
        parameter,
        kind,
        value: value.into(),
    }
}

/// What a phone of a vendor says about its screen: nothing that a page may depend on without saying so.
#[must_use]
pub fn browser(vendor: Vendor) -> Browser {
    Browser {
        user_agent: vendor.name().into(),
        model: "".into(),
        display: None,
    }
}

/// A trigger for the phone to show what `desk` says.
#[must_use]
pub fn aim(desk: &Desk) -> Aim<'_> {
    Aim {
        device: &desk.device.id,
        stamp: desk.stamp,
        session: desk.session.as_ref(),
        registrar: &desk.service.registrar,
        domain: &desk.service.domain,
        register_call_id: "a84b4c76e66710@192.0.2.44",
    }
}

/// A trigger as lines, for a golden file: what it goes by, its header fields, an empty line, the body.
#[must_use]
pub fn bytes(trigger: &Trigger) -> Vec<u8> {
    match trigger {
        Trigger::Notify(notify) => notify_bytes(notify),
        Trigger::Http(push) => push_bytes(push),
    }
}

fn notify_bytes(notify: &Notify) -> Vec<u8> {
    let mut head = String::from("NOTIFY\n");
    for (name, value) in [
        ("Event", notify.event.as_deref()),
        ("Subscription-State", notify.subscription_state),
        ("Content-Type", notify.content_type),
    ] {
        if let Some(value) = value {
            head.push_str(&format!("{name}: {value}\n"));
        }
    }
    [head.as_bytes(), b"\n", &notify.body].concat()
}

fn push_bytes(push: &HttpPush) -> Vec<u8> {
    let mut head = format!("{} {}\n", push.method, push.path);
    if let Some(content_type) = push.content_type {
        head.push_str(&format!("Content-Type: {content_type}\n"));
    }
    head.push_str(&format!("Authorization: {:?}\n", push.auth));
    head.push_str(&format!("Done when: {:?}\n\n", push.accepted));
    [head.as_bytes(), &push.body].concat()
}

/// A page as lines, for a golden file: its header fields, an empty line, the document.
#[must_use]
pub fn page_bytes(page: &Page) -> Vec<u8> {
    let mut text = format!("Content-Type: {}\n", page.content_type);
    for (name, value) in &page.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    text.push_str(&page.body);
    text.into_bytes()
}
