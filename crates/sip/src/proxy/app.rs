//! Who decides what is forwarded where.

use std::time::Instant;

use super::{Actions, Group, Plan, Target};
use crate::hop::Hop;
use crate::message::{Message, Method, Name};
use crate::uri::Uri;
use crate::value::NameAddr;

/// The application on top of the core. Its methods are called while the shard is locked: they must not block,
/// and must not call the core again.
pub trait Application: Sized {
    /// The application's state of a forwarded request, owned by the core until [`ended`](Self::ended).
    type Call: Send;
    /// The application's mark on a request that it sent itself.
    type Tag: Send;

    /// A new request: everything but CANCEL and ACK, after the checks of RFC 3261 §16.3 and the Route
    /// preprocessing of §16.4.
    fn request(&self, now: Instant, request: &Incoming<'_>, out: &mut Actions<Self>) -> Decision<Self>;

    /// All targets of the last group ended without a 2xx or 6xx, and the caller has not cancelled. `best` is the
    /// best response so far, without our Via.
    fn exhausted(
        &self,
        now: Instant,
        call: &mut Self::Call,
        request: &Message,
        best: &Message,
        why: Why,
        out: &mut Actions<Self>,
    ) -> Next;

    /// A response is about to go upstream (1xx but 100, 2xx, the best final one), without our Via; may be edited.
    /// `target` counts the targets of the request in the order in which they were tried, from 0.
    fn response(
        &self,
        now: Instant,
        call: &mut Self::Call,
        target: usize,
        response: &mut Message,
        out: &mut Actions<Self>,
    );

    /// A final response went upstream, and no branch is left.
    fn ended(&self, now: Instant, call: Self::Call, outcome: Outcome, out: &mut Actions<Self>);

    /// The final answer to a request of our own; `None` for a timeout or a failed transport.
    fn answered(&self, now: Instant, tag: Self::Tag, response: Option<&Message>, out: &mut Actions<Self>);

    /// Resolves the next hop for a URI without blocking (RFC 3263); `None` when that is not possible.
    fn hop(&self, uri: &Uri) -> Option<Hop>;

    /// Is this URI one of ours? Decides what is removed from Route (RFC 3261 §16.4).
    fn is_own(&self, uri: &Uri) -> bool;

    /// Where an ACK for a 2xx goes, which has no transaction. `None`: nowhere, because it is for a call that the
    /// application itself answers, or because there is no way.
    ///
    /// As it stands: to the first Route or else the Request-URI, as [`hop`](Self::hop) says. An application with
    /// flow tokens looks at [`Incoming::own_route`] first.
    fn ack(&self, _now: Instant, ack: &Incoming<'_>, _out: &mut Actions<Self>) -> Option<Target> {
        let route = ack.message.values(&Name::Route).next().map(NameAddr::parse);
        let uri = ack.message.uri()?;
        let hop = match route {
            Some(route) => self.hop(&route.ok()?.uri)?,
            None => self.hop(&Uri::parse(uri).ok()?)?,
        };
        Some(Target::new(uri.clone(), hop))
    }

    /// An ACK for a 2xx came by: one that is passed on, or one for a 2xx of the application itself.
    fn passed(&self, _now: Instant, _message: &Message, _from: &Hop) {}

    /// A request that was kept waiting was cancelled; it has been answered with 487.
    fn cancelled(&self, _now: Instant, _pending: PendingId, _out: &mut Actions<Self>) {}

    /// The 2xx with which the application answered an INVITE was not acknowledged within 64·T1: it should send
    /// BYE (RFC 3261 §13.3.1.4).
    fn unacknowledged(&self, _now: Instant, _answer: &Message, _out: &mut Actions<Self>) {}

    /// Does a 6xx of one target end the whole call (RFC 3261 §16.7 item 5)? An emergency call may go on to the next
    /// way out: whoever said 6xx does not speak for the others.
    fn gives_up_when_declined(&self, _call: &Self::Call) -> bool {
        true
    }

    /// Is this request, which may go no further (Max-Forwards 0), answered here? If not, it is refused with 483 before
    /// the application is asked for anything else, such as a password (RFC 3261 §16.3 item 3). An OPTIONS may be
    /// answered for whomever it was meant for (§11).
    fn is_answered_here(&self, request: &Incoming<'_>) -> bool {
        request.message.method() == Some(&Method::Options)
    }

    /// Must this request get in when the shard is full? For emergency calls; requests in a dialog get in anyway.
    fn is_vital(&self, _request: &Message) -> bool {
        false
    }
}

/// Names a request that waits for its answer, for as long as the process lives. Shards name theirs independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PendingId(pub(super) u64);

/// A request for the application.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// With `received` and `rport` in its top Via, without our own Route values.
    pub message: &'a Message,
    /// Where it came from.
    pub from: &'a Hop,
    /// Names it for later.
    pub pending: PendingId,
    /// Our Route value that was removed: its user part is [`RecordRoute::user`](super::RecordRoute::user).
    pub own_route: Option<&'a Uri>,
    /// To has a tag.
    pub in_dialog: bool,
}

/// What happens with a request.
#[derive(Debug)]
pub enum Decision<A: Application> {
    /// This is the answer, built with [`Message::reply`]. A provisional one leaves the request waiting.
    Reply(Message),
    /// To these targets.
    Forward {
        /// Where to.
        plan: Plan,
        /// The application's state of it.
        call: A::Call,
    },
    /// The application answers or forwards later, with the [`PendingId`]; an INVITE gets 100 after 200 ms.
    Wait,
    /// No answer at all.
    Discard,
}

/// Why the targets ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// At least one of them answered.
    Answered,
    /// They rang for too long.
    RingTimeout,
    /// None could be reached: no answer at all, or no transport.
    Unreachable,
}

/// How it goes on when all targets have ended.
#[derive(Clone, Debug)]
pub enum Next {
    /// With these.
    Forward(Group),
    /// With this answer, built with [`Message::reply`].
    Reply(Message),
    /// With the best response.
    GiveUp,
}

/// How a forwarded request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx went upstream.
    Answered {
        /// 200 to 299.
        status: u16,
    },
    /// Another final response went upstream.
    Refused {
        /// 300 to 699.
        status: u16,
    },
    /// The caller cancelled it (487).
    Cancelled,
    /// We stopped it ([`Core::stop`](super::Core::stop)).
    Stopped {
        /// What the caller was told.
        status: u16,
    },
    /// No answer went upstream: a request other than INVITE timed out (RFC 4320).
    Silent,
}
