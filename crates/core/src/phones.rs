//! Desk phones beyond their place in the directory: what they show, how they come in, which ones wait.

use std::fmt;

use smol_str::SmolStr;

use crate::id::{DeviceId, SiteId};
use crate::mac::MacAddress;
use crate::time::TimeMs;

/// How many unknown phones wait for approval at most; the one that was seen longest ago makes room.
pub const WAITING_MAX: usize = 1000;
/// The longest text that an unknown phone says about itself, in bytes; the rest is cut off.
pub const WAITING_TEXT_BYTES_MAX: usize = 128;
/// A phone that was seen less than this ago and says the same is not noted again, in milliseconds.
pub const WAITING_AGAIN_MS: u64 = 10 * 60_000;
/// How many items one `ReportShown` carries at most.
pub const SHOWN_REPORT_MAX: usize = 1000;
/// How many items one `ReportWaiting` carries at most.
pub const WAITING_REPORT_MAX: usize = 100;
/// How many phones one `ReloadDevices` names at most: keeps what one entry tells small.
pub const RELOAD_MAX: usize = 1000;
/// How many enrolment tokens there may be; another one is refused.
pub const ENROLMENT_TOKENS_MAX: usize = 1000;
/// How many phones one enrolment token may bring in at most.
pub const ENROLMENT_USES_MAX: u32 = 10_000;
/// The furthest that an enrolment window or token may reach ahead, in milliseconds (90 days).
pub const ENROLMENT_MS_MAX: u64 = 90 * 24 * 3_600_000;
/// How long the window of a phone that came with a token stays open, in milliseconds (24 hours).
pub const ENROLMENT_WINDOW_MS: u64 = 24 * 3_600_000;
/// How many phones may belong to one user.
pub const OWNED_MAX: usize = 8;

/// How many former seeds of a phone are kept; the oldest goes first. A phone that has missed more passwords than that
/// needs an administrator.
pub const FORMER_SEEDS_MAX: usize = 3;
/// How long a former seed is good for documents at most, in milliseconds (30 days): as long as a phone is switched off in
/// a holiday.
pub const FORMER_SEED_MS: u64 = 30 * 24 * 3_600_000;

/// What a phone's password and document path were made from before: the phone may know no other yet. Good for documents
/// only, until the phone has come with its newest token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerSeed {
    /// The seed.
    pub seed: u128,
    /// The log index at which another one came in its place: a phone that shows something older still knows this one.
    pub replaced: u64,
    /// Until when it is good.
    pub until: TimeMs,
}

/// What a phone was seen to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The stamp of the document; see [`State::wanted_stamp`](crate::State::wanted_stamp).
    pub stamp: u64,
    /// When it was noted.
    pub at: TimeMs,
    /// How it was seen.
    pub how: ShownBy,
}

/// How a phone was seen to show something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownBy {
    /// It fetched the document.
    Document,
    /// It registered the session's line.
    Register,
}

impl ShownBy {
    /// A stable word for APIs and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Register => "register",
        }
    }
}

/// Whether a phone may still fetch its document without its token, and when it first came with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enrolment {
    /// Without a token until then; 0 for a closed window.
    pub open_until: TimeMs,
    /// When the window was last closed by the phone's coming with its token; 0: never.
    pub enrolled_at: TimeMs,
}

impl Enrolment {
    /// The window is open at `clock`.
    #[must_use]
    pub fn is_open(&self, clock: TimeMs) -> bool {
        self.open_until > clock
    }
}

/// What an office's node or edge knows of a phone: an item of `ReportShown`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownReport {
    /// Which phone.
    pub device: DeviceId,
    /// The stamp that it shows, or that it could not be brought to show.
    pub stamp: u64,
    /// How it was seen. Of no meaning with `trouble`.
    pub how: ShownBy,
    /// The edge gave up on this stamp, for this reason; cut to [`NOTE_BYTES_MAX`](crate::command::NOTE_BYTES_MAX).
    pub trouble: Option<SmolStr>,
}

/// A phone that asked for a document and that nobody has put into the directory: an item of `ReportWaiting`. Its texts
/// are cut to [`WAITING_TEXT_BYTES_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPhone {
    /// Its address.
    pub mac: MacAddress,
    /// By its request ("yealink"); empty when it does not say.
    pub vendor: SmolStr,
    /// By its request; may be empty.
    pub model: SmolStr,
    /// By its request; may be empty.
    pub firmware: SmolStr,
    /// The office whose node it asked.
    pub site: Option<SiteId>,
    /// The IP address that it asked from.
    pub address: SmolStr,
}

/// An unknown phone that waits for an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPhone {
    /// What is known of it.
    pub phone: SeenPhone,
    /// When it was first noted.
    pub first_seen: TimeMs,
    /// When it was last noted.
    pub last_seen: TimeMs,
}

/// The right to bring phones in, given to whoever has the token. The token itself is nowhere kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentToken {
    /// Which: the SHA-256 of the token.
    pub hash: TokenHash,
    /// Where its phones stand.
    pub site: SiteId,
    /// How many more phones; 1 to [`ENROLMENT_USES_MAX`].
    pub uses: u32,
    /// Until when.
    pub until: TimeMs,
    /// What it is for, for people; cut to [`NOTE_BYTES_MAX`](crate::command::NOTE_BYTES_MAX).
    pub note: SmolStr,
}

/// The SHA-256 of an enrolment token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// The first digits: enough to tell tokens apart.
impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({self})")
    }
}

/// The first eight hex digits.
impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
