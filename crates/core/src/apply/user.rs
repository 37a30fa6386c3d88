//! Users: people are created, changed, deleted.
//!
//! Put checks, in this order: the fields, that the group exists, that no other user has one of the names. It
//! keeps the PIN and the wrong PINs of the old record, and the call settings and the profile unless the new record brings some (the
//! default ones remove them): people set those themselves, and an import of who works here must not undo that. It
//! drops repeated aliases and numbers, and ends sessions: all of them
//! when the user is disabled, the oldest ones beyond the number when the (new) group allows fewer. A session at
//! a phone that the new group may not use stays until it ends otherwise; the rule is one of logging in.
//!
//! Delete ends all sessions and leaves the user's own phones to nobody. What ends is told before the record's own event, so that no reader of the events
//! ever has a session of a user it does not know.

use std::sync::Arc;

use crate::calls::CallSettings;
use crate::directory::{Credential, Device, User};
use crate::event::EventKind;
use crate::id::{UserId, UserName};
use crate::outcome::{Done, Outcome};
use crate::profile::Profile;
use crate::refusal::Refusal;
use crate::session::EndReason;
use crate::state::State;

use super::{Step, Written, check};

pub(super) fn put(step: &mut Step<'_>, user: &User) -> Outcome {
    check::user(user)?;
    check::user_refers(user, |group| step.state.group(group).is_some())?;
    check_names(step, user)?;
    write(step, user, None).outcome()
}

pub(super) fn delete(step: &mut Step<'_>, id: &UserId) -> Outcome {
    let Some(user) = step.state.users.get(id).map(Arc::clone) else {
        return Ok(Done::Deleted { existed: false });
    };
    end_all_of(step, id);
    disown_all_of(step, id);
    step.state.unlink_user(&user);
    step.state.users.remove(id);
    step.emit(EventKind::UserDeleted(id.clone()));
    Ok(Done::Deleted { existed: true })
}

/// Writes a user that has been checked, with a new verifier if one is given.
///
/// A name that still belongs to another user is taken from that user: while an import swaps names between
/// users, the checks have seen to it that the other record gives it up too.
pub(super) fn write(step: &mut Step<'_>, user: &User, verifier: Option<&Arc<str>>) -> Written {
    let old = step.state.users.get(&user.id).map(Arc::clone);
    let mut record = user.clone();
    record.aliases = check::without_repeats(&user.aliases);
    record.numbers = check::without_repeats(&user.numbers);
    record.calls = match &user.calls {
        None => old.as_ref().and_then(|old| old.calls.clone()),
        Some(calls) => Some(calls)
            .filter(|calls| ***calls != CallSettings::default())
            .cloned(),
    };
    record.profile = match &user.profile {
        None => old.as_ref().and_then(|old| old.profile.clone()),
        Some(profile) => Some(profile)
            .filter(|profile| ***profile != Profile::default())
            .cloned(),
    };
    let shows_the_same = old.as_ref().filter(|old| shown(old) == shown(&record));
    record.changed = shows_the_same.map_or(step.index, |old| old.changed);
    record.credential = old.as_ref().and_then(|old| old.credential.clone());
    record.failures = old.as_ref().map(|old| old.failures).unwrap_or_default();
    record.visits_ended = old.as_ref().map_or(0, |old| old.visits_ended);
    let new_credential = verifier.and_then(|verifier| step.new_credential(&record, verifier));
    let version = new_credential.as_ref().map(|credential| credential.version);
    record.credential = new_credential.or(record.credential);

    let written = match &old {
        None => Written::Created,
        Some(old) if **old == record => return Written::Unchanged,
        Some(_) => Written::Changed,
    };
    if !record.enabled {
        end_all_of(step, &record.id);
    }
    if let Some(old) = &old {
        step.state.unlink_user(old);
    }
    let record = Arc::new(record);
    step.state.link_user(&record);
    step.state.users.insert(record.id.clone(), Arc::clone(&record));
    step.emit(EventKind::UserPut(Arc::clone(&record)));
    if let Some(version) = version {
        step.emit(EventKind::CredentialChanged {
            user: record.id.clone(),
            version,
        });
    }
    step.end_excess(&record.id);
    step.may_go_home(&record.id);
    written
}

/// What phones show of a user.
fn shown(user: &User) -> impl PartialEq + use<'_> {
    (&user.display_name, &user.extension, &user.profile, &user.calls)
}

/// A user who goes leaves the own phones to nobody.
fn disown_all_of(step: &mut Step<'_>, user: &UserId) {
    let owned: Vec<_> = step.state.devices_of_owner(user).map(Arc::clone).collect();
    for device in owned {
        let record = Device {
            owner: None,
            stays_neutral: false,
            ..Device::clone(&device)
        };
        super::device::store(step, Some(&device), record);
    }
}

