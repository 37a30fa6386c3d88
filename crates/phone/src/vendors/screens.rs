//! Pages of the login application for browsers of the Yealink kind: Yealink's own, and Fanvil's after it.
//!
//! One object per document; what was typed comes back as query of a GET, so the address must be one that is used once.
//! A vendor's template "page.xml" writes the names of the elements.

use minijinja::{Value, context};

use crate::picture::Size;
use crate::screen::{Action, Body, Field, FieldKind, Key, Page, Screen};
use crate::vendors::fit::cut;
use crate::vendors::templates::Templates;

/// Bytes of a document; the phone shows nothing of a longer one. Items and text are left out until it fits.
const PAGE_BYTES_MAX: usize = 10_000;
/// Items of a menu.
const ITEMS_MAX: usize = 30;
/// Characters of a title, a label, a prompt.
const LABEL_CHARS_MAX: usize = 64;
/// Characters of a text: with every one of them escaped it may still be too long, and is then cut further.
const TEXT_CHARS_MAX: usize = 2_000;
/// How much of the rest is kept when a page is too long.
const SHRINK: (usize, usize) = (3, 4);
/// Seconds until the phone goes back to its idle screen; longer for a page that loads the next one by itself.
const TIMEOUT_S: u32 = 60;
/// By how much longer.
const REFRESH_MARGIN_S: u32 = 5;

const SUBMIT: &str = "SoftKey:Submit";
const SELECT: &str = "SoftKey:Select";
const EXIT: &str = "SoftKey:Exit";
const DELETE: &str = "SoftKey:BackSpace";

/// The answer to a phone that asks for a page; `display`: the room for a picture, where it shows one.
pub(crate) fn page(templates: &Templates, screen: &Screen, display: Option<Size>) -> Option<Page> {
    let refresh = screen.refresh.as_ref();
    Some(Page {
        content_type: "text/xml; charset=utf-8",
        headers: refresh
            .map(|(seconds, url)| ("Refresh", format!("{seconds}; url={url}")))
            .into_iter()
            .collect(),
        body: fitted(templates, screen, display, false)?,
    })
}

/// What goes with a page to browsers that honour the usual headers: whether it may be kept, and which page follows.
pub(crate) fn headers(screen: &Screen) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if screen.is_private {
        headers.push(("Cache-Control", "no-store".to_owned()));
    }
    if let Some((seconds, url)) = &screen.refresh {
        headers.push(("Refresh", format!("{seconds}; url={url}")));
    }
    headers
}

/// The document of a page that nobody has asked for.
pub(crate) fn body(templates: &Templates, screen: &Screen) -> Option<String> {
    fitted(templates, screen, None, true)
}

fn fitted(templates: &Templates, screen: &Screen, display: Option<Size>, beep: bool) -> Option<String> {
    let mut room = Room {
        items: ITEMS_MAX,
        text: TEXT_CHARS_MAX,
    };
    loop {
        let body = templates
            .render("page.xml", values(screen, display, room, beep))
            .ok()?;
        let is_smallest = room.items <= 1 && room.text <= 1;
        if body.len() <= PAGE_BYTES_MAX || is_smallest {
            return Some(body);
        }
        room = room.less();
    }
}

/// How much of a page is shown.
#[derive(Clone, Copy)]
struct Room {
    items: usize,
    text: usize,
}

impl Room {
    fn less(self) -> Self {
        let shrunk = |n: usize| (n * SHRINK.0 / SHRINK.1).max(1);
        Self {
            items: shrunk(self.items),
            text: shrunk(self.text),
        }
    }
}

