//! Requests inside a dialog: to the other side, wherever it is by now.

use std::time::Instant;

use hotdesk_sip::event::Package;
use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::{Message, Method, Name};
use hotdesk_sip::proxy::{Actions, Decision, Edit, Incoming, Plan, Target};
use hotdesk_sip::secret::EdgePasses;
use hotdesk_sip::trace::Cdr;
use hotdesk_sip::uri::Uri;
use hotdesk_sip::value::NameAddr;

use super::app::App;
use super::calls::Call;
use super::locations::Reach;
use super::party::Party;
use super::reply::reply;
use super::sender::session_key;

impl App {
    pub(crate) fn within_dialog(
        &self,
        now: Instant,
        incoming: &Incoming<'_>,
        out: &mut Actions<Self>,
    ) -> Decision<Self> {
        let request = incoming.message;
        let method = request.method();
        if let Some(decision) = self.star_codes.within(self, incoming) {
            return decision;
        }
        if method == Some(&Method::Notify)
            && Package::of(request) == Some(Package::MessageSummary)
            && let Some(answer) = self.mailbox_notified(now, request, incoming.from, out)
        {
            return Decision::Reply(answer);
        }
        if method == Some(&Method::Subscribe) && self.is_own_subscription(request) {
            return self.subscribe(now, incoming, out);
        }
        let Some(mut target) = self.way(incoming) else {
            return Decision::Reply(reply(request, 481, "Call/Transaction Does Not Exist"));
        };
        target.edits = self.edits_within(incoming, &target.uri);
        self.followed(out, |calls, changes| calls.request(now, request, changes));
        if method == Some(&Method::Bye) {
            self.hung_up(request.call_id().unwrap_or_default(), "");
        }
        Decision::Forward {
            plan: Plan::to(target),
            call: Call::Other,
        }
    }

    /// What of a request inside a dialog must not go on: identities that its sender may not assert. Another edge is
    /// shown that the refresh of a subscription comes from here.
    fn edits_within(&self, incoming: &Incoming<'_>, uri: &[u8]) -> Vec<Edit> {
        let request = incoming.message;
        let claims = [
            Name::PAssertedIdentity,
            Name::PPreferredIdentity,
            Name::RemotePartyId,
        ];
        let mut edits = vec![Edit::Remove(EdgePasses::name())];
        if claims.iter().any(|name| request.header(name).is_some()) {
            let sender = self.neighbour(request, incoming.from);
            if !sender.is_some_and(|sender| self.believes(&sender)) {
                edits.extend(claims.map(Edit::Remove));
            }
        }
        if request.method() == Some(&Method::Subscribe)
            && let Some(call_id) = request.call_id()
        {
            edits.push(self.pass(call_id, uri));
        }
        edits
    }

    /// The way of a request inside a dialog; `None`: it belongs to no call that came through here.
    pub(crate) fn way(&self, incoming: &Incoming<'_>) -> Option<Target> {
        let request = incoming.message;
        let known = self.legs.other_side(request);
        let caller = incoming
            .own_route
            .and_then(|route| self.tokens.open(&route.user_text()?, request.call_id()?));
        // Without one of the two, anybody could have us send to any address.
        if known.is_none() && caller.is_none() {
            return None;
        }
        let uri = request.uri()?;
        if let Some(route) = request.values(&Name::Route).next() {
            let route = NameAddr::parse(route).ok()?;
            return Some(Target::new(uri.clone(), self.hop_of_uri(&route.uri)?));
        }
        let hop = match known {
            Some((party, hop, is_caller)) => {
                // A call that a PBX behind us has sent back comes through here twice. Then the token of our
                // Record-Route knows which of its two callers is meant.
                let other = caller.filter(|other| is_caller && *other != party);
                let meant = other.and_then(|other| self.hop_of_party(&other, uri));
                meant.unwrap_or_else(|| self.hop_now(&party, uri, hop))
            }
            None => self.hop_after_restart(&caller?, uri, incoming.from)?,
        };
        Some(Target::new(uri.clone(), hop))
    }

