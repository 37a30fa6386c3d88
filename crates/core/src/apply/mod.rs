//! Applying log entries: one file per action.
//!
//! This file decides *which* rule is asked and does the book-keeping that all actions share: the clock, the
//! answers that are remembered, the events, the audit trail. What an action checks and changes is in its own
//! file; what several actions do to sessions is in `sessions.rs`.
//!
//! A refused command changes nothing but the table of answers (and a refused import commit forgets its rows).

mod answered;
mod check;
mod credential;
mod defaults;
mod device;
mod device_secret;
mod edge;
mod enrolment;
mod expire;
mod failed_login;
mod fingerprint;
mod force_logout;
mod group;
mod hold;
mod home;
mod import;
mod import_check;
mod lock_user;
mod login;
mod logout;
mod profile;
mod reload;
mod serving;
mod sessions;
mod shown;
mod site;
mod touch;
mod unlock;
mod user;
mod visits;
mod waiting;

#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use crate::command::{ACTOR_BYTES_MAX, Action, Actor, Batch, Command};
use crate::event::{Event, EventKind};
use crate::outcome::Outcome;
use crate::refusal::Refusal;
use crate::session::Epoch;
use crate::state::{AUDIT_MAX, State};
use crate::time::TimeMs;

/// What one entry did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// One per command, in order.
    pub outcomes: Vec<Arc<Outcome>>,
    /// What changed, in order.
    pub events: Vec<Event>,
}

impl State {
    /// Applies the entry at `index`. Deterministic: state, index and batch decide everything.
    ///
    /// `index` must be larger than [`State::index`]; gaps are fine (entries of consensus itself). Commands
    /// beyond [`Epoch::COMMANDS_PER_ENTRY`] are refused, because they would share epochs with the next entry.
    ///
    /// # Panics
    /// When `index` is not larger than [`State::index`]: an entry applied twice would log people in twice, and
    /// a node that cannot keep its place in the log must stop. In debug builds also when an invariant is broken.
    #[must_use]
    pub fn apply(&mut self, index: u64, batch: &Batch) -> Applied {
        assert!(
            index > self.index,
            "entry {index} came after entry {}",
            self.index
        );
        self.index = index;
        self.clock = self.clock.max(batch.at);
        answered::forget_old(self);

        let mut applied = Applied {
            outcomes: Vec::with_capacity(batch.commands.len()),
            events: Vec::new(),
        };
        let mut entry = Entry::new(index, batch.commands.len());
        for command in &batch.commands {
            let outcome = self.answer(&mut entry, command, &mut applied.events);
            applied.outcomes.push(outcome);
            entry.answered += 1;
        }
        home::bring_home_late(self, &mut entry, &mut applied.events);

        #[cfg(debug_assertions)]
        self.assert_invariants();
        applied
    }

    /// The remembered answer of a retry, or the command's own, remembered from now on.
    fn answer(&mut self, entry: &mut Entry, command: &Command, events: &mut Vec<Event>) -> Arc<Outcome> {
        if entry.answered >= Epoch::COMMANDS_PER_ENTRY {
            let problem = format!("must hold at most {} commands", Epoch::COMMANDS_PER_ENTRY);
            return Arc::new(Err(Refusal::InvalidRecord {
                field: "batch",
                problem,
            }));
        }
        let Some(request_id) = command.request_id else {
            return Arc::new(self.carry_out(entry, command, events));
        };
        let fingerprint = fingerprint::of(&command.action);
        if let Some(known) = self.answered.get(&request_id) {
            if known.fingerprint == fingerprint {
                return Arc::clone(&known.outcome);
            }
            return Arc::new(Err(Refusal::RequestIdReused));
        }
        let outcome = Arc::new(self.carry_out(entry, command, events));
        answered::remember(self, request_id, fingerprint, &outcome);
        outcome
    }

