//! Logout: a user leaves a phone, or all phones.
//!
//! Checks, in this order: the phone or user is known; with an epoch, the session is still the one that was meant
//! (a logout that was late must not end a newer session); no phone at which a session would end is on hold. Where there is no session, nothing ends and that is fine:
//! logging out twice must not be an error on anybody's screen.

use std::sync::Arc;

use crate::command::LogoutTarget;
use crate::id::{DeviceId, UserName};
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;
use crate::session::{EndReason, Epoch, Session};

use super::Step;

pub(super) fn apply(step: &mut Step<'_>, target: &LogoutTarget, epoch: Option<Epoch>) -> Outcome {
    let sessions = match target {
        LogoutTarget::Device(device) => step.sessions_at(device)?,
        LogoutTarget::User(name) => step.sessions_under(name)?,
    };
    let meant = |session: &&Arc<Session>| epoch.is_none_or(|epoch| session.epoch == epoch);
    let ending: Vec<_> = sessions.iter().filter(meant).map(Arc::clone).collect();
    if ending.is_empty()
        && let Some(newest) = sessions.last()
    {
        return Err(Refusal::StaleEpoch {
            device: newest.device.clone(),
        });
    }
    for device in ending
        .iter()
        .filter_map(|session| step.state.device(&session.device))
    {
        step.check_not_held(device)?;
    }
    let ended = step.end_all(&ending, &EndReason::LoggedOut);
    Ok(Done::LoggedOut { ended, more: false })
}

impl Step<'_> {
    /// The session at a known phone, if any.
    pub(super) fn sessions_at(&self, device: &DeviceId) -> Result<Vec<Arc<Session>>, Refusal> {
        if self.state.device(device).is_none() {
            return Err(Refusal::UnknownDevice {
                device: device.clone(),
            });
        }
        Ok(self
            .state
            .session_at(device)
            .map(Arc::clone)
            .into_iter()
            .collect())
    }

    /// The sessions of the user with this name, the oldest first.
    pub(super) fn sessions_under(&self, name: &UserName) -> Result<Vec<Arc<Session>>, Refusal> {
        match self.state.find_user(name) {
            Some(user) => Ok(self.state.sessions_of(&user.id).map(Arc::clone).collect()),
            None => Err(Refusal::UnknownUser { name: name.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, logout, named};
    use crate::command::Action;
    use crate::event::EventKind;
    use crate::outcome::EndedSession;
    use crate::policy::MultipleLogins;

    fn of_user(name: &str, epoch: Option<Epoch>) -> Action {
        Action::Logout {
            target: LogoutTarget::User(named(name)),
            epoch,
        }
    }

    fn of_device(device: &str, epoch: Option<Epoch>) -> Action {
        Action::Logout {
            target: LogoutTarget::Device(named(device)),
            epoch,
        }
    }

    #[test]
    fn a_logout_ends_the_session_at_the_phone() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let session = world.session("chi-1");
        let (outcome, events) = world.act(logout("chi-1"));
        let reason = EndReason::LoggedOut;
        let ended = vec![EndedSession {
            session: Session::clone(&session),
            reason: reason.clone(),
        }];
        assert_eq!(outcome, Ok(Done::LoggedOut { ended, more: false }));
        assert_eq!(events, vec![EventKind::SessionEnded { session, reason }]);
    }

    #[test]
    fn logging_out_twice_is_fine() {
        let mut world = World::office();
        let nothing = Ok(Done::LoggedOut {
            ended: vec![],
            more: false,
        });
        assert_eq!(world.act(logout("chi-1")), (nothing.clone(), vec![]));
        assert_eq!(world.act(of_user("ada", Some(Epoch(3)))), (nothing, vec![]));
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        assert_eq!(world.run(logout("nowhere")).unwrap_err().name(), "unknown_device");
        assert_eq!(
            world.run(of_user("nobody", None)).unwrap_err().name(),
            "unknown_user"
        );
        world.run(login("ada", "chi-1")).unwrap();
        let stale = Err(Refusal::StaleEpoch {
            device: named("chi-1"),
        });
        assert_eq!(world.run(of_device("chi-1", Some(Epoch(1)))), stale);
        assert_eq!(world.run(of_user("ada", Some(Epoch(1)))), stale);
        assert_eq!(world.devices_of("ada"), ["chi-1"]);
    }

    #[test]
    fn a_users_logout_ends_all_sessions_or_the_one_with_the_epoch() {
        let mut world = World::office();
        world.allow("ada", MultipleLogins::AllowUpTo(3));
        for device in ["chi-1", "chi-2", "ny-1"] {
            world.run(login("ada", device)).unwrap();
        }
        let middle = world.session("chi-2").epoch;
        world.run(of_user("ada", Some(middle))).unwrap();
        assert_eq!(world.devices_of("ada"), ["chi-1", "ny-1"]);
        world.run(of_user("2041", None)).unwrap();
        assert_eq!(world.devices_of("ada"), Vec::<String>::new());
    }
}
