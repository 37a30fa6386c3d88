//! Why something was not done, as a person at a phone reads it, with an id that leads to the node's log.

use std::fmt;
use std::net::IpAddr;

use data_encoding::BASE32_NOPAD;
use hotdesk_core::{DeviceId, Refusal, State, TimeMs};
use hotdesk_phone::Language;
use hotdesk_phone::text::{Sentence, place};
use hotdesk_proto::error::Failure;
use uuid::Uuid;

use super::Phones;
use super::office::{Office, language_at};
use super::tokens::Rejected;
use crate::services::{Error, now};

/// `INVALID_ARGUMENT`: the form does not say what it must, which is that this phone got it a moment ago.
const FORM_CODE: &str = "HD2010";

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The stable code ("HD1007").
    pub(crate) code: &'static str,
    /// The stable name ("device_not_allowed").
    pub(crate) reason: &'static str,
    /// What happened and what to do, in the language that the phone speaks now; without the id.
    pub(crate) sentence: String,
    /// What support looks for: "HD1007-7K3QX2", in the node's log as `incident`.
    pub(crate) id: String,
    /// The same request may succeed by itself in a moment.
    pub(crate) retryable: bool,
}

impl Trouble {
    /// What an error means to whoever stands at the phone; in the log it is with all that may be there: which
    /// phone, by which surface, and why. Never what was typed.
    pub(crate) fn new(
        phones: &Phones,
        device: &DeviceId,
        surface: &'static str,
        address: Option<IpAddr>,
        error: &Error,
    ) -> Self {
        let state = phones.shared.cluster.local().state;
        let office = Office::of_device(&state, device);
        let language = language_at(&state, device, &office, now().max(state.clock()));
        let trouble = Self::in_words(&state, &office, language, error);
        trouble.log(device, surface, address);
        trouble
    }

    /// The same for somebody who reads another language than the phone shows.
    pub(super) fn in_words(state: &State, office: &Office, language: Language, error: &Error) -> Self {
        let (code, retryable) = match error {
            Error::Refusal(refusal) => (refusal.code(), false),
            Error::Failure(failure) => (failure.code(), failure.is_retryable()),
        };
        Self {
            code,
            reason: error.name(),
            sentence: sentence(state, office, language, error),
            id: incident(code),
            retryable,
        }
    }

    /// A form that is not taken.
    pub(super) fn of_form(rejected: Rejected, language: Language) -> Self {
        let (code, sentence) = match rejected {
            Rejected::Used => (FORM_CODE, Sentence::FormUsed),
            Rejected::Expired => (FORM_CODE, Sentence::FormExpired),
            Rejected::Foreign => (FORM_CODE, Sentence::FormForeign),
            Rejected::Full => (Failure::Overloaded.code(), Sentence::TooBusy),
        };
        Self {
            code,
            reason: "form",
            sentence: sentence.text(language),
            id: incident(code),
            retryable: true,
        }
    }

    /// Writes it into the log, under its id.
    pub(super) fn log(&self, device: &DeviceId, surface: &'static str, address: Option<IpAddr>) {
        tracing::info!(
            incident = self.id,
            device_id = device.as_str(),
            surface,
            reason = self.reason,
            address = address.map(tracing::field::display),
            "not done at a phone"
        );
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.sentence, self.id)
    }
}

/// An id for one incident: the code, and 30 random bits in letters that are read over a phone well.
fn incident(code: &str) -> String {
    let random = BASE32_NOPAD.encode(&Uuid::new_v4().as_bytes()[..4]);
    format!("{code}-{}", &random[..6])
}

fn sentence(state: &State, office: &Office, language: Language, error: &Error) -> String {
    let at = |time: TimeMs| office.clock(time);
    let said = |sentence: Sentence<'_>| sentence.text(language);
    match error {
        Error::Refusal(refusal) => match refusal {
            Refusal::UnknownUser { .. } => said(Sentence::UnknownUser),
            Refusal::UserDisabled { .. } => said(Sentence::UserDisabled),
            Refusal::NoCredential { .. } => said(Sentence::NoPin),
            Refusal::CredentialChanged { .. } => said(Sentence::PinChanged),
            Refusal::UserLocked { until, .. } => said(Sentence::UserLocked { until: &at(*until) }),
            Refusal::UnknownDevice { .. } => said(Sentence::DeviceUnknown),
            Refusal::DeviceDisabled { .. } => said(Sentence::DeviceDisabled),
            Refusal::DeviceNotAllowed { .. } => said(Sentence::DeviceNotAllowed),
            Refusal::DeviceBusy { .. } => said(Sentence::DeviceBusy),
            Refusal::LoggedInElsewhere { device, .. } => {
                let there = place_of(state, language, device);
                said(Sentence::LoggedInElsewhere { place: &there })
            }
            Refusal::DeviceOnHold { until, .. } => said(Sentence::OnHold { until: &at(*until) }),
            Refusal::RequestIdReused => said(Sentence::FormUsed),
            _ => said(Sentence::NotPossible),
        },
        Error::Failure(failure) => said(match failure {
            Failure::WrongPin { remaining } => Sentence::WrongPin {
                tries_left: *remaining,
            },
            Failure::PinRequired => Sentence::PinMissing,
            Failure::InvalidArgument { field, .. } if field == "pin" => Sentence::PinNotDigits,
            Failure::InvalidArgument { field, .. } if field == "user" => Sentence::UnknownUser,
            Failure::VouchingNotAllowed | Failure::Unauthenticated => Sentence::NotAllowed,
            Failure::Unknown => Sentence::Unclear,
            Failure::Overloaded => Sentence::TooBusy,
            Failure::TooManyWrongPins { .. } => Sentence::TooManyWrongPins,
            Failure::NoLeader
            | Failure::Timeout
            | Failure::Stopped { .. }
            | Failure::ShuttingDown
            | Failure::PeerUnreachable { .. } => Sentence::Unreachable,
            _ => Sentence::NotPossible,
        }),
    }
}

