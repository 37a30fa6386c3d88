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
