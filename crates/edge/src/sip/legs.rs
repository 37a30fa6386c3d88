//! Where the two sides of a call are, so that requests inside it find their way.
//!
//! Remembered while the call lasts. After a restart it is unknown: then the token of our Record-Route leads to the
//! caller, and the contact's address to the called side.

use std::collections::HashMap;

use bytes::Bytes;
use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::Message;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::calls::Tried;
use super::party::Party;

/// How many calls are remembered; beyond, new ones find their way as after a restart.
const CALLS_MAX: usize = 50_000;
/// How many answering sides one call has: as many as phones may ring at once.
const SIDES_MAX: usize = 16;

/// The sides of all calls, by Call-ID.
#[derive(Default)]
pub(crate) struct Legs {
    calls: Mutex<HashMap<Bytes, Legged>>,
}

struct Legged {
    caller_tag: SmolStr,
    caller: (Party, Hop),
    /// By the tag that each has answered with.
    called: Vec<(SmolStr, Party, Hop)>,
}

impl Legs {
    /// A call is passed on.
    pub(crate) fn begin(&self, call_id: &Bytes, invite: &Message, caller: Party, from: Hop) {
        let Some(caller_tag) = tag(invite.from()) else {
            return;
        };
        let mut calls = self.calls.lock();
        if calls.len() < CALLS_MAX {
            let caller = (caller, from);
            calls.insert(
                call_id.clone(),
                Legged {
                    caller_tag,
                    caller,
                    called: Vec::new(),
                },
            );
        }
    }

    /// Somebody answers, provisionally or finally.
    pub(crate) fn learn(&self, call_id: &Bytes, response: &Message, tried: &Tried) {
        let Some(their_tag) = tag(response.to()) else {
            return;
        };
        let mut calls = self.calls.lock();
        let Some(call) = calls.get_mut(call_id) else {
            return;
        };
        let known = call.called.iter().any(|(tag, ..)| *tag == their_tag);
        if !known && call.called.len() < SIDES_MAX {
            call.called
                .push((their_tag, tried.party.clone(), tried.hop.clone()));
        }
    }

    /// The other side of a request inside a call, and whether that is the caller; `None` when the call is not known.
    pub(crate) fn other_side(&self, request: &Message) -> Option<(Party, Hop, bool)> {
        let calls = self.calls.lock();
        let call = calls.get(request.call_id()?)?;
        let (from, to) = (tag(request.from())?, tag(request.to())?);
        if from == call.caller_tag {
            let mut called = call.called.iter();
            let (_, party, hop) = called.find(|(tag, ..)| *tag == to)?;
            return Some((party.clone(), hop.clone(), false));
        }
        let (party, hop) = &call.caller;
        (to == call.caller_tag).then(|| (party.clone(), hop.clone(), true))
    }

    /// The call is over.
    pub(crate) fn forget(&self, call_id: &[u8]) {
        self.calls.lock().remove(call_id);
    }
}

fn tag(address: Result<hotdesk_sip::value::NameAddr, hotdesk_sip::value::BadValue>) -> Option<SmolStr> {
    address.ok()?.tag().map(SmolStr::new)
}
