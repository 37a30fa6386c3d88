//! A user is locked out, because somebody else was logged in as the user.

use hotdesk_core::{Action, Done, TimeMs};
use hotdesk_proto::v1;

use super::call::Call;
use super::profile::user_named;
use super::request::{actor, request_id};
use super::{Error, Shared};

pub(super) async fn lock(
    shared: &Shared,
    call: Call,
    request: v1::LockUserRequest,
) -> Result<v1::LockUserResponse, Error> {
    let id = request_id(&request.request_id)?;
    let user = user_named(shared, call.deadline, &request.user).await?;
    let action = Action::LockUser {
        user: user.clone(),
        until: TimeMs(request.until_ms),
        note: request.note.into(),
    };
    let by = actor(&request.by, shared.node_id);
    let decided = shared.propose(call.deadline, by, Some(id), action).await?;
    match decided.done {
        Done::Locked { until, ended } => {
            tracing::info!(
                user_id = user.as_str(),
                until_ms = until.0,
                ended = ended.len(),
                log_index = decided.index,
                "user locked out"
            );
            Ok(v1::LockUserResponse {
                ended: ended.iter().map(Into::into).collect(),
                until_ms: until.0,
                index: decided.index,
            })
        }
        _ => Err(decided.unexpected()),
    }
}
