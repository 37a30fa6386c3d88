//! The replicated state: plain maps, and the indexes that keep look-ups quick.
//!
//! The maps are persistent ones: a clone costs nothing and shares all it can, which is how a snapshot is
//! written while entries go on being applied.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};

use crate::calls::CallRights;
use crate::command::{ImportRow, RequestId};
use crate::directory::{Device, Edge, Group, Site, User};
use crate::event::Event;
use crate::id::{DeviceId, EdgeId, GroupId, SiteId, UserId, UserName};
use crate::mac::MacAddress;
use crate::outcome::Outcome;
use crate::phones::{EnrolmentToken, TokenHash, WaitingPhone};
use crate::policy::Policy;
use crate::session::Session;
use crate::time::TimeMs;

/// How many answered requests are remembered at most; the oldest is forgotten first.
pub const ANSWERED_MAX: usize = 1 << 18;
/// How long an answered request is remembered at most, in milliseconds of the log's clock.
pub const ANSWERED_KEPT_MS: u64 = 10 * 60_000;
/// How many events the audit trail keeps; the oldest is forgotten first.
pub const AUDIT_MAX: usize = 10_000;

/// Everything the cluster agrees on. A clone is O(1).
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) clock: TimeMs,
    pub(crate) index: u64,
    pub(crate) defaults: Policy,
    pub(crate) sites: OrdMap<SiteId, Arc<Site>>,
    pub(crate) groups: OrdMap<GroupId, Arc<Group>>,
    pub(crate) users: OrdMap<UserId, Arc<User>>,
    pub(crate) devices: OrdMap<DeviceId, Arc<Device>>,
    pub(crate) edges: OrdMap<EdgeId, Arc<Edge>>,
    pub(crate) sessions: OrdMap<DeviceId, Arc<Session>>,
    pub(crate) answered: OrdMap<RequestId, Arc<Answered>>,
    pub(crate) answered_order: Vector<RequestId>,
    pub(crate) audit: Vector<Arc<Event>>,
    pub(crate) imports: OrdMap<RequestId, Arc<StagedImport>>,
    pub(crate) waiting: OrdMap<MacAddress, Arc<WaitingPhone>>,
    pub(crate) enrolment_tokens: OrdMap<TokenHash, Arc<EnrolmentToken>>,
    // Indexes: rebuilt from the maps above by `restore`, never written to a snapshot.
    /// The users' names but their ids, which `users` is ordered by: a million ids twice would cost 100 MB.
    pub(crate) names: OrdMap<UserName, UserId>,
    /// The devices of each logged-in user, the oldest session first.
    pub(crate) by_user: OrdMap<UserId, Devices>,
    /// Users with more than one session: what a stricter policy must look at.
    pub(crate) several: OrdSet<UserId>,
    pub(crate) deadlines: OrdSet<(TimeMs, DeviceId)>,
    pub(crate) site_devices: OrdMap<SiteId, u64>,
    pub(crate) group_users: OrdMap<GroupId, u64>,
    pub(crate) group_devices: OrdMap<GroupId, u64>,
    pub(crate) staged_rows: usize,
    /// The devices with an address that is not their id, which `devices` is ordered by.
    pub(crate) macs: OrdMap<MacAddress, DeviceId>,
    /// The phones that belong to somebody, by whom.
    pub(crate) owned: OrdSet<(UserId, DeviceId)>,
    /// Phones whose owner should be logged in by now: an entry has only so many epochs. The next one goes on.
    pub(crate) homes_due: OrdSet<DeviceId>,
}

/// The devices of one logged-in user. Nearly everybody has one, and is spared an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Devices {
    One(DeviceId),
    Several(Arc<[DeviceId]>),
}

impl Devices {
    /// `None` for an empty list, which is not kept.
    pub(crate) fn new(devices: &[DeviceId]) -> Option<Self> {
        match devices {
            [] => None,
            [one] => Some(Self::One(one.clone())),
            several => Some(Self::Several(several.into())),
        }
    }

    pub(crate) fn as_slice(&self) -> &[DeviceId] {
        match self {
            Self::One(device) => std::slice::from_ref(device),
            Self::Several(devices) => devices,
        }
    }
}

/// A remembered answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub outcome: Arc<Outcome>,
    /// What the request was, so that the same id for another request is noticed.
    pub fingerprint: u64,
    /// The log index of the entry that answered it.
    pub index: u64,
    /// The clock when it was answered.
    pub at: TimeMs,
}

/// Rows that wait for their commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedImport {
    /// The last time a part came in.
    pub at: TimeMs,
    /// The rows so far, in order.
    pub rows: Vector<Arc<ImportRow>>,
}

