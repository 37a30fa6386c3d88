//! What templates of documents see: everything of a [`Desk`], with a value for every name whether or not somebody is
//! logged in. A template that asks only for these names sets the same keys for a neutral phone and for a user's.

use minijinja::{Value, context};

use crate::desk::{Desk, Lamp, Line, Profile, SoftFunction, SpeedDial, Transport};
use crate::language::Language;
use crate::text::Word;

/// Keys that dial, and as many with a lamp, that a document sets; those that a profile does not use are emptied.
pub(crate) const KEYS: usize = 32;

/// Soft keys that a document sets.
pub(crate) const SOFT_KEYS: usize = 8;

/// Emergency numbers that a document sets; further ones are dialled through the edge like any other number.
pub(crate) const EMERGENCY_NUMBERS: usize = 10;

/// The names: `mark`, `stamp`, `language`, `label`, `device`, `site`, `service`, `registrar`, `own` (the phone's own
/// line), `session` and `profile`. Lists are as long as their constants here, padded with empty values.
pub(crate) fn values(desk: &Desk) -> Value {
    let none = Profile::default();
    let session = desk.session.as_ref();
    let profile = session.map_or(&none, |session| &session.profile);
    let mac = desk.device.mac.map(|mac| mac.to_string()).unwrap_or_default();
    context! {
        mark => desk.mark(),
        stamp => desk.stamp,
        language => desk.language().tag(),
        label => desk.label().as_str(),
        device => context! {
            id => desk.device.id.as_str(),
            mac => mac,
            desk => desk.device.desk.as_str(),
            label => desk.device.label.as_str(),
            number => desk.device.number.as_str(),
        },
        site => context! {
            name => desk.site.name.as_str(),
            time_zone => desk.site.time_zone.as_str(),
            emergency_numbers => padded(&desk.site.emergency_numbers, EMERGENCY_NUMBERS, |number| {
                Value::from(number.map_or("", |number| number.as_str()))
            }),
        },
        service => service(desk),
        registrar => context! {
            host => desk.service.registrar.host.as_str(),
            port => desk.service.registrar.port,
            transport => transport(desk.service.registrar.transport),
        },
        own => line(Some(&desk.line)),
        session => context! {
            is_on => session.is_some(),
            has_line => session.is_some_and(|session| session.line.is_some()),
            user => session.map_or("", |session| session.user.as_str()),
            display_name => session.map_or("", |session| session.display_name.as_str()),
            extension => session.map_or("", |session| session.extension.as_str()),
            line => line(session.and_then(|session| session.line.as_ref())),
        },
        profile => view_of_profile(profile),
    }
}

fn service(desk: &Desk) -> Value {
    let service = &desk.service;
    context! {
        documents_url => desk.documents_url(),
        app_url => desk.app_url(),
        base => service.base.as_str(),
        is_https => service.base.starts_with("https:"),
        domain => service.domain.as_str(),
        web_user => service.web_user.as_str(),
        web_password => service.web_password.expose(),
        login_code => service.login_code.as_str(),
        logout_code => service.logout_code.as_str(),
    }
}

fn line(line: Option<&Line>) -> Value {
    context! {
        user => line.map_or("", |line| line.user.as_str()),
        auth_user => line.map_or("", |line| line.auth_user.as_str()),
        password => line.map_or("", |line| line.password.expose()),
    }
}

fn view_of_profile(profile: &Profile) -> Value {
    let forwarding = &profile.forwarding;
    context! {
        speed_dials => padded(&profile.speed_dials, KEYS, |key: Option<&SpeedDial>| context! {
            label => key.map_or("", |key| key.label.as_str()),
            number => key.map_or("", |key| key.number.as_str()),
        }),
        lamps => padded(&profile.lamps, KEYS, |key: Option<&Lamp>| context! {
            label => key.map_or("", |key| key.label.as_str()),
            extension => key.map_or("", |key| key.extension.as_str()),
        }),
        voicemail_number => profile.voicemail_number.as_str(),
        message_waiting => profile.message_waiting,
        ring_tone => profile.ring_tone,
        do_not_disturb => profile.do_not_disturb,
        directory_url => profile.directory_url.as_str(),
        forwarding => context! {
            always => forwarding.always.as_str(),
            busy => forwarding.busy.as_str(),
            no_answer => forwarding.no_answer.as_str(),
            no_answer_after_s => forwarding.no_answer_after_s,
        },
    }
}

/// The first `length` of `items`, and `None` for those that are missing.
pub(crate) fn padded<T>(
    items: &[T],
    length: usize,
    mut write: impl FnMut(Option<&T>) -> Value,
) -> Vec<Value> {
    (0..length).map(|index| write(items.get(index))).collect()
}

/// As URI parameters have it.
pub(crate) fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
    }
}

/// What a soft key of the profile shows: at most 12 characters.
pub(crate) const fn soft_label(function: SoftFunction, language: Language) -> &'static str {
    use Language::{English, French, German, Italian, Portuguese, Spanish};
    use SoftFunction::{Directory, DoNotDisturb, Forward, History, Logout, Voicemail};
    match (function, language) {
        (History, English) => "History",
        (History, German) => "Anrufe",
        (History, French) => "Journal",
        (History, Spanish) => "Llamadas",
        (History, Portuguese) => "Chamadas",
        (History, Italian) => "Chiamate",
        (Directory, English) => "Directory",
        (Directory, German) => "Telefonbuch",
        (Directory, French) => "Annuaire",
        (Directory, Spanish) => "Agenda",
        (Directory, Portuguese) => "Agenda",
        (Directory, Italian) => "Rubrica",
        (DoNotDisturb, German) => "Ruhe",
        (DoNotDisturb, French) => "NPD",
        (DoNotDisturb, Spanish) => "No molestar",
        (DoNotDisturb, English | Portuguese | Italian) => "DND",
        (Forward, English) => "Forward",
        (Forward, German) => "Umleiten",
        (Forward, French) => "Renvoi",
        (Forward, Spanish) => "Desvío",
        (Forward, Portuguese) => "Desvio",
        (Forward, Italian) => "Devia",
        (Logout, language) => Word::LogOut.text(language),
        (Voicemail, English) => "Voicemail",
        (Voicemail, German) => "Mailbox",
        (Voicemail, French) => "Messagerie",
        (Voicemail, Spanish) => "Buzón",
        (Voicemail, Portuguese) => "Correio voz",
        (Voicemail, Italian) => "Segreteria",
    }
}
