//! A small company for the tests of the actions: two offices, two phones each, two users.
//!
//! Every entry is followed by the full check of the invariants.

use std::str::FromStr;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::command::{
    Action, Activity, Actor, Batch, Command, IMPORT_ROWS_PER_STAGE, ImportRow, LogoutTarget, RequestId,
    Served,
};
use crate::directory::{Device, Edge, Group, LoginFailures, Site, User};
use crate::event::EventKind;
use crate::id::UserName;
use crate::outcome::Outcome;
use crate::policy::{MultipleLogins, PolicyOverrides};
use crate::session::{Epoch, Session};
use crate::state::State;
use crate::time::TimeMs;

use super::Applied;

pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now: TimeMs,
}

impl World {
    /// chicago (chi-1, chi-2), new-york (ny-1, ny-2); ada (2041, ada@example.com), bob (2042).
    pub(crate) fn office() -> Self {
        let mut world = Self {
            state: State::new(),
            now: TimeMs(1_700_000_000_000),
        };
        let mut actions = vec![
            Action::PutSite(site("chicago")),
            Action::PutSite(site("new-york")),
        ];
        for (id, site) in [
            ("chi-1", "chicago"),
            ("chi-2", "chicago"),
            ("ny-1", "new-york"),
            ("ny-2", "new-york"),
        ] {
            actions.push(Action::PutDevice(device(id, site)));
        }
        let email = Some(named("ada@example.com"));
        actions.push(Action::PutUser(User {
            extension: Some(named("2041")),
            email,
            ..user("ada")
        }));
        actions.push(Action::PutUser(User {
            extension: Some(named("2042")),
            ..user("bob")
        }));
        for action in actions {
            world.run(action).unwrap();
        }
        world
    }

    pub(crate) fn later(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
    }

    pub(crate) fn command(&self, request: Option<u128>, action: Action) -> Command {
        Command {
            request_id: request.map(RequestId),
            actor: Actor(SmolStr::new_inline("test")),
            action,
        }
    }

    pub(crate) fn entry(&mut self, commands: Vec<Command>) -> Applied {
        let index = self.state.index() + 1;
        let applied = self.state.apply(
            index,
            &Batch {
                at: self.now,
                commands,
            },
        );
        if self.state.users.len() < 50 {
            self.state.check().unwrap();
        }
        applied
    }

    /// One action in an entry of its own, with a request id.
    pub(crate) fn request(&mut self, id: u128, action: Action) -> (Arc<Outcome>, Vec<EventKind>) {
        let command = self.command(Some(id), action);
        self.one(command)
    }

    /// One action in an entry of its own.
    pub(crate) fn act(&mut self, action: Action) -> (Outcome, Vec<EventKind>) {
        let command = self.command(None, action);
        let (outcome, events) = self.one(command);
        (Outcome::clone(&outcome), events)
    }

    /// One action of which only the outcome matters.
    pub(crate) fn run(&mut self, action: Action) -> Outcome {
        self.act(action).0
    }

    fn one(&mut self, command: Command) -> (Arc<Outcome>, Vec<EventKind>) {
        let applied = self.entry(vec![command]);
        let kinds = applied.events.into_iter().map(|event| event.kind).collect();
        (Arc::clone(&applied.outcomes[0]), kinds)
    }

    pub(crate) fn session(&self, device: &str) -> Arc<Session> {
        let session = self.state.session_at(&named(device));
        Arc::clone(session.unwrap_or_else(|| panic!("no session at {device}")))
    }

    pub(crate) fn user(&self, id: &str) -> Arc<User> {
        Arc::clone(
            self.state
                .user(&named(id))
                .unwrap_or_else(|| panic!("no user {id}")),
        )
    }

    pub(crate) fn device(&self, id: &str) -> Arc<Device> {
        Arc::clone(
            self.state
                .device(&named(id))
                .unwrap_or_else(|| panic!("no device {id}")),
        )
    }

    /// The id of the user with this name.
    pub(crate) fn found(&self, name: &str) -> Option<String> {
        let name: UserName = named(name);
        self.state.find_user(&name).map(|user| user.id.to_string())
    }

    /// Where a user is logged in, the oldest session first.
    pub(crate) fn devices_of(&self, user: &str) -> Vec<String> {
        self.state
            .sessions_of(&named(user))
            .map(|session| session.device.to_string())
            .collect()
    }

