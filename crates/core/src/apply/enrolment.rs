//! Enrolment: how a phone gets from its first request to a document of its own.
//!
//! A phone in the directory has a window in which it may fetch its document without the token that this document will
//! give it. The window is opened (`OpenEnrolment`), and closed when the phone comes with its token (`CloseEnrolment`).
//! Open checks that the phone is known and that the time lies ahead, and not too far; close that the phone is known.
//! A phone that has come with its token needs none of those that it had before: closing forgets them.
//!
//! A phone that is not in the directory may come with an enrolment token (`EnrolDevice`). Checks, in this order: what it
//! says it is; the token is known; it has not run out; no other device has the address. It is then put into the
//! directory at the token's site, under its address, with an open window; one use of the token is spent. A phone that
//! comes again while its window is open is answered as before and costs nothing: its first answer may have been lost.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::command::NOTE_BYTES_MAX;
use crate::directory::Device;
use crate::event::EventKind;
use crate::id::{DeviceId, SiteId};
use crate::mac::MacAddress;
use crate::outcome::{Done, Outcome};
use crate::phones::{
    ENROLMENT_MS_MAX, ENROLMENT_TOKENS_MAX, ENROLMENT_USES_MAX, ENROLMENT_WINDOW_MS, Enrolment,
    EnrolmentToken, FormerSeed, TokenHash,
};
use crate::refusal::Refusal;
use crate::time::TimeMs;

use super::{Step, check, device};

pub(super) fn open(step: &mut Step<'_>, id: &DeviceId, until: TimeMs) -> Outcome {
    let known = known_device(step, id)?;
    check::ahead("until", until, step.clock(), ENROLMENT_MS_MAX)?;
    let enrolment = Enrolment {
        open_until: until,
        ..known.enrolment
    };
    let seeds = known.former_seeds.clone();
    Ok(set(step, &known, enrolment, seeds))
}

pub(super) fn close(step: &mut Step<'_>, id: &DeviceId) -> Outcome {
    let known = known_device(step, id)?;
    let is_closed = known.enrolment.open_until == TimeMs(0) && known.enrolment.enrolled_at > TimeMs(0);
    let enrolment = Enrolment {
        open_until: TimeMs(0),
        enrolled_at: if is_closed {
            known.enrolment.enrolled_at
        } else {
            step.clock()
        },
    };
    Ok(set(step, &known, enrolment, Vec::new()))
}

/// Checks, in this order: the uses and the time, that the site exists, that there are not too many.
pub(super) fn put_token(step: &mut Step<'_>, token: &EnrolmentToken) -> Outcome {
    if !(1..=ENROLMENT_USES_MAX).contains(&token.uses) {
        let problem = format!("must be 1 to {ENROLMENT_USES_MAX}, got {}", token.uses);
        return Err(check::invalid("uses", problem));
    }
    check::ahead("until", token.until, step.clock(), ENROLMENT_MS_MAX)?;
    if step.state.site(&token.site).is_none() {
        return Err(Refusal::UnknownSite {
            site: token.site.clone(),
        });
    }
    forget_old_tokens(step);
    let record = EnrolmentToken {
        note: check::cut(&token.note, NOTE_BYTES_MAX),
        ..token.clone()
    };
    let old = step.state.enrolment_tokens.get(&record.hash);
    let created = old.is_none();
    if old.is_some_and(|old| **old == record) {
        return Ok(Done::Put { created });
    }
    if created {
        let count = step.state.enrolment_tokens.len() + 1;
        check::count("enrolment tokens", count, ENROLMENT_TOKENS_MAX)?;
    }
    write_token(step, record);
    Ok(Done::Put { created })
}

pub(super) fn delete_token(step: &mut Step<'_>, hash: TokenHash) -> Outcome {
    Ok(Done::Deleted {
        existed: forget_token(step, hash),
    })
}

