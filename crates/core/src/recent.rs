//! Who was logged in at a phone lately, from the audit trail: so that a name need not be typed on a keypad.

use std::sync::Arc;

use crate::directory::User;
use crate::event::EventKind;
use crate::id::{DeviceId, SiteId};
use crate::session::Session;
use crate::state::State;

/// How many events of the audit trail are looked at, the newest first: some hundred microseconds.
const RECENT_SCAN_MAX: usize = 2000;
/// Who asks for the session of an owner at the own phone; see [`Device::owner`](crate::Device::owner).
pub(crate) const OWNER: &str = "owner";

/// Where somebody was logged in.
#[derive(Clone, Copy, Debug)]
pub enum RecentAt<'a> {
    /// At this phone.
    Device(&'a DeviceId),
    /// At any phone of this office.
    Site(&'a SiteId),
}

impl State {
    /// The users who logged in at a phone or an office lately, each once, the last one first; at most `count`. Only who
    /// still exists and may log in; a phone's owner coming home by itself does not count. Sees as far back as the last
    /// 2,000 events of the audit trail.
    #[must_use]
    pub fn recent_at(&self, place: RecentAt<'_>, count: usize) -> Vec<Arc<User>> {
        let is_there = |session: &Session| match place {
            RecentAt::Device(device) => session.device == *device,
            RecentAt::Site(site) => session.site == *site,
        };
        let mut users: Vec<Arc<User>> = Vec::new();
        for event in self.audit().rev().take(RECENT_SCAN_MAX) {
            if users.len() >= count {
                break;
            }
            let EventKind::SessionStarted(session) = &event.kind else {
                continue;
            };
            let is_new = users.iter().all(|user| user.id != session.user);
            if is_new && is_there(session) && session.by != OWNER {
                let user = self.user(&session.user).filter(|user| user.enabled);
                users.extend(user.map(Arc::clone));
            }
        }
        users
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, named};
    use crate::command::Action;

    fn ids(users: Vec<Arc<User>>) -> Vec<String> {
        users.iter().map(|user| user.id.to_string()).collect()
    }

    #[test]
    fn who_was_here_last_comes_first_and_once() {
        let mut world = World::office();
        for (user, device) in [
            ("ada", "chi-1"),
            ("bob", "chi-1"),
            ("ada", "chi-1"),
            ("bob", "ny-1"),
        ] {
            world.run(login(user, device)).unwrap();
        }
        let chi_1 = named("chi-1");
        let at_phone = |world: &World, count| ids(world.state.recent_at(RecentAt::Device(&chi_1), count));
        assert_eq!(at_phone(&world, 5), ["ada", "bob"]);
        assert_eq!(at_phone(&world, 1), ["ada"]);
        let new_york = named("new-york");
        assert_eq!(ids(world.state.recent_at(RecentAt::Site(&new_york), 5)), ["bob"]);
        let ada = User {
            enabled: false,
            ..User::clone(&world.user("ada"))
        };
        world.run(Action::PutUser(ada)).unwrap();
        assert_eq!(at_phone(&world, 5), ["bob"], "who may not log in is not offered");
    }
}
