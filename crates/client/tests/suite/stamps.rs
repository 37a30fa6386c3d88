//! The table keeps what phones should show in step with the state: it is fed by events alone, and now and then by a
//! snapshot.

use std::sync::Arc;

use hotdesk_client::{Bindings, v1};
use hotdesk_core::command::{ForceTarget, LogoutTarget};
use hotdesk_core::{
    Action, Actor, Batch, CallSettings, Command, Device, MacAddress, Profile, RequestId, SealedSecret,
    ShownBy, ShownReport, Site, State, TimeMs, User,
};

/// A state, and a table that follows it.
struct World {
    state: State,
    table: Bindings,
    now: u64,
}

impl World {
    /// Two sites, four phones of which two belong to somebody, three users.
    fn new() -> Self {
        let mut world = Self {
            state: State::new(),
            table: Bindings::new(),
            now: 1_700_000_000_000,
        };
        let mut actions: Vec<Action> = SITES.map(|id| Action::PutSite(Site::new(named(id)))).into();
        actions.extend(USERS.map(|id| Action::PutUser(User::new(named(id)))));
        actions.extend((0..PHONES.len()).map(|at| Action::PutDevice(phone(at, "", at))));
        world.entry(actions);
        world
    }

    fn entry(&mut self, actions: Vec<Action>) {
        let commands = actions.into_iter().map(|action| Command {
            request_id: None,
            actor: Actor("test".into()),
            action,
        });
        let batch = Batch {
            at: TimeMs(self.now),
            commands: commands.collect(),
        };
        let applied = self.state.apply(self.state.index() + 1, &batch);
        let events: Vec<v1::Event> = applied.events.iter().map(v1::Event::from).collect();
        self.table.apply(&events);
    }

    fn snapshot(&self) {
        let part = v1::SnapshotPart {
            sites: self.state.sites().map(|it| (&**it).into()).collect(),
            users: self.state.users().map(|it| (&**it).into()).collect(),
            devices: self.state.devices().map(|it| (&**it).into()).collect(),
            sessions: self.state.sessions().map(|it| (&**it).into()).collect(),
            ..v1::SnapshotPart::default()
        };
        self.table.replace([part]);
    }

    #[track_caller]
    fn compare(&self, seed: u64) {
        assert_eq!(self.table.counts().1, self.state.counts().devices, "seed {seed}");
        for device in self.state.devices() {
            let id = device.id.as_str();
            let seen = self.table.by_device(id).expect("the table has the phone");
            assert_eq!(
                self.table.wanted_stamp(id),
                Some(self.state.wanted_stamp(&device.id)),
                "seed {seed}: {id} at {}",
                self.state.index()
            );
            let shown = device.shown.map(|shown| shown.stamp);
            assert_eq!(
                (seen.changed(), seen.shown()),
                (device.changed, shown),
                "seed {seed}: {id}"
            );
            assert_eq!(
                (seen.trouble(), seen.label()),
                (device.trouble.as_deref(), &*device.label)
            );
            assert_eq!((seen.mac(), seen.secret_seed()), (device.mac, device.secret_seed));
            let former = device.former_seeds.iter();
            let known = former.clone().find(|former| former.replaced > shown.unwrap_or(0));
            let in_use = known.map(|former| former.seed).or(device.secret_seed);
            assert_eq!(seen.seed_in_use(), in_use, "seed {seed}: {id}");
            let owner = device.owner.as_ref().map(|owner| owner.as_str());
            let session = self.state.session_at(&device.id);
            let user = session.map(|session| session.user.as_str());
            assert_eq!((seen.owner(), seen.binding().map(|it| &*it.user)), (owner, user));
        }
        for user in self.state.users() {
            let seen = self
                .table
                .by_user(user.id.as_str())
                .expect("the table has the user");
            assert_eq!(seen.profile(), user.profile.as_ref(), "seed {seed}: {}", user.id);
            assert_eq!(
                (seen.changed(), seen.is_disabled()),
                (user.changed, !user.enabled)
            );
        }
        assert_eq!(self.table.wanted_stamp("nowhere"), None);
    }
}

