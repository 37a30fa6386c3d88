//! Imports: many records at once, all or none.
//!
//! An import comes in parts, because a log entry should stay small; the parts are kept aside (`stage`) until the
//! `commit` checks them together, as the directory would be after the whole import, and writes them. The checks
//! are in `import_check.rs`; the writing is that of the single commands, so a row that disables a user ends that
//! user's sessions exactly as `PutUser` does.
//!
//! ```text
//! nothing ── stage ──► staged ── stage (next part) ──► staged
//!                        │  commit, all rows good ───► written, forgotten
//!                        │  commit, rows are bad ────► refused, forgotten
//!                        │  commit, parts missing ───► refused, still staged
//!                        └─ dry run, abort, 30 min ──► forgotten
//! ```

use std::sync::Arc;

use imbl::Vector;

use crate::command::{IMPORT_ROWS_MAX, IMPORT_ROWS_PER_STAGE, IMPORTS_MAX, ImportRow, RequestId};
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;
use crate::state::{StagedImport, State};

use super::{Step, Written, check, device, group, import_check, site, user};

/// Keeps a part aside. Checks, in this order: the part keeps its bound; it follows what is there (or is there
/// already: then nothing happens but that the import counts as alive); there are not too many imports, nor rows.
pub(super) fn stage(step: &mut Step<'_>, id: RequestId, first_row: u64, rows: &[ImportRow]) -> Outcome {
    let clock = step.clock();
    check::count("rows", rows.len(), IMPORT_ROWS_PER_STAGE)?;
    let have = staged(step.state, id).map_or(0, |import| import.rows.len());
    let is_next = first_row == have as u64;
    let is_there_already = first_row.saturating_add(rows.len() as u64) <= have as u64;
    if !is_next && !is_there_already {
        return Err(Refusal::ImportGap {
            expected: have as u64,
            got: first_row,
        });
    }
    let added = if is_there_already { &[] } else { rows };
    if staged(step.state, id).is_none() {
        if added.is_empty() {
            return Ok(Done::Staged { rows: 0 });
        }
        check::count(
            "imports at the same time",
            step.state.imports.len() + 1,
            IMPORTS_MAX,
        )?;
    }
    check::count(
        "rows of all staged imports",
        step.state.staged_rows + added.len(),
        IMPORT_ROWS_MAX,
    )?;

    let import = step
        .state
        .imports
        .entry(id)
        .or_insert_with(|| Arc::new(StagedImport::empty(clock)));
    let import = Arc::make_mut(import);
    import.at = clock;
    import.rows.extend(added.iter().cloned().map(Arc::new));
    let rows = import.rows.len() as u64;
    step.state.staged_rows += added.len();
    Ok(Done::Staged { rows })
}

/// Checks all rows and writes them. Checks, in this order: as many rows are staged as the importer sent; each row
/// is good. An import that was never staged has no rows.
pub(super) fn commit(step: &mut Step<'_>, id: RequestId, rows: u64, dry_run: bool) -> Outcome {
    let staged = staged(step.state, id).map_or_else(Vector::new, |import| import.rows.clone());
    if staged.len() as u64 != rows {
        return Err(Refusal::ImportGap {
            expected: staged.len() as u64,
            got: rows,
        });
    }
    step.state.forget_import(id);
    let problems = import_check::problems(step.state, &staged);
    if !problems.is_empty() {
        return Err(Refusal::ImportRejected { rows: problems });
    }
    if dry_run {
        let mut trial = step.state.clone();
        let mut events = Vec::new();
        let Step { index, position, .. } = *step;
        let mut step = Step {
            state: &mut trial,
            index,
            position,
            by: step.by.clone(),
            events: &mut events,
            homes: Vec::new(),
        };
        return Ok(write(&mut step, &staged));
    }
    Ok(write(step, &staged))
}

/// Forgets an import. No checks.
pub(super) fn abort(step: &mut Step<'_>, id: RequestId) -> Outcome {
    let existed = staged(step.state, id).is_some();
    step.state.forget_import(id);
    Ok(Done::Deleted { existed })
}

/// Writes rows that have been checked: what is referred to before what refers to it, whatever their order in
/// the file. Sessions beyond a policy end last, by the policies and groups as they are after the import.
fn write(step: &mut Step<'_>, rows: &Vector<Arc<ImportRow>>) -> Done {
    let (mut created, mut changed, mut unchanged) = (0, 0, 0);
    let mut count = |written| match written {
        Written::Created => created += 1,
        Written::Changed => changed += 1,
        Written::Unchanged => unchanged += 1,
    };
    let mut group_changed = false;
    for row in rows {
        match &**row {
            ImportRow::Site(record) => count(site::write(step, record)),
            ImportRow::Group(record) => {
                let written = group::write(step, record);
                group_changed |= written == Written::Changed;
                count(written);
            }
            ImportRow::User { .. } | ImportRow::Device(_) => {}
        }
    }
    for row in rows {
        match &**row {
            ImportRow::User {
                user: record,
                verifier,
            } => {
                count(user::write(step, record, verifier.as_ref()));
            }
            ImportRow::Device(record) => count(device::write(step, record)),
            ImportRow::Site(_) | ImportRow::Group(_) => {}
        }
    }
    if group_changed {
        step.end_excess_of_all();
    }
    Done::Imported {
        created,
        changed,
        unchanged,
    }
}

