//! What must always be true of a state, in one place.
//!
//! `apply` keeps these; snapshots and tests check them. Two halves: records against each other
//! (`check_records`, also what a restored snapshot must pass), and indexes against the records they are made
//! from (`check_indexes`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::id::{DeviceId, UserId};
use crate::phones::{ENROLMENT_TOKENS_MAX, FORMER_SEEDS_MAX, FormerSeed, WAITING_MAX};
use crate::session::Session;
use crate::state::{Devices, State};

/// A broken invariant: a bug, or a damaged snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("broken invariant {rule}: {detail}")]
pub struct Violation {
    /// Which rule.
    pub rule: &'static str,
    /// The values that break it.
    pub detail: String,
}

type Checked = Result<(), Violation>;

impl State {
    /// Checks all invariants; takes time with the size of the state.
    ///
    /// That a device has at most one session needs no check: sessions are a map from device to session.
    ///
    /// # Errors
    /// The first broken invariant.
    pub fn check(&self) -> Result<(), Violation> {
        self.check_records()?;
        self.check_indexes()
    }

    /// Records against each other.
    pub(crate) fn check_records(&self) -> Checked {
        for device in self.devices.values() {
            let known = self.sites.contains_key(&device.site);
            ensure(known, "a device's site exists", || {
                format!("{} at {}", device.id, device.site)
            })?;
            let unknown = device
                .allowed_groups
                .iter()
                .find(|group| !self.groups.contains_key(*group));
            ensure(unknown.is_none(), "a device's groups exist", || {
                format!("{}: {unknown:?}", device.id)
            })?;
            let served = device
                .serving
                .as_ref()
                .is_none_or(|edge| self.edges.contains_key(edge));
            ensure(served, "a device's edge exists", || {
                format!("{}: {:?}", device.id, device.serving)
            })?;
        }
        for (id, edge) in &self.edges {
            ensure(*id == edge.id, "an edge is kept under its id", || id.to_string())?;
            let known = self.sites.contains_key(&edge.site);
            ensure(known, "an edge's site exists", || {
                format!("{} at {}", edge.id, edge.site)
            })?;
        }
        self.check_phones()?;
        for user in self.users.values() {
            let known = user
                .group
                .as_ref()
                .is_none_or(|group| self.groups.contains_key(group));
            ensure(known, "a user's group exists", || {
                format!("{}: {:?}", user.id, user.group)
            })?;
        }
        self.check_names()?;
        self.check_sessions()?;
        for (_, answered) in self.answered_in_order() {
            let in_past = answered.index <= self.index && answered.at <= self.clock;
            ensure(in_past, "an answer is of the past", || format!("{answered:?}"))?;
        }
        Ok(())
    }

    /// Owners, stamps, tokens, and phones that wait.
    fn check_phones(&self) -> Checked {
        for device in self.devices.values() {
            let known = device
                .owner
                .as_ref()
                .is_none_or(|owner| self.users.contains_key(owner));
            ensure(known, "a device's owner exists", || {
                format!("{}: {:?}", device.id, device.owner)
            })?;
            let shown = device.shown.map_or(0, |shown| shown.stamp);
            let in_past = device.changed <= self.index && shown <= self.index;
            ensure(in_past, "a stamp is of the past", || {
                format!("{}: {shown}, {} at {}", device.id, device.changed, self.index)
            })?;
            let seeds = &device.former_seeds;
            let is_former =
                |seed: &FormerSeed| Some(seed.seed) != device.secret_seed && seed.replaced <= self.index;
            let former = seeds.len() <= FORMER_SEEDS_MAX && seeds.iter().all(is_former);
            let rule = "former seeds are few, and none of them is the one in force";
            ensure(
                former && (seeds.is_empty() || device.secret_seed.is_some()),
                rule,
                || device.id.to_string(),
            )?;
            let waits = device.mac.is_some_and(|mac| self.waiting.contains_key(&mac));
            ensure(!waits, "a known phone does not wait", || device.id.to_string())?;
        }
        for token in self.enrolment_tokens.values() {
            let known = self.sites.contains_key(&token.site) && token.uses > 0;
            ensure(known, "an enrolment token's site exists", || format!("{token:?}"))?;
        }
        let few = self.waiting.len() <= WAITING_MAX && self.enrolment_tokens.len() <= ENROLMENT_TOKENS_MAX;
        ensure(few, "phones that wait and tokens are bounded", || {
            format!(
                "{} wait, {} tokens",
                self.waiting.len(),
                self.enrolment_tokens.len()
            )
        })
    }

