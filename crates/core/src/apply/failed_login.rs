//! A wrong PIN was typed: it is counted, and the last one allowed locks the account.
//!
//! Check: the user is known. The device is only told, not checked: guessing from a phone that nobody knows must
//! count as well.
//!
//! ```text
//! free ── wrong PIN (first of a window) ──► counting ── failures_max reached ──► locked
//!   ▲                                          │                                   │
//!   └──── login succeeds, window passes ───────┘      until passes, or Unlock ─────┘
//! ```
//!
//! While locked, further wrong PINs do not extend the lock, or anybody could keep a colleague out for good. A lock that has
//! run out keeps nobody out and stays in the record until a login or `Unlock` lifts it: what a stranger types must not
//! bring the owner of a phone home there.

use std::sync::Arc;

use crate::directory::{LoginFailures, User};
use crate::event::EventKind;
use crate::id::{DeviceId, UserId, UserName};
use crate::outcome::{Done, Outcome};
use crate::policy::LockoutPolicy;
use crate::refusal::Refusal;
use crate::time::TimeMs;

use super::Step;

pub(super) fn apply(step: &mut Step<'_>, id: &UserId, device: &DeviceId) -> Outcome {
    let Some(user) = step.state.user(id).map(Arc::clone) else {
        return Err(Refusal::UnknownUser {
            name: UserName::from(id),
        });
    };
    let lockout = step.state.policy_of(&user).lockout;
    let locked_until = user.failures.locked_until.filter(|until| *until > step.clock());
    if lockout.failures_max == 0 {
        return Ok(Done::FailureNoted {
            remaining: None,
            locked_until,
        });
    }
    if locked_until.is_some() {
        return Ok(Done::FailureNoted {
            remaining: Some(0),
            locked_until,
        });
    }
    let (failures, locked_until) = one_more(user.failures, lockout, step.clock());
    let record = User {
        failures,
        ..User::clone(&user)
    };
    step.state.users.insert(id.clone(), Arc::new(record));
    if let Some(until) = locked_until {
        step.emit(EventKind::UserLocked {
            user: id.clone(),
            device: Some(device.clone()),
            until,
        });
    }
    let remaining = Some(lockout.failures_max.saturating_sub(failures.count));
    Ok(Done::FailureNoted {
        remaining,
        locked_until,
    })
}

/// The failures of an account that is not locked, after one more at `now`, and until when that locks it.
fn one_more(old: LoginFailures, lockout: LockoutPolicy, now: TimeMs) -> (LoginFailures, Option<TimeMs>) {
    let is_first_after_lock = old.locked_until.is_some_and(|until| old.window_start < until);
    let window_is_over = now.since_ms(old.window_start) >= lockout.window_ms;
    let (count, window_start) = if old.count == 0 || is_first_after_lock || window_is_over {
        (1, now)
    } else {
        (old.count.saturating_add(1), old.window_start)
    };
    let locked_until = (count >= lockout.failures_max).then(|| now.plus_ms(lockout.locked_ms));
    let failures = LoginFailures {
        count,
        window_start,
        locked_until: locked_until.or(old.locked_until),
    };
    (failures, locked_until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, failed, login, named};
    use crate::policy::PolicyOverrides;

    const FIFTEEN_MINUTES: u64 = 15 * 60_000;

    fn noted(remaining: u32, locked_until: Option<TimeMs>) -> Outcome {
        Ok(Done::FailureNoted {
            remaining: Some(remaining),
            locked_until,
        })
    }

    #[test]
    fn the_fifth_wrong_pin_inside_the_window_locks_the_account() {
        let mut world = World::office();
        for remaining in [4, 3, 2, 1] {
            assert_eq!(world.act(failed("ada")), (noted(remaining, None), vec![]));
        }
        let until = world.now.plus_ms(FIFTEEN_MINUTES);
        let locked = EventKind::UserLocked {
            user: named("ada"),
            device: Some(named("chi-1")),
            until,
        };
        assert_eq!(world.act(failed("ada")), (noted(0, Some(until)), vec![locked]));
        let refusal = Refusal::UserLocked {
            user: named("ada"),
            until,
        };
        assert_eq!(world.run(login("ada", "chi-1")), Err(refusal));
    }

    #[test]
    fn a_locked_account_stays_locked_until_its_time_and_no_longer() {
        let mut world = World::office();
        for _ in 0..5 {
            world.run(failed("ada")).unwrap();
        }
        let until = world.now.plus_ms(FIFTEEN_MINUTES);
        world.later(FIFTEEN_MINUTES - 1);
        assert_eq!(world.act(failed("ada")), (noted(0, Some(until)), vec![]));
        assert!(world.run(login("ada", "chi-1")).is_err());
        world.later(1);
        assert_eq!(world.run(failed("ada")), noted(4, None));
        assert!(world.run(login("ada", "chi-1")).is_ok());
        assert_eq!(world.run(failed("ada")), noted(4, None));
    }

    #[test]
    fn after_a_lock_it_takes_as_many_wrong_pins_to_lock_again() {
        let mut world = World::office();
        for round in 0..3 {
            for remaining in [4, 3, 2, 1] {
                assert_eq!(world.run(failed("ada")), noted(remaining, None), "{round}");
                world.later(1000);
            }
            let until = world.now.plus_ms(FIFTEEN_MINUTES);
            assert_eq!(world.run(failed("ada")), noted(0, Some(until)), "{round}");
            world.later(FIFTEEN_MINUTES);
        }
        world.run(login("ada", "chi-1")).unwrap();
        assert_eq!(world.user("ada").failures, LoginFailures::default());
    }

    #[test]
    fn a_window_that_has_passed_counts_from_one_again() {
        let mut world = World::office();
        for _ in 0..4 {
            world.run(failed("ada")).unwrap();
        }
        world.later(FIFTEEN_MINUTES);
        assert_eq!(world.run(failed("ada")), noted(4, None));
    }

    #[test]
    fn nothing_is_counted_when_locking_is_off() {
        let mut world = World::office();
        let off = LockoutPolicy {
            failures_max: 0,
            ..LockoutPolicy::default()
        };
        world.group_with(
            "ada",
            PolicyOverrides {
                lockout: Some(off),
                ..PolicyOverrides::default()
            },
        );
        let before = world.user("ada");
        let outcome = Ok(Done::FailureNoted {
            remaining: None,
            locked_until: None,
        });
        assert_eq!(world.act(failed("ada")), (outcome, vec![]));
        assert_eq!(world.user("ada"), before);
    }

    #[test]
    fn an_unknown_user_is_refused() {
        assert_eq!(
            World::office().run(failed("nobody")).unwrap_err().name(),
            "unknown_user"
        );
    }
}
