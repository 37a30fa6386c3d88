//! What holds for every sequence of entries, over a small universe in which everything collides.
//!
//! `universe.rs` makes the entries, `mirror.rs` is the independent model that only sees events.

mod mirror;
mod universe;

use std::sync::Arc;

use hotdesk_core::{
    Action, Actor, Applied, Batch, Command, Device, Done, EndReason, EventKind, Outcome, Parts, RequestId,
    State,
};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use mirror::Mirror;
use universe::{Ask, Entry, Kind};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// A node that applies entries: the state, and what has been sent to it, for retries.
#[derive(Clone, Default)]
struct Node {
    state: State,
    now: u64,
    sent: Vec<Command>,
}

impl Node {
    /// A node with a directory, so that most logins have a user and a phone.
    fn furnished() -> Self {
        let mut node = Self {
            now: 1_700_000_000_000,
            ..Self::default()
        };
        let commands = universe::furniture().into_iter().map(system).collect();
        node.apply(1, commands);
        node
    }

    fn apply(&mut self, gap: u64, commands: Vec<Command>) -> (Batch, Applied) {
        let batch = Batch {
            at: hotdesk_core::TimeMs(self.now),
            commands,
        };
        let applied = self.state.apply(self.state.index() + gap, &batch);
        (batch, applied)
    }

    /// The entry as it goes into the log, given what the callers see now.
    fn batch_of(&mut self, entry: &Entry) -> Vec<Command> {
        self.now = self.now.saturating_add_signed(entry.jump_ms);
        entry.asks.iter().map(|ask| self.command_of(ask)).collect()
    }

    fn command_of(&mut self, ask: &Ask) -> Command {
        if let Kind::Retry(back) = ask.kind
            && !self.sent.is_empty()
        {
            return self.sent[self.sent.len() - 1 - back % self.sent.len()].clone();
        }
        let action = universe::resolve(&ask.kind, &self.state, self.now);
        let request_id = ask.request.map(RequestId);
        let command = Command {
            request_id,
            actor: Actor("test".into()),
            action,
        };
        if command.request_id.is_some() {
            self.sent.push(command.clone());
        }
        command
    }

    fn step(&mut self, entry: &Entry) -> (Batch, Applied) {
        let commands = self.batch_of(entry);
        self.apply(entry.index_gap, commands)
    }
}

fn system(action: Action) -> Command {
    Command {
        request_id: None,
        actor: Actor::system(),
        action,
    }
}

/// What must hold of one entry, seen from outside.
fn check_entry(before: &State, batch: &Batch, applied: &Applied, after: &State) {
    after.check().unwrap();
    assert_eq!(applied.outcomes.len(), batch.commands.len());
    assert!(after.clock() >= before.clock() && after.clock() >= batch.at);

    let mut newest = before
        .sessions()
        .map(|session| session.epoch)
        .max()
        .unwrap_or_default();
    let mut started = Vec::new();
    for event in &applied.events {
        assert_eq!((event.index, event.at), (after.index(), after.clock()));
        if let EventKind::SessionStarted(session) = &event.kind {
            assert!(
                session.epoch > newest,
                "{} is not newer than {newest}",
                session.epoch
            );
            newest = session.epoch;
            started.push(Arc::clone(session));
        }
    }
    for device in before.devices() {
        let same = after.device(&device.id).is_some();
        let recreated = applied
            .events
            .iter()
            .any(|event| matches!(&event.kind, EventKind::DeviceDeleted(id) if *id == device.id));
        if same && !recreated {
            let (was, is) = (before.wanted_stamp(&device.id), after.wanted_stamp(&device.id));
            assert!(is >= was, "the stamp of {} fell from {was} to {is}", device.id);
        }
    }
    for event in &applied.events {
        if let EventKind::SessionEnded { session, reason } = &event.kind {
            check_end(session, reason, &started);
        }
    }
    for (command, outcome) in batch.commands.iter().zip(&applied.outcomes) {
        let known = command.request_id.and_then(|id| Some((id, before.answered(id)?)));
        if let Some((id, answered)) = known
            && after.answered(id).is_some_and(|now| now.index == answered.index)
        {
            let reused = **outcome == Err(hotdesk_core::Refusal::RequestIdReused);
            assert!(
                reused || **outcome == *answered.outcome,
                "{id} was answered before"
            );
        }
    }
    if let (Some(command), Some(last)) = (batch.commands.last(), applied.outcomes.last()) {
        check_acknowledged(before, command, last, after);
    }
}

