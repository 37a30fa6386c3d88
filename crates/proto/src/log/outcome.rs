//! Outcomes. (Functions and not trait impls, because an outcome is a plain `Result`.)

use hotdesk_core::{Done, EndedSession, Outcome, TimeMs};

use crate::convert::{Invalid, part, required};
use crate::internal::v1 as wire;
use crate::internal::v1::outcome::Result as Wire;
use crate::v1;

/// An outcome as a message.
#[must_use]
pub fn outcome_message(outcome: &Outcome) -> wire::Outcome {
    let result = match outcome {
        Ok(done) => done_message(done),
        Err(refusal) => Wire::Refusal(refusal.into()),
    };
    wire::Outcome { result: Some(result) }
}

/// The outcome in a message.
///
/// # Errors
/// [`Invalid`] when a field of it is not valid, or it is an outcome that this version does not know.
pub fn outcome_from(message: wire::Outcome) -> Result<Outcome, Invalid> {
    let result = required("result", message.result, "an outcome that this version knows")?;
    Ok(Ok(match result {
        Wire::LoggedIn(logged_in) => Done::LoggedIn {
            session: part("logged_in.session", logged_in.session, "the session")?,
            already: logged_in.already,
            ended: ended_from(logged_in.ended)?,
        },
        Wire::LoggedOut(logged_out) => Done::LoggedOut {
            ended: ended_from(logged_out.ended)?,
            more: logged_out.more,
        },
        Wire::Touched(noted) => Done::Touched { noted },
        Wire::Reported(noted) => Done::Reported { noted },
        Wire::Put(created) => Done::Put { created },
        Wire::Deleted(existed) => Done::Deleted { existed },
        Wire::CredentialVersion(version) => Done::CredentialSet { version },
        Wire::FailureNoted(noted) => Done::FailureNoted {
            remaining: noted.remaining,
            locked_until: noted.locked_until_ms.map(TimeMs),
        },
        Wire::Unlocked(_) => Done::Unlocked,
        Wire::Locked(locked) => Done::Locked {
            until: TimeMs(locked.until_ms),
            ended: ended_from(locked.ended)?,
        },
        Wire::Staged(rows) => Done::Staged { rows },
        Wire::Imported(imported) => Done::Imported {
            created: imported.created,
            changed: imported.changed,
            unchanged: imported.unchanged,
        },
        Wire::Refusal(refusal) => {
            let refusal = refusal.try_into();
            return Ok(Err(refusal.map_err(|invalid: Invalid| invalid.within("refusal"))?));
        }
    }))
}

fn done_message(done: &Done) -> Wire {
    match done {
        Done::LoggedIn {
            session,
            already,
            ended,
        } => Wire::LoggedIn(wire::LoggedIn {
            session: Some(session.into()),
            already: *already,
            ended: ended.iter().map(Into::into).collect(),
        }),
        Done::LoggedOut { ended, more } => Wire::LoggedOut(wire::LoggedOut {
            ended: ended.iter().map(Into::into).collect(),
            more: *more,
        }),
        Done::Touched { noted } => Wire::Touched(*noted),
        Done::Reported { noted } => Wire::Reported(*noted),
        Done::Put { created } => Wire::Put(*created),
        Done::Deleted { existed } => Wire::Deleted(*existed),
        Done::CredentialSet { version } => Wire::CredentialVersion(*version),
        Done::FailureNoted {
            remaining,
            locked_until,
        } => Wire::FailureNoted(wire::FailureNoted {
            remaining: *remaining,
            locked_until_ms: locked_until.map(|until| until.0),
        }),
        Done::Unlocked => Wire::Unlocked(true),
        Done::Locked { until, ended } => Wire::Locked(wire::Locked {
            until_ms: until.0,
            ended: ended.iter().map(Into::into).collect(),
        }),
        Done::Staged { rows } => Wire::Staged(*rows),
        Done::Imported {
            created,
            changed,
            unchanged,
        } => Wire::Imported(wire::Imported {
            created: *created,
            changed: *changed,
            unchanged: *unchanged,
        }),
    }
}

fn ended_from(messages: Vec<v1::EndedSession>) -> Result<Vec<EndedSession>, Invalid> {
    let items = messages.into_iter().enumerate();
    items
        .map(|(at, ended)| {
            ended
                .try_into()
                .map_err(|invalid: Invalid| invalid.within(format_args!("ended[{at}]")))
        })
        .collect()
}
