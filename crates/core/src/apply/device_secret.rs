//! Device secret: what a phone's own SIP account is checked against is set or removed.
//!
//! Checks, in this order: the phone is known; the secret keeps its bound. It comes sealed and stays so: only who has
//! the company's line key can make one or read one. What a generated password was made from
//! is kept beside it, so that who has the key can put the password into the phone's document. The event is the phone's
//! record, which carries both.

use std::sync::Arc;

use crate::directory::{Device, SealedSecret};
use crate::event::EventKind;
use crate::id::DeviceId;
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;

use super::{Step, check};

pub(super) fn apply(
    step: &mut Step<'_>,
    id: &DeviceId,
    secret: Option<&SealedSecret>,
    seed: Option<u128>,
) -> Outcome {
    let device = step.state.device(id).map(Arc::clone);
    let device = device.ok_or_else(|| Refusal::UnknownDevice { device: id.clone() })?;
    secret.map_or(Ok(()), check::secret)?;
    let created = device.secret.is_none() && secret.is_some();
    let secret_seed = seed.filter(|_| secret.is_some());
    if device.secret.as_ref() != secret || device.secret_seed != secret_seed {
        let record = Arc::new(Device {
            secret: secret.cloned(),
            secret_seed,
            changed: step.index,
            ..Device::clone(&device)
        });
        step.state.devices.insert(id.clone(), Arc::clone(&record));
        step.emit(EventKind::DevicePut(record));
    }
    Ok(Done::Put { created })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, named};
    use crate::command::Action;
    use crate::directory::SECRET_BYTES_MAX;

    fn sealed(bytes: &[u8]) -> SealedSecret {
        SealedSecret(bytes.into())
    }

    fn set(device: &str, sealed: Option<SealedSecret>) -> Action {
        Action::SetDeviceSecret {
            device: named(device),
            sealed,
            seed: None,
        }
    }

    #[test]
    fn a_secret_is_set_kept_and_removed() {
        let mut world = World::office();
        let put = |created| Ok(Done::Put { created });
        let (outcome, events) = world.act(set("chi-1", Some(sealed(b"one"))));
        assert_eq!((outcome, events.len()), (put(true), 1));
        assert!(matches!(&events[0], EventKind::DevicePut(device) if device.secret == Some(sealed(b"one"))));
        assert_eq!(
            world.act(set("chi-1", Some(sealed(b"one")))),
            (put(false), vec![])
        );

        let renamed = Device {
            desk: "7".into(),
            secret: Some(sealed(b"smuggled")),
            ..device("chi-1", "chicago")
        };
        world.run(Action::PutDevice(renamed)).unwrap();
        assert_eq!(world.device("chi-1").secret, Some(sealed(b"one")));

        assert_eq!(world.act(set("chi-1", None)).0, put(false));
        assert_eq!(world.device("chi-1").secret, None);
    }

    #[test]
    fn a_generated_secret_keeps_its_seed_and_changes_what_the_phone_shows() {
        let mut world = World::office();
        let generated = |seed| Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(sealed(b"one")),
            seed,
        };
        world.run(generated(Some(5))).unwrap();
        let phone = world.device("chi-1");
        assert_eq!((phone.secret_seed, phone.changed), (Some(5), world.state.index()));
        assert_eq!(world.act(generated(Some(5))).1, vec![]);
        world.run(generated(None)).unwrap();
        assert_eq!(world.device("chi-1").secret_seed, None);
        let none = Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: None,
            seed: Some(6),
        };
        world.run(none).unwrap();
        assert_eq!(world.device("chi-1").secret_seed, None, "no password, no seed");
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let long = || Some(sealed(&[7; SECRET_BYTES_MAX + 1]));
        let name = |outcome: Outcome| outcome.unwrap_err().name();
        assert_eq!(name(world.run(set("nowhere", long()))), "unknown_device");
        assert_eq!(name(world.run(set("chi-1", long()))), "invalid_record");
        assert_eq!(name(world.run(set("chi-1", Some(sealed(b""))))), "invalid_record");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", set("chi-1", Some(sealed(b"one"))));
        assert!(shown.contains("SealedSecret(..)"), "{shown}");
    }
}
