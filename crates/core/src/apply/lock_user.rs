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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, failed, login, named};
    use crate::command::Action;
    use crate::policy::MultipleLogins;

    fn lock(user: &str, until: TimeMs) -> Action {
        Action::LockUser {
            user: named(user),
            until,
            note: "not\nme".into(),
        }
    }

    #[test]
    fn a_lock_ends_every_session_and_keeps_everybody_out_until_its_time() {
        let mut world = World::office();
        world.allow("ada", MultipleLogins::AllowUpTo(2));
        world.run(login("ada", "chi-1")).unwrap();
        world.run(login("ada", "ny-1")).unwrap();
        let until = world.now.plus_ms(60_000);
        let (outcome, events) = world.act(lock("ada", until));
        let Ok(Done::Locked { until: locked, ended }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((locked, ended.len()), (until, 2));
        let reason = EndReason::Forced {
            note: "not me".into(),
        };
        assert!(ended.iter().all(|ended| ended.reason == reason));
        let told = EventKind::UserLocked {
            user: named("ada"),
            device: None,
            until,
        };
        assert_eq!((events.len(), events.last()), (3, Some(&told)));
        assert_eq!(
            world.run(login("ada", "chi-1")).unwrap_err().name(),
            "user_locked"
        );
        world.later(60_000);
        assert!(world.run(login("ada", "chi-1")).is_ok());
    }

    #[test]
    fn a_lock_that_reaches_further_stays_and_an_administrator_lifts_it() {
        let mut world = World::office();
        for _ in 0..5 {
            world.run(failed("ada")).unwrap();
        }
        let known = world.user("ada").failures.locked_until.unwrap();
        let done = Ok(Done::Locked {
            until: known,
            ended: vec![],
        });
        assert_eq!(world.act(lock("ada", TimeMs(known.0 - 1))), (done, vec![]));
        let longer = known.plus_ms(1);
        world.run(lock("ada", longer)).unwrap();
        assert_eq!(world.user("ada").failures.locked_until, Some(longer));
        world.run(Action::Unlock(named("ada"))).unwrap();
        assert!(world.run(login("ada", "chi-1")).is_ok());
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let far = world.now.plus_ms(LOCK_MS_MAX + 1);
        let now = world.now;
        let name = |outcome: Outcome| outcome.unwrap_err().name();
        assert_eq!(name(world.run(lock("nobody", far))), "unknown_user");
        assert_eq!(name(world.run(lock("ada", far))), "invalid_record");
        assert_eq!(name(world.run(lock("ada", now))), "invalid_record");
    }
}
