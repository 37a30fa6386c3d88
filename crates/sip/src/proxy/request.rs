//! Requests as they come in (RFC 3261 §16.3 to §16.5).

use std::time::Instant;

use bytes::Bytes;

use super::prepare::{Max, Refusal, check, is_loop, mark_source, own_routes, reply_hop};
use super::server::Waiting;
use super::{Actions, Application, Core, Decision, Incoming, PendingId, Settings, build};
use crate::hop::Hop;
use crate::message::{Header, Malformed, Message, Method, Name, validate};
use crate::transaction::wire::{TopVia, tag_of};
use crate::transaction::{Id, Key, Kind, server_key};

impl<A: Application> Core<A> {
    pub(super) fn receive_request(
        &mut self,
        now: Instant,
        from: &Hop,
        message: Message,
        app: &A,
        out: &mut Actions<A>,
    ) {
        if let Err(malformed) = validate(&message) {
            self.refuse_malformed(from, &malformed, out);
            return;
        }
        let via = message.values(&Name::Via).next().and_then(TopVia::parse);
        let (Some(via), Some(method)) = (via, message.method()) else {
            self.counts.malformed += 1;
            return;
        };
        let key = server_key(&self.settings.loop_key, &message, &via, method);
        let known = self.by_key.get(&key).copied();
        let method = method.clone();
        match (method, known) {
            (Method::Ack, known) => {
                if known.is_none_or(|id| self.server_acknowledged(now, id)) {
                    self.pass_ack(now, from, message, app, out);
                }
            }
            (_, Some(id)) => self.server_retransmitted(id, out),
            (Method::Cancel, None) => self.receive_cancel(now, from, &message, key, app, out),
            (method, None) => {
                let to = reply_hop(from, &via);
                self.counts.requests += 1;
                self.begin_request(now, from, message, (key, Kind::of(&method), to), app, out);
            }
        }
    }

    /// What cannot be handled is answered without a transaction, if it can be answered.
    fn refuse_malformed(&mut self, from: &Hop, malformed: &Malformed, out: &mut Actions<A>) {
        self.counts.malformed += 1;
        let Some(request) = &malformed.request else {
            return;
        };
        let (status, problem) = (malformed.status, malformed.problem);
        let (to, response) = refusal(&self.settings, from, request, status, problem);
        self.counts.responses[usize::from(status / 100).clamp(1, 6) - 1] += 1;
        out.send(to, response.to_bytes());
    }

    /// A request that begins a transaction.
    fn begin_request(
        &mut self,
        now: Instant,
        from: &Hop,
        mut request: Message,
        (key, kind, to): (Key, Kind, Hop),
        app: &A,
        out: &mut Actions<A>,
    ) {
        let in_dialog = has_to_tag(&request);
        mark_source(&mut request, from);
        if self.is_full(&request, in_dialog, app) {
            self.counts.overloaded += 1;
            self.counts.responses[4] += 1;
            let (to, mut response) = refusal(&self.settings, from, &request, 503, build::phrase(503));
            let retry_after = self.settings.retry_after_s.to_string();
            response.push(Header::new(Name::RetryAfter, retry_after));
            out.send(to, response.to_bytes());
            return;
        }
        let server = self.add_server(key, kind, to);
        let loop_part = build::loop_part(&self.settings, &request);
        let own_route = own_routes(&self.settings, app, &mut request);
        let incoming = Incoming {
            message: &request,
            from,
            pending: PendingId(server.0),
            own_route: own_route.as_ref(),
            in_dialog,
        };
        let may_come = match Max::of(&request) {
            Max::Hops(0) if !app.is_answered_here(&incoming) => Err(Refusal::new(483)),
            Max::Hops(_) | Max::Missing => check(&self.settings, &request, loop_part),
        };
        if let Err(refusal) = may_come {
            self.refuse(now, server, &request, refusal, out);
            return;
        }
        match app.request(now, &incoming, out) {
            Decision::Reply(reply) => {
                self.respond_own(now, server, &request, &reply, out);
                if reply.status().is_some_and(|status| status < 200) {
                    let waiting = Waiting::new(request, from.clone(), loop_part);
                    self.wait(now, server, waiting, false);
                }
            }
            Decision::Forward { plan, call } => {
                let waiting = Waiting::new(request, from.clone(), loop_part);
                self.begin(now, server, waiting, (plan, call), app, out);
            }
            Decision::Wait => {
                let waiting = Waiting::new(request, from.clone(), loop_part);
                self.wait(now, server, waiting, true);
            }
            Decision::Discard => self.drop_server(server),
        }
    }

    fn refuse(
        &mut self,
        now: Instant,
        server: Id,
        request: &Message,
        refusal: Refusal,
        out: &mut Actions<A>,
    ) {
        if matches!(refusal.status, 482 | 483) {
            self.counts.loops += 1;
        }
        let phrase = build::phrase(refusal.status);
        let mut response = build::response(&self.settings, request, refusal.status, phrase);
        if let Some(header) = refusal.header {
            response.push(header);
        }
        self.respond(now, server, &response, out);
    }

