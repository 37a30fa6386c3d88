//! Device secret: what a phone's own SIP account is checked against is set or removed.
//!
//! Checks, in this order: the phone is known; the secret keeps its bound. It comes sealed and stays so: only who has
//! the company's line key can make one or read one. What a generated password was made from
//! is kept beside it, so that who has the key can put the password into the phone's document. The event is the phone's
//! record, which carries both.
//!
//! The phone's document path follows from the same seed. So that a phone does not lose its way with a new one, the
//! caller may have the former seed kept: good for documents, until the phone comes with the new token
//! ([`enrolment::close`](super::enrolment)), or for [`FORMER_SEED_MS`]. Without that wish, all former ones go at once.

use std::sync::Arc;

use crate::directory::{Device, SealedSecret};
use crate::event::EventKind;
use crate::id::DeviceId;
use crate::outcome::{Done, Outcome};
use crate::phones::{FORMER_SEED_MS, FORMER_SEEDS_MAX, FormerSeed};
use crate::refusal::Refusal;

use super::{Step, check};

pub(super) fn apply(
    step: &mut Step<'_>,
    id: &DeviceId,
    secret: Option<&SealedSecret>,
    seed: Option<u128>,
    keeps_former: bool,
) -> Outcome {
    let device = step.state.device(id).map(Arc::clone);
    let device = device.ok_or_else(|| Refusal::UnknownDevice { device: id.clone() })?;
    secret.map_or(Ok(()), check::secret)?;
    let created = device.secret.is_none() && secret.is_some();
    let secret_seed = seed.filter(|_| secret.is_some());
    let former_seeds = if keeps_former && secret_seed.is_some() {
        former_seeds(step, &device, secret_seed)
    } else {
        Vec::new()
    };
    let is_new = device.secret.as_ref() != secret || device.secret_seed != secret_seed;
    if is_new || device.former_seeds != former_seeds {
        let record = Arc::new(Device {
            secret: secret.cloned(),
            secret_seed,
            former_seeds,
            changed: if is_new { step.index } else { device.changed },
            ..Device::clone(&device)
        });
        step.state.devices.insert(id.clone(), Arc::clone(&record));
        step.emit(EventKind::DevicePut(record));
    }
    Ok(Done::Put { created })
}

/// Those that are still good, and the one whose place is taken now.
fn former_seeds(step: &Step<'_>, device: &Device, new: Option<u128>) -> Vec<FormerSeed> {
    let clock = step.clock();
    let good = device.former_seeds.iter().filter(|former| former.until > clock);
    let mut seeds: Vec<FormerSeed> = good.copied().collect();
    seeds.extend(device.secret_seed.map(|seed| FormerSeed {
        seed,
        replaced: step.index,
        until: clock.plus_ms(FORMER_SEED_MS),
    }));
    seeds.retain(|former| Some(former.seed) != new);
    let too_many = seeds.len().saturating_sub(FORMER_SEEDS_MAX);
    seeds.drain(..too_many);
    seeds
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
            keeps_former: false,
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
            keeps_former: false,
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
            keeps_former: true,
        };
        world.run(none).unwrap();
        assert_eq!(world.device("chi-1").secret_seed, None, "no password, no seed");
    }

    fn generate(seed: u128, keeps_former: bool) -> Action {
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(sealed(&seed.to_be_bytes())),
            seed: Some(seed),
            keeps_former,
        }
    }

    fn good(world: &World) -> Vec<u128> {
        let clock = world.state.clock();
        world.device("chi-1").good_former_seeds(clock).collect()
    }

    #[test]
    fn a_former_seed_is_good_until_the_phone_comes_with_the_new_one_or_for_so_long() {
        let mut world = World::office();
        let close = Action::CloseEnrolment {
            device: named("chi-1"),
        };
        world.run(generate(1, true)).unwrap();
        assert_eq!(good(&world), [], "there was none before");
        world.run(generate(2, true)).unwrap();
        let replaced = world.state.index();
        world.run(generate(3, true)).unwrap();
        let phone = world.device("chi-1");
        assert_eq!((good(&world), phone.secret_seed), (vec![1, 2], Some(3)));
        assert_eq!(phone.former_seeds[0].replaced, replaced);
        world.run(Action::PutDevice(device("chi-1", "chicago"))).unwrap();
        assert_eq!(good(&world), [1, 2], "the record says nothing of them");
        world.run(close.clone()).unwrap();
        assert_eq!(world.device("chi-1").former_seeds, []);
        assert_eq!(world.act(close).1, vec![], "once");

        world.run(generate(4, true)).unwrap();
        world.later(FORMER_SEED_MS - 1);
        world.run(Action::Expire).unwrap();
        assert_eq!(good(&world), [3]);
        world.later(1);
        world.run(Action::Expire).unwrap();
        assert_eq!(good(&world), []);
    }

    #[test]
    fn no_former_seed_is_kept_beyond_the_bound_nor_twice_nor_without_the_wish() {
        let mut world = World::office();
        for seed in 1..=6 {
            world.run(generate(seed, true)).unwrap();
        }
        assert_eq!(good(&world), [3, 4, 5]);
        world.run(generate(4, true)).unwrap();
        assert_eq!(good(&world), [3, 5, 6], "it is no former one any more");
        let changed = world.device("chi-1").changed;
        // The same password again, and what was known before is to be worth nothing: no document changes by that.
        world.run(generate(4, false)).unwrap();
        let phone = world.device("chi-1");
        assert_eq!((good(&world), phone.changed), (vec![], changed));
        world.run(generate(7, true)).unwrap();
        world.run(generate(8, false)).unwrap();
        assert_eq!(good(&world), []);
        world.run(generate(9, true)).unwrap();
        world.run(set("chi-1", Some(sealed(b"chosen")))).unwrap();
        assert_eq!(
            good(&world),
            [],
            "a phone with a password that somebody chose gets no documents"
        );
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
