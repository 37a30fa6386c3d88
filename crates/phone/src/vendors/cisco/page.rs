//! Pages of the login application in Cisco's phone XML, for enterprise and multiplatform phones.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::picture::Size;
use crate::screen::{Action, Body, Browser, Field, FieldKind, Key, Page, Screen};
use crate::template::Format;
use crate::vendors::fit::cut;
use crate::vendors::templates::Templates;

/// Items of a menu that the phone takes; the application shows fewer.
const ITEMS_MAX: usize = 100;

/// Characters of an item, of the title and of the prompt.
const LINE_CHARS_MAX: usize = 64;

/// Characters of a text to read.
const TEXT_CHARS_MAX: usize = 4000;

/// Fields of a form that the phone takes.
const FIELDS_MAX: usize = 5;

/// A day long ago: a page that has expired is not kept for the way back. Not 1970, which some models take for "none".
const LONG_AGO: &str = "Sat, 01 Jan 2000 00:00:00 GMT";

static TEMPLATES: LazyLock<Templates> =
    LazyLock::new(|| Templates::new(Format::Xml, &[("page.xml", include_str!("templates/page.xml"))]));

/// What the phone that asks can do.
#[derive(Clone, Copy, Debug)]
pub(in crate::vendors) struct Abilities {
    /// Soft keys that it shows; further ones would be on a second page that nobody looks for.
    pub(in crate::vendors) keys_max: usize,
    /// Whether a form can be posted. Otherwise what was typed is in the query.
    pub(in crate::vendors) can_post: bool,
    /// The room for a picture; `None` where the phone shows none.
    pub(in crate::vendors) display: Option<Size>,
}

/// The application's part of the display of a phone that does not say how large it is: a 7945's.
const DISPLAY: (u16, u16) = (298, 168);

/// Models that show a picture of true colours, by the beginning of their names. The 78xx and 8941 are not known to.
const WITH_PICTURES: [&str; 4] = ["794", "796", "797", "88"];

impl Abilities {
    /// What an enterprise phone says of itself. The 78xx and 88xx post forms, the others cannot.
    pub(super) fn of(browser: &Browser) -> Self {
        let model = browser.model.trim_start_matches("CP-");
        Self {
            keys_max: 8,
            can_post: model.starts_with("78") || model.starts_with("88"),
            display: display(
                browser,
                WITH_PICTURES.iter().any(|begin| model.starts_with(begin)),
            ),
        }
    }
}

/// The room for a picture, as the phone says itself.
pub(in crate::vendors) fn display(browser: &Browser, shows_pictures: bool) -> Option<Size> {
    let (width, height) = browser.display.unwrap_or(DISPLAY);
    Size::within(width, height).filter(|_| shows_pictures)
}

/// The page.
pub(in crate::vendors) fn render(screen: &Screen, abilities: Abilities) -> Page {
    let body = TEMPLATES
        .render("page.xml", view(screen, abilities))
        .expect("the template uses no name but those of the view; the tests render every kind of page");
    Page {
        content_type: "text/xml; charset=UTF-8",
        headers: headers(screen),
        body,
    }
}

fn headers(screen: &Screen) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if let Some((seconds, url)) = &screen.refresh {
        headers.push(("Refresh", format!("{seconds}; url={url}")));
    }
    if screen.is_private {
        headers.push(("Expires", LONG_AGO.to_owned()));
    }
    headers
}

fn view(screen: &Screen, abilities: Abilities) -> Value {
    let picture = screen.picture(abilities.display);
    let (kind, text, url) = match &screen.body {
        Body::Text(text) => ("Text", text.as_str(), String::new()),
        Body::Menu(_) => ("Menu", "", String::new()),
        Body::Input { url, .. } => ("Input", "", url.clone()),
        Body::Picture(it) => match picture {
            Some((it, size)) => ("ImageFile", "", it.png_url(size)),
            None => ("Text", it.instead.as_str(), String::new()),
        },
    };
    let prompt = picture.map_or(screen.prompt.as_str(), |(it, _)| it.caption.as_str());
    let items = match &screen.body {
        Body::Menu(items) => items.as_slice(),
        Body::Text(_) | Body::Input { .. } | Body::Picture(_) => &[],
    };
    let fields = match &screen.body {
        Body::Input { fields, .. } => fields.as_slice(),
        Body::Text(_) | Body::Menu(_) | Body::Picture(_) => &[],
    };
    let items: Vec<Value> = items
        .iter()
        .take(ITEMS_MAX)
        .map(|item| context! { label => cut(&item.label, LINE_CHARS_MAX), url => item.url.as_str() })
        .collect();
    context! {
        kind,
        title => cut(&screen.title, LINE_CHARS_MAX),
        prompt => cut(prompt, LINE_CHARS_MAX),
        text => cut(text, TEXT_CHARS_MAX),
        url,
        posts => abilities.can_post,
        items,
        fields => fields.iter().take(FIELDS_MAX).map(field).collect::<Vec<_>>(),
        keys => keys(screen, abilities.keys_max),
    }
}

fn field(field: &Field) -> Value {
    let flags = match field.kind {
        FieldKind::Number => "N",
        FieldKind::Text => "A",
        FieldKind::Pin => "NP",
    };
    context! {
        label => cut(&field.label, LINE_CHARS_MAX),
        parameter => field.parameter,
        // What was typed into a PIN field is never sent back.
        value => if field.kind == FieldKind::Pin { "" } else { field.value.as_str() },
        flags,
    }
}

/// The soft keys. A page that names one of its own loses all that the phone would show, so those are named as well.
fn keys(screen: &Screen, keys_max: usize) -> Vec<Value> {
    if screen.keys.is_empty() {
        return Vec::new();
    }
    let submits = match screen.body {
        Body::Text(_) | Body::Picture(_) => None,
        Body::Menu(_) => Some("SoftKey:Select"),
        Body::Input { .. } => Some("SoftKey:Submit"),
    };
    let has = |action: &Action| screen.keys.iter().any(|key| key.action == *action);
    let mut keys = Vec::with_capacity(keys_max);
    if let Some(uri) = submits.filter(|_| !has(&Action::Submit)) {
        keys.push(("OK", uri));
    }
    if matches!(screen.body, Body::Input { .. }) {
        keys.push(("<<", "SoftKey:<<"));
    }
    let exit = ("X", "SoftKey:Exit");
    let room = keys_max - keys.len() - usize::from(!has(&Action::Exit));
    let own = screen.keys.iter().filter_map(|key: &Key| match &key.action {
        Action::Open(url) => Some((key.label.as_str(), url.as_str())),
        Action::Submit => submits.map(|uri| (key.label.as_str(), uri)),
        Action::Exit => Some((key.label.as_str(), exit.1)),
    });
    keys.extend(own.take(room));
    if !has(&Action::Exit) {
        keys.push(exit);
    }
    keys.into_iter()
        .map(|(label, url)| context! { label => cut(label, LINE_CHARS_MAX), url })
        .collect()
}
