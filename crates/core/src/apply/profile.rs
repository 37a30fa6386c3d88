//! Profile: what a user finds at every phone, and what becomes of the user's calls, is changed.
//!
//! Checks, in this order: the user is known; the profile keeps its bounds; the call settings do. A part that is not given
//! stays; the default one removes what there is. The event is the user's record.

use std::sync::Arc;

use crate::calls::CallSettings;
use crate::directory::User;
use crate::id::{UserId, UserName};
use crate::outcome::Outcome;
use crate::profile::Profile;
use crate::refusal::Refusal;

use super::{Step, check, user};

pub(super) fn apply(
    step: &mut Step<'_>,
    id: &UserId,
    profile: Option<&Profile>,
    calls: Option<&CallSettings>,
) -> Outcome {
    let Some(known) = step.state.user(id).map(Arc::clone) else {
        return Err(Refusal::UnknownUser {
            name: UserName::from(id),
        });
    };
    profile.map_or(Ok(()), check::profile)?;
    calls.map_or(Ok(()), check::calls)?;
    let record = User {
        profile: profile.cloned().map(Arc::new),
        calls: calls.cloned().map(Arc::new),
        ..User::clone(&known)
    };
    user::write(step, &record, None).outcome()
}