pub(super) fn enrol(step: &mut Step<'_>, hash: TokenHash, mac: MacAddress, model: &SmolStr) -> Outcome {
    let clock = step.clock();
    check::model(model)?;
    let Some(token) = step.state.enrolment_tokens.get(&hash).map(Arc::clone) else {
        // The last use may have been this very phone's.
        return match comes_again(step, mac) {
            true => Ok(Done::Put { created: false }),
            false => Err(Refusal::UnknownEnrolmentToken { hash }),
        };
    };
    if token.until <= clock {
        return Err(Refusal::EnrolmentTokenExpired { until: token.until });
    }
    if comes_again(step, mac) {
        return Ok(Done::Put { created: false });
    }
    if let Some(other) = step.state.device_by_mac(&mac) {
        let device = other.id.clone();
        return Err(Refusal::MacTaken { mac, device });
    }
    let enrolment = Enrolment {
        open_until: clock.plus_ms(ENROLMENT_WINDOW_MS),
        enrolled_at: TimeMs(0),
    };
    let record = Device {
        model: model.clone(),
        enrolment,
        changed: step.index,
        ..Device::new(mac.into(), token.site.clone())
    };
    device::store(step, None, record);
    match token.uses - 1 {
        0 => drop(forget_token(step, hash)),
        uses => write_token(
            step,
            EnrolmentToken {
                uses,
                ..EnrolmentToken::clone(&token)
            },
        ),
    }
    Ok(Done::Put { created: true })
}

/// Forgets the tokens that have run out.
pub(super) fn forget_old_tokens(step: &mut Step<'_>) {
    let clock = step.clock();
    let old = step.state.enrolment_tokens().filter(|token| token.until <= clock);
    let old: Vec<TokenHash> = old.map(|token| token.hash).collect();
    for hash in old {
        forget_token(step, hash);
    }
}

/// A site that goes takes its tokens along.
pub(super) fn forget_tokens_at(step: &mut Step<'_>, site: &SiteId) {
    let there = step.state.enrolment_tokens().filter(|token| token.site == *site);
    let there: Vec<TokenHash> = there.map(|token| token.hash).collect();
    for hash in there {
        forget_token(step, hash);
    }
}

/// The phone is in the directory, and its window is still open.
fn comes_again(step: &Step<'_>, mac: MacAddress) -> bool {
    let known = step.state.device_by_mac(&mac);
    known.is_some_and(|device| device.enrolment.is_open(step.clock()))
}

fn known_device(step: &Step<'_>, id: &DeviceId) -> Result<Arc<Device>, Refusal> {
    let device = step.state.device(id).map(Arc::clone);
    device.ok_or_else(|| Refusal::UnknownDevice { device: id.clone() })
}

/// `created`: the window was closed before.
fn set(step: &mut Step<'_>, device: &Device, enrolment: Enrolment, former_seeds: Vec<FormerSeed>) -> Done {
    let clock = step.clock();
    let created = enrolment.is_open(clock) && !device.enrolment.is_open(clock);
    if enrolment != device.enrolment || former_seeds != device.former_seeds {
        let record = Arc::new(Device {
            enrolment,
            former_seeds,
            ..device.clone()
        });
        step.state.devices.insert(device.id.clone(), Arc::clone(&record));
        step.emit(EventKind::DevicePut(record));
    }
    Done::Put { created }
}

fn write_token(step: &mut Step<'_>, token: EnrolmentToken) {
    let token = Arc::new(token);
    step.state.enrolment_tokens.insert(token.hash, Arc::clone(&token));
    step.emit(EventKind::EnrolmentTokenPut(token));
}

