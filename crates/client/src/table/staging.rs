//! A snapshot while it comes in: parts in any order, until the last has come.

use smol_str::SmolStr;

use hotdesk_proto::v1;

use super::binding::{DeviceRecord, UserRecord};
use super::change::Place;
use super::settings::{self, Marks, Shared, some};

/// What has come in so far. Costs about half the memory of the table, until it is worked in.
#[derive(Default)]
pub(super) struct Staging {
    pub(super) users: Vec<UserRecord>,
    pub(super) devices: Vec<DeviceRecord>,
    /// Who, and where.
    pub(super) sessions: Vec<(SmolStr, Place)>,
    pub(super) sites: Vec<v1::Site>,
    pub(super) groups: Vec<v1::Group>,
    pub(super) edges: Vec<v1::Edge>,
    shared: Shared,
}

impl Staging {
    pub(super) fn add(&mut self, part: v1::SnapshotPart) {
        self.sites.extend(part.sites);
        self.groups.extend(part.groups);
        self.edges.extend(part.edges);
        for user in &part.users {
            let mut record = UserRecord::from(user);
            record.settings = record.settings.map(|settings| self.shared.share(settings));
            self.users.push(record);
        }
        self.devices.extend(part.devices.iter().map(DeviceRecord::from));
        let sessions = part.sessions.iter();
        self.sessions
            .extend(sessions.map(|session| (SmolStr::new(&session.user), Place::from(session))));
    }
}

impl From<&v1::User> for UserRecord {
    fn from(user: &v1::User) -> Self {
        Self {
            user: SmolStr::new(&user.id),
            display_name: SmolStr::new(&user.display_name),
            extension: some(&user.extension),
            aliases: user.aliases.iter().map(SmolStr::new).collect(),
            email: some(&user.email),
            marks: Marks::new(user.disabled, user.changed),
            settings: settings::of_user(user),
        }
    }
}

impl From<&v1::Device> for DeviceRecord {
    fn from(device: &v1::Device) -> Self {
        Self {
            device: SmolStr::new(&device.id),
            site: SmolStr::new(&device.site),
            desk: SmolStr::new(&device.desk),
            model: SmolStr::new(&device.model),
            marks: Marks::new(device.disabled, device.changed),
            line: settings::of_device(device),
        }
    }
}