fn check_names(step: &Step<'_>, user: &User) -> Result<(), Refusal> {
    for (_, name) in user.names() {
        if let Some(owner) = step.state.find_user(&name).filter(|owner| owner.id != user.id) {
            let owner = owner.id.clone();
            return Err(Refusal::NameTaken { name, owner });
        }
    }
    Ok(())
}

fn end_all_of(step: &mut Step<'_>, user: &UserId) {
    let sessions: Vec<_> = step.state.sessions_of(user).map(Arc::clone).collect();
    step.end_all(&sessions, &EndReason::UserRemoved);
}

impl Step<'_> {
    /// The credential for a verifier; `None` when the user has the very same already.
    pub(super) fn new_credential(&self, user: &User, verifier: &Arc<str>) -> Option<Credential> {
        let same = user
            .credential
            .as_ref()
            .is_some_and(|old| old.verifier == *verifier);
        (!same).then(|| Credential {
            version: self.epoch().0,
            verifier: Arc::clone(verifier),
        })
    }
}

impl State {
    /// Enters a user's names and group into the indexes; also how [`State::restore`] does it.
    pub(crate) fn link_user(&mut self, user: &User) {
        for name in user.indexed_names() {
            self.names.insert(name, user.id.clone());
        }
        if let Some(group) = &user.group {
            *self.group_users.entry(group.clone()).or_insert(0) += 1;
        }
    }

    /// Takes a user's names, where they are still the user's, and group out of the indexes.
    fn unlink_user(&mut self, user: &User) {
        for name in user.indexed_names() {
            if self.names.get(&name) == Some(&user.id) {
                self.names.remove(&name);
            }
        }
        if let Some(group) = &user.group {
            super::device::count_down(&mut self.group_users, group);
        }
    }
}

impl User {
    /// The names that the index of names holds: all but the id.
    pub(crate) fn indexed_names(&self) -> impl Iterator<Item = UserName> + '_ {
        self.names()
            .map(|(_, name)| name)
            .filter(|name| name.as_str() != self.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, failed, group, login, named, set_pin, user};
    use crate::calls::{CallClasses, CallRights};
    use crate::command::Action;
    use crate::directory::Group;
    use crate::policy::MultipleLogins;

    fn put(user: &User) -> Action {
        Action::PutUser(user.clone())
    }

    #[test]
    fn a_user_is_found_by_every_name_and_by_no_old_one() {
        let mut world = World::office();
        let zoe = User {
            extension: Some(named("3001")),
            aliases: vec![named("z"), named("3001"), named("z")],
            email: Some(crate::id::Email::parse("zoe@example.com").unwrap()),
            ..user("zoe")
        };
        let (outcome, events) = world.act(put(&zoe));
        assert_eq!(outcome, Ok(Done::Put { created: true }));
        let kept = User {
            aliases: vec![named("z"), named("3001")],
            changed: world.state.index(),
            ..zoe.clone()
        };
        assert_eq!(events, vec![EventKind::UserPut(Arc::new(kept))]);
        assert_eq!(world.act(put(&zoe)), (Ok(Done::Put { created: false }), vec![]));
        for name in ["zoe", "3001", "z", "zoe@example.com"] {
            assert_eq!(world.found(name), Some("zoe".into()), "{name}");
        }
        world
            .run(put(&User {
                extension: Some(named("3002")),
                ..user("zoe")
            }))
            .unwrap();
        assert_eq!(
            ["3002", "3001", "z", "zoe@example.com"].map(|name| world.found(name).is_some()),
            [true, false, false, false]
        );
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let bad = User {
            display_name: "a\nb".into(),
            group: Some(named("nowhere")),
            extension: Some(named("2041")),
            ..user("zoe")
        };
        let refusal = |world: &mut World, user: &User| world.run(put(user)).unwrap_err();
        assert_eq!(refusal(&mut world, &bad).name(), "invalid_record");
        let bad = User {
            display_name: "Zoe".into(),
            ..bad
        };
        assert_eq!(refusal(&mut world, &bad).name(), "unknown_group");
        let bad = User { group: None, ..bad };
        let taken = Refusal::NameTaken {
            name: named("2041"),
            owner: named("ada"),
        };
        assert_eq!(refusal(&mut world, &bad), taken);
    }

