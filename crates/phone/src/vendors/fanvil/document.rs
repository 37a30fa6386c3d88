//! The document of a Fanvil.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::desk::{Desk, Profile, SoftFunction, Transport};
use crate::document::{Document, RenderError};
use crate::template::Format;
use crate::vendor::Vendor;
use crate::vendors::fit::cut;
use crate::vendors::layout::{self, Account, DeskKey};
use crate::vendors::templates::Templates;
use crate::vendors::values::soft_label;
use crate::vendors::zone::{Change, zone};

/// Characters of a label or a name; longer ones are cut.
const LABEL_CHARS_MAX: usize = 32;
/// Keys at the side of the screen that are set: the line, the login, and as many more as the models have.
const SIDE_KEYS: usize = 6;
/// Pages of keys, and how many keys every model has on a page, and how many the largest has.
const PAGES: usize = 5;
const PAGE_KEYS_EVERYWHERE: usize = 6;
const PAGE_KEYS: usize = 12;
/// Soft keys of the idle screen. A user's fifth and further ones have no place.
const SOFT_KEYS: usize = 4;
/// Seconds that stand in the document where nobody forwards: what a new phone has.
const FORWARD_AFTER_S: u16 = 5;

static XML: LazyLock<Templates> =
    LazyLock::new(|| Templates::new(Format::Xml, &[("phone.xml", include_str!("templates/phone.xml"))]));

pub(super) fn file_name(desk: &Desk) -> Option<String> {
    desk.device.mac.map(|mac| format!("{mac}.cfg"))
}

pub(super) fn render(name: &str, desk: &Desk) -> Result<Document, RenderError> {
    let file = file_name(desk).filter(|file| file.eq_ignore_ascii_case(name));
    let file = file.ok_or_else(|| RenderError::NoSuchFile {
        vendor: Vendor::Fanvil.name(),
        file: name.to_owned(),
    })?;
    Ok(Document {
        content_type: "text/plain; charset=utf-8",
        body: XML.render("phone.xml", values(desk, &file))?.into_bytes(),
    })
}

/// The phone takes a document only when its version is higher than the last one's. Ten digits, so that it rises as a
/// text and as a fraction alike.
fn version(stamp: u64) -> String {
    format!("2.{stamp:010}")
}

fn values(desk: &Desk, file: &str) -> Value {
    let service = &desk.service;
    let clock = zone(&desk.site.time_zone);
    let keys = layout::keys(desk);
    let side_keys = layout::window(&keys[..keys.len().min(2)], 0, SIDE_KEYS);
    context! {
        mark => desk.mark(),
        version => version(desk.stamp),
        server => desk.documents_url().trim_end_matches('/'),
        file,
        protocol => if service.base.starts_with("https:") { 5 } else { 4 },
        emergency => desk.site.emergency_numbers.join(","),
        push_from => service.push_from.join(","),
        history => u8::from(desk.session.is_some()),
        label => cut(&desk.label(), LABEL_CHARS_MAX),
        language => desk.language().tag(),
        time_zone => clock.minutes / 15,
        time_zone_name => format!("UTC{}", offset(clock.minutes)),
        summer => context! {
            on => if clock.summer.is_some() { 2 } else { 0 },
            fixed => if clock.summer.is_some() { 2 } else { 0 },
            minutes => if clock.summer.is_some() { 60 } else { 0 },
            changes => vec![
                change("Start", clock.summer.map(|summer| summer.begins)),
                change("End", clock.summer.map(|summer| summer.ends)),
            ],
        },
        soft_keys => soft_keys(desk),
        directory => directory(desk),
        web_user => service.web_user.as_str(),
        web_password => service.web_password.expose(),
        accounts => layout::accounts(desk).iter().map(|it| account(it, desk)).collect::<Vec<_>>(),
        side_keys => side_keys.iter().map(|it| key(it, desk)).collect::<Vec<_>>(),
        pages => pages(&keys, desk),
        app_key => key(&layout::app_key(desk), desk),
    }
}

/// "-6", "+5:30", "" for UTC itself.
fn offset(minutes: i16) -> String {
    let (hours, rest) = (minutes / 60, (minutes % 60).unsigned_abs());
    match (minutes, rest) {
        (0, _) => String::new(),
        (_, 0) => format!("{hours:+}"),
        _ => format!("{hours:+}:{rest:02}"),
    }
}

fn change(what: &str, change: Option<Change>) -> Value {
    const SUNDAY: u8 = 0;
    const HOUR_MAX: u8 = 23;
    context! {
        what,
        month => change.map_or(1, |change| change.month),
        week => change.map_or(1, |change| change.sunday),
        day => SUNDAY,
        hour => change.map_or(0, |change| change.hour.min(HOUR_MAX)),
    }
}

