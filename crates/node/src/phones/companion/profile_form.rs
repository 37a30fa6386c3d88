//! A profile as a form, both ways.

use hotdesk_core::profile::{LAMPS_MAX, Lamp, Profile, RING_TONE_MAX, SPEED_DIALS_MAX, SpeedDial};
use hotdesk_core::{CallSettings, User};
use hotdesk_phone::Language;
use hotdesk_phone::text::Word;
use minijinja::{Value, context};
use smol_str::SmolStr;

use crate::http::form;

/// So many empty rows follow those that are filled in: without scripts, nobody can add one.
const SPARE_ROWS: usize = 4;

/// What a form says; what it does not show stays as it is.
pub(super) fn read(fields: &[(String, String)], user: &User) -> (Profile, CallSettings) {
    let text = |name: &str| SmolStr::from(form::field(fields, name).trim());
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let is_set = |name: &str| form::field(fields, name) == "1";
    let old = user.profile.as_deref().cloned().unwrap_or_default();
    let profile = Profile {
        line_label: text("line_label"),
        speed_dials: rows(fields, "sd_label", "sd_number")
            .map(|(label, number)| SpeedDial { label, number })
            .collect(),
        lamps: rows(fields, "lamp_label", "lamp_ext")
            .map(|(label, extension)| Lamp { label, extension })
            .collect(),
        voicemail_number: text("voicemail"),
        message_waiting: is_set("mwi"),
        ring_tone: form::field(fields, "ring_tone").parse().unwrap_or(old.ring_tone),
        language: text("language"),
        ..old
    };
    let old = user.calls.as_deref().cloned().unwrap_or_default();
    let calls = CallSettings {
        forward_always: some("always"),
        forward_busy: some("busy"),
        forward_no_answer: some("no_answer"),
        no_answer_after_s: form::field(fields, "after")
            .parse()
            .unwrap_or(old.no_answer_after_s),
        forward_not_logged_in: some("logged_out"),
        do_not_disturb: is_set("dnd"),
        ..old
    };
    (profile, calls)
}

/// Rows of two columns; empty ones are left out. A browser sends the fields of a form in order (HTML, form
/// submission).
fn rows<'a>(
    fields: &'a [(String, String)],
    first: &'a str,
    second: &'a str,
) -> impl Iterator<Item = (SmolStr, SmolStr)> + 'a {
    let column = |name: &'a str| {
        let of_name = fields.iter().filter(move |(known, _)| known == name);
        of_name.map(|(_, value)| SmolStr::from(value.trim()))
    };
    column(first)
        .zip(column(second))
        .filter(|(first, second)| !(first.is_empty() && second.is_empty()))
}

/// What the template needs.
pub(super) fn values(user: &User, language: Language) -> Value {
    let profile = user.profile.as_deref().cloned().unwrap_or_default();
    let calls = user.calls.as_deref().cloned().unwrap_or_default();
    let target = |target: &Option<SmolStr>| target.as_deref().unwrap_or_default().to_owned();
    let dials = profile
        .speed_dials
        .iter()
        .map(|dial| (dial.label.as_str(), dial.number.as_str()));
    let lamps = profile
        .lamps
        .iter()
        .map(|lamp| (lamp.label.as_str(), lamp.extension.as_str()));
    context! {
        calls => context! {
            dnd => calls.do_not_disturb,
            always => target(&calls.forward_always),
            busy => target(&calls.forward_busy),
            no_answer => target(&calls.forward_no_answer),
            after => calls.no_answer_after_s,
            logged_out => target(&calls.forward_not_logged_in),
        },
        profile => context! {
            line_label => profile.line_label.as_str(),
            voicemail => profile.voicemail_number.as_str(),
            mwi => profile.message_waiting,
        },
        languages => languages(&profile.language, language),
        tones => tones(profile.ring_tone, language),
        speed_dials => spare(dials.collect(), SPEED_DIALS_MAX),
        lamps => spare(lamps.collect(), LAMPS_MAX),
        words => words(language),
    }
}

fn spare(mut rows: Vec<(&str, &str)>, rows_max: usize) -> Vec<Value> {
    rows.resize((rows.len() + SPARE_ROWS).min(rows_max), ("", ""));
    rows.into_iter()
        .map(|(label, value)| context! { label => label, value => value })
        .collect()
}

fn languages(chosen: &str, language: Language) -> Vec<Value> {
    let current: Option<Language> = chosen.parse().ok();
    let office = context! {
        value => "",
        text => Word::OfficeLanguage.text(language),
        chosen => current.is_none(),
    };
    let known = Language::ALL.into_iter().map(|known| {
        context! { value => known.tag(), text => own_name(known), chosen => current == Some(known) }
    });
    [office].into_iter().chain(known).collect()
}

