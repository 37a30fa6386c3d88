//! Events.

use std::sync::Arc;

use hotdesk_core::{Actor, EndedSession, Event, EventKind, TimeMs};

use super::directory::hold_from;
use super::{Invalid, name, optional_name, required, time_or_zero, token_hash};
use crate::v1;
use crate::v1::event::Kind;

impl From<&Event> for v1::Event {
    fn from(event: &Event) -> Self {
        Self {
            index: event.index,
            at_ms: event.at.0,
            by: event.by.0.as_str().into(),
            kind: Some((&event.kind).into()),
        }
    }
}

/// A user's record comes back without credential and failures, as they are not on the wire.
impl TryFrom<v1::Event> for Event {
    type Error = Invalid;
    fn try_from(event: v1::Event) -> Result<Self, Invalid> {
        Ok(Self {
            index: event.index,
            at: TimeMs(event.at_ms),
            by: Actor(event.by.into()),
            kind: required("kind", event.kind, "what happened")?.try_into()?,
        })
    }
}

impl From<&EventKind> for Kind {
    fn from(kind: &EventKind) -> Self {
        match kind {
            EventKind::SessionStarted(session) => Self::SessionStarted((&**session).into()),
            EventKind::SessionEnded { session, reason } => Self::SessionEnded(v1::EndedSession {
                session: Some((&**session).into()),
                reason: Some(reason.into()),
            }),
            EventKind::UserLocked { user, device, until } => Self::UserLocked(v1::UserLocked {
                user: user.as_str().into(),
                device: device.as_ref().map_or("", |device| device.as_str()).into(),
                until_ms: until.0,
            }),
            EventKind::UserUnlocked(user) => Self::UserUnlocked(user.as_str().into()),
            EventKind::CredentialChanged { user, version } => {
                Self::CredentialChanged(v1::CredentialChanged {
                    user: user.as_str().into(),
                    version: *version,
                })
            }
            EventKind::SitePut(site) => Self::SitePut((&**site).into()),
            EventKind::SiteDeleted(site) => Self::SiteDeleted(site.as_str().into()),
            EventKind::GroupPut(group) => Self::GroupPut((&**group).into()),
            EventKind::GroupDeleted(group) => Self::GroupDeleted(group.as_str().into()),
            EventKind::UserPut(user) => Self::UserPut((&**user).into()),
            EventKind::UserDeleted(user) => Self::UserDeleted(user.as_str().into()),
            EventKind::DevicePut(device) => Self::DevicePut((&**device).into()),
            EventKind::DeviceDeleted(device) => Self::DeviceDeleted(device.as_str().into()),
            EventKind::EdgePut(edge) => Self::EdgePut((&**edge).into()),
            EventKind::EdgeDeleted(edge) => Self::EdgeDeleted(edge.as_str().into()),
            EventKind::DeviceServed { device, edge } => Self::DeviceServed(v1::DeviceServed {
                device: device.as_str().into(),
                edge: edge.as_ref().map_or("", |edge| edge.as_str()).into(),
            }),
            EventKind::DeviceHeld { device, hold } => Self::DeviceHeld(v1::DeviceHeld {
                device: device.as_str().into(),
                until_ms: time_or_zero(hold.as_ref().map(|hold| hold.until)),
                reason: hold.as_ref().map_or("", |hold| hold.reason.as_str()).into(),
            }),
            EventKind::DeviceShown {
                device,
                shown,
                trouble,
            } => Self::DeviceShown(v1::DeviceShown {
                device: device.as_str().into(),
                shown: shown.as_ref().map(Into::into),
                trouble: trouble.as_deref().unwrap_or_default().into(),
            }),
            EventKind::WaitingPut(waiting) => Self::WaitingPut((&**waiting).into()),
            EventKind::WaitingGone(mac) => Self::WaitingGone(mac.to_string()),
            EventKind::EnrolmentTokenPut(token) => Self::EnrolmentTokenPut((&**token).into()),
            EventKind::EnrolmentTokenGone(hash) => Self::EnrolmentTokenGone(hash.0.to_vec()),
            EventKind::DefaultsPut(policy) => Self::DefaultsPut(policy.into()),
            EventKind::Forced { sessions, note } => Self::Forced(v1::Forced {
                sessions: *sessions,
                note: note.as_str().into(),
            }),
        }
    }
}

