//! From events to what readers see: collect what changes, then show it in an order that never misleads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use smol_str::SmolStr;

use hotdesk_proto::v1;
use hotdesk_proto::v1::event::Kind;

use super::binding::{Binding, DeviceBinding, DeviceRecord, UserBindings, UserRecord};
use super::bindings::Bindings;
use super::settings::{self, LineSettings, some};

/// Where a user is logged in, before names and desks are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) device: SmolStr,
    pub(super) site: SmolStr,
    pub(super) epoch: u64,
    since_ms: u64,
}

/// What becomes of the users and phones that are touched. `None`: it is gone.
pub(super) struct Changes<'a> {
    table: &'a Bindings,
    users: BTreeMap<SmolStr, Option<UserDraft>>,
    devices: BTreeMap<SmolStr, Option<DeviceDraft>>,
}

/// What readers are to see under an id.
type Shown<T> = Vec<(SmolStr, Option<T>)>;

#[derive(Clone)]
struct UserDraft {
    record: UserRecord,
    /// The oldest first.
    places: Vec<Place>,
}

#[derive(Clone)]
struct DeviceDraft {
    record: DeviceRecord,
    /// Who is logged in, and in which session.
    holder: Option<(SmolStr, u64)>,
}

impl<'a> Changes<'a> {
    pub(super) fn new(table: &'a Bindings) -> Self {
        Self {
            table,
            users: BTreeMap::new(),
            devices: BTreeMap::new(),
        }
    }

    /// Takes one event; events of one entry in their order.
    pub(super) fn event(&mut self, event: &v1::Event) {
        match &event.kind {
            Some(Kind::SessionStarted(session)) => self.start(&session.user, Place::from(session)),
            Some(Kind::SessionEnded(v1::EndedSession {
                session: Some(session),
                ..
            })) => self.end(session, event.index),
            Some(Kind::UserPut(user)) => self.put_user(UserRecord::from(user)),
            Some(Kind::UserDeleted(id)) => self.delete_user(id),
            Some(Kind::DevicePut(device)) => self.put_device(DeviceRecord::from(device)),
            Some(Kind::DeviceDeleted(id)) => self.delete_device(id),
            Some(Kind::DeviceServed(served)) => self.change_line(&served.device, |line| {
                line.serving = some(&served.edge);
            }),
            Some(Kind::DeviceHeld(held)) => self.change_line(&held.device, |line| {
                line.held_until_ms = held.until_ms;
            }),
            Some(Kind::DeviceShown(shown)) => self.change_line(&shown.device, |line| {
                line.shown_stamp = shown.shown.as_ref().map_or(0, |shown| shown.stamp);
                line.trouble = some(&shown.trouble);
            }),
            Some(Kind::EdgeDeleted(edge)) => self.forget_edge(edge),
            // Offices are put at once (`offices.rs`); the rest concerns no look-up.
            Some(
                Kind::SessionEnded(_)
                | Kind::UserLocked(_)
                | Kind::UserUnlocked(_)
                | Kind::CredentialChanged(_)
                | Kind::SitePut(_)
                | Kind::SiteDeleted(_)
                | Kind::GroupPut(_)
                | Kind::GroupDeleted(_)
                | Kind::EdgePut(_)
                | Kind::WaitingPut(_)
                | Kind::WaitingGone(_)
                | Kind::EnrolmentTokenPut(_)
                | Kind::EnrolmentTokenGone(_)
                | Kind::DefaultsPut(_)
                | Kind::Forced(_),
            )
            | None => {}
        }
        if let Some(kind) = &event.kind {
            self.table.offices.event(kind);
        }
    }

    fn change_line(&mut self, device: &str, change: impl FnOnce(&mut LineSettings)) {
        if let Some(device) = self.device(device) {
            device.record.line = settings::changed(device.record.line.as_ref(), change);
        }
    }

    /// What the edge served is served by nobody: in the table, and in what this entry has changed so far.
    fn forget_edge(&mut self, edge: &str) {
        for device in self.table.devices(None) {
            if device.serving() == Some(edge) {
                self.device(device.device());
            }
        }
        let served = |device: &&mut DeviceDraft| {
            let line = device.record.line.as_ref();
            line.is_some_and(|line| line.serving.as_deref() == Some(edge))
        };
        for device in self.devices.values_mut().flatten().filter(served) {
            device.record.line = settings::changed(device.record.line.as_ref(), |line| line.serving = None);
        }
    }