/// A language as those call it who speak it.
const fn own_name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::German => "Deutsch",
        Language::French => "Français",
        Language::Spanish => "Español",
        Language::Portuguese => "Português",
        Language::Italian => "Italiano",
    }
}

fn tones(chosen: u8, language: Language) -> Vec<Value> {
    (0..=RING_TONE_MAX)
        .map(|tone| {
            let text = match tone {
                0 => Word::UsualTone.text(language).to_owned(),
                tone => tone.to_string(),
            };
            context! { value => tone, text => text, chosen => tone == chosen }
        })
        .collect()
}

fn words(language: Language) -> Value {
    let word = |word: Word| word.text(language);
    context! {
        whereabouts => word(Word::Where),
        log_out => word(Word::LogOut),
        calls => word(Word::Calls),
        dnd => word(Word::DoNotDisturb),
        always => word(Word::ForwardAlways),
        busy => word(Word::ForwardBusy),
        no_answer => word(Word::ForwardNoAnswer),
        after => word(Word::AfterSeconds),
        logged_out => word(Word::ForwardLoggedOut),
        line => word(Word::Line),
        line_label => word(Word::LineLabel),
        language => word(Word::PhoneLanguage),
        ring_tone => word(Word::RingTone),
        voicemail => word(Word::VoicemailNumber),
        mwi => word(Word::MessageLamp),
        speed_dials => word(Word::SpeedDials),
        lamps => word(Word::Lamps),
        key_label => word(Word::KeyLabel),
        number_to_dial => word(Word::NumberToDial),
        extension => word(Word::Extension),
        save => word(Word::Save),
        sign_out => word(Word::SignOut),
    }
}

/// What the page calls a field of the record.
pub(super) fn label(field: &str, language: Language) -> &'static str {
    let word = match field.split(['.', '[']).next().unwrap_or_default() {
        "line_label" => Word::LineLabel,
        "speed_dials" => Word::SpeedDials,
        "lamps" => Word::Lamps,
        "voicemail_number" | "voicemail" => Word::VoicemailNumber,
        "ring_tone" => Word::RingTone,
        "language" => Word::PhoneLanguage,
        "forward_always" => Word::ForwardAlways,
        "forward_busy" => Word::ForwardBusy,
        "forward_no_answer" => Word::ForwardNoAnswer,
        "no_answer_after_s" => Word::AfterSeconds,
        "forward_not_logged_in" => Word::ForwardLoggedOut,
        _ => Word::MySettings,
    };
    word.text(language)
}

#[cfg(test)]
mod tests {
    use hotdesk_core::profile::SoftFunction;
    use hotdesk_core::{Ring, UserId};

    use super::*;

    fn fields(form: &str) -> Vec<(String, String)> {
        form::decode(form.as_bytes())
    }

    #[test]
    fn what_the_form_does_not_show_stays() {
        let mut user = User::new(UserId::parse("ada").unwrap());
        user.profile = Some(
            Profile {
                softkeys: vec![SoftFunction::Logout],
                directory_url: "https://book.example".into(),
                line_label: "old".into(),
                ..Profile::default()
            }
            .into(),
        );
        user.calls = Some(
            CallSettings {
                ring: Ring::InOrder,
                voicemail: Some("2001".into()),
                ..CallSettings::default()
            }
            .into(),
        );
        let sent = "line_label=Ada+&sd_label=Mum&sd_number=555&sd_label=&sd_number=&sd_label=Dad&sd_number=556\
                    &lamp_label=&lamp_ext=2002&ring_tone=3&language=de&mwi=1&always=&busy=2009&after=30&dnd=1";
        let (profile, calls) = read(&fields(sent), &user);
        assert_eq!(profile.line_label, "Ada");
        let dials: Vec<_> = profile
            .speed_dials
            .iter()
            .map(|dial| dial.number.as_str())
            .collect();
        assert_eq!(dials, ["555", "556"]);
        assert_eq!(profile.lamps.len(), 1);
        assert_eq!((profile.ring_tone, profile.language.as_str()), (3, "de"));
        assert!(profile.message_waiting && calls.do_not_disturb);
        assert_eq!(profile.softkeys, [SoftFunction::Logout]);
        assert_eq!(profile.directory_url, "https://book.example");
        assert_eq!(
            (calls.forward_always, calls.forward_busy),
            (None, Some("2009".into()))
        );
        assert_eq!((calls.no_answer_after_s, calls.ring), (30, Ring::InOrder));
        assert_eq!(calls.voicemail, Some("2001".into()));
    }

    #[test]
    fn a_full_profile_has_no_spare_rows_beyond_its_limit() {
        let rows = vec![("a", "1"); SPEED_DIALS_MAX - 1];
        assert_eq!(spare(rows, SPEED_DIALS_MAX).len(), SPEED_DIALS_MAX);
        assert_eq!(spare(Vec::new(), SPEED_DIALS_MAX).len(), SPARE_ROWS);
    }
}
