//! The phone's settings: one list, written as lines at boot and as XML otherwise.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::desk::{Desk, SoftFunction, Transport};
use crate::document::{Document, RenderError};
use crate::language::Language;
use crate::template::Format;
use crate::text::Word;
use crate::vendors::fit::cut;
use crate::vendors::layout::{Account, accounts, dialling_account};
use crate::vendors::templates::Templates;
use crate::vendors::values::{SOFT_KEYS, padded, soft_label};
use crate::vendors::zone::{Change, zone};

use super::names;

/// In how many parts the settings are sent. A phone takes a page of 10 kB.
pub(super) const PARTS: usize = 5;

/// Top soft keys that are set, two of them for the lines; the 6869i has as many.
const TOP_KEYS: usize = 44;

/// Longest text of a key.
const LABEL_CHARS_MAX: usize = 24;

static LINES: LazyLock<Templates> = LazyLock::new(|| {
    let sources = [
        ("server.cfg", include_str!("templates/server.cfg")),
        ("settings.cfg", include_str!("templates/settings.cfg")),
    ];
    Templates::new(Format::Lines, &sources)
});

/// A setting.
pub(super) struct Setting {
    key: String,
    value: String,
}

/// Everything that a phone is told, in the same order whoever is logged in.
pub(super) fn all(desk: &Desk) -> Result<Vec<Setting>, RenderError> {
    let mut settings = server(desk)?;
    settings.extend(read(&LINES.render("settings.cfg", view(desk))?));
    Ok(settings)
}

/// Where to load from: all that a phone needs to be told at first.
pub(super) fn server(desk: &Desk) -> Result<Vec<Setting>, RenderError> {
    let base = desk.service.base.as_str();
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    let usual = if scheme == "http" { "80" } else { "443" };
    let (host, port) = match rest.rsplit_once(':') {
        // The colons of an IPv6 address are inside brackets.
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (rest, usual),
    };
    let view = context! {
        protocol => scheme.to_ascii_uppercase(),
        scheme,
        host,
        port,
        path => format!("p/{}", desk.service.token.expose()),
    };
    Ok(read(&LINES.render("server.cfg", view)?))
}

/// The lines of a template as settings. Values have no line ends any more, so a line is a setting.
fn read(text: &str) -> Vec<Setting> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| Setting {
            key: key.to_owned(),
            value: value.trim().to_owned(),
        })
        .collect()
}

/// The file that a phone boots with.
pub(super) fn lines(settings: &[Setting], desk: &Desk) -> Document {
    let mut text = format!("# hotdesk {}\n", desk.mark());
    for Setting { key, value } in settings {
        text.push_str(&format!("{key}: {}\n", quoted(value)));
    }
    Document {
        content_type: "text/plain; charset=UTF-8",
        body: text.into_bytes(),
    }
}

/// A value as a line holds it: in quotes where it has a character that ends it or begins a remark. There is no way to
/// write a quote within quotes. A backslash at the end goes: a phone that took it for an escape would read on beyond the
/// quote.
fn quoted(value: &str) -> String {
    let is_plain = !value.contains(['#', '"', ';']);
    if is_plain {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('"', "'").trim_end_matches('\\'))
    }
}

/// One part of all settings, for the XML.
pub(super) fn part(desk: &Desk, part: usize) -> Result<Value, RenderError> {
    let settings = all(desk)?;
    let length = settings.len().div_ceil(PARTS);
    let settings: Vec<Value> = settings
        .into_iter()
        .skip((part - 1) * length)
        .take(length)
        .map(|setting| context! { key => setting.key, value => setting.value })
        .collect();
    Ok(context! { mark => desk.mark(), settings })
}

fn view(desk: &Desk) -> Value {
    let documents = desk.documents_url();
    let mac = desk.device.mac.map(|mac| mac.to_string()).unwrap_or_default();
    let registrar = &desk.service.registrar;
    let session = desk.session.as_ref();
    let profile = session.map(|session| &session.profile);
    let zone = zone(&desk.site.time_zone);
    context! {
        password => desk.service.web_password.expose(),
        push_from => desk.service.push_from.join(","),
        reload_url => format!("{documents}{}", names::reload(&mac)),
        user_url => format!("{documents}user"),
        language => language(desk.language()),
        // West of Greenwich counts up.
        zone_minutes => -i32::from(zone.minutes),
        dst => u8::from(zone.summer.is_some()) * 3,
        dst_begins => zone.summer.map_or_else(|| change(None), |summer| change(Some(summer.begins))),
        dst_ends => zone.summer.map_or_else(|| change(None), |summer| change(Some(summer.ends))),
        transport => match registrar.transport { Transport::Udp => 1, Transport::Tcp => 2, Transport::Tls => 4 },
        registrar => context! { host => registrar.host.as_str(), port => registrar.port },
        domain => desk.service.domain.as_str(),
        emergency => desk.site.emergency_numbers.join("|"),
        lines => accounts(desk).iter().zip(1..).map(|(account, n)| line(account, n)).collect::<Vec<_>>(),
        dialling => dialling_account(desk),
        voicemail => profile.map_or("", |profile| profile.voicemail_number.as_str()),
        mwi => u8::from(profile.is_some_and(|profile| profile.message_waiting)),
        // 0 is the first of the phone's tones, which is the usual one.
        ring => profile.map_or(0, |profile| profile.ring_tone.saturating_sub(1)),
        app_url => desk.app_url(),
        app_name => match session { Some(_) => Word::LogOut, None => Word::LogIn }.text(desk.language()),
        is_on => session.is_some(),
        top_keys => top_keys(desk),
        soft_keys => soft_keys(desk),
    }
}

