//! The files: the phone's document, and a phone book that replaces the one before.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::desk::{Desk, Transport};
use crate::document::{Document, RenderError};
use crate::template::Format;
use crate::text::Word;
use crate::vendor::Vendor;
use crate::vendors::templates::Templates;
use crate::vendors::values::values;

use super::clock::clock;
use super::keys::keys;
use super::recognise::{BOOKS, LOGIN_PREFIX};

/// Custom tones that the phone knows; further ones are its usual tone.
const RINGS: u8 = 3;

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[
            ("device", include_str!("templates/device.xml")),
            ("book", include_str!("templates/phonebook.xml")),
        ],
    )
});

/// The name of the phone's document.
pub(super) fn file_name(desk: &Desk) -> Option<String> {
    desk.device.mac.map(|mac| format!("cfg{mac}.xml"))
}

/// See [`Adapter::render`](crate::Adapter::render).
pub(super) fn render(name: &str, desk: &Desk) -> Result<Document, RenderError> {
    let missing = || RenderError::NoSuchFile {
        vendor: Vendor::Grandstream.name(),
        file: name.to_owned(),
    };
    let own = file_name(desk).ok_or_else(missing)?;
    let asked = name.strip_prefix(LOGIN_PREFIX).unwrap_or(name);
    let body = if asked.eq_ignore_ascii_case(&own) {
        TEMPLATES.render("device", of_device(desk))?
    } else if BOOKS.contains(&name) {
        TEMPLATES.render("book", values(desk))?
    } else {
        return Err(missing());
    };
    Ok(Document {
        content_type: "application/xml; charset=utf-8",
        body: body.into_bytes(),
    })
}

fn of_device(desk: &Desk) -> Value {
    let registrar = &desk.service.registrar;
    let documents = desk.documents_url();
    let profile = desk.session.as_ref().map(|session| &session.profile);
    let ring = profile.map_or(0, |profile| profile.ring_tone);
    let language = desk.language();
    let app_label = match &desk.session {
        None => Word::LogIn.text(language),
        Some(_) => Word::LogOut.text(language),
    };
    let book = profile.map_or("", |profile| profile.directory_url.as_str());
    context! {
        proxy => format!("{}:{}", registrar.host, registrar.port),
        transport => transport(registrar.transport),
        ring => if ring > RINGS { 0 } else { ring },
        keys => keys(desk),
        book => book_at(if book.is_empty() { &documents } else { book }),
        app_label,
        documents_path => path(&documents),
        emergency => desk.site.emergency_numbers.join(","),
        clock => clock(&desk.site.time_zone),
        ..values(desk)
    }
}

/// Where the phone book is: how it is fetched, and a path without a scheme.
fn book_at(url: &str) -> Value {
    let mode = if url.starts_with("https:") { 3 } else { 1 };
    context! { mode, path => path(url) }
}

/// Host and path, as these phones write an address.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/')
}

fn transport(transport: Transport) -> u8 {
    match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1,
        Transport::Tls => 2,
    }
}
