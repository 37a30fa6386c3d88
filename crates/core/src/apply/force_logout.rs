//! Forced logout: an administrator ends sessions at a phone, of a user, or at a whole site.
//!
//! Checks: the target is known. The note is cut to its bound rather than refused, because whoever presses this
//! button should not have to count bytes. A site is cleared [`FORCE_LOGOUT_MAX`] sessions at a time; finding them
//! walks all sessions, which is milliseconds even for a million, and sites are not cleared often enough to pay
//! for an index with every login.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::command::{FORCE_LOGOUT_MAX, ForceTarget, NOTE_BYTES_MAX};
use crate::event::EventKind;
use crate::id::SiteId;
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;
use crate::session::{EndReason, Session};

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, target: &ForceTarget, note: &SmolStr) -> Outcome {
    let mut sessions = match target {
        ForceTarget::Device(device) => step.sessions_at(device)?,
        ForceTarget::User(name) => step.sessions_under(name)?,
        ForceTarget::Site(site) => sessions_in(step, site)?,
    };
    let more = sessions.len() > FORCE_LOGOUT_MAX;
    sessions.truncate(FORCE_LOGOUT_MAX);
    let note = check::cut(note, NOTE_BYTES_MAX);
    if !sessions.is_empty() {
        let count = u32::try_from(sessions.len()).unwrap_or(u32::MAX);
        step.emit(EventKind::Forced {
            sessions: count,
            note: note.clone(),
        });
    }
    let ended = step.end_all(&sessions, &EndReason::Forced { note });
    Ok(Done::LoggedOut { ended, more })
}

/// The sessions at a known site, one more than may end, so that the caller sees that there are more.
fn sessions_in(step: &Step<'_>, site: &SiteId) -> Result<Vec<Arc<Session>>, Refusal> {
    if step.state.site(site).is_none() {
        return Err(Refusal::UnknownSite { site: site.clone() });
    }
    let there = step.state.sessions().filter(|session| session.site == *site);
    Ok(there.take(FORCE_LOGOUT_MAX + 1).map(Arc::clone).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, login, named, user};
    use crate::command::Action;

    fn force(target: ForceTarget) -> Action {
        Action::ForceLogout {
            target,
            note: "fire\ndrill".into(),
        }
    }

    #[test]
    fn a_site_is_cleared_and_the_others_stay() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        world.run(login("bob", "ny-1")).unwrap();
        let session = world.session("chi-1");
        let (outcome, events) = world.act(force(ForceTarget::Site(named("chicago"))));
        assert!(matches!(outcome, Ok(Done::LoggedOut { ended, more: false }) if ended.len() == 1));
        let reason = EndReason::Forced {
            note: "fire drill".into(),
        };
        let forced = EventKind::Forced {
            sessions: 1,
            note: "fire drill".into(),
        };
        assert_eq!(events, vec![forced, EventKind::SessionEnded { session, reason }]);
        assert_eq!(world.devices_of("bob"), ["ny-1"]);
    }

    #[test]
    fn a_user_and_a_phone_can_be_cleared() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        world.run(login("bob", "ny-1")).unwrap();
        world.run(force(ForceTarget::User(named("2041")))).unwrap();
        world.run(force(ForceTarget::Device(named("ny-1")))).unwrap();
        assert_eq!(world.state.counts().sessions, 0);
        let (outcome, events) = world.act(force(ForceTarget::User(named("ada"))));
        assert_eq!(
            (outcome, events),
            (
                Ok(Done::LoggedOut {
                    ended: vec![],
                    more: false
                }),
                vec![]
            )
        );
    }

    #[test]
    fn unknown_targets_are_refused() {
        let mut world = World::office();
        for (target, refusal) in [
            (ForceTarget::Device(named("x")), "unknown_device"),
            (ForceTarget::User(named("x")), "unknown_user"),
            (ForceTarget::Site(named("x")), "unknown_site"),
        ] {
            assert_eq!(world.run(force(target)).unwrap_err().name(), refusal);
        }
    }

    #[test]
    fn a_large_site_is_cleared_in_parts() {
        let mut world = World::office();
        for n in 0..=FORCE_LOGOUT_MAX {
            world.run(Action::PutUser(user(&format!("u{n}")))).unwrap();
            world
                .run(Action::PutDevice(device(&format!("d{n}"), "chicago")))
                .unwrap();
            world.run(login(&format!("u{n}"), &format!("d{n}"))).unwrap();
        }
        let clear = || force(ForceTarget::Site(named("chicago")));
        let parts = [world.run(clear()), world.run(clear())];
        let parts = parts.map(|part| match part {
            Ok(Done::LoggedOut { ended, more }) => (ended.len(), more),
            other => panic!("{other:?}"),
        });
        assert_eq!(parts, [(FORCE_LOGOUT_MAX, true), (1, false)]);
    }
}
