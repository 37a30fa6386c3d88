//! Devices: phones are created, changed, deleted.
//!
//! Put checks, in this order: the fields, that the site, the groups and the owner exist, that no other device has the MAC
//! address, that the owner has not too many phones. It keeps what other actions change (secret, edge, hold, enrolment,
//! what it shows), drops repeated groups, and ends the session there when the phone is disabled or moves to another site:
//! whoever sat at it does not sit at it any more, and a session's site must be its phone's. Closing a phone to the group
//! of the user who sits there does not end the session; the rule is one of logging in. Delete ends the session.
//!
//! A phone that waited for approval waits no longer once a device has its address.

use std::sync::Arc;

use imbl::OrdMap;

use crate::directory::Device;
use crate::event::EventKind;
use crate::id::{DeviceId, GroupId, SiteId, UserId};
use crate::mac::MacAddress;
use crate::outcome::{Done, Outcome};
use crate::phones::OWNED_MAX;
use crate::refusal::Refusal;
use crate::session::EndReason;
use crate::state::State;

use super::{Step, Written, check};

pub(super) fn put(step: &mut Step<'_>, device: &Device) -> Outcome {
    check::device(device)?;
    let site_exists = |site: &SiteId| step.state.site(site).is_some();
    let group_exists = |group: &GroupId| step.state.group(group).is_some();
    let user_exists = |user: &UserId| step.state.user(user).is_some();
    check::device_refers(device, site_exists, group_exists, user_exists)?;
    check_mac(step, device)?;
    check_owner(step, device)?;
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

fn check_mac(step: &Step<'_>, device: &Device) -> Result<(), Refusal> {
    let Some(mac) = device.mac.or_else(|| device.id.mac()) else {
        return Ok(());
    };
    match step.state.device_by_mac(&mac) {
        Some(other) if other.id != device.id => Err(Refusal::MacTaken {
            mac,
            device: other.id.clone(),
        }),
        _ => Ok(()),
    }
}

fn check_owner(step: &Step<'_>, device: &Device) -> Result<(), Refusal> {
    let Some(owner) = &device.owner else { return Ok(()) };
    let others = step
        .state
        .devices_of_owner(owner)
        .filter(|other| other.id != device.id);
    check::count("owner", others.count() + 1, OWNED_MAX)
}

/// Writes a device that has been checked.
pub(super) fn write(step: &mut Step<'_>, device: &Device) -> Written {
    let old = step.state.devices.get(&device.id).map(Arc::clone);
    let record = record(step, device, old.as_deref());
    let written = match &old {
        None => Written::Created,
        Some(old) if **old == record => return Written::Unchanged,
        Some(_) => Written::Changed,
    };
    let is_elsewhere = |old: &Arc<Device>| record.site != old.site;
    if !record.enabled || old.as_ref().is_some_and(is_elsewhere) {
        end_at(step, &record.id);
    }
    store(step, old.as_deref(), record);
    written
}

/// Puts a finished record in the place of the old one.
pub(super) fn store(step: &mut Step<'_>, old: Option<&Device>, record: Device) {
    if let Some(old) = old {
        step.state.unlink_device(old);
    }
    let record = Arc::new(record);
    step.state.link_device(&record);
    step.state.devices.insert(record.id.clone(), Arc::clone(&record));
    step.emit(EventKind::DevicePut(Arc::clone(&record)));
    if let Some(mac) = record.mac {
        step.waits_no_longer(mac);
    }
    if old.is_some_and(|old| old.owner != record.owner) {
        keep_time(step, &record.id);
    }
    step.may_be_free(&record.id);
}

/// What is put, with what putting leaves as it is.
fn record(step: &Step<'_>, device: &Device, old: Option<&Device>) -> Device {
    let kept = |field: fn(&Device) -> bool| old.is_some_and(field);
    let mut record = Device {
        allowed_groups: check::without_repeats(&device.allowed_groups),
        mac: device.mac.or_else(|| device.id.mac()),
        secret: old.and_then(|old| old.secret.clone()),
        serving: old.and_then(|old| old.serving.clone()),
        hold: old.and_then(|old| old.hold.clone()),
        secret_seed: old.and_then(|old| old.secret_seed),
        former_seeds: old.map_or_else(Vec::new, |old| old.former_seeds.clone()),
        enrolment: old.map(|old| old.enrolment).unwrap_or_default(),
        shown: old.and_then(|old| old.shown),
        trouble: old.and_then(|old| old.trouble.clone()),
        stays_neutral: kept(|old| old.stays_neutral),
        ..device.clone()
    };
    if let Some(old) = old {
        record.stays_neutral &= old.owner == record.owner;
    }
    let shows_the_same = old.filter(|old| shown(old) == shown(&record));
    record.changed = shows_the_same.map_or(step.index, |old| old.changed);
    record
}

/// What the phone shows of its record, and what its document is made from.
fn shown(device: &Device) -> impl PartialEq + use<'_> {
    let Device {
        site,
        desk,
        model,
        enabled,
        mac,
        label,
        number,
        ..
    } = device;
    (site, desk, model, enabled, mac, label, number)
}

