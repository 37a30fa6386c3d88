//! Pages for the phone's browser: XHTML with soft keys, and forms that are sent as a form, so that no PIN is in a URL.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::picture::Size;
use crate::screen::{Action, Body, Field, FieldKind, Key, Page, Screen};
use crate::template::Format;
use crate::trigger::{Accepted, HttpAuth, HttpPush, Notice, Trigger};
use crate::vendors::fit::cut;
use crate::vendors::screens;
use crate::vendors::templates::Templates;

/// The most of each that a page shows; what is longer, or more, is left out.
const TEXT_CHARS_MAX: usize = 1_000;
const LABEL_CHARS_MAX: usize = 64;
const ITEMS_MAX: usize = 30;
const FIELDS_MAX: usize = 4;
const KEYS_MAX: usize = 4;

static TEMPLATES: LazyLock<Templates> =
    LazyLock::new(|| Templates::new(Format::Xml, &[("page", include_str!("templates/page.xhtml"))]));

/// The room for a picture, in pixels, beside the line keys of a display of 320 by 240; and the models whose display has
/// room for a smaller one, or none.
const DISPLAY: (u16, u16) = (168, 168);
const SMALL_DISPLAYS: [&str; 3] = ["VVX_300", "VVX_301", "VVX_311"];
const SMALL_DISPLAY: (u16, u16) = (104, 104);
const NO_DISPLAYS: [&str; 5] = ["VVX_101", "VVX_150", "VVX_201", "Edge_B10", "EdgeB10"];

/// See [`Adapter::page`](crate::Adapter::page).
pub(super) fn page(screen: &Screen, user_agent: &str) -> Option<Page> {
    Some(Page {
        content_type: "text/html; charset=utf-8",
        headers: screens::headers(screen),
        body: render(screen, display(user_agent), true)?,
    })
}

/// See [`Adapter::notice`](crate::Adapter::notice). The phone shows it at once and asks for the push password.
pub(super) fn notice(notice: &Notice<'_>) -> Option<Trigger> {
    let inner = render(notice.screen, None, false)?;
    let body = format!("<PolycomIPPhone>\n<Data priority=\"critical\">\n{inner}</Data>\n</PolycomIPPhone>\n");
    Some(Trigger::Http(HttpPush {
        method: "POST",
        path: "/push".to_owned(),
        content_type: Some("application/x-com-polycom-spipx"),
        body: body.into_bytes(),
        auth: HttpAuth::AsAsked,
        accepted: Accepted::Success,
    }))
}

fn display(user_agent: &str) -> Option<Size> {
    let is = |models: &[&str]| models.iter().any(|model| user_agent.contains(model));
    let (width, height) = if is(&SMALL_DISPLAYS) {
        SMALL_DISPLAY
    } else {
        DISPLAY
    };
    Size::within(width, height).filter(|_| !is(&NO_DISPLAYS))
}

/// A whole page, or only what is in it. `None` would be a template of ours that does not render; tests render every
/// branch of it.
fn render(screen: &Screen, display: Option<Size>, is_page: bool) -> Option<String> {
    let (mut lines, mut items, mut action, mut fields) = (Vec::new(), Vec::new(), "", Vec::new());
    let picture = screen.picture(display);
    match &screen.body {
        Body::Picture(it) => {
            let words = picture.map_or(&it.instead, |(it, _)| &it.caption);
            lines.extend(cut(words, TEXT_CHARS_MAX).lines());
        }
        Body::Text(text) => lines.extend(cut(text, TEXT_CHARS_MAX).lines()),
        Body::Menu(menu) => {
            items.extend(menu.iter().take(ITEMS_MAX).map(
                |item| context! { label => cut(&item.label, LABEL_CHARS_MAX), url => item.url.as_str() },
            ));
        }
        Body::Input { url, fields: asked } => {
            action = url;
            fields.extend(asked.iter().take(FIELDS_MAX).map(input));
        }
    }
    let refresh = screen.refresh.as_ref();
    let values = context! {
        is_page,
        title => cut(&screen.title, LABEL_CHARS_MAX),
        prompt => cut(&screen.prompt, TEXT_CHARS_MAX),
        refresh => refresh.map_or_else(String::new, |(seconds, url)| format!("{seconds};url={url}")),
        picture => picture.map_or_else(|| Value::from(false), |(it, size)| {
            context! { url => it.bmp_url(size), width => size.width(), height => size.height() }
        }),
        lines => Value::from_iter(lines),
        items => items,
        action => action,
        fields => fields,
        keys => keys(screen),
    };
    TEMPLATES.render("page", values).ok()
}

fn input(field: &Field) -> Value {
    // What was typed as a PIN is never sent back.
    let (kind, value) = match field.kind {
        FieldKind::Number | FieldKind::Text => ("text", cut(&field.value, LABEL_CHARS_MAX)),
        FieldKind::Pin => ("password", ""),
    };
    context! {
        label => cut(&field.label, LABEL_CHARS_MAX),
        type => kind,
        name => field.parameter,
        value => value,
    }
}

/// Soft keys. A page of its own keys has no others, so a form gets one to send it where the page gives none; in a list
/// the phone's own key chooses.
fn keys(screen: &Screen) -> Vec<Value> {
    let is_form = matches!(screen.body, Body::Input { .. });
    let mut keys: Vec<Value> = screen
        .keys
        .iter()
        .take(KEYS_MAX)
        .filter_map(|Key { label, action }| {
            let action = match action {
                Action::Open(url) => format!("SoftKey:Fetch;{url}"),
                Action::Submit if is_form => "SoftKey:Submit".to_owned(),
                Action::Submit => return None,
                Action::Exit => "SoftKey:Exit".to_owned(),
            };
            let label = cut(label, LABEL_CHARS_MAX);
            Some(context! { label, action })
        })
        .collect();
    let can_send = screen.keys.iter().any(|key| key.action == Action::Submit);
    if is_form && !can_send {
        keys.insert(0, context! { label => "OK", action => "SoftKey:Submit" });
    }
    keys
}
