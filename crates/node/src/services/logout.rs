//! Logout: of a phone, or of a user everywhere.

use hotdesk_core::command::LogoutTarget;
use hotdesk_core::{Action, Actor, Done, EndedSession, Epoch, RequestId};
use hotdesk_proto::convert::{name, required};
use hotdesk_proto::v1;
use tokio::time::Instant;

use super::call::Call;
use super::request::{actor, request_id};
use super::{Error, Shared};
use crate::telemetry::{self, note};

/// What is asked, with names parsed.
pub(crate) struct Logout {
    /// Whose session.
    pub(crate) target: LogoutTarget,
    /// Only the session of this epoch.
    pub(crate) epoch: Option<Epoch>,
    /// Who asks.
    pub(crate) by: Actor,
    /// The same in every retry.
    pub(crate) request_id: RequestId,
    /// When it must have been answered.
    pub(crate) deadline: Instant,
}

/// Ends sessions; says which, and the log index of the entry. None is no error.
///
/// # Errors
/// As the public API's Logout.
pub(crate) async fn log_out(shared: &Shared, logout: Logout) -> Result<(Vec<EndedSession>, u64), Error> {
    let Logout {
        target,
        epoch,
        by,
        request_id,
        deadline,
    } = logout;
    let action = Action::Logout { target, epoch };
    let decided = shared.propose(deadline, by, Some(request_id), action).await?;
    let index = decided.index;
    let Done::LoggedOut { ended, .. } = decided.done else {
        return Err(decided.unexpected());
    };
    for end in &ended {
        tracing::info!(
            user_id = end.session.user.as_str(),
            device_id = end.session.device.as_str(),
            site_id = end.session.site.as_str(),
            epoch = end.session.epoch.0,
            log_index = index,
            "logged out"
        );
    }
    Ok((ended, index))
}

pub(super) async fn logout(
    shared: &Shared,
    call: Call,
    request: v1::LogoutRequest,
) -> Result<v1::LogoutResponse, Error> {
    use v1::logout_request::Target;
    let target = match required("target", request.target, "a device or a user")? {
        Target::Device(device) => {
            note(telemetry::DEVICE_ID, &device);
            LogoutTarget::Device(name("device", &device)?)
        }
        Target::User(user) => {
            note(telemetry::USER_ID, &user);
            LogoutTarget::User(name("user", &user)?)
        }
    };
    let logout = Logout {
        target,
        epoch: Some(Epoch(request.epoch)).filter(|epoch| epoch.0 != 0),
        by: actor(&request.by, shared.node_id),
        request_id: request_id(&request.request_id)?,
        deadline: call.deadline,
    };
    let (ended, index) = log_out(shared, logout).await?;
    Ok(v1::LogoutResponse {
        ended: ended.iter().map(Into::into).collect(),
        index,
    })
}