/// A line; one that is off has no registrar.
fn line(account: &Account, n: u8) -> Value {
    let line = account.line.as_ref();
    context! {
        n,
        is_on => line.is_some(),
        user => line.map_or("", |line| line.user.as_str()),
        auth_user => line.map_or("", |line| line.auth_user.as_str()),
        password => line.map_or("", |line| line.password.expose()),
        name => cut(&account.name, LABEL_CHARS_MAX),
        label => cut(&account.label, LABEL_CHARS_MAX),
    }
}

/// The keys beside the screen: both lines, speed dials, lamps, and empty ones to the end.
fn top_keys(desk: &Desk) -> Vec<Value> {
    let own = dialling_account(desk);
    let label = desk.label();
    let mut keys = vec![("line", label.as_str(), "", own)];
    if own == 1 {
        keys.push(("line", desk.device.label.as_str(), "", 2));
    } else {
        keys.push(("none", "", "", own));
    }
    if let Some(session) = &desk.session {
        let profile = &session.profile;
        let dials = profile.speed_dials.iter();
        keys.extend(dials.map(|key| ("speeddial", key.label.as_str(), key.number.as_str(), own)));
        let lamps = profile.lamps.iter();
        keys.extend(lamps.map(|key| ("blf", key.label.as_str(), key.extension.as_str(), own)));
    }
    keys.resize(keys.len().max(TOP_KEYS), ("none", "", "", own));
    keys.into_iter()
        .take(TOP_KEYS)
        .zip(1..)
        .map(|((kind, label, value, line), n)| {
            context! { n, kind, label => cut(label, LABEL_CHARS_MAX), value, line }
        })
        .collect()
}

/// The keys under the screen: the one to log in and out, the profile's, and the phone book.
fn soft_keys(desk: &Desk) -> Vec<Value> {
    let language = desk.language();
    let app_url = desk.app_url();
    let Some(session) = &desk.session else {
        let log_in = [
            ("hotdesklogin", Word::LogIn.text(language), ""),
            ("xml", Word::LogIn.text(language), &app_url),
        ];
        return numbered(&log_in);
    };
    let profile = &session.profile;
    let mut keys = vec![("xml", Word::LogOut.text(language), app_url.as_str())];
    keys.extend(profile.softkeys.iter().take(SOFT_KEYS).map(|function| {
        let label = soft_label(*function, language);
        match function {
            SoftFunction::History => ("callers", label, ""),
            SoftFunction::Directory => ("directory", label, ""),
            SoftFunction::Voicemail => ("speeddial", label, profile.voicemail_number.as_str()),
            // The phone's own would act without the service.
            SoftFunction::DoNotDisturb | SoftFunction::Forward | SoftFunction::Logout => {
                ("xml", label, app_url.as_str())
            }
        }
    }));
    if !profile.directory_url.is_empty() {
        keys.push((
            "xml",
            soft_label(SoftFunction::Directory, language),
            &profile.directory_url,
        ));
    }
    numbered(&keys)
}

/// Kind, label and value of each key, filled up with empty ones.
fn numbered(keys: &[(&str, &str, &str)]) -> Vec<Value> {
    let mut n = 0;
    padded(keys, SOFT_KEYS + 2, |key| {
        n += 1;
        let (kind, label, value) = *key.unwrap_or(&("none", "", ""));
        context! { n, kind, label, value }
    })
}

/// When the clock changes: month, which Sunday of it (−1: the last), hour.
fn change(change: Option<Change>) -> Value {
    let (month, week, hour) = match change {
        None => (1, 1, 0),
        Some(change) if change.sunday == 5 => (change.month, -1, change.hour),
        Some(change) => (
            change.month,
            i8::try_from(change.sunday).unwrap_or(1),
            change.hour,
        ),
    };
    context! { month, week, hour => hour.min(23) }
}

/// The file with the phone's texts, and the language that is typed in.
fn language(language: Language) -> Value {
    let (number, file, input) = match language {
        Language::English => (0, "", "English"),
        Language::German => (1, "lang_de.txt", "German"),
        Language::French => (1, "lang_fr.txt", "French"),
        Language::Spanish => (1, "lang_es.txt", "Spanish"),
        Language::Portuguese => (1, "lang_pt.txt", "Portuguese"),
        Language::Italian => (1, "lang_it.txt", "Italian"),
    };
    context! { number, file, input }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_line_or_begin_a_remark() {
        for (value, expected) in [
            ("plain & simple", "plain & simple"),
            ("*32#", "\"*32#\""),
            ("say \"hi\"", "\"say 'hi'\""),
            ("no. #1\\", "\"no. #1\""),
            ("C:\\", "C:\\"),
            ("", ""),
        ] {
            assert_eq!(quoted(value), expected);
        }
    }
}
