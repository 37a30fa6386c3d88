//! Credentials: what a user's PIN is checked against is set or removed.
//!
//! Checks: the user is known; the verifier keeps its bound. Sessions go on, wrong PINs and a lock stay (lifting
//! a lock is a decision of its own). The version comes from the position in the log, so it never repeats; see
//! [`Credential::version`](crate::Credential). The events are the changed record, for readers that keep a full
//! copy and check PINs against it, and the change itself, for people.

use std::sync::Arc;

use crate::directory::User;
use crate::event::EventKind;
use crate::id::{UserId, UserName};
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, id: &UserId, verifier: Option<&Arc<str>>) -> Outcome {
    let Some(user) = step.state.user(id).map(Arc::clone) else {
        return Err(Refusal::UnknownUser {
            name: UserName::from(id),
        });
    };
    let credential = match verifier {
        Some(verifier) => {
            check::verifier(verifier)?;
            match (step.new_credential(&user, verifier), &user.credential) {
                (None, Some(same)) => {
                    return Ok(Done::CredentialSet {
                        version: same.version,
                    });
                }
                (new, _) => new,
            }
        }
        None => None,
    };
    let version = step.epoch().0;
    if credential.is_some() || user.credential.is_some() {
        let record = Arc::new(User {
            credential,
            ..User::clone(&user)
        });
        step.state.users.insert(id.clone(), Arc::clone(&record));
        step.emit(EventKind::UserPut(record));
        step.emit(EventKind::CredentialChanged {
            user: id.clone(),
            version,
        });
    }
    Ok(Done::CredentialSet { version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login_with, named};
    use crate::command::Action;

    fn set(user: &str, verifier: Option<&str>) -> Action {
        Action::SetCredential {
            user: named(user),
            verifier: verifier.map(Arc::from),
        }
    }

    fn version(outcome: Outcome) -> u64 {
        match outcome {
            Ok(Done::CredentialSet { version }) => version,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_login_needs_the_version_that_is_current() {
        let mut world = World::office();
        let first = version(world.run(set("ada", Some("one"))));
        assert!(world.run(login_with("ada", "chi-1", first)).is_ok());
        let second = version(world.run(set("ada", Some("two"))));
        assert!(second > first);
        let refusal = Refusal::CredentialChanged { user: named("ada") };
        assert_eq!(world.run(login_with("ada", "chi-1", first)), Err(refusal));
        assert!(world.run(login_with("ada", "chi-1", second)).is_ok());
    }

    /// Were versions counted from one again, a check against the old PIN would pass for the new.
    #[test]
    fn a_version_never_comes_back() {
        let mut world = World::office();
        let old = version(world.run(set("ada", Some("one"))));
        let removed = version(world.run(set("ada", None)));
        assert_eq!(world.user("ada").credential, None);
        assert_eq!(
            world.run(login_with("ada", "chi-1", removed)).unwrap_err().name(),
            "no_credential"
        );
        let new = version(world.run(set("ada", Some("two"))));
        let ada = world.user("ada");
        world.run(Action::DeleteUser(named("ada"))).unwrap();
        world.run(Action::PutUser(User::clone(&ada))).unwrap();
        let newest = version(world.run(set("ada", Some("one"))));
        assert!(old < removed && removed < new && new < newest);
    }

    #[test]
    fn a_change_is_told_with_the_record_and_no_change_is_not_told() {
        let mut world = World::office();
        let (outcome, events) = world.act(set("ada", Some("one")));
        let changed = EventKind::CredentialChanged {
            user: named("ada"),
            version: version(outcome.clone()),
        };
        assert_eq!(events, vec![EventKind::UserPut(world.user("ada")), changed]);
        assert_eq!(world.act(set("ada", Some("one"))), (outcome, vec![]));
        world.run(set("ada", None)).unwrap();
        assert_eq!(world.act(set("ada", None)).1, vec![]);
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let long = "v".repeat(513);
        assert_eq!(
            world.run(set("nobody", Some(&long))).unwrap_err().name(),
            "unknown_user"
        );
        assert_eq!(
            world.run(set("ada", Some(&long))).unwrap_err().name(),
            "invalid_record"
        );
        assert_eq!(
            world.run(set("ada", Some(""))).unwrap_err().name(),
            "invalid_record"
        );
    }
}
