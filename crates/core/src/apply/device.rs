//! Devices: phones are created, changed, deleted.
//!
//! Put checks, in this order: the fields, that the site exists, that the groups exist. It keeps the old record's
//! secret, edge and hold, drops repeated groups, and ends the session there when the phone is disabled or moves to another site: whoever sat at it does not
//! sit at it any more, and a session's site must be its phone's. Closing a phone to the group of the user who
//! sits there does not end the session; the rule is one of logging in. Delete ends the session.

use std::sync::Arc;

use imbl::OrdMap;

use crate::directory::Device;
use crate::event::EventKind;
use crate::id::{DeviceId, GroupId, SiteId};
use crate::outcome::{Done, Outcome};
use crate::session::EndReason;
use crate::state::State;

use super::{Step, Written, check};

pub(super) fn put(step: &mut Step<'_>, device: &Device) -> Outcome {
    check::device(device)?;
    let site_exists = |site: &SiteId| step.state.site(site).is_some();
    let group_exists = |group: &GroupId| step.state.group(group).is_some();
    check::device_refers(device, site_exists, group_exists)?;
    write(step, device).outcome()
}

pub(super) fn delete(step: &mut Step<'_>, id: &DeviceId) -> Outcome {
    let Some(device) = step.state.devices.get(id).map(Arc::clone) else {
        return Ok(Done::Deleted { existed: false });
    };
    end_at(step, id);
    step.state.unlink_device(&device);
    step.state.devices.remove(id);
    step.emit(EventKind::DeviceDeleted(id.clone()));
    Ok(Done::Deleted { existed: true })
}

/// Writes a device that has been checked.
pub(super) fn write(step: &mut Step<'_>, device: &Device) -> Written {
    let mut record = device.clone();
    record.allowed_groups = check::without_repeats(&device.allowed_groups);
    let old = step.state.devices.get(&device.id).map(Arc::clone);
    record.secret = old.as_ref().and_then(|old| old.secret.clone());
    record.serving = old.as_ref().and_then(|old| old.serving.clone());
    record.hold = old.as_ref().and_then(|old| old.hold.clone());
    let written = match &old {
        None => Written::Created,
        Some(old) if **old == record => return Written::Unchanged,
        Some(_) => Written::Changed,
    };
    if let Some(old) = &old {
        if !record.enabled || record.site != old.site {
            end_at(step, &record.id);
        }
        step.state.unlink_device(old);
    }
    let record = Arc::new(record);
    step.state.link_device(&record);
    step.state.devices.insert(record.id.clone(), Arc::clone(&record));
    step.emit(EventKind::DevicePut(record));
    written
}

/// Takes one from a count; a count of nothing is not kept.
pub(super) fn count_down<K: Ord + Clone>(counts: &mut OrdMap<K, u64>, key: &K) {
    match counts.get(key) {
        Some(count) if *count > 1 => {
            let left = count - 1;
            counts.insert(key.clone(), left);
        }
        _ => {
            counts.remove(key);
        }
    }
}

fn end_at(step: &mut Step<'_>, device: &DeviceId) {
    if let Some(session) = step.state.session_at(device).map(Arc::clone) {
        step.end(&session, EndReason::DeviceRemoved);
    }
}

impl State {
    /// Counts a device at its site and groups; also how [`State::restore`] does it.
    pub(crate) fn link_device(&mut self, device: &Device) {
        *self.site_devices.entry(device.site.clone()).or_insert(0) += 1;
        for group in &device.allowed_groups {
            *self.group_devices.entry(group.clone()).or_insert(0) += 1;
        }
    }

    fn unlink_device(&mut self, device: &Device) {
        count_down(&mut self.site_devices, &device.site);
        for group in &device.allowed_groups {
            count_down(&mut self.group_devices, group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, group, login, named};
    use crate::command::Action;
    use crate::outcome::Outcome;

    fn put(device: &Device) -> Action {
        Action::PutDevice(device.clone())
    }

    fn refusal(outcome: Outcome) -> &'static str {
        outcome.unwrap_err().name()
    }

    #[test]
    fn a_device_is_created_changed_and_left_alone() {
        let mut world = World::office();
        let lobby = device("lobby", "chicago");
        let renamed = Device {
            desk: "front desk".into(),
            ..lobby.clone()
        };
        let event = |device: &Device| vec![EventKind::DevicePut(Arc::new(device.clone()))];
        assert_eq!(
            world.act(put(&lobby)),
            (Ok(Done::Put { created: true }), event(&lobby))
        );
        assert_eq!(
            world.act(put(&renamed)),
            (Ok(Done::Put { created: false }), event(&renamed))
        );
        assert_eq!(
            world.act(put(&renamed)),
            (Ok(Done::Put { created: false }), vec![])
        );
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let bad = Device {
            model: "a\0b".into(),
            allowed_groups: vec![named("staff"), named("staff")],
            ..device("lobby", "nowhere")
        };
        assert_eq!(refusal(world.run(put(&bad))), "invalid_record");
        let bad = Device {
            model: "t54w".into(),
            ..bad
        };
        assert_eq!(refusal(world.run(put(&bad))), "unknown_site");
        let bad = Device {
            site: named("chicago"),
            ..bad
        };
        assert_eq!(refusal(world.run(put(&bad))), "unknown_group");
        world.run(Action::PutGroup(group("staff"))).unwrap();
        world.run(put(&bad)).unwrap();
        let kept = world.state.device(&named("lobby")).unwrap();
        assert_eq!(kept.allowed_groups, vec![named("staff")]);
    }

    #[test]
    fn disabling_moving_or_deleting_a_phone_ends_the_session_first() {
        let mut world = World::office();
        let phone = device("chi-1", "chicago");
        for action in [
            put(&Device {
                enabled: false,
                ..phone.clone()
            }),
            put(&Device {
                site: named("new-york"),
                ..phone.clone()
            }),
            Action::DeleteDevice(named("chi-1")),
        ] {
            world.run(put(&phone)).unwrap();
            world.run(login("ada", "chi-1")).unwrap();
            let session = world.session("chi-1");
            let (_, events) = world.act(action);
            let ended = EventKind::SessionEnded {
                session,
                reason: EndReason::DeviceRemoved,
            };
            assert_eq!((events.len(), &events[0]), (2, &ended));
        }
        assert_eq!(
            world.run(Action::DeleteDevice(named("chi-1"))),
            Ok(Done::Deleted { existed: false })
        );
    }

    #[test]
    fn a_change_of_desk_or_groups_leaves_the_session() {
        let mut world = World::office();
        world.run(Action::PutGroup(group("staff"))).unwrap();
        world.run(login("ada", "chi-1")).unwrap();
        let reserved = Device {
            desk: "7".into(),
            allowed_groups: vec![named("staff")],
            ..device("chi-1", "chicago")
        };
        world.run(put(&reserved)).unwrap();
        assert_eq!(world.devices_of("ada"), ["chi-1"]);
    }
}
