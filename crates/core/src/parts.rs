//! The state taken apart for a snapshot, and put together again.
//!
//! A snapshot holds records only. The indexes are rebuilt, and the records checked against each other: a damaged
//! snapshot is refused here, not found out by a caller whose phone shows somebody else's name.
//!
//! A node starts with this, so it matters that a million users take seconds: everything is entered in the order
//! of its keys, which keeps the same few tree nodes in the processor's cache.

use std::fmt::Debug;
use std::sync::Arc;

use imbl::OrdMap;

use crate::invariants::Violation;
use crate::session::Session;
use crate::state::{Devices, Parts, State};

impl State {
    /// What a snapshot holds: records in key order, no indexes. Takes time with the size of the state; a
    /// [`clone`](Clone::clone), taken first, does not, and can be taken apart elsewhere.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            clock: self.clock,
            index: self.index,
            defaults: self.defaults,
            sites: self.sites.values().map(Arc::clone).collect(),
            groups: self.groups.values().map(Arc::clone).collect(),
            users: self.users.values().map(Arc::clone).collect(),
            devices: self.devices.values().map(Arc::clone).collect(),
            edges: self.edges.values().map(Arc::clone).collect(),
            sessions: self.sessions.values().map(Arc::clone).collect(),
            answered: self
                .answered_in_order()
                .map(|(id, answered)| (id, Arc::clone(answered)))
                .collect(),
            audit: self.audit.iter().map(Arc::clone).collect(),
            imports: self
                .imports()
                .map(|(id, import)| (id, Arc::clone(import)))
                .collect(),
            waiting: self.waiting.values().map(Arc::clone).collect(),
            enrolment_tokens: self.enrolment_tokens.values().map(Arc::clone).collect(),
        }
    }

    /// The state from what a snapshot holds; rebuilds all indexes.
    ///
    /// # Errors
    /// The first broken invariant, when the parts contradict each other.
    pub fn restore(parts: Parts) -> Result<Self, Violation> {
        let mut state = Self {
            clock: parts.clock,
            index: parts.index,
            defaults: parts.defaults,
            ..Self::default()
        };
        for (id, answered) in parts.answered {
            insert_new(&mut state.answered, "a request is answered once", id, answered)?;
            state.answered_order.push_back(id);
        }
        for (id, import) in parts.imports {
            state.staged_rows += import.rows.len();
            insert_new(&mut state.imports, "an import is there once", id, import)?;
        }
        for site in parts.sites {
            insert_new(&mut state.sites, "a site is there once", site.id.clone(), site)?;
        }
        for group in parts.groups {
            insert_new(
                &mut state.groups,
                "a group is there once",
                group.id.clone(),
                group,
            )?;
        }
        for user in in_two_passes(parts.users) {
            state.link_user(&user);
            insert_new(&mut state.users, "a user is there once", user.id.clone(), user)?;
        }
        for device in in_two_passes(parts.devices) {
            if device
                .indexed_mac()
                .is_some_and(|mac| state.device_by_mac(&mac).is_some())
            {
                let detail = format!("{:?} of {} twice", device.mac, device.id);
                let rule = "a MAC address belongs to one device";
                return Err(Violation { rule, detail });
            }
            state.link_device(&device);
            insert_new(
                &mut state.devices,
                "a device is there once",
                device.id.clone(),
                device,
            )?;
        }
        for edge in parts.edges {
            insert_new(&mut state.edges, "an edge is there once", edge.id.clone(), edge)?;
        }
        for session in in_two_passes(parts.sessions) {
            let rule = "a device has at most one session";
            insert_new(&mut state.sessions, rule, session.device.clone(), session)?;
        }
        for phone in parts.waiting {
            insert_new(&mut state.waiting, "a phone waits once", phone.phone.mac, phone)?;
        }
        for token in parts.enrolment_tokens {
            let rule = "an enrolment token is there once";
            insert_new(&mut state.enrolment_tokens, rule, token.hash, token)?;
        }
        state.audit = parts.audit.into_iter().collect();
        state.index_sessions();
        state.homes_due = state.empty_homes();
        state.check_records()?;
        Ok(state)
    }

    fn index_sessions(&mut self) {
        let mut sessions: Vec<&Arc<Session>> = self.sessions.values().collect();
        // A user's sessions are listed by age, and epochs only rise.
        sessions.sort_unstable_by(|a, b| (&a.user, a.epoch).cmp(&(&b.user, b.epoch)));
        let of_users: Vec<_> = sessions.chunk_by(|a, b| a.user == b.user).collect();
        for of_user in in_two_passes(of_users) {
            let devices: Vec<_> = of_user.iter().map(|session| session.device.clone()).collect();
            let user = &of_user[0].user;
            if devices.len() > 1 {
                self.several.insert(user.clone());
            }
            if let Some(devices) = Devices::new(&devices) {
                self.by_user.insert(user.clone(), devices);
            }
        }
        let due = sessions
            .iter()
            .filter_map(|session| Some((session.deadline?, &session.device)));
        let mut due: Vec<_> = due.collect();
        due.sort_unstable();
        self.deadlines
            .extend(in_two_passes(due).map(|(deadline, device)| (deadline, device.clone())));
    }
}

