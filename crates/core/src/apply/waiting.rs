//! Waiting: phones that nobody knows are listed, until an administrator approves or declines them.
//!
//! Report checks that the batch keeps its bound; a phone whose address a device has is left out. Beyond
//! [`WAITING_MAX`] the phone that was seen longest ago makes room. Putting a device with the address takes it off the
//! list, as declining does; a declined phone that asks again is listed again.

use std::sync::Arc;

use crate::event::EventKind;
use crate::mac::MacAddress;
use crate::outcome::{Done, Outcome};
use crate::phones::{
    SeenPhone, WAITING_AGAIN_MS, WAITING_MAX, WAITING_REPORT_MAX, WAITING_TEXT_BYTES_MAX, WaitingPhone,
};

use super::{Step, check};

pub(super) fn report(step: &mut Step<'_>, items: &[SeenPhone]) -> Outcome {
    check::count("items", items.len(), WAITING_REPORT_MAX)?;
    let noted = items.iter().filter(|item| note(step, item)).count();
    Ok(Done::Reported {
        noted: u32::try_from(noted).unwrap_or(u32::MAX),
    })
}

pub(super) fn decline(step: &mut Step<'_>, mac: MacAddress) -> Outcome {
    Ok(Done::Deleted {
        existed: step.waits_no_longer(mac),
    })
}

/// Whether nobody knows the phone.
fn note(step: &mut Step<'_>, item: &SeenPhone) -> bool {
    if step.state.device_by_mac(&item.mac).is_some() {
        return false;
    }
    let now = step.clock();
    let phone = cut(item);
    let known = step.state.waiting.get(&phone.mac);
    if known.is_some_and(|known| known.phone == phone && now.since_ms(known.last_seen) < WAITING_AGAIN_MS) {
        return true;
    }
    let first_seen = known.map_or(now, |known| known.first_seen);
    let waiting = Arc::new(WaitingPhone {
        phone,
        first_seen,
        last_seen: now,
    });
    step.state.waiting.insert(waiting.phone.mac, Arc::clone(&waiting));
    step.emit(EventKind::WaitingPut(waiting));
    if step.state.waiting.len() > WAITING_MAX {
        let others = step.state.waiting().filter(|other| other.phone.mac != item.mac);
        let oldest = others.min_by_key(|other| (other.last_seen, other.phone.mac));
        if let Some(oldest) = oldest.map(|oldest| oldest.phone.mac) {
            step.waits_no_longer(oldest);
        }
    }
    true
}

fn cut(phone: &SeenPhone) -> SeenPhone {
    let text = |text| check::cut(text, WAITING_TEXT_BYTES_MAX);
    SeenPhone {
        mac: phone.mac,
        vendor: text(&phone.vendor),
        model: text(&phone.model),
        firmware: text(&phone.firmware),
        site: phone.site.clone(),
        address: text(&phone.address),
    }
}

impl Step<'_> {
    /// Takes a phone off the list, if it is there.
    pub(super) fn waits_no_longer(&mut self, mac: MacAddress) -> bool {
        let waited = self.state.waiting.remove(&mac).is_some();
        if waited {
            self.emit(EventKind::WaitingGone(mac));
        }
        waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, named};
    use crate::command::Action;
    use crate::directory::Device;

    fn seen(number: u32) -> SeenPhone {
        let [_, a, b, c] = number.to_be_bytes();
        SeenPhone {
            mac: MacAddress::new([2, 0, 0, a, b, c]),
            vendor: "yealink".into(),
            model: "T54W".into(),
            firmware: "96.86".into(),
            site: Some(named("chicago")),
            address: "192.0.2.17".into(),
        }
    }

    fn report(items: Vec<SeenPhone>) -> Action {
        Action::ReportWaiting { items }
    }

    fn noted(noted: u32) -> Outcome {
        Ok(Done::Reported { noted })
    }

    #[test]
    fn an_unknown_phone_waits_from_when_it_was_first_seen() {
        let mut world = World::office();
        let first_seen = world.now;
        let waits = |last_seen| {
            vec![EventKind::WaitingPut(Arc::new(WaitingPhone {
                phone: seen(1),
                first_seen,
                last_seen,
            }))]
        };
        assert_eq!(world.act(report(vec![seen(1)])), (noted(1), waits(first_seen)));
        world.later(WAITING_AGAIN_MS - 1);
        assert_eq!(world.act(report(vec![seen(1)])), (noted(1), vec![]));
        world.later(1);
        let now = world.now;
        assert_eq!(world.act(report(vec![seen(1)])), (noted(1), waits(now)));
        let newer = SeenPhone {
            firmware: "96.87".into(),
            ..seen(1)
        };
        assert_eq!(world.act(report(vec![newer])).1.len(), 1);
        assert_eq!(world.state.waiting().count(), 1);
    }

    #[test]
    fn a_phone_that_is_approved_or_declined_waits_no_longer() {
        let mut world = World::office();
        world.run(report(vec![seen(1), seen(2), seen(3)])).unwrap();
        let gone = |number| vec![EventKind::WaitingGone(seen(number).mac)];
        let decline = || Action::DeclineWaiting { mac: seen(1).mac };
        assert_eq!(
            world.act(decline()),
            (Ok(Done::Deleted { existed: true }), gone(1))
        );
        assert_eq!(
            world.act(decline()),
            (Ok(Done::Deleted { existed: false }), vec![])
        );
        let by_id = device(&seen(2).mac.to_string(), "chicago");
        let by_mac = Device {
            mac: Some(seen(3).mac),
            ..device("lobby", "chicago")
        };
        for (number, device) in [(2, by_id), (3, by_mac)] {
            let (_, events) = world.act(Action::PutDevice(device));
            assert_eq!(events[1..], gone(number));
            assert_eq!(world.act(report(vec![seen(number)])), (noted(0), vec![]));
        }
        assert_eq!(world.act(report(vec![seen(1)])).1.len(), 1, "it asked again");
    }

    #[test]
    fn the_list_is_bounded_and_the_one_seen_longest_ago_makes_room() {
        let mut world = World::office();
        let number = |n: usize| u32::try_from(n).unwrap();
        for first in (0..WAITING_MAX).step_by(WAITING_REPORT_MAX) {
            let items = (first..first + WAITING_REPORT_MAX).map(|n| seen(number(n)));
            world.run(report(items.collect())).unwrap();
            world.later(1);
        }
        world.later(WAITING_AGAIN_MS);
        world.run(report(vec![seen(0)])).unwrap();
        let (_, events) = world.act(report(vec![seen(number(WAITING_MAX))]));
        assert_eq!(events[1..], [EventKind::WaitingGone(seen(1).mac)]);
        assert_eq!(world.state.waiting().count(), WAITING_MAX);
    }

    #[test]
    fn texts_are_cut_and_batches_bounded() {
        let mut world = World::office();
        let chatty = SeenPhone {
            model: "x\n".repeat(WAITING_TEXT_BYTES_MAX).into(),
            ..seen(1)
        };
        world.run(report(vec![chatty])).unwrap();
        let kept = world.state.waiting_phone(&seen(1).mac).unwrap();
        assert_eq!(kept.phone.model.len(), WAITING_TEXT_BYTES_MAX);
        assert!(!kept.phone.model.contains('\n'));
        let outcome = world.run(report(vec![seen(1); WAITING_REPORT_MAX + 1]));
        assert_eq!(outcome.unwrap_err().name(), "invalid_record");
    }
}