    #[test]
    fn one_name_space_holds_ids_aliases_addresses_extensions_and_numbers() {
        let mut world = World::office();
        let ada = User {
            numbers: vec![named("+13125550142")],
            ..User::clone(&world.user("ada"))
        };
        world.run(put(&ada)).unwrap();
        for (clash, id) in [
            (
                User {
                    aliases: vec![named("ada")],
                    ..user("zoe")
                },
                "ada",
            ),
            (
                User {
                    aliases: vec![named("2041")],
                    ..user("zoe")
                },
                "2041",
            ),
            (
                User {
                    email: Some(named("ada@example.com")),
                    ..user("zoe")
                },
                "ada@example.com",
            ),
            (user("2041"), "2041"),
            (
                User {
                    extension: Some(named("13125550142")),
                    ..user("zoe")
                },
                "13125550142",
            ),
            (
                User {
                    numbers: vec![named("+1 312 555 0142")],
                    ..user("zoe")
                },
                "13125550142",
            ),
        ] {
            let taken = Refusal::NameTaken {
                name: named(id),
                owner: named("ada"),
            };
            assert_eq!(world.run(put(&clash)), Err(taken));
        }
        assert!(world.state.user(&named("zoe")).is_none());
    }

    #[test]
    fn a_user_is_found_by_numbers_and_settings_that_say_nothing_are_not_kept() {
        let mut world = World::office();
        let zoe = User {
            numbers: vec![named("+13125550142"), named("13125550142")],
            calls: Some(Arc::default()),
            ..user("zoe")
        };
        world.run(put(&zoe)).unwrap();
        assert_eq!(world.found("+1 (312) 555-0142"), Some("zoe".into()));
        let kept = world.user("zoe");
        assert_eq!((kept.numbers.len(), kept.calls.as_ref()), (1, None));
        let calls = CallSettings {
            do_not_disturb: true,
            ..CallSettings::default()
        };
        let disturbed = User {
            calls: Some(Arc::new(calls.clone())),
            ..zoe.clone()
        };
        world.run(put(&disturbed)).unwrap();
        world.run(put(&user("zoe"))).unwrap();
        assert_eq!(
            world.user("zoe").calls.as_deref(),
            Some(&calls),
            "they are the user's own"
        );
        world.run(put(&zoe)).unwrap();
        assert_eq!(world.user("zoe").calls, None);
        world.run(put(&user("zoe"))).unwrap();
        assert_eq!(world.found("+13125550142"), None);
    }

    #[test]
    fn rights_are_the_users_the_groups_or_the_usual_ones() {
        let mut world = World::office();
        let only = |classes| {
            Some(CallRights {
                classes,
                outside_hours: None,
            })
        };
        let staff = Group {
            rights: only(CallClasses::INTERNAL),
            ..group("staff")
        };
        world.run(Action::PutGroup(staff)).unwrap();
        for (member, own, expected) in [
            (false, None, CallRights::default().classes),
            (true, None, CallClasses::INTERNAL),
            (true, only(CallClasses::ALL), CallClasses::ALL),
        ] {
            let zoe = User {
                group: member.then(|| named("staff")),
                rights: own,
                ..user("zoe")
            };
            world.run(put(&zoe)).unwrap();
            assert_eq!(world.state.rights_of(&world.user("zoe")).classes, expected);
        }
    }

    #[test]
    fn putting_a_user_keeps_the_pin_and_the_wrong_pins() {
        let mut world = World::office();
        world.run(set_pin("ada")).unwrap();
        world.run(failed("ada")).unwrap();
        let before = world.user("ada");
        let renamed = User {
            display_name: "Ada L.".into(),
            credential: None,
            ..User::clone(&before)
        };
        world.run(put(&renamed)).unwrap();
        let after = world.user("ada");
        assert_eq!(
            (&after.credential, after.failures),
            (&before.credential, before.failures)
        );
        assert_eq!(after.display_name, "Ada L.");
    }

    #[test]
    fn disabling_or_deleting_a_user_ends_the_sessions_first() {
        let mut world = World::office();
        let ada = world.user("ada");
        for action in [
            put(&User {
                enabled: false,
                ..User::clone(&ada)
            }),
            Action::DeleteUser(named("ada")),
        ] {
            world.run(put(&ada)).unwrap();
            world.run(login("ada", "chi-1")).unwrap();
            let session = world.session("chi-1");
            let (_, events) = world.act(action);
            let ended = EventKind::SessionEnded {
                session,
                reason: EndReason::UserRemoved,
            };
            assert_eq!((events.len(), &events[0]), (2, &ended));
        }
        assert_eq!(world.found("2041"), None);
        assert_eq!(
            world.run(Action::DeleteUser(named("ada"))),
            Ok(Done::Deleted { existed: false })
        );
    }

    #[test]
    fn moving_to_a_stricter_group_ends_the_excess() {
        let mut world = World::office();
        world.allow("ada", MultipleLogins::AllowUpTo(2));
        world.run(login("ada", "chi-1")).unwrap();
        world.run(login("ada", "chi-2")).unwrap();
        world.run(Action::PutGroup(group("strict"))).unwrap();
        let moved = User {
            group: Some(named("strict")),
            ..User::clone(&world.user("ada"))
        };
        world.run(put(&moved)).unwrap();
        assert_eq!(world.devices_of("ada"), ["chi-2"]);
    }
}
