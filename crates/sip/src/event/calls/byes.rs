//! Ending a call from outside: one BYE to each side, each as if the other had sent it.
//!
//! A proxy is no party of a call and RFC 3261 gives it no BYE of its own. Policy `drop` wants it all the same: when a
//! login elsewhere evicts a session, its calls end. Both phones take such a BYE, for it has the dialog's identifiers
//! and the next CSeq; a phone with TLS client checks on the far side of a trunk may not, and then its session timer
//! ends the call.

use std::time::Instant;

use bytes::Bytes;

use super::call::{Call, Leg};
use super::{CallId, Calls, Changes};
use crate::body::dialog_info::State;
use crate::event::dialog::{Dialog, route_uri};
use crate::hop::Hop;
use crate::message::{Header, Message, Method, Name};
use crate::uri::Uri;

/// A BYE to one side of a call, complete but for Via.
#[derive(Clone, Debug)]
pub struct Bye {
    /// The request.
    pub message: Message,
    /// The flow over which that side is reached: the one that the call came by.
    pub to: Hop,
    /// Where to if the flow is gone, a URI to be resolved: the first Route, or the contact.
    pub next: Bytes,
}

impl Calls {
    /// Ends a call that talks: for each answered leg a BYE to both sides. `is_own` knows our Record-Route URIs, which
    /// divide the route set into the callee's and the caller's half. `reason` is the value of a Reason header
    /// (RFC 3326); empty for none. A call that rings gives none: the proxy core cancels it.
    ///
    /// The call counts as over at once; the answers to the requests change nothing.
    pub fn byes(
        &mut self,
        now: Instant,
        id: &CallId,
        is_own: &dyn Fn(&Uri) -> bool,
        reason: &str,
        changes: &mut Changes,
    ) -> Vec<Bye> {
        let Some(call) = self.calls.get_mut(id) else {
            return Vec::new();
        };
        call.touched(changes);
        let mut byes = Vec::new();
        for at in 0..call.legs.len() {
            if call.legs[at].state == State::Confirmed {
                byes.extend(call.byes_of(&call.legs[at], id, is_own, reason));
                call.legs[at].end(now);
            }
        }
        self.reschedule(id);
        byes
    }
}

impl Call {
    fn byes_of(&self, leg: &Leg, id: &CallId, is_own: &dyn Fn(&Uri) -> bool, reason: &str) -> [Bye; 2] {
        let (to_callee, to_caller) = halves(&leg.record_routes, is_own);
        let callee = Dialog {
            call_id: id.call_id.clone(),
            local: self.from.clone(),
            remote: leg.to.clone(),
            target: leg.target.clone(),
            routes: to_callee,
            cseq: leg.caller_cseq,
        };
        let caller = Dialog {
            call_id: id.call_id.clone(),
            local: leg.to.clone(),
            remote: self.from.clone(),
            target: self.caller_target.clone(),
            routes: to_caller,
            cseq: leg.callee_cseq,
        };
        [
            bye(callee, &leg.callee.hop, reason),
            bye(caller, &self.caller.hop, reason),
        ]
    }
}

fn bye(mut dialog: Dialog, hop: &Hop, reason: &str) -> Bye {
    let first = dialog.routes.first().and_then(|route| route_uri(route));
    let next = first.map_or_else(
        || dialog.target.clone(),
        |uri| Bytes::copy_from_slice(uri.as_bytes()),
    );
    let mut message = dialog.request(Method::Bye);
    if !reason.is_empty() {
        message.push(Header::new(Name::Reason, reason));
    }
    message.set_body(None, Bytes::new());
    Bye {
        message,
        to: hop.clone(),
        next,
    }
}

/// The routes from us to the callee and from us to the caller. Record-Route values stand with the callee's proxies
/// first; ours, one or two of them, divide the list. Without ours nobody knows what stands where, and the callee's
/// half gets all: the list was complete there.
fn halves(record_routes: &[Bytes], is_own: &dyn Fn(&Uri) -> bool) -> (Vec<Bytes>, Vec<Bytes>) {
    let own = |route: &Bytes| route_uri(route).is_some_and(|uri| is_own(&uri));
    let first = record_routes.iter().position(own).unwrap_or(record_routes.len());
    let last = record_routes
        .iter()
        .rposition(own)
        .map_or(record_routes.len(), |at| at + 1);
    let to_callee = record_routes[..first].iter().rev().cloned().collect();
    (to_callee, record_routes[last..].to_vec())
}