    /// Decides the command, and logs owners in at the phones that it has left free.
    fn carry_out(&mut self, entry: &mut Entry, command: &Command, events: &mut Vec<Event>) -> Outcome {
        let by = Actor(check::cut(&command.actor.0, ACTOR_BYTES_MAX));
        let mut step = Step::new(self, entry, by, events);
        let outcome = step.decide(&command.action);
        step.bring_home(entry);
        outcome
    }
}

/// How far the entry is, and which of its epochs are taken: each command has one, in order, and so has each session of
/// an owner who comes home after a command.
struct Entry {
    index: u64,
    /// How many commands it has, up to the bound.
    commands: u64,
    /// How many of them are answered.
    answered: u64,
    /// How many epochs were taken beside those of the commands.
    spared: u64,
}

impl Entry {
    fn new(index: u64, commands: usize) -> Self {
        Self {
            index,
            commands: Epoch::COMMANDS_PER_ENTRY.min(commands as u64),
            answered: 0,
            spared: 0,
        }
    }

    /// The position, among the entry's epochs, of the command that is answered next. With [`Self::spare_epoch`]'s
    /// they rise in the order in which sessions begin.
    const fn position(&self) -> u64 {
        self.answered + self.spared
    }

    /// An epoch behind that of the command that is being answered; `None` when what is left is for the commands to
    /// come.
    fn spare_epoch(&mut self) -> Option<Epoch> {
        let is_left = self.commands + self.spared < Epoch::COMMANDS_PER_ENTRY;
        is_left.then(|| {
            // After the last command, its own epoch is behind already.
            let behind = u64::from(self.answered < self.commands);
            let epoch = Epoch::at(self.index, self.position() + behind);
            self.spared += 1;
            epoch
        })
    }
}

/// What an action works with: the state, its place in the log, who asks, and where events go.
struct Step<'a> {
    state: &'a mut State,
    index: u64,
    position: u64,
    by: Actor,
    events: &'a mut Vec<Event>,
    /// What may be free for its owner when the action is done.
    homes: Vec<home::Home>,
}

impl<'a> Step<'a> {
    fn new(state: &'a mut State, entry: &Entry, by: Actor, events: &'a mut Vec<Event>) -> Self {
        Self {
            state,
            index: entry.index,
            position: entry.position(),
            by,
            events,
            homes: Vec::new(),
        }
    }
}

