//! The table of answered requests: a retry gets the first answer, not a second login.
//!
//! Bounded twice, and by nothing but the state, so that every replica forgets the same answers: at most
//! [`ANSWERED_MAX`], and none much older than [`ANSWERED_KEPT_MS`]. A retry that comes after its answer was
//! forgotten is decided anew; a login then finds its own session at the device (`already`) unless the world
//! has moved on.

use std::sync::Arc;

use crate::command::RequestId;
use crate::outcome::Outcome;
use crate::state::{ANSWERED_KEPT_MS, ANSWERED_MAX, Answered, State};

/// How many old answers one entry forgets at most. More than one entry can add, so the table drains; and
/// few enough that an entry after a quiet weekend does not stall on a quarter of a million of them.
const FORGOTTEN_PER_ENTRY: usize = 4096;

/// Forgets the answers that are too old, the oldest first, some per entry.
pub(super) fn forget_old(state: &mut State) {
    for _ in 0..FORGOTTEN_PER_ENTRY {
        let Some(oldest) = state.answered_order.front() else {
            return;
        };
        let too_old = state
            .answered
            .get(oldest)
            .is_none_or(|a| state.clock.since_ms(a.at) > ANSWERED_KEPT_MS);
        if !too_old {
            return;
        }
        forget_oldest(state);
    }
}

/// Remembers an answer; forgets the oldest when there are too many.
pub(super) fn remember(state: &mut State, id: RequestId, fingerprint: u64, outcome: &Arc<Outcome>) {
    let answered = Answered {
        outcome: Arc::clone(outcome),
        fingerprint,
        index: state.index,
        at: state.clock,
    };
    state.answered.insert(id, Arc::new(answered));
    state.answered_order.push_back(id);
    while state.answered_order.len() > ANSWERED_MAX {
        forget_oldest(state);
    }
}

fn forget_oldest(state: &mut State) {
    if let Some(oldest) = state.answered_order.pop_front() {
        state.answered.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, named};
    use crate::command::Action;
    use crate::outcome::Done;
    use crate::refusal::Refusal;

    #[test]
    fn a_retry_gets_the_first_answer_and_changes_nothing() {
        let mut world = World::office();
        let (first, events) = world.request(1, login("ada", "chi-1"));
        assert_eq!(events.len(), 1);
        world.later(1000);
        let evicted = world.run(login("ada", "ny-1"));
        assert!(evicted.is_ok());
        let (again, events) = world.request(1, login("ada", "chi-1"));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(events, vec![]);
        assert!(world.state.session_at(&named("chi-1")).is_none());
    }

    #[test]
    fn a_retry_in_the_same_entry_gets_the_first_answer() {
        let mut world = World::office();
        let command = world.command(Some(7), login("ada", "chi-1"));
        let applied = world.entry(vec![command.clone(), command]);
        assert!(Arc::ptr_eq(&applied.outcomes[0], &applied.outcomes[1]));
        assert_eq!(applied.events.len(), 1);
    }

    #[test]
    fn a_reused_request_id_is_refused_and_the_first_answer_stays() {
        let mut world = World::office();
        let (first, _) = world.request(1, login("ada", "chi-1"));
        let (reused, events) = world.request(1, login("ada", "chi-2"));
        assert_eq!(*reused, Err(Refusal::RequestIdReused));
        assert_eq!(events, vec![]);
        let (again, _) = world.request(1, login("ada", "chi-1"));
        assert!(Arc::ptr_eq(&first, &again));
    }

    #[test]
    fn refusals_are_remembered_too() {
        let mut world = World::office();
        let (refused, _) = world.request(1, login("nobody", "chi-1"));
        assert!(refused.is_err());
        world
            .run(Action::PutUser(crate::apply::testing::user("nobody")))
            .unwrap();
        assert_eq!(world.request(1, login("nobody", "chi-1")).0, refused);
    }

    #[test]
    fn an_old_answer_is_forgotten() {
        let mut world = World::office();
        let (_, _) = world.request(1, Action::Unlock(named("ada")));
        world.later(ANSWERED_KEPT_MS);
        world.run(Action::Expire).unwrap();
        assert!(world.state.answered(RequestId(1)).is_some());
        world.later(1);
        world.run(Action::Expire).unwrap();
        assert!(world.state.answered(RequestId(1)).is_none());
        assert!(world.request(1, login("ada", "chi-1")).0.is_ok());
    }

    #[test]
    fn the_table_holds_no_more_than_its_bound() {
        let mut state = State::new();
        let outcome = Arc::new(Ok(Done::Unlocked));
        for id in 0..=ANSWERED_MAX as u128 {
            remember(&mut state, RequestId(id), 0, &outcome);
        }
        assert_eq!(
            (state.answered.len(), state.answered_order.len()),
            (ANSWERED_MAX, ANSWERED_MAX)
        );
        assert!(state.answered(RequestId(0)).is_none());
    }
}
