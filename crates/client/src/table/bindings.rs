//! The maps that readers look into.
//!
//! papaya, because its readers never wait, and measured (1 M look-ups at random keys, two busy cores) it was
//! next to a plain map behind a lock (93 and 52 ns at 100 k users, 230 and 210 ns at 1 M), while a persistent
//! map behind one swapped pointer cost 1.5 to 2 times as much. Three habits matter as much as the map: the
//! extensions have one of their own (a map of all names is four times as large and misses the cache more
//! often), the hash is foldhash (SipHash adds some 90 ns), and there is no pointer to swap around the maps
//! (40 ns): a new snapshot is worked in, key by key.

use std::sync::Arc;

use smol_str::SmolStr;

use hotdesk_core::{DeviceId, Epoch, UserName};
use hotdesk_proto::v1;

use super::binding::{Binding, DeviceBinding, UserBindings};
use super::change::Changes;
use super::offices::Offices;
use super::replace::replace;
use super::staging::Staging;

/// Keys come from the directory, which administrators write, so a hash that an attacker could not predict
/// would protect from nobody.
pub(super) type Map<V> = papaya::HashMap<SmolStr, Arc<V>, foldhash::fast::RandomState>;

/// All bindings, by extension, by number, by any name of a user, and by phone; and the offices.
///
/// Any number of readers, who never wait; one writer at a time, which is not checked. Each value is complete
/// when it appears. **Invariant:** a user whose session moved is gone from the old phone before they appear at
/// the new one, so no order of look-ups shows one user at two phones; between two look-ups the world may of
/// course have moved on.
#[derive(Default)]
pub struct Bindings {
    extensions: Map<UserBindings>,
    names: Map<UserBindings>,
    numbers: Map<UserBindings>,
    devices: Map<DeviceBinding>,
    pub(super) offices: Offices,
}

impl Bindings {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The user with this extension.
    #[must_use]
    pub fn by_extension(&self, extension: &str) -> Option<Arc<UserBindings>> {
        self.extensions.pin().get(extension).cloned()
    }

    /// The user with this number of the outside world: E.164, with or without the plus.
    #[must_use]
    pub fn by_number(&self, number: &str) -> Option<Arc<UserBindings>> {
        let digits = number.strip_prefix('+').unwrap_or(number);
        self.numbers.pin().get(digits).cloned()
    }

    /// The user with this id.
    #[must_use]
    pub fn by_user(&self, user: &str) -> Option<Arc<UserBindings>> {
        let found = self.names.pin().get(user).cloned();
        found.filter(|found| found.user() == user)
    }

    /// The user with this name: id, alias, e-mail address, extension or number, in any case.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Arc<UserBindings>> {
        let find = |name: &str| {
            self.by_extension(name)
                .or_else(|| self.names.pin().get(name).cloned())
                .or_else(|| self.by_number(name))
        };
        find(name).or_else(|| {
            let normal = UserName::parse(name).ok()?;
            (normal.as_str() != name).then(|| find(normal.as_str())).flatten()
        })
    }

    /// A phone and who is logged in there; a MAC address in any spelling.
    #[must_use]
    pub fn by_device(&self, device: &str) -> Option<Arc<DeviceBinding>> {
        let find = |device: &str| self.devices.pin().get(device).cloned();
        find(device).or_else(|| {
            let normal = DeviceId::parse(device).ok()?;
            (normal.as_str() != device)
                .then(|| find(normal.as_str()))
                .flatten()
        })
    }

    /// What a phone should show, as the log index of the last change of anything that it shows; `None` for a phone that
    /// nobody knows. The same as `State::wanted_stamp` at the table's index.
    #[must_use]
    pub fn wanted_stamp(&self, device: &str) -> Option<u64> {
        let device = self.by_device(device)?;
        let site = self.site(device.site()).map_or(0, |site| site.changed);
        let session = device
            .holder()
            .map_or(0, |(user, epoch)| Epoch(*epoch).index().max(user.changed()));
        Some(device.changed().max(site).max(session))
    }

    /// All phones, or those of a site, in no order. Not a moment's picture: what changes meanwhile is seen as
    /// it was or as it is.
    #[must_use]
    pub fn devices(&self, site: Option<&str>) -> Vec<Arc<DeviceBinding>> {
        let devices = self.devices.pin();
        let wanted = devices
            .values()
            .filter(|device| site.is_none_or(|site| device.site() == site));
        wanted.cloned().collect()
    }

    /// All sessions, or those of a site, in no order; see [`devices`](Self::devices).
    #[must_use]
    pub fn sessions(&self, site: Option<&str>) -> Vec<Binding> {
        let devices = self.devices(site);
        devices
            .iter()
            .filter_map(|device| device.binding().cloned())
            .collect()
    }

    /// How many users and phones there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let own_name = |(name, user): &(&SmolStr, &Arc<UserBindings>)| name.as_str() == user.user();
        (
            self.names.pin().iter().filter(own_name).count(),
            self.devices.pin().len(),
        )
    }

    /// Applies what one log entry changed. Events that concern no look-up are ignored.
    pub fn apply(&self, events: &[v1::Event]) {
        let mut changes = Changes::new(self);
        for event in events {
            changes.event(event);
        }
        changes.publish();
    }

    /// Makes the table what the parts of a snapshot say. Readers find answers all the while, each either as
    /// before or as after. Costs a few seconds of CPU per million users.
    pub fn replace(&self, parts: impl IntoIterator<Item = v1::SnapshotPart>) {
        let mut staging = Staging::default();
        for part in parts {
            staging.add(part);
        }
        self.replace_staged(staging);
    }

    pub(super) fn replace_staged(&self, staging: Staging) {
        replace(self, staging);
    }
}

