//! Homecoming: a phone that belongs to somebody goes back to them by itself.
//!
//! Whenever such a phone is free and its owner is logged in nowhere, the owner is logged in there, in the same entry as
//! whatever made it so: a guest's session ended (however it did), the owner's session elsewhere ended, the phone was given
//! to the owner, phone or owner were enabled, a lock was lifted. Not so
//!
//! * after the owner's own logout there, or a forced one: the phone stays neutral until somebody logs in at it;
//! * while a lock stands in the owner's record, run out or not: a lock is lifted by the PIN, not by time;
//! * while the phone or the owner is disabled.
//!
//! A hold does not stop it: what ended there has ended, and the office's edge leaves the phone's screen alone until the
//! hold is over.
//!
//! Each session has an epoch of its own, of which an entry has [`Epoch::COMMANDS_PER_ENTRY`]. Phones for which none is
//! left wait in an index until the next entry.

use imbl::OrdSet;

use crate::command::Actor;
use crate::event::Event;
use crate::id::{DeviceId, UserId};
use crate::recent::OWNER;
use crate::session::{Epoch, Session};
use crate::state::State;

use super::{Entry, Step};

/// What an action has left to look at when it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// A phone that may be free.
    Phone(DeviceId),
    /// A user who may be logged in nowhere.
    Owner(UserId),
}

impl Step<'_> {
    /// The phone may be free for its owner, once this command is done.
    pub(super) fn may_be_free(&mut self, device: &DeviceId) {
        self.homes.push(Home::Phone(device.clone()));
    }

    /// The user may be logged in nowhere, once this command is done.
    pub(super) fn may_go_home(&mut self, user: &UserId) {
        self.homes.push(Home::Owner(user.clone()));
    }

    /// Logs owners in at what this command has left free.
    pub(super) fn bring_home(&mut self, entry: &mut Entry) {
        for home in std::mem::take(&mut self.homes) {
            match home {
                Home::Phone(device) => self.bring_home_to(entry, &device),
                Home::Owner(user) => {
                    let theirs = self.state.devices_of_owner(&user);
                    let theirs: Vec<DeviceId> = theirs.map(|device| device.id.clone()).collect();
                    for device in theirs {
                        self.bring_home_to(entry, &device);
                    }
                }
            }
        }
    }

    fn bring_home_to(&mut self, entry: &mut Entry, device: &DeviceId) {
        let Some(session) = self.state.homecoming(device) else {
            return;
        };
        match entry.spare_epoch() {
            Some(epoch) => {
                self.state.homes_due.remove(device);
                self.start(Session { epoch, ..session });
            }
            None => drop(self.state.homes_due.insert(device.clone())),
        }
    }
}

/// Goes on, at the end of an entry, with the phones for which earlier ones had no epoch left.
pub(super) fn bring_home_late(state: &mut State, entry: &mut Entry, events: &mut Vec<Event>) {
    for device in state.homes_due.clone() {
        if state.homecoming(&device).is_none() {
            state.homes_due.remove(&device);
            continue;
        }
        let mut step = Step::new(state, entry, Actor::system(), events);
        step.bring_home_to(entry, &device);
    }
}

impl State {
    /// The phones whose owners should be logged in there and are not.
    pub(crate) fn empty_homes(&self) -> OrdSet<DeviceId> {
        let owned = self.owned.iter().map(|(_, device)| device);
        owned
            .filter(|device| self.homecoming(device).is_some())
            .cloned()
            .collect()
    }

    /// The session that a phone's owner should have there, all but its epoch; `None` when somebody is there, or the owner
    /// is somewhere else, or should not be.
    fn homecoming(&self, device: &DeviceId) -> Option<Session> {
        let device = self.devices.get(device)?;
        let owner = self.users.get(device.owner.as_ref()?)?;
        let is_free = device.enabled && !device.stays_neutral && !self.sessions.contains_key(&device.id);
        let may_be_in = owner.enabled && owner.failures.locked_until.is_none();
        let is_out = self.session_count(&owner.id) == 0;
        (is_free && may_be_in && is_out).then(|| Session {
            user: owner.id.clone(),
            device: device.id.clone(),
            site: device.site.clone(),
            epoch: Epoch(0),
            since: self.clock,
            last_active: self.clock,
            by: OWNER.into(),
            deadline: None,
        })
    }
}