    fn start(&mut self, user: &str, place: Place) {
        let holder = Some((SmolStr::new(user), place.epoch));
        // A record that is not known makes no session unknown: ids stand in for names until it comes.
        let device = self.device(&place.device).get_or_insert_with(|| DeviceDraft {
            record: DeviceRecord::unknown(&place),
            holder: None,
        });
        device.holder = holder;
        let user = self.user(user).get_or_insert_with(|| UserDraft {
            record: UserRecord::unknown(user),
            places: Vec::new(),
        });
        user.places.retain(|known| known.device != place.device);
        user.places.push(place);
        user.places.sort_by_key(|place| place.epoch);
    }

    /// What the phone shows has changed with it, which no other event says.
    fn end(&mut self, session: &v1::Session, index: u64) {
        if let Some(user) = self.user(&session.user) {
            user.places.retain(|place| place.epoch != session.epoch);
        }
        if let Some(device) = self.device(&session.device) {
            device.holder.take_if(|(_, epoch)| *epoch == session.epoch);
            device.record.marks = device.record.marks.changed_at(index);
        }
    }

    /// Settings that stay the same stay shared with the others of the group.
    fn put_user(&mut self, mut record: UserRecord) {
        let draft = self.user(&record.user);
        if let Some(old) = draft
            .as_ref()
            .filter(|old| old.record.settings == record.settings)
        {
            record.settings.clone_from(&old.record.settings);
        }
        let places = draft.take().map_or_else(Vec::new, |draft| draft.places);
        *draft = Some(UserDraft { record, places });
    }

    /// The user's sessions have ended before, in the same entry; should one be left over, its phone must not
    /// keep it.
    fn delete_user(&mut self, id: &str) {
        let places = self.user(id).take().map_or_else(Vec::new, |draft| draft.places);
        for place in places {
            if let Some(device) = self.device(&place.device) {
                device.holder.take_if(|(_, epoch)| *epoch == place.epoch);
            }
        }
    }

    fn put_device(&mut self, record: DeviceRecord) {
        let draft = self.device(&record.device);
        let holder = draft.take().and_then(|draft| draft.holder);
        *draft = Some(DeviceDraft { record, holder });
    }

    fn delete_device(&mut self, id: &str) {
        let holder = self.device(id).take().and_then(|draft| draft.holder);
        if let Some((user, epoch)) = holder
            && let Some(user) = self.user(&user)
        {
            user.places.retain(|place| place.epoch != epoch);
        }
    }

    /// The draft of a user; begun from the table on first touch.
    fn user(&mut self, id: &str) -> &mut Option<UserDraft> {
        let table = self.table;
        self.users
            .entry(SmolStr::new(id))
            .or_insert_with(|| table.by_user(id).map(|user| UserDraft::from(&*user)))
    }

    /// The draft of a phone; begun from the table on first touch.
    fn device(&mut self, id: &str) -> &mut Option<DeviceDraft> {
        let table = self.table;
        self.devices
            .entry(SmolStr::new(id))
            .or_insert_with(|| table.by_device(id).map(|device| DeviceDraft::from(&*device)))
    }

    /// Shows the changes to readers:
    /// 1. phones that lose their user, so that nobody is seen at an old phone and a new one;
    /// 2. users, those who only lose before those who gain, so that a phone is not seen with two;
    /// 3. phones that gain one.
    pub(super) fn publish(mut self) {
        self.touch_what_shows_the_same();
        let (users, devices) = self.materialise();
        let mut gaining = Vec::new();
        for (id, device) in devices {
            let old = self.table.by_device(&id);
            match device {
                None => self.table.remove_device(&id),
                Some(new) if old.as_deref() == Some(&new) => {}
                Some(new) if new.binding().is_none() => self.table.put_device(new),
                Some(new) => {
                    if let Some(moved) = old.as_deref().and_then(DeviceBinding::binding)
                        && self.is_elsewhere(moved)
                    {
                        self.table
                            .put_device(DeviceBinding::new(new.record().clone(), None));
                    }
                    gaining.push(new);
                }
            }
        }
        let (losing, winning): (Vec<_>, Vec<_>) = users
            .into_iter()
            .map(|(id, new)| (self.table.by_user(&id), new))
            .partition(|(old, new)| !gains(old.as_deref(), new.as_deref()));
        for (old, new) in losing.into_iter().chain(winning) {
            match (old.as_deref(), new) {
                (Some(old), Some(new)) if *old == *new => {}
                (old, Some(new)) => self.table.put_user(old, &new),
                (Some(old), None) => self.table.remove_user(old),
                (None, None) => {}
            }
        }
        for device in gaining {
            self.table.put_device(device);
        }
    }

