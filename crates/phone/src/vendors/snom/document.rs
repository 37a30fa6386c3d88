//! What a Snom loads: its settings, the few for a first contact, the page that empties the call lists.

use std::sync::LazyLock;

use minijinja::{Value, context};

use super::recognise::WIPE;
use crate::desk::{Desk, Profile, Registrar, SoftFunction, Transport};
use crate::document::{Document, RenderError};
use crate::language::Language;
use crate::template::Format;
use crate::vendor::Vendor;
use crate::vendors::agent::mac_at_start;
use crate::vendors::fit::cut;
use crate::vendors::layout::{self, Account, DeskKey};
use crate::vendors::templates::Templates;
use crate::vendors::zone::{Change, Zone, zone};

/// Characters of a label or a name; longer ones are cut.
const LABEL_CHARS_MAX: usize = 64;
/// Function keys that are set: the line, the login, 32 speed dials, 32 lamps. A phone ignores those that it and its
/// expansion modules do not have.
const KEYS: usize = 66;
/// Soft keys of the idle screen. A user's fifth and further ones have no place.
const SOFT_KEYS: usize = 4;

/// Empties the lists of calls made, missed and taken.
pub(super) const CLEAR_CALLS: &str = "snom://mb_nop#calllistclear";

static XML: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[
            ("settings.xml", include_str!("templates/settings.xml")),
            ("first.xml", include_str!("templates/first.xml")),
            ("silent.xml", include_str!("templates/silent.xml")),
        ],
    )
});

pub(super) fn file_name(desk: &Desk) -> Option<String> {
    desk.device.mac.map(|mac| format!("{mac}.xml"))
}

pub(super) fn render(name: &str, desk: &Desk) -> Result<Document, RenderError> {
    let none = || RenderError::NoSuchFile {
        vendor: Vendor::Snom.name(),
        file: name.to_owned(),
    };
    let own = desk.device.mac.ok_or_else(none)?;
    let wanted = name.to_ascii_lowercase();
    let document = format!("{}{own}.xml", desk.documents_url());
    if wanted == WIPE {
        return xml(silent(CLEAR_CALLS)?);
    }
    let legacy = wanted
        .strip_prefix("snom")
        .and_then(|name| name.strip_suffix(".htm"));
    if legacy.is_some_and(|model| !model.contains('-')) {
        return xml(XML.render("first.xml", context! { mark => desk.mark(), document })?);
    }
    let digits = legacy
        .and_then(|name| name.split_once('-'))
        .map_or(wanted.as_str(), |(_, mac)| mac);
    let (mac, rest) = mac_at_start(digits).ok_or_else(none)?;
    if mac != own || !matches!(rest, "" | ".xml" | ".htm") {
        return Err(none());
    }
    xml(XML.render("settings.xml", values(desk, document))?)
}

fn xml(body: String) -> Result<Document, RenderError> {
    Ok(Document {
        content_type: "text/xml; charset=utf-8",
        body: body.into_bytes(),
    })
}

/// What makes the phone open an address without showing a page.
pub(super) fn silent(url: &str) -> Result<String, RenderError> {
    XML.render("silent.xml", context! { url })
}

fn values(desk: &Desk, document: String) -> Value {
    let service = &desk.service;
    let clock = zone(&desk.site.time_zone);
    let profile = desk.session.as_ref().map(|session| &session.profile);
    let waiting = profile.is_some_and(|profile| profile.message_waiting);
    let keys = layout::window(&layout::keys(desk), 0, KEYS);
    context! {
        mark => desk.mark(),
        document,
        wipe => format!("{}{WIPE}", desk.documents_url()),
        push_from => service.push_from.join(","),
        web_user => service.web_user.as_str(),
        web_password => service.web_password.expose(),
        language => language(desk.language()),
        time_zone => time_zone(clock),
        utc_offset => format!("{:+}", i32::from(clock.minutes) * 60),
        summer => clock.summer.map(|summer| format!("3600 {} {}", when(summer.begins), when(summer.ends))).unwrap_or_default(),
        accounts => layout::accounts(desk).iter().map(|it| account(it, desk)).collect::<Vec<_>>(),
        message_tone => if waiting { "stutter" } else { "normal" },
        emergency => desk.site.emergency_numbers.join(" "),
        soft_keys => soft_keys(desk),
        directory => directory(profile),
        keys => keys.iter().map(|it| key(it, desk)).collect::<Vec<_>>(),
    }
}

fn account(account: &Account, desk: &Desk) -> Value {
    let profile = account.profile.as_ref();
    let text = |of: fn(&Profile) -> &str| profile.map_or("", of).to_owned();
    let line = account.line.as_ref();
    let always = text(|profile| &profile.forwarding.always);
    let after = profile
        .filter(|profile| !profile.forwarding.no_answer.is_empty())
        .map(|profile| profile.forwarding.no_answer_after_s.to_string());
    context! {
        what => account.what,
        on => on(line.is_some()),
        label => cut(&account.label, LABEL_CHARS_MAX),
        name => cut(&account.name, LABEL_CHARS_MAX),
        user => line.map_or("", |line| line.user.as_str()),
        auth_user => line.map_or("", |line| line.auth_user.as_str()),
        password => line.map_or("", |line| line.password.expose()),
        host => line.map_or("", |_| desk.service.domain.as_str()),
        outbound => line.map(|_| outbound(&desk.service.registrar)).unwrap_or_default(),
        voicemail => text(|profile| &profile.voicemail_number),
        ring => format!("Ringer{}", profile.map_or(1, |profile| profile.ring_tone.max(1))),
        always_on => on(!always.is_empty()),
        always,
        busy => text(|profile| &profile.forwarding.busy),
        no_answer => text(|profile| &profile.forwarding.no_answer),
        no_answer_after => after.unwrap_or_default(),
    }
}

