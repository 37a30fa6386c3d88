//! Pages of the phone's XML application, in the two languages that these phones have: `Screen` (GXP21xx of the first
//! generation, and whatever does not say its model) and `xmlapp` (GXP2130 and later, GRP).
//!
//! What is typed is sent as a query: these phones have no other way. Whether they follow a `Refresh` header is not
//! known; without it a page stays until a key is pressed.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::screen::{Action, Body, Browser, Field, FieldKind, Key, Page, Screen};
use crate::template::Format;
use crate::vendors::fit::cut;
use crate::vendors::screens;
use crate::vendors::templates::Templates;

/// Items of a list that get a soft key (there are no lists); further ones are not shown.
const ITEMS_MAX: usize = 8;
/// Pixels from one line to the next.
const LINE_HEIGHT: usize = 20;
/// Characters that fit into a field.
const FIELD_LENGTH: u8 = 64;

/// Models, in the User-Agent, whose pages are `xmlapp`.
const LATER: [&str; 8] = [
    "GRP26", "GXP2130", "GXP2135", "GXP2140", "GXP2160", "GXP2170", "GXP17", "GRP25",
];

/// The most of each that a page shows; what is longer, or more, is left out.
const TEXT_CHARS_MAX: usize = 1_000;
const LABEL_CHARS_MAX: usize = 64;
const FIELDS_MAX: usize = 4;
const KEYS_MAX: usize = 4;

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[
            ("screen", include_str!("templates/screen.xml")),
            ("xmlapp", include_str!("templates/xmlapp.xml")),
        ],
    )
});

/// See [`Adapter::page`](crate::Adapter::page).
pub(super) fn page(screen: &Screen, browser: &Browser) -> Option<Page> {
    let screen = &*screen.in_words();
    let is_later = LATER.iter().any(|model| browser.user_agent.contains(model));
    let template = if is_later { "xmlapp" } else { "screen" };
    let body = TEMPLATES.render(template, values(screen, !is_later)).ok()?;
    Some(Page {
        content_type: "application/xml; charset=utf-8",
        headers: screens::headers(screen),
        body,
    })
}

/// `is_placed`: texts and fields stand where they are put, one below the other, so that the title and what is asked are
/// texts too.
fn values(screen: &Screen, is_placed: bool) -> Value {
    let mut lines: Vec<&str> = Vec::new();
    let mut fields = Vec::new();
    if is_placed {
        lines.push(cut(&screen.title, LABEL_CHARS_MAX));
    }
    match &screen.body {
        // Told in words before.
        Body::Picture(_) => {}
        Body::Text(text) => lines.extend(cut(text, TEXT_CHARS_MAX).lines()),
        Body::Menu(items) => lines.extend(
            items
                .iter()
                .take(ITEMS_MAX)
                .map(|item| cut(&item.label, LABEL_CHARS_MAX)),
        ),
        Body::Input { fields: asked, .. } => {
            for field in asked.iter().take(FIELDS_MAX) {
                if is_placed {
                    lines.push(cut(&field.label, LABEL_CHARS_MAX));
                    fields.push(input(field, lines.len() * LINE_HEIGHT));
                    lines.push("");
                } else {
                    fields.push(input(field, 0));
                }
            }
        }
    }
    if !screen.prompt.is_empty() {
        lines.push(cut(&screen.prompt, TEXT_CHARS_MAX));
    }
    let texts = lines.iter().enumerate().filter(|(_, text)| !text.is_empty());
    let placed: Vec<Value> = texts
        .map(|(row, text)| context! { y => row * LINE_HEIGHT, text => *text })
        .collect();
    context! {
        title => cut(&screen.title, LABEL_CHARS_MAX),
        lines => placed,
        fields,
        keys => keys(screen),
    }
}

fn input(field: &Field, y: usize) -> Value {
    // What was typed as a PIN is never sent back.
    let (kind, data_type, value) = match field.kind {
        FieldKind::Number => ("text", "int", cut(&field.value, LABEL_CHARS_MAX)),
        FieldKind::Text => ("text", "string", cut(&field.value, LABEL_CHARS_MAX)),
        FieldKind::Pin => ("password", "int", ""),
    };
    context! {
        label => cut(&field.label, LABEL_CHARS_MAX),
        name => field.parameter,
        type => kind,
        data_type,
        value => value,
        length => FIELD_LENGTH,
        y,
    }
}

/// Soft keys: the items of a list, what sends a form (which no page can do without), and the page's own.
fn keys(screen: &Screen) -> Vec<Value> {
    let key = |action: &str, label: &str, url: &str| {
        let label = cut(label, LABEL_CHARS_MAX);
        context! { action, label, url }
    };
    let (mut keys, mut send_to) = (Vec::new(), None);
    match &screen.body {
        Body::Text(_) | Body::Picture(_) => {}
        Body::Menu(items) => {
            let items = items.iter().take(ITEMS_MAX);
            keys.extend(items.map(|item| key("UseURL", &item.label, &item.url)));
        }
        Body::Input { url, .. } => send_to = Some(url.as_str()),
    }
    let can_send = screen.keys.iter().any(|key| key.action == Action::Submit);
    if let (Some(url), false) = (send_to, can_send) {
        keys.push(key("AppendInputURL", "OK", url));
    }
    for Key { label, action } in screen.keys.iter().take(KEYS_MAX) {
        match (action, send_to) {
            (Action::Open(url), _) => keys.push(key("UseURL", label, url)),
            (Action::Submit, Some(url)) => keys.push(key("AppendInputURL", label, url)),
            (Action::Submit, None) => {}
            (Action::Exit, _) => keys.push(key("QuitApp", label, "")),
        }
    }
    keys
}
