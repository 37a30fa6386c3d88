//! Shown: nodes and edges report, in batches, what phones show, and which ones could not be brought to show it.
//!
//! Check: the batch keeps its bound. Each item then counts for itself: the phone must be known, and the stamp one of the
//! past. What a phone shows only rises; what is known already makes no event. Trouble is noted unless the phone
//! shows that stamp after all, and goes when it shows something new.

use std::sync::Arc;

use crate::command::NOTE_BYTES_MAX;
use crate::directory::Device;
use crate::event::EventKind;
use crate::outcome::{Done, Outcome};
use crate::phones::{SHOWN_REPORT_MAX, Shown, ShownReport};

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, items: &[ShownReport]) -> Outcome {
    check::count("items", items.len(), SHOWN_REPORT_MAX)?;
    let noted = items.iter().filter(|item| note(step, item)).count();
    Ok(Done::Reported {
        noted: u32::try_from(noted).unwrap_or(u32::MAX),
    })
}

/// Whether the phone is known and may show that.
fn note(step: &mut Step<'_>, item: &ShownReport) -> bool {
    let Some(device) = step.state.device(&item.device).map(Arc::clone) else {
        return false;
    };
    // Made up: no document has a stamp of the future, nor 0. Not compared with what the phone should show: a snapshot
    // from before there were stamps knows less of that, and every replica must come to the same.
    if item.stamp == 0 || item.stamp > step.index {
        return false;
    }
    let is_new = device.shown.is_none_or(|known| known.stamp < item.stamp);
    let (shown, trouble) = match &item.trouble {
        _ if !is_new => return true,
        Some(why) => (device.shown, Some(check::cut(why, NOTE_BYTES_MAX))),
        None => {
            let shown = Shown {
                stamp: item.stamp,
                at: step.clock(),
                how: item.how,
            };
            (Some(shown), None)
        }
    };
    if shown != device.shown || trouble != device.trouble {
        let record = Device {
            shown,
            trouble: trouble.clone(),
            ..Device::clone(&device)
        };
        step.state.devices.insert(device.id.clone(), Arc::new(record));
        step.emit(EventKind::DeviceShown {
            device: device.id.clone(),
            shown,
            trouble,
        });
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, logout, named};
    use crate::command::Action;
    use crate::phones::ShownBy;

    fn report(device: &str, stamp: u64, trouble: Option<&str>) -> Action {
        Action::ReportShown {
            items: vec![ShownReport {
                device: named(device),
                stamp,
                how: ShownBy::Document,
                trouble: trouble.map(Into::into),
            }],
        }
    }

    fn noted(noted: u32) -> Outcome {
        Ok(Done::Reported { noted })
    }

    fn told(world: &World, stamp: Option<u64>, trouble: Option<&str>) -> Vec<EventKind> {
        vec![EventKind::DeviceShown {
            device: named("chi-1"),
            shown: stamp.map(|stamp| Shown {
                stamp,
                at: world.now,
                how: ShownBy::Document,
            }),
            trouble: trouble.map(Into::into),
        }]
    }

    #[test]
    fn what_a_phone_shows_only_rises_and_is_told_once() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let stamp = world.state.wanted_stamp(&named("chi-1"));
        assert_eq!(stamp, world.state.index());
        let shows = told(&world, Some(stamp), None);
        assert_eq!(world.act(report("chi-1", stamp, None)), (noted(1), shows));
        assert_eq!(world.act(report("chi-1", stamp, None)), (noted(1), vec![]));
        assert_eq!(world.act(report("chi-1", stamp - 1, None)), (noted(1), vec![]));
        assert_eq!(world.device("chi-1").shown.unwrap().stamp, stamp);
    }

    #[test]
    fn unknown_phones_and_stamps_to_come_are_left_out() {
        let mut world = World::office();
        assert_eq!(world.act(report("nowhere", 1, None)), (noted(0), vec![]));
        let to_come = world.state.index() + 2;
        assert_eq!(world.act(report("chi-1", to_come, None)), (noted(0), vec![]));
        assert_eq!(world.act(report("chi-1", 0, None)), (noted(0), vec![]));
    }

    #[test]
    fn trouble_is_told_audited_and_goes_when_the_phone_shows_something_new() {
        let mut world = World::office();
        let stamp = world.state.wanted_stamp(&named("chi-1"));
        let stuck = told(&world, None, Some("no answer"));
        assert_eq!(
            world.act(report("chi-1", stamp, Some("no answer"))),
            (noted(1), stuck)
        );
        assert_eq!(world.act(report("chi-1", stamp, Some("no answer"))).1, vec![]);
        assert_eq!(world.state.audit().count(), 1);
        let shows = told(&world, Some(stamp), None);
        assert_eq!(world.act(report("chi-1", stamp, None)).1, shows);
        assert_eq!(
            world.act(report("chi-1", stamp, Some("too late"))).1,
            vec![],
            "it shows that after all"
        );
    }

    #[test]
    fn a_stamp_is_the_last_change_of_anything_that_a_phone_shows() {
        let mut world = World::office();
        let chi_1 = named("chi-1");
        let mut changes = vec![world.state.wanted_stamp(&chi_1)];
        let ada = crate::User {
            display_name: "Ada L.".into(),
            ..crate::User::clone(&world.user("ada"))
        };
        let site = crate::Site {
            language: "de".into(),
            ..crate::apply::testing::site("chicago")
        };
        let phone = Device {
            label: "Lobby".into(),
            ..Device::clone(&world.device("chi-1"))
        };
        for action in [
            login("ada", "chi-1"),
            Action::PutUser(ada),
            Action::PutSite(site),
            Action::PutDevice(phone),
            logout("chi-1"),
        ] {
            world.run(action).unwrap();
            changes.push(world.state.wanted_stamp(&chi_1));
            assert_eq!(changes.last(), Some(&world.state.index()));
        }
        assert!(changes.is_sorted_by(|a, b| a < b), "{changes:?}");
        let hidden = crate::User {
            aliases: vec![named("countess")],
            ..crate::User::clone(&world.user("ada"))
        };
        let reserved = Device {
            emergency_location: "lobby".into(),
            ..Device::clone(&world.device("chi-1"))
        };
        let address = crate::Site {
            emergency_location: "2 Main St".into(),
            ..crate::Site::clone(world.state.site(&named("chicago")).unwrap())
        };
        for action in [
            Action::PutUser(hidden),
            Action::PutDevice(reserved),
            Action::PutSite(address),
        ] {
            world.run(action).unwrap();
            assert_eq!(Some(&world.state.wanted_stamp(&chi_1)), changes.last());
        }
    }

    #[test]
    fn a_batch_beyond_its_bound_is_refused() {
        let mut world = World::office();
        let Action::ReportShown { items } = report("chi-1", 1, None) else {
            unreachable!("made above");
        };
        let items = vec![items[0].clone(); SHOWN_REPORT_MAX + 1];
        let outcome = world.run(Action::ReportShown { items });
        assert_eq!(outcome.unwrap_err().name(), "invalid_record");
    }
}
