//! Calls that were answered, until they end: their records wait here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_sip::event::CallId;
use hotdesk_sip::trace::Cdr;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::calls::{Setup, Slots};
use super::stack::Pending;

/// A call that goes on.
pub(crate) struct Talking {
    pub(crate) record: Cdr,
    pub(crate) followed: Option<CallId>,
    pub(crate) emergency: bool,
    since: Instant,
    /// Given back when the call is over.
    _slots: Slots,
}

/// All calls that go on, by Call-ID.
#[derive(Default)]
pub(crate) struct Talk {
    calls: Mutex<HashMap<Bytes, Talking>>,
    /// Calls that are being set up, so that one can be stopped from outside.
    ringing: Mutex<HashMap<Bytes, Pending>>,
}

/// A call that is not followed, since there were too many, counts as over after so long.
const UNFOLLOWED_MAX: Duration = Duration::from_secs(12 * 3600);

/// So many are remembered; the record of one more is written when it is answered.
const CALLS_MAX: usize = 50_000;

impl Talk {
    /// A call is being set up.
    pub(crate) fn rings(&self, call_id: &Bytes, pending: Pending) {
        let mut ringing = self.ringing.lock();
        if ringing.len() < CALLS_MAX {
            ringing.insert(call_id.clone(), pending);
        }
    }

    /// It has been set up, or will not be.
    pub(crate) fn rings_no_more(&self, call_id: &[u8]) -> Option<Pending> {
        self.ringing.lock().remove(call_id)
    }

    /// Somebody has answered. A second answer of a forked call is no news.
    pub(crate) fn begin(&self, setup: &mut Setup) {
        let mut calls = self.calls.lock();
        if calls.len() >= CALLS_MAX || calls.contains_key(&setup.call_id) {
            return;
        }
        let mut record = setup.record.clone();
        record.status = 200;
        let talking = Talking {
            record,
            followed: setup.followed.clone(),
            emergency: setup.emergency,
            since: Instant::now(),
            _slots: std::mem::take(&mut setup.slots),
        };
        calls.insert(setup.call_id.clone(), talking);
    }

    /// The call is over.
    pub(crate) fn end(&self, call_id: &[u8]) -> Option<Talking> {
        self.calls.lock().remove(call_id)
    }

    /// The calls that `is_over` says are over: their BYE was never seen.
    pub(crate) fn lost(&self, is_over: impl Fn(&CallId) -> bool) -> Vec<(Bytes, Talking)> {
        let mut calls = self.calls.lock();
        let over = |talking: &mut Talking| match &talking.followed {
            Some(id) => is_over(id),
            None => talking.since.elapsed() > UNFOLLOWED_MAX,
        };
        calls.extract_if(|_, talking| over(talking)).collect()
    }

    /// The phones of our own and the sessions at them that are in a call now.
    pub(crate) fn sessions(&self) -> Vec<(SmolStr, u64)> {
        let calls = self.calls.lock();
        let parties = calls.values().flat_map(|talking| {
            let record = &talking.record;
            [&record.caller, &record.callee]
        });
        parties
            .filter_map(|party| Some((party.device.as_deref()?.into(), party.epoch?)))
            .collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.calls.lock().len()
    }
}