    /// Every name leads to its user; with a name twice, one of the two would be led to the other.
    fn check_names(&self) -> Checked {
        for user in self.users.values() {
            let taken = self.names.get(user.id.as_str());
            ensure(taken.is_none(), "a name belongs to one user", || {
                format!("{}: {taken:?}", user.id)
            })?;
            for name in user.indexed_names() {
                let owner = self.names.get(&name);
                let is_own = owner == Some(&user.id);
                ensure(is_own, "a name belongs to one user", || {
                    format!("{name}: {}, {owner:?}", user.id)
                })?;
            }
        }
        Ok(())
    }

    /// Sessions and devices are in the same order, logged-in users and users as well: walking along both is
    /// much quicker than a million look-ups each.
    fn check_sessions(&self) -> Checked {
        let mut devices = self.devices.values();
        let mut epochs = Vec::with_capacity(self.sessions.len());
        for session in self.sessions.values() {
            let device = devices.find(|device| device.id >= session.device);
            let stands_there =
                device.is_some_and(|device| device.id == session.device && device.site == session.site);
            let rule = "a session's device exists and stands at its site";
            ensure(stands_there, rule, || format!("{session:?}"))?;
            self.check_times(session)?;
            epochs.push(session.epoch);
        }
        epochs.sort_unstable();
        let twice = epochs.windows(2).find(|pair| pair[0] == pair[1]);
        ensure(twice.is_none(), "an epoch belongs to one session", || {
            format!("{twice:?}")
        })?;

        let mut users = self.users.values();
        for (id, devices) in &self.by_user {
            let user = users.find(|user| user.id >= *id).filter(|user| user.id == *id);
            ensure(user.is_some(), "a session's user exists", || {
                format!("{id} at {devices:?}")
            })?;
            let count = devices.as_slice().len();
            if let (Some(user), true) = (user, count > 1) {
                let max = self.policy_of(user).multiple_logins.sessions_max();
                let rule = "a user has at most the sessions that the policy allows";
                ensure(count <= max, rule, || {
                    format!("{id} has {count} of {max}: {devices:?}")
                })?;
            }
        }
        Ok(())
    }

    fn check_times(&self, session: &Session) -> Checked {
        let rule = "an epoch comes from an entry that has been applied";
        ensure(session.epoch.index() <= self.index, rule, || {
            format!("{session:?} at {}", self.index)
        })?;
        let in_past = session.since <= session.last_active && session.last_active <= self.clock;
        ensure(in_past, "a session's times are of the past", || {
            format!("{session:?} at {}", self.clock)
        })
    }

    /// Indexes against what is rebuilt from the records. The rebuilding is written anew here, so that it does
    /// not repeat a mistake of the code that it checks.
    fn check_indexes(&self) -> Checked {
        for (id, session) in &self.sessions {
            ensure(
                *id == session.device,
                "a session is kept under its device",
                || id.to_string(),
            )?;
        }

        let mut names = BTreeMap::new();
        let mut group_users = BTreeMap::new();
        for (id, user) in &self.users {
            ensure(*id == user.id, "a user is kept under its id", || id.to_string())?;
            for name in user.indexed_names() {
                names.insert(name, id.clone());
            }
            if let Some(group) = &user.group {
                *group_users.entry(group.clone()).or_insert(0) += 1;
            }
        }
        same("names", &self.names, &names)?;
        same("group_users", &self.group_users, &group_users)?;

        let mut site_devices = BTreeMap::new();
        let mut group_devices = BTreeMap::new();
        for (id, device) in &self.devices {
            ensure(*id == device.id, "a device is kept under its id", || {
                id.to_string()
            })?;
            *site_devices.entry(device.site.clone()).or_insert(0) += 1;
            for group in &device.allowed_groups {
                *group_devices.entry(group.clone()).or_insert(0) += 1;
            }
        }
        self.check_phone_indexes()?;
        same("site_devices", &self.site_devices, &site_devices)?;
        same("group_devices", &self.group_devices, &group_devices)?;
        self.check_session_indexes()?;

        let order: Vec<_> = self.answered_order.iter().collect();
        let listed: BTreeSet<_> = order.iter().collect();
        let complete = order.len() == self.answered.len() && listed.len() == order.len();
        let complete = complete && order.iter().all(|id| self.answered.contains_key(*id));
        ensure(complete, "the order of answers lists each answer once", || {
            format!("{} listed, {} kept", order.len(), self.answered.len())
        })?;
        let rows: usize = self.imports.values().map(|import| import.rows.len()).sum();
        ensure(rows == self.staged_rows, "staged rows are counted", || {
            format!("{rows} there, {} counted", self.staged_rows)
        })
    }

