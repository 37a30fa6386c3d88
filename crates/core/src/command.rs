//! What may be asked of the state. One file under `apply/` per action.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::calls::CallSettings;
use crate::directory::{Device, Edge, Group, SealedSecret, Site, User};
use crate::id::{DeviceId, EdgeId, GroupId, SiteId, UserId, UserName};
use crate::mac::MacAddress;
use crate::phones::{EnrolmentToken, SeenPhone, ShownReport, TokenHash};
use crate::policy::Policy;
use crate::profile::Profile;
use crate::session::Epoch;
use crate::time::TimeMs;

/// One log entry: commands that are decided together, in order, each with its own outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The leader's clock when the entry was made.
    pub at: TimeMs,
    /// 1 to [`Epoch::COMMANDS_PER_ENTRY`] commands.
    pub commands: Vec<Command>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Chosen by the caller, the same in every retry: the first answer is given again. `None` for
    /// housekeeping that may be repeated without harm (`Expire`, `Touch`).
    pub request_id: Option<RequestId>,
    /// Who asks.
    pub actor: Actor,
    /// What is asked.
    pub action: Action,
}

/// A caller-chosen id, unique per request (a random UUID will do).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({:032x})", self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Who asks: a short text that ends up in events and audit, cut to [`ACTOR_BYTES_MAX`]. "system" for the cluster's own
/// housekeeping, "node:2" or "edge:chicago" for machines, "admin:jo" for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor(pub SmolStr);

impl Actor {
    /// The cluster's own housekeeping.
    #[must_use]
    pub const fn system() -> Self {
        Self(SmolStr::new_inline("system"))
    }
}