/// Whoever is logged in at a phone that changes hands has other limits from now on.
fn keep_time(step: &mut Step<'_>, device: &DeviceId) {
    let Some(session) = step.state.session_at(device).map(Arc::clone) else {
        return;
    };
    let policy = step
        .state
        .user(&session.user)
        .map(|user| step.state.policy_of(user));
    if let Some(policy) = policy {
        step.refresh(&session, session.last_active, &policy);
    }
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
    /// Counts a device at its site and groups, and enters its address and owner; also how [`State::restore`] does it.
    pub(crate) fn link_device(&mut self, device: &Device) {
        *self.site_devices.entry(device.site.clone()).or_insert(0) += 1;
        for group in &device.allowed_groups {
            *self.group_devices.entry(group.clone()).or_insert(0) += 1;
        }
        if let Some(mac) = device.indexed_mac() {
            self.macs.insert(mac, device.id.clone());
        }
        if let Some(owner) = &device.owner {
            self.owned.insert((owner.clone(), device.id.clone()));
        }
    }

    fn unlink_device(&mut self, device: &Device) {
        count_down(&mut self.site_devices, &device.site);
        for group in &device.allowed_groups {
            count_down(&mut self.group_devices, group);
        }
        // While an import swaps addresses, another device may have taken this one's already.
        if let Some(mac) = device
            .indexed_mac()
            .filter(|mac| self.macs.get(mac) == Some(&device.id))
        {
            self.macs.remove(&mac);
        }
        if let Some(owner) = &device.owner {
            self.owned.remove(&(owner.clone(), device.id.clone()));
        }
    }
}

impl Device {
    /// The address that the index of addresses holds: one that is not the id.
    pub(crate) fn indexed_mac(&self) -> Option<MacAddress> {
        self.mac.filter(|mac| self.id.mac() != Some(*mac))
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
        let event = |device: &Device, changed| {
            vec![EventKind::DevicePut(Arc::new(Device {
                changed,
                ..device.clone()
            }))]
        };
        let index = world.state.index();
        assert_eq!(
            world.act(put(&lobby)),
            (Ok(Done::Put { created: true }), event(&lobby, index + 1))
        );
        assert_eq!(
            world.act(put(&renamed)),
            (Ok(Done::Put { created: false }), event(&renamed, index + 2))
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
    fn an_address_belongs_to_one_phone() {
        let mut world = World::office();
        let with = |id: &str, mac: Option<&str>| {
            put(&Device {
                mac: mac.map(named),
                ..device(id, "chicago")
            })
        };
        let mac = "02:00:00:00:00:01";
        let taken = |device: &str| {
            Err(Refusal::MacTaken {
                mac: named(mac),
                device: named(device),
            })
        };
        let found = |world: &World| {
            world
                .state
                .device_by_mac(&named(mac))
                .map(|found| found.id.to_string())
        };
        world.run(with("lobby", Some(mac))).unwrap();
        assert_eq!(found(&world).as_deref(), Some("lobby"));
        assert_eq!(world.run(with("hall", Some(mac))), taken("lobby"));
        assert_eq!(
            world.run(with("020000000001", None)),
            taken("lobby"),
            "its id is the address"
        );
        world.run(with("lobby", None)).unwrap();
        assert_eq!(found(&world), None);
        world.run(with("020000000001", None)).unwrap();
        assert_eq!(found(&world).as_deref(), Some("020000000001"));
        assert_eq!(world.device("020000000001").mac, Some(named(mac)));
        assert_eq!(world.run(with("lobby", Some(mac))), taken("020000000001"));
        let other = with("020000000001", Some("02:00:00:00:00:02"));
        assert_eq!(refusal(world.run(other)), "invalid_record");
        world.run(Action::DeleteDevice(named("020000000001"))).unwrap();
        assert_eq!(found(&world), None);
    }

    #[test]
    fn an_owner_exists_and_has_so_many_phones_at_most() {
        let mut world = World::office();
        let owned = |id: &str, owner: &str| {
            put(&Device {
                owner: Some(named(owner)),
                ..device(id, "chicago")
            })
        };
        assert_eq!(refusal(world.run(owned("lobby", "nobody"))), "unknown_user");
        for n in 0..OWNED_MAX {
            world.run(owned(&format!("p{n}"), "ada")).unwrap();
        }
        assert_eq!(refusal(world.run(owned("lobby", "ada"))), "invalid_record");
        world.run(owned("p0", "ada")).unwrap();
        world.run(owned("p0", "bob")).unwrap();
        world.run(owned("lobby", "ada")).unwrap();
        assert_eq!(world.state.devices_of_owner(&named("ada")).count(), OWNED_MAX);
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