/// Who made another session end has begun one in the same entry.
fn check_end(session: &hotdesk_core::Session, reason: &EndReason, started: &[Arc<hotdesk_core::Session>]) {
    match reason {
        EndReason::LoggedInElsewhere { device, site, epoch } => {
            assert!(started.iter().any(|new| {
                new.user == session.user && new.epoch == *epoch && new.device == *device && new.site == *site
            }));
        }
        EndReason::DeviceTakenOver { user, epoch } => {
            assert!(
                started
                    .iter()
                    .any(|new| new.user == *user && new.epoch == *epoch && new.device == session.device)
            );
        }
        _ => {}
    }
}

/// A login that was just acknowledged is there, with its epoch and a deadline ahead.
fn check_acknowledged(before: &State, command: &Command, outcome: &Outcome, after: &State) {
    let is_retry = command.request_id.is_some_and(|id| before.answered(id).is_some());
    if let (Ok(Done::LoggedIn { session, .. }), false) = (outcome, is_retry) {
        let kept = after.session_at(&session.device);
        // The same command may have been sent twice in this entry, with others between.
        if kept.is_some_and(|kept| kept.epoch == session.epoch) {
            assert!(!session.is_overdue(after.clock()));
        } else {
            assert!(
                command.request_id.is_some(),
                "an acknowledged login is lost: {session:?}"
            );
        }
    }
}

/// What is the same however commands were put into entries: everything but epochs and log positions.
fn without_positions(parts: &Parts) -> impl PartialEq + std::fmt::Debug + use<> {
    let sessions: Vec<_> = parts
        .sessions
        .iter()
        .map(|s| {
            (
                s.user.clone(),
                s.device.clone(),
                s.site.clone(),
                s.since,
                s.last_active,
                s.deadline,
            )
        })
        .collect();
    let users: Vec<_> = parts
        .users
        .iter()
        .map(|user| {
            let verifier = user
                .credential
                .as_ref()
                .map(|credential| Arc::clone(&credential.verifier));
            (
                hotdesk_core::User {
                    credential: None,
                    changed: 0,
                    visits_ended: u64::from(user.visits_ended > 0),
                    ..hotdesk_core::User::clone(user)
                },
                verifier,
            )
        })
        .collect();
    let answered: Vec<_> = parts
        .answered
        .iter()
        .map(|(id, a)| (*id, name(&a.outcome)))
        .collect();
    let sites = parts.sites.iter().map(|site| hotdesk_core::Site {
        changed: 0,
        ..hotdesk_core::Site::clone(site)
    });
    let devices = parts.devices.iter().map(|device| {
        let mut device = Device {
            changed: 0,
            ..Device::clone(device)
        };
        device
            .former_seeds
            .iter_mut()
            .for_each(|former| former.replaced = 0);
        device
    });
    let directory = (
        sites.collect::<Vec<_>>(),
        parts.groups.clone(),
        devices.collect::<Vec<_>>(),
        parts.waiting.clone(),
        parts.enrolment_tokens.clone(),
        parts.edges.clone(),
        parts.defaults,
    );
    (
        parts.clock,
        directory,
        users,
        sessions,
        answered,
        parts.imports.clone(),
    )
}

/// Single commands may end a session that the import as a whole does not: an owner comes home between two of them, a
/// policy is strict for a moment.
fn without_ends(devices: &[Arc<Device>]) -> Vec<Device> {
    let told = devices.iter().map(|device| Device {
        changed: 0,
        stays_neutral: false,
        ..Device::clone(device)
    });
    told.collect()
}

fn name(outcome: &Outcome) -> &'static str {
    outcome
        .as_ref()
        .map_or_else(hotdesk_core::Refusal::name, |_| "done")
}