fn on(it: bool) -> &'static str {
    if it { "on" } else { "off" }
}

/// "edge-1.chicago.example.com:5061;transport=tls".
fn outbound(registrar: &Registrar) -> String {
    let transport = match registrar.transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
    };
    format!("{}:{};transport={transport}", registrar.host, registrar.port)
}

fn key(key: &DeskKey, desk: &Desk) -> Value {
    let account = layout::dialling_account(desk);
    let (context, label, value) = match key {
        DeskKey::Line { account, label } => (account.to_string(), label.as_str(), "line".to_owned()),
        DeskKey::App { label, url } => ("active".to_owned(), label.as_str(), format!("url {url}")),
        DeskKey::Dial { label, number } => (account.to_string(), label.as_str(), format!("speed {number}")),
        DeskKey::Lamp { label, extension } => {
            let uri = format!("blf sip:{}@{}", sip_user(extension), desk.service.domain);
            (account.to_string(), label.as_str(), uri)
        }
        DeskKey::Empty => ("active".to_owned(), "", "none".to_owned()),
    };
    context! { context, label => cut(label, LABEL_CHARS_MAX), value }
}

/// A neutral phone offers the login; a user's keys are their own, or the phone's usual ones.
fn soft_keys(desk: &Desk) -> Vec<String> {
    const USUAL: [SoftFunction; SOFT_KEYS] = [
        SoftFunction::History,
        SoftFunction::Directory,
        SoftFunction::Forward,
        SoftFunction::Logout,
    ];
    let app = format!("url {}", desk.app_url());
    let mut keys = match &desk.session {
        None => vec![app],
        Some(session) => {
            let chosen = &session.profile.softkeys;
            let chosen = if chosen.is_empty() { &USUAL[..] } else { chosen };
            let profile = &session.profile;
            let write = |function: &SoftFunction| match function {
                SoftFunction::History => Some("keyevent F_CALL_LIST".to_owned()),
                SoftFunction::Directory => Some(directory(Some(profile))),
                // It would silence the phone's own line as well; see the template.
                SoftFunction::DoNotDisturb => None,
                SoftFunction::Forward => Some("keyevent F_REDIRECT".to_owned()),
                SoftFunction::Voicemail => Some("keyevent F_RETRIEVE".to_owned()),
                SoftFunction::Logout => Some(app.clone()),
            };
            chosen.iter().filter_map(write).take(SOFT_KEYS).collect()
        }
    };
    keys.resize(SOFT_KEYS, "none".to_owned());
    keys
}

/// The company's directory, or the phone's own list.
fn directory(profile: Option<&Profile>) -> String {
    match profile.map(|profile| profile.directory_url.as_str()) {
        None | Some("") => "keyevent F_ADR_BOOK".to_owned(),
        Some(url) => format!("url {url}"),
    }
}

/// The language as the phone calls it.
fn language(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::German => "Deutsch",
        Language::French => "Français",
        Language::Spanish => "Español",
        Language::Portuguese => "Português",
        Language::Italian => "Italiano",
    }
}

/// A zone with this offset and these rules, by the phone's names for zones; empty where it has none: then the offset
/// and the rule that are given beside it count.
fn time_zone(clock: Zone) -> &'static str {
    const NAMES: [(&str, &str); 13] = [
        ("Pacific/Honolulu", "USA-10"),
        ("America/Anchorage", "USA-9"),
        ("America/Los_Angeles", "USA-8"),
        ("America/Denver", "USA-7"),
        ("America/Phoenix", "USA2-7"),
        ("America/Chicago", "USA-6"),
        ("America/New_York", "USA-5"),
        ("America/Halifax", "CAN-4"),
        ("America/St_Johns", "CAN-3.5"),
        ("Atlantic/Azores", "PRT-1"),
        ("Europe/London", "GBR-0"),
        ("Europe/Berlin", "GER+1"),
        ("Europe/Helsinki", "FIN+2"),
    ];
    let same = NAMES.iter().find(|(name, _)| zone(name) == clock);
    same.map_or("", |(_, code)| code)
}

/// "03.02.07 02:00:00": month, which week, day of the week (7 is Sunday), time.
fn when(change: Change) -> String {
    const SUNDAY: u8 = 7;
    const HOUR_MAX: u8 = 23;
    let (month, week, hour) = (change.month, change.sunday, change.hour.min(HOUR_MAX));
    format!("{month:02}.{week:02}.{SUNDAY:02} {hour:02}:00:00")
}

/// A user part of a SIP URI (RFC 3261 §25.1): everything that is not allowed there is written as `%` and two digits.
fn sip_user(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let allowed = byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte);
        if allowed {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_uri_gives_a_meaning_to_is_escaped() {
        assert_eq!(sip_user("2042"), "2042");
        assert_eq!(sip_user("*97"), "*97");
        assert_eq!(sip_user("a@b<c>#;\u{e9}"), "a%40b%3Cc%3E%23;%C3%A9");
    }

    #[test]
    fn a_zone_is_named_by_its_rules() {
        for (name, code) in [
            ("America/Chicago", "USA-6"),
            ("America/Winnipeg", "USA-6"),
            ("Europe/Lisbon", "GBR-0"),
            ("Europe/Paris", "GER+1"),
            ("Asia/Tokyo", ""),
        ] {
            assert_eq!(time_zone(zone(name)), code, "{name}");
        }
        let berlin = zone("Europe/Berlin").summer.unwrap();
        assert_eq!(when(berlin.begins), "03.05.07 02:00:00");
        assert_eq!(when(berlin.ends), "10.05.07 03:00:00");
    }
}
