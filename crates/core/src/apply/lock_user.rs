//! Lock: somebody else was logged in as the user, so the account is closed for a while and every session of it ends.
//!
//! Checks, in this order: the user is known; the time lies ahead, and not too far. Holds stop nothing: whoever asks for
//! this has seen a stranger use the account. A lock that reaches further already stays as it is; an administrator lifts
//! it (`Unlock`).

use std::sync::Arc;

use smol_str::SmolStr;

use crate::command::{LOCK_MS_MAX, NOTE_BYTES_MAX};
use crate::directory::{LoginFailures, User};
use crate::event::EventKind;
use crate::id::{UserId, UserName};
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;
use crate::session::EndReason;
use crate::time::TimeMs;

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, id: &UserId, until: TimeMs, note: &SmolStr) -> Outcome {
    let Some(user) = step.state.user(id).map(Arc::clone) else {
        return Err(Refusal::UnknownUser {
            name: UserName::from(id),
        });
    };
    let clock = step.clock();
    check::ahead("until", until, clock, LOCK_MS_MAX)?;
    let sessions: Vec<_> = step.state.sessions_of(id).map(Arc::clone).collect();
    let note = check::cut(note, NOTE_BYTES_MAX);
    let ended = step.end_all(&sessions, &EndReason::Forced { note });

    let until = user.failures.locked_until.map_or(until, |known| known.max(until));
    if user.failures.locked_until != Some(until) {
        let failures = LoginFailures {
            locked_until: Some(until),
            ..user.failures
        };
        let record = User {
            failures,
            ..User::clone(&user)
        };
        step.state.users.insert(id.clone(), Arc::new(record));
        step.emit(EventKind::UserLocked {
            user: id.clone(),
            device: None,
            until,
        });
    }
    Ok(Done::Locked { until, ended })
}
