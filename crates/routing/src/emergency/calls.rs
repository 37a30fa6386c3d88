//! Which phones are in an emergency call, or may still be called back.

use std::time::Duration;

use smol_str::SmolStr;

use super::EmergencyPlan;
use crate::{EmergencyCall, Phone};

/// So many calls and windows are remembered at one edge. When there are more, the oldest that is over is
/// forgotten, or else the oldest: its phone is no longer held, and a call-back goes to the newer one.
pub const CALLS_MAX: usize = 256;

/// A call whose end was never seen (a crash, a lost BYE) counts as over after so long.
pub(super) const CALL_TIME_MAX: Duration = Duration::from_secs(4 * 3600);

/// The emergency calls of an edge and their call-back windows. Times are milliseconds since the Unix epoch.
///
/// ```text
/// begin ──► calling ── end, or 4 h ──► window ── plan.window after the end ──► forgotten
///              phone is held                phone is held, call-backs go to it
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmergencyCalls {
    /// In the order in which they began.
    pub(super) records: Vec<Record>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) call_id: SmolStr,
    pub(super) device: SmolStr,
    /// The number under which it is called back.
    pub(super) call_back: Option<SmolStr>,
    /// It is this phone's for now, and not everybody's main number.
    pub(super) own_number: bool,
    pub(super) began_ms: u64,
    /// Until then the phone is held; while the call lasts, as if it ended at [`CALL_TIME_MAX`].
    pub(super) until_ms: u64,
    pub(super) over: bool,
}

/// What [`EmergencyCalls::begin`] has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The number to show to the emergency service; `None` where none is configured.
    pub call_back: Option<SmolStr>,
    /// Something is remembered: write it to the disk, and hold the phone.
    pub holds: bool,
}

/// Why a phone is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The call is still going on.
    pub calling: bool,
    /// Until when at the latest, if nothing more happens.
    pub until_ms: u64,
}

impl EmergencyCalls {
    /// An emergency call begins. Choosing a number never fails: when all lent numbers are taken, the one lent
    /// longest ago is taken over. The same call (by `call_id`) may begin more than once.
    pub fn begin(&mut self, plan: &EmergencyPlan, call: &EmergencyCall, call_id: &str, now_ms: u64) -> Begun {
        let Some(phone) = &call.phone else {
            let call_back = plan.main_number.clone();
            return Begun {
                call_back,
                holds: false,
            };
        };
        let (call_back, own_number) = self.choose(plan, phone);
        if call.test {
            return Begun {
                call_back,
                holds: false,
            };
        }
        if own_number {
            // Whoever had the number before is not called back under it any more.
            for record in self
                .records
                .iter_mut()
                .filter(|record| record.device != phone.device)
            {
                if record.call_back == call_back {
                    record.call_back = None;
                }
            }
        }
        self.records.retain(|record| record.call_id != call_id);
        self.make_room();
        self.records.push(Record {
            call_id: call_id.into(),
            device: phone.device.clone(),
            call_back: call_back.clone(),
            own_number,
            began_ms: now_ms,
            until_ms: now_ms.saturating_add(millis(CALL_TIME_MAX + plan.window)),
            over: false,
        });
        Begun {
            call_back,
            holds: true,
        }
    }

    /// The call is over; the window begins. Returns the phone, if the call was known and not over yet.
    pub fn end(&mut self, plan: &EmergencyPlan, call_id: &str, now_ms: u64) -> Option<SmolStr> {
        let mut records = self.records.iter_mut();
        let record = records.find(|record| record.call_id == call_id && !record.over)?;
        record.over = true;
        record.until_ms = now_ms.saturating_add(millis(plan.window));
        Some(record.device.clone())
    }

