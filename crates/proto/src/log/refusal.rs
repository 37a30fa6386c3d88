//! Refusals: one message for all, of which each refusal sets the values that its sentence names.

use hotdesk_core::{Refusal, RowProblem, TimeMs};

use super::field_name;
use crate::convert::{Invalid, name, token_hash};
use crate::internal::v1 as wire;
use crate::v1;

impl From<&Refusal> for wire::Refusal {
    fn from(refusal: &Refusal) -> Self {
        let mut message = Self {
            name: refusal.name().into(),
            ..Self::default()
        };
        match refusal {
            Refusal::UnknownUser { name } => message.typed = name.as_str().into(),
            Refusal::UnknownDevice { device }
            | Refusal::DeviceDisabled { device }
            | Refusal::DeviceBusy { device }
            | Refusal::StaleEpoch { device } => message.device = device.as_str().into(),
            Refusal::UnknownSite { site } => message.site = site.as_str().into(),
            Refusal::UnknownGroup { group } => message.group = group.as_str().into(),
            Refusal::UserDisabled { user }
            | Refusal::CredentialChanged { user }
            | Refusal::NoCredential { user } => message.user = user.as_str().into(),
            Refusal::DeviceNotAllowed { user, device } => {
                message.user = user.as_str().into();
                message.device = device.as_str().into();
            }
            Refusal::DeviceOnHold { device, until } => {
                message.device = device.as_str().into();
                message.until_ms = until.0;
            }
            Refusal::UserLocked { user, until } => {
                message.user = user.as_str().into();
                message.until_ms = until.0;
            }
            Refusal::LoggedInElsewhere { user, device, site } => {
                message.user = user.as_str().into();
                message.device = device.as_str().into();
                message.site = site.as_str().into();
            }
            Refusal::NameTaken { name, owner } => {
                message.typed = name.as_str().into();
                message.user = owner.as_str().into();
            }
            Refusal::SiteInUse { site, devices } => {
                message.site = site.as_str().into();
                message.devices = *devices;
            }
            Refusal::GroupInUse {
                group,
                users,
                devices,
            } => {
                message.group = group.as_str().into();
                message.users = *users;
                message.devices = *devices;
            }
            Refusal::InvalidRecord { field, problem } => {
                message.field = (*field).into();
                message.problem.clone_from(problem);
            }
            Refusal::RequestIdReused => {}
            Refusal::ImportGap { expected, got } => {
                message.expected = *expected;
                message.got = *got;
            }
            Refusal::MacTaken { mac, device } => {
                message.mac = mac.to_string();
                message.device = device.as_str().into();
            }
            Refusal::UnknownEnrolmentToken { hash } => message.token_hash = hash.0.to_vec().into(),
            Refusal::EnrolmentTokenExpired { until } => message.until_ms = until.0,
            Refusal::ImportRejected { rows } => message.rows = rows.iter().map(Into::into).collect(),
        }
        message
    }
}

impl TryFrom<wire::Refusal> for Refusal {
    type Error = Invalid;
    fn try_from(message: wire::Refusal) -> Result<Self, Invalid> {
        let user = || name("user", &message.user);
        let device = || name("device", &message.device);
        let site = || name("site", &message.site);
        let group = || name("group", &message.group);
        let typed = || name("typed", &message.typed);
        Ok(match message.name.as_str() {
            "unknown_user" => Self::UnknownUser { name: typed()? },
            "unknown_device" => Self::UnknownDevice { device: device()? },
            "unknown_site" => Self::UnknownSite { site: site()? },
            "unknown_group" => Self::UnknownGroup { group: group()? },
            "user_disabled" => Self::UserDisabled { user: user()? },
            "device_disabled" => Self::DeviceDisabled { device: device()? },
            "device_not_allowed" => Self::DeviceNotAllowed {
                user: user()?,
                device: device()?,
            },
            "user_locked" => Self::UserLocked {
                user: user()?,
                until: TimeMs(message.until_ms),
            },
            "credential_changed" => Self::CredentialChanged { user: user()? },
            "no_credential" => Self::NoCredential { user: user()? },
            "logged_in_elsewhere" => Self::LoggedInElsewhere {
                user: user()?,
                device: device()?,
                site: site()?,
            },
            "device_busy" => Self::DeviceBusy { device: device()? },
            "stale_epoch" => Self::StaleEpoch { device: device()? },
            "name_taken" => Self::NameTaken {
                name: typed()?,
                owner: user()?,
            },
            "site_in_use" => Self::SiteInUse {
                site: site()?,
                devices: message.devices,
            },
            "group_in_use" => Self::GroupInUse {
                group: group()?,
                users: message.users,
                devices: message.devices,
            },
            "invalid_record" => Self::InvalidRecord {
                field: field_name::known(&message.field)?,
                problem: message.problem,
            },
            "request_id_reused" => Self::RequestIdReused,
            "import_gap" => Self::ImportGap {
                expected: message.expected,
                got: message.got,
            },
            "import_rejected" => Self::ImportRejected {
                rows: message.rows.into_iter().map(Into::into).collect(),
            },
            "device_on_hold" => Self::DeviceOnHold {
                device: device()?,
                until: TimeMs(message.until_ms),
            },
            "mac_taken" => Self::MacTaken {
                mac: name("mac", &message.mac)?,
                device: device()?,
            },
            "unknown_enrolment_token" => Self::UnknownEnrolmentToken {
                hash: token_hash("token_hash", &message.token_hash)?,
            },
            "enrolment_token_expired" => Self::EnrolmentTokenExpired {
                until: TimeMs(message.until_ms),
            },
            other => {
                let problem = format!("expected a refusal that this version knows, got {other:?}");
                return Err(Invalid::new("name", problem));
            }
        })
    }
}

impl From<&RowProblem> for wire::RowProblem {
    fn from(row: &RowProblem) -> Self {
        Self {
            row: row.row,
            field: row.field.clone(),
            problem: row.problem.clone(),
        }
    }
}

impl From<wire::RowProblem> for RowProblem {
    fn from(message: wire::RowProblem) -> Self {
        Self {
            row: message.row,
            field: message.field,
            problem: message.problem,
        }
    }
}

impl From<&RowProblem> for v1::RowProblem {
    fn from(row: &RowProblem) -> Self {
        Self {
            row: row.row,
            field: row.field.clone(),
            problem: row.problem.clone(),
        }
    }
}

impl From<v1::RowProblem> for RowProblem {
    fn from(message: v1::RowProblem) -> Self {
        Self {
            row: message.row,
            field: message.field,
            problem: message.problem,
        }
    }
}
