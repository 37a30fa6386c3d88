//! The one planted bug that needs code of its own.

use std::sync::Arc;

use hotdesk_core::command::LogoutTarget;
use hotdesk_core::{Action, Command, Done, EndedSession, Session};

use crate::node::{Answer, Node};

/// Logs in without evicting (the policy is loosened for it), and ends the old session with a second entry. The
/// client is told the same as in the product.
pub(crate) async fn login_then_evict(node: &Node, command: Command) -> Answer {
    let is_login = matches!(command.action, Action::Login { .. });
    let actor = command.actor.clone();
    let answer = node.enqueue(command).await;
    let Answer::Decided(outcome) = &answer else {
        return answer;
    };
    let Ok(Done::LoggedIn {
        session,
        already,
        ended,
    }) = &**outcome
    else {
        return answer;
    };
    if !is_login {
        return answer;
    }
    let old: Vec<Session> = node.state().read(|state| {
        let sessions = state.sessions_of(&session.user);
        sessions
            .filter(|other| other.device != session.device)
            .map(|other| Session::clone(other))
            .collect()
    });
    let mut ended: Vec<EndedSession> = ended.clone();
    for old in old {
        let target = LogoutTarget::Device(old.device.clone());
        let action = Action::Logout {
            target,
            epoch: Some(old.epoch),
        };
        let evict = Command {
            request_id: None,
            actor: actor.clone(),
            action,
        };
        if let Answer::Decided(outcome) = node.enqueue(evict).await
            && let Ok(Done::LoggedOut { ended: evicted, .. }) = &*outcome
        {
            ended.extend(evicted.iter().cloned());
        }
    }
    let done = Done::LoggedIn {
        session: session.clone(),
        already: *already,
        ended,
    };
    Answer::Decided(Arc::new(Ok(done)))
}