const SITES: [&str; 2] = ["chicago", "new-york"];
const USERS: [&str; 3] = ["ada", "bob", "eve"];
const PHONES: [&str; 4] = ["lobby", "020000000001", "hall", "020000000002"];
const ENTRIES: usize = 300;

fn named<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a good name")
}

/// The first two users have a phone of their own.
fn phone(at: usize, label: &str, site: usize) -> Device {
    Device {
        label: label.into(),
        owner: (at < 2).then(|| named(USERS[at])),
        mac: PHONES[at]
            .parse()
            .ok()
            .or_else(|| Some(MacAddress::new([2, 9, 9, 9, 9, 0])))
            .filter(|_| at != 2),
        ..Device::new(named(PHONES[at]), named(SITES[site % 2]))
    }
}

fn action(random: &mut fastrand::Rng, world: &World) -> Action {
    let user = USERS[random.usize(..USERS.len())];
    let at = random.usize(..PHONES.len());
    let device = || named(PHONES[at]);
    let label = ["", "Lobby", "Hall"][random.usize(..3)];
    match random.u8(..21) {
        0..6 => Action::Login {
            user: named(user),
            device: device(),
            credential_version: None,
        },
        6 | 7 => Action::Logout {
            target: LogoutTarget::Device(device()),
            epoch: None,
        },
        8 => Action::ForceLogout {
            target: ForceTarget::Device(device()),
            note: "test".into(),
        },
        9 => Action::Expire,
        10 => Action::PutUser(User {
            display_name: label.into(),
            enabled: random.u8(..4) > 0,
            ..User::new(named(user))
        }),
        11 => Action::PutSite(Site {
            name: label.into(),
            ..Site::new(named(SITES[at % 2]))
        }),
        12 => Action::PutDevice(phone(at, label, random.usize(..2))),
        13 => Action::PutProfile {
            user: named(user),
            profile: Some(Profile {
                line_label: label.into(),
                ..Profile::default()
            }),
            calls: random.bool().then(CallSettings::default),
        },
        14 => Action::SetDeviceSecret {
            device: device(),
            sealed: Some(SealedSecret(Arc::from(&b"sealed"[..]))),
            seed: Some(RequestId(random.u128(..3)).0),
            keeps_former: random.bool(),
        },
        15 => Action::LockUser {
            user: named(user),
            until: TimeMs(world.now + random.u64(1..90_000)),
            note: "test".into(),
        },
        16 if random.bool() => Action::EndVisits(named(user)),
        16 => Action::Unlock(named(user)),
        18 => Action::ReloadDevices {
            devices: vec![device()],
        },
        17 if random.u8(..4) == 0 => Action::DeleteDevice(device()),
        17 if random.u8(..4) == 0 => Action::DeleteUser(named(user)),
        _ => Action::ReportShown {
            items: vec![ShownReport {
                device: device(),
                stamp: world
                    .state
                    .wanted_stamp(&device())
                    .saturating_sub(random.u64(..2)),
                how: ShownBy::Document,
                trouble: (random.u8(..4) == 0).then(|| "no answer".into()),
            }],
        },
    }
}

#[test]
fn a_table_that_replays_events_has_the_stamps_of_the_state() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut world = World::new();
        for _ in 0..ENTRIES {
            world.now += random.u64(..200_000);
            let actions = (0..random.usize(1..4))
                .map(|_| action(&mut random, &world))
                .collect();
            world.entry(actions);
            if random.u8(..50) == 0 {
                world.snapshot();
            }
            world.compare(seed);
        }
    }
}

#[test]
fn the_end_of_a_session_changes_the_phone_without_another_event() {
    let mut world = World::new();
    let at = |world: &World| (world.table.wanted_stamp("hall"), world.state.index());
    let login = Action::Login {
        user: named("eve"),
        device: named("hall"),
        credential_version: None,
    };
    world.entry(vec![login]);
    let (stamp, index) = at(&world);
    assert_eq!(stamp, Some(index));
    let target = LogoutTarget::Device(named("hall"));
    world.entry(vec![Action::Logout { target, epoch: None }]);
    let (stamp, index) = at(&world);
    assert_eq!(stamp, Some(index));
    assert_eq!(world.table.by_device("hall").expect("a phone").changed(), index);
}