    /// Why this phone is held, if it is: nothing may be done to it that would keep a call-back from it.
    #[must_use]
    pub fn holds(&self, device: &str, now_ms: u64) -> Option<Hold> {
        let of_device = |record: &&Record| record.device == device && now_ms < record.until_ms;
        let records: Vec<&Record> = self.records.iter().filter(of_device).collect();
        let until_ms = records.iter().map(|record| record.until_ms).max()?;
        let calling = records.iter().any(|record| !record.over);
        Some(Hold { calling, until_ms })
    }

    /// The phone that a call to `number` (E.164) from `caller` is meant for. A number of a phone's own leads
    /// there whoever calls; the main number does for callers that the plan takes for an emergency service, to
    /// the phone that called last.
    #[must_use]
    pub fn call_back(
        &self,
        plan: &EmergencyPlan,
        number: &str,
        caller: Option<&str>,
        now_ms: u64,
    ) -> Option<SmolStr> {
        let open = |record: &&Record| now_ms < record.until_ms && record.call_back.as_deref() == Some(number);
        let record = self.records.iter().rev().find(open)?;
        let meant = record.own_number
            || match &plan.main_number_callers {
                None => true,
                Some(pattern) => caller.is_some_and(|caller| pattern.matches(caller)),
            };
        meant.then(|| record.device.clone())
    }

    /// Forgets what is over. Returns the phones that are no longer held.
    pub fn expire(&mut self, now_ms: u64) -> Vec<SmolStr> {
        let (kept, over) = std::mem::take(&mut self.records)
            .into_iter()
            .partition(|record| now_ms < record.until_ms);
        self.records = kept;
        let mut released: Vec<SmolStr> = over.into_iter().map(|record: Record| record.device).collect();
        released.retain(|device| self.holds(device, now_ms).is_none());
        released.sort();
        released.dedup();
        released
    }

    /// When [`expire`](Self::expire) has something to do.
    #[must_use]
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.records.iter().map(|record| record.until_ms).min()
    }

    /// All phones that are held, to hold them again after a restart.
    #[must_use]
    pub fn held(&self, now_ms: u64) -> Vec<(SmolStr, Hold)> {
        let mut devices: Vec<&SmolStr> = self.records.iter().map(|record| &record.device).collect();
        devices.sort();
        devices.dedup();
        let held = devices.into_iter();
        held.filter_map(|device| Some((device.clone(), self.holds(device, now_ms)?)))
            .collect()
    }

    /// The phone's own number (the plan's word goes before the directory's), or the one that it has been lent, or a free
    /// one, or the one lent longest ago, or the main number.
    fn choose(&self, plan: &EmergencyPlan, phone: &Phone) -> (Option<SmolStr>, bool) {
        let device = phone.device.as_str();
        let fixed = plan
            .call_back
            .iter()
            .find(|entry| entry.device.as_deref() == Some(device));
        if let Some(entry) = fixed {
            return (Some(entry.number.clone()), true);
        }
        if let Some(number) = &phone.number {
            // Phones that are all given the main number share it: who calls it still counts.
            return (Some(number.clone()), plan.main_number.as_ref() != Some(number));
        }
        let lent_here = self
            .records
            .iter()
            .rev()
            .find(|record| record.device == device && record.own_number);
        if let Some(number) = lent_here.and_then(|record| record.call_back.clone()) {
            return (Some(number), true);
        }
        let lent_at = |number: &SmolStr| {
            let mut records = self.records.iter().rev();
            let record = records.find(|record| record.call_back.as_ref() == Some(number));
            record.map_or(0, |record| record.began_ms)
        };
        let pool = plan.call_back.iter().filter(|entry| entry.device.is_none());
        match pool
            .map(|entry| &entry.number)
            .min_by_key(|number| lent_at(number))
        {
            Some(number) => (Some(number.clone()), true),
            None => (plan.main_number.clone(), false),
        }
    }

    fn make_room(&mut self) {
        if self.records.len() < CALLS_MAX {
            return;
        }
        let oldest = self.records.iter().position(|record| record.over).unwrap_or(0);
        self.records.remove(oldest);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
