//! Where a request is to go: groups one after the other, the targets of a group at the same time.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use smol_str::SmolStr;

use crate::hop::Hop;
use crate::message::{Header, Name};

/// How many targets are rung at the same time; the rest of a group is left out.
pub const TARGETS_MAX: usize = 16;

/// What a request is forwarded to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Tried in this order, the next when all targets of one have ended without a 2xx or 6xx.
    pub groups: VecDeque<Group>,
    /// Set: we stay in the route of the dialog.
    pub record_route: Option<RecordRoute>,
}

/// Our Record-Route value, besides what the listener says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordRoute {
    /// A token in the user part, such as a flow token; may be empty. It comes back in
    /// [`Incoming::own_route`](super::Incoming::own_route).
    pub user: SmolStr,
    /// URI parameters with their semicolons (`;ob`); may be empty.
    pub params: SmolStr,
}

/// Targets that are tried at the same time.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// At most [`TARGETS_MAX`].
    pub targets: Vec<Target>,
    /// How long an INVITE may ring here before the next group gets it. `None`: as long as Timer C lets it.
    pub ring_max: Option<Duration>,
}

/// One way to forward a request.
#[derive(Clone, Debug)]
pub struct Target {
    /// The new Request-URI.
    pub uri: Bytes,
    /// Where it is sent.
    pub hop: Hop,
    /// Route values (`<sip:...;lr>`) that go in front of those that the request has.
    pub routes: Vec<Bytes>,
    /// Changes of header fields, done in this order before the proxy adds its own.
    pub edits: Vec<Edit>,
    /// The application's own name for it.
    pub id: SmolStr,
}

/// A change of a forwarded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Takes all header fields of this name out.
    Remove(Name),
    /// In place of all of its name.
    Set(Header),
    /// After all others.
    Push(Header),
    /// Before the others of its name.
    Front(Header),
    /// Another body.
    Body {
        /// The value of Content-Type.
        content_type: SmolStr,
        /// The body.
        body: Bytes,
    },
}

impl Plan {
    /// One target, without Record-Route and without a limit on ringing.
    #[must_use]
    pub fn to(target: Target) -> Self {
        Self {
            groups: VecDeque::from([Group::to(target)]),
            record_route: None,
        }
    }
}

impl Group {
    /// One target.
    #[must_use]
    pub fn to(target: Target) -> Self {
        Self {
            targets: vec![target],
            ring_max: None,
        }
    }
}

impl Target {
    /// The plainest target: this URI at this hop.
    #[must_use]
    pub fn new(uri: impl Into<Bytes>, hop: Hop) -> Self {
        Self {
            uri: uri.into(),
            hop,
            routes: Vec::new(),
            edits: Vec::new(),
            id: SmolStr::default(),
        }
    }
}
