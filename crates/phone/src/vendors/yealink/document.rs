//! What a Yealink loads: boot file, common files, its document, an empty list of contacts.

use std::sync::LazyLock;

use minijinja::{Value, context};

use super::recognise::{CONTACTS_PREFIX, is_common};
use crate::desk::{Desk, Profile, SoftFunction, Transport};
use crate::document::{Document, RenderError};
use crate::language::Language;
use crate::template::Format;
use crate::vendor::Vendor;
use crate::vendors::fit::cut;
use crate::vendors::layout::{self, Account, DeskKey};
use crate::vendors::templates::Templates;
use crate::vendors::values::soft_label;
use crate::vendors::zone::{Change, Summer, zone};

/// Characters of a label or a name; longer ones are cut.
const LABEL_CHARS_MAX: usize = 99;
/// Keys beside the screen that are set; a phone ignores those that it does not have (T54W: 27, T48U: 29).
const LINE_KEYS: usize = 32;
/// Keys of an expansion module that are set: with the line keys enough for 32 speed dials and 32 lamps.
const MODULE_KEYS: usize = 40;
/// Soft keys of the idle screen. A user's fifth and further ones have no place.
const SOFT_KEYS: usize = 4;
/// Bytes of an address; longer ones are refused, since a cut one leads nowhere.
const URL_BYTES_MAX: usize = 511;

/// Seconds after which the code for mobiles is shown, and the phone's own picture; from the list of values that it takes.
const SAVER_AFTER_S: u32 = 15;
const SAVER_USUAL_S: u32 = 21_600;

/// What clears a setting: with an empty value the phone keeps the one that it has.
const NOTHING: &str = "%NULL%";

static LINES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Lines,
        &[
            ("phone.cfg", include_str!("templates/phone.cfg")),
            ("boot.cfg", include_str!("templates/boot.cfg")),
            ("common.cfg", include_str!("templates/common.cfg")),
        ],
    )
    .with_filter("set", set)
});

static CONTACTS: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[("contacts.xml", include_str!("templates/contacts.xml"))],
    )
});

/// A value as a line can hold it; [`NOTHING`] for none.
pub(super) fn set(value: &str) -> String {
    let line = Format::Lines.escape(value);
    match line.trim() {
        "" => NOTHING.to_owned(),
        text => text.to_owned(),
    }
}

pub(super) fn file_name(desk: &Desk) -> Option<String> {
    desk.device.mac.map(|mac| format!("{mac}.cfg"))
}

pub(super) fn render(name: &str, desk: &Desk) -> Result<Document, RenderError> {
    let wanted = name.to_ascii_lowercase();
    let none = || RenderError::NoSuchFile {
        vendor: Vendor::Yealink.name(),
        file: name.to_owned(),
    };
    let mac = desk.device.mac.ok_or_else(none)?;
    if wanted == format!("{mac}.cfg") {
        return text(LINES.render("phone.cfg", document(desk)?)?);
    }
    if wanted == format!("{mac}.boot") || (is_common(&wanted) && wanted.ends_with(".boot")) {
        let document = url("boot file", format!("{}{mac}.cfg", desk.documents_url()))?;
        return text(LINES.render("boot.cfg", context! { mark => desk.mark(), document })?);
    }
    if is_common(&wanted) {
        let documents = url("documents", desk.documents_url())?;
        return text(LINES.render("common.cfg", context! { mark => desk.mark(), documents })?);
    }
    if wanted == contacts_name(desk) {
        let body = CONTACTS.render("contacts.xml", context! { mark => desk.mark() })?;
        return Ok(Document {
            content_type: "text/xml; charset=utf-8",
            body: body.into_bytes(),
        });
    }
    Err(none())
}

fn text(body: String) -> Result<Document, RenderError> {
    Ok(Document {
        content_type: "text/plain; charset=utf-8",
        body: body.into_bytes(),
    })
}

/// The empty list of contacts. Its name changes whenever somebody comes or goes and only then: a phone loads a file of
/// a new name, and a user's changed profile does not empty the list under their hands.
fn contacts_name(desk: &Desk) -> String {
    match &desk.session {
        Some(session) => format!("{CONTACTS_PREFIX}{}.xml", session.epoch),
        None => format!("{CONTACTS_PREFIX}neutral-{}.xml", desk.stamp),
    }
}

fn url(field: &'static str, url: String) -> Result<String, RenderError> {
    if url.len() <= URL_BYTES_MAX {
        return Ok(url);
    }
    Err(RenderError::Value {
        field,
        problem: format!("{} bytes; the phone takes {URL_BYTES_MAX}", url.len()),
    })
}