impl Step<'_> {
    fn decide(&mut self, action: &Action) -> Outcome {
        match action {
            Action::Login {
                user,
                device,
                credential_version,
            } => login::apply(self, user, device, *credential_version),
            Action::Logout { target, epoch } => logout::apply(self, target, *epoch),
            Action::ForceLogout { target, note } => force_logout::apply(self, target, note),
            Action::Expire => expire::apply(self),
            Action::Touch { items } => touch::apply(self, items),
            Action::PutSite(site) => site::put(self, site),
            Action::DeleteSite(id) => site::delete(self, id),
            Action::PutGroup(group) => group::put(self, group),
            Action::DeleteGroup(id) => group::delete(self, id),
            Action::PutDefaults(policy) => defaults::put(self, policy),
            Action::PutUser(user) => user::put(self, user),
            Action::DeleteUser(id) => user::delete(self, id),
            Action::PutDevice(device) => device::put(self, device),
            Action::DeleteDevice(id) => device::delete(self, id),
            Action::SetDeviceSecret {
                device,
                sealed,
                seed,
                keeps_former,
            } => device_secret::apply(self, device, sealed.as_ref(), *seed, *keeps_former),
            Action::HoldDevice {
                device,
                until,
                reason,
            } => hold::apply(self, device, *until, reason),
            Action::PutEdge(edge) => edge::put(self, edge),
            Action::DeleteEdge(id) => edge::delete(self, id),
            Action::ReportServing { items } => serving::apply(self, items),
            Action::SetCredential { user, verifier } => credential::apply(self, user, verifier.as_ref()),
            Action::ReportFailedLogin { user, device } => failed_login::apply(self, user, device),
            Action::Unlock(user) => unlock::apply(self, user),
            Action::EndVisits(user) => visits::end(self, user),
            Action::LockUser { user, until, note } => lock_user::apply(self, user, *until, note),
            Action::PutProfile { user, profile, calls } => {
                profile::apply(self, user, profile.as_ref(), calls.as_ref())
            }
            Action::ReportShown { items } => shown::apply(self, items),
            Action::ReportWaiting { items } => waiting::report(self, items),
            Action::DeclineWaiting { mac } => waiting::decline(self, *mac),
            Action::OpenEnrolment { device, until } => enrolment::open(self, device, *until),
            Action::CloseEnrolment { device } => enrolment::close(self, device),
            Action::ReloadDevices { devices } => reload::apply(self, devices),
            Action::PutEnrolmentToken(token) => enrolment::put_token(self, token),
            Action::DeleteEnrolmentToken { hash } => enrolment::delete_token(self, *hash),
            Action::EnrolDevice {
                token_hash,
                mac,
                vendor_model,
            } => enrolment::enrol(self, *token_hash, *mac, vendor_model),
            Action::ImportStage {
                import,
                first_row,
                rows,
            } => import::stage(self, *import, *first_row, rows),
            Action::ImportCommit {
                import,
                rows,
                dry_run,
            } => import::commit(self, *import, *rows, *dry_run),
            Action::ImportAbort { import } => import::abort(self, *import),
        }
    }

    const fn clock(&self) -> TimeMs {
        self.state.clock
    }

    /// What a session that begins with this command carries. Also the version of a credential set by it.
    const fn epoch(&self) -> Epoch {
        Epoch::at(self.index, self.position)
    }

    /// Tells the world, and the audit trail where the event is one of those an auditor asks for.
    fn emit(&mut self, kind: EventKind) {
        let audited = is_audited(&kind);
        let event = Event {
            index: self.index,
            at: self.state.clock,
            by: self.by.clone(),
            kind,
        };
        if audited {
            self.state.audit.push_back(Arc::new(event.clone()));
            while self.state.audit.len() > AUDIT_MAX {
                self.state.audit.pop_front();
            }
        }
        self.events.push(event);
    }
}

/// Logins, logouts, locks, PINs, force, holds and phones in trouble are audited; the directory's records are not, because an import
/// would push everything else out of the trail.
const fn is_audited(kind: &EventKind) -> bool {
    match kind {
        EventKind::SessionStarted(_)
        | EventKind::SessionEnded { .. }
        | EventKind::UserLocked { .. }
        | EventKind::UserUnlocked(_)
        | EventKind::CredentialChanged { .. }
        | EventKind::DeviceHeld { .. }
        | EventKind::DeviceShown { trouble: Some(_), .. }
        | EventKind::Forced { .. } => true,
        EventKind::SitePut(_)
        | EventKind::SiteDeleted(_)
        | EventKind::GroupPut(_)
        | EventKind::GroupDeleted(_)
        | EventKind::UserPut(_)
        | EventKind::UserDeleted(_)
        | EventKind::DevicePut(_)
        | EventKind::DeviceDeleted(_)
        | EventKind::EdgePut(_)
        | EventKind::EdgeDeleted(_)
        | EventKind::DeviceServed { .. }
        | EventKind::DeviceShown { trouble: None, .. }
        | EventKind::WaitingPut(_)
        | EventKind::WaitingGone(_)
        | EventKind::EnrolmentTokenPut(_)
        | EventKind::EnrolmentTokenGone(_)
        | EventKind::DefaultsPut(_) => false,
    }
}

/// What writing a record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// There was none before.
    Created,
    /// There was one with another content.
    Changed,
    /// There was the same; nothing happened.
    Unchanged,
}

