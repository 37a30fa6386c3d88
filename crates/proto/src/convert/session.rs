//! Sessions and how they end.

use hotdesk_core::{EndReason, EndedSession, Epoch, Session, TimeMs};

use super::{Invalid, name, part, required, time_or_zero, time_unless_zero};
use crate::v1;

impl From<&Session> for v1::Session {
    fn from(session: &Session) -> Self {
        Self {
            user: session.user.as_str().into(),
            device: session.device.as_str().into(),
            site: session.site.as_str().into(),
            epoch: session.epoch.0,
            since_ms: session.since.0,
            last_active_ms: session.last_active.0,
            by: session.by.as_str().into(),
            deadline_ms: time_or_zero(session.deadline),
        }
    }
}

impl TryFrom<v1::Session> for Session {
    type Error = Invalid;
    fn try_from(session: v1::Session) -> Result<Self, Invalid> {
        Ok(Self {
            user: name("user", &session.user)?,
            device: name("device", &session.device)?,
            site: name("site", &session.site)?,
            epoch: Epoch(session.epoch),
            since: TimeMs(session.since_ms),
            last_active: TimeMs(session.last_active_ms),
            by: session.by.into(),
            deadline: time_unless_zero(session.deadline_ms),
        })
    }
}

impl From<&EndReason> for v1::EndReason {
    fn from(reason: &EndReason) -> Self {
        use v1::end_reason::{DeviceTakenOver, LoggedInElsewhere, Reason};
        let reason = match reason {
            EndReason::LoggedOut => Reason::LoggedOut(true),
            EndReason::LoggedInElsewhere { device, site, epoch } => {
                Reason::LoggedInElsewhere(LoggedInElsewhere {
                    device: device.as_str().into(),
                    site: site.as_str().into(),
                    epoch: epoch.0,
                })
            }
            EndReason::DeviceTakenOver { user, epoch } => Reason::DeviceTakenOver(DeviceTakenOver {
                user: user.as_str().into(),
                epoch: epoch.0,
            }),
            EndReason::Idle => Reason::Idle(true),
            EndReason::LoginTimeReached => Reason::LoginTimeReached(true),
            EndReason::Forced { note } => Reason::Forced(note.as_str().into()),
            EndReason::UserRemoved => Reason::UserRemoved(true),
            EndReason::DeviceRemoved => Reason::DeviceRemoved(true),
            EndReason::PolicyChanged => Reason::PolicyChanged(true),
        };
        Self { reason: Some(reason) }
    }
}

impl TryFrom<v1::EndReason> for EndReason {
    type Error = Invalid;
    fn try_from(message: v1::EndReason) -> Result<Self, Invalid> {
        use v1::end_reason::Reason;
        Ok(
            match required("reason", message.reason, "why the session ended")? {
                Reason::LoggedOut(_) => Self::LoggedOut,
                Reason::LoggedInElsewhere(elsewhere) => Self::LoggedInElsewhere {
                    device: name("logged_in_elsewhere.device", &elsewhere.device)?,
                    site: name("logged_in_elsewhere.site", &elsewhere.site)?,
                    epoch: Epoch(elsewhere.epoch),
                },
                Reason::DeviceTakenOver(taken) => Self::DeviceTakenOver {
                    user: name("device_taken_over.user", &taken.user)?,
                    epoch: Epoch(taken.epoch),
                },
                Reason::Idle(_) => Self::Idle,
                Reason::LoginTimeReached(_) => Self::LoginTimeReached,
                Reason::Forced(note) => Self::Forced { note: note.into() },
                Reason::UserRemoved(_) => Self::UserRemoved,
                Reason::DeviceRemoved(_) => Self::DeviceRemoved,
                Reason::PolicyChanged(_) => Self::PolicyChanged,
            },
        )
    }
}

impl From<&EndedSession> for v1::EndedSession {
    fn from(ended: &EndedSession) -> Self {
        Self {
            session: Some((&ended.session).into()),
            reason: Some((&ended.reason).into()),
        }
    }
}

impl TryFrom<v1::EndedSession> for EndedSession {
    type Error = Invalid;
    fn try_from(ended: v1::EndedSession) -> Result<Self, Invalid> {
        Ok(Self {
            session: part("session", ended.session, "the session as it was")?,
            reason: part("reason", ended.reason, "why the session ended")?,
        })
    }
}
