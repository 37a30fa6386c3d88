//! Touch: edges report, in batches, where there was activity (a call, a key, a registration).
//!
//! Check: the batch keeps its bound. Each item then counts for itself: it must belong to the session that is
//! still there (same epoch), and must have happened before that session's deadline. Reports come late, so
//! activity in time saves a session that is overdue but not swept; activity after the deadline does not, or
//! whether a session ends would depend on how quickly the sweep came. Activity later than the entry's own time
//! counts as the entry's time: an edge with a fast clock must not keep sessions alive.
//!
//! This is where a changed idle timeout or login time takes effect on sessions that exist. No events: nobody's
//! screen changes, and activity is most of what a large company reports.

use crate::command::{Activity, TOUCH_MAX};
use crate::outcome::{Done, Outcome};

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, items: &[Activity]) -> Outcome {
    check::count("items", items.len(), TOUCH_MAX)?;
    let noted = items.iter().filter(|item| note(step, item)).count();
    Ok(Done::Touched {
        noted: u32::try_from(noted).unwrap_or(u32::MAX),
    })
}

/// Whether the item belonged to a session that lives.
fn note(step: &mut Step<'_>, item: &Activity) -> bool {
    let at = item.at.min(step.clock());
    let Some(session) = step.state.session_at(&item.device) else {
        return false;
    };
    if session.epoch != item.epoch || session.is_overdue(at) {
        return false;
    }
    if at <= session.last_active {
        return true;
    }
    let session = session.clone();
    let Some(policy) = step
        .state
        .user(&session.user)
        .map(|user| step.state.policy_of(user))
    else {
        return false;
    };
    step.refresh(&session, at, &policy);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, named, touch};
    use crate::command::Action;
    use crate::policy::{Limit, PolicyOverrides};
    use crate::session::Epoch;
    use crate::time::TimeMs;

    const IDLE_MS: u64 = 10 * 60_000;

    fn noted(outcome: Outcome) -> u32 {
        match outcome {
            Ok(Done::Touched { noted }) => noted,
            other => panic!("{other:?}"),
        }
    }

    fn logged_in() -> (World, Epoch, TimeMs) {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let epoch = world.session("chi-1").epoch;
        let since = world.now;
        (world, epoch, since)
    }

    #[test]
    fn activity_extends_the_deadline_without_an_event() {
        let (mut world, epoch, since) = logged_in();
        world.later(5000);
        let (outcome, events) = world.act(touch("chi-1", epoch, since.plus_ms(3000)));
        assert_eq!((noted(outcome), events), (1, vec![]));
        let session = world.session("chi-1");
        assert_eq!(session.last_active, since.plus_ms(3000));
        assert_eq!(session.deadline, Some(since.plus_ms(3000 + IDLE_MS)));
        assert_eq!(world.state.next_deadline(), session.deadline);
    }

    #[test]
    fn older_activity_is_noted_and_changes_nothing() {
        let (mut world, epoch, since) = logged_in();
        let before = world.session("chi-1");
        assert_eq!(noted(world.run(touch("chi-1", epoch, TimeMs(since.0 - 1)))), 1);
        assert_eq!(world.session("chi-1"), before);
    }

    #[test]
    fn another_epoch_and_an_empty_phone_are_ignored() {
        let (mut world, epoch, _) = logged_in();
        world.later(1000);
        assert_eq!(noted(world.run(touch("chi-1", Epoch(epoch.0 - 1), world.now))), 0);
        assert_eq!(noted(world.run(touch("chi-1", Epoch(epoch.0 + 1), world.now))), 0);
        assert_eq!(noted(world.run(touch("chi-2", epoch, world.now))), 0);
        assert_eq!(noted(world.run(touch("nowhere", epoch, world.now))), 0);
    }

    #[test]
    fn activity_from_the_future_counts_as_now() {
        let (mut world, epoch, since) = logged_in();
        world.later(1000);
        world.run(touch("chi-1", epoch, TimeMs(u64::MAX))).unwrap();
        assert_eq!(world.session("chi-1").last_active, since.plus_ms(1000));
    }

    #[test]
    fn activity_in_time_saves_an_overdue_session_and_later_activity_does_not() {
        let (mut world, epoch, since) = logged_in();
        world.later(2 * IDLE_MS);
        assert_eq!(noted(world.run(touch("chi-1", epoch, since.plus_ms(IDLE_MS)))), 0);
        assert!(world.session("chi-1").is_overdue(world.now));
        assert_eq!(
            noted(world.run(touch("chi-1", epoch, since.plus_ms(IDLE_MS - 1)))),
            1
        );
        assert_eq!(
            noted(world.run(touch("chi-1", epoch, since.plus_ms(2 * IDLE_MS - 2)))),
            1
        );
        assert!(!world.session("chi-1").is_overdue(world.now));
    }

    #[test]
    fn a_changed_idle_timeout_takes_effect_with_the_next_activity() {
        let (mut world, epoch, since) = logged_in();
        let before = world.session("chi-1").deadline;
        let idle = PolicyOverrides {
            idle_timeout: Some(Limit::AfterMs(1)),
            ..PolicyOverrides::default()
        };
        world.group_with("ada", idle);
        assert_eq!(world.session("chi-1").deadline, before);
        world.later(1000);
        world.run(touch("chi-1", epoch, world.now)).unwrap();
        assert_eq!(world.session("chi-1").deadline, Some(since.plus_ms(1001)));
    }

    #[test]
    fn a_batch_beyond_its_bound_is_refused() {
        let (mut world, epoch, _) = logged_in();
        let item = Activity {
            device: named("chi-1"),
            epoch,
            at: world.now,
        };
        let action = Action::Touch {
            items: vec![item; TOUCH_MAX + 1],
        };
        assert_eq!(world.run(action).unwrap_err().name(), "invalid_record");
    }
}
