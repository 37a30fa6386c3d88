//! End of visits: a user has signed out of the own pages, and whoever was signed in as that user until now no longer is.
//!
//! Check: the user is known. Nothing that phones or calls show changes, so there is no event.

use std::sync::Arc;

use crate::directory::User;
use crate::id::{UserId, UserName};
use crate::outcome::Outcome;
use crate::refusal::Refusal;

use super::{Step, Written};

pub(super) fn end(step: &mut Step<'_>, id: &UserId) -> Outcome {
    let Some(user) = step.state.user(id).map(Arc::clone) else {
        return Err(Refusal::UnknownUser {
            name: UserName::from(id),
        });
    };
    let record = User {
        visits_ended: step.index,
        ..User::clone(&user)
    };
    step.state.users.insert(id.clone(), Arc::new(record));
    Written::Changed.outcome()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, named, user};
    use crate::command::Action;
    use crate::outcome::Done;

    #[test]
    fn the_last_end_of_visits_is_known_by_its_index_and_nothing_else_changes() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let before = User::clone(&world.user("ada"));
        assert_eq!(before.visits_ended, 0);
        for _ in 0..2 {
            let (outcome, events) = world.act(Action::EndVisits(named("ada")));
            assert_eq!((outcome, events), (Ok(Done::Put { created: false }), vec![]));
            let expected = User {
                visits_ended: world.state.index(),
                ..before.clone()
            };
            assert_eq!(*world.user("ada"), expected);
        }
        assert_eq!(world.state.sessions().count(), 1, "phones are another matter");
    }

    #[test]
    fn putting_a_user_leaves_it_as_it_is() {
        let mut world = World::office();
        world.run(Action::EndVisits(named("ada"))).unwrap();
        let ended = world.state.index();
        world.run(Action::PutUser(user("ada"))).unwrap();
        assert_eq!(world.user("ada").visits_ended, ended);
    }

    #[test]
    fn nobody_unknown_has_visits() {
        let refused = World::office().run(Action::EndVisits(named("nobody")));
        assert_eq!(refused.unwrap_err().name(), "unknown_user");
    }
}
