//! A whole snapshot worked into the table while readers read it.
//!
//! Not by way of [`Changes`](super::change::Changes): with a million users its drafts would cost more than the
//! table itself. The order in which readers see things is the same.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use smol_str::SmolStr;

use super::binding::{Binding, DeviceBinding, DeviceRecord, UserBindings, UserRecord};
use super::bindings::Bindings;
use super::change::Place;
use super::staging::Staging;

/// Makes the table what was staged:
/// 0. offices, groups and edges, of which the others know the ids only;
/// 1. phones: those that are gone go, records change, and whose session is another one now loses it;
/// 2. users: those who are gone go, those who only lose sessions lose them (those who have moved are found
///    where they were until they are found where they are);
/// 3. users as they should be, each followed by the phones where they are.
pub(super) fn replace(table: &Bindings, staging: Staging) {
    let Staging {
        users,
        devices,
        sessions,
        sites,
        groups,
        edges,
        ..
    } = staging;
    table.offices.replace(&sites, &groups, &edges);
    table.reserve(users.len(), devices.len());
    let epochs: Epochs = sessions
        .iter()
        .map(|(_, place)| (place.device.clone(), place.epoch))
        .collect();
    replace_devices(table, devices, &epochs);
    let mut places = Places::default();
    for (user, place) in sessions {
        places.entry(user).or_default().push(place);
    }
    shrink_users(table, &users, &places);
    for record in users {
        let places = places.remove(&record.user).unwrap_or_default();
        put_user(table, record, places);
    }
    // What is left are sessions of users that were not in the snapshot: ids stand in for names.
    for (user, places) in places {
        put_user(table, UserRecord::unknown(&user), places);
    }
}

/// The session that each phone is to have.
type Epochs = HashMap<SmolStr, u64, RandomState>;
/// The sessions that each user is to have.
type Places = HashMap<SmolStr, Vec<Place>, RandomState>;

fn replace_devices(table: &Bindings, devices: Vec<DeviceRecord>, epochs: &Epochs) {
    let kept: HashSet<&str, RandomState> = devices.iter().map(|record| record.device.as_str()).collect();
    for old in table.devices(None) {
        if !kept.contains(old.device()) {
            table.remove_device(old.device());
        }
    }
    for record in devices {
        let old = table.by_device(&record.device);
        let holder = old.as_ref().and_then(|old| old.holder());
        let still = holder.filter(|(_, epoch)| epochs.get(&record.device) == Some(epoch));
        table.put_device(DeviceBinding::new(record, still.cloned()));
    }
}

fn shrink_users(table: &Bindings, users: &[UserRecord], places: &Places) {
    let before = table.users();
    if before.is_empty() {
        return;
    }
    let kept: HashSet<&str, RandomState> = users.iter().map(|record| record.user.as_str()).collect();
    for old in before {
        let after = places.get(old.user()).map_or(&[][..], Vec::as_slice);
        if !kept.contains(old.user()) && after.is_empty() {
            table.remove_user(&old);
            continue;
        }
        let goes_on = |binding: &&Binding| after.iter().any(|place| place.epoch == binding.epoch);
        let rest: Vec<Binding> = old.bindings().filter(goes_on).cloned().collect();
        if rest.len() < old.len() && rest.len() == after.len() {
            let shrunk = Arc::new(UserBindings::new(old.record().clone(), rest));
            table.put_user(Some(&old), &shrunk);
        }
    }
}

fn put_user(table: &Bindings, record: UserRecord, mut places: Vec<Place>) {
    places.sort_by_key(|place| place.epoch);
    let phones: Vec<Option<Arc<DeviceBinding>>> = places
        .iter()
        .map(|place| table.by_device(&place.device))
        .collect();
    let bindings = places
        .iter()
        .zip(&phones)
        .map(|(place, phone)| place.binding(&record, phone.as_ref().map(|phone| phone.record())));
    let bindings = bindings.collect();
    let new = Arc::new(UserBindings::new(record, bindings));
    table.put_user(table.by_user(new.user()).as_deref(), &new);
    for (place, phone) in places.iter().zip(phones) {
        let record = phone.map_or_else(|| DeviceRecord::unknown(place), |phone| phone.record().clone());
        table.put_device(DeviceBinding::new(record, Some((Arc::clone(&new), place.epoch))));
    }
}