    fn check_phone_indexes(&self) -> Checked {
        let (mut macs, mut owned, mut due) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for (id, device) in &self.devices {
            let is_known = id.mac().is_none() || device.mac == id.mac();
            let leads_here = device
                .mac
                .is_none_or(|mac| self.device_by_mac(&mac).is_some_and(|found| found.id == *id));
            ensure(
                is_known && leads_here,
                "a MAC address belongs to one device",
                || format!("{id}: {:?}", device.mac),
            )?;
            if let Some(mac) = device.indexed_mac() {
                macs.insert(mac, id.clone());
            }
            let wanted = self.wanted_stamp(id);
            ensure(wanted <= self.index, "a stamp is of the past", || {
                format!("{id} should show {wanted} at {}", self.index)
            })?;
            let Some(owner) = &device.owner else { continue };
            owned.insert((owner.clone(), id.clone()));
            let is_in = self.sessions.values().any(|session| session.user == *owner);
            let may_be_in = self
                .users
                .get(owner)
                .is_some_and(|user| user.enabled && user.failures.locked_until.is_none());
            let is_free = device.enabled && !device.stays_neutral && !self.sessions.contains_key(id);
            if is_free && may_be_in && !is_in {
                due.insert(id.clone());
            }
        }
        same("macs", &self.macs, &macs)?;
        ensure(self.owned.iter().eq(&owned), "index owned is right", || {
            format!("{:?} should be {owned:?}", self.owned)
        })?;
        ensure(self.homes_due.iter().eq(&due), "owners are at home", || {
            format!("{:?} should be {due:?}", self.homes_due)
        })
    }

    fn check_session_indexes(&self) -> Checked {
        let mut by_age: Vec<_> = self.sessions.values().collect();
        by_age.sort_by_key(|session| session.epoch);
        let mut by_user: BTreeMap<UserId, Vec<DeviceId>> = BTreeMap::new();
        for session in &by_age {
            by_user
                .entry(session.user.clone())
                .or_default()
                .push(session.device.clone());
        }
        let several: BTreeSet<_> = by_user
            .iter()
            .filter(|(_, d)| d.len() > 1)
            .map(|(id, _)| id)
            .collect();
        ensure(
            self.several.iter().eq(several.iter().copied()),
            "index several is right",
            || format!("{:?} should be {several:?}", self.several),
        )?;
        let by_user = by_user
            .into_iter()
            .filter_map(|(id, devices)| Some((id, Devices::new(&devices)?)));
        let by_user = by_user.collect();
        same("by_user", &self.by_user, &by_user)?;

        let due = by_age
            .iter()
            .filter_map(|session| Some((session.deadline?, session.device.clone())));
        let deadlines: BTreeSet<_> = due.collect();
        ensure(
            self.deadlines.iter().eq(&deadlines),
            "index deadlines is right",
            || format!("{:?} should be {deadlines:?}", self.deadlines),
        )
    }

    /// What `apply` asserts in debug builds: sizes always, everything while the state is small, so that tests
    /// over large states stay quick.
    #[cfg(debug_assertions)]
    pub(crate) fn assert_invariants(&self) {
        const SMALL: usize = 200;
        let sessions = self.sessions.len();
        assert_eq!(
            self.answered.len(),
            self.answered_order.len(),
            "answers and their order differ"
        );
        assert!(
            self.deadlines.len() <= sessions,
            "{} deadlines, {sessions}",
            self.deadlines.len()
        );
        assert!(
            self.by_user.len() <= sessions,
            "{} users in, {sessions}",
            self.by_user.len()
        );
        assert!(
            self.several.len() <= self.by_user.len(),
            "{} with several",
            self.several.len()
        );
        let counts = self.counts();
        if counts.users + counts.devices + counts.sites + self.answered.len() <= SMALL
            && let Err(violation) = self.check()
        {
            panic!("entry {}: {violation}", self.index);
        }
    }
}

fn ensure(holds: bool, rule: &'static str, detail: impl FnOnce() -> String) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Violation {
            rule,
            detail: detail(),
        })
    }
}

/// An index against its rebuilt self; the first difference is told.
fn same<K, V>(index: &'static str, kept: &imbl::OrdMap<K, V>, rebuilt: &BTreeMap<K, V>) -> Checked
where
    K: Ord + Debug,
    V: PartialEq + Debug,
{
    let is_same = kept.len() == rebuilt.len() && kept.iter().eq(rebuilt.iter());
    ensure(is_same, "an index is what its records make it", || {
        let differs = kept
            .iter()
            .zip(rebuilt.iter())
            .find(|(kept, rebuilt)| kept != rebuilt);
        format!(
            "{index}: {} kept, {} rebuilt, first {differs:?}",
            kept.len(),
            rebuilt.len()
        )
    })
}
