//! Reload: phones load their documents again although nothing in the log says that these have changed.
//!
//! What a document is made of beside the log (the node's configuration, its program) raises no stamp. This does: the
//! phone's [`Device::changed`] becomes this entry, so whoever drives phones tells it to load as after any other change.
//!
//! Checks, in this order: the batch keeps its bound; every phone is known. A phone that stands there twice is told once.

use std::sync::Arc;

use crate::directory::Device;
use crate::event::EventKind;
use crate::id::DeviceId;
use crate::outcome::{Done, Outcome};
use crate::phones::RELOAD_MAX;
use crate::refusal::Refusal;

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, devices: &[DeviceId]) -> Outcome {
    check::count("devices", devices.len(), RELOAD_MAX)?;
    if let Some(unknown) = devices.iter().find(|id| step.state.device(id).is_none()) {
        let device = unknown.clone();
        return Err(Refusal::UnknownDevice { device });
    }
    let noted = devices.iter().filter(|id| raise(step, id)).count();
    Ok(Done::Reported {
        noted: u32::try_from(noted).unwrap_or(u32::MAX),
    })
}

/// Whether the phone's stamp has risen by this.
fn raise(step: &mut Step<'_>, id: &DeviceId) -> bool {
    let Some(device) = step.state.device(id).filter(|device| device.changed < step.index) else {
        return false;
    };
    let record = Arc::new(Device {
        changed: step.index,
        ..Device::clone(device)
    });
    step.state.devices.insert(id.clone(), Arc::clone(&record));
    step.emit(EventKind::DevicePut(record));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, login, named};
    use crate::command::Action;

    fn reload(devices: &[&str]) -> Action {
        Action::ReloadDevices {
            devices: devices.iter().map(|id| named(id)).collect(),
        }
    }

    #[test]
    fn phones_that_load_again_should_show_this_entry_and_nothing_else_changes() {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let (session, other) = (world.session("chi-1"), world.device("chi-2"));
        let before = world.device("ny-1");
        let (outcome, events) = world.act(reload(&["ny-1", "chi-1", "ny-1"]));
        assert_eq!(outcome, Ok(Done::Reported { noted: 2 }));
        let index = world.state.index();
        for id in ["chi-1", "ny-1"] {
            assert_eq!(world.state.wanted_stamp(&named(id)), index, "{id}");
        }
        let expected = Device {
            changed: index,
            ..Device::clone(&before)
        };
        assert_eq!(*world.device("ny-1"), expected);
        let told: Vec<_> = ["ny-1", "chi-1"]
            .map(|id| EventKind::DevicePut(world.device(id)))
            .into();
        assert_eq!(events, told);
        assert_eq!((world.session("chi-1"), world.device("chi-2")), (session, other));
        assert_eq!(world.state.audit().count(), 1, "the login");
    }

    #[test]
    fn it_can_be_asked_for_again_and_a_retry_is_the_same_one() {
        let mut world = World::office();
        world.request(1, reload(&["chi-1"]));
        let first = world.device("chi-1").changed;
        world.request(1, reload(&["chi-1"]));
        assert_eq!(world.device("chi-1").changed, first);
        world.request(2, reload(&["chi-1"]));
        assert!(world.device("chi-1").changed > first);
    }

    #[test]
    fn refusals_come_in_their_order_and_change_nothing() {
        let mut world = World::office();
        let many = vec!["nowhere"; RELOAD_MAX + 1];
        let name = |outcome: Outcome| outcome.unwrap_err().name();
        assert_eq!(name(world.run(reload(&many))), "invalid_record");
        let before = world.device("chi-1");
        assert_eq!(name(world.run(reload(&["chi-1", "nowhere"]))), "unknown_device");
        assert_eq!(world.device("chi-1"), before);
        assert_eq!(world.run(reload(&[])), Ok(Done::Reported { noted: 0 }));
    }
}