    /// Where a side of a call is now: a phone may have come back over another connection.
    fn hop_now(&self, party: &Party, contact: &[u8], then: Hop) -> Hop {
        match party {
            Party::Phone(device) => {
                // A datagram goes where the call came from; a connection may be another one by now.
                let moved = || self.best_flow_of(device).filter(|_| then.transport.is_reliable());
                let reach = self.contact_of(device, contact).or_else(moved);
                reach
                    .filter(|reach| reach.path.is_empty())
                    .map_or(then, |reach| reach.hop)
            }
            Party::Trunk(_) | Party::Edge(_) | Party::Address(_) => then,
        }
    }

    /// The contact with this very URI, of a phone's own line or of the session's there.
    fn contact_of(&self, device: &str, contact: &[u8]) -> Option<Reach> {
        self.at_lines_of(device, |aor| self.locations.of_contact(aor, contact))
    }

    /// The flow over which a phone was heard of last.
    fn best_flow_of(&self, device: &str) -> Option<Reach> {
        self.at_lines_of(device, |aor| self.locations.best_flow(aor))
    }

    /// What is found at a phone's own line, or else at those of the sessions there.
    fn at_lines_of(&self, device: &str, find: impl Fn(&str) -> Option<Reach>) -> Option<Reach> {
        find(device).or_else(|| {
            let mut lines = self.session_lines_at(device).into_iter();
            lines.find_map(|(user, epoch)| find(&session_key(&user, epoch)))
        })
    }

    /// Where a party of a token is now.
    fn hop_of_party(&self, party: &Party, contact: &[u8]) -> Option<Hop> {
        match party {
            Party::Phone(device) => self
                .contact_of(device, contact)
                .or_else(|| self.best_flow_of(device))
                .map(|reach| reach.hop),
            Party::Trunk(trunk) => self.trunks.hop(trunk),
            Party::Edge(edge) => self.peers.hop(edge).map(|(hop, _)| hop),
            Party::Address(hop) => Some(hop.clone()),
        }
    }

    fn hop_after_restart(&self, caller: &Party, contact: &[u8], from: &Hop) -> Option<Hop> {
        let to_caller = self.hop_of_party(caller, contact);
        match to_caller {
            Some(hop) if hop.remote != from.remote => Some(hop),
            // From the caller, so to the called side, which is known by its contact only.
            _ => {
                let uri = Uri::parse(contact).ok()?;
                let registered = uri
                    .user_text()
                    .and_then(|user| self.locations.of_contact(&user, contact));
                registered
                    .map(|reach| reach.hop)
                    .or_else(|| self.hop_of_uri(&uri))
            }
        }
    }

    /// Somebody has hung up, or the edge for them. `reason`: why, for the record; empty when it was somebody.
    pub(crate) fn hung_up(&self, call_id: &[u8], reason: &str) {
        self.over(call_id, self.talk.end(call_id), reason);
    }

    /// Ends the records of calls whose BYE was never seen.
    pub(crate) fn end_lost_calls(&self, now: Instant) {
        let lost = {
            let calls = self.calls.lock();
            self.talk.lost(now, |id| {
                let state = calls.state(id);
                state.is_none_or(|state| state == hotdesk_sip::body::dialog_info::State::Terminated)
            })
        };
        for (call_id, record) in lost {
            self.over(&call_id, Some(record), "no BYE was seen");
        }
    }

    /// A call is over: nothing finds its way through it any more, and if it was answered, its record is written.
    /// An edge that was restarted meanwhile has no record of it, but may hold its phone for an emergency.
    fn over(&self, call_id: &[u8], answered: Option<Cdr>, reason: &str) {
        self.legs.forget(call_id);
        self.emergency.end(&String::from_utf8_lossy(call_id));
        if let Some(mut record) = answered {
            if !reason.is_empty() {
                record.reason = reason.into();
            }
            self.close(record);
        }
    }

    /// Whether a SUBSCRIBE refreshes a subscription to this edge, and not to another one behind it.
    pub(crate) fn is_own_subscription(&self, request: &Message) -> bool {
        let uri = request.uri().and_then(|uri| Uri::parse(uri).ok());
        uri.is_some_and(|uri| {
            uri.user_text().as_deref() == Some(super::lamps::CONTACT_USER) && self.is_own_uri(&uri)
        })
    }
}
