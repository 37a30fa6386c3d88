//! The loop that feeds the table: one step of the follower after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::staging::Staging;
use super::{Applied, Shared, TableState};
use crate::follow::{Follower, Step};

/// Runs until it is aborted.
pub(super) async fn run(shared: Arc<Shared>, mut follower: Follower, age_max: Duration) {
    let mut endpoint = String::new();
    let mut staging = Staging::default();
    loop {
        match follower.next().await {
            Step::Connected { endpoint: connected } => endpoint = connected,
            Step::Lost { endpoint, problem } => {
                staging = Staging::default();
                shared.lost(&endpoint, &problem);
            }
            Step::SnapshotBegin { .. } => staging = Staging::default(),
            Step::SnapshotPart(part) => staging.add(*part),
            Step::SnapshotEnd { index, age } => {
                let began = Instant::now();
                shared.replace(std::mem::take(&mut staging)).await;
                shared.freshness.note(age.saturating_add(began.elapsed()));
                shared.reached(index);
                shared.live(&endpoint);
                // An error means that nobody listens, here and below.
                let _ = shared.applied.send(Applied::Replaced { index });
            }
            Step::Entry { index, events } => {
                shared.bindings.apply(&events);
                shared.reached(index);
                let events = events.into();
                let _ = shared.applied.send(Applied::Entry { index, events });
            }
            Step::Progress { index, age } => {
                shared.freshness.note(age);
                shared.reached(index);
                if age <= age_max {
                    shared.live(&endpoint);
                } else {
                    shared.lost(&endpoint, "the node is itself cut off from the cluster");
                }
            }
        }
    }
}

impl Shared {
    /// Off the runtime's threads: a large table takes a second.
    async fn replace(&self, staging: Staging) {
        let bindings = Arc::clone(&self.bindings);
        let replaced = tokio::task::spawn_blocking(move || bindings.replace_staged(staging)).await;
        // The runtime is being shut down, or the code above has a bug worth stopping for.
        replaced.expect("the snapshot is worked in");
    }

    fn reached(&self, index: u64) {
        self.index.send_if_modified(|reached| {
            let forward = index > *reached;
            if forward {
                *reached = index;
            }
            forward
        });
    }

    fn live(&self, endpoint: &str) {
        self.state.send_if_modified(|state| {
            if matches!(state, TableState::Live { endpoint: known } if known == endpoint) {
                return false;
            }
            tracing::info!(endpoint, "binding table is live");
            *state = TableState::Live {
                endpoint: endpoint.to_owned(),
            };
            true
        });
    }

    /// Said once at WARN, not with every fruitless attempt.
    fn lost(&self, endpoint: &str, problem: &str) {
        let problem = format!("{endpoint}: {problem}");
        self.state.send_if_modified(|state| {
            let next = match state {
                TableState::Connecting { .. } => TableState::Connecting {
                    problem: Some(problem.clone()),
                },
                TableState::Live { .. } => {
                    tracing::warn!(endpoint, problem, "binding table lost its node");
                    TableState::CutOff {
                        since: Instant::now(),
                        problem: problem.clone(),
                    }
                }
                TableState::CutOff { since, .. } => TableState::CutOff {
                    since: *since,
                    problem: problem.clone(),
                },
            };
            tracing::debug!(endpoint, problem, "watch failed");
            let changed = *state != next;
            *state = next;
            changed
        });
    }
}