impl Written {
    fn outcome(self) -> Outcome {
        Ok(crate::outcome::Done::Put {
            created: self == Self::Created,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{World, login, logout};
    use super::*;
    use crate::outcome::Done;

    #[test]
    fn commands_of_one_entry_are_decided_in_order_each_with_its_own_epoch() {
        let mut world = World::office();
        let commands = [login("ada", "chi-1"), login("bob", "chi-1"), logout("chi-1")];
        let commands = commands.map(|action| world.command(None, action)).into();
        let applied = world.entry(commands);
        let epochs = applied.outcomes.iter().filter_map(|outcome| match &**outcome {
            Ok(Done::LoggedIn { session, .. }) => Some(session.epoch),
            _ => None,
        });
        let index = world.state.index();
        assert_eq!(
            epochs.collect::<Vec<_>>(),
            [Epoch::at(index, 0), Epoch::at(index, 1)]
        );
        let names: Vec<_> = applied.events.iter().map(|event| event.kind.name()).collect();
        let expected = [
            "session_started",
            "session_ended",
            "session_started",
            "session_ended",
        ];
        assert_eq!(names, expected);
        assert!(
            applied
                .events
                .iter()
                .all(|event| event.index == index && event.at == world.now)
        );
    }

    #[test]
    fn commands_beyond_the_bound_of_an_entry_are_refused() {
        let mut world = World::office();
        let expire = world.command(None, Action::Expire);
        let applied = world.entry(vec![expire; Epoch::COMMANDS_PER_ENTRY as usize + 1]);
        let refused: Vec<_> = applied.outcomes.iter().map(|outcome| outcome.is_err()).collect();
        assert_eq!(refused.iter().filter(|refused| **refused).count(), 1);
        assert_eq!(refused.last(), Some(&true));
    }

    #[test]
    #[should_panic(expected = "came after")]
    fn an_entry_is_never_applied_twice() {
        let mut state = State::new();
        let batch = Batch {
            at: TimeMs(1),
            commands: vec![],
        };
        let _ = state.apply(7, &batch);
        let _ = state.apply(7, &batch);
    }

    #[test]
    fn an_empty_entry_moves_the_clock_and_the_clock_never_goes_back() {
        let mut state = State::new();
        for (index, at) in [(3, 100), (9, 50)] {
            let applied = state.apply(
                index,
                &Batch {
                    at: TimeMs(at),
                    commands: vec![],
                },
            );
            assert_eq!((applied.outcomes.len(), applied.events.len()), (0, 0));
            assert_eq!((state.index(), state.clock()), (index, TimeMs(100)));
        }
    }

    #[test]
    fn the_audit_trail_holds_what_an_auditor_asks_for_and_no_more_than_its_bound() {
        let mut world = World::office();
        assert_eq!(world.state.audit().count(), 0, "the directory is not audited");
        world.run(login("ada", "chi-1")).unwrap();
        world.run(login("ada", "chi-2")).unwrap();
        let names: Vec<_> = world.state.audit().map(|event| event.kind.name()).collect();
        assert_eq!(names, ["session_started", "session_ended", "session_started"]);
        for _ in 0..AUDIT_MAX {
            world.run(login("ada", "chi-1")).unwrap();
            world.run(logout("chi-1")).unwrap();
        }
        assert_eq!(world.state.audit().count(), AUDIT_MAX);
        let last = world.state.audit().next_back().map(|event| event.index);
        assert_eq!(last, Some(world.state.index()));
    }

    #[test]
    fn a_long_actor_is_cut() {
        let mut world = World::office();
        let mut command = world.command(None, login("ada", "chi-1"));
        command.actor = Actor("admin:\n".repeat(20).into());
        world.entry(vec![command]);
        let by = &world.session("chi-1").by;
        assert_eq!(by.len(), ACTOR_BYTES_MAX);
        assert!(by.starts_with("admin: admin: "));
    }
}