/// Where a phone stands, for people: "New York, desk 7".
pub(super) fn place_of(state: &State, language: Language, device: &DeviceId) -> String {
    let Some(found) = state.device(device) else {
        return device.as_str().to_owned();
    };
    let name = state.site(&found.site).map(|site| &site.name);
    let name = name
        .filter(|name| !name.is_empty())
        .unwrap_or(found.site.as_smol());
    place(language, name, &found.desk)
}

#[cfg(test)]
mod tests {
    use hotdesk_core::UserId;

    use super::*;
    use crate::pins::{PIN_DIGITS_MAX, PIN_DIGITS_MIN};

    #[test]
    fn whatever_goes_wrong_is_said_in_the_offices_language_with_its_clock() {
        let office = Office {
            language: Language::German,
            time_zone: "America/Chicago".into(),
            recent_here: false,
        };
        let user = UserId::parse("ada").unwrap();
        let device = DeviceId::parse("ny-7").unwrap();
        // 2026-07-01 14:31 UTC.
        let until = TimeMs(1_782_916_260_000);
        let pin_length = format!("{PIN_DIGITS_MIN} bis {PIN_DIGITS_MAX} Ziffern");
        for (error, sentence, retryable) in [
            (
                Error::from(Failure::NoLeader),
                "Der Anmeldedienst ist nicht erreichbar.",
                true,
            ),
            (
                Failure::Timeout.into(),
                "Der Anmeldedienst ist nicht erreichbar.",
                true,
            ),
            (
                Failure::ShuttingDown.into(),
                "Der Anmeldedienst ist nicht erreichbar.",
                true,
            ),
            (Failure::Unknown.into(), "Es kam keine Antwort.", true),
            (Failure::Overloaded.into(), "Gerade melden sich zu viele", true),
            (
                Failure::WrongPin { remaining: Some(1) }.into(),
                "Noch ein Versuch.",
                false,
            ),
            (
                Failure::TooManyWrongPins {
                    place: "phone",
                    wait: std::time::Duration::from_secs(9),
                }
                .into(),
                "eine Minute",
                false,
            ),
            (Failure::VouchingNotAllowed.into(), "nicht erlaubt", false),
            (Error::invalid("pin", "x"), &pin_length, false),
            (Error::invalid("user", "x"), "niemand bekannt", false),
            (Error::invalid("other", "x"), "nicht geklappt", false),
            (
                Refusal::UserLocked { user, until }.into(),
                "bis 09:31 gesperrt",
                false,
            ),
            (
                Refusal::DeviceOnHold {
                    device: device.clone(),
                    until,
                }
                .into(),
                "Notruf",
                false,
            ),
            (
                Refusal::DeviceBusy {
                    device: device.clone(),
                }
                .into(),
                "muss sich zuerst abmelden",
                false,
            ),
            (
                Refusal::LoggedInElsewhere {
                    user: UserId::parse("ada").unwrap(),
                    device,
                    site: "ny".parse().unwrap(),
                }
                .into(),
                "Sie sind in ny-7 angemeldet.",
                false,
            ),
        ] {
            let trouble = Trouble::in_words(&State::new(), &office, office.language, &error);
            assert!(trouble.sentence.contains(sentence), "{error}: {trouble}");
            assert_eq!(trouble.retryable, retryable, "{error}");
            assert!(trouble.id.starts_with(trouble.code), "{trouble}");
        }
    }

    #[test]
    fn an_incident_is_a_code_and_six_letters() {
        let id = incident("HD1007");
        let (code, random) = id.split_once('-').unwrap();
        assert_eq!((code, random.len()), ("HD1007", 6));
        assert!(
            random
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
        );
        assert_ne!(incident("HD1007"), id);
    }
}
