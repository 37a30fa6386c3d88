//! Whether the rows of an import are good: each by itself, and all together.
//!
//! "Together" means as the directory would be after the whole import. A user may name a group that a later row
//! creates; two users may swap extensions; a name that an imported user gives up is free. What two rows cannot
//! both have is reported on the later one. Each bad row is reported once, with the first rule that it breaks: it
//! is a row twice, its fields, what it refers to, its names.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::Vector;

use crate::command::ImportRow;
use crate::directory::User;
use crate::id::{DeviceId, GroupId, SiteId, UserId, UserName};
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
                check::device(device).map_err(|refusal| bad("", refusal))?;
                check::device_refers(device, |id| self.has_site(id), |id| self.has_group(id)).map_err(
                    |refusal| {
                        let field = if self.has_site(&device.site) {
                            "allowed_groups"
                        } else {
                            "site"
                        };
                        bad(field, refusal)
                    },
                )
            }
        }
    }

    fn has_site(&self, id: &SiteId) -> bool {
        self.sites.contains_key(id) || self.state.site(id).is_some()
    }

    fn has_group(&self, id: &GroupId) -> bool {
        self.groups.contains_key(id) || self.state.group(id).is_some()
    }

    /// Claims the user's names even if the row is bad otherwise: once it is corrected it will want them.
    fn claim_names(&mut self, user: &'a User) -> Result<(), Bad> {
        let mut first_bad = Ok(());
        for (field, name) in user.names() {
            let problem = match (self.names.get(&name), self.state.names.get(&name)) {
                (Some(owner), _) if **owner != user.id => {
                    Some(format!("{name} belongs to user {owner} in this import"))
                }
                // Users of the import give up all their old names; what they keep, their own row claims.
                (None, Some(owner)) if *owner != user.id && !self.users.contains_key(owner) => {
                    Some(format!("{name} already belongs to user {owner}"))
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
