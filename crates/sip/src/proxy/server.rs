//! The server transactions: requests that came in.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::core::Due;
use super::{Action, Actions, Application, Core, build};
use crate::hop::Hop;
use crate::message::{Message, Name};
use crate::transaction::wire::{cseq_of, tag_of};
use crate::transaction::{Id, Key, Keyed, Kind, Server, ServerDoes, ServerState, earlier};

/// An INVITE that the application lets wait gets 100 after this long (RFC 3261 §17.2.1).
const TRYING_AFTER: Duration = Duration::from_millis(200);

/// A server transaction with what belongs to it.
#[derive(Debug)]
pub(super) struct ServerEntry {
    pub(super) machine: Server,
    pub(super) key: Key,
    /// Where responses go.
    pub(super) to: Hop,
    /// The last response, for retransmissions.
    last: Bytes,
    /// Forwarded.
    pub(super) context: Option<Id>,
    /// Not forwarded, not finally answered.
    pub(super) waiting: Option<Box<Waiting>>,
    /// Answered with 2xx by the application.
    own_answer: Option<Box<OwnAnswer>>,
    scheduled: Option<Instant>,
    finished: bool,
}

/// A request that waits for the application.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) request: Message,
    pub(super) from: Hop,
    pub(super) loop_part: u64,
    trying_at: Option<Instant>,
}

impl Waiting {
    pub(super) const fn new(request: Message, from: Hop, loop_part: u64) -> Self {
        Self {
            request,
            from,
            loop_part,
            trying_at: None,
        }
    }
}

/// A 2xx to INVITE of the application: sent again until its ACK comes, on streams too (RFC 3261 §13.3.1.4).
#[derive(Debug)]
struct OwnAnswer {
    key: Key,
    resend_at: Option<Instant>,
    interval: Duration,
    give_up_at: Instant,
}

impl ServerEntry {
    /// Nothing was sent.
    pub(super) const fn is_silent(&self) -> bool {
        self.last.is_empty()
    }

    fn deadline(&self) -> Option<Instant> {
        let trying = self.waiting.as_ref().and_then(|waiting| waiting.trying_at);
        let resend = self.own_answer.as_ref().and_then(|answer| answer.resend_at);
        earlier(self.machine.deadline(), earlier(trying, resend))
    }
}

impl<A: Application> Core<A> {
    pub(super) fn add_server(&mut self, key: Key, kind: Kind, to: Hop) -> Id {
        let id = self.servers.insert(ServerEntry {
            machine: Server::new(kind, to.transport.is_reliable()),
            key,
            to,
            last: Bytes::new(),
            context: None,
            waiting: None,
            own_answer: None,
            scheduled: None,
            finished: false,
        });
        self.by_key.insert(key, id);
        self.counts.servers += 1;
        if kind == Kind::Invite {
            self.counts.calls_pending += 1;
        }
        id
    }

    /// The same request came again.
    pub(super) fn server_retransmitted(&mut self, id: Id, out: &mut Actions<A>) {
        self.counts.retransmissions_received += 1;
        let Some(server) = self.servers.get(id) else {
            return;
        };
        if server.machine.retransmitted() == ServerDoes::Resend && !server.last.is_empty() {
            self.counts.retransmissions_sent += 1;
            out.send(server.to.clone(), server.last.clone());
        }
    }

    /// An ACK with the branch of an INVITE came. Returns whether it is one for a 2xx, which is to be handled like
    /// any other.
    pub(super) fn server_acknowledged(&mut self, now: Instant, id: Id) -> bool {
        let timers = self.timers;
        let Some(server) = self.servers.get_mut(id) else {
            return true;
        };
        let does = server.machine.acknowledged(now, &timers);
        self.settle_server(id);
        does == ServerDoes::PassAck
    }