proptest! {
    #![proptest_config(config())]

    /// Goal: no sequence breaks an invariant, and the events alone tell everything that changed.
    #[test]
    fn every_entry_keeps_the_invariants_and_its_events_tell_what_changed(entries in universe::entries()) {
        let mut node = Node::default();
        let mut mirror = Mirror::default();
        node.now = 1_700_000_000_000;
        let furniture = universe::furniture().into_iter().map(system).collect();
        let (_, applied) = node.apply(1, furniture);
        mirror.replay(&applied.events);
        for entry in &entries {
            let before = node.state.clone();
            let (batch, applied) = node.step(entry);
            check_entry(&before, &batch, &applied, &node.state);
            mirror.replay(&applied.events);
            mirror.compare(&node.state);
        }
    }

    /// Goal: a node that restarts from a snapshot at any points gives the same answers and ends up with the
    /// same state as one that never did.
    #[test]
    fn restarts_from_snapshots_do_not_matter(
        entries in universe::entries(),
        restarts in prop::collection::vec(any::<bool>(), 64),
    ) {
        let mut steady = Node::furnished();
        let mut restarting = steady.clone();
        for (entry, restart) in entries.iter().zip(restarts) {
            if restart {
                restarting.state = State::restore(restarting.state.parts()).unwrap();
            }
            let (_, expected) = steady.step(entry);
            let (_, applied) = restarting.step(entry);
            prop_assert_eq!(&applied.outcomes, &expected.outcomes);
            prop_assert_eq!(&applied.events, &expected.events);
        }
        prop_assert_eq!(restarting.state.parts(), steady.state.parts());
        restarting.state.check().unwrap();
    }

    /// Goal: a clone is a copy. Applying to it gives the same, and leaves the original as it was.
    #[test]
    fn a_clone_gives_the_same_and_leaves_the_original_alone(entries in universe::entries()) {
        let mut node = Node::furnished();
        for entry in &entries {
            let parts = node.state.parts();
            let mut copy = node.clone();
            let (_, from_copy) = copy.step(entry);
            prop_assert_eq!(&node.state.parts(), &parts);
            let (_, applied) = node.step(entry);
            prop_assert_eq!(&from_copy.outcomes, &applied.outcomes);
            prop_assert_eq!(&from_copy.events, &applied.events);
            prop_assert_eq!(copy.state.parts(), node.state.parts());
        }
    }

    /// Goal: which commands share an entry matters to epochs only.
    #[test]
    fn commands_may_be_batched_in_any_way(entries in universe::entries()) {
        let mut batched = Node::furnished();
        let mut single = Node::furnished();
        for entry in &entries {
            let commands: Vec<Command> = batched
                .batch_of(entry)
                .into_iter()
                .map(|command| Command { action: universe::without_positions(command.action), ..command })
                .collect();
            single.now = batched.now;
            let (_, expected) = batched.apply(1, commands.clone());
            let outcomes = commands.into_iter().map(|command| {
                let (_, applied) = single.apply(1, vec![command]);
                name(&applied.outcomes[0])
            });
            let expected: Vec<_> = expected.outcomes.iter().map(|outcome| name(outcome)).collect();
            prop_assert_eq!(outcomes.collect::<Vec<_>>(), expected);
            prop_assert_eq!(without_positions(&single.state.parts()), without_positions(&batched.state.parts()));
        }
    }

    /// Goal: an import writes what the single commands would write, wherever these all succeed.
    #[test]
    fn an_import_writes_what_single_commands_would(entries in universe::entries(), rows in universe::rows()) {
        let mut node = Node::furnished();
        entries.iter().for_each(|entry| drop(node.step(entry)));
        let mut single = node.clone();
        let commands = universe::as_commands(&rows).into_iter().map(system).collect();
        let (_, applied) = single.apply(1, commands);
        let all_succeed = applied.outcomes.iter().all(|outcome| outcome.is_ok());

        let before = node.state.parts();
        let import = RequestId(999);
        let count = rows.len() as u64;
        let stage = system(Action::ImportStage { import, first_row: 0, rows });
        let commit = system(Action::ImportCommit { import, rows: count, dry_run: false });
        let (_, applied) = node.apply(1, vec![stage, commit]);
        node.state.check().unwrap();
        if all_succeed {
            prop_assert!(applied.outcomes.iter().all(|outcome| outcome.is_ok()), "{:?}", applied.outcomes);
            let expected = single.state.parts();
            let got = node.state.parts();
            prop_assert_eq!(got.sites, expected.sites);
            prop_assert_eq!(got.groups, expected.groups);
            prop_assert_eq!(without_ends(&got.devices), without_ends(&expected.devices));
            prop_assert_eq!(got.users, expected.users);
        } else if applied.outcomes[1].is_err() {
            prop_assert_eq!(applied.events.len(), 0);
            let after = node.state.parts();
            prop_assert_eq!((after.users, after.sessions), (before.users, before.sessions));
        }
    }
}
