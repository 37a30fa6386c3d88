//! The phone's document.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::desk::{Desk, SoftFunction, Transport};
use crate::document::{Document, RenderError};
use crate::language::Language;
use crate::template::Format;
use crate::text::Word;
use crate::vendors::fit::cut;
use crate::vendors::layout::accounts;
use crate::vendors::templates::Templates;
use crate::vendors::values::{SOFT_KEYS, soft_label, values};
use crate::vendors::zone::{Change, Zone, zone};

/// The first line key that is free for speed dials and lamps: the two before it are the lines.
const FREE_KEY: usize = 3;

/// Line keys that are set.
const LINE_KEYS: usize = 12;

/// The programmable soft key that opens the login application.
const APPLICATION_KEY: usize = SOFT_KEYS + 1;

/// Longest text of a key or a label.
const LABEL_CHARS_MAX: usize = 32;

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[("profile.xml", include_str!("templates/profile.xml"))],
    )
});

pub(super) fn render(desk: &Desk) -> Result<Document, RenderError> {
    let body = TEMPLATES.render("profile.xml", view(desk))?;
    Ok(Document {
        content_type: "text/xml; charset=UTF-8",
        body: body.into_bytes(),
    })
}

fn view(desk: &Desk) -> Value {
    let session = desk.session.as_ref();
    let registrar = &desk.service.registrar;
    let zone = zone(&desk.site.time_zone);
    let label = desk.label();
    let language = desk.language();
    let [user, own] = accounts(desk);
    let mailbox = session.filter(|session| session.profile.message_waiting);
    context! {
        it => values(desk),
        label => cut(&label, LABEL_CHARS_MAX),
        own_label => cut(&own.label, LABEL_CHARS_MAX),
        own_name => cut(&own.name, LABEL_CHARS_MAX),
        name => cut(&user.name, LABEL_CHARS_MAX),
        proxy => format!("{}:{}", registrar.host, registrar.port),
        transport => match registrar.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        },
        profile_rule => profile_rule(desk),
        mailbox => mailbox.map_or("", |session| session.extension.as_str()),
        // 0 is the phone's usual one, which is the first.
        ring => session.map_or(1, |session| session.profile.ring_tone.max(1)),
        line_keys => line_keys(desk),
        soft_keys => soft_keys(desk),
        idle_keys => idle_keys(desk),
        app_name => match session {
            Some(_) => soft_label(SoftFunction::Logout, language),
            None => Word::LogIn.text(language),
        },
        directory_name => soft_label(SoftFunction::Directory, language),
        time_zone => offset(&zone),
        summer => zone.summer.map_or_else(String::new, |summer| {
            format!("start={};end={};save=1", change(summer.begins), change(summer.ends))
        }),
        locale => locale(language),
        emergency => desk.site.emergency_numbers.join(","),
    }
}

/// Where the phone finds its profile. Neutral, it sends what somebody has typed into the phone's own login form.
fn profile_rule(desk: &Desk) -> String {
    let documents = desk.documents_url();
    match desk.session {
        Some(_) => format!("{documents}$MA.xml"),
        None => format!(
            "(\"$EMS\" eq \"mobile\" and \"$MUID\" ne \"\" and \"$MPWD\" ne \"\")?\
             [--uid $MUID$PDOM --pwd $MPWD]{documents}em-{}-$MUID.xml|{documents}$MA.xml",
            desk.stamp
        ),
    }
}

/// Speed dials, then lamps, as far as there are keys; empty ones to the end.
fn line_keys(desk: &Desk) -> Vec<Value> {
    let profile = desk.session.as_ref().map(|session| &session.profile);
    let dials = profile.iter().flat_map(|profile| {
        let keys = profile.speed_dials.iter();
        keys.map(|key| function("sd", &key.label, &key.number))
    });
    let lamps = profile.iter().flat_map(|profile| {
        let keys = profile.lamps.iter();
        keys.map(|key| function("blf+sd", &key.label, &key.extension))
    });
    let empty = std::iter::repeat_with(String::new);
    (FREE_KEY..=LINE_KEYS)
        .zip(dials.chain(lamps).chain(empty))
        .map(|(key, function)| context! { key, function })
        .collect()
}