    /// No room for another transaction? What belongs to a dialog or is vital has a reserve of an eighth.
    fn is_full(&self, request: &Message, in_dialog: bool, app: &A) -> bool {
        let max = self.settings.transactions_max;
        let pending = self.counts.servers.max(self.counts.clients);
        if pending < max {
            return false;
        }
        pending >= max + max / 8 || !(in_dialog || app.is_vital(request))
    }

    /// CANCEL (RFC 3261 §9.2, §16.10): hop by hop, never challenged.
    fn receive_cancel(
        &mut self,
        now: Instant,
        from: &Hop,
        cancel: &Message,
        key: Key,
        app: &A,
        out: &mut Actions<A>,
    ) {
        let Some(via) = cancel.values(&Name::Via).next().and_then(TopVia::parse) else {
            return;
        };
        self.counts.requests += 1;
        let invite = server_key(&self.settings.loop_key, cancel, &via, &Method::Invite);
        let invite = self.by_key.get(&invite).copied();
        let mut cancel = cancel.clone();
        let to = reply_hop(from, &via);
        mark_source(&mut cancel, from);
        let server = self.add_server(key, Kind::Other, to);
        let status = if invite.is_some() { 200 } else { 481 };
        let response = build::response(&self.settings, &cancel, status, build::phrase(status));
        self.respond(now, server, &response, out);
        if let Some(invite) = invite {
            let reasons: Vec<&[u8]> = cancel.values(&Name::Reason).collect();
            let reason = Bytes::from(reasons.join(&b", "[..]));
            self.end_request(now, invite, None, &reason, app, out);
        }
    }

    /// Ends a pending INVITE, forwarded or waiting. `answer` (status, phrase) instead of 487. Returns whether it
    /// was pending.
    pub(super) fn end_request(
        &mut self,
        now: Instant,
        id: Id,
        answer: Option<(u16, &str)>,
        reason: &Bytes,
        app: &A,
        out: &mut Actions<A>,
    ) -> bool {
        let Some(server) = self.servers.get_mut(id) else {
            return false;
        };
        if let Some(context) = server.context {
            let answer = answer.and_then(|(status, phrase)| {
                let request = self.context_request(context)?;
                Some(build::response(&self.settings, request, status, phrase))
            });
            return self.end_context(now, context, answer, reason, app, out);
        }
        if server.machine.kind() != Kind::Invite || !server.machine.is_pending() {
            return false;
        }
        let Some(waiting) = server.waiting.take() else {
            return false;
        };
        let (status, phrase) = answer.unwrap_or((487, build::phrase(487)));
        let response = build::response(&self.settings, &waiting.request, status, phrase);
        self.respond(now, id, &response, out);
        app.cancelled(now, PendingId(id.0), out);
        true
    }

    /// An ACK without a transaction: for a 2xx, so it goes on to who sent that (§16.11), or was for the
    /// application itself.
    fn pass_ack(&mut self, now: Instant, from: &Hop, mut ack: Message, app: &A, out: &mut Actions<A>) {
        if self.acknowledges_own(&ack) {
            app.passed(now, &ack, from);
            return;
        }
        let to_tag = ack.header(&Name::To).and_then(|to| tag_of(to.raw()));
        if to_tag.is_some_and(|tag| tag == build::own_tag(&self.settings, &ack).as_bytes()) {
            // For a refusal that was sent without a transaction, or whose transaction is over.
            return;
        }
        mark_source(&mut ack, from);
        let loop_part = build::loop_part(&self.settings, &ack);
        if Max::of(&ack) == Max::Hops(0) || is_loop(&ack, loop_part) {
            self.counts.loops += 1;
            return;
        }
        let own_route = own_routes(&self.settings, app, &mut ack);
        let incoming = Incoming {
            message: &ack,
            from,
            pending: PendingId(0),
            own_route: own_route.as_ref(),
            in_dialog: true,
        };
        let target = app.ack(now, &incoming, out);
        app.passed(now, &ack, from);
        let Some(target) = target else {
            return;
        };
        let branch = build::stateless_branch(&self.settings, loop_part, &ack);
        let forwarded = build::forwarded(&self.settings, &ack, &target, None, from.listener, &branch);
        if let Some(forwarded) = forwarded {
            out.send(target.hop, forwarded.to_bytes());
        }
    }
}

/// An answer without a transaction, and where it goes: for what is malformed, and for those who are turned away
/// before a core is asked. Its ACK is recognised by the tag of To and dropped by any core with these settings.
#[must_use]
pub fn refusal(
    settings: &Settings,
    from: &Hop,
    request: &Message,
    status: u16,
    reason: &str,
) -> (Hop, Message) {
    let via = request.values(&Name::Via).next().and_then(TopVia::parse);
    let to = via.map_or_else(|| from.clone(), |via| reply_hop(from, &via));
    let mut request = request.clone();
    mark_source(&mut request, from);
    (to, build::response(settings, &request, status, reason))
}

fn has_to_tag(request: &Message) -> bool {
    request
        .header(&Name::To)
        .is_some_and(|to| tag_of(to.raw()).is_some())
}
