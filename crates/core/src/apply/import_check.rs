//! Whether the rows of an import are good: each by itself, and all together.
//!
//! "Together" means as the directory would be after the whole import. A user may name a group that a later row
//! creates; two users may swap extensions; a name that an imported user gives up is free. What two rows cannot
//! both have is reported on the later one. Each bad row is reported once, with the first rule that it breaks: it
//! is a row twice, its fields, what it refers to, its names or its address and owner.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::Vector;

use crate::command::ImportRow;
use crate::directory::{Device, User};
use crate::id::{DeviceId, GroupId, SiteId, UserId, UserName};
use crate::mac::MacAddress;
use crate::phones::OWNED_MAX;
use crate::refusal::{ROW_PROBLEMS_MAX, Refusal, RowProblem};
use crate::state::State;

use super::check;

/// The bad rows, the first ones up to [`ROW_PROBLEMS_MAX`], in order.
pub(super) fn problems(state: &State, rows: &Vector<Arc<ImportRow>>) -> Vec<RowProblem> {
    let mut import = Import::of(state, rows);
    let numbered = (0..).zip(rows);
    let bad = numbered.filter_map(|(number, row)| {
        let (field, problem) = import.check(number, row).err()?;
        Some(RowProblem {
            row: number,
            field: field.to_owned(),
            problem,
        })
    });
    bad.take(ROW_PROBLEMS_MAX).collect()
}

/// The field and what is wrong with it.
type Bad = (&'static str, String);

/// What the import brings, and in which row first.
struct Import<'a> {
    state: &'a State,
    sites: BTreeMap<&'a SiteId, u64>,
    groups: BTreeMap<&'a GroupId, u64>,
    users: BTreeMap<&'a UserId, u64>,
    devices: BTreeMap<&'a DeviceId, u64>,
    /// Names that rows so far have claimed.
    names: BTreeMap<UserName, &'a UserId>,
    /// MAC addresses that rows so far have claimed.
    macs: BTreeMap<MacAddress, &'a DeviceId>,
    /// How many phones each owner would have, by rows so far.
    owned: BTreeMap<&'a UserId, usize>,
}

impl<'a> Import<'a> {
    fn of(state: &'a State, rows: &'a Vector<Arc<ImportRow>>) -> Self {
        let mut import = Self {
            state,
            sites: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            devices: BTreeMap::new(),
            names: BTreeMap::new(),
            macs: BTreeMap::new(),
            owned: BTreeMap::new(),
        };
        for (number, row) in (0..).zip(rows) {
            match &**row {
                ImportRow::Site(site) => import.sites.entry(&site.id).or_insert(number),
                ImportRow::Group(group) => import.groups.entry(&group.id).or_insert(number),
                ImportRow::User { user, .. } => import.users.entry(&user.id).or_insert(number),
                ImportRow::Device(device) => import.devices.entry(&device.id).or_insert(number),
            };
        }
        import
    }

    fn check(&mut self, number: u64, row: &'a ImportRow) -> Result<(), Bad> {
        match row {
            ImportRow::Site(site) => {
                once("site", &site.id, &self.sites, number)?;
                check::site(site).map_err(|refusal| bad("", refusal))
            }
            ImportRow::Group(group) => {
                once("group", &group.id, &self.groups, number)?;
                check::group(group).map_err(|refusal| bad("", refusal))
            }
            ImportRow::User { user, verifier } => {
                once("user", &user.id, &self.users, number)?;
                let names = self.claim_names(user);
                check::user(user).map_err(|refusal| bad("", refusal))?;
                verifier
                    .as_deref()
                    .map_or(Ok(()), check::verifier)
                    .map_err(|refusal| bad("", refusal))?;
                check::user_refers(user, |id| self.has_group(id)).map_err(|refusal| bad("group", refusal))?;
                names
            }
            ImportRow::Device(device) => {
                once("device", &device.id, &self.devices, number)?;
                let mac = self.claim_mac(device);
                let owner = self.claim_owner(device);
                check::device(device).map_err(|refusal| bad("", refusal))?;
                let has_site = |id: &SiteId| self.has_site(id);
                let has_group = |id: &GroupId| self.has_group(id);
                check::device_refers(device, has_site, has_group, |id| self.has_user(id)).map_err(
                    |refusal| {
                        let field = match refusal {
                            Refusal::UnknownSite { .. } => "site",
                            Refusal::UnknownUser { .. } => "owner",
                            _ => "allowed_groups",
                        };
                        bad(field, refusal)
                    },
                )?;
                mac.and(owner)
            }
        }
    }

