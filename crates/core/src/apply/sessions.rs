//! What several actions do to sessions. The only place where sessions and their indexes change.

use std::sync::Arc;

use crate::directory::Device;
use crate::event::EventKind;
use crate::id::{DeviceId, UserId};
use crate::outcome::EndedSession;
use crate::policy::Policy;
use crate::session::{EndReason, Session};
use crate::state::{Devices, State};
use crate::time::TimeMs;

use super::Step;

impl Step<'_> {
    /// Begins a session. The device must be free; the user's other sessions stay.
    pub(super) fn start(&mut self, session: Session) -> Arc<Session> {
        let session = Arc::new(session);
        self.state.link(&session);
        self.change_device(&session.device, |device| device.stays_neutral = false);
        self.emit(EventKind::SessionStarted(Arc::clone(&session)));
        session
    }

    /// Ends a session that exists. What the phone shows has changed with it; a phone that its owner leaves, or has to,
    /// stays neutral. Readers make both of the event, so no other is told.
    pub(super) fn end(&mut self, session: &Arc<Session>, reason: EndReason) -> EndedSession {
        self.state.unlink(session);
        let index = self.index;
        let left = matches!(reason, EndReason::LoggedOut | EndReason::Forced { .. });
        self.change_device(&session.device, |device| {
            device.changed = index;
            device.stays_neutral |= left && device.owner.as_ref() == Some(&session.user);
        });
        self.may_be_free(&session.device);
        self.may_go_home(&session.user);
        self.emit(EventKind::SessionEnded {
            session: Arc::clone(session),
            reason: reason.clone(),
        });
        EndedSession {
            session: Session::clone(session),
            reason,
        }
    }

    /// Ends the given sessions for one reason.
    pub(super) fn end_all(&mut self, sessions: &[Arc<Session>], reason: &EndReason) -> Vec<EndedSession> {
        sessions
            .iter()
            .map(|session| self.end(session, reason.clone()))
            .collect()
    }

    /// Ends a user's oldest sessions until the policy allows what is left.
    pub(super) fn end_excess(&mut self, user: &UserId) {
        let Some(record) = self.state.users.get(user) else {
            return;
        };
        let max = self.state.policy_of(record).multiple_logins.sessions_max();
        let excess = self.state.session_count(user).saturating_sub(max);
        let oldest: Vec<_> = self
            .state
            .sessions_of(user)
            .take(excess)
            .map(Arc::clone)
            .collect();
        self.end_all(&oldest, &EndReason::PolicyChanged);
    }

    /// The same for every user. Looks at the users with several sessions only.
    pub(super) fn end_excess_of_all(&mut self) {
        let several = self.state.several.clone();
        several.iter().for_each(|user| self.end_excess(user));
    }

    /// Notes activity at `at` in a session that exists; its deadline follows the policy of now.
    pub(super) fn refresh(&mut self, session: &Session, at: TimeMs, policy: &Policy) -> Arc<Session> {
        let deadline = self.deadline(session, at, policy);
        let refreshed = Arc::new(Session {
            last_active: at,
            deadline,
            ..session.clone()
        });
        if deadline != session.deadline {
            self.state.unlink_deadline(session);
            self.state.link_deadline(&refreshed);
        }
        self.state
            .sessions
            .insert(refreshed.device.clone(), Arc::clone(&refreshed));
        refreshed
    }

    /// When a session ends by itself after activity at `at`: by the policy, and never for an owner at the own phone.
    pub(super) fn deadline(&self, session: &Session, at: TimeMs, policy: &Policy) -> Option<TimeMs> {
        let device = self.state.devices.get(&session.device);
        let is_own = device.is_some_and(|device| device.owner.as_ref() == Some(&session.user));
        (!is_own).then(|| policy.deadline(session.since, at)).flatten()
    }

    /// Changes a device's record without an event.
    fn change_device(&mut self, id: &DeviceId, change: impl FnOnce(&mut Device)) {
        let Some(device) = self.state.devices.get(id) else {
            return;
        };
        let mut record = Device::clone(device);
        change(&mut record);
        if record != **device {
            self.state.devices.insert(id.clone(), Arc::new(record));
        }
    }

    /// Which of the two limits an overdue session has reached.
    ///
    /// Judged by the policy of now: a session does not remember which limit its deadline came from, and only a
    /// policy that changed since can make the difference.
    pub(super) fn overdue_reason(&self, session: &Session) -> EndReason {
        let policy = self
            .state
            .users
            .get(&session.user)
            .map(|user| self.state.policy_of(user));
        let oldest = policy.and_then(|policy| policy.login_time_max.after(session.since));
        match (oldest, session.deadline) {
            (Some(oldest), Some(deadline)) if oldest <= deadline => EndReason::LoginTimeReached,
            _ => EndReason::Idle,
        }
    }
}

impl State {
    /// How many sessions a user has.
    pub(super) fn session_count(&self, user: &UserId) -> usize {
        self.devices_of(user).len()
    }

    /// Enters a session into the map and all indexes.
    fn link(&mut self, session: &Arc<Session>) {
        let mut devices = self.devices_of(&session.user).to_vec();
        devices.push(session.device.clone());
        self.set_devices_of(&session.user, &devices);
        self.link_deadline(session);
        self.sessions.insert(session.device.clone(), Arc::clone(session));
    }

    fn unlink(&mut self, session: &Session) {
        let mut devices = self.devices_of(&session.user).to_vec();
        devices.retain(|device| *device != session.device);
        self.set_devices_of(&session.user, &devices);
        self.unlink_deadline(session);
        self.sessions.remove(&session.device);
    }

    fn devices_of(&self, user: &UserId) -> &[DeviceId] {
        self.by_user.get(user).map_or(&[], Devices::as_slice)
    }

    fn set_devices_of(&mut self, user: &UserId, devices: &[DeviceId]) {
        if devices.len() > 1 {
            self.several.insert(user.clone());
        } else {
            self.several.remove(user);
        }
        match Devices::new(devices) {
            Some(devices) => self.by_user.insert(user.clone(), devices),
            None => self.by_user.remove(user),
        };
    }

    fn link_deadline(&mut self, session: &Session) {
        if let Some(deadline) = session.deadline {
            self.deadlines.insert((deadline, session.device.clone()));
        }
    }

    fn unlink_deadline(&mut self, session: &Session) {
        if let Some(deadline) = session.deadline {
            self.deadlines.remove(&(deadline, session.device.clone()));
        }
    }
}
