//! Hold: a phone is left alone while an emergency call is under way, or its call-back may come.
//!
//! Checks, in this order: the phone is known; the hold does not reach further than [`HOLD_MS_MAX`]. While it lasts,
//! nobody logs in or out there. A login of the user elsewhere still ends the session, as does an administrator: who
//! speaks as a user is one rule, whose phone rings for a call-back another. A time that has come releases the phone;
//! a hold that runs out needs no command, and makes no event.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::command::NOTE_BYTES_MAX;
use crate::directory::{Device, HOLD_MS_MAX, Hold};
use crate::event::EventKind;
use crate::id::DeviceId;
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;
use crate::time::TimeMs;

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, id: &DeviceId, until: TimeMs, reason: &SmolStr) -> Outcome {
    let clock = step.clock();
    let device = step.state.device(id).map(Arc::clone);
    let device = device.ok_or_else(|| Refusal::UnknownDevice { device: id.clone() })?;
    if until.since_ms(clock) > HOLD_MS_MAX {
        let problem = format!("must be at most {} hours ahead", HOLD_MS_MAX / 3_600_000);
        return Err(check::invalid("until", problem));
    }
    let created = device.held(clock).is_none();
    let hold = (until > clock).then(|| {
        Arc::new(Hold {
            until,
            reason: check::cut(reason, NOTE_BYTES_MAX),
        })
    });
    if device.hold != hold {
        let record = Device {
            hold: hold.clone(),
            ..Device::clone(&device)
        };
        step.state.devices.insert(id.clone(), Arc::new(record));
        step.emit(EventKind::DeviceHeld {
            device: id.clone(),
            hold,
        });
    }
    Ok(Done::Put { created })
}

impl Step<'_> {
    /// That nobody has asked to leave this phone alone.
    pub(super) fn check_not_held(&self, device: &Device) -> Result<(), Refusal> {
        match device.held(self.clock()) {
            Some(hold) => Err(Refusal::DeviceOnHold {
                device: device.id.clone(),
                until: hold.until,
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, login, logout, named};
    use crate::command::{Action, ForceTarget, LogoutTarget};

    fn hold(device: &str, until: TimeMs) -> Action {
        Action::HoldDevice {
            device: named(device),
            until,
            reason: "emergency\ncall".into(),
        }
    }

    /// ada at chi-1, which is held for a minute.
    fn held() -> (World, TimeMs) {
        let mut world = World::office();
        world.run(login("ada", "chi-1")).unwrap();
        let until = world.now.plus_ms(60_000);
        world.run(hold("chi-1", until)).unwrap();
        (world, until)
    }

    #[test]
    fn nobody_logs_in_or_out_at_a_held_phone() {
        let (mut world, until) = held();
        let refused = Err(Refusal::DeviceOnHold {
            device: named("chi-1"),
            until,
        });
        let of_user = Action::Logout {
            target: LogoutTarget::User(named("ada")),
            epoch: None,
        };
        for action in [
            login("bob", "chi-1"),
            login("ada", "chi-1"),
            logout("chi-1"),
            of_user,
        ] {
            assert_eq!(world.act(action), (refused.clone(), vec![]));
        }
        assert_eq!(world.devices_of("ada"), ["chi-1"]);
    }

    #[test]
    fn a_login_elsewhere_and_an_administrator_end_the_session_all_the_same() {
        let (mut world, _) = held();
        world.run(login("ada", "ny-1")).unwrap();
        assert_eq!(world.devices_of("ada"), ["ny-1"]);
        let (mut world, _) = held();
        let target = ForceTarget::Device(named("chi-1"));
        let note = SmolStr::default();
        world.run(Action::ForceLogout { target, note }).unwrap();
        assert_eq!(world.devices_of("ada"), Vec::<String>::new());
    }

    #[test]
    fn a_hold_runs_out_by_itself() {
        let (mut world, _) = held();
        world.later(59_999);
        assert!(world.run(logout("chi-1")).is_err());
        world.later(1);
        assert!(world.run(logout("chi-1")).is_ok());
    }

    #[test]
    fn a_hold_is_told_extended_and_released_and_the_same_makes_no_event() {
        let mut world = World::office();
        let until = world.now.plus_ms(60_000);
        let event = |until: Option<TimeMs>| {
            let reason = || "emergency call".into();
            let hold = until.map(|until| {
                Arc::new(Hold {
                    until,
                    reason: reason(),
                })
            });
            vec![EventKind::DeviceHeld {
                device: named("chi-1"),
                hold,
            }]
        };
        let put = |created| Ok(Done::Put { created });
        let later = until.plus_ms(5);
        assert_eq!(world.act(hold("chi-1", until)), (put(true), event(Some(until))));
        assert_eq!(world.act(hold("chi-1", until)), (put(false), vec![]));
        assert_eq!(world.act(hold("chi-1", later)), (put(false), event(Some(later))));
        assert_eq!(world.act(hold("chi-1", TimeMs(0))), (put(false), event(None)));
        assert_eq!(world.act(hold("chi-1", TimeMs(0))), (put(true), vec![]));
        assert_eq!(world.state.audit().count(), 3, "holds are audited");
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let far = world.now.plus_ms(HOLD_MS_MAX + 1);
        let name = |outcome: Outcome| outcome.unwrap_err().name();
        assert_eq!(name(world.run(hold("nowhere", far))), "unknown_device");
        assert_eq!(name(world.run(hold("chi-1", far))), "invalid_record");
        assert!(world.run(hold("chi-1", TimeMs(far.0 - 1))).is_ok());
    }

    #[test]
    fn a_changed_phone_stays_on_hold_and_a_new_one_with_that_id_is_free() {
        let (mut world, until) = held();
        let changed = Device {
            desk: "7".into(),
            ..device("chi-1", "chicago")
        };
        world.run(Action::PutDevice(changed.clone())).unwrap();
        assert_eq!(world.device("chi-1").hold.as_ref().unwrap().until, until);
        world.run(Action::DeleteDevice(named("chi-1"))).unwrap();
        world.run(Action::PutDevice(changed)).unwrap();
        assert_eq!(world.device("chi-1").hold, None);
    }
}