    /// Sends a response in a transaction, if its state lets it. Returns what was sent.
    pub(super) fn respond(
        &mut self,
        now: Instant,
        id: Id,
        response: &Message,
        out: &mut Actions<A>,
    ) -> Option<Bytes> {
        let timers = self.timers;
        let (Some(server), Some(status)) = (self.servers.get_mut(id), response.status()) else {
            return None;
        };
        if !server.machine.answer(now, status, &timers) {
            return None;
        }
        let bytes = response.to_bytes();
        out.send(server.to.clone(), bytes.clone());
        // A forwarded 2xx to INVITE is never sent again by us: the callee does that.
        let kept = server.machine.state() != ServerState::Accepted || server.context.is_none();
        server.last = if kept { bytes.clone() } else { Bytes::new() };
        if let Some(waiting) = &mut server.waiting {
            waiting.trying_at = None;
        }
        self.counts.responses[usize::from(status / 100).clamp(1, 6) - 1] += 1;
        self.settle_server(id);
        Some(bytes)
    }

    /// Sends the 2xx of a branch, past the transaction when that was refused already: a 2xx to INVITE is always
    /// passed on (RFC 3261 §16.7 item 5). Returns what was sent.
    pub(super) fn respond_2xx(
        &mut self,
        now: Instant,
        id: Id,
        response: &Message,
        out: &mut Actions<A>,
    ) -> Option<Bytes> {
        if let Some(sent) = self.respond(now, id, response, out) {
            return Some(sent);
        }
        let server = self.servers.get(id)?;
        if server.machine.kind() != Kind::Invite {
            return None;
        }
        let bytes = response.to_bytes();
        out.send(server.to.clone(), bytes.clone());
        Some(bytes)
    }

    /// Sends a response that the core itself makes, or the application in the core's place.
    pub(super) fn respond_own(
        &mut self,
        now: Instant,
        id: Id,
        request: &Message,
        response: &Message,
        out: &mut Actions<A>,
    ) {
        let timers = self.timers;
        let accepts = matches!(response.status(), Some(200..300));
        let Some(server) = self.servers.get_mut(id) else {
            return;
        };
        if accepts && server.machine.kind() == Kind::Invite && server.machine.is_pending() {
            let key = answer_key(&self.settings.loop_key, request, response);
            server.own_answer = Some(Box::new(OwnAnswer {
                key,
                resend_at: Some(now + timers.t1),
                interval: timers.t1,
                give_up_at: now + timers.patience(),
            }));
            self.own_answers.insert(key, id);
        }
        self.respond(now, id, response, out);
    }

    /// Is this the ACK for a 2xx of the application?
    pub(super) fn acknowledges_own(&mut self, ack: &Message) -> bool {
        let key = answer_key(&self.settings.loop_key, ack, ack);
        let Some(id) = self.own_answers.get(&key) else {
            return false;
        };
        if let Some(server) = self.servers.get_mut(*id) {
            if let Some(answer) = &mut server.own_answer {
                answer.resend_at = None;
            }
            server.last = Bytes::new();
        }
        true
    }

    /// Keeps a request waiting.
    pub(super) fn wait(&mut self, now: Instant, id: Id, mut waiting: Waiting, with_trying: bool) {
        let Some(server) = self.servers.get_mut(id) else {
            return;
        };
        if !server.machine.is_pending() {
            return;
        }
        let unanswered = server.last.is_empty();
        if with_trying && unanswered && server.machine.kind() == Kind::Invite {
            waiting.trying_at = Some(now + TRYING_AFTER);
        }
        server.waiting = Some(Box::new(waiting));
        self.settle_server(id);
    }

    pub(super) fn server_due(&mut self, at: Instant, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        let timers = self.timers;
        let Some(server) = self.servers.get_mut(id) else {
            return;
        };
        if server.scheduled != Some(at) {
            return;
        }
        server.scheduled = None;
        match server.machine.timeout(now, &timers) {
            ServerDoes::Resend => {
                self.counts.retransmissions_sent += 1;
                out.send(server.to.clone(), server.last.clone());
            }
            ServerDoes::TimedOut => self.counts.timeouts += 1,
            ServerDoes::Nothing | ServerDoes::PassAck => {}
        }
        let trying = server
            .waiting
            .as_mut()
            .filter(|waiting| waiting.trying_at.is_some_and(|at| at <= now));
        if let Some(waiting) = trying {
            waiting.trying_at = None;
            let trying = build::response(&self.settings, &waiting.request, 100, build::phrase(100));
            self.respond(now, id, &trying, out);
        }
        self.repeat_own_answer(now, id, app, out);
        self.settle_server(id);
    }