    /// A user's name shows at the user's phones, a phone's desk at its user.
    fn touch_what_shows_the_same(&mut self) {
        let holders: BTreeSet<SmolStr> = self
            .devices
            .values()
            .flatten()
            .filter_map(|device| Some(device.holder.as_ref()?.0.clone()))
            .collect();
        for user in &holders {
            self.user(user);
        }
        let devices: BTreeSet<SmolStr> = self
            .users
            .values()
            .flatten()
            .flat_map(|user| user.places.iter().map(|place| place.device.clone()))
            .collect();
        for device in &devices {
            self.device(device);
        }
    }

    /// The session's user has another one now, somewhere else.
    fn is_elsewhere(&self, session: &Binding) -> bool {
        let user = self.users.get(&session.user).and_then(Option::as_ref);
        user.is_some_and(|user| user.places.iter().any(|place| place.device != session.device))
    }

    fn materialise(&self) -> (Shown<Arc<UserBindings>>, Shown<DeviceBinding>) {
        let mut at_phone: HashMap<(&str, u64), Arc<UserBindings>> = HashMap::new();
        let mut users = Vec::with_capacity(self.users.len());
        for (id, user) in &self.users {
            let shown = user.as_ref().map(|user| {
                let bindings = user.places.iter().map(|place| {
                    let device = self.devices.get(&place.device).and_then(Option::as_ref);
                    place.binding(&user.record, device.map(|device| &device.record))
                });
                let shown = Arc::new(UserBindings::new(user.record.clone(), bindings.collect()));
                for place in &user.places {
                    at_phone.insert((&place.device, place.epoch), Arc::clone(&shown));
                }
                shown
            });
            users.push((id.clone(), shown));
        }
        let devices = self.devices.iter().map(|(id, device)| {
            let shown = device.as_ref().map(|device| {
                let held = device.holder.as_ref();
                let holder = held.and_then(|(_, epoch)| {
                    let user = at_phone.get(&(id.as_str(), *epoch))?;
                    Some((Arc::clone(user), *epoch))
                });
                DeviceBinding::new(device.record.clone(), holder)
            });
            (id.clone(), shown)
        });
        let devices = devices.collect();
        (users, devices)
    }
}

impl Place {
    /// With the names and the desk filled in.
    pub(super) fn binding(&self, user: &UserRecord, device: Option<&DeviceRecord>) -> Binding {
        Binding {
            user: user.user.clone(),
            display_name: user.display_name.clone(),
            extension: user.extension.clone(),
            device: self.device.clone(),
            desk: device.map_or_else(SmolStr::default, |device| device.desk.clone()),
            site: self.site.clone(),
            epoch: self.epoch,
            since_ms: self.since_ms,
        }
    }
}

impl UserRecord {
    /// Stands in for a user whose record is not known.
    pub(super) fn unknown(id: &str) -> Self {
        Self {
            user: SmolStr::new(id),
            display_name: SmolStr::new(id),
            ..Self::default()
        }
    }
}

impl DeviceRecord {
    /// Stands in for a phone whose record is not known.
    pub(super) fn unknown(place: &Place) -> Self {
        Self {
            device: place.device.clone(),
            site: place.site.clone(),
            ..Self::default()
        }
    }
}

/// The user has a session that they had not before.
fn gains(old: Option<&UserBindings>, new: Option<&UserBindings>) -> bool {
    let had = |epoch| old.is_some_and(|old| old.bindings().any(|known| known.epoch == epoch));
    new.is_some_and(|new| new.bindings().any(|binding| !had(binding.epoch)))
}

impl From<&v1::Session> for Place {
    fn from(session: &v1::Session) -> Self {
        Self {
            device: SmolStr::new(&session.device),
            site: SmolStr::new(&session.site),
            epoch: session.epoch,
            since_ms: session.since_ms,
        }
    }
}

impl From<&UserBindings> for UserDraft {
    fn from(user: &UserBindings) -> Self {
        Self {
            record: user.record().clone(),
            places: user
                .bindings()
                .map(|binding| Place {
                    device: binding.device.clone(),
                    site: binding.site.clone(),
                    epoch: binding.epoch,
                    since_ms: binding.since_ms,
                })
                .collect(),
        }
    }
}

impl From<&DeviceBinding> for DeviceDraft {
    fn from(device: &DeviceBinding) -> Self {
        Self {
            record: device.record().clone(),
            holder: device
                .holder()
                .map(|(user, epoch)| (SmolStr::new(user.user()), *epoch)),
        }
    }
}

#[cfg(test)]
mod tests;
