//! The core: what it holds, and what it is asked from outside.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::client::{ClientEntry, named};
use super::context::Context;
use super::server::ServerEntry;
use super::{Actions, Application, Counts, OutgoingRequest, PendingId, Plan, Settings};
use crate::hop::Hop;
use crate::message::Message;
use crate::transaction::{Id, IdentityHash, Key, Queue, Slab, Timers};

/// One shard of a proxy. All messages of one Call-ID go to the same shard; whoever keeps several puts each behind
/// its own lock.
pub struct Core<A: Application> {
    pub(super) settings: Arc<Settings>,
    pub(super) timers: Timers,
    pub(super) servers: Slab<ServerEntry>,
    pub(super) by_key: HashMap<Key, Id, IdentityHash>,
    pub(super) clients: Slab<ClientEntry<A>>,
    pub(super) contexts: Slab<Context<A>>,
    /// INVITEs that the application answered with 2xx, by what their ACK has.
    pub(super) own_answers: HashMap<Key, Id, IdentityHash>,
    pub(super) queue: Queue<Due>,
    /// What has finished, the oldest first; some of it is forgotten already.
    pub(super) finished: VecDeque<Due>,
    pub(super) counts: Counts,
}

/// Whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Server(Id),
    Client(Id),
    Context(Id),
}

impl<A: Application> Core<A> {
    /// An empty shard.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        Self {
            timers: settings.timers(),
            settings,
            servers: Slab::new(),
            by_key: HashMap::default(),
            clients: Slab::new(),
            contexts: Slab::new(),
            own_answers: HashMap::default(),
            queue: Queue::new(),
            finished: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// A message came in.
    pub fn receive(&mut self, now: Instant, from: &Hop, message: Message, app: &A, out: &mut Actions<A>) {
        if message.is_request() {
            self.receive_request(now, from, message, app, out);
        } else {
            self.receive_response(now, from, message, app, out);
        }
        self.forget_oldest();
    }

    /// Fires everything that is due.
    pub fn timeout(&mut self, now: Instant, app: &A, out: &mut Actions<A>) {
        while let Some((at, due)) = self.queue.pop(now) {
            match due {
                Due::Server(id) => self.server_due(at, now, id, app, out),
                Due::Client(id) => self.client_due(at, now, id, app, out),
                Due::Context(id) => self.context_due(at, now, id, app, out),
            }
        }
    }

    /// When [`timeout`](Self::timeout) is to be called next. May be early, never late.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.queue.next()
    }

    /// A [`Send`](super::Action::Send) with this branch could not be delivered: counts as 503 of that branch. Where
    /// only the bytes are at hand, the branch of their top Via will do.
    pub fn transport_failed(&mut self, now: Instant, _to: &Hop, branch: &str, app: &A, out: &mut Actions<A>) {
        self.counts.transport_failures += 1;
        let client = named(branch).filter(|id| {
            let client = self.clients.get(*id);
            client.is_some_and(|client| client.machine.is_pending())
        });
        if let Some(id) = client {
            self.client_failed(now, id, 503, app, out);
        }
    }

    /// Sends a request of our own. What cannot be sent (an INVITE, an ACK or a CANCEL, an unknown listener, a full
    /// shard) is answered with `None` at once.
    pub fn request(&mut self, now: Instant, request: OutgoingRequest<A>, app: &A, out: &mut Actions<A>) {
        self.send_own(now, request, app, out);
    }

    /// The request that is kept waiting under this name, as the application saw it.
    #[must_use]
    pub fn pending(&self, pending: PendingId) -> Option<&Message> {
        let server = self.servers.get(Id(pending.0))?;
        server.waiting.as_ref().map(|waiting| &waiting.request)
    }

    /// Answers a request that was kept waiting, provisionally or finally. Nothing when it is no longer waiting.
    /// A 2xx to an INVITE is repeated until its ACK comes ([`Application::passed`]) or
    /// [`Application::unacknowledged`] is told.
    pub fn reply(
        &mut self,
        now: Instant,
        pending: PendingId,
        reply: Message,
        _app: &A,
        out: &mut Actions<A>,
    ) {
        let id = Id(pending.0);
        let Some(waiting) = self.servers.get_mut(id).and_then(|server| server.waiting.take()) else {
            return;
        };
        self.respond_own(now, id, &waiting.request, &reply, out);
        if reply.status().is_some_and(|status| status < 200) {
            self.wait(now, id, *waiting, false);
        }
    }

    /// Forwards a request that was kept waiting.
    ///
    /// # Errors
    /// Gives the call back when the request is no longer waiting.
    pub fn forward(
        &mut self,
        now: Instant,
        pending: PendingId,
        plan: Plan,
        call: A::Call,
        app: &A,
        out: &mut Actions<A>,
    ) -> Result<(), A::Call> {
        let id = Id(pending.0);
        match self.servers.get_mut(id).and_then(|server| server.waiting.take()) {
            Some(waiting) => {
                self.begin(now, id, *waiting, (plan, call), app, out);
                Ok(())
            }
            None => Err(call),
        }
    }

    /// Cancels a pending INVITE as if the caller had: 487 goes upstream. Returns whether it was pending.
    pub fn cancel(&mut self, now: Instant, pending: PendingId, app: &A, out: &mut Actions<A>) -> bool {
        self.end_request(now, Id(pending.0), None, &Bytes::new(), app, out)
    }

    /// Stops a pending INVITE: cancels its branches and answers the caller with this status and phrase, as soon as
    /// no branch can answer any more. Returns whether it was pending.
    pub fn stop(
        &mut self,
        now: Instant,
        pending: PendingId,
        status: u16,
        reason: &str,
        app: &A,
        out: &mut Actions<A>,
    ) -> bool {
        self.end_request(
            now,
            Id(pending.0),
            Some((status, reason)),
            &Bytes::new(),
            app,
            out,
        )
    }

    /// What was done and what is held.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Keeps to [`Settings::finished_max`].
    fn forget_oldest(&mut self) {
        while let Some(oldest) = self.finished.front().copied() {
            let gone = match oldest {
                Due::Server(id) => self.servers.get(id).is_none(),
                Due::Client(id) => self.clients.get(id).is_none(),
                Due::Context(_) => true,
            };
            if !gone && self.counts.finished <= self.settings.finished_max {
                break;
            }
            self.finished.pop_front();
            if gone {
                continue;
            }
            self.counts.forgotten += 1;
            match oldest {
                Due::Server(id) => self.forget_server(id),
                Due::Client(id) => self.forget_client(id),
                Due::Context(_) => {}
            }
        }
    }
}

impl<A: Application> std::fmt::Debug for Core<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("servers", &self.servers.len())
            .field("clients", &self.clients.len())
            .field("contexts", &self.contexts.len())
            .finish_non_exhaustive()
    }
}