/// Type 2 is a page of the XML browser, 0 the phone's own picture; the time of that is the phone's usual one.
fn screen_saver(desk: &Desk) -> Result<Value, RenderError> {
    let url = url("idle screen", desk.idle_url())?;
    Ok(match desk.session {
        None => context! { kind => 2, after => SAVER_AFTER_S, url },
        Some(_) => context! { kind => 0, after => SAVER_USUAL_S, url },
    })
}

fn document(desk: &Desk) -> Result<Value, RenderError> {
    let service = &desk.service;
    let language = language(desk.language());
    let clock = zone(&desk.site.time_zone);
    let change = |change: fn(Summer) -> Change| clock.summer.map(change).map(when);
    let documents = url("documents", desk.documents_url())?;
    url("login application", desk.app_url())?;
    let keys = layout::keys(desk);
    let line_keys = key_values(desk, &layout::window(&keys, 0, LINE_KEYS));
    let module_keys = key_values(desk, &layout::window(&keys, LINE_KEYS, MODULE_KEYS));
    Ok(context! {
        mark => desk.mark(),
        contacts => url("contacts", format!("{documents}{}", contacts_name(desk)))?,
        documents,
        push_from => service.push_from.join(","),
        web_user => service.web_user.as_str(),
        web_password => service.web_password.expose(),
        language,
        screen_saver => screen_saver(desk)?,
        time_zone => offset(clock.minutes),
        summer => context! {
            on => u8::from(clock.summer.is_some()),
            begins => change(|summer| summer.begins).unwrap_or_default(),
            ends => change(|summer| summer.ends).unwrap_or_default(),
            minutes => clock.summer.map_or("", |_| "60"),
        },
        domain => service.domain.as_str(),
        registrar => service.registrar.host.as_str(),
        port => service.registrar.port,
        transport => transport(service.registrar.transport),
        accounts => layout::accounts(desk).iter().map(account).collect::<Vec<_>>(),
        history => u8::from(desk.session.is_some()),
        directory => directory(desk)?,
        emergency => desk.site.emergency_numbers.join(","),
        soft_keys => soft_keys(desk),
        line_keys,
        module_keys,
    })
}

fn account(account: &Account) -> Value {
    let profile = account.profile.as_ref();
    let text = |of: fn(&Profile) -> &str| profile.map_or("", of).to_owned();
    let line = account.line.as_ref();
    let always = text(|profile| &profile.forwarding.always);
    let after = profile
        .filter(|profile| !profile.forwarding.no_answer.is_empty())
        .map(|profile| profile.forwarding.no_answer_after_s.to_string());
    context! {
        what => account.what,
        on => u8::from(line.is_some()),
        label => cut(&account.label, LABEL_CHARS_MAX),
        name => cut(&account.name, LABEL_CHARS_MAX),
        user => line.map_or("", |line| line.user.as_str()),
        auth_user => line.map_or("", |line| line.auth_user.as_str()),
        password => line.map_or("", |line| line.password.expose()),
        mwi => u8::from(profile.is_some_and(|profile| profile.message_waiting)),
        voicemail => text(|profile| &profile.voicemail_number),
        ring => ring(profile.map_or(0, |profile| profile.ring_tone)),
        dnd => u8::from(profile.is_some_and(|profile| profile.do_not_disturb)),
        always_on => u8::from(!always.is_empty()),
        always,
        busy => text(|profile| &profile.forwarding.busy),
        no_answer => text(|profile| &profile.forwarding.no_answer),
        no_answer_after => after.unwrap_or_default(),
    }
}

fn directory(desk: &Desk) -> Result<Value, RenderError> {
    let address = desk
        .session
        .as_ref()
        .map_or("", |session| session.profile.directory_url.as_str());
    let name = if address.is_empty() {
        ""
    } else {
        soft_label(SoftFunction::Directory, desk.language())
    };
    Ok(context! {
        on => u8::from(!address.is_empty()),
        url => url("directory_url", address.to_owned())?,
        name,
    })
}

/// The numbers that Yealink gives to what a key does.
mod kind {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const FORWARD: u8 = 2;
    pub(super) const DO_NOT_DISTURB: u8 = 5;
    pub(super) const VOICEMAIL: u8 = 12;
    pub(super) const SPEED_DIAL: u8 = 13;
    pub(super) const LINE: u8 = 15;
    pub(super) const LAMP: u8 = 16;
    pub(super) const BROWSER: u8 = 27;
    pub(super) const HISTORY: u8 = 28;
    pub(super) const MENU: u8 = 30;
    pub(super) const DIRECTORY: u8 = 61;
}