impl StagedImport {
    /// An import of which no row has come yet.
    #[must_use]
    pub fn empty(at: TimeMs) -> Self {
        Self {
            at,
            rows: Vector::new(),
        }
    }
}

/// The state taken apart into what a snapshot holds: records in key order, no indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// [`State::clock`].
    pub clock: TimeMs,
    /// [`State::index`].
    pub index: u64,
    /// [`State::defaults`].
    pub defaults: Policy,
    /// All sites.
    pub sites: Vec<Arc<Site>>,
    /// All groups.
    pub groups: Vec<Arc<Group>>,
    /// All users.
    pub users: Vec<Arc<User>>,
    /// All devices.
    pub devices: Vec<Arc<Device>>,
    /// All edges.
    pub edges: Vec<Arc<Edge>>,
    /// All sessions.
    pub sessions: Vec<Arc<Session>>,
    /// Answered requests, the oldest first.
    pub answered: Vec<(RequestId, Arc<Answered>)>,
    /// The audit trail, the oldest first.
    pub audit: Vec<Arc<Event>>,
    /// Staged imports.
    pub imports: Vec<(RequestId, Arc<StagedImport>)>,
    /// Unknown phones that wait for approval.
    pub waiting: Vec<Arc<WaitingPhone>>,
    /// Enrolment tokens.
    pub enrolment_tokens: Vec<Arc<EnrolmentToken>>,
}

impl State {
    /// An empty state with default policies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest time stamp of any entry applied.
    #[must_use]
    pub const fn clock(&self) -> TimeMs {
        self.clock
    }

    /// The log index of the last entry applied; 0 before the first.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The policy of users whose group says nothing else.
    #[must_use]
    pub const fn defaults(&self) -> &Policy {
        &self.defaults
    }

    /// A site by its id.
    #[must_use]
    pub fn site(&self, id: &SiteId) -> Option<&Arc<Site>> {
        self.sites.get(id)
    }

    /// A group by its id.
    #[must_use]
    pub fn group(&self, id: &GroupId) -> Option<&Arc<Group>> {
        self.groups.get(id)
    }

    /// A user by id (not by another name; see [`Self::find_user`]).
    #[must_use]
    pub fn user(&self, id: &UserId) -> Option<&Arc<User>> {
        self.users.get(id)
    }

    /// A user by id, alias, e-mail, extension or number.
    #[must_use]
    pub fn find_user(&self, name: &UserName) -> Option<&Arc<User>> {
        match self.names.get(name) {
            Some(owner) => self.users.get(owner),
            None => self.users.get(name.as_str()),
        }
    }

    /// A device by its id.
    #[must_use]
    pub fn device(&self, id: &DeviceId) -> Option<&Arc<Device>> {
        self.devices.get(id)
    }

    /// The device with this MAC address.
    #[must_use]
    pub fn device_by_mac(&self, mac: &MacAddress) -> Option<&Arc<Device>> {
        match self.macs.get(mac) {
            Some(device) => self.devices.get(device),
            None => self.devices.get(mac.to_string().as_str()),
        }
    }

    /// The phones that belong to a user, in order of their ids.
    pub fn devices_of_owner(&self, owner: &UserId) -> impl Iterator<Item = &Arc<Device>> {
        let from = self.owned.range((owner.clone(), DeviceId::first())..);
        let theirs = from.take_while(move |(user, _)| user == owner);
        theirs.filter_map(|(_, device)| self.devices.get(device))
    }

    /// What a phone should show, as the log index of the last change of anything that it shows: of the phone's own
    /// record, of who is logged in, of that user's record, of the site. Only rises while the phone exists, and the
    /// document with this stamp shows the state at this index. 0 for a phone that nobody knows.
    #[must_use]
    pub fn wanted_stamp(&self, device: &DeviceId) -> u64 {
        let Some(device) = self.devices.get(device) else {
            return 0;
        };
        let site = self.sites.get(&device.site).map_or(0, |site| site.changed);
        let session = self.sessions.get(&device.id);
        let epoch = session.map_or(0, |session| session.epoch.index());
        let user = session.and_then(|session| self.users.get(&session.user));
        let user = user.map_or(0, |user| user.changed);
        device.changed.max(site).max(epoch).max(user)
    }

    /// Unknown phones that wait for approval, in order of their addresses.
    pub fn waiting(&self) -> impl Iterator<Item = &Arc<WaitingPhone>> {
        self.waiting.values()
    }

    /// One of them.
    #[must_use]
    pub fn waiting_phone(&self, mac: &MacAddress) -> Option<&Arc<WaitingPhone>> {
        self.waiting.get(mac)
    }