    fn repeat_own_answer(&mut self, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        let Some(server) = self.servers.get_mut(id) else {
            return;
        };
        let Some(answer) = &mut server.own_answer else {
            return;
        };
        if answer.resend_at.is_none_or(|at| at > now) {
            return;
        }
        if answer.give_up_at <= now {
            answer.resend_at = None;
            let bytes = std::mem::take(&mut server.last);
            if let Some(message) = build::sent(&bytes) {
                self.counts.timeouts += 1;
                app.unacknowledged(now, &message, out);
            }
            return;
        }
        answer.interval = (answer.interval * 2).min(self.timers.t2);
        answer.resend_at = Some((now + answer.interval).min(answer.give_up_at));
        self.counts.retransmissions_sent += 1;
        out.list.push(Action::Send {
            to: server.to.clone(),
            bytes: server.last.clone(),
            branch: None,
        });
    }

    /// After any change: counts what has finished, forgets what is over, sets the timer.
    pub(super) fn settle_server(&mut self, id: Id) {
        let Some(server) = self.servers.get_mut(id) else {
            return;
        };
        if !server.finished && !server.machine.is_pending() {
            server.finished = true;
            server.waiting = None;
            self.counts.servers -= 1;
            self.counts.finished += 1;
            if server.machine.kind() == Kind::Invite {
                self.counts.calls_pending -= 1;
            }
            self.finished.push_back(Due::Server(id));
        }
        if server.machine.state() == ServerState::Over && !self.waits_for_ack(id) {
            self.forget_server(id);
            return;
        }
        let Some(server) = self.servers.get_mut(id) else {
            return;
        };
        if let Some(deadline) = server.deadline()
            && server.scheduled.is_none_or(|scheduled| deadline < scheduled)
        {
            server.scheduled = Some(deadline);
            self.queue.push(deadline, Due::Server(id));
        }
    }

    fn waits_for_ack(&self, id: Id) -> bool {
        let answer = self.servers.get(id).and_then(|server| server.own_answer.as_ref());
        answer.is_some_and(|answer| answer.resend_at.is_some())
    }

    /// Ends a transaction without an answer.
    pub(super) fn drop_server(&mut self, id: Id) {
        if let Some(server) = self.servers.get_mut(id) {
            server.machine.over();
            self.settle_server(id);
        }
    }

    pub(super) fn forget_server(&mut self, id: Id) {
        let Some(server) = self.servers.remove(id) else {
            return;
        };
        if server.finished {
            self.counts.finished -= 1;
        }
        if self.by_key.get(&server.key) == Some(&id) {
            self.by_key.remove(&server.key);
        }
        if let Some(answer) = server.own_answer
            && self.own_answers.get(&answer.key) == Some(&id)
        {
            self.own_answers.remove(&answer.key);
        }
    }
}

/// What an ACK has in common with the 2xx that it acknowledges: the dialog and the CSeq number.
fn answer_key(key: &[u8; 16], request: &Message, with_to_tag: &Message) -> Key {
    let from = request.header(&Name::From).map(|from| from.raw());
    let to = with_to_tag.header(&Name::To).map(|to| to.raw());
    let cseq = request.header(&Name::CSeq).and_then(|cseq| cseq_of(cseq.raw()));
    let mut hash = Keyed::new(key, b'a');
    hash.part(request.call_id().unwrap_or_default())
        .part(from.and_then(tag_of).unwrap_or_default())
        .part(to.and_then(tag_of).unwrap_or_default())
        .part(cseq.map_or(&[], |(number, _)| number));
    hash.key()
}
