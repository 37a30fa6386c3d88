//! What is decided about a call.

use std::time::Duration;

use smol_str::SmolStr;

use crate::{Class, History, Phone, Pin};

/// A decision, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// What to do.
    pub decision: Decision,
    /// How the call was sent on before it came to this; to be passed to [`on_failure`](crate::on_failure).
    pub history: History,
    /// The caller dialled a prefix that hides (`Some(true)`) or shows (`Some(false)`) who calls.
    pub hide: Option<bool>,
}

/// What to do with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// An emergency call: first of all, and whatever else holds.
    Emergency(EmergencyCall),
    /// Somebody answers an emergency call: ring the phone it came from, whoever is logged in there now.
    CallBack {
        /// The phone.
        device: SmolStr,
    },
    /// A star code: the edge answers the call itself.
    StarCode(StarCode),
    /// Ring phones.
    Ring(Ring),
    /// To the voicemail server.
    Voicemail(VoicemailCall),
    /// To a trunk or PBX.
    Outward(Outward),
    /// Refuse.
    Refuse(Refusal),
    /// Only from [`on_failure`](crate::on_failure): nothing more to try, the best answer so far goes back.
    GiveUp,
}

impl Decision {
    /// A stable label for metrics, logs and CDRs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Emergency(_) => "emergency",
            Self::CallBack { .. } => "call_back",
            Self::StarCode(_) => "star_code",
            Self::Ring(_) => "ring",
            Self::Voicemail(_) => "voicemail",
            Self::Outward(_) => "outward",
            Self::Refuse(_) => "refuse",
            Self::GiveUp => "give_up",
        }
    }
}

/// An emergency call. Its call-back number is chosen when it begins
/// ([`EmergencyCalls::begin`](crate::EmergencyCalls::begin)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyCall {
    /// The emergency number without any prefix ("911"), to be sent to the trunk; for a `urn:service:sos` the
    /// configured number.
    pub number: SmolStr,
    /// The service asked for, for trunks that take it: "urn:service:sos" or one below it.
    pub service: SmolStr,
    /// A test number was dialled (933): routed as the real one, but it opens no window and warns nobody.
    pub test: bool,
    /// The phone; `None` when the call comes from a peer or a trunk.
    pub phone: Option<Phone>,
    /// The user who was logged in there.
    pub user: Option<SmolStr>,
    /// The address to send: the phone's, else the site's.
    pub location: SmolStr,
    /// The trunks to try, in this order, whatever their health.
    pub trunks: Vec<SmolStr>,
}

/// What a star code asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StarCode {
    /// Log in; what is missing is asked for.
    Login {
        /// The extension.
        extension: Option<SmolStr>,
        /// The PIN.
        pin: Option<Pin>,
    },
    /// Log out whoever is logged in.
    Logout,
    /// Say who is logged in.
    WhoAmI,
}

/// Phones to ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// For whom.
    pub whom: Whom,
    /// One group after the other; never empty.
    pub groups: Vec<RingGroup>,
}

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A user, by id.
    User(SmolStr),
    /// A hunt list, by its number.
    Hunt(SmolStr),
}

/// Phones that ring at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingGroup {
    /// The phones; never empty.
    pub places: Vec<RingPlace>,
    /// For how long; `None`: until the caller gives up.
    pub ring: Option<Duration>,
}

/// One phone that rings, as the session that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingPlace {
    /// The user who is logged in there.
    pub user: SmolStr,
    /// The phone.
    pub device: SmolStr,
    /// The session's fencing token.
    pub epoch: u64,
}

/// A call to the voicemail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoicemailCall {
    /// Whose mailbox.
    pub mailbox: SmolStr,
    /// To listen, or to leave a message.
    pub purpose: MailboxUse,
    /// The URI to send the call to, from the configured pattern.
    pub uri: SmolStr,
}

/// What a call to a mailbox is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxUse {
    /// Its owner listens to messages.
    Listen,
    /// Somebody leaves a message.
    Leave,
}

/// A call that leaves by a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outward {
    /// The number: E.164 with `+` (to be written as the trunk wants it, [`Trunk::number`](crate::Trunk::number)),
    /// or what a rule of the dial plan has made of it.
    pub number: SmolStr,
    /// What kind of call it is, for the CDR.
    pub class: Class,
    /// The trunks that may carry it; [`TrunkHealth::order`](crate::TrunkHealth::order) puts them in order.
    pub trunks: Vec<SmolStr>,
    /// The user who has forwarded it here; their number is shown as the forwarding one, and it is they who pay.
    pub on_behalf: Option<SmolStr>,
}

/// A call that is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The SIP status.
    pub status: u16,
    /// A sentence that the caller understands; goes into the answer.
    pub reason: SmolStr,
    /// A stable label for metrics and logs.
    pub label: &'static str,
}