fn staged(state: &State, id: RequestId) -> Option<&Arc<StagedImport>> {
    state.imports.get(&id)
}

impl State {
    /// Forgets staged rows, if there are any.
    pub(super) fn forget_import(&mut self, id: RequestId) {
        if let Some(import) = self.imports.remove(&id) {
            self.staged_rows -= import.rows.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{IMPORT, World, device, group, import, login, named, person, site, user};
    use crate::command::{Action, IMPORT_KEPT_MS};
    use crate::directory::{Device, Group, Site, User};
    use crate::event::EventKind;
    use crate::policy::{MultipleLogins, PolicyOverrides};

    fn part(first_row: u64, rows: &[ImportRow]) -> Action {
        Action::ImportStage {
            import: IMPORT,
            first_row,
            rows: rows.to_vec(),
        }
    }

    fn commit_of(rows: u64) -> Action {
        Action::ImportCommit {
            import: IMPORT,
            rows,
            dry_run: false,
        }
    }

    #[test]
    fn rows_may_refer_to_what_later_rows_create() {
        let mut world = World::office();
        let zoe = User {
            group: Some(named("staff")),
            ..user("zoe")
        };
        let lobby = Device {
            allowed_groups: vec![named("staff")],
            ..device("lobby", "austin")
        };
        let rows = [
            person(zoe),
            ImportRow::Device(lobby),
            ImportRow::Group(group("staff")),
            ImportRow::Site(site("austin")),
            ImportRow::Site(site("chicago")),
            ImportRow::Site(Site {
                name: "NYC".into(),
                ..site("new-york")
            }),
        ];
        let (outcome, events) = import(&mut world, &rows);
        assert_eq!(
            outcome,
            Ok(Done::Imported {
                created: 4,
                changed: 1,
                unchanged: 1
            })
        );
        let names: Vec<_> = events.iter().map(EventKind::name).collect();
        assert_eq!(
            names,
            ["group_put", "site_put", "site_put", "user_put", "device_put"]
        );
        assert_eq!(world.state.imports().count(), 0);
        let again = Ok(Done::Imported {
            created: 0,
            changed: 0,
            unchanged: 6,
        });
        assert_eq!(import(&mut world, &rows), (again, vec![]));
    }

    #[test]
    fn names_may_be_swapped_inside_one_import() {
        let mut world = World::office();
        let ada = User {
            extension: Some(named("2042")),
            ..User::clone(&world.user("ada"))
        };
        let bob = User {
            extension: Some(named("2041")),
            ..User::clone(&world.user("bob"))
        };
        let (outcome, _) = import(&mut world, &[person(ada), person(bob)]);
        assert_eq!(
            outcome,
            Ok(Done::Imported {
                created: 0,
                changed: 2,
                unchanged: 0
            })
        );
        assert_eq!(
            (world.found("2041"), world.found("2042")),
            (Some("bob".into()), Some("ada".into()))
        );
    }

    #[test]
    fn a_dry_run_says_what_would_happen_and_changes_nothing() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let before = world.state.parts();
        let ada = User {
            enabled: false,
            ..User::clone(&world.user("ada"))
        };
        world.run(part(0, &[person(ada), person(user("zoe"))])).unwrap();
        let dry = Action::ImportCommit {
            import: IMPORT,
            rows: 2,
            dry_run: true,
        };
        let would = Ok(Done::Imported {
            created: 1,
            changed: 1,
            unchanged: 0,
        });
        assert_eq!(world.act(dry), (would, vec![]));
        let index = world.state.index();
        assert_eq!(world.state.parts(), crate::Parts { index, ..before });
    }

    #[test]
    fn rows_end_sessions_as_single_commands_do() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        world.run(login("bob", "ny-1")).unwrap();
        let ada = User {
            enabled: false,
            ..User::clone(&world.user("ada"))
        };
        let moved = device("ny-1", "chicago");
        let (_, events) = import(&mut world, &[person(ada), ImportRow::Device(moved)]);
        let names: Vec<_> = events.iter().map(EventKind::name).collect();
        assert_eq!(
            names,
            ["session_ended", "user_put", "session_ended", "device_put"]
        );
    }