    /// Enrolment tokens, in order of their hashes; some may have run out.
    pub fn enrolment_tokens(&self) -> impl Iterator<Item = &Arc<EnrolmentToken>> {
        self.enrolment_tokens.values()
    }

    /// One of them.
    #[must_use]
    pub fn enrolment_token(&self, hash: &TokenHash) -> Option<&Arc<EnrolmentToken>> {
        self.enrolment_tokens.get(hash)
    }

    /// An edge by its id.
    #[must_use]
    pub fn edge(&self, id: &EdgeId) -> Option<&Arc<Edge>> {
        self.edges.get(id)
    }

    /// The session at a device.
    #[must_use]
    pub fn session_at(&self, device: &DeviceId) -> Option<&Arc<Session>> {
        self.sessions.get(device)
    }

    /// The sessions of a user, the oldest first.
    pub fn sessions_of(&self, user: &UserId) -> impl Iterator<Item = &Arc<Session>> {
        let devices = self.by_user.get(user).map_or(&[][..], Devices::as_slice);
        devices.iter().filter_map(|device| self.sessions.get(device))
    }

    /// The policy that applies to a user: the group's, and the cluster's where that is silent.
    #[must_use]
    pub fn policy_of(&self, user: &User) -> Policy {
        match user.group.as_ref().and_then(|group| self.groups.get(group)) {
            Some(group) => group.policy.over(&self.defaults),
            None => self.defaults,
        }
    }

    /// Which calls a user may make: by the user's own rights, the group's, or the usual ones.
    #[must_use]
    pub fn rights_of(&self, user: &User) -> CallRights {
        let group = || self.groups.get(user.group.as_ref()?)?.rights;
        user.rights.or_else(group).unwrap_or_default()
    }

    /// All sites in order of their ids.
    pub fn sites(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.sites.values()
    }

    /// All groups in order of their ids.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values()
    }

    /// All users in order of their ids.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// The users from `after` (exclusive) on, in order of their ids: for paging.
    pub fn users_after(&self, after: Option<&UserId>) -> impl Iterator<Item = &Arc<User>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, |id| Excluded(id.clone()));
        self.users.range((from, Unbounded)).map(|(_, user)| user)
    }

    /// The devices from `after` (exclusive) on, in order of their ids: for paging.
    pub fn devices_after(&self, after: Option<&DeviceId>) -> impl Iterator<Item = &Arc<Device>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, |id| Excluded(id.clone()));
        self.devices.range((from, Unbounded)).map(|(_, device)| device)
    }

    /// The sessions at devices from `after` (exclusive) on, in order of device ids: for paging.
    pub fn sessions_after(&self, after: Option<&DeviceId>) -> impl Iterator<Item = &Arc<Session>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, |id| Excluded(id.clone()));
        self.sessions.range((from, Unbounded)).map(|(_, session)| session)
    }

    /// All devices in order of their ids.
    pub fn devices(&self) -> impl Iterator<Item = &Arc<Device>> {
        self.devices.values()
    }

    /// All edges in order of their ids.
    pub fn edges(&self) -> impl Iterator<Item = &Arc<Edge>> {
        self.edges.values()
    }

    /// All sessions in order of their devices' ids.
    pub fn sessions(&self) -> impl Iterator<Item = &Arc<Session>> {
        self.sessions.values()
    }

    /// How many users, devices and sessions there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            sites: self.sites.len(),
            users: self.users.len(),
            devices: self.devices.len(),
            sessions: self.sessions.len(),
        }
    }

    /// When the next session ends by itself.
    #[must_use]
    pub fn next_deadline(&self) -> Option<TimeMs> {
        self.deadlines.get_min().map(|(at, _)| *at)
    }

    /// The answer that was given to a request, while it is remembered.
    #[must_use]
    pub fn answered(&self, request: RequestId) -> Option<&Arc<Answered>> {
        self.answered.get(&request)
    }

    /// The audit trail: logins, logouts, evictions, lockouts, forced ends; the oldest first.
    pub fn audit(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.audit.iter()
    }

    /// Answered requests, the oldest first, as a snapshot keeps them.
    pub fn answered_in_order(&self) -> impl Iterator<Item = (RequestId, &Arc<Answered>)> {
        self.answered_order
            .iter()
            .filter_map(|id| Some((*id, self.answered.get(id)?)))
    }

    /// Staged imports, as a snapshot keeps them.
    pub fn imports(&self) -> impl Iterator<Item = (RequestId, &Arc<StagedImport>)> {
        self.imports.iter().map(|(id, import)| (*id, import))
    }
}

/// How large the state is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sites.
    pub sites: usize,
    /// Users.
    pub users: usize,
    /// Devices.
    pub devices: usize,
    /// Sessions.
    pub sessions: usize,
}
