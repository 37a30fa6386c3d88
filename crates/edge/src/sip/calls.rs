//! What the edge keeps of a request while it is being forwarded.

use std::collections::VecDeque;

use bytes::Bytes;
use hotdesk_routing::identity::Asked;
use hotdesk_routing::{Call as Dialled, Routed};
use hotdesk_sip::event::CallId;
use hotdesk_sip::message::Message;
use hotdesk_sip::trace::Cdr;
use smol_str::SmolStr;

use super::party::Party;
use super::targets::Round;
use super::trunks::Slot;

/// A request that was forwarded.
pub(crate) enum Call {
    /// One that begins no call, or belongs to one that has begun.
    Other,
    /// A call being set up.
    Setup(Box<Setup>),
}

/// A call being set up.
pub(crate) struct Setup {
    /// Who dials what.
    pub(crate) dialled: Dialled,
    /// What was decided last, and how the call was forwarded until then.
    pub(crate) routed: Routed,
    /// Who is to be shown.
    pub(crate) asked: Asked,
    /// All targets so far, in the order of the core's numbers.
    pub(crate) tried: Vec<Tried>,
    /// Who rings next when nobody of the last round answers.
    pub(crate) rounds: VecDeque<Round>,
    /// The trunk that has asked for a password and got it.
    pub(crate) authorized: Option<SmolStr>,
    /// Trunks that are still to be tried, when the last one could not be reached.
    pub(crate) trunks_left: Vec<SmolStr>,
    /// The places that the call takes: at the trunk that it came by, and at the one that it goes out by.
    pub(crate) slots: Slots,
    /// Where in `tried` those begin who ring now.
    pub(crate) round_start: usize,
    /// The record that is written when it is over.
    pub(crate) record: Cdr,
    /// Its name among the calls that are followed; `None`: too many calls at once.
    pub(crate) followed: Option<CallId>,
    /// The caller.
    pub(crate) from: Party,
    /// The caller's session, when one calls.
    pub(crate) session: Option<(SmolStr, u64)>,
    /// The instance that a GRUU names (RFC 5627).
    pub(crate) instance: Option<SmolStr>,
    /// The Call-ID.
    pub(crate) call_id: Bytes,
    /// The INVITE, kept for emergency calls only: their location is put beside its body.
    pub(crate) request: Option<Message>,
    /// An emergency call.
    pub(crate) emergency: bool,
}

/// A call's places at trunks.
#[derive(Default)]
pub(crate) struct Slots {
    pub(crate) _inward: Option<Slot>,
    pub(crate) outward: Option<Slot>,
}

/// Somebody who rings, or has rung.
#[derive(Clone)]
pub(crate) struct Tried {
    pub(crate) party: Party,
    pub(crate) user: Option<SmolStr>,
    pub(crate) epoch: Option<u64>,
    pub(crate) hop: hotdesk_sip::hop::Hop,
}