    /// Puts a user into a group of their own (`of-ada`) with this policy.
    pub(crate) fn group_with(&mut self, user: &str, policy: PolicyOverrides) {
        let group = format!("of-{user}");
        self.run(put_group(&group, policy)).unwrap();
        let record = User {
            group: Some(named(&group)),
            ..User::clone(&self.user(user))
        };
        self.run(Action::PutUser(record)).unwrap();
    }

    pub(crate) fn allow(&mut self, user: &str, rule: MultipleLogins) {
        self.group_with(
            user,
            PolicyOverrides {
                multiple_logins: Some(rule),
                ..PolicyOverrides::default()
            },
        );
    }
}

/// Parses any kind of id.
pub(crate) fn named<I: FromStr<Err: std::fmt::Debug>>(text: &str) -> I {
    text.parse().unwrap()
}

pub(crate) fn site(id: &str) -> Site {
    Site {
        id: named(id),
        name: id.into(),
        time_zone: "America/Chicago".into(),
        emergency_location: "1 Main St".into(),
        ..Site::new(named(id))
    }
}

pub(crate) fn group(id: &str) -> Group {
    Group {
        id: named(id),
        policy: PolicyOverrides::default(),
        rights: None,
    }
}

pub(crate) fn user(id: &str) -> User {
    User {
        id: named(id),
        display_name: id.into(),
        extension: None,
        aliases: vec![],
        email: None,
        numbers: vec![],
        group: None,
        enabled: true,
        calls: None,
        rights: None,
        credential: None,
        failures: LoginFailures::default(),
        ..User::new(named(id))
    }
}

pub(crate) fn device(id: &str, site: &str) -> Device {
    Device {
        id: named(id),
        site: named(site),
        desk: "1".into(),
        model: "yealink-t54w".into(),
        enabled: true,
        allowed_groups: vec![],
        secret: None,
        serving: None,
        hold: None,
        ..Device::new(named(id), named(site))
    }
}

pub(crate) fn edge(id: &str, site: &str) -> Edge {
    Edge {
        id: named(id),
        site: named(site),
        uri: "sip:192.0.2.7:5060".into(),
    }
}

/// The edge serves the phone now.
pub(crate) fn served(device: &str, edge: &str) -> Action {
    report(device, edge, false)
}

/// The phone has gone from the edge.
pub(crate) fn gone(device: &str, edge: &str) -> Action {
    report(device, edge, true)
}

fn report(device: &str, edge: &str, gone: bool) -> Action {
    Action::ReportServing {
        items: vec![Served {
            device: named(device),
            edge: named(edge),
            gone,
        }],
    }
}

pub(crate) fn login(user: &str, device: &str) -> Action {
    Action::Login {
        user: named(user),
        device: named(device),
        credential_version: None,
    }
}

pub(crate) fn login_with(user: &str, device: &str, version: u64) -> Action {
    Action::Login {
        user: named(user),
        device: named(device),
        credential_version: Some(version),
    }
}

pub(crate) fn logout(device: &str) -> Action {
    Action::Logout {
        target: LogoutTarget::Device(named(device)),
        epoch: None,
    }
}

pub(crate) fn touch(device: &str, epoch: Epoch, at: TimeMs) -> Action {
    Action::Touch {
        items: vec![Activity {
            device: named(device),
            epoch,
            at,
        }],
    }
}

pub(crate) fn failed(user: &str) -> Action {
    Action::ReportFailedLogin {
        user: named(user),
        device: named("chi-1"),
    }
}

pub(crate) fn set_pin(user: &str) -> Action {
    Action::SetCredential {
        user: named(user),
        verifier: Some(Arc::from("$argon2id$x")),
    }
}

pub(crate) fn put_group(id: &str, policy: PolicyOverrides) -> Action {
    Action::PutGroup(Group { policy, ..group(id) })
}

/// A row that sets no PIN.
pub(crate) fn person(user: User) -> ImportRow {
    ImportRow::User { user, verifier: None }
}

pub(crate) const IMPORT: RequestId = RequestId(77);

/// Stages the rows, in parts, and commits them; the answer and events of the commit.
pub(crate) fn import(world: &mut World, rows: &[ImportRow]) -> (Outcome, Vec<EventKind>) {
    for (number, rows_of_part) in rows.chunks(IMPORT_ROWS_PER_STAGE).enumerate() {
        let first_row = (number * IMPORT_ROWS_PER_STAGE) as u64;
        let rows = rows_of_part.to_vec();
        world
            .run(Action::ImportStage {
                import: IMPORT,
                first_row,
                rows,
            })
            .unwrap();
    }
    let rows = rows.len() as u64;
    world.act(Action::ImportCommit {
        import: IMPORT,
        rows,
        dry_run: false,
    })
}
