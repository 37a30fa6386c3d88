//! The files: a master file, the phone's document, overrides that override nothing, and the contacts with the speed
//! dials.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::desk::{Desk, SoftFunction, Transport};
use crate::document::{Document, RenderError};
use crate::language::Language;
use crate::template::Format;
use crate::text::Word;
use crate::vendor::Vendor;
use crate::vendors::agent::mac_at_start;
use crate::vendors::templates::Templates;
use crate::vendors::values::{SOFT_KEYS, padded, soft_label, values};

const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// Seconds until a phone asks for the code beside its idle screen again when it could not load it; otherwise the page
/// itself says when.
const IDLE_REFRESH_S: u32 = 60;

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[
            ("master", include_str!("templates/master.cfg")),
            ("device", include_str!("templates/device.cfg")),
            ("overrides", include_str!("templates/overrides.cfg")),
            ("directory", include_str!("templates/directory.xml")),
        ],
    )
});

/// The name of the document with accounts and keys.
pub(super) fn file_name(desk: &Desk) -> Option<String> {
    desk.device.mac.map(|mac| format!("{mac}-hotdesk.cfg"))
}

/// See [`Adapter::render`](crate::Adapter::render).
pub(super) fn render(name: &str, desk: &Desk) -> Result<Document, RenderError> {
    let template = template(name, desk).ok_or_else(|| RenderError::NoSuchFile {
        vendor: Vendor::Poly.name(),
        file: name.to_owned(),
    })?;
    let values = context! {
        ring => ring(desk),
        transport => transport(desk.service.registrar.transport),
        language_name => language_name(desk.language()),
        softkeys => soft_keys(desk),
        idle_url => desk.idle_url(),
        idle_refresh => if desk.session.is_none() { IDLE_REFRESH_S } else { 0 },
        ..values(desk)
    };
    let body = TEMPLATES.render(template, values)?;
    Ok(Document {
        content_type: CONTENT_TYPE,
        body: body.into_bytes(),
    })
}

/// Which template a file is made of. A user's file, which the phone asks for after a login of its own, is the phone's
/// document under another name.
fn template(name: &str, desk: &Desk) -> Option<&'static str> {
    let own = desk.device.mac?;
    let Some((mac, rest)) = mac_at_start(name) else {
        return match name {
            "000000000000.cfg" => Some("master"),
            _ if name.starts_with("000000000000") || name.contains('/') => None,
            _ => name.ends_with(".cfg").then_some("device"),
        };
    };
    if mac != own {
        return None;
    }
    match rest {
        ".cfg" => Some("master"),
        "-hotdesk.cfg" => Some("device"),
        "-phone.cfg" | "-web.cfg" => Some("overrides"),
        "-directory.xml" => Some("directory"),
        _ => None,
    }
}

/// The first of the phone's tones is silence.
fn ring(desk: &Desk) -> String {
    match desk
        .session
        .as_ref()
        .map_or(0, |session| session.profile.ring_tone)
    {
        0 => "default".to_owned(),
        tone => format!("ringer{}", tone + 1),
    }
}

fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDPOnly",
        Transport::Tcp => "TCPOnly",
        Transport::Tls => "TLS",
    }
}

fn language_name(language: Language) -> &'static str {
    match language {
        Language::English => "English_United_States",
        Language::German => "German_Germany",
        Language::French => "French_France",
        Language::Spanish => "Spanish_Spain",
        Language::Portuguese => "Portuguese_Portugal",
        Language::Italian => "Italian_Italy",
    }
}

/// The profile's soft keys, and behind them the way into the login application: to log in, or to log out unless the
/// profile has a key for that.
fn soft_keys(desk: &Desk) -> Vec<Value> {
    let language = desk.language();
    let chosen = desk
        .session
        .as_ref()
        .map_or(&[][..], |session| &session.profile.softkeys);
    let mut keys = padded(chosen, SOFT_KEYS, |function: Option<&SoftFunction>| {
        context! {
            label => function.map_or("", |function| soft_label(*function, language)),
            action => function.map_or_else(String::new, |function| action(*function, desk)),
        }
    });
    let app = match &desk.session {
        None => Some(Word::LogIn.text(language)),
        Some(_) if chosen.contains(&SoftFunction::Logout) => None,
        Some(_) => Some(Word::LogOut.text(language)),
    };
    keys.push(context! {
        label => app.unwrap_or_default(),
        action => app.map(|_| desk.app_url()).unwrap_or_default(),
    });
    keys
}

/// In the phone's language of macros; an address opens in its browser.
fn action(function: SoftFunction, desk: &Desk) -> String {
    let directory = desk
        .session
        .as_ref()
        .map_or("", |session| session.profile.directory_url.as_str());
    match function {
        SoftFunction::History => "$FCallList$".to_owned(),
        SoftFunction::Directory if directory.is_empty() => "$FDirectories$".to_owned(),
        SoftFunction::Directory => directory.to_owned(),
        SoftFunction::DoNotDisturb => "$FDoNotDisturb$".to_owned(),
        SoftFunction::Forward => desk.app_url(),
        SoftFunction::Voicemail => "$FMessages$".to_owned(),
        SoftFunction::Logout => format!("{}$Tinvite$", desk.service.logout_code),
    }
}
