//! Calls that were answered, until they end: their records wait here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_sip::event::CallId;
use hotdesk_sip::trace::{Cdr, Outcome};
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::calls::Slots;
use super::stack::Pending;

/// A call that goes on.
struct Talking {
    record: Cdr,
    followed: Option<CallId>,
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

    /// Somebody has answered: the record says so from now on, however the call ends. A second answer of a forked call
    /// is no news. What comes back is the record of one call more than can be remembered.
    #[must_use]
    pub(crate) fn begin(
        &self,
        call_id: &Bytes,
        record: &Cdr,
        followed: Option<CallId>,
        slots: &mut Slots,
    ) -> Option<Cdr> {
        let mut calls = self.calls.lock();
        if calls.contains_key(call_id) {
            return None;
        }
        let record = Cdr {
            status: 200,
            outcome: Outcome::Answered,
            ..record.clone()
        };
        if calls.len() >= CALLS_MAX {
            return Some(record);
        }
        let talking = Talking {
            record,
            followed,
            since: Instant::now(),
            _slots: std::mem::take(slots),
        };
        calls.insert(call_id.clone(), talking);
        None
    }

    /// The call is over: its record, if it was answered.
    pub(crate) fn end(&self, call_id: &[u8]) -> Option<Cdr> {
        let talking = self.calls.lock().remove(call_id)?;
        Some(talking.record)
    }

    /// The calls that `is_over` says are over: their BYE was never seen.
    pub(crate) fn lost(&self, now: Instant, is_over: impl Fn(&CallId) -> bool) -> Vec<(Bytes, Cdr)> {
        let mut calls = self.calls.lock();
        let over = |talking: &mut Talking| match &talking.followed {
            Some(id) => is_over(id),
            None => now.saturating_duration_since(talking.since) > UNFOLLOWED_MAX,
        };
        let lost = calls.extract_if(|_, talking| over(talking));
        lost.map(|(call_id, talking)| (call_id, talking.record)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A call that somebody has answered; too many calls go on for it to be followed.
    fn answer(talk: &Talk, call_id: impl Into<Bytes>) -> Option<Cdr> {
        let record = Cdr {
            answer_ms: Some(1_700_000_000_000),
            ..Cdr::default()
        };
        talk.begin(&call_id.into(), &record, None, &mut Slots::default())
    }

    /// Bug: the record of one whose BYE was never seen said "failed".
    #[test]
    fn an_answered_call_is_recorded_as_answered_however_it_ends() {
        let talk = Talk::default();
        assert_eq!(answer(&talk, "hung-up"), None);
        let hung_up = talk.end(b"hung-up").unwrap();

        answer(&talk, "lost");
        let later = Instant::now() + UNFOLLOWED_MAX * 2;
        let lost = talk.lost(later, |_| unreachable!("it is not followed"));
        assert_eq!(lost[0].0, "lost");
        assert_eq!((lost.len(), talk.len()), (1, 0));

        for record in [&hung_up, &lost[0].1] {
            assert_eq!((record.status, record.outcome), (200, Outcome::Answered));
        }
    }

    #[test]
    fn a_second_answer_is_no_news_and_the_record_of_a_call_too_many_comes_back_at_once() {
        let talk = Talk::default();
        for n in 0..CALLS_MAX {
            assert_eq!(answer(&talk, n.to_string()), None);
        }
        assert_eq!(answer(&talk, "0"), None);
        let one_more = answer(&talk, "one more").unwrap();
        assert_eq!(one_more.outcome, Outcome::Answered);
        assert_eq!(talk.len(), CALLS_MAX);
    }
}