fn forget_token(step: &mut Step<'_>, hash: TokenHash) -> bool {
    let existed = step.state.enrolment_tokens.remove(&hash).is_some();
    if existed {
        step.emit(EventKind::EnrolmentTokenGone(hash));
    }
    existed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, named};
    use crate::command::Action;

    const HOUR_MS: u64 = 3_600_000;

    fn token(world: &World, byte: u8, uses: u32) -> EnrolmentToken {
        EnrolmentToken {
            hash: TokenHash([byte; 32]),
            site: named("chicago"),
            uses,
            until: world.now.plus_ms(HOUR_MS),
            note: "floor\n2".into(),
        }
    }

    /// An office with a token for so many phones.
    fn with_token(uses: u32) -> World {
        let mut world = World::office();
        let token = token(&world, 7, uses);
        world.run(Action::PutEnrolmentToken(token)).unwrap();
        world
    }

    fn enrol(byte: u8, mac: &str) -> Action {
        Action::EnrolDevice {
            token_hash: TokenHash([byte; 32]),
            mac: named(mac),
            vendor_model: "yealink-t54w".into(),
        }
    }

    const PHONE: &str = "02:00:00:00:00:01";
    const OTHER: &str = "02:00:00:00:00:02";

    fn put(created: bool) -> Outcome {
        Ok(Done::Put { created })
    }

    fn names(events: &[EventKind]) -> Vec<&'static str> {
        events.iter().map(EventKind::name).collect()
    }

    #[test]
    fn a_phone_with_a_token_is_put_into_the_directory_and_the_token_is_spent() {
        let mut world = with_token(2);
        let (outcome, events) = world.act(enrol(7, PHONE));
        assert_eq!(outcome, put(true));
        assert_eq!(names(&events), ["device_put", "enrolment_token_put"]);
        let phone = world.device("020000000001");
        assert_eq!(
            (phone.site.as_str(), phone.model.as_str()),
            ("chicago", "yealink-t54w")
        );
        assert_eq!(phone.mac, Some(named(PHONE)));
        assert_eq!(phone.enrolment.open_until, world.now.plus_ms(ENROLMENT_WINDOW_MS));
        assert_eq!(phone.changed, world.state.index());
        let (_, events) = world.act(enrol(7, OTHER));
        assert_eq!(names(&events), ["device_put", "enrolment_token_gone"]);
        let third = world.run(enrol(7, "02:00:00:00:00:03"));
        assert_eq!(third.unwrap_err().name(), "unknown_enrolment_token");
    }

    #[test]
    fn a_phone_that_comes_again_while_its_window_is_open_spends_nothing() {
        let mut world = with_token(1);
        world.run(enrol(7, PHONE)).unwrap();
        assert_eq!(
            world.act(enrol(7, PHONE)),
            (put(false), vec![]),
            "the token is spent"
        );
        world.run(Action::PutEnrolmentToken(token(&world, 8, 1))).unwrap();
        assert_eq!(world.act(enrol(8, PHONE)), (put(false), vec![]));
        let close = Action::CloseEnrolment {
            device: named("020000000001"),
        };
        world.run(close).unwrap();
        assert_eq!(world.run(enrol(8, PHONE)).unwrap_err().name(), "mac_taken");
        assert_eq!(
            world.run(enrol(7, PHONE)).unwrap_err().name(),
            "unknown_enrolment_token"
        );
        assert_eq!(world.state.enrolment_tokens().count(), 1);
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = with_token(1);
        let lobby = Device {
            mac: Some(named(PHONE)),
            ..device("lobby", "chicago")
        };
        world.run(Action::PutDevice(lobby)).unwrap();
        let bad = Action::EnrolDevice {
            token_hash: TokenHash([9; 32]),
            mac: named(PHONE),
            vendor_model: "a\nb".into(),
        };
        let name = |outcome: Outcome| outcome.unwrap_err().name();
        assert_eq!(name(world.run(bad)), "invalid_record");
        assert_eq!(name(world.run(enrol(9, PHONE))), "unknown_enrolment_token");
        let taken = Refusal::MacTaken {
            mac: named(PHONE),
            device: named("lobby"),
        };
        assert_eq!(world.run(enrol(7, PHONE)), Err(taken));
        world.later(HOUR_MS);
        assert_eq!(name(world.run(enrol(7, PHONE))), "enrolment_token_expired");
        assert_eq!(name(world.run(enrol(7, OTHER))), "enrolment_token_expired");
    }

    #[test]
    fn tokens_run_out_by_the_logs_clock_and_are_forgotten() {
        let mut world = with_token(1);
        let gone = vec![EventKind::EnrolmentTokenGone(TokenHash([7; 32]))];
        world.later(HOUR_MS - 1);
        assert_eq!(world.act(Action::Expire).1, vec![]);
        world.later(1);
        assert_eq!(world.act(Action::Expire).1, gone);
    }

    #[test]
    fn a_token_is_put_taken_back_and_goes_with_its_site() {
        let mut world = with_token(3);
        let same = token(&world, 7, 3);
        assert_eq!(
            world.act(Action::PutEnrolmentToken(same.clone())),
            (put(false), vec![])
        );
        let kept = world.state.enrolment_token(&same.hash).unwrap();
        assert_eq!(kept.note, "floor 2");
        let delete = || Action::DeleteEnrolmentToken { hash: same.hash };
        assert_eq!(world.run(delete()), Ok(Done::Deleted { existed: true }));
        assert_eq!(world.run(delete()), Ok(Done::Deleted { existed: false }));
        world
            .run(Action::PutSite(crate::apply::testing::site("austin")))
            .unwrap();
        let there = EnrolmentToken {
            site: named("austin"),
            ..same
        };
        world.run(Action::PutEnrolmentToken(there)).unwrap();
        let (_, events) = world.act(Action::DeleteSite(named("austin")));
        assert_eq!(names(&events), ["enrolment_token_gone", "site_deleted"]);
    }

    #[test]
    fn a_token_keeps_its_bounds() {
        let mut world = World::office();
        let good = token(&world, 1, 1);
        let refusal = |world: &mut World, token| {
            world
                .run(Action::PutEnrolmentToken(token))
                .unwrap_err()
                .to_string()
        };
        for uses in [0, ENROLMENT_USES_MAX + 1] {
            let bad = EnrolmentToken { uses, ..good.clone() };
            assert!(refusal(&mut world, bad).starts_with("uses"));
        }
        for until in [world.now, world.now.plus_ms(ENROLMENT_MS_MAX + 1)] {
            let bad = EnrolmentToken {
                until,
                site: named("nowhere"),
                ..good.clone()
            };
            assert!(refusal(&mut world, bad).starts_with("until"));
        }
        let bad = EnrolmentToken {
            site: named("nowhere"),
            ..good.clone()
        };
        assert_eq!(refusal(&mut world, bad), "no site is known as nowhere");
        for n in 0..=ENROLMENT_TOKENS_MAX {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&(n as u64).to_be_bytes());
            let token = EnrolmentToken {
                hash: TokenHash(hash),
                ..good.clone()
            };
            let outcome = world.run(Action::PutEnrolmentToken(token));
            assert_eq!(outcome.is_ok(), n < ENROLMENT_TOKENS_MAX, "{n}");
        }
    }

    #[test]
    fn a_window_is_opened_and_closed_and_remembers_when() {
        let mut world = World::office();
        let open = |until| Action::OpenEnrolment {
            device: named("chi-1"),
            until,
        };
        let close = || Action::CloseEnrolment {
            device: named("chi-1"),
        };
        let until = world.now.plus_ms(HOUR_MS);
        let (outcome, events) = world.act(open(until));
        assert_eq!((outcome, names(&events)), (put(true), vec!["device_put"]));
        assert_eq!(world.act(open(until)), (put(false), vec![]));
        let changed = world.device("chi-1").changed;
        assert!(changed < world.state.index(), "a window is not shown");
        world.later(5);
        let enrolled_at = world.now;
        world.run(close()).unwrap();
        world.later(5);
        assert_eq!(world.act(close()), (put(false), vec![]));
        let closed = Enrolment {
            open_until: TimeMs(0),
            enrolled_at,
        };
        assert_eq!(world.device("chi-1").enrolment, closed);

        let name = |outcome: Outcome| outcome.unwrap_err().name();
        let (now, far) = (world.now, world.now.plus_ms(ENROLMENT_MS_MAX + 1));
        assert_eq!(name(world.run(open(now))), "invalid_record");
        assert_eq!(name(world.run(open(far))), "invalid_record");
        let nowhere = Action::OpenEnrolment {
            device: named("nowhere"),
            until: far,
        };
        assert_eq!(name(world.run(nowhere)), "unknown_device");
        let nowhere = Action::CloseEnrolment {
            device: named("nowhere"),
        };
        assert_eq!(name(world.run(nowhere)), "unknown_device");
    }

    #[test]
    fn a_changed_phone_keeps_what_it_has_and_brings_nothing_else() {
        let mut world = with_token(1);
        world.run(enrol(7, PHONE)).unwrap();
        let before = world.device("020000000001");
        let smuggled = Device {
            label: "Lobby".into(),
            enrolment: Enrolment::default(),
            secret_seed: Some(1),
            trouble: Some("smuggled".into()),
            stays_neutral: true,
            ..Device::clone(&before)
        };
        world.run(Action::PutDevice(smuggled)).unwrap();
        let expected = Device {
            label: "Lobby".into(),
            changed: world.state.index(),
            ..Device::clone(&before)
        };
        assert_eq!(*world.device("020000000001"), expected);
    }
}