impl TryFrom<Kind> for EventKind {
    type Error = Invalid;
    fn try_from(kind: Kind) -> Result<Self, Invalid> {
        Ok(match kind {
            Kind::SessionStarted(session) => {
                Self::SessionStarted(Arc::new(record("session_started", session)?))
            }
            Kind::SessionEnded(ended) => {
                let EndedSession { session, reason } = record("session_ended", ended)?;
                Self::SessionEnded {
                    session: Arc::new(session),
                    reason,
                }
            }
            Kind::UserLocked(locked) => Self::UserLocked {
                user: name("user_locked.user", &locked.user)?,
                device: optional_name("user_locked.device", &locked.device)?,
                until: TimeMs(locked.until_ms),
            },
            Kind::UserUnlocked(user) => Self::UserUnlocked(name("user_unlocked", &user)?),
            Kind::CredentialChanged(changed) => Self::CredentialChanged {
                user: name("credential_changed.user", &changed.user)?,
                version: changed.version,
            },
            Kind::SitePut(site) => Self::SitePut(Arc::new(record("site_put", site)?)),
            Kind::SiteDeleted(site) => Self::SiteDeleted(name("site_deleted", &site)?),
            Kind::GroupPut(group) => Self::GroupPut(Arc::new(record("group_put", group)?)),
            Kind::GroupDeleted(group) => Self::GroupDeleted(name("group_deleted", &group)?),
            Kind::UserPut(user) => Self::UserPut(Arc::new(record("user_put", user)?)),
            Kind::UserDeleted(user) => Self::UserDeleted(name("user_deleted", &user)?),
            Kind::DevicePut(device) => Self::DevicePut(Arc::new(record("device_put", device)?)),
            Kind::DeviceDeleted(device) => Self::DeviceDeleted(name("device_deleted", &device)?),
            Kind::EdgePut(edge) => Self::EdgePut(Arc::new(record("edge_put", edge)?)),
            Kind::EdgeDeleted(edge) => Self::EdgeDeleted(name("edge_deleted", &edge)?),
            Kind::DeviceServed(served) => Self::DeviceServed {
                device: name("device_served.device", &served.device)?,
                edge: optional_name("device_served.edge", &served.edge)?,
            },
            Kind::DeviceHeld(held) => Self::DeviceHeld {
                device: name("device_held.device", &held.device)?,
                hold: hold_from(held.until_ms, held.reason),
            },
            Kind::DeviceShown(shown) => Self::DeviceShown {
                device: name("device_shown.device", &shown.device)?,
                shown: shown.shown.map(Into::into),
                trouble: Some(shown.trouble)
                    .filter(|text| !text.is_empty())
                    .map(Into::into),
            },
            Kind::WaitingPut(waiting) => Self::WaitingPut(Arc::new(record("waiting_put", waiting)?)),
            Kind::WaitingGone(mac) => Self::WaitingGone(name("waiting_gone", &mac)?),
            Kind::EnrolmentTokenPut(token) => {
                Self::EnrolmentTokenPut(Arc::new(record("enrolment_token_put", token)?))
            }
            Kind::EnrolmentTokenGone(hash) => {
                Self::EnrolmentTokenGone(token_hash("enrolment_token_gone", &hash)?)
            }
            Kind::DefaultsPut(policy) => Self::DefaultsPut(record("defaults_put", policy)?),
            Kind::Forced(forced) => Self::Forced {
                sessions: forced.sessions,
                note: forced.note.into(),
            },
        })
    }
}

fn record<W, T: TryFrom<W, Error = Invalid>>(field: &str, message: W) -> Result<T, Invalid> {
    T::try_from(message).map_err(|invalid| invalid.within(field))
}
