//! Pages of the login application in the phone's own XML.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::picture::Size;
use crate::screen::{Action, Body, Field, FieldKind, Page, Screen};
use crate::template::Format;
use crate::vendors::fit::{cut, room};
use crate::vendors::templates::Templates;

pub(super) const CONTENT_TYPE: &str = "text/xml; charset=UTF-8";

/// Items of a menu that the phone takes.
const ITEMS_MAX: usize = 30;

/// Fields of a form.
const FIELDS_MAX: usize = 4;

/// Soft keys of a page on the smallest models that have any.
const KEYS_MAX: usize = 5;

/// Characters of a line, and of a key.
const LINE_CHARS_MAX: usize = 64;
const KEY_CHARS_MAX: usize = 12;

/// Characters of a text: the phone takes a page of 10 kB, in which each may be five bytes.
const TEXT_CHARS_MAX: usize = 1000;

static TEMPLATES: LazyLock<Templates> =
    LazyLock::new(|| Templates::new(Format::Xml, &[("page.xml", include_str!("templates/page.xml"))]));

/// The room for a picture by model, in pixels. Those without a colour display take bitmaps of 144 by 40 pixels, in which
/// no code fits; the 6905 to 6865i take none.
const DISPLAYS: [(&str, u16, u16); 9] = [
    ("6739i", 380, 340),
    ("6867i", 320, 184),
    ("6869i", 480, 192),
    ("6873i", 800, 372),
    ("6920", 320, 184),
    ("6930", 480, 192),
    ("6940", 800, 372),
    ("6915", 320, 184),
    ("6970", 800, 372),
];

/// The page.
pub(super) fn render(screen: &Screen, user_agent: &str) -> Page {
    let body = TEMPLATES
        .render("page.xml", view(screen, room(user_agent, &DISPLAYS)))
        .expect("the template uses no name but those of the view; the tests render every kind of page");
    let refresh = screen.refresh.as_ref();
    Page {
        content_type: CONTENT_TYPE,
        headers: refresh
            .map(|(seconds, url)| ("Refresh", format!("{seconds}; url={url}")))
            .into_iter()
            .collect(),
        body,
    }
}

fn view(screen: &Screen, display: Option<Size>) -> Value {
    let picture = screen.picture(display);
    let (kind, text, url) = match &screen.body {
        Body::Text(text) => ("text", text.clone(), ""),
        Body::Menu(_) => ("menu", String::new(), ""),
        Body::Input { url, .. } => ("input", String::new(), url.as_str()),
        Body::Picture(_) if picture.is_some() => ("picture", String::new(), ""),
        Body::Picture(it) => ("text", it.instead.clone(), ""),
    };
    let items = match &screen.body {
        Body::Menu(items) => items.as_slice(),
        Body::Text(_) | Body::Input { .. } | Body::Picture(_) => &[],
    };
    let fields = match &screen.body {
        Body::Input { fields, .. } => fields.as_slice(),
        Body::Text(_) | Body::Menu(_) | Body::Picture(_) => &[],
    };
    // The phone has no line for the prompt, so a text takes it in; on other pages the title alone must do.
    let text = match screen.prompt.as_str() {
        "" => text,
        prompt => format!("{text}\n{prompt}"),
    };
    let items: Vec<Value> = items
        .iter()
        .take(ITEMS_MAX)
        .map(|item| context! { label => cut(&item.label, LINE_CHARS_MAX), url => item.url.as_str() })
        .collect();
    context! {
        kind,
        title => cut(&screen.title, LINE_CHARS_MAX),
        text => cut(&text, TEXT_CHARS_MAX),
        url,
        picture => picture.map_or_else(|| Value::from(false), |(it, size)| {
            context! { url => it.png_url(size), width => size.width(), height => size.height() }
        }),
        items,
        fields => fields.iter().take(FIELDS_MAX).map(field).collect::<Vec<_>>(),
        keys => keys(screen),
    }
}

fn field(field: &Field) -> Value {
    let is_pin = field.kind == FieldKind::Pin;
    context! {
        type => if field.kind == FieldKind::Text { "string" } else { "number" },
        password => if is_pin { "yes" } else { "no" },
        label => cut(&field.label, LINE_CHARS_MAX),
        parameter => field.parameter,
        // What was typed into a PIN field is never sent back.
        value => if is_pin { "" } else { cut(&field.value, LINE_CHARS_MAX) },
    }
}

/// The soft keys. A page that names one of its own loses all that the phone would show, so those are named as well.
fn keys(screen: &Screen) -> Vec<Value> {
    if screen.keys.is_empty() {
        return Vec::new();
    }
    let submits = match screen.body {
        Body::Text(_) | Body::Picture(_) => None,
        Body::Menu(_) => Some("SoftKey:Select"),
        Body::Input { .. } => Some("SoftKey:Submit"),
    };
    let exit = "SoftKey:Exit";
    let has = |action: &Action| screen.keys.iter().any(|key| key.action == *action);
    let mut keys = Vec::with_capacity(KEYS_MAX);
    if let Some(uri) = submits.filter(|_| !has(&Action::Submit)) {
        keys.push(("OK", uri));
    }
    if matches!(screen.body, Body::Input { .. }) {
        keys.push(("<<", "SoftKey:BackSpace"));
    }
    let room = KEYS_MAX - keys.len() - usize::from(!has(&Action::Exit));
    let own = screen.keys.iter().filter_map(|key| match &key.action {
        Action::Open(url) => Some((key.label.as_str(), url.as_str())),
        Action::Submit => submits.map(|uri| (key.label.as_str(), uri)),
        Action::Exit => Some((key.label.as_str(), exit)),
    });
    keys.extend(own.take(room));
    if !has(&Action::Exit) {
        keys.push(("X", exit));
    }
    keys.into_iter()
        .map(|(label, url)| context! { label => cut(label, KEY_CHARS_MAX), url })
        .collect()
}
