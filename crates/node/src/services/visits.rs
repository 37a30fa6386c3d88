//! The end of what a user has signed in to, at every node.

use std::sync::Arc;

use hotdesk_core::{Action, Actor, Done, UserId};
use tonic::metadata::MetadataMap;

use super::login::to_the_end;
use super::request::new_request_id;
use super::{Error, Shared};

/// Has the cluster know that all visits of a user that began before are over. It is done though whoever asked hangs up.
///
/// # Errors
/// What kept the cluster from deciding; other nodes then know nothing of it.
pub(crate) async fn end_visits(shared: &Arc<Shared>, user: UserId, by: Actor) -> Result<(), Error> {
    let call = shared.gate.enter(Arc::new(MetadataMap::new()))?;
    let (work, deadline) = (Arc::clone(shared), call.deadline);
    to_the_end(deadline, async move {
        // With its place among the calls.
        let call = call;
        let action = Action::EndVisits(user);
        let decided = work.propose(call.deadline, by, Some(new_request_id()), action);
        let decided = decided.await?;
        match decided.done {
            Done::Put { .. } => Ok(()),
            _ => Err(decided.unexpected()),
        }
    })
    .await
}