/// For the writer.
impl Bindings {
    /// Every user.
    pub(super) fn users(&self) -> Vec<Arc<UserBindings>> {
        let names = self.names.pin();
        let own = names.iter().filter(|(name, user)| name.as_str() == user.user());
        own.map(|(_, user)| Arc::clone(user)).collect()
    }

    /// Makes room before so many are put: growing step by step costs more.
    pub(super) fn reserve(&self, users: usize, devices: usize) {
        // An id and one more name each, an e-mail address as a rule.
        self.names.pin().reserve(2 * users);
        self.extensions.pin().reserve(users);
        self.devices.pin().reserve(devices);
    }

    /// Replaces a user under all names. Names that the user no longer has go away, unless somebody else has
    /// taken them over.
    pub(super) fn put_user(&self, old: Option<&UserBindings>, new: &Arc<UserBindings>) {
        let (extensions, names) = (self.extensions.pin(), self.names.pin());
        for name in new.record().names() {
            names.insert(name.clone(), Arc::clone(new));
        }
        if let Some(extension) = &new.record().extension {
            extensions.insert(extension.clone(), Arc::clone(new));
        }
        if !new.record().numbers().is_empty() {
            let numbers = self.numbers.pin();
            for number in new.record().numbers() {
                numbers.insert(number.clone(), Arc::clone(new));
            }
        }
        if let Some(old) = old {
            for number in old.record().numbers() {
                if !new.record().numbers().contains(number) {
                    forget(&self.numbers, number, old.user());
                }
            }
            let gone = |name: &&SmolStr| !new.record().names().any(|kept| kept == *name);
            for name in old.record().names().filter(gone) {
                forget(&self.names, name, old.user());
            }
            let gone = |extension: &&SmolStr| Some(*extension) != new.record().extension.as_ref();
            for extension in old.record().extension.iter().filter(gone) {
                forget(&self.extensions, extension, old.user());
            }
        }
    }

    pub(super) fn remove_user(&self, old: &UserBindings) {
        for number in old.record().numbers() {
            forget(&self.numbers, number, old.user());
        }
        for name in old.record().names() {
            forget(&self.names, name, old.user());
        }
        if let Some(extension) = &old.record().extension {
            forget(&self.extensions, extension, old.user());
        }
    }

    pub(super) fn put_device(&self, new: DeviceBinding) {
        let id = new.record().device.clone();
        self.devices.pin().insert(id, Arc::new(new));
    }

    pub(super) fn remove_device(&self, device: &str) {
        self.devices.pin().remove(device);
    }
}

/// Removes a name if it still means this user. In one entry a name may pass from one user to another, and the
/// events may come in either order.
fn forget(map: &Map<UserBindings>, name: &SmolStr, user: &str) {
    let map = map.pin();
    if map.get(name).is_some_and(|holder| holder.user() == user) {
        map.remove(name);
    }
}
