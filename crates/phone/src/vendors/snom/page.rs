//! Pages of the login application as Snom's minibrowser shows them.
//!
//! An input page asks for one thing. Of a form with several fields the first one without a value is asked, and those
//! that have one go along in the address; the application asks for what is still missing.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::picture::Size;
use crate::screen::{Action, Body, Field, FieldKind, Key, Page, Screen};
use crate::template::Format;
use crate::vendors::fit::{cut, room};
use crate::vendors::templates::Templates;

/// Items of a menu.
const ITEMS_MAX: usize = 30;
/// Characters of a title, a label, a prompt.
const LABEL_CHARS_MAX: usize = 64;
/// Characters of a text.
const TEXT_CHARS_MAX: usize = 1_000;
/// Soft keys below the screen.
const KEYS_MAX: usize = 4;
/// What the phone replaces in the address by what was typed.
const TOKEN: &str = "__Y__";
/// Leaves the minibrowser.
const EXIT: &str = "snom://mb_exit";

static PAGE: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(Format::Xml, &[("page.xml", include_str!("templates/page.xml"))])
        .with_filter("plain", plain)
});

/// A text without expressions: the minibrowser replaces "$(set:user_pass1)" by the setting, wherever it stands.
fn plain(text: &str) -> String {
    text.replace("$(", "$ (").replace("$[", "$ [")
}

/// The room for a picture by model, in pixels: the display less the lines above and the soft keys below. On the models
/// with 128 by 64 points no code fits.
const DISPLAYS: [(&str, u16, u16); 9] = [
    ("D713", 320, 168),
    ("D735", 320, 168),
    ("D765", 320, 168),
    ("D375", 480, 200),
    ("D385", 480, 200),
    ("D785", 480, 200),
    ("D717", 426, 168),
    ("D862", 800, 400),
    ("D865", 800, 400),
];

pub(super) fn page(screen: &Screen, user_agent: &str) -> Option<Page> {
    Some(Page {
        content_type: "text/xml; charset=utf-8",
        headers: Vec::new(),
        body: shown(screen, room(user_agent, &DISPLAYS))?,
    })
}

pub(super) fn body(screen: &Screen) -> Option<String> {
    shown(screen, None)
}

fn shown(screen: &Screen, display: Option<Size>) -> Option<String> {
    PAGE.render("page.xml", values(screen, display)).ok()
}

fn values(screen: &Screen, display: Option<Size>) -> Value {
    let title = cut(&screen.title, LABEL_CHARS_MAX);
    let prompted = match screen.prompt.as_str() {
        "" => title.to_owned(),
        prompt => format!("{title} - {}", cut(prompt, LABEL_CHARS_MAX)),
    };
    let fetch = screen.refresh.as_ref().map(|(seconds, url)| {
        context! { mil => u64::from(*seconds) * 1000, url }
    });
    let common = context! {
        track => if screen.is_private { "no" } else { "yes" },
        keys => screen.keys.iter().filter_map(soft_key).take(KEYS_MAX).collect::<Vec<_>>(),
        fetch => fetch.unwrap_or_else(|| Value::from(false)),
        title => prompted,
    };
    match &screen.body {
        Body::Menu(items) => context! {
            kind => "menu", object => "Menu",
            items => items.iter().take(ITEMS_MAX).map(|item| context! {
                label => cut(&item.label, LABEL_CHARS_MAX), url => item.url.as_str(),
            }).collect::<Vec<_>>(),
            ..common
        },
        Body::Input { url, fields } => {
            let (url, asked) = ask(url, fields);
            context! {
                kind => "input", object => "Input", url, token => TOKEN,
                field => context! {
                    label => asked.map_or("", |field| cut(&field.label, LABEL_CHARS_MAX)),
                    flags => asked.map_or("n", |field| flags(field.kind)),
                },
                ..common
            }
        }
        Body::Picture(it) => match screen.picture(display) {
            Some((it, size)) => context! {
                kind => "picture", object => "ImageFile", url => it.png_url(size), ..common
            },
            None => text(&it.instead, common),
        },
        Body::Text(it) => text(it, common),
    }
}

fn text(text: &str, common: Value) -> Value {
    context! { kind => "text", object => "Text", text => cut(text, TEXT_CHARS_MAX), ..common }
}

/// The address with the fields that have a value and the token for the one that is asked.
fn ask<'a>(url: &str, fields: &'a [Field]) -> (String, Option<&'a Field>) {
    // A PIN is always asked for and never in the page.
    let is_asked = |field: &&Field| field.kind == FieldKind::Pin || field.value.is_empty();
    let asked = fields.iter().find(is_asked).or_else(|| fields.last());
    let mut url = url.to_owned();
    let mut add = |name: &str, value: &str| {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&format!("{name}={value}"));
    };
    for field in fields {
        match asked {
            Some(asked) if asked.parameter == field.parameter => add(field.parameter, TOKEN),
            _ if is_asked(&field) => {}
            _ => add(field.parameter, &in_query(&field.value)),
        }
    }
    (url, asked)
}

/// A text as the value of a query (RFC 3986 §2.3): all but letters, digits and four signs by their codes.
pub(super) fn in_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The minibrowser's names for what may be typed: "pn" is a number that is not shown, "e" a number with letters.
fn flags(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Number => "n",
        FieldKind::Text => "e",
        FieldKind::Pin => "pn",
    }
}

/// The OK key of the phone sends and opens; it needs no soft key.
fn soft_key(key: &Key) -> Option<Value> {
    let url = match &key.action {
        Action::Open(url) => url.as_str(),
        Action::Exit => EXIT,
        Action::Submit => return None,
    };
    Some(context! { label => cut(&key.label, LABEL_CHARS_MAX), url })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(parameter: &'static str, kind: FieldKind, value: &str) -> Field {
        Field {
            label: parameter.to_owned(),
            parameter,
            kind,
            value: value.to_owned(),
        }
    }

    #[test]
    fn one_thing_is_asked_at_a_time() {
        let user = |value| field("user", FieldKind::Text, value);
        let pin = field("pin", FieldKind::Pin, "4711");
        for (value, url) in [
            ("", "https://e/login?n=1&user=__Y__"),
            ("20 42", "https://e/login?n=1&user=20%2042&pin=__Y__"),
        ] {
            assert_eq!(ask("https://e/login?n=1", &[user(value), pin.clone()]).0, url);
        }
        assert_eq!(ask("https://e/login", &[pin]).0, "https://e/login?pin=__Y__");
    }

    #[test]
    fn an_expression_is_not_evaluated() {
        assert_eq!(plain("$(set:user_pass1) $[x]"), "$ (set:user_pass1) $ [x]");
    }
}