    fn has_site(&self, id: &SiteId) -> bool {
        self.sites.contains_key(id) || self.state.site(id).is_some()
    }

    fn has_group(&self, id: &GroupId) -> bool {
        self.groups.contains_key(id) || self.state.group(id).is_some()
    }

    fn has_user(&self, id: &UserId) -> bool {
        self.users.contains_key(id) || self.state.user(id).is_some()
    }

    /// As with names: what an imported device gives up is free, and a bad row claims all the same.
    fn claim_mac(&mut self, device: &'a Device) -> Result<(), Bad> {
        let Some(mac) = device.mac.or_else(|| device.id.mac()) else {
            return Ok(());
        };
        let taken = |id: &DeviceId| Err(("mac", format!("{mac} belongs to phone {id}")));
        match (self.macs.get(&mac), self.state.device_by_mac(&mac)) {
            (Some(other), _) if **other != device.id => taken(other),
            (None, Some(other)) if other.id != device.id && !self.devices.contains_key(&other.id) => {
                taken(&other.id)
            }
            _ => {
                self.macs.insert(mac, &device.id);
                Ok(())
            }
        }
    }

    /// Counts the owner's phones as they would be after the import.
    fn claim_owner(&mut self, device: &'a Device) -> Result<(), Bad> {
        let Some(owner) = &device.owner else { return Ok(()) };
        let devices = &self.devices;
        let kept = self
            .state
            .devices_of_owner(owner)
            .filter(|known| !devices.contains_key(&known.id));
        let count = self.owned.entry(owner).or_insert_with(|| kept.count());
        *count += 1;
        check::count("owner", *count, OWNED_MAX).map_err(|refusal| bad("owner", refusal))
    }

    /// Claims the user's names even if the row is bad otherwise: once it is corrected it will want them.
    fn claim_names(&mut self, user: &'a User) -> Result<(), Bad> {
        let mut first_bad = Ok(());
        for (field, name) in user.names() {
            let problem = match (self.names.get(&name), self.state.find_user(&name)) {
                (Some(owner), _) if **owner != user.id => {
                    Some(format!("{name} belongs to user {owner} in this import"))
                }
                // Users of the import give up all their old names; what they keep, their own row claims.
                (None, Some(owner)) if owner.id != user.id && !self.users.contains_key(&owner.id) => {
                    Some(format!("{name} already belongs to user {}", owner.id))
                }
                _ => None,
            };
            match problem {
                Some(problem) if first_bad.is_ok() => first_bad = Err((field, problem)),
                Some(_) => {}
                None => {
                    self.names.insert(name, &user.id);
                }
            }
        }
        first_bad
    }
}

fn once<I: Ord + std::fmt::Display>(
    what: &str,
    id: &I,
    first_rows: &BTreeMap<&I, u64>,
    number: u64,
) -> Result<(), Bad> {
    match first_rows.get(id) {
        Some(first) if *first != number => Err(("id", format!("the import has {what} {id} twice"))),
        _ => Ok(()),
    }
}

