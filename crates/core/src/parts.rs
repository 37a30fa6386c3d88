//! The state taken apart for a snapshot, and put together again.
//!
//! A snapshot holds records only. The indexes are rebuilt with the same functions that keep them up to date, and
//! the records are checked against each other: a damaged snapshot is refused here, not found out by a caller
//! whose phone shows somebody else's name.

use std::sync::Arc;

use imbl::OrdMap;

use crate::invariants::Violation;
use crate::session::Session;
use crate::state::{Parts, State};

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
        for user in parts.users {
            state.claim_names(&user)?;
            state.link_user(&user);
            insert_new(&mut state.users, "a user is there once", user.id.clone(), user)?;
        }
        for device in parts.devices {
            state.link_device(&device);
            insert_new(
                &mut state.devices,
                "a device is there once",
                device.id.clone(),
                device,
            )?;
        }
        // A user's sessions are listed by age, and epochs only rise.
        let mut sessions = parts.sessions;
        sessions.sort_by_key(|session: &Arc<Session>| session.epoch);
        for session in sessions {
            if let Some(other) = state.session_at(&session.device) {
                let detail = format!("{} and {} at {}", other.user, session.user, session.device);
                return Err(Violation {
                    rule: "a device has at most one session",
                    detail,
                });
            }
            state.link(&session);
        }
        state.audit = parts.audit.into_iter().collect();
        state.check_records()?;
        Ok(state)
    }

    fn claim_names(&self, user: &crate::User) -> Result<(), Violation> {
        for (_, name) in user.names() {
            if let Some(owner) = self.names.get(&name).filter(|owner| **owner != user.id) {
                let detail = format!("{name} belongs to {owner} and {}", user.id);
                return Err(Violation {
                    rule: "a name belongs to one user",
                    detail,
                });
            }
        }
        Ok(())
    }
}

fn insert_new<K, V>(map: &mut OrdMap<K, V>, rule: &'static str, key: K, value: V) -> Result<(), Violation>
where
    K: Ord + Clone + std::fmt::Debug,
    V: Clone,
{
    let detail = map.contains_key(&key).then(|| format!("{key:?} twice"));
    map.insert(key, value);
    detail.map_or(Ok(()), |detail| Err(Violation { rule, detail }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, set_pin, site};
    use crate::command::{Action, ImportRow, RequestId};
    use crate::directory::User;

    fn busy() -> World {
        let mut world = World::office();
        world.request(1, login("ada", "chi-1"));
        world.run(login("bob", "ny-1")).unwrap();
        world.run(set_pin("ada")).unwrap();
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

    #[test]
    fn damaged_parts_are_refused() {
        type Damage = (&'static str, fn(&mut Parts));
        let damages: [Damage; 8] = [
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
                parts.index = 1
            }),
        ];
        for (rule, damage) in damages {
            let mut parts = busy().state.parts();
            damage(&mut parts);
            assert_eq!(State::restore(parts).unwrap_err().rule, rule);
        }
    }
}
