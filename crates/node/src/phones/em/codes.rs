//! What an error of ours is to Cisco's tools and phones: one table for each.

use hotdesk_phone::em::{Code, PhoneCode};

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Checking who asks, and nothing else.
    Asking,
    /// Logging in whoever asks, with the PIN.
    OwnLogin,
    /// Logging in.
    Login,
    /// Anything else.
    Other,
}

impl Doing {
    const fn is_asking(self) -> bool {
        matches!(self, Self::Asking | Self::OwnLogin)
    }
}

/// The code of the service for an error, by its stable name.
pub(super) fn code(name: &str, doing: Doing) -> Code {
    match name {
        "pin_required" => Code::CannotAuthorize,
        // What cannot be a PIN or a name is as wrong as one that is not the right one, and no more is told.
        "wrong_pin" | "credential_changed" | "invalid_argument" => Code::InvalidApplication,
        // Before the PIN is right nobody learns who exists, and whether a PIN has been tried too often.
        "unknown_user" | "user_locked" | "no_credential" if doing.is_asking() => Code::InvalidApplication,
        "user_disabled" if doing == Doing::Asking => Code::InvalidApplication,
        "unknown_user" => Code::NoUser,
        "user_disabled" | "user_locked" | "device_not_allowed" | "device_on_hold" => Code::Policy,
        "no_credential" => Code::PinChange,
        "unknown_device" => Code::NoDevice,
        "device_disabled" if matches!(doing, Doing::Login | Doing::OwnLogin) => Code::LoginDisabled,
        "device_disabled" => Code::LogoutDisabled,
        "device_busy" => Code::AnotherUser,
        "stale_epoch" => Code::NobodyLoggedIn,
        "logged_in_elsewhere" => Code::LoggedInElsewhere,
        "overloaded" | "too_many_wrong_pins" => Code::Busy,
        "precondition" => Code::UserInfo,
        "no_leader" | "timeout" | "stopped" | "shutting_down" | "peer_unreachable" => Code::Database,
        _ => Code::Unknown,
    }
}

/// What the application on the phone shows for an error: a code of its own, or the service's.
pub(super) fn on_phone(name: &str) -> u16 {
    let own = match name {
        "pin_required" => PhoneCode::Blank,
        name if is_withheld(name) => PhoneCode::Authentication,
        "credential_changed" => PhoneCode::Authentication,
        "no_leader" | "timeout" | "stopped" | "shutting_down" | "peer_unreachable" => PhoneCode::NoService,
        "precondition" => PhoneCode::DirectoryServer,
        other => return code(other, Doing::Login).number(),
    };
    own.number()
}

/// Whether an error tells who exists before the PIN is right. Programs try PINs at the phone's application too, so it says
/// one thing for all of these; the phone's own pages, which only that phone has, say more.
pub(super) fn is_withheld(name: &str) -> bool {
    matches!(
        name,
        "wrong_pin" | "invalid_argument" | "unknown_user" | "user_locked" | "no_credential"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hotdesk_core::{DeviceId, Refusal, SiteId, TimeMs, UserId, UserName};
    use hotdesk_proto::error::Failure;

    use super::*;

    #[test]
    fn every_error_of_a_login_has_its_code() {
        let device = || DeviceId::parse("chi-1").unwrap();
        let user = || UserId::parse("ada").unwrap();
        let until = TimeMs(1);
        let refusals = [
            (
                Refusal::UnknownUser {
                    name: UserName::parse("ada").unwrap(),
                },
                23,
                201,
            ),
            (Refusal::UserDisabled { user: user() }, 4, 4),
            (Refusal::UserLocked { user: user(), until }, 4, 201),
            (Refusal::CredentialChanged { user: user() }, 3, 201),
            (Refusal::NoCredential { user: user() }, 41, 201),
            (Refusal::UnknownDevice { device: device() }, 11, 11),
            (Refusal::DeviceDisabled { device: device() }, 22, 22),
            (
                Refusal::DeviceNotAllowed {
                    user: user(),
                    device: device(),
                },
                4,
                4,
            ),
            (Refusal::DeviceBusy { device: device() }, 18, 18),
            (
                Refusal::LoggedInElsewhere {
                    user: user(),
                    device: device(),
                    site: SiteId::parse("chicago").unwrap(),
                },
                25,
                25,
            ),
        ];
        for (refusal, service, phone) in refusals {
            assert_eq!(code(refusal.name(), Doing::Login).number(), service, "{refusal}");
            assert_eq!(on_phone(refusal.name()), phone, "{refusal}");
        }
        let failures = [
            (Failure::WrongPin { remaining: Some(2) }, 3, 201),
            (Failure::PinRequired, 2, 202),
            (Failure::NoLeader, 6, 208),
            (Failure::Timeout, 6, 208),
            (Failure::ShuttingDown, 6, 208),
            (Failure::Stopped { why: String::new() }, 6, 208),
            (Failure::Overloaded, 26, 26),
            (
                Failure::TooManyWrongPins {
                    place: "phone",
                    wait: Duration::from_secs(9),
                },
                26,
                26,
            ),
            (Failure::Unknown, 0, 0),
            (Failure::Precondition { why: String::new() }, 9, 204),
        ];
        for (failure, service, phone) in failures {
            assert_eq!(code(failure.name(), Doing::Login).number(), service, "{failure}");
            assert_eq!(on_phone(failure.name()), phone, "{failure}");
        }
    }

    #[test]
    fn whoever_asks_does_not_learn_who_exists() {
        for name in [
            "unknown_user",
            "user_locked",
            "no_credential",
            "wrong_pin",
            "invalid_argument",
        ] {
            assert_eq!(code(name, Doing::Asking), Code::InvalidApplication, "{name}");
            assert_eq!(code(name, Doing::OwnLogin), Code::InvalidApplication, "{name}");
            assert_eq!(on_phone(name), 201, "{name}");
        }
        assert_eq!(code("user_disabled", Doing::Asking), Code::InvalidApplication);
        // The PIN was right.
        assert_eq!(code("device_not_allowed", Doing::OwnLogin), Code::Policy);
    }
}
