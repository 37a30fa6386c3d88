//! Sites: offices are created, changed, deleted.
//!
//! Put checks the fields. Delete is refused while devices stand there: an emergency call from such a device
//! would have no location. It takes the site's edges and enrolment tokens along, which go
//! first in the events.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::directory::{LANGUAGE, Site};
use crate::event::EventKind;
use crate::id::SiteId;
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;

use super::{Step, Written, check};

pub(super) fn put(step: &mut Step<'_>, site: &Site) -> Outcome {
    check::site(site)?;
    write(step, site).outcome()
}

pub(super) fn delete(step: &mut Step<'_>, id: &SiteId) -> Outcome {
    let devices = step.state.site_devices.get(id).copied().unwrap_or(0);
    if devices > 0 {
        return Err(Refusal::SiteInUse {
            site: id.clone(),
            devices,
        });
    }
    let existed = step.state.sites.contains_key(id);
    if existed {
        super::edge::delete_at(step, id);
        super::enrolment::forget_tokens_at(step, id);
        step.state.sites.remove(id);
        step.emit(EventKind::SiteDeleted(id.clone()));
    }
    Ok(Done::Deleted { existed })
}

/// Writes a site that has been checked.
pub(super) fn write(step: &mut Step<'_>, site: &Site) -> Written {
    let old = step.state.sites.get(&site.id);
    let mut record = site.clone();
    if record.language.is_empty() {
        record.language = SmolStr::new_static(LANGUAGE);
    }
    let shows_the_same = old.filter(|old| shown(old) == shown(&record));
    record.changed = shows_the_same.map_or(step.index, |old| old.changed);
    let written = match old {
        None => Written::Created,
        Some(old) if **old == record => return Written::Unchanged,
        Some(_) => Written::Changed,
    };
    let record = Arc::new(record);
    step.state.sites.insert(site.id.clone(), Arc::clone(&record));
    step.emit(EventKind::SitePut(record));
    written
}

/// What its phones show of it.
fn shown(site: &Site) -> [&SmolStr; 3] {
    [&site.name, &site.time_zone, &site.language]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, named, site};
    use crate::command::Action;

    #[test]
    fn a_site_is_created_changed_and_left_alone() {
        let mut world = World::office();
        let austin = site("austin");
        let moved = Site {
            name: "Austin, TX".into(),
            ..austin.clone()
        };
        let put = |site: &Site| Action::PutSite(site.clone());
        let event = |site: &Site, changed| {
            vec![EventKind::SitePut(Arc::new(Site {
                changed,
                ..site.clone()
            }))]
        };
        let index = world.state.index();
        assert_eq!(
            world.act(put(&austin)),
            (Ok(Done::Put { created: true }), event(&austin, index + 1))
        );
        assert_eq!(
            world.act(put(&moved)),
            (Ok(Done::Put { created: false }), event(&moved, index + 2))
        );
        assert_eq!(world.act(put(&moved)), (Ok(Done::Put { created: false }), vec![]));
    }

    #[test]
    fn a_site_that_does_not_say_speaks_english() {
        let mut world = World::office();
        let silent = Site {
            language: "".into(),
            ..site("austin")
        };
        world.run(Action::PutSite(silent)).unwrap();
        let kept = world.state.site(&named("austin")).unwrap();
        assert_eq!(kept.language, LANGUAGE);
    }

    #[test]
    fn a_bad_field_is_refused() {
        let mut world = World::office();
        let bad = Site {
            name: "a\tb".into(),
            ..site("austin")
        };
        assert_eq!(
            world.run(Action::PutSite(bad)).unwrap_err().name(),
            "invalid_record"
        );
    }

    #[test]
    fn a_site_is_deleted_once_no_phone_stands_there() {
        let mut world = World::office();
        let delete = || Action::DeleteSite(named("chicago"));
        let refusal = Refusal::SiteInUse {
            site: named("chicago"),
            devices: 2,
        };
        assert_eq!(world.run(delete()), Err(refusal));
        world.run(Action::DeleteDevice(named("chi-1"))).unwrap();
        world.run(Action::DeleteDevice(named("chi-2"))).unwrap();
        let deleted = vec![EventKind::SiteDeleted(named("chicago"))];
        assert_eq!(
            world.act(delete()),
            (Ok(Done::Deleted { existed: true }), deleted)
        );
        assert_eq!(
            world.act(delete()),
            (Ok(Done::Deleted { existed: false }), vec![])
        );
    }
}
