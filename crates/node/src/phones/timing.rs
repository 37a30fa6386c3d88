//! How long a login takes: until calls reach the user, and until the phone has its document.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hotdesk_core::{DeviceId, Epoch};
use hotdesk_phone::Vendor;
use parking_lot::Mutex;

/// How many logins may wait for their document; those beyond are not measured.
const WAITING_MAX: usize = 4096;
/// When a document counts as never fetched.
const GIVE_UP_AFTER: Duration = Duration::from_secs(600);

/// Logins whose phones have not fetched their document yet.
#[derive(Default)]
pub(super) struct Timing(Mutex<HashMap<DeviceId, Login>>);

struct Login {
    vendor: Vendor,
    submitted: Instant,
    epoch: Epoch,
}

impl Timing {
    /// The PIN was sent at `submitted`; the log has the session of `epoch`.
    pub(super) fn begin(&self, device: &DeviceId, vendor: Vendor, submitted: Instant, epoch: Epoch) {
        let mut waiting = self.0.lock();
        if waiting.len() >= WAITING_MAX {
            waiting.retain(|_, login| login.submitted.elapsed() < GIVE_UP_AFTER);
        }
        if waiting.len() < WAITING_MAX || waiting.contains_key(device) {
            let login = Login {
                vendor,
                submitted,
                epoch,
            };
            waiting.insert(device.clone(), login);
        }
    }

    /// The phone has fetched the document of `stamp`. When that shows a login that was waiting: how long it took.
    pub(super) fn end(&self, device: &DeviceId, stamp: u64, now: Instant) -> Option<(Vendor, Duration)> {
        let mut waiting = self.0.lock();
        let login = waiting.get(device)?;
        if stamp < login.epoch.index() {
            return None;
        }
        let login = waiting.remove(device)?;
        let took = now.saturating_duration_since(login.submitted);
        (took < GIVE_UP_AFTER).then_some((login.vendor, took))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_document_after_the_login_stops_the_clock() {
        let timing = Timing::default();
        let device: DeviceId = "chi-1".parse().unwrap();
        let start = Instant::now();
        timing.begin(&device, Vendor::Snom, start, Epoch::at(100, 0));
        let later = start + Duration::from_secs(2);
        assert_eq!(timing.end(&device, 99, later), None, "an older document");
        assert_eq!(
            timing.end(&device, 101, later),
            Some((Vendor::Snom, Duration::from_secs(2)))
        );
        assert_eq!(
            timing.end(&device, 101, later),
            None,
            "each login is measured once"
        );
        timing.begin(&device, Vendor::Snom, start, Epoch::at(200, 0));
        assert_eq!(timing.end(&device, 200, start + GIVE_UP_AFTER), None);
    }
}
