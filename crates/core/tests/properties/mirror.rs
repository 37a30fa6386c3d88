//! A copy of the state that knows nothing but events, as an edge or a replica keeps one.

use std::collections::BTreeMap;
use std::sync::Arc;

use hotdesk_core::{
    Device, DeviceId, Edge, EdgeId, EndReason, EnrolmentToken, Event, EventKind, Group, GroupId,
    LoginFailures, MacAddress, Policy, Session, Site, SiteId, State, TokenHash, User, UserId, WaitingPhone,
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
    waiting: BTreeMap<MacAddress, Arc<WaitingPhone>>,
    tokens: BTreeMap<TokenHash, Arc<EnrolmentToken>>,
}

impl Mirror {
    /// Replays events one by one. After each, a session's user and phone must be known: readers of the stream
    /// may look at any moment.
    pub(crate) fn replay(&mut self, events: &[Event]) {
        for event in events {
            self.replay_one(event.index, &event.kind);
            for session in self.sessions.values() {
                assert!(self.users.contains_key(&session.user), "after {event:?}");
                assert_eq!(
                    self.devices[&session.device].site, session.site,
                    "after {event:?}"
                );
            }
        }
    }

    fn replay_one(&mut self, index: u64, event: &EventKind) {
        match event {
            EventKind::SessionStarted(session) => {
                let before = self.sessions.insert(session.device.clone(), Arc::clone(session));
                assert_eq!(before, None, "a session began at a busy phone");
                self.device(&session.device).stays_neutral = false;
            }
            EventKind::SessionEnded { session, reason } => {
                let ended = self
                    .sessions
                    .remove(&session.device)
                    .expect("a session that ends has begun");
                assert_eq!((&ended.user, ended.epoch), (&session.user, session.epoch));
                let device = self.device(&session.device);
                device.changed = index;
                let left = matches!(reason, EndReason::LoggedOut | EndReason::Forced { .. });
                device.stays_neutral |= left && device.owner.as_ref() == Some(&session.user);
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
            EventKind::DeviceShown {
                device,
                shown,
                trouble,
            } => {
                let device = Arc::make_mut(self.devices.get_mut(device).expect("a known device"));
                assert_ne!(
                    (device.shown, &device.trouble),
                    (*shown, trouble),
                    "nothing changed"
                );
                device.shown = *shown;
                device.trouble.clone_from(trouble);
            }
            EventKind::WaitingPut(phone) => {
                drop(self.waiting.insert(phone.phone.mac, Arc::clone(phone)));
            }
            EventKind::WaitingGone(mac) => drop(self.waiting.remove(mac).expect("a phone that waited")),
            EventKind::EnrolmentTokenPut(token) => drop(self.tokens.insert(token.hash, Arc::clone(token))),
            EventKind::EnrolmentTokenGone(hash) => {
                drop(self.tokens.remove(hash).expect("a token that was there"));
            }
            EventKind::UserLocked { .. } | EventKind::UserUnlocked(_) | EventKind::Forced { .. } => {}
        }
    }

    fn device(&mut self, id: &DeviceId) -> &mut Device {
        Arc::make_mut(self.devices.get_mut(id).expect("a known device"))
    }

    /// What a phone should show, from what was told.
    fn wanted_stamp(&self, device: &Device) -> u64 {
        let session = self.sessions.get(&device.id);
        let of_session = session.map(|session| session.epoch.index().max(self.users[&session.user].changed));
        let of_site = self.sites[&device.site].changed;
        device.changed.max(of_site).max(of_session.unwrap_or(0))
    }

    /// Everything but activity, wrong PINs and the ends of visits, which make no events.
    pub(crate) fn compare(&self, state: &State) {
        assert_eq!(self.defaults, *state.defaults());
        assert!(self.sites.values().eq(state.sites()), "sites differ");
        assert!(self.groups.values().eq(state.groups()), "groups differ");
        assert!(self.devices.values().eq(state.devices()), "devices differ");
        assert!(self.edges.values().eq(state.edges()), "edges differ");
        assert!(
            self.waiting.values().eq(state.waiting()),
            "phones that wait differ"
        );
        assert!(self.tokens.values().eq(state.enrolment_tokens()), "tokens differ");
        for device in self.devices.values() {
            assert_eq!(
                self.wanted_stamp(device),
                state.wanted_stamp(&device.id),
                "stamp of {}",
                device.id
            );
        }
        let told = |user: &Arc<User>| User {
            failures: LoginFailures::default(),
            visits_ended: 0,
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