fn key(kind: u8, line: u8, value: &str, label: &str) -> Value {
    context! { kind, line, value, label => cut(label, LABEL_CHARS_MAX) }
}

fn key_values(desk: &Desk, keys: &[DeskKey]) -> Vec<Value> {
    let line = layout::dialling_account(desk);
    let value = |of: &DeskKey| match of {
        DeskKey::Line { account, label } => key(kind::LINE, *account, "", label),
        DeskKey::App { label, url } => key(kind::BROWSER, 0, url, label),
        DeskKey::Dial { label, number } => key(kind::SPEED_DIAL, line, number, label),
        DeskKey::Lamp { label, extension } => key(kind::LAMP, line, extension, label),
        DeskKey::Empty => key(kind::NOTHING, 0, "", ""),
    };
    keys.iter().map(value).collect()
}

/// A neutral phone offers the login and its menu; a user's keys are their own, or the phone's usual ones.
fn soft_keys(desk: &Desk) -> Vec<Value> {
    const USUAL: [u8; SOFT_KEYS] = [kind::HISTORY, kind::DIRECTORY, kind::DO_NOT_DISTURB, kind::MENU];
    let app = || match layout::app_key(desk) {
        DeskKey::App { label, url } => key(kind::BROWSER, 0, &url, &label),
        _ => key(kind::NOTHING, 0, "", ""),
    };
    let plain = |kind| key(kind, 0, "", "");
    let Some(session) = &desk.session else {
        return vec![
            app(),
            plain(kind::NOTHING),
            plain(kind::NOTHING),
            plain(kind::MENU),
        ];
    };
    let chosen = &session.profile.softkeys;
    if chosen.is_empty() {
        return USUAL.into_iter().map(plain).collect();
    }
    let mut keys: Vec<_> = chosen
        .iter()
        .take(SOFT_KEYS)
        .map(|function| match function {
            SoftFunction::History => plain(kind::HISTORY),
            SoftFunction::Directory => plain(kind::DIRECTORY),
            SoftFunction::DoNotDisturb => plain(kind::DO_NOT_DISTURB),
            SoftFunction::Forward => plain(kind::FORWARD),
            SoftFunction::Voicemail => plain(kind::VOICEMAIL),
            SoftFunction::Logout => app(),
        })
        .collect();
    keys.resize_with(SOFT_KEYS, || plain(kind::NOTHING));
    keys
}

/// The language as the phone calls it.
fn language(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::German => "German",
        Language::French => "French",
        Language::Spanish => "Spanish",
        Language::Portuguese => "Portuguese",
        Language::Italian => "Italian",
    }
}

/// One of the nine tones that every model has.
fn ring(tone: u8) -> String {
    match tone {
        0 => "Common".to_owned(),
        9.. => "Splash.wav".to_owned(),
        tone => format!("Ring{tone}.wav"),
    }
}

/// How SIP is carried, by Yealink's numbers.
pub(super) fn transport(transport: Transport) -> u8 {
    match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1,
        Transport::Tls => 2,
    }
}

/// "-6", "+5:30", "0".
fn offset(minutes: i16) -> String {
    let sign = match minutes {
        0 => return "0".to_owned(),
        ..0 => '-',
        _ => '+',
    };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    match rest {
        0 => format!("{sign}{hours}"),
        _ => format!("{sign}{hours}:{rest:02}"),
    }
}

/// Month, which week, day of the week (7 is Sunday), hour.
fn when(change: Change) -> String {
    const SUNDAY: u8 = 7;
    const HOUR_MAX: u8 = 23;
    let hour = change.hour.min(HOUR_MAX);
    format!("{}/{}/{SUNDAY}/{hour}", change.month, change.sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_written_as_the_phone_reads_it() {
        for (minutes, expected) in [
            (-360, "-6"),
            (0, "0"),
            (60, "+1"),
            (330, "+5:30"),
            (-210, "-3:30"),
        ] {
            assert_eq!(offset(minutes), expected);
        }
        let chicago = zone("America/Chicago").summer.unwrap();
        assert_eq!(when(chicago.begins), "3/2/7/2");
        assert_eq!(when(chicago.ends), "11/1/7/2");
    }

    #[test]
    fn nothing_is_said_as_such() {
        for (value, expected) in [("", "%NULL%"), (" \r\n", "%NULL%"), (" a\nb ", "a b")] {
            assert_eq!(set(value), expected);
        }
    }
}
