//! Was what clients saw possible? A checker that knows nothing of how the history was made.
//!
//! Two kinds of rules. `rules` need no search: epochs rise, an acknowledged login began, nothing was
//! applied twice, nobody sits at two phones, replicas agree. `search` looks for an order of the operations
//! (Wing and Gong, with memory) that explains every answer, separately for each user and each device; an
//! operation without an answer may be put anywhere after its call, or left out.
//!
//! Each projection is necessary, not sufficient: a history that passes is consistent for everyone who looks
//! at one user or one phone. What spans them (a login that evicts) is checked through the answer that names
//! what it ended, in both projections.

mod history;
mod register;
mod rules;
mod search;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

pub use history::{
    Call, History, Leadership, LoggedIn, Operation, Outcome, ReplicaState, Seat, Started, Target,
};

/// Something that must not have been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule was broken.
    pub rule: Rule,
    /// The values that break it.
    pub detail: String,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The answers about one user or one device fit no order.
    Linearizable,
    /// The search gave up; neither good nor bad was shown.
    Decided,
    /// A later session has a larger epoch.
    EpochsRise,
    /// What was acknowledged began, exactly as it was acknowledged.
    AcknowledgedIsKept,
    /// What was refused never happens.
    RefusedNeverHappens,
    /// A request id has an effect once.
    AppliedOnce,
    /// A user has one session, a device has one session, in every state of every replica.
    OneSeat,
    /// Replicas at the same index have the same bytes.
    ReplicasAgree,
    /// A leadership (term and node) is won once.
    LeadershipWonOnce,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.detail)
    }
}

/// Checks everything; an empty list means that no rule was seen broken.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let mut violations = rules::check(history);
    violations.extend(check_linearizable(history));
    violations
}

/// Only the search: each user and each device on its own.
#[must_use]
pub fn check_linearizable(history: &History) -> Vec<Violation> {
    let (users, devices) = names(history);
    let users = users.into_iter().map(register::Of::User);
    let devices = devices.into_iter().map(register::Of::Device);
    users
        .chain(devices)
        .filter_map(|of| search::explain(&of, &register::project(&of, &history.operations)))
        .collect()
}

/// Every user and device that a client named or was told about.
fn names(history: &History) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let mut users = BTreeSet::new();
    let mut devices = BTreeSet::new();
    for operation in &history.operations {
        match &operation.call {
            Call::Login { user, device, .. } => {
                users.insert(user.as_str());
                devices.insert(device.as_str());
            }
            Call::Logout {
                target: Target::User(user),
                ..
            }
            | Call::LookupUser { user, .. } => {
                users.insert(user);
            }
            Call::Logout {
                target: Target::Device(device),
                ..
            }
            | Call::LookupDevice { device, .. } => {
                devices.insert(device);
            }
            Call::Logout {
                target: Target::Overdue,
                ..
            } => {}
        }
    }
    (users, devices)
}