/// The request itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Log a user in at a device. Ends what the policy says must end, in the same entry.
    Login {
        /// Id, alias, e-mail, extension or number.
        user: UserName,
        /// The phone.
        device: DeviceId,
        /// The version of the credential that the node checked the PIN against; refused when no longer
        /// current. `None`: the caller vouches for the user without a PIN (single sign-on, an administrator).
        credential_version: Option<u64>,
    },
    /// End the session at a device, or all sessions of a user.
    Logout {
        /// Whose.
        target: LogoutTarget,
        /// Only if the session there still has this epoch: a late logout must not end a newer session. For a
        /// user, only the one session with this epoch.
        epoch: Option<Epoch>,
    },
    /// An administrator ends sessions.
    ForceLogout {
        /// Whose.
        target: ForceTarget,
        /// Why, for the event; cut to [`NOTE_BYTES_MAX`].
        note: SmolStr,
    },
    /// End the sessions whose deadline has passed; at most [`EXPIRE_MAX`] per command.
    Expire,
    /// Report activity, batched. At most [`TOUCH_MAX`] items.
    Touch {
        /// What was active, and when.
        items: Vec<Activity>,
    },
    /// Create or replace a site.
    PutSite(Site),
    /// Delete a site; refused while devices stand there.
    DeleteSite(SiteId),
    /// Create or replace a group.
    PutGroup(Group),
    /// Delete a group; refused while users or devices name it.
    DeleteGroup(GroupId),
    /// Set the cluster's default policy.
    PutDefaults(Policy),
    /// Create or replace a user. `credential` and `failures` of the record are ignored; without `calls`, those stay.
    PutUser(User),
    /// Delete a user; ends the user's sessions.
    DeleteUser(UserId),
    /// Create or replace a device. `secret`, `serving` and `hold` of the record are ignored.
    PutDevice(Device),
    /// Delete a device; ends the session there.
    DeleteDevice(DeviceId),
    /// Set or remove (`None`) what the phone's own SIP account is checked against.
    SetDeviceSecret {
        /// Whose.
        device: DeviceId,
        /// Sealed with the company's line key.
        sealed: Option<SealedSecret>,
        /// What the password was made from, so that it can be made again: the request's own id; `None` for a password that
        /// somebody chose.
        seed: Option<u128>,
        /// The phone may go on fetching its documents with what it knows, until it comes with the new token. Otherwise
        /// everything that was made from an older seed is worth nothing from this entry on.
        keeps_former: bool,
    },
    /// Leave a phone alone: nobody logs in or out there until then.
    HoldDevice {
        /// Which.
        device: DeviceId,
        /// Until when, at most [`HOLD_MS_MAX`](crate::directory::HOLD_MS_MAX) ahead. 0, or a time that has come,
        /// releases it.
        until: TimeMs,
        /// Why, for people; cut to [`NOTE_BYTES_MAX`].
        reason: SmolStr,
    },
    /// Create or replace an edge.
    PutEdge(Edge),
    /// Delete an edge; what it served is served by nobody.
    DeleteEdge(EdgeId),
    /// Report which phones edges serve, batched. At most [`SERVING_MAX`] items.
    ReportServing {
        /// What has changed since the last report.
        items: Vec<Served>,
    },
    /// Set or remove (`None`) what the user's PIN is checked against.
    SetCredential {
        /// Whose.
        user: UserId,
        /// A PHC string, at most 512 bytes.
        verifier: Option<Arc<str>>,
    },
    /// A node saw a wrong PIN.
    ReportFailedLogin {
        /// Whose account was tried.
        user: UserId,
        /// At which phone, for the event.
        device: DeviceId,
    },
    /// Lift a lockout before its time.
    Unlock(UserId),
    /// End what a user has signed in to until now: the user's own pages, in any browser. Sessions at phones go on.
    EndVisits(UserId),
    /// A user's account is closed for a while and all the user's sessions end: somebody else was logged in as the user.
    LockUser {
        /// Whose.
        user: UserId,
        /// Until when, at most [`LOCK_MS_MAX`] ahead. A lock that reaches further stays as it is.
        until: TimeMs,
        /// Why, for the events; cut to [`NOTE_BYTES_MAX`].
        note: SmolStr,
    },
    /// Change what a user finds at every phone and what becomes of the user's calls. `None` leaves a part as it is, the
    /// default removes it.
    PutProfile {
        /// Whose.
        user: UserId,
        /// Keys, tones, languages.
        profile: Option<Profile>,
        /// Forwarding and the like.
        calls: Option<CallSettings>,
    },
    /// Report what phones show, or that they could not be brought to show it, batched. At most
    /// [`SHOWN_REPORT_MAX`](crate::phones::SHOWN_REPORT_MAX) items.
    ReportShown {
        /// What has been seen since the last report.
        items: Vec<ShownReport>,
    },
    /// Report phones that nobody knows, batched. At most
    /// [`WAITING_REPORT_MAX`](crate::phones::WAITING_REPORT_MAX) items.
    ReportWaiting {
        /// Who asked for a document since the last report.
        items: Vec<SeenPhone>,
    },
    /// Take an unknown phone off the list.
    DeclineWaiting {
        /// Which.
        mac: MacAddress,
    },
    /// Let a phone fetch its document without its token for a while.
    OpenEnrolment {
        /// Which.
        device: DeviceId,
        /// Until when, at most [`ENROLMENT_MS_MAX`](crate::phones::ENROLMENT_MS_MAX) ahead.
        until: TimeMs,
    },
    /// A phone has come with its token: without it, nothing any more.
    CloseEnrolment {
        /// Which.
        device: DeviceId,
    },
    /// Let phones load their documents again: something that these are made of has changed outside of the log. At most
    /// [`RELOAD_MAX`](crate::phones::RELOAD_MAX) phones.
    ReloadDevices {
        /// Which.
        devices: Vec<DeviceId>,
    },
    /// Create or replace the right to bring phones in with a token.
    PutEnrolmentToken(EnrolmentToken),
    /// Take it back.
    DeleteEnrolmentToken {
        /// Which.
        hash: TokenHash,
    },
    /// A phone came with an enrolment token: it is put into the directory, its window opens, one use is spent.
    EnrolDevice {
        /// Of the token.
        token_hash: TokenHash,
        /// The phone.
        mac: MacAddress,
        /// What it is ("yealink-t54w").
        vendor_model: SmolStr,
    },
    /// Keep rows of an import aside until [`Action::ImportCommit`]; at most [`IMPORT_ROWS_PER_STAGE`] rows.
    ImportStage {
        /// Chosen by the importer; the same for all parts of one import.
        import: RequestId,
        /// The number of the first row here, 0-based; parts must follow each other without a gap. Repeating
        /// a part is harmless.
        first_row: u64,
        /// The rows.
        rows: Vec<ImportRow>,
    },
    /// Check all staged rows together and put them all, or none.
    ImportCommit {
        /// Which import.
        import: RequestId,
        /// How many rows were staged, so that a lost part is noticed.
        rows: u64,
        /// Only check, change nothing, and forget the staged rows.
        dry_run: bool,
    },
    /// Forget an import.
    ImportAbort {
        /// Which import.
        import: RequestId,
    },
}

