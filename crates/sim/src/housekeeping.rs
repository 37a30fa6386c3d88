//! What a leader does on its own: sweeping out sessions whose time is up.

use std::sync::Arc;
use std::time::Duration;

use hotdesk_core::{Action, Actor, Command, Done};
use openraft::async_runtime::AsyncRuntime;

use crate::checker::{Call, Operation, Outcome, Target};
use crate::node::{Answer, Node};
use crate::runtime::{NodeRuntime, world_ns};
use crate::witness::seat;

/// How often the leader looks.
const SWEEP_EVERY: Duration = Duration::from_millis(400);

/// Looks for overdue sessions for as long as the node lives.
pub(crate) async fn sweep_for_ever(node: Arc<Node>) {
    loop {
        NodeRuntime::sleep(SWEEP_EVERY).await;
        let leads = node.leader() == Some(node.id());
        let due = node
            .state()
            .read(|state| state.next_deadline().is_some_and(|at| at <= Node::wall_clock()));
        if leads && due {
            sweep(&node).await;
        }
    }
}

/// One sweep, noted before it begins: the node may die of it.
async fn sweep(node: &Arc<Node>) {
    let mut operation = Operation {
        client: format!("node {}", node.id()),
        invoked_ns: world_ns(),
        returned_ns: u64::MAX,
        call: Call::Logout {
            request_id: String::new(),
            target: Target::Overdue,
            epoch: None,
            outcome: Outcome::Unknown,
        },
    };
    let number = node.witness().operation(operation.clone());
    let command = Command {
        request_id: None,
        actor: Actor::system(),
        action: Action::Expire,
    };
    let answered = match node.propose_here(command).await {
        Answer::Decided(outcome) => match &*outcome {
            Ok(Done::LoggedOut { ended, .. }) => {
                Outcome::Acknowledged(ended.iter().map(|ended| seat(&ended.session)).collect())
            }
            _ => Outcome::Refused,
        },
        Answer::NotProposed => Outcome::Refused,
        Answer::Unknown => return,
    };
    operation.returned_ns = world_ns();
    if let Call::Logout { outcome, .. } = &mut operation.call {
        *outcome = answered;
    }
    node.witness().complete(number, operation);
}