fn values(screen: &Screen, display: Option<Size>, room: Room, beep: bool) -> Value {
    let yes = |it: bool| if it { "yes" } else { "no" };
    let keys = keys(screen);
    let done = done(&keys).to_owned();
    let refresh = screen.refresh.as_ref().map_or(0, |(seconds, _)| *seconds);
    let prompted = |title: &str| match screen.prompt.as_str() {
        "" => title.to_owned(),
        prompt => format!("{title} - {}", cut(prompt, LABEL_CHARS_MAX)),
    };
    let common = context! {
        destroy => yes(screen.is_private),
        beep => yes(beep),
        timeout => TIMEOUT_S.max(refresh.saturating_add(REFRESH_MARGIN_S)),
        done,
        keys => keys.into_iter().map(|(label, uri)| context! { label, uri }).collect::<Vec<_>>(),
    };
    let title = cut(&screen.title, LABEL_CHARS_MAX);
    match &screen.body {
        Body::Menu(items) => context! {
            kind => "menu",
            title => prompted(title),
            items => items.iter().take(room.items).map(|item| context! {
                label => cut(&item.label, LABEL_CHARS_MAX), url => item.url.as_str(),
            }).collect::<Vec<_>>(),
            ..common
        },
        Body::Input { url, fields } => context! {
            kind => "input",
            title => prompted(title),
            url,
            fields => fields.iter().map(field).collect::<Vec<_>>(),
            ..common
        },
        Body::Picture(it) => match screen.picture(display) {
            Some((it, size)) => context! {
                kind => "picture",
                url => it.png_url(size),
                width => size.width(),
                height => size.height(),
                ..common
            },
            None => text(title, cut(&it.instead, room.text), common),
        },
        Body::Text(it) => text(title, cut(&with_prompt(it, &screen.prompt), room.text), common),
    }
}

fn text(title: &str, text: &str, common: Value) -> Value {
    context! { kind => "text", title, text, ..common }
}

/// A text screen has no line at the bottom: the prompt is the last line of the text.
fn with_prompt(text: &str, prompt: &str) -> String {
    if prompt.is_empty() {
        return text.to_owned();
    }
    format!("{text}\n{prompt}")
}

fn field(field: &Field) -> Value {
    let (input, masked) = match field.kind {
        FieldKind::Number => ("number", "no"),
        FieldKind::Text => ("string", "no"),
        FieldKind::Pin => ("number", "yes"),
    };
    context! {
        input, masked,
        label => cut(&field.label, LABEL_CHARS_MAX),
        parameter => field.parameter,
        // A PIN that stands there already would be readable in the document.
        value => if field.kind == FieldKind::Pin { "" } else { field.value.as_str() },
    }
}

/// The soft keys, with what a page cannot do without: a form can be sent and a letter taken back.
fn keys(screen: &Screen) -> Vec<(String, String)> {
    const KEYS_MAX: usize = 4;
    let submit = match screen.body {
        Body::Input { .. } => SUBMIT,
        Body::Menu(_) => SELECT,
        Body::Text(_) | Body::Picture(_) => EXIT,
    };
    let mut keys: Vec<_> = screen.keys.iter().map(|key| soft_key(key, submit)).collect();
    if matches!(screen.body, Body::Input { .. }) {
        for (label, uri) in [("OK", SUBMIT), ("<-", DELETE)] {
            if !keys.iter().any(|(_, known)| known == uri) && keys.len() < KEYS_MAX {
                keys.push((label.to_owned(), uri.to_owned()));
            }
        }
    }
    keys.truncate(KEYS_MAX);
    keys
}

/// What the OK key of a text screen does: leaves it, where that is offered; what else is offered (lock the account) may
/// not be what somebody means who only confirms that they have read it.
fn done(keys: &[(String, String)]) -> &str {
    let leaves = keys.iter().any(|(_, uri)| uri == EXIT);
    let first = keys.first().filter(|_| !leaves);
    first.map_or(EXIT, |(_, uri)| uri.as_str())
}

fn soft_key(key: &Key, submit: &str) -> (String, String) {
    let uri = match &key.action {
        Action::Open(url) => url.as_str(),
        Action::Submit => submit,
        Action::Exit => EXIT,
    };
    (key.label.clone(), uri.to_owned())
}
