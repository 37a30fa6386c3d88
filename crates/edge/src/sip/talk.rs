//! Calls that were answered, until they end: their records wait here.

use std::collections::HashMap;

use bytes::Bytes;
use hotdesk_sip::event::CallId;
use hotdesk_sip::trace::Cdr;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::calls::Setup;
use super::party::Party;

/// A call that goes on.
pub(crate) struct Talking {
    pub(crate) record: Cdr,
    pub(crate) followed: Option<CallId>,
    pub(crate) emergency: bool,
    pub(crate) trunk: Option<SmolStr>,
}

/// All calls that go on, by Call-ID.
#[derive(Default)]
pub(crate) struct Talk {
    calls: Mutex<HashMap<Bytes, Talking>>,
}

/// So many are remembered; the record of one more is written when it is answered.
const CALLS_MAX: usize = 50_000;

impl Talk {
    pub(crate) fn begin(&self, setup: Setup) {
        let trunk = setup.tried.last().and_then(|tried| match &tried.party {
            Party::Trunk(trunk) => Some(trunk.clone()),
            _ => None,
        });
        let mut calls = self.calls.lock();
        if calls.len() < CALLS_MAX {
            let Setup {
                call_id,
                record,
                followed,
                emergency,
                ..
            } = setup;
            calls.insert(
                call_id,
                Talking {
                    record,
                    followed,
                    emergency,
                    trunk,
                },
            );
        }
    }

    /// The call is over.
    pub(crate) fn end(&self, call_id: &[u8]) -> Option<Talking> {
        self.calls.lock().remove(call_id)
    }

    /// The calls that `is_over` says are over: their BYE was never seen.
    pub(crate) fn lost(&self, is_over: impl Fn(&CallId) -> bool) -> Vec<(Bytes, Talking)> {
        let mut calls = self.calls.lock();
        let over = |talking: &mut Talking| talking.followed.as_ref().is_some_and(&is_over);
        calls.extract_if(|_, talking| over(talking)).collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.calls.lock().len()
    }
}
