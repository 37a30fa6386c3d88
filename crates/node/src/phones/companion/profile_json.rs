//! A profile as JSON, both ways. A field that is missing is empty, one that nobody knows is an error.

use hotdesk_core::profile::{Lamp, Profile, SoftFunction, SpeedDial};
use hotdesk_core::{CallSettings, Ring, User};
use hotdesk_phone::Language;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// What a user finds at every phone, and what becomes of the user's calls.
#[derive(Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ProfileJson {
    line_label: String,
    speed_dials: Vec<DialJson>,
    lamps: Vec<LampJson>,
    voicemail_number: String,
    message_waiting: bool,
    ring_tone: u8,
    language: String,
    directory_url: String,
    softkeys: Vec<KeyJson>,
    calls: CallsJson,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct DialJson {
    label: String,
    number: String,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct LampJson {
    label: String,
    extension: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum KeyJson {
    History,
    Directory,
    DoNotDisturb,
    Forward,
    Voicemail,
    Logout,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
struct CallsJson {
    forward_always: Option<String>,
    forward_busy: Option<String>,
    forward_no_answer: Option<String>,
    no_answer_after_s: u16,
    forward_not_logged_in: Option<String>,
    do_not_disturb: bool,
    voicemail: Option<String>,
    /// Phones ring one after the other.
    ring_in_order: bool,
}

impl Default for CallsJson {
    fn default() -> Self {
        Self::of(&CallSettings::default())
    }
}

/// Reads a JSON object. (serde takes an array for one as well, with its fields in their order.)
///
/// # Errors
/// What is wrong with it, for who wrote it.
pub(super) fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err("must be a JSON object".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

impl ProfileJson {
    /// Reads one that somebody sent.
    ///
    /// # Errors
    /// The field with what is wrong in it; "body" for the whole.
    pub(super) fn read(body: &[u8]) -> Result<Self, (&'static str, String)> {
        let sent: Self = object(body).map_err(|problem| ("body", problem))?;
        if !sent.language.is_empty() {
            let known = sent.language.parse::<Language>();
            known.map_err(|problem| ("language", problem))?;
        }
        Ok(sent)
    }

    /// What the user has.
    pub(super) fn of(user: &User) -> Self {
        let profile = user.profile.as_deref().cloned().unwrap_or_default();
        let calls = user.calls.as_deref().cloned().unwrap_or_default();
        let dial = |dial: &SpeedDial| DialJson {
            label: dial.label.to_string(),
            number: dial.number.to_string(),
        };
        let lamp = |lamp: &Lamp| LampJson {
            label: lamp.label.to_string(),
            extension: lamp.extension.to_string(),
        };
        Self {
            line_label: profile.line_label.into(),
            speed_dials: profile.speed_dials.iter().map(dial).collect(),
            lamps: profile.lamps.iter().map(lamp).collect(),
            voicemail_number: profile.voicemail_number.into(),
            message_waiting: profile.message_waiting,
            ring_tone: profile.ring_tone,
            language: profile.language.into(),
            directory_url: profile.directory_url.into(),
            softkeys: profile.softkeys.iter().map(|key| KeyJson::of(*key)).collect(),
            calls: CallsJson::of(&calls),
        }
    }

    /// As records. Scheduled forwardings are not in here and stay as they are.
    pub(super) fn records(self, user: &User) -> (Profile, CallSettings) {
        let dial = |dial: DialJson| SpeedDial {
            label: dial.label.into(),
            number: dial.number.into(),
        };
        let lamp = |lamp: LampJson| Lamp {
            label: lamp.label.into(),
            extension: lamp.extension.into(),
        };
        let profile = Profile {
            line_label: self.line_label.into(),
            speed_dials: self.speed_dials.into_iter().map(dial).collect(),
            lamps: self.lamps.into_iter().map(lamp).collect(),
            voicemail_number: self.voicemail_number.into(),
            message_waiting: self.message_waiting,
            ring_tone: self.ring_tone,
            language: self.language.into(),
            directory_url: self.directory_url.into(),
            softkeys: self.softkeys.into_iter().map(KeyJson::function).collect(),
        };
        let schedule = user.calls.as_ref().map(|calls| calls.schedule.clone());
        let calls = CallSettings {
            schedule: schedule.unwrap_or_default(),
            ..self.calls.settings()
        };
        (profile, calls)
    }
}

impl CallsJson {
    fn of(calls: &CallSettings) -> Self {
        let target = |target: &Option<SmolStr>| target.as_ref().map(SmolStr::to_string);
        Self {
            forward_always: target(&calls.forward_always),
            forward_busy: target(&calls.forward_busy),
            forward_no_answer: target(&calls.forward_no_answer),
            no_answer_after_s: calls.no_answer_after_s,
            forward_not_logged_in: target(&calls.forward_not_logged_in),
            do_not_disturb: calls.do_not_disturb,
            voicemail: target(&calls.voicemail),
            ring_in_order: calls.ring == Ring::InOrder,
        }
    }

    fn settings(self) -> CallSettings {
        let target = |target: Option<String>| target.filter(|text| !text.is_empty()).map(SmolStr::from);
        CallSettings {
            forward_always: target(self.forward_always),
            forward_busy: target(self.forward_busy),
            forward_no_answer: target(self.forward_no_answer),
            no_answer_after_s: self.no_answer_after_s,
            forward_not_logged_in: target(self.forward_not_logged_in),
            do_not_disturb: self.do_not_disturb,
            voicemail: target(self.voicemail),
            ring: if self.ring_in_order {
                Ring::InOrder
            } else {
                Ring::All
            },
            schedule: Vec::new(),
        }
    }
}

impl KeyJson {
    const fn of(function: SoftFunction) -> Self {
        match function {
            SoftFunction::History => Self::History,
            SoftFunction::Directory => Self::Directory,
            SoftFunction::DoNotDisturb => Self::DoNotDisturb,
            SoftFunction::Forward => Self::Forward,
            SoftFunction::Voicemail => Self::Voicemail,
            SoftFunction::Logout => Self::Logout,
        }
    }

    const fn function(self) -> SoftFunction {
        match self {
            Self::History => SoftFunction::History,
            Self::Directory => SoftFunction::Directory,
            Self::DoNotDisturb => SoftFunction::DoNotDisturb,
            Self::Forward => SoftFunction::Forward,
            Self::Voicemail => SoftFunction::Voicemail,
            Self::Logout => SoftFunction::Logout,
        }
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::UserId;

    use super::*;

    #[test]
    fn what_is_put_is_what_is_got() {
        let mut user = User::new(UserId::parse("ada").unwrap());
        let text = r#"{"line_label":"Ada","speed_dials":[{"label":"Mum","number":"555"}],
            "lamps":[{"label":"Bob","extension":"2002"}],"ring_tone":4,"language":"de","message_waiting":true,
            "softkeys":["do_not_disturb","logout"],"voicemail_number":"*97","directory_url":"https://b.example",
            "calls":{"forward_busy":"2009","no_answer_after_s":30,"do_not_disturb":true,"ring_in_order":true}}"#;
        let sent: ProfileJson = serde_json::from_str(text).unwrap();
        let (profile, calls) = serde_json::from_str::<ProfileJson>(text).unwrap().records(&user);
        user.profile = Some(profile.into());
        user.calls = Some(calls.into());
        assert_eq!(ProfileJson::of(&user), sent);
        assert_eq!(sent.calls.no_answer_after_s, 30);
    }

    #[test]
    fn nothing_is_the_default_and_a_misspelt_field_is_an_error() {
        let user = User::new(UserId::parse("ada").unwrap());
        let (profile, calls) = serde_json::from_str::<ProfileJson>("{}").unwrap().records(&user);
        assert_eq!((profile, calls), (Profile::default(), CallSettings::default()));
        for wrong in [
            r#"{"line_lable":"x"}"#,
            r#"{"ring_tone":300}"#,
            r#"{"softkeys":["fly"]}"#,
            r#"{"language":"tlh"}"#,
            "[]",
            "null",
            "",
        ] {
            assert!(ProfileJson::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(ProfileJson::read(b" {\"language\":\"de-AT\"}").is_ok());
    }
}
