//! Groups: sets of users with a policy are created, changed, deleted.
//!
//! Put checks the policy's ranges. Fewer sessions per user take effect at once: the oldest sessions beyond the
//! new number end. Everything else takes effect when the rule is next asked: idle timeout and login time at the
//! next activity or login of each session, the rest at the next login or wrong PIN. Delete is refused while a
//! user or a device names the group.

use std::sync::Arc;

use crate::directory::Group;
use crate::event::EventKind;
use crate::id::GroupId;
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;

use super::{Step, Written, check};

pub(super) fn put(step: &mut Step<'_>, group: &Group) -> Outcome {
    check::group(group)?;
    let written = write(step, group);
    if written == Written::Changed {
        step.end_excess_of_all();
    }
    written.outcome()
}

pub(super) fn delete(step: &mut Step<'_>, id: &GroupId) -> Outcome {
    let users = step.state.group_users.get(id).copied().unwrap_or(0);
    let devices = step.state.group_devices.get(id).copied().unwrap_or(0);
    if users > 0 || devices > 0 {
        return Err(Refusal::GroupInUse {
            group: id.clone(),
            users,
            devices,
        });
    }
    let existed = step.state.groups.remove(id).is_some();
    if existed {
        step.emit(EventKind::GroupDeleted(id.clone()));
    }
    Ok(Done::Deleted { existed })
}

/// Writes a group that has been checked. After a change the caller must end excess sessions: an import does so
/// once, when all its rows are written.
pub(super) fn write(step: &mut Step<'_>, group: &Group) -> Written {
    let written = match step.state.groups.get(&group.id) {
        None => Written::Created,
        Some(old) if **old == *group => return Written::Unchanged,
        Some(_) => Written::Changed,
    };
    let record = Arc::new(group.clone());
    step.state.groups.insert(group.id.clone(), Arc::clone(&record));
    step.emit(EventKind::GroupPut(record));
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, group, login, named, put_group, user};
    use crate::command::Action;
    use crate::directory::{Device, User};
    use crate::policy::{MultipleLogins, PolicyOverrides};
    use crate::session::EndReason;

    fn sessions(rule: MultipleLogins) -> PolicyOverrides {
        PolicyOverrides {
            multiple_logins: Some(rule),
            ..PolicyOverrides::default()
        }
    }

    #[test]
    fn a_group_is_created_changed_and_left_alone() {
        let mut world = World::office();
        let changed = Group {
            policy: sessions(MultipleLogins::Deny),
            ..group("staff")
        };
        let event = |group: &Group| vec![EventKind::GroupPut(Arc::new(group.clone()))];
        let put = |group: &Group| Action::PutGroup(group.clone());
        assert_eq!(
            world.act(put(&group("staff"))),
            (Ok(Done::Put { created: true }), event(&group("staff")))
        );
        assert_eq!(
            world.act(put(&changed)),
            (Ok(Done::Put { created: false }), event(&changed))
        );
        assert_eq!(
            world.act(put(&changed)),
            (Ok(Done::Put { created: false }), vec![])
        );
    }

    #[test]
    fn a_policy_out_of_range_is_refused() {
        let mut world = World::office();
        let put = put_group("staff", sessions(MultipleLogins::AllowUpTo(1)));
        assert_eq!(world.run(put).unwrap_err().name(), "invalid_record");
    }

    #[test]
    fn a_stricter_policy_ends_the_oldest_sessions_beyond_it() {
        let mut world = World::office();
        world.allow("ada", MultipleLogins::AllowUpTo(3));
        for device in ["chi-1", "chi-2", "ny-1"] {
            world.run(login("ada", device)).unwrap();
        }
        let two = sessions(MultipleLogins::AllowUpTo(2));
        let oldest = world.session("chi-1");
        let (_, events) = world.act(put_group("of-ada", two));
        let ended = EventKind::SessionEnded {
            session: oldest,
            reason: EndReason::PolicyChanged,
        };
        assert_eq!(events[1..], [ended]);
        assert_eq!(world.devices_of("ada"), ["chi-2", "ny-1"]);
        world
            .run(put_group("of-ada", sessions(MultipleLogins::Deny)))
            .unwrap();
        assert_eq!(world.devices_of("ada"), ["ny-1"]);
    }

    #[test]
    fn a_group_is_deleted_once_nobody_names_it() {
        let mut world = World::office();
        world.run(Action::PutGroup(group("staff"))).unwrap();
        world
            .run(Action::PutUser(User {
                group: Some(named("staff")),
                ..user("eve")
            }))
            .unwrap();
        let reserved = Device {
            allowed_groups: vec![named("staff")],
            ..device("chi-1", "chicago")
        };
        world.run(Action::PutDevice(reserved)).unwrap();
        let delete = || Action::DeleteGroup(named("staff"));
        let in_use = |users, devices| {
            Err(Refusal::GroupInUse {
                group: named("staff"),
                users,
                devices,
            })
        };
        assert_eq!(world.run(delete()), in_use(1, 1));
        world.run(Action::PutUser(user("eve"))).unwrap();
        assert_eq!(world.run(delete()), in_use(0, 1));
        world.run(Action::PutDevice(device("chi-1", "chicago"))).unwrap();
        let deleted = vec![EventKind::GroupDeleted(named("staff"))];
        assert_eq!(
            world.act(delete()),
            (Ok(Done::Deleted { existed: true }), deleted)
        );
        assert_eq!(
            world.act(delete()),
            (Ok(Done::Deleted { existed: false }), vec![])
        );
    }
}