/// What a key does, in the phone's own notation, in which a semicolon ends a part.
fn function(kind: &str, label: &str, number: &str) -> String {
    let number = user_part(number);
    let label = label.replace([';', '='], " ");
    let label = cut(label.trim(), LABEL_CHARS_MAX);
    let watched = if kind == "sd" {
        String::new()
    } else {
        format!("sub={number}@$PROXY;")
    };
    format!("fnc={kind};{watched}ext={number}@$PROXY;nme={label}")
}

/// The user part of a SIP URI (RFC 3261 §25.1), with what the notation gives a meaning to escaped as well.
fn user_part(number: &str) -> String {
    let mut out = String::with_capacity(number.len());
    for byte in number.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Programmable soft keys: those of the profile that the phone has no function for, and the login application last.
fn soft_keys(desk: &Desk) -> Vec<Value> {
    let functions = desk
        .session
        .as_ref()
        .map_or(&[][..], |session| &session.profile.softkeys);
    let own = (0..SOFT_KEYS).map(|index| {
        functions
            .get(index)
            .map_or_else(String::new, |key| soft_key(desk, *key))
    });
    let app = match desk.session {
        Some(_) => soft_label(SoftFunction::Logout, desk.language()),
        None => Word::LogIn.text(desk.language()),
    };
    own.chain([application(desk, app)])
        .zip(1..)
        .map(|(function, key)| context! { key, function })
        .collect()
}

fn soft_key(desk: &Desk, key: SoftFunction) -> String {
    let language = desk.language();
    let label = soft_label(key, language);
    match key {
        // The phone's own functions, named in the list of keys.
        SoftFunction::History | SoftFunction::Directory => String::new(),
        SoftFunction::Voicemail => {
            let number = desk
                .session
                .as_ref()
                .map(|session| session.profile.voicemail_number.as_str());
            function("sd", label, number.unwrap_or_default())
        }
        // All three are asked of the service: the phone's own would act without it.
        SoftFunction::DoNotDisturb | SoftFunction::Forward | SoftFunction::Logout => application(desk, label),
    }
}

/// A key that opens the login application.
fn application(desk: &Desk, label: &str) -> String {
    format!("fnc=xml;url={};nme={label}", desk.app_url())
}

/// The soft keys of an idle phone, in order. The phone's own key to log out is not among them: it would empty the
/// phone and tell nobody, so that the session went on.
fn idle_keys(desk: &Desk) -> String {
    let Some(session) = &desk.session else {
        return format!("em_login;psk{APPLICATION_KEY};redial;");
    };
    if session.profile.softkeys.is_empty() {
        return format!("psk{APPLICATION_KEY};redial;recents;dir;");
    }
    let mut list = String::new();
    for (index, key) in session.profile.softkeys.iter().take(SOFT_KEYS).enumerate() {
        match key {
            SoftFunction::History => list.push_str("recents;"),
            SoftFunction::Directory => list.push_str("dir;"),
            _ => list.push_str(&format!("psk{};", index + 1)),
        }
    }
    list
}

/// "GMT-06:00".
fn offset(zone: &Zone) -> String {
    let sign = if zone.minutes < 0 { '-' } else { '+' };
    let minutes = zone.minutes.unsigned_abs();
    format!("GMT{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// "3/8/7/2:0:0": month, from which day on (−1: the last), weekday (7: Sunday), time.
fn change(change: Change) -> String {
    let day = match change.sunday {
        5 => -1,
        sunday => i32::from(sunday - 1) * 7 + 1,
    };
    format!("{}/{day}/7/{}:0:0", change.month, change.hour)
}

fn locale(language: Language) -> Value {
    let (name, code) = match language {
        Language::English => ("English-US", "en-US"),
        Language::German => ("German", "de-DE"),
        Language::French => ("French", "fr-FR"),
        Language::Spanish => ("Spanish", "es-ES"),
        Language::Portuguese => ("Portuguese", "pt-PT"),
        Language::Italian => ("Italian", "it-IT"),
    };
    context! { name, code }
}
