//! A call as it comes in, and how it has been forwarded since.

use smol_str::SmolStr;

use crate::{Person, Phone, Place};

/// A call that asks for its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was dialled: the user part of a `sip:` URI (percent signs decoded), or a whole `tel:` or `urn:` URI.
    pub dialed: SmolStr,
    /// Who calls.
    pub caller: Caller,
}

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A user, at the phone where they are logged in.
    User {
        /// The user.
        person: Person,
        /// The phone that calls.
        phone: Phone,
    },
    /// A phone at which nobody is logged in.
    Neutral(Phone),
    /// Somebody outside, by a trunk.
    Trunk {
        /// The trunk's id.
        trunk: SmolStr,
        /// The caller's number as the trunk gave it.
        number: Option<SmolStr>,
    },
    /// Another proxy or PBX of the company.
    Peer {
        /// Who it is, for logs.
        peer: SmolStr,
        /// The caller's number as the peer gave it.
        number: Option<SmolStr>,
    },
}

impl Caller {
    /// The phone that calls, if it is one of ours.
    #[must_use]
    pub const fn phone(&self) -> Option<&Phone> {
        match self {
            Self::User { phone, .. } | Self::Neutral(phone) => Some(phone),
            Self::Trunk { .. } | Self::Peer { .. } => None,
        }
    }

    /// The user who calls.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match self {
            Self::User { person, .. } => Some(person),
            Self::Neutral(_) | Self::Trunk { .. } | Self::Peer { .. } => None,
        }
    }

    /// The number of a caller who is not at one of our phones.
    #[must_use]
    pub fn outside_number(&self) -> Option<&str> {
        match self {
            Self::Trunk { number, .. } | Self::Peer { number, .. } => number.as_deref(),
            Self::User { .. } | Self::Neutral(_) => None,
        }
    }

    /// Where a user's session is that makes this call.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        let Self::User { person, phone } = self else {
            return None;
        };
        person.places.iter().find(|place| place.device == phone.device)
    }
}

/// Why a call was sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The user forwards all calls.
    Always,
    /// The user forwards calls at this hour.
    Schedule,
    /// The user does not want to be disturbed.
    DoNotDisturb,
    /// The user is logged in nowhere.
    NotLoggedIn,
    /// All phones were busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// No phone could be reached.
    Unreachable,
    /// The user declined the call.
    Declined,
}

impl Why {
    /// A stable label for metrics, logs and CDRs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Schedule => "schedule",
            Self::DoNotDisturb => "do_not_disturb",
            Self::NotLoggedIn => "not_logged_in",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::Declined => "declined",
        }
    }
}

/// A call may be sent on so often; after that it is refused.
pub const HISTORY_MAX: usize = 5;

/// How a call has been sent on, the first time first. At most [`HISTORY_MAX`] turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    turns: Vec<Turn>,
}

/// One time that a call was sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who sent it on: a user's id, or a hunt list's number.
    pub by: SmolStr,
    /// The number by which they are known, to be shown (`Diversion`, `History-Info`).
    pub number: Option<SmolStr>,
    /// Why.
    pub why: Why,
}

impl History {
    /// The turns, the first one first.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Whether this user or hunt list has sent the call on already.
    #[must_use]
    pub fn has(&self, by: &str) -> bool {
        self.turns.iter().any(|turn| turn.by == by)
    }

    /// One turn more; `None` when it would go in a circle or there have been too many.
    #[must_use]
    pub(crate) fn and(&self, turn: Turn) -> Option<Self> {
        if self.turns.len() >= HISTORY_MAX || self.has(&turn.by) {
            return None;
        }
        let mut turns = self.turns.clone();
        turns.push(turn);
        Some(Self { turns })
    }
}
