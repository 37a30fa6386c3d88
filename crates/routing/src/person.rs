//! Whom the directory knows: people, their settings and their phones.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use crate::{Hours, Rights};

/// What routing asks of the watched table. Look-ups never wait.
pub trait Directory {
    /// The user with this id, alias, e-mail address or extension, in any case.
    fn user_by_name(&self, name: &str) -> Option<Person>;

    /// The user who has this number of their own (DID); E.164 with `+`.
    fn user_by_number(&self, e164: &str) -> Option<Person>;

    /// The time zone of a site, where it is known; else the edge's own is used.
    fn zone(&self, site: &str) -> Option<TimeZone>;

    /// The phone that made an emergency call which a call to `number` (E.164) from `caller` answers
    /// ([`EmergencyCalls::call_back`](crate::EmergencyCalls::call_back)).
    fn call_back(&self, number: &str, caller: Option<&str>, now: Timestamp) -> Option<SmolStr>;
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub user: SmolStr,
    /// The name to show.
    pub display_name: SmolStr,
    /// The number inside the company.
    pub extension: Option<SmolStr>,
    /// Numbers of their own that are reached from outside (DIDs), E.164 with `+`; the first is shown.
    pub numbers: Vec<SmolStr>,
    /// The user may not log in, and no call reaches them.
    pub disabled: bool,
    /// Forwarding and the like; `None`: nothing is set.
    pub calls: Option<Arc<CallSettings>>,
    /// What the user may call: their own rights, or their group's, or the default.
    pub rights: Rights,
    /// Where the user is logged in, the oldest session first.
    pub places: Vec<Place>,
}

/// A session of a user at a phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The phone.
    pub device: SmolStr,
    /// The site at which it stands.
    pub site: SmolStr,
    /// The session's fencing token.
    pub epoch: u64,
}

/// A phone that makes a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phone {
    /// Its id.
    pub device: SmolStr,
    /// The site at which it stands.
    pub site: SmolStr,
    /// The desk at which it stands.
    pub desk: SmolStr,
    /// Its own number, E.164 with `+`; `None` where it has none under which it could be called from outside.
    pub number: Option<SmolStr>,
    /// The civic address for emergency calls, as one line of text; the site's, where the phone has none.
    pub location: Option<SmolStr>,
}

/// What a user wants done with their calls. A target is a number or an extension, or the word `voicemail`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSettings {
    /// All calls go there.
    pub forward_always: Option<SmolStr>,
    /// Where calls go when all phones are busy, or the user does not want to be disturbed.
    pub forward_busy: Option<SmolStr>,
    /// Where calls go that nobody answers.
    pub forward_no_answer: Option<SmolStr>,
    /// After how long a call counts as not answered: 5 to 120 seconds.
    pub no_answer_after: Duration,
    /// Where calls go while the user is logged in nowhere, or no phone can be reached.
    pub forward_not_logged_in: Option<SmolStr>,
    /// The phones do not ring.
    pub do_not_disturb: bool,
    /// The user's mailbox; calls go there where no forwarding is set.
    pub voicemail: Option<SmolStr>,
    /// In which order several phones ring.
    pub ring: RingOrder,
    /// Forwarding by the hour; the first that applies counts.
    pub schedule: Vec<ScheduledForward>,
}

/// In which order a user's phones ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RingOrder {
    /// All at once; the first to answer has the call.
    #[default]
    All,
    /// One after the other, the newest session first.
    InOrder,
}

/// Forwarding at certain hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledForward {
    /// When, in the time of the user's site.
    pub hours: Hours,
    /// Where to.
    pub to: SmolStr,
}

impl CallSettings {
    /// How long phones ring where the user has said nothing.
    pub const NO_ANSWER_DEFAULT: Duration = Duration::from_secs(20);
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            forward_always: None,
            forward_busy: None,
            forward_no_answer: None,
            no_answer_after: Self::NO_ANSWER_DEFAULT,
            forward_not_logged_in: None,
            do_not_disturb: false,
            voicemail: None,
            ring: RingOrder::default(),
            schedule: Vec::new(),
        }
    }
}
