//! Expiry: the leader asks, when the next deadline has passed, to end what is overdue.
//!
//! No checks. Sessions end in the order of their deadlines, [`EXPIRE_MAX`] at a time, so that an entry after a
//! long night stays short. Imports that nobody committed and enrolment tokens that have run out are
//! forgotten on the same occasion.

use std::sync::Arc;

use crate::command::{EXPIRE_MAX, IMPORT_KEPT_MS};
use crate::outcome::{Done, EndedSession, Outcome};
use crate::session::Session;

use super::Step;

pub(super) fn apply(step: &mut Step<'_>) -> Outcome {
    let ended = overdue(step)
        .into_iter()
        .map(|session| step.end(&session, step.overdue_reason(&session)));
    let ended: Vec<EndedSession> = ended.collect();
    forget_old_imports(step);
    super::enrolment::forget_old_tokens(step);
    let more = step
        .state
        .next_deadline()
        .is_some_and(|deadline| deadline <= step.clock());
    Ok(Done::LoggedOut { ended, more })
}

fn overdue(step: &Step<'_>) -> Vec<Arc<Session>> {
    let clock = step.clock();
    let due = step
        .state
        .deadlines
        .iter()
        .take_while(|(deadline, _)| *deadline <= clock);
    due.take(EXPIRE_MAX)
        .filter_map(|(_, device)| step.state.session_at(device))
        .map(Arc::clone)
        .collect()
}

fn forget_old_imports(step: &mut Step<'_>) {
    let clock = step.clock();
    let old = |at| clock.since_ms(at) > IMPORT_KEPT_MS;
    let ids: Vec<_> = step
        .state
        .imports()
        .filter(|(_, import)| old(import.at))
        .map(|(id, _)| id)
        .collect();
    ids.into_iter().for_each(|id| step.state.forget_import(id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, login, named, site, touch, user};
    use crate::command::{Action, ImportRow, RequestId};
    use crate::policy::{Limit, Policy};

    fn ended(outcome: Outcome) -> Vec<(String, &'static str)> {
        match outcome {
            Ok(Done::LoggedOut { ended, more: false }) => ended
                .iter()
                .map(|e| (e.session.device.to_string(), e.reason.name()))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sessions_end_at_their_deadline_and_not_before() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        world.later(1000);
        world.run(login("bob", "ny-1")).unwrap();
        world.later(10 * 60_000 - 1001);
        assert_eq!(ended(world.run(Action::Expire)), vec![]);
        world.later(1);
        assert_eq!(ended(world.run(Action::Expire)), vec![("chi-1".into(), "idle")]);
        world.later(1000);
        assert_eq!(ended(world.run(Action::Expire)), vec![("ny-1".into(), "idle")]);
    }

    #[test]
    fn an_active_session_ends_when_the_login_time_is_reached() {
        let mut world = World::office();
        let policy = Policy {
            login_time_max: Limit::AfterMs(60_000),
            ..Policy::default()
        };
        world.run(Action::PutDefaults(policy)).unwrap();
        world.run(login("ada", "chi-1")).unwrap();
        let epoch = world.session("chi-1").epoch;
        world.later(50_000);
        world.run(touch("chi-1", epoch, world.now)).unwrap();
        world.later(10_000);
        assert_eq!(
            ended(world.run(Action::Expire)),
            vec![("chi-1".into(), "login_time_reached")]
        );
    }

    #[test]
    fn without_limits_nothing_ends() {
        let mut world = World::office();
        let policy = Policy {
            login_time_max: Limit::Off,
            idle_timeout: Limit::Off,
            ..Policy::default()
        };
        world.run(Action::PutDefaults(policy)).unwrap();
        world.run(login("ada", "chi-1")).unwrap();
        world.later(u64::MAX / 2);
        assert_eq!(ended(world.run(Action::Expire)), vec![]);
        assert_eq!(world.state.next_deadline(), None);
    }

    #[test]
    fn one_command_ends_a_bounded_number() {
        let mut world = World::office();
        for n in 0..=EXPIRE_MAX {
            world.run(Action::PutUser(user(&format!("u{n}")))).unwrap();
            world
                .run(Action::PutDevice(device(&format!("d{n}"), "chicago")))
                .unwrap();
            world.run(login(&format!("u{n}"), &format!("d{n}"))).unwrap();
        }
        world.later(10 * 60_000);
        let first = world.run(Action::Expire);
        assert!(matches!(first, Ok(Done::LoggedOut { ended, more: true }) if ended.len() == EXPIRE_MAX));
        assert_eq!(ended(world.run(Action::Expire)).len(), 1);
    }

    #[test]
    fn an_import_that_nobody_commits_is_forgotten() {
        let mut world = World::office();
        let import = RequestId(1);
        let rows = vec![ImportRow::Site(site("austin"))];
        world
            .run(Action::ImportStage {
                import,
                first_row: 0,
                rows,
            })
            .unwrap();
        world.later(IMPORT_KEPT_MS);
        world.run(Action::Expire).unwrap();
        assert_eq!(world.state.imports().count(), 1);
        world.later(1);
        world.run(Action::Expire).unwrap();
        assert_eq!(world.state.imports().count(), 0);
        assert!(world.state.site(&named("austin")).is_none());
    }
}