/// A refusal as a bad row; `field` where the refusal does not name one.
fn bad(field: &'static str, refusal: Refusal) -> Bad {
    match refusal {
        Refusal::InvalidRecord { field, problem } => (field, problem),
        other => (field, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, group, import, named, person, site, user};
    use crate::directory::{Group, Site};
    use crate::policy::{MultipleLogins, PolicyOverrides};

    fn rejected(world: &mut World, rows: &[ImportRow]) -> Vec<(u64, String, String)> {
        let before = world.state.parts();
        let (outcome, events) = import(world, rows);
        assert_eq!(events, vec![]);
        assert_eq!(world.state.users().count(), before.users.len());
        match outcome {
            Err(Refusal::ImportRejected { rows }) => {
                let tell = |RowProblem { row, field, problem }| (row, field, problem);
                rows.into_iter().map(tell).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_two_rows_cannot_both_have_is_reported_on_the_later_one() {
        let mut world = World::office();
        let with = |id: &str, extension: &str| {
            person(User {
                extension: Some(named(extension)),
                ..user(id)
            })
        };
        let rows = [
            with("zoe", "3001"),
            with("yan", "3001"),
            with("zoe", "3002"),
            with("xia", "2041"),
        ];
        let expected = [
            (1, "extension", "3001 belongs to user zoe in this import"),
            (2, "id", "the import has user zoe twice"),
            (3, "extension", "2041 already belongs to user ada"),
        ];
        let expected = expected.map(|(row, field, text)| (row, field.to_owned(), text.to_owned()));
        assert_eq!(rejected(&mut world, &rows), expected);
    }

    #[test]
    fn a_name_that_an_imported_user_keeps_is_not_free() {
        let mut world = World::office();
        let xia = person(User {
            extension: Some(named("2041")),
            ..user("xia")
        });
        let ada = person(User::clone(&world.user("ada")));
        let problem = rejected(&mut world, &[xia, ada]);
        assert_eq!(
            problem,
            [(
                1,
                "extension".into(),
                "2041 belongs to user xia in this import".into()
            )]
        );
    }

    #[test]
    fn addresses_and_owners_are_checked_over_all_rows() {
        let mut world = World::office();
        let mac = "02:00:00:00:00:01";
        let with = |id: &str, mac: Option<&str>, owner: Option<&str>| {
            ImportRow::Device(Device {
                mac: mac.map(named),
                owner: owner.map(named),
                ..device(id, "chicago")
            })
        };
        import(&mut world, &[with("chi-1", Some(mac), None)]).0.unwrap();
        let rows = [
            with("chi-2", Some(mac), Some("zoe")),
            with("hall", None, Some("nobody")),
            with("020000000001", None, None),
            person(user("zoe")),
        ];
        let expected = [
            (0, "mac", "020000000001 belongs to phone chi-1"),
            (1, "owner", "nobody is known as nobody"),
            (2, "mac", "020000000001 belongs to phone chi-1"),
        ];
        let expected = expected.map(|(row, field, text)| (row, field.to_owned(), text.to_owned()));
        assert_eq!(rejected(&mut world, &rows), expected);

        let swapped = [
            with("chi-2", Some(mac), Some("zoe")),
            with("chi-1", Some("02:00:00:00:00:02"), None),
            person(user("zoe")),
        ];
        import(&mut world, &swapped).0.unwrap();
        assert_eq!(
            world.state.device_by_mac(&named(mac)).unwrap().id.as_str(),
            "chi-2"
        );
        assert_eq!(world.devices_of("zoe"), ["chi-2"], "the owner comes home");
        let many = (0..=OWNED_MAX).map(|n| with(&format!("p{n}"), None, Some("ada")));
        let many: Vec<_> = many.collect();
        let bad = rejected(&mut world, &many);
        assert_eq!(
            (bad.len(), bad[0].0, bad[0].1.as_str()),
            (1, OWNED_MAX as u64, "owner")
        );
    }

    #[test]
    fn every_bad_row_is_reported_and_none_is_written() {
        let mut world = World::office();
        let too_many = PolicyOverrides {
            multiple_logins: Some(MultipleLogins::AllowUpTo(99)),
            ..PolicyOverrides::default()
        };
        let rows = [
            person(user("good")),
            ImportRow::Site(Site {
                name: "a\nb".into(),
                ..site("austin")
            }),
            person(User {
                group: Some(named("nowhere")),
                ..user("zoe")
            }),
            ImportRow::Device(device("lobby", "nowhere")),
            ImportRow::Device(Device {
                allowed_groups: vec![named("no")],
                ..device("hall", "austin")
            }),
            ImportRow::User {
                user: user("yan"),
                verifier: Some("".into()),
            },
            ImportRow::Group(Group {
                policy: too_many,
                ..group("staff")
            }),
        ];
        let fields: Vec<_> = rejected(&mut world, &rows)
            .into_iter()
            .map(|(row, field, _)| (row, field))
            .collect();
        let expected = [
            (1, "name"),
            (2, "group"),
            (3, "site"),
            (4, "allowed_groups"),
            (5, "verifier"),
            (6, "multiple_logins"),
        ];
        assert_eq!(fields, expected.map(|(row, field)| (row, field.to_owned())));
    }

    #[test]
    fn the_report_is_bounded() {
        let mut world = World::office();
        let bad = |n| ImportRow::Device(device(&format!("d{n}"), "nowhere"));
        let rows: Vec<_> = (0..=ROW_PROBLEMS_MAX).map(bad).collect();
        assert_eq!(rejected(&mut world, &rows).len(), ROW_PROBLEMS_MAX);
    }
}
