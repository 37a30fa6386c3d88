//! What a user finds at every phone, and what happens to the user's calls.

use std::sync::Arc;

use hotdesk_core::{Action, CallSettings, Done, Profile, Refusal, UserId, UserName};
use hotdesk_proto::convert::{name, optional_part};
use hotdesk_proto::v1;
use tokio::time::Instant;

use super::call::Call;
use super::request::{actor, consistency, request_id};
use super::{Error, Shared, languages};
use crate::telemetry::{self, note};

pub(super) async fn put(
    shared: &Shared,
    call: Call,
    request: v1::PutProfileRequest,
) -> Result<v1::PutProfileResponse, Error> {
    let profile: Option<Profile> = optional_part("profile", request.profile)?;
    let calls: Option<CallSettings> = optional_part("calls", request.calls)?;
    if profile.is_none() && calls.is_none() {
        return Err(Error::invalid(
            "profile",
            "must be given, or calls: there is nothing to set",
        ));
    }
    if let Some(profile) = &profile {
        languages::check("profile.language", &profile.language)?;
    }
    let id = request_id(&request.request_id)?;
    let user = user_named(shared, call.deadline, &request.user).await?;
    let action = Action::PutProfile { user, profile, calls };
    let by = actor(&request.by, shared.node_id);
    let decided = shared.propose(call.deadline, by, Some(id), action).await?;
    match decided.done {
        Done::Put { .. } => Ok(v1::PutProfileResponse { index: decided.index }),
        _ => Err(decided.unexpected()),
    }
}

pub(super) async fn get(
    shared: &Shared,
    call: Call,
    request: v1::GetProfileRequest,
) -> Result<v1::GetProfileResponse, Error> {
    note(telemetry::USER_ID, &request.user);
    let name: UserName = name("user", &request.user)?;
    let (state, freshness) = shared
        .read(call.deadline, consistency(request.consistency)?)
        .await?;
    let user = state.find_user(&name).ok_or(Refusal::UnknownUser { name })?;
    Ok(v1::GetProfileResponse {
        user: user.id.to_string(),
        profile: user.profile.as_deref().map(Into::into),
        calls: user.calls.as_deref().map(Into::into),
        freshness: Some(freshness),
    })
}

/// The id of a user known by any name; one who was added at another node a moment ago is found too.
pub(super) async fn user_named(shared: &Shared, deadline: Instant, given: &str) -> Result<UserId, Error> {
    note(telemetry::USER_ID, given);
    let name: UserName = name("user", given)?;
    let state = shared.catch_up(deadline).await?;
    match state.find_user(&name).map(Arc::clone) {
        Some(user) => Ok(user.id.clone()),
        None => Err(Refusal::UnknownUser { name }.into()),
    }
}
