//! What the reconciler is told, what it asks for, and what it says of a phone.

use smol_str::SmolStr;

/// Whom somebody waits for. The smaller the sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Somebody has logged in or out.
    Session,
    /// A label, a key, a lamp.
    Cosmetic,
}

/// The ways there are to tell a phone, the best first, as far as it matters here: how many, and with which of them it may
/// be begun because they worked before. The first always may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    count: u8,
    leading: u16,
}

impl Ways {
    /// So many are used; those behind are never tried.
    pub const MAX: usize = 16;

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> usize {
        self.count as usize
    }

    /// Whether it may be begun with this one.
    #[must_use]
    pub const fn may_lead(self, way: usize) -> bool {
        way == 0 || (way < self.count() && self.leading & (1 << way) != 0)
    }
}

/// Whether each may lead. Say no for those that interrupt whoever uses the phone (it starts anew), and for those of which
/// nobody can tell whether they worked.
impl FromIterator<bool> for Ways {
    fn from_iter<T: IntoIterator<Item = bool>>(may_lead: T) -> Self {
        let mut ways = Self { count: 0, leading: 0 };
        for may_lead in may_lead.into_iter().take(Self::MAX) {
            ways.leading |= u16::from(may_lead) << ways.count;
            ways.count += 1;
        }
        ways
    }
}

/// What became of a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The phone has understood it.
    Taken,
    /// The phone does not want it, or it could not be made: this means is of no use.
    Refused,
    /// No answer, or one that says nothing.
    Lost,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the phone a trigger.
    Send {
        /// The phone.
        device: SmolStr,
        /// What it should show.
        stamp: u64,
        /// Which of its means, from 0.
        means: usize,
        /// From 1.
        attempt: u32,
        /// To be given back with the [`Answer`].
        ticket: u64,
    },
    /// The phone does not follow, and is left alone from now on. Say so loudly.
    GaveUp {
        /// The phone.
        device: SmolStr,
        /// What it should show.
        stamp: u64,
        /// How often it was told.
        attempts: u32,
        /// Whether it was registered.
        is_present: bool,
    },
    /// The phone shows what it should.
    Acknowledged {
        /// The phone.
        device: SmolStr,
        /// What it shows.
        stamp: u64,
        /// How long that took, from when it was wanted.
        after_ms: u64,
        /// How often it was told; 0: it came by itself.
        attempts: u32,
        /// The means that it followed: it took that trigger, and loaded within the time. `None`: it came by itself, or
        /// because it was started, or nobody can say.
        means: Option<usize>,
        /// What it was for.
        urgency: Urgency,
    },
}

/// How a phone is doing, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The phone.
    pub device: &'a str,
    /// What it should show.
    pub wanted: u64,
    /// What it shows.
    pub shown: u64,
    /// Since when it should.
    pub since_ms: u64,
    /// How often it was told.
    pub attempts: u32,
    /// What it waits for.
    pub stage: Stage,
}

/// What a phone waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its turn.
    Queued,
    /// The end of a call or of an emergency.
    Busy,
    /// The phone is not registered.
    Gone,
    /// The phone's answer, or its request for the document.
    Loading,
    /// The next attempt.
    Pausing,
    /// The log: nobody hears what the phone has loaded.
    CutOff,
    /// Nothing: it was given up.
    GaveUp,
}

impl Stage {
    /// A word for people and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Busy => "busy",
            Self::Gone => "gone",
            Self::Loading => "loading",
            Self::Pausing => "pausing",
            Self::CutOff => "cut off",
            Self::GaveUp => "gave up",
        }
    }
}
