//! A copy of the state that knows nothing but events, as an edge or a replica keeps one.

use std::collections::BTreeMap;
use std::sync::Arc;

use hotdesk_core::{
    Device, DeviceId, Edge, EdgeId, Event, EventKind, Group, GroupId, LoginFailures, Policy, Session, Site,
    SiteId, State, User, UserId,
};

#[derive(Default)]
pub(crate) struct Mirror {
    defaults: Policy,
    sites: BTreeMap<SiteId, Arc<Site>>,
    groups: BTreeMap<GroupId, Arc<Group>>,
    users: BTreeMap<UserId, Arc<User>>,
    devices: BTreeMap<DeviceId, Arc<Device>>,
    edges: BTreeMap<EdgeId, Arc<Edge>>,
    sessions: BTreeMap<DeviceId, Arc<Session>>,
}

impl Mirror {
    /// Replays events one by one. After each, a session's user and phone must be known: readers of the stream
    /// may look at any moment.
    pub(crate) fn replay(&mut self, events: &[Event]) {
        for event in events {
            self.replay_one(&event.kind);
            for session in self.sessions.values() {
                assert!(self.users.contains_key(&session.user), "after {event:?}");
                assert_eq!(
                    self.devices[&session.device].site, session.site,
                    "after {event:?}"
                );
            }
        }
    }

    fn replay_one(&mut self, event: &EventKind) {
        match event {
            EventKind::SessionStarted(session) => {
                let before = self.sessions.insert(session.device.clone(), Arc::clone(session));
                assert_eq!(before, None, "a session began at a busy phone");
            }
            EventKind::SessionEnded { session, .. } => {
                let ended = self
                    .sessions
                    .remove(&session.device)
                    .expect("a session that ends has begun");
                assert_eq!((&ended.user, ended.epoch), (&session.user, session.epoch));
            }
            EventKind::SitePut(site) => drop(self.sites.insert(site.id.clone(), Arc::clone(site))),
            EventKind::SiteDeleted(id) => drop(self.sites.remove(id).expect("a deleted site was there")),
            EventKind::GroupPut(group) => drop(self.groups.insert(group.id.clone(), Arc::clone(group))),
            EventKind::GroupDeleted(id) => drop(self.groups.remove(id).expect("a deleted group was there")),
            EventKind::UserPut(user) => drop(self.users.insert(user.id.clone(), Arc::clone(user))),
            EventKind::UserDeleted(id) => drop(self.users.remove(id).expect("a deleted user was there")),
            EventKind::DevicePut(device) => drop(self.devices.insert(device.id.clone(), Arc::clone(device))),
            EventKind::DeviceDeleted(id) => {
                drop(self.devices.remove(id).expect("a deleted device was there"));
            }
            EventKind::EdgePut(edge) => drop(self.edges.insert(edge.id.clone(), Arc::clone(edge))),
            EventKind::EdgeDeleted(id) => {
                drop(self.edges.remove(id).expect("a deleted edge was there"));
                for device in self.devices.values_mut() {
                    if device.serving.as_ref() == Some(id) {
                        Arc::make_mut(device).serving = None;
                    }
                }
            }
            EventKind::DeviceServed { device, edge } => {
                let device = Arc::make_mut(self.devices.get_mut(device).expect("a known device"));
                assert_ne!(device.serving, *edge, "nothing changed");
                device.serving.clone_from(edge);
            }
            EventKind::DeviceHeld { device, hold } => {
                let device = Arc::make_mut(self.devices.get_mut(device).expect("a known device"));
                assert_ne!(device.hold, *hold, "nothing changed");
                device.hold.clone_from(hold);
            }
            EventKind::DefaultsPut(policy) => self.defaults = *policy,
            EventKind::CredentialChanged { user, version } => {
                let known = self.users[user].credential.as_ref();
                assert!(known.is_none_or(|credential| credential.version == *version));
            }
            EventKind::UserLocked { .. } | EventKind::UserUnlocked(_) | EventKind::Forced { .. } => {}
        }
    }

    /// Everything but activity and wrong PINs, which make no events.
    pub(crate) fn compare(&self, state: &State) {
        assert_eq!(self.defaults, *state.defaults());
        assert!(self.sites.values().eq(state.sites()), "sites differ");
        assert!(self.groups.values().eq(state.groups()), "groups differ");
        assert!(self.devices.values().eq(state.devices()), "devices differ");
        assert!(self.edges.values().eq(state.edges()), "edges differ");
        let told = |user: &Arc<User>| User {
            failures: LoginFailures::default(),
            ..User::clone(user)
        };
        assert!(
            self.users.values().map(told).eq(state.users().map(told)),
            "users differ"
        );
        let who = |session: &Arc<Session>| {
            (
                session.device.clone(),
                session.user.clone(),
                session.epoch,
                session.since,
                session.site.clone(),
            )
        };
        assert!(
            self.sessions.values().map(who).eq(state.sessions().map(who)),
            "sessions differ"
        );
    }
}