fn account(account: &Account, desk: &Desk) -> Value {
    let profile = account.profile.as_ref();
    let text = |of: fn(&Profile) -> &str| profile.map_or("", of).to_owned();
    let line = account.line.as_ref();
    let always = text(|profile| &profile.forwarding.always);
    let after = profile
        .filter(|profile| !profile.forwarding.no_answer.is_empty())
        .map_or(FORWARD_AFTER_S, |profile| profile.forwarding.no_answer_after_s);
    let registrar = &desk.service.registrar;
    context! {
        what => account.what,
        on => u8::from(line.is_some()),
        label => cut(&account.label, LABEL_CHARS_MAX),
        name => cut(&account.name, LABEL_CHARS_MAX),
        user => line.map_or("", |line| line.user.as_str()),
        auth_user => line.map_or("", |line| line.auth_user.as_str()),
        password => line.map_or("", |line| line.password.expose()),
        domain => desk.service.domain.as_str(),
        proxy => registrar.host.as_str(),
        port => registrar.port,
        transport => transport(registrar.transport),
        mwi => u8::from(profile.is_some_and(|profile| profile.message_waiting)),
        voicemail => text(|profile| &profile.voicemail_number),
        ring => ring(profile.map_or(0, |profile| profile.ring_tone)),
        dnd => u8::from(profile.is_some_and(|profile| profile.do_not_disturb)),
        always_on => u8::from(!always.is_empty()),
        always,
        busy => text(|profile| &profile.forwarding.busy),
        no_answer => text(|profile| &profile.forwarding.no_answer),
        no_answer_after => after,
    }
}

/// How SIP is carried, by Fanvil's numbers.
pub(super) fn transport(transport: Transport) -> u8 {
    match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1,
        Transport::Tls => 3,
    }
}

fn ring(tone: u8) -> String {
    match tone {
        0 => "default".to_owned(),
        tone => format!("Type {tone}"),
    }
}

/// The numbers that Fanvil gives to what a key does.
mod kind {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const MEMORY: u8 = 1;
    pub(super) const LINE: u8 = 2;
    pub(super) const BROWSER: u8 = 21;
}

fn key(of: &DeskKey, desk: &Desk) -> Value {
    let account = layout::dialling_account(desk);
    let (kind, value, title) = match of {
        DeskKey::Line { account, label } => (kind::LINE, format!("SIP{account}"), label.as_str()),
        DeskKey::App { label, url } => (kind::BROWSER, url.clone(), label.as_str()),
        DeskKey::Dial { label, number } => memory(number, account, "f", label),
        DeskKey::Lamp { label, extension } => memory(extension, account, "b", label),
        DeskKey::Empty => (kind::NOTHING, String::new(), ""),
    };
    context! { kind, value, title => cut(title, LABEL_CHARS_MAX) }
}

/// A number, the account that dials it, and what kind of key it is, in one text. A number that has the signs between
/// them in it would dial another one: such a key stays empty.
fn memory<'a>(number: &str, account: u8, what: &str, title: &'a str) -> (u8, String, &'a str) {
    if number.contains(['@', '/']) {
        return (kind::NOTHING, String::new(), "");
    }
    (kind::MEMORY, format!("{number}@{account}/{what}"), title)
}

/// A user's keys: first those that every model shows on its pages, then the second half of the pages of the large ones.
/// What does not fit either has no place.
fn pages(keys: &[DeskKey], desk: &Desk) -> Vec<Vec<Value>> {
    const LARGE_ONLY: usize = PAGE_KEYS - PAGE_KEYS_EVERYWHERE;
    let users = keys.get(2..).unwrap_or_default();
    (0..PAGES)
        .map(|page| {
            let mut shown = layout::window(users, page * PAGE_KEYS_EVERYWHERE, PAGE_KEYS_EVERYWHERE);
            let first_large = PAGES * PAGE_KEYS_EVERYWHERE + page * LARGE_ONLY;
            shown.extend(layout::window(users, first_large, LARGE_ONLY));
            shown.iter().map(|it| key(it, desk)).collect()
        })
        .collect()
}

/// The idle screen's soft keys by the phone's names: "dss1" is the key to the login application, "dssSoft" 1.
fn soft_keys(desk: &Desk) -> String {
    const APP: &str = "dss1";
    let mut names = match &desk.session {
        None => vec![APP, "", "", "menu"],
        Some(session) if session.profile.softkeys.is_empty() => vec!["history", "contact", "dnd", APP],
        Some(session) => {
            let name = |function: &SoftFunction| match function {
                SoftFunction::History => "history",
                SoftFunction::Directory => "contact",
                SoftFunction::DoNotDisturb => "dnd",
                SoftFunction::Forward => "cfwd",
                SoftFunction::Voicemail => "mwi",
                SoftFunction::Logout => APP,
            };
            session
                .profile
                .softkeys
                .iter()
                .take(SOFT_KEYS)
                .map(name)
                .collect()
        }
    };
    names.resize(SOFT_KEYS, "");
    names.iter().map(|name| format!("{name};")).collect()
}

fn directory(desk: &Desk) -> Value {
    let url = desk
        .session
        .as_ref()
        .map_or("", |session| session.profile.directory_url.as_str());
    let name = if url.is_empty() {
        ""
    } else {
        soft_label(SoftFunction::Directory, desk.language())
    };
    context! { url, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_stamp_is_a_higher_version_however_it_is_compared() {
        let versions: Vec<_> = [9, 10, 812, 99_999_999].map(version).into();
        assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
        let numbers: Vec<f64> = versions.iter().map(|text| text.parse().unwrap()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    }

    #[test]
    fn a_zone_is_named_by_its_distance() {
        for (minutes, expected) in [(-360, "-6"), (0, ""), (60, "+1"), (330, "+5:30"), (-210, "-3:30")] {
            assert_eq!(offset(minutes), expected);
        }
    }

    #[test]
    fn a_number_that_would_dial_another_one_has_no_key() {
        assert_eq!(
            memory("2000", 1, "f", "x"),
            (kind::MEMORY, "2000@1/f".to_owned(), "x")
        );
        for number in ["2000@2", "2000/b"] {
            assert_eq!(memory(number, 1, "f", "x").0, kind::NOTHING);
        }
    }
}
