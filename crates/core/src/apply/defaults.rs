//! Defaults: the policy of everybody whose group says nothing else.
//!
//! Checks the ranges. What takes effect when is the same as for a group: fewer sessions per user at once,
//! everything else when the rule is next asked.

use crate::event::EventKind;
use crate::outcome::{Done, Outcome};
use crate::policy::Policy;

use super::{Step, check};

pub(super) fn put(step: &mut Step<'_>, policy: &Policy) -> Outcome {
    check::policy(policy)?;
    if step.state.defaults != *policy {
        step.state.defaults = *policy;
        step.emit(EventKind::DefaultsPut(*policy));
        step.end_excess_of_all();
    }
    Ok(Done::Put { created: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login};
    use crate::command::Action;
    use crate::policy::MultipleLogins;

    #[test]
    fn fewer_sessions_take_effect_at_once_where_no_group_says_otherwise() {
        let mut world = World::office();
        let many = Policy {
            multiple_logins: MultipleLogins::AllowUpTo(4),
            ..Policy::default()
        };
        world.run(Action::PutDefaults(many)).unwrap();
        world.allow("bob", MultipleLogins::AllowUpTo(2));
        for (user, device) in [
            ("ada", "chi-1"),
            ("ada", "chi-2"),
            ("bob", "ny-1"),
            ("bob", "ny-2"),
        ] {
            world.run(login(user, device)).unwrap();
        }
        let (_, events) = world.act(Action::PutDefaults(Policy::default()));
        assert_eq!(events.len(), 2);
        assert_eq!(world.devices_of("ada"), ["chi-2"]);
        assert_eq!(world.devices_of("bob"), ["ny-1", "ny-2"]);
    }

    #[test]
    fn the_same_defaults_make_no_event_and_bad_ones_are_refused() {
        let mut world = World::office();
        let same = Action::PutDefaults(Policy::default());
        assert_eq!(world.act(same), (Ok(Done::Put { created: false }), vec![]));
        let bad = Policy {
            multiple_logins: MultipleLogins::AllowUpTo(17),
            ..Policy::default()
        };
        assert_eq!(
            world.run(Action::PutDefaults(bad)).unwrap_err().name(),
            "invalid_record"
        );
    }
}
