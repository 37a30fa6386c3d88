//! Shown: nodes and edges report, in batches, what phones show, and which ones could not be brought to show it.
//!
//! Check: the batch keeps its bound. Each item then counts for itself: the phone must be known, and the stamp one that it
//! may show. What a phone shows only rises; what is known already makes no event. Trouble is noted unless the phone
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
    // Of an earlier phone with this id, or made up.
    if item.stamp > step.state.wanted_stamp(&device.id) {
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
