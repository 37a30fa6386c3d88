//! The core: transactions, contexts, timers.

use std::sync::Arc;
use std::time::Instant;

use super::{Actions, Application, Counts, OutgoingRequest, PendingId, Plan, Settings};
use crate::hop::Hop;
use crate::message::Message;

/// One shard of a proxy. All messages of one Call-ID go to the same shard; whoever keeps several puts each behind
/// its own lock.
#[derive(Debug)]
pub struct Core<A: Application> {
    #[expect(dead_code, reason = "the machines come next")]
    settings: Arc<Settings>,
    application: std::marker::PhantomData<fn(A)>,
}

impl<A: Application> Core<A> {
    /// An empty shard.
    #[must_use]
    pub const fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            application: std::marker::PhantomData,
        }
    }

    /// A message came in.
    pub fn receive(
        &mut self,
        _now: Instant,
        _from: &Hop,
        _message: Message,
        _app: &A,
        _out: &mut Actions<A>,
    ) {
    }

    /// Fires everything that is due.
    pub fn timeout(&mut self, _now: Instant, _app: &A, _out: &mut Actions<A>) {}

    /// When [`timeout`](Self::timeout) is to be called next. May be early, never late.
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Instant> {
        None
    }

    /// A [`Send`](super::Action::Send) with this branch could not be delivered: counts as 503 of that branch.
    pub fn transport_failed(
        &mut self,
        _now: Instant,
        _to: &Hop,
        _branch: &str,
        _app: &A,
        _out: &mut Actions<A>,
    ) {
    }

    /// Sends a request of our own.
    pub fn request(&mut self, _now: Instant, _request: OutgoingRequest<A>, _app: &A, _out: &mut Actions<A>) {}

    /// Answers a request that was kept waiting, provisionally or finally. Nothing when it is no longer waiting.
    pub fn reply(
        &mut self,
        _now: Instant,
        _pending: PendingId,
        _reply: Message,
        _app: &A,
        _out: &mut Actions<A>,
    ) {
    }

    /// Forwards a request that was kept waiting.
    ///
    /// # Errors
    /// Gives the call back when the request is no longer waiting.
    pub fn forward(
        &mut self,
        _now: Instant,
        _pending: PendingId,
        _plan: Plan,
        call: A::Call,
        _app: &A,
        _out: &mut Actions<A>,
    ) -> Result<(), A::Call> {
        Err(call)
    }

    /// Cancels a pending request as if the caller had: 487 goes upstream. Returns whether it was pending.
    pub fn cancel(&mut self, _now: Instant, _pending: PendingId, _app: &A, _out: &mut Actions<A>) -> bool {
        false
    }

    /// Stops a pending request: cancels its branches and answers the caller with this status and phrase. Returns
    /// whether it was pending.
    pub fn stop(
        &mut self,
        _now: Instant,
        _pending: PendingId,
        _status: u16,
        _reason: &str,
        _app: &A,
        _out: &mut Actions<A>,
    ) -> bool {
        false
    }

    /// What was done and what is held.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
}
