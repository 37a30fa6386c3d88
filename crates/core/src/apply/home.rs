//! Homecoming: a phone that belongs to somebody goes back to them by itself.
//!
//! Whenever such a phone is free and its owner is logged in nowhere, the owner is logged in there, in the same entry as
//! whatever made it so: a guest's session ended (however it did), the owner's session elsewhere ended, the phone was given
//! to the owner, phone or owner were enabled, a lock was lifted. Not so
//!
//! * after the owner's own logout there, or a forced one: the phone stays neutral until somebody logs in at it;
//! * while a lock stands in the owner's record, run out or not: a lock is lifted by a login, not by time, nor by somebody
//!   who types a wrong PIN once it has run out;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{self, World, device, login, logout, named, user};
    use crate::command::{Action, EXPIRE_MAX, FORCE_LOGOUT_MAX, ForceTarget};
    use crate::directory::{Device, User};
    use crate::event::EventKind;
    use crate::policy::{BusyDevice, MultipleLogins, PolicyOverrides};
    use crate::session::EndReason;

    fn owned(id: &str, site: &str, owner: &str) -> Action {
        Action::PutDevice(Device {
            owner: Some(named(owner)),
            ..device(id, site)
        })
    }

    /// chi-1 is ada's; she is logged in there.
    fn at_home() -> World {
        let mut world = World::office();
        world.run(owned("chi-1", "chicago", "ada")).unwrap();
        world
    }

    /// bob sits at ada's phone, who is logged in nowhere.
    fn with_guest() -> World {
        let mut world = at_home();
        world.run(login("bob", "chi-1")).unwrap();
        world
    }

    fn force(target: ForceTarget) -> Action {
        let note = "closing".into();
        Action::ForceLogout { target, note }
    }

    fn who(world: &World, device: &str) -> Option<String> {
        let session = world.state.session_at(&named(device));
        session.map(|session| session.user.to_string())
    }

    #[test]
    fn a_phone_that_is_given_to_somebody_logs_them_in_without_limits() {
        let mut world = World::office();
        let (outcome, events) = world.act(owned("chi-1", "chicago", "ada"));
        outcome.unwrap();
        let session = world.session("chi-1");
        assert_eq!((session.user.as_str(), session.by.as_str()), ("ada", "owner"));
        assert_eq!((session.since, session.deadline), (world.now, None));
        assert_eq!(session.epoch.index(), world.state.index());
        assert_eq!(events.last(), Some(&EventKind::SessionStarted(session)));
        world.later(1000 * 3_600_000);
        world.run(Action::Expire).unwrap();
        assert_eq!(who(&world, "chi-1").as_deref(), Some("ada"));
    }

    /// Each end of a guest's session brings the owner back in the same entry.
    #[test]
    fn when_the_guest_goes_the_owner_is_back() {
        type Leave = (&'static str, fn(&mut World) -> Action);
        let leaves: [Leave; 7] = [
            ("logged_out", |_| logout("chi-1")),
            ("forced", |_| force(ForceTarget::Device(named("chi-1")))),
            ("forced", |world| Action::LockUser {
                user: named("bob"),
                until: world.now.plus_ms(1000),
                note: "not me".into(),
            }),
            ("logged_in_elsewhere", |_| login("bob", "ny-1")),
            ("idle", |world| {
                world.later(10 * 60_000);
                Action::Expire
            }),
            ("user_removed", |_| Action::DeleteUser(named("bob"))),
            ("device_removed", |_| owned("chi-1", "new-york", "ada")),
        ];
        for (reason, leave) in leaves {
            let mut world = with_guest();
            let action = leave(&mut world);
            let (outcome, events) = world.act(action);
            outcome.unwrap();
            let ended = events.iter().find_map(|event| match event {
                EventKind::SessionEnded { reason, .. } => Some(reason.name()),
                _ => None,
            });
            assert_eq!(ended, Some(reason));
            let session = world.session("chi-1");
            assert_eq!(session.user.as_str(), "ada", "{reason}");
            assert_eq!(
                events.last(),
                Some(&EventKind::SessionStarted(session)),
                "{reason}"
            );
        }
    }

    #[test]
    fn when_the_owner_leaves_another_phone_the_own_one_has_the_owner() {
        let mut world = at_home();
        world.run(login("ada", "ny-1")).unwrap();
        assert_eq!(world.devices_of("ada"), ["ny-1"], "moved, not doubled");
        world.run(logout("ny-1")).unwrap();
        assert_eq!(world.devices_of("ada"), ["chi-1"]);
    }

    #[test]
    fn a_phone_that_its_owner_left_stays_neutral_until_somebody_logs_in() {
        for leave in [logout("chi-1"), force(ForceTarget::User(named("ada")))] {
            let mut world = at_home();
            world.run(leave).unwrap();
            assert!(world.device("chi-1").stays_neutral);
            world.run(login("ada", "ny-1")).unwrap();
            world.run(logout("ny-1")).unwrap();
            assert_eq!(who(&world, "chi-1"), None);
            world.run(login("bob", "chi-1")).unwrap();
            assert!(!world.device("chi-1").stays_neutral);
            world.run(logout("chi-1")).unwrap();
            assert_eq!(who(&world, "chi-1").as_deref(), Some("ada"));
        }
        let mut world = at_home();
        world.run(logout("chi-1")).unwrap();
        world.run(owned("chi-1", "chicago", "bob")).unwrap();
        assert_eq!(
            who(&world, "chi-1").as_deref(),
            Some("bob"),
            "another owner has not left"
        );
    }

    #[test]
    fn neither_phone_nor_owner_may_be_disabled_or_locked() {
        let mut world = with_guest();
        let ada = world.user("ada");
        let enabled = |enabled| {
            Action::PutUser(User {
                enabled,
                ..User::clone(&ada)
            })
        };
        world.run(enabled(false)).unwrap();
        world.run(logout("chi-1")).unwrap();
        assert_eq!(who(&world, "chi-1"), None);
        world.run(enabled(true)).unwrap();
        assert_eq!(who(&world, "chi-1").as_deref(), Some("ada"));

        let disabled = Device {
            enabled: false,
            ..Device::clone(&world.device("chi-1"))
        };
        world.run(Action::PutDevice(disabled)).unwrap();
        assert_eq!(who(&world, "chi-1"), None);
        world.run(owned("chi-1", "chicago", "ada")).unwrap();
        assert_eq!(who(&world, "chi-1").as_deref(), Some("ada"));

        let mut world = with_guest();
        for _ in 0..5 {
            world.run(testing::failed("ada")).unwrap();
        }
        world.run(logout("chi-1")).unwrap();
        assert_eq!(who(&world, "chi-1"), None);
        world.run(Action::Unlock(named("ada"))).unwrap();
        assert_eq!(who(&world, "chi-1").as_deref(), Some("ada"));
    }

    #[test]
    fn a_wrong_pin_after_a_lock_brings_nobody_home() {
        let mut world = with_guest();
        for _ in 0..5 {
            world.run(testing::failed("ada")).unwrap();
        }
        world.run(logout("chi-1")).unwrap();
        world.later(60 * 60_000);
        for _ in 0..6 {
            let (outcome, events) = world.act(testing::failed("ada"));
            outcome.unwrap();
            let begins = |event: &EventKind| matches!(event, EventKind::SessionStarted(_));
            assert!(!events.iter().any(begins), "{events:?}");
        }
        world.later(60 * 60_000);
        assert_eq!(who(&world, "chi-1"), None);
        // The right PIN does, wherever it is typed.
        world.run(login("ada", "ny-1")).unwrap();
        world.run(logout("ny-1")).unwrap();
        assert_eq!(who(&world, "chi-1").as_deref(), Some("ada"));
    }

    #[test]
    fn a_guest_takes_over_even_where_busy_phones_refuse_and_two_guests_do_not() {
        let mut world = at_home();
        let refuse = PolicyOverrides {
            busy_device: Some(BusyDevice::Refuse),
            ..PolicyOverrides::default()
        };
        world.group_with("bob", refuse);
        let (outcome, events) = world.act(login("bob", "chi-1"));
        outcome.unwrap();
        let EventKind::SessionEnded { reason, .. } = &events[0] else {
            panic!("{events:?}");
        };
        assert_eq!(reason.name(), "device_taken_over");
        world.run(Action::PutUser(user("eve"))).unwrap();
        world.run(login("eve", "chi-2")).unwrap();
        assert_eq!(
            world.run(login("bob", "chi-2")).unwrap_err().name(),
            "device_busy"
        );
    }

    #[test]
    fn groups_bind_guests_and_not_the_owner() {
        let mut world = World::office();
        world.run(Action::PutGroup(testing::group("staff"))).unwrap();
        let reserved = Device {
            owner: Some(named("ada")),
            allowed_groups: vec![named("staff")],
            ..device("chi-1", "chicago")
        };
        world.run(Action::PutDevice(reserved)).unwrap();
        let refused = world.run(login("bob", "chi-1")).unwrap_err();
        assert_eq!(refused.name(), "device_not_allowed");
        world.run(logout("chi-1")).unwrap();
        world.run(login("ada", "chi-1")).unwrap();
        assert_eq!(world.session("chi-1").deadline, None);
    }

    #[test]
    fn being_at_home_stands_in_the_way_of_no_login_elsewhere() {
        let mut world = at_home();
        world.allow("ada", MultipleLogins::Deny);
        world.run(login("ada", "ny-1")).unwrap();
        assert_eq!(world.devices_of("ada"), ["ny-1"]);
        let refused = world.run(login("ada", "ny-2")).unwrap_err();
        assert_eq!(refused.name(), "logged_in_elsewhere");
    }

    #[test]
    fn a_user_with_several_phones_comes_home_to_one() {
        let mut world = at_home();
        world.run(owned("ny-1", "new-york", "ada")).unwrap();
        assert_eq!(world.devices_of("ada"), ["chi-1"]);
        world.run(login("bob", "chi-1")).unwrap();
        assert_eq!(world.devices_of("ada"), ["ny-1"], "the other one is free");
    }

    #[test]
    fn who_sits_there_when_a_phone_changes_hands_has_other_limits() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        assert!(world.session("chi-1").deadline.is_some());
        world.run(owned("chi-1", "chicago", "ada")).unwrap();
        assert_eq!(world.session("chi-1").deadline, None);
        world.run(Action::PutDevice(device("chi-1", "chicago"))).unwrap();
        let deadline = world.session("chi-1").deadline;
        assert_eq!(deadline, Some(world.now.plus_ms(10 * 60_000)));
    }

    #[test]
    fn an_owner_who_is_deleted_leaves_the_phone_to_nobody() {
        let mut world = at_home();
        let (_, events) = world.act(Action::DeleteUser(named("ada")));
        let names: Vec<_> = events.iter().map(EventKind::name).collect();
        assert_eq!(names, ["session_ended", "device_put", "user_deleted"]);
        assert_eq!(world.device("chi-1").owner, None);
    }

    #[test]
    fn the_end_of_an_entry_tells_why_and_the_homecoming_who() {
        let mut world = at_home();
        let commands = [login("bob", "chi-1"), logout("chi-1"), login("bob", "ny-1")];
        let commands = commands.map(|action| world.command(None, action)).into();
        let applied = world.entry(commands);
        let index = world.state.index();
        let epochs = applied.events.iter().filter_map(|event| match &event.kind {
            EventKind::SessionStarted(session) => Some((session.user.to_string(), session.epoch)),
            _ => None,
        });
        let expected = [("bob", 0), ("ada", 2), ("bob", 3)];
        let expected = expected.map(|(user, position)| (user.to_owned(), Epoch::at(index, position)));
        assert_eq!(epochs.collect::<Vec<_>>(), expected);
        let ended = applied.events.iter().find_map(|event| match &event.kind {
            EventKind::SessionEnded { reason, .. } => Some(reason),
            _ => None,
        });
        assert!(matches!(ended, Some(EndReason::DeviceTakenOver { .. })));
    }

    /// More owners than one entry has epochs for: the rest come home with the next one.
    #[test]
    fn owners_for_whom_no_epoch_is_left_come_home_with_the_next_entry() {
        let mut world = World::office();
        let owners = FORCE_LOGOUT_MAX.min(EXPIRE_MAX);
        for n in 0..owners {
            world.run(Action::PutUser(user(&format!("o{n}")))).unwrap();
            world.run(Action::PutUser(user(&format!("g{n}")))).unwrap();
            let phone = format!("p{n}");
            world.run(owned(&phone, "chicago", &format!("o{n}"))).unwrap();
            world.run(login(&format!("g{n}"), &phone)).unwrap();
        }
        world.later(10 * 60_000);
        let mut commands = vec![world.command(None, Action::Expire); 500];
        commands.truncate(500);
        world.entry(commands);
        let left = world.state.homes_due.len();
        assert_eq!(left, owners - (Epoch::COMMANDS_PER_ENTRY as usize - 500));
        world.state.check().unwrap();
        assert_eq!(
            State::restore(world.state.parts()).unwrap().homes_due,
            world.state.homes_due
        );
        world.entry(vec![]);
        assert_eq!(
            (world.state.homes_due.len(), world.state.counts().sessions),
            (0, owners)
        );
        world.state.check().unwrap();
    }
}