/// How many sessions one `Expire` ends at most; the rest follow in the next.
pub const EXPIRE_MAX: usize = 1000;
/// How many sessions one `ForceLogout` ends at most; the outcome says whether there are more.
pub const FORCE_LOGOUT_MAX: usize = 1000;
/// The longest actor, in bytes; the rest is cut off.
pub const ACTOR_BYTES_MAX: usize = 64;
/// The longest note of a forced logout, in bytes; the rest is cut off.
pub const NOTE_BYTES_MAX: usize = 256;
/// The furthest that `LockUser` may reach ahead, in milliseconds (30 days): a mistake must not close an account for
/// good.
pub const LOCK_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// How many items one `Touch` carries at most.
pub const TOUCH_MAX: usize = 1000;
/// How many items one `ReportServing` carries at most.
pub const SERVING_MAX: usize = 1000;
/// How many rows one `ImportStage` carries at most: keeps log entries small.
pub const IMPORT_ROWS_PER_STAGE: usize = 200;
/// How many rows all staged imports together may hold at most.
pub const IMPORT_ROWS_MAX: usize = 2_000_000;
/// How many imports may be staged at the same time; another one is refused.
pub const IMPORTS_MAX: usize = 16;
/// A staged import that nobody commits is forgotten after this long, in milliseconds.
pub const IMPORT_KEPT_MS: u64 = 30 * 60_000;

/// One row of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportRow {
    /// A site.
    Site(Site),
    /// A group.
    Group(Group),
    /// A user and, when the row sets a PIN, its verifier.
    User {
        /// The record.
        user: User,
        /// A PHC string; `None` leaves the credential as it is.
        verifier: Option<Arc<str>>,
    },
    /// A device.
    Device(Device),
}

/// Which sessions a logout ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutTarget {
    /// The one at this device.
    Device(DeviceId),
    /// All of this user (id, alias, e-mail or extension).
    User(UserName),
}

/// Which sessions an administrator ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForceTarget {
    /// The one at this device.
    Device(DeviceId),
    /// All of this user.
    User(UserName),
    /// All at this site; at most [`FORCE_LOGOUT_MAX`] per command, the outcome says whether there are more.
    Site(SiteId),
}

/// Activity at a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Where.
    pub device: DeviceId,
    /// In which session; activity of an older epoch is ignored.
    pub epoch: Epoch,
    /// When. Later than the entry's time counts as the entry's time.
    pub at: TimeMs,
}

/// A phone has registered with an edge, or has gone from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The phone.
    pub device: DeviceId,
    /// The edge.
    pub edge: EdgeId,
    /// The phone has gone: its registration has ended.
    pub gone: bool,
}

impl Action {
    /// A stable label for metrics, audit and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::Logout { .. } => "logout",
            Self::ForceLogout { .. } => "force_logout",
            Self::Expire => "expire",
            Self::Touch { .. } => "touch",
            Self::PutSite(_) => "put_site",
            Self::DeleteSite(_) => "delete_site",
            Self::PutGroup(_) => "put_group",
            Self::DeleteGroup(_) => "delete_group",
            Self::PutDefaults(_) => "put_defaults",
            Self::PutUser(_) => "put_user",
            Self::DeleteUser(_) => "delete_user",
            Self::PutDevice(_) => "put_device",
            Self::DeleteDevice(_) => "delete_device",
            Self::SetDeviceSecret { .. } => "set_device_secret",
            Self::HoldDevice { .. } => "hold_device",
            Self::PutEdge(_) => "put_edge",
            Self::DeleteEdge(_) => "delete_edge",
            Self::ReportServing { .. } => "report_serving",
            Self::SetCredential { .. } => "set_credential",
            Self::ReportFailedLogin { .. } => "report_failed_login",
            Self::Unlock(_) => "unlock",
            Self::EndVisits(_) => "end_visits",
            Self::LockUser { .. } => "lock_user",
            Self::PutProfile { .. } => "put_profile",
            Self::ReportShown { .. } => "report_shown",
            Self::ReportWaiting { .. } => "report_waiting",
            Self::DeclineWaiting { .. } => "decline_waiting",
            Self::OpenEnrolment { .. } => "open_enrolment",
            Self::CloseEnrolment { .. } => "close_enrolment",
            Self::ReloadDevices { .. } => "reload_devices",
            Self::PutEnrolmentToken(_) => "put_enrolment_token",
            Self::DeleteEnrolmentToken { .. } => "delete_enrolment_token",
            Self::EnrolDevice { .. } => "enrol_device",
            Self::ImportStage { .. } => "import_stage",
            Self::ImportCommit { .. } => "import_commit",
            Self::ImportAbort { .. } => "import_abort",
        }
    }
}