/// Three of five, then the other two, each in order. A tree filled in order splits its nodes in the middle and
/// leaves them half full; the second pass fills them up, which saves a third of the trees' memory.
fn in_two_passes<T>(items: Vec<T>) -> impl Iterator<Item = T> {
    let mut first = Vec::with_capacity(items.len());
    let mut second = Vec::with_capacity(items.len() * 2 / 5 + 1);
    for (number, item) in items.into_iter().enumerate() {
        if number % 5 < 3 {
            first.push(item)
        } else {
            second.push(item)
        }
    }
    first.into_iter().chain(second)
}

fn insert_new<K, V>(map: &mut OrdMap<K, V>, rule: &'static str, key: K, value: V) -> Result<(), Violation>
where
    K: Ord + Clone + Debug,
    V: Clone,
{
    let count = map.len();
    let shown = key.clone();
    map.insert(key, value);
    if map.len() == count {
        return Err(Violation {
            rule,
            detail: format!("{shown:?} twice"),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, edge, login, named, served, set_pin, site};
    use crate::command::{Action, ImportRow, RequestId};
    use crate::directory::{Device, User};
    use crate::session::Epoch;

    fn busy() -> World {
        let mut world = World::office();
        world.request(1, login("ada", "chi-1"));
        world.run(login("bob", "ny-1")).unwrap();
        world.run(set_pin("ada")).unwrap();
        world.run(Action::PutEdge(edge("chi-edge", "chicago"))).unwrap();
        world.run(served("chi-2", "chi-edge")).unwrap();
        let rows = vec![ImportRow::Site(site("austin"))];
        world.request(
            2,
            Action::ImportStage {
                import: RequestId(3),
                first_row: 0,
                rows,
            },
        );
        world
    }

    #[test]
    fn what_is_taken_apart_is_put_together_again() {
        let world = busy();
        let parts = world.state.parts();
        let restored = State::restore(parts.clone()).unwrap();
        restored.check().unwrap();
        assert_eq!(restored.parts(), parts);
        assert_eq!(restored.next_deadline(), world.state.next_deadline());
        assert_eq!(
            State::restore(State::new().parts()).unwrap().parts(),
            Parts::default()
        );
    }

    fn change_device(parts: &mut Parts, change: impl FnOnce(&mut Device)) {
        change(Arc::make_mut(&mut parts.devices[0]));
    }

    #[test]
    fn damaged_parts_are_refused() {
        type Damage = (&'static str, fn(&mut Parts));
        let damages: [Damage; 13] = [
            ("a stamp is of the past", |parts| parts.index = 1),
            ("a device's owner exists", |parts| {
                change_device(parts, |device| device.owner = Some(named("nobody")));
            }),
            ("a MAC address belongs to one device", |parts| {
                change_device(parts, |device| device.mac = Some(named("00:1a:2b:3c:4d:5e")));
                let mut twice = Device::clone(&parts.devices[0]);
                twice.id = named("chi-0");
                parts.devices.insert(0, Arc::new(twice));
            }),
            ("an edge's site exists", |parts| {
                parts.edges.push(Arc::new(edge("aus-edge", "austin")));
            }),
            ("a device's edge exists", |parts| parts.edges.clear()),
            ("a device has at most one session", |parts| {
                let twice = Arc::clone(&parts.sessions[0]);
                parts.sessions.push(twice);
            }),
            ("a session's user exists", |parts| parts.users.clear()),
            ("a session's device exists and stands at its site", |parts| {
                parts.devices.clear();
            }),
            ("a device's site exists", |parts| parts.sites.clear()),
            ("a name belongs to one user", |parts| {
                let bob = User {
                    aliases: vec!["ada".parse().unwrap()],
                    ..User::clone(&parts.users[1])
                };
                parts.users[1] = Arc::new(bob);
            }),
            (
                "a user has at most the sessions that the policy allows",
                |parts| {
                    let second = Session {
                        user: parts.sessions[0].user.clone(),
                        ..Session::clone(&parts.sessions[1])
                    };
                    parts.sessions[1] = Arc::new(second);
                },
            ),
            ("a request is answered once", |parts| {
                let twice = parts.answered[0].clone();
                parts.answered.push(twice);
            }),
            ("an epoch comes from an entry that has been applied", |parts| {
                let session = Session {
                    epoch: Epoch::at(99, 0),
                    ..Session::clone(&parts.sessions[0])
                };
                parts.sessions[0] = Arc::new(session);
            }),
        ];
        for (rule, damage) in damages {
            let mut parts = busy().state.parts();
            damage(&mut parts);
            assert_eq!(State::restore(parts).unwrap_err().rule, rule);
        }
    }
}
