//! What changed, with the position in the log.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::command::Actor;
use crate::directory::{Device, Edge, Group, Hold, Site, User};
use crate::id::{DeviceId, EdgeId, GroupId, SiteId, UserId};
use crate::mac::MacAddress;
use crate::phones::{EnrolmentToken, Shown, TokenHash, WaitingPhone};
use crate::policy::Policy;
use crate::session::{EndReason, Session};
use crate::time::TimeMs;

/// Something that happened. Events of one entry carry the same index and are delivered together.
///
/// Replayed one by one they give the directory and the sessions at every moment: a session's user and phone are
/// always known, a phone's session ends before the next begins there. Activity and wrong PINs make no events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The log index of the entry.
    pub index: u64,
    /// The state's clock when it was applied.
    pub at: TimeMs,
    /// By whom.
    pub by: Actor,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A user logged in.
    SessionStarted(Arc<Session>),
    /// A session ended. What the phone shows has changed with it: its [`Device::changed`] is this event's index, and no
    /// further event says so. A phone whose owner logged out, or was forced to, stays neutral
    /// ([`Device::stays_neutral`]) until the next session begins there.
    SessionEnded {
        /// The session as it was.
        session: Arc<Session>,
        /// Why.
        reason: EndReason,
    },
    /// Too many wrong PINs, or somebody asked for it.
    UserLocked {
        /// Whose.
        user: UserId,
        /// The phone at which the last wrong PIN was typed; `None`: somebody asked for the lock.
        device: Option<DeviceId>,
        /// Until when.
        until: TimeMs,
    },
    /// A lockout was lifted by an administrator.
    UserUnlocked(UserId),
    /// A user's PIN was set or removed. Follows the [`EventKind::UserPut`] that carries the new verifier, for
    /// readers that keep a full copy.
    CredentialChanged {
        /// Whose.
        user: UserId,
        /// The new version.
        version: u64,
    },
    /// A site was created or changed.
    SitePut(Arc<Site>),
    /// A site was deleted.
    SiteDeleted(SiteId),
    /// A group was created or changed.
    GroupPut(Arc<Group>),
    /// A group was deleted.
    GroupDeleted(GroupId),
    /// A user was created or changed.
    UserPut(Arc<User>),
    /// A user was deleted.
    UserDeleted(UserId),
    /// A device was created or changed, got another secret, or is to load its document again.
    DevicePut(Arc<Device>),
    /// A device was deleted.
    DeviceDeleted(DeviceId),
    /// An edge was created or changed.
    EdgePut(Arc<Edge>),
    /// An edge was deleted. The devices that it served are served by nobody; no further events say so.
    EdgeDeleted(EdgeId),
    /// Another edge serves a device.
    DeviceServed {
        /// Which device.
        device: DeviceId,
        /// By whom; `None`: by nobody.
        edge: Option<EdgeId>,
    },
    /// A device is left alone, or no longer. A hold that runs out makes no event.
    DeviceHeld {
        /// Which device.
        device: DeviceId,
        /// Until when and why; `None`: released.
        hold: Option<Arc<Hold>>,
    },
    /// A phone shows what it had not shown before, or is in trouble, or no longer.
    DeviceShown {
        /// Which phone.
        device: DeviceId,
        /// What it shows.
        shown: Option<Shown>,
        /// Why it could not be brought to show what it should.
        trouble: Option<SmolStr>,
    },
    /// An unknown phone waits for approval, or says something new about itself.
    WaitingPut(Arc<WaitingPhone>),
    /// It waits no longer: approved, declined, or pushed off the list.
    WaitingGone(MacAddress),
    /// An enrolment token was created or changed, or was used and has uses left.
    EnrolmentTokenPut(Arc<EnrolmentToken>),
    /// It was used up, taken back, or ran out.
    EnrolmentTokenGone(TokenHash),
    /// The cluster's default policy changed.
    DefaultsPut(Policy),
    /// Somebody had sessions ended by force; the ends follow as events of their own.
    Forced {
        /// How many sessions.
        sessions: u32,
        /// What was said.
        note: SmolStr,
    },
}

impl EventKind {
    /// A stable label for metrics, APIs and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SessionStarted(_) => "session_started",
            Self::SessionEnded { .. } => "session_ended",
            Self::UserLocked { .. } => "user_locked",
            Self::UserUnlocked(_) => "user_unlocked",
            Self::CredentialChanged { .. } => "credential_changed",
            Self::SitePut(_) => "site_put",
            Self::SiteDeleted(_) => "site_deleted",
            Self::GroupPut(_) => "group_put",
            Self::GroupDeleted(_) => "group_deleted",
            Self::UserPut(_) => "user_put",
            Self::UserDeleted(_) => "user_deleted",
            Self::DevicePut(_) => "device_put",
            Self::DeviceDeleted(_) => "device_deleted",
            Self::EdgePut(_) => "edge_put",
            Self::EdgeDeleted(_) => "edge_deleted",
            Self::DeviceServed { .. } => "device_served",
            Self::DeviceHeld { .. } => "device_held",
            Self::DeviceShown { .. } => "device_shown",
            Self::WaitingPut(_) => "waiting_put",
            Self::WaitingGone(_) => "waiting_gone",
            Self::EnrolmentTokenPut(_) => "enrolment_token_put",
            Self::EnrolmentTokenGone(_) => "enrolment_token_gone",
            Self::DefaultsPut(_) => "defaults_put",
            Self::Forced { .. } => "forced",
        }
    }
}
