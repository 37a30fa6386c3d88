//! What the leader does without being asked: sessions whose time is up are ended, by one command for all of
//! them; imports that nobody commits are forgotten; a change of membership that lost its leader half-way is
//! finished.

use std::sync::Arc;
use std::time::Duration;

use hotdesk_core::{Action, Actor, Command, State, TimeMs};
use openraft::ChangeMembers;
use openraft::async_runtime::watch::WatchReceiver;
use tokio::time::Instant;

use crate::age::now;
use crate::leadership::Leader;
use crate::node::Node;
use crate::types::Raft;

/// How long until the state is looked at again; a new session may end sooner than all others.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often staged imports are looked at.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long ending sessions may take.
const EXPIRE_MAX: Duration = Duration::from_secs(5);
/// A membership that is joint for so long has lost the leader that was changing it.
const JOINT_MAX: Duration = Duration::from_secs(5);

/// Works while this node leads, for as long as it runs.
pub(crate) async fn lead(node: Arc<Node>, raft: Raft) {
    let mut leader = node.leader.subscribe();
    let mut swept_at = Instant::now();
    let mut joint_since = None;
    loop {
        if leader.wait_for(|leader| *leader == Leader::Me).await.is_err() {
            return;
        }
        finish_joint(&raft, &mut joint_since).await;
        let due = node.state.read(due);
        let sweep =
            swept_at.elapsed() >= SWEEP_EVERY && node.state.read(|state| state.imports().next().is_some());
        if due.is_zero() || sweep {
            swept_at = Instant::now();
            let before = node.state.read(State::next_deadline);
            if expire(&node).await && node.state.read(State::next_deadline) != before {
                // There may be more than one command ends.
                continue;
            }
        }
        tokio::select! {
            _ = leader.changed() => {}
            () = tokio::time::sleep(due.clamp(Duration::from_millis(10), LOOK_EVERY)) => {}
        }
    }
}

/// How long until a session's time is up.
fn due(state: &State) -> Duration {
    let now = now().max(state.clock());
    let wait_ms = state
        .next_deadline()
        .map_or(u64::MAX, |TimeMs(at)| at.saturating_sub(now.0));
    Duration::from_millis(wait_ms)
}

/// Ends what is due. False when that did not work.
async fn expire(node: &Node) -> bool {
    let command = Command {
        request_id: None,
        actor: Actor::system(),
        action: Action::Expire,
    };
    let deadline = std::time::Instant::now() + EXPIRE_MAX;
    let expired = node.proposer.propose(command, deadline).await;
    // Another leader does it, or this one again in a moment.
    expired
        .inspect_err(|error| tracing::debug!(%error, "sessions were not ended"))
        .is_ok()
}

async fn finish_joint(raft: &Raft, since: &mut Option<Instant>) {
    let joint = {
        let metrics = raft.server_metrics();
        let membership = Arc::clone(&metrics.borrow_watched().membership_config);
        membership.membership().get_joint_config().len() > 1
    };
    if !joint {
        *since = None;
        return;
    }
    if since.get_or_insert_with(Instant::now).elapsed() < JOINT_MAX {
        return;
    }
    *since = None;
    tracing::warn!("a change of membership stopped half-way; finish it");
    let changed = raft
        .change_membership(ChangeMembers::AddVoterIds([].into()), false)
        .await;
    if let Err(error) = changed {
        tracing::warn!(%error, "the change of membership cannot be finished now");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_sessions_nothing_is_due() {
        assert!(due(&State::new()) > Duration::from_secs(3600));
    }
}