    /// The old group becomes strict and the user leaves it in the same file: nothing needs to end.
    #[test]
    fn excess_sessions_are_judged_by_the_directory_after_the_import() {
        let mut world = World::office();
        world.allow("ada", MultipleLogins::AllowUpTo(2));
        world.allow("bob", MultipleLogins::AllowUpTo(2));
        for (user, device) in [
            ("ada", "chi-1"),
            ("ada", "chi-2"),
            ("bob", "ny-1"),
            ("bob", "ny-2"),
        ] {
            world.run(login(user, device)).unwrap();
        }
        let ada = User {
            group: Some(named("of-bob")),
            ..User::clone(&world.user("ada"))
        };
        let bob = User {
            group: Some(named("of-ada")),
            ..User::clone(&world.user("bob"))
        };
        let strict = ImportRow::Group(Group {
            policy: PolicyOverrides::default(),
            ..group("of-ada")
        });
        import(&mut world, &[strict, person(ada), person(bob)]).0.unwrap();
        assert_eq!(world.devices_of("ada"), ["chi-1", "chi-2"]);
        assert_eq!(world.devices_of("bob"), ["ny-2"]);
    }

    #[test]
    fn a_row_may_bring_a_pin() {
        let mut world = World::office();
        let row = |pin: &str| ImportRow::User {
            user: user("zoe"),
            verifier: Some(pin.into()),
        };
        let (_, events) = import(&mut world, &[row("one")]);
        let version = world.user("zoe").credential.as_ref().unwrap().version;
        let changed = EventKind::CredentialChanged {
            user: named("zoe"),
            version,
        };
        assert_eq!(events, vec![EventKind::UserPut(world.user("zoe")), changed]);
        assert_eq!(import(&mut world, &[row("one")]).1, vec![]);
        import(&mut world, &[person(user("zoe"))]).0.unwrap();
        assert_eq!(world.user("zoe").credential.as_ref().unwrap().version, version);
        import(&mut world, &[row("two")]).0.unwrap();
        assert!(world.user("zoe").credential.as_ref().unwrap().version > version);
    }

    #[test]
    fn parts_follow_each_other_and_may_be_repeated() {
        let mut world = World::office();
        let rows: Vec<_> = ["a", "b", "c", "d"].map(|id| person(user(id))).into();
        let staged = |rows| Ok(Done::Staged { rows });
        let gap = |expected, got| Err(Refusal::ImportGap { expected, got });
        assert_eq!(world.run(part(1, &rows[1..2])), gap(0, 1));
        assert_eq!(world.run(part(0, &rows[..2])), staged(2));
        assert_eq!(world.run(part(0, &rows[..2])), staged(2));
        assert_eq!(world.run(part(1, &rows[1..2])), staged(2));
        assert_eq!(world.run(part(1, &rows[1..3])), gap(2, 1));
        assert_eq!(world.run(part(3, &rows[3..])), gap(2, 3));
        assert_eq!(world.run(part(u64::MAX, &rows)), gap(2, u64::MAX));
        assert_eq!(world.run(part(2, &[])), staged(2));
        assert_eq!(world.run(commit_of(4)), gap(2, 4));
        assert_eq!(world.run(part(2, &rows[2..])), staged(4));
        let created = Ok(Done::Imported {
            created: 4,
            changed: 0,
            unchanged: 0,
        });
        assert_eq!(world.run(commit_of(4)), created);
    }

    #[test]
    fn an_import_of_nothing_and_an_abort_of_nothing_are_fine() {
        let mut world = World::office();
        assert_eq!(world.run(part(0, &[])), Ok(Done::Staged { rows: 0 }));
        assert_eq!(
            world.run(commit_of(0)),
            Ok(Done::Imported {
                created: 0,
                changed: 0,
                unchanged: 0
            })
        );
        let abort = || Action::ImportAbort { import: IMPORT };
        assert_eq!(world.run(abort()), Ok(Done::Deleted { existed: false }));
        world.run(part(0, &[person(user("zoe"))])).unwrap();
        assert_eq!(world.run(abort()), Ok(Done::Deleted { existed: true }));
        assert_eq!(world.state.imports().count(), 0);
    }

    #[test]
    fn parts_imports_and_rows_are_bounded() {
        let mut world = World::office();
        let rows = vec![person(user("zoe")); IMPORT_ROWS_PER_STAGE + 1];
        assert_eq!(world.run(part(0, &rows)).unwrap_err().name(), "invalid_record");
        let one = |id| Action::ImportStage {
            import: RequestId(id),
            first_row: 0,
            rows: rows[..1].to_vec(),
        };
        for id in 0..IMPORTS_MAX as u128 {
            world.run(one(id)).unwrap();
        }
        assert_eq!(world.run(one(100)).unwrap_err().name(), "invalid_record");
        world.later(IMPORT_KEPT_MS + 1);
        world.run(Action::Expire).unwrap();
        world.run(one(100)).unwrap();
        world.state.staged_rows = IMPORT_ROWS_MAX;
        let mut step_events = Vec::new();
        let by = crate::Actor::system();
        let mut step = Step {
            state: &mut world.state,
            index: 1000,
            position: 0,
            by,
            events: &mut step_events,
            homes: Vec::new(),
        };
        assert_eq!(
            stage(&mut step, IMPORT, 0, &rows[..1]).unwrap_err().name(),
            "invalid_record"
        );
    }
}
