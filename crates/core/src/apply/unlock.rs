//! Unlock: an administrator lifts a lock before its time.
//!
//! Check: the user is known. Wrong PINs so far are forgotten as well; only a lock that held is an event.

use std::sync::Arc;

use crate::directory::{LoginFailures, User};
use crate::event::EventKind;
use crate::id::{UserId, UserName};
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;

use super::Step;

pub(super) fn apply(step: &mut Step<'_>, id: &UserId) -> Outcome {
    let Some(user) = step.state.user(id).map(Arc::clone) else {
        return Err(Refusal::UnknownUser {
            name: UserName::from(id),
        });
    };
    if user.failures != LoginFailures::default() {
        let record = User {
            failures: LoginFailures::default(),
            ..User::clone(&user)
        };
        step.state.users.insert(id.clone(), Arc::new(record));
        step.may_go_home(id);
    }
    if user
        .failures
        .locked_until
        .is_some_and(|until| until > step.clock())
    {
        step.emit(EventKind::UserUnlocked(id.clone()));
    }
    Ok(Done::Unlocked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, failed, login, named};
    use crate::command::Action;

    fn unlock(user: &str) -> Action {
        Action::Unlock(named(user))
    }

    #[test]
    fn a_lock_is_lifted_and_told_once() {
        let mut world = World::office();
        for _ in 0..5 {
            world.run(failed("ada")).unwrap();
        }
        let lifted = vec![EventKind::UserUnlocked(named("ada"))];
        assert_eq!(world.act(unlock("ada")), (Ok(Done::Unlocked), lifted));
        assert_eq!(world.act(unlock("ada")), (Ok(Done::Unlocked), vec![]));
        assert!(world.run(login("ada", "chi-1")).is_ok());
    }

    #[test]
    fn wrong_pins_are_forgotten_without_an_event() {
        let mut world = World::office();
        world.run(failed("ada")).unwrap();
        assert_eq!(world.act(unlock("ada")), (Ok(Done::Unlocked), vec![]));
        assert_eq!(world.user("ada").failures, LoginFailures::default());
    }

    #[test]
    fn an_unknown_user_is_refused() {
        assert_eq!(
            World::office().run(unlock("nobody")).unwrap_err().name(),
            "unknown_user"
        );
    }
}
