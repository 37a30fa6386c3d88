//! Events (RFC 6665): who watches what, what we watch, and which calls go on.
//!
//! * [`Notifier`] keeps the subscriptions of phones and of other watchers and says which NOTIFY goes out when.
//! * [`Subscriber`] keeps our own subscriptions, to the voicemail server.
//! * [`Dialogs`] follows the calls that a proxy sees, for lamps, for "is this phone in a call", and to end calls.
//! * [`Notice`] builds a NOTIFY that belongs to no subscription.
//!
//! Nothing here opens a socket or reads a clock: messages and instants come in, messages go out in the order in
//! which they must be sent.

use smol_str::SmolStr;

use crate::message::{Header, Message, Name};
use crate::value::Params;

mod calls;
mod codec;
mod dialog;
mod ids;
mod notice;
mod notifier;
mod subscriber;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use self::calls::{Bye, CallId, Calls as Dialogs, Changes, Limits as DialogsLimits, Party};
pub use self::dialog::Dialog;
pub use self::ids::Ids;
pub use self::notice::Notice;
pub use self::notifier::{
    Answered, BadRecord, Bodies, Notifier, Notify, Sent, Settings as NotifierSettings, Subscribe,
    SubscriptionId,
};
pub use self::subscriber::{Asked, Heard, Mailbox, Settings as SubscriberSettings, Subscriber, Why};

/// Asks whoever has passwords for the credentials of a request of ours: called with the new request, complete but
/// for them, and the challenge; gives the header, or `None` without credentials.
pub type Authorize<'a> = &'a mut dyn FnMut(&Message, &Message) -> Option<Header>;

/// The same once the challenge is known.
pub(crate) type Credentials<'a> = &'a mut dyn FnMut(&Message) -> Option<Header>;

/// The event packages that we serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Package {
    /// Registrations (RFC 3680).
    Reg,
    /// Calls (RFC 4235).
    Dialog,
    /// Waiting messages (RFC 3842).
    MessageSummary,
}

impl Package {
    /// All, in the order of Allow-Events.
    pub const ALL: [Self; 3] = [Self::Dialog, Self::MessageSummary, Self::Reg];

    /// Its name in the Event header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reg => "reg",
            Self::Dialog => "dialog",
            Self::MessageSummary => "message-summary",
        }
    }

    /// Its default body, which a watcher without Accept understands.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Reg => crate::body::reginfo::CONTENT_TYPE,
            Self::Dialog => crate::body::dialog_info::CONTENT_TYPE,
            Self::MessageSummary => crate::body::message_summary::CONTENT_TYPE,
        }
    }

    /// How long a subscription without Expires lasts, in seconds, as the package's RFC says.
    #[must_use]
    pub const fn expires_default_s(self) -> u32 {
        match self {
            Self::Reg => 3761,
            Self::Dialog | Self::MessageSummary => 3600,
        }
    }

    /// Reads a package name, in any case: some phones capitalise.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|package| package.as_str().eq_ignore_ascii_case(name))
    }

    /// The package that a request is about; `None` when it has no Event, or names one that we do not serve.
    #[must_use]
    pub fn of(request: &Message) -> Option<Self> {
        Self::parse(&EventValue::of(request)?.package)
    }
}

/// The value of an Event header: the package and the `id` that tells subscriptions of one dialog apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventValue {
    pub(crate) package: SmolStr,
    pub(crate) id: Option<SmolStr>,
}

impl EventValue {
    pub(crate) fn of(message: &Message) -> Option<Self> {
        let value = message.text(&Name::Event)?;
        let (package, params) = value.split_once(';').unwrap_or((&value, ""));
        let params = Params::parse(params.as_bytes());
        let package = package.trim();
        (!package.is_empty()).then(|| Self {
            package: package.into(),
            id: params.text("id").map(SmolStr::new),
        })
    }
}

/// Why a subscription is over (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Subscribe again at once: things have moved.
    Deactivated,
    /// Subscribe again after this many seconds.
    Probation {
        /// Seconds.
        retry_after: u32,
    },
    /// The rights are gone; do not come back.
    Rejected,
    /// Not refreshed in time, or ended by the watcher.
    Timeout,
    /// No answer about the rights; try again later.
    Giveup,
    /// What was watched is gone for good.
    NoResource,
    /// What was watched cannot change any more.
    Invariant,
}

impl Reason {
    /// The word in Subscription-State.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Probation { .. } => "probation",
            Self::Rejected => "rejected",
            Self::Timeout => "timeout",
            Self::Giveup => "giveup",
            Self::NoResource => "noresource",
            Self::Invariant => "invariant",
        }
    }

    /// The whole Subscription-State.
    pub(crate) fn state(self) -> String {
        match self {
            Self::Probation { retry_after } => {
                format!("terminated;reason=probation;retry-after={retry_after}")
            }
            other => format!("terminated;reason={}", other.as_str()),
        }
    }

    /// Whether the last NOTIFY still tells the state. Who has lost the right must not see it, and what is gone has
    /// none.
    pub(crate) const fn tells_state(self) -> bool {
        !matches!(self, Self::Rejected | Self::NoResource)
    }
}

/// How many seconds a message's Expires gives. `Ok(None)`: it has none; `Err`: it cannot be read.
pub(crate) fn expires(message: &Message) -> Result<Option<u32>, ()> {
    let Some(value) = message.text(&Name::Expires) else {
        return Ok(None);
    };
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // Above 2^32 is as good as for ever; it is shortened anyway.
    digits.then(|| Some(value.parse().unwrap_or(u32::MAX))).ok_or(())
}

/// The Retry-After of a response, in seconds.
pub(crate) fn retry_after(response: &Message) -> Option<u32> {
    let value = response.text(&Name::RetryAfter)?;
    let end = value.find(|letter: char| !letter.is_ascii_digit());
    value[..end.unwrap_or(value.len())].parse().ok()
}

/// A tag of From or To, if there is one.
pub(crate) fn tag(address: Result<crate::value::NameAddr, crate::value::BadValue>) -> Option<SmolStr> {
    let address = address.ok()?;
    address
        .params
        .text("tag")
        .filter(|tag| !tag.is_empty())
        .map(SmolStr::new)
}
