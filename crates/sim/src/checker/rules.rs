//! Rules that need no search: each looks at one kind of evidence.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::history::{Call, History, LoggedIn, Operation, Outcome, ReplicaState, Seat};
use super::{Rule, Violation};

/// So many violations of one rule are reported; the rest follow from the first as a rule.
const PER_RULE_MAX: usize = 5;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut counts = BTreeMap::new();
    let mut broken = |rule, detail| {
        let count: &mut usize = counts.entry(rule).or_default();
        *count += 1;
        if *count <= PER_RULE_MAX {
            violations.push(Violation { rule, detail });
        }
    };
    epochs_rise(history, &mut broken);
    answers_match_starts(history, &mut broken);
    applied_once(history, &mut broken);
    one_seat(history, &mut broken);
    replicas_agree(history, &mut broken);
    leadership_won_once(history, &mut broken);
    violations
}

/// A login that began a session, as its client was told.
struct Began<'a> {
    operation: &'a Operation,
    request_id: &'a str,
    seat: Seat,
}

fn began(history: &History) -> impl Iterator<Item = Began<'_>> {
    history
        .operations
        .iter()
        .filter_map(|operation| match &operation.call {
            Call::Login {
                request_id,
                user,
                device,
                outcome:
                    Outcome::Acknowledged(LoggedIn {
                        epoch,
                        already: false,
                        ..
                    }),
            } => Some(Began {
                operation,
                request_id,
                seat: Seat {
                    user: user.clone(),
                    device: device.clone(),
                    epoch: *epoch,
                },
            }),
            _ => None,
        })
}

/// Epochs come from the place in the log: one that was acknowledged before another was asked for is smaller.
fn epochs_rise(history: &History, broken: &mut impl FnMut(Rule, String)) {
    let mut by_call: Vec<Began<'_>> = began(history).collect();
    by_call.sort_by_key(|began| began.operation.invoked_ns);
    let mut by_return: Vec<&Began<'_>> = by_call.iter().collect();
    by_return.sort_by_key(|began| began.operation.returned_ns);

    let mut returned = by_return.into_iter().peekable();
    let mut largest: Option<&Began<'_>> = None;
    for later in &by_call {
        while let Some(earlier) =
            returned.next_if(|earlier| earlier.operation.returned_ns < later.operation.invoked_ns)
        {
            if largest.is_none_or(|largest| earlier.seat.epoch > largest.seat.epoch) {
                largest = Some(earlier);
            }
        }
        if let Some(earlier) = largest.filter(|earlier| earlier.seat.epoch >= later.seat.epoch) {
            broken(
                Rule::EpochsRise,
                format!("{:?} after {:?}", later.operation, earlier.operation),
            );
        }
    }
}

/// What was acknowledged began, and what was refused did not.
fn answers_match_starts(history: &History, broken: &mut impl FnMut(Rule, String)) {
    let Some(started) = &history.started else { return };
    let by_epoch: BTreeMap<u64, &Seat> = started
        .iter()
        .map(|start| (start.seat.epoch, &start.seat))
        .collect();
    for began in began(history) {
        if by_epoch.get(&began.seat.epoch) != Some(&&began.seat) {
            let instead = by_epoch.get(&began.seat.epoch);
            broken(
                Rule::AcknowledgedIsKept,
                format!(
                    "{:?} was acknowledged, but the log has {instead:?}",
                    began.operation
                ),
            );
        }
    }
    let requests: BTreeSet<&str> = started.iter().map(|start| start.request_id.as_str()).collect();
    for operation in &history.operations {
        if let Call::Login {
            request_id,
            outcome: Outcome::Refused,
            ..
        } = &operation.call
            && requests.contains(request_id.as_str())
        {
            broken(Rule::RefusedNeverHappens, format!("{operation:?} took place"));
        }
    }
}

/// No request began two sessions, and no two sessions have the same epoch.
fn applied_once(history: &History, broken: &mut impl FnMut(Rule, String)) {
    let mut requests: BTreeMap<&str, &Seat> = BTreeMap::new();
    let mut epochs: BTreeMap<u64, &Seat> = BTreeMap::new();
    for start in history.started.iter().flatten() {
        if let Some(first) = requests.insert(&start.request_id, &start.seat) {
            broken(
                Rule::AppliedOnce,
                format!(
                    "request {} began {first:?} and {:?}",
                    start.request_id, start.seat
                ),
            );
        }
        if let Some(first) = epochs.insert(start.seat.epoch, &start.seat) {
            broken(
                Rule::EpochsRise,
                format!("{first:?} and {:?} have one epoch", start.seat),
            );
        }
    }
    // The same from what clients were told, for when nobody kept the events.
    let mut told: BTreeMap<&str, Seat> = BTreeMap::new();
    for began in began(history) {
        match told.entry(began.request_id) {
            Entry::Vacant(entry) => {
                entry.insert(began.seat);
            }
            Entry::Occupied(entry) if *entry.get() == began.seat => {}
            Entry::Occupied(entry) => broken(
                Rule::AppliedOnce,
                format!(
                    "request {} was answered {:?} and {:?}",
                    began.request_id,
                    entry.get(),
                    began.seat
                ),
            ),
        }
    }
}

/// Nobody sits at two phones, and no phone has two users, in any state that any replica went through.
fn one_seat(history: &History, broken: &mut impl FnMut(Rule, String)) {
    for state in &history.states {
        let mut users = BTreeMap::new();
        let mut devices = BTreeMap::new();
        for seat in &state.sessions {
            let elsewhere = users
                .insert(&seat.user, seat)
                .or_else(|| devices.insert(&seat.device, seat));
            if let Some(other) = elsewhere {
                broken(
                    Rule::OneSeat,
                    format!(
                        "{} at index {} shows {other:?} and {seat:?}",
                        state.replica, state.index
                    ),
                );
            }
        }
    }
}

/// The same entries give the same bytes.
fn replicas_agree(history: &History, broken: &mut impl FnMut(Rule, String)) {
    let mut first: BTreeMap<(&str, u64), &ReplicaState> = BTreeMap::new();
    for state in &history.states {
        let known = *first.entry((&state.scope, state.index)).or_insert(state);
        if known.digest != state.digest {
            broken(
                Rule::ReplicasAgree,
                format!(
                    "{} and {} differ at index {} ({}): {:?} against {:?}",
                    known.replica, state.replica, state.index, state.scope, known.sessions, state.sessions
                ),
            );
        }
    }
}

/// A node that forgot its vote can win the same leadership a second time, or let two win.
fn leadership_won_once(history: &History, broken: &mut impl FnMut(Rule, String)) {
    let mut winners = BTreeMap::new();
    for won in &history.leaderships {
        let first = *winners.entry((won.term, &won.node)).or_insert(won);
        if first.life != won.life {
            broken(Rule::LeadershipWonOnce, format!("{first:?} and again {won:?}"));
        }
    }
}
