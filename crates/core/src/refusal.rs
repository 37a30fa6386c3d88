//! Refusals: the rule said no. They are outcomes, not errors; a person can read each, and each has a stable
//! code that never changes its meaning.

use crate::id::{DeviceId, GroupId, SiteId, UserId, UserName};
use crate::mac::MacAddress;
use crate::phones::TokenHash;
use crate::time::TimeMs;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No user has this id, alias, e-mail, extension or number.
    #[error("nobody is known as {name}")]
    UnknownUser {
        /// The name.
        name: UserName,
    },
    /// No device has this id.
    #[error("no phone is known as {device}")]
    UnknownDevice {
        /// The phone.
        device: DeviceId,
    },
    /// No site has this id.
    #[error("no site is known as {site}")]
    UnknownSite {
        /// The site.
        site: SiteId,
    },
    /// No group has this id.
    #[error("no group is known as {group}")]
    UnknownGroup {
        /// The group.
        group: GroupId,
    },
    /// The user is disabled.
    #[error("user {user} is disabled")]
    UserDisabled {
        /// The user.
        user: UserId,
    },
    /// The device is disabled.
    #[error("phone {device} is disabled")]
    DeviceDisabled {
        /// The phone.
        device: DeviceId,
    },
    /// The device accepts only other groups.
    #[error("user {user} may not use phone {device}")]
    DeviceNotAllowed {
        /// The user.
        user: UserId,
        /// The phone.
        device: DeviceId,
    },
    /// Too many wrong PINs.
    #[error("user {user} is locked after too many wrong PINs")]
    UserLocked {
        /// The user.
        user: UserId,
        /// When the lock ends.
        until: TimeMs,
    },
    /// The PIN was changed between its check and the login.
    #[error("the PIN of user {user} has just been changed")]
    CredentialChanged {
        /// The user.
        user: UserId,
    },
    /// The user has no PIN.
    #[error("no PIN has been set for user {user}")]
    NoCredential {
        /// The user.
        user: UserId,
    },
    /// Policy `deny`: the user is logged in elsewhere.
    #[error("user {user} is already logged in at phone {device} in {site}")]
    LoggedInElsewhere {
        /// The user.
        user: UserId,
        /// The phone.
        device: DeviceId,
        /// The site.
        site: SiteId,
    },
    /// Policy `refuse`: somebody else uses the phone.
    #[error("phone {device} is in use by another user")]
    DeviceBusy {
        /// The phone.
        device: DeviceId,
    },
    /// The session at the device is not the one that the caller meant.
    #[error("the session at phone {device} is no longer the one that was meant")]
    StaleEpoch {
        /// The phone.
        device: DeviceId,
    },
    /// Another user has one of the names.
    #[error("{name} already belongs to user {owner}")]
    NameTaken {
        /// The name.
        name: UserName,
        /// Who has it.
        owner: UserId,
    },
    /// Devices stand at the site.
    #[error("site {site} still has {devices} phones")]
    SiteInUse {
        /// The site.
        site: SiteId,
        /// How many phones.
        devices: u64,
    },
    /// Users or devices name the group.
    #[error("group {group} is still named by {users} users and {devices} phones")]
    GroupInUse {
        /// The group.
        group: GroupId,
        /// How many users name it.
        users: u64,
        /// How many phones name it.
        devices: u64,
    },
    /// A field of a record breaks its rule.
    #[error("{field} {problem}")]
    InvalidRecord {
        /// The field, as in the record.
        field: &'static str,
        /// The rule that it breaks, to be read after the field.
        problem: String,
    },
    /// The request id was used for another request before.
    #[error("this request id was used for another request")]
    RequestIdReused,
    /// The parts of an import do not follow each other.
    #[error("the import expected row {expected} next but got row {got}")]
    ImportGap {
        /// What would have followed.
        expected: u64,
        /// What came.
        got: u64,
    },
    /// Rows of the import cannot be put; none was.
    #[error("{} rows cannot be imported, nothing was changed; the first is row {}: {}",
        rows.len(), rows.first().map_or(0, |r| r.row), rows.first().map_or("", |r| r.problem.as_str()))]
    ImportRejected {
        /// The bad rows, at most [`ROW_PROBLEMS_MAX`].
        rows: Vec<RowProblem>,
    },
    /// The phone is left alone: an emergency call is under way, or its call-back may come.
    #[error("phone {device} is left as it is because of an emergency call")]
    DeviceOnHold {
        /// The phone.
        device: DeviceId,
        /// When the hold ends by itself.
        until: TimeMs,
    },
    /// Another device has the MAC address.
    #[error("MAC address {mac} already belongs to phone {device}")]
    MacTaken {
        /// The address.
        mac: MacAddress,
        /// Who has it.
        device: DeviceId,
    },
    /// No enrolment token has this hash: it was never there, is used up, or was taken back.
    #[error("the enrolment token is not known")]
    UnknownEnrolmentToken {
        /// Of the token.
        hash: TokenHash,
    },
    /// The enrolment token has run out.
    #[error("the enrolment token has run out")]
    EnrolmentTokenExpired {
        /// When it did.
        until: TimeMs,
    },
}

/// A row that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// 0-based, in the order of the staged rows.
    pub row: u64,
    /// The field, as in the record ("extension", "site"); empty when it is the row as a whole.
    pub field: String,
    /// A sentence.
    pub problem: String,
}

/// How many bad rows an import reports; the first ones.
pub const ROW_PROBLEMS_MAX: usize = 1000;

impl Refusal {
    /// The stable code, `HD1xxx`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownUser { .. } => "HD1001",
            Self::UnknownDevice { .. } => "HD1002",
            Self::UnknownSite { .. } => "HD1003",
            Self::UnknownGroup { .. } => "HD1004",
            Self::UserDisabled { .. } => "HD1005",
            Self::DeviceDisabled { .. } => "HD1006",
            Self::DeviceNotAllowed { .. } => "HD1007",
            Self::UserLocked { .. } => "HD1008",
            Self::CredentialChanged { .. } => "HD1009",
            Self::NoCredential { .. } => "HD1010",
            Self::LoggedInElsewhere { .. } => "HD1011",
            Self::DeviceBusy { .. } => "HD1012",
            Self::StaleEpoch { .. } => "HD1013",
            Self::NameTaken { .. } => "HD1014",
            Self::SiteInUse { .. } => "HD1015",
            Self::GroupInUse { .. } => "HD1016",
            Self::InvalidRecord { .. } => "HD1017",
            Self::RequestIdReused => "HD1018",
            Self::ImportGap { .. } => "HD1019",
            Self::ImportRejected { .. } => "HD1020",
            Self::DeviceOnHold { .. } => "HD1021",
            Self::MacTaken { .. } => "HD1022",
            Self::UnknownEnrolmentToken { .. } => "HD1023",
            Self::EnrolmentTokenExpired { .. } => "HD1024",
        }
    }

    /// A stable label for metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownUser { .. } => "unknown_user",
            Self::UnknownDevice { .. } => "unknown_device",
            Self::UnknownSite { .. } => "unknown_site",
            Self::UnknownGroup { .. } => "unknown_group",
            Self::UserDisabled { .. } => "user_disabled",
            Self::DeviceDisabled { .. } => "device_disabled",
            Self::DeviceNotAllowed { .. } => "device_not_allowed",
            Self::UserLocked { .. } => "user_locked",
            Self::CredentialChanged { .. } => "credential_changed",
            Self::NoCredential { .. } => "no_credential",
            Self::LoggedInElsewhere { .. } => "logged_in_elsewhere",
            Self::DeviceBusy { .. } => "device_busy",
            Self::StaleEpoch { .. } => "stale_epoch",
            Self::NameTaken { .. } => "name_taken",
            Self::SiteInUse { .. } => "site_in_use",
            Self::GroupInUse { .. } => "group_in_use",
            Self::InvalidRecord { .. } => "invalid_record",
            Self::RequestIdReused => "request_id_reused",
            Self::ImportGap { .. } => "import_gap",
            Self::ImportRejected { .. } => "import_rejected",
            Self::DeviceOnHold { .. } => "device_on_hold",
            Self::MacTaken { .. } => "mac_taken",
            Self::UnknownEnrolmentToken { .. } => "unknown_enrolment_token",
            Self::EnrolmentTokenExpired { .. } => "enrolment_token_expired",
        }
    }

    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn what_to_do(&self) -> &'static str {
        match self {
            Self::UnknownUser { .. } => "Check the spelling, or ask an administrator to add the user.",
            Self::UnknownDevice { .. } => "Ask an administrator to add the phone (hotdesk device put).",
            Self::UnknownSite { .. } => "Add the site first (hotdesk site put).",
            Self::UnknownGroup { .. } => "Add the group first (hotdesk group put).",
            Self::UserDisabled { .. } => "Ask an administrator to enable the user.",
            Self::DeviceDisabled { .. } => "Use another phone, or ask an administrator to enable this one.",
            Self::DeviceNotAllowed { .. } => "Use a phone that your group may use.",
            Self::UserLocked { .. } => "Wait until the lock ends, or ask an administrator to lift it.",
            Self::CredentialChanged { .. } => "Log in again with the new PIN.",
            Self::NoCredential { .. } => "Ask an administrator to set a PIN (hotdesk user set-pin).",
            Self::LoggedInElsewhere { .. } => "Log out there first.",
            Self::DeviceBusy { .. } => "Use another phone, or ask the other user to log out.",
            Self::StaleEpoch { .. } => "Look up the current session and try again if it is still meant.",
            Self::NameTaken { .. } => "Choose another name, or take it from the other user first.",
            Self::SiteInUse { .. } => "Move or delete its phones first.",
            Self::GroupInUse { .. } => "Move its users and phones to another group first.",
            Self::InvalidRecord { .. } => "Correct the field and try again.",
            Self::RequestIdReused => "Use a new request id for a new request.",
            Self::ImportGap { .. } => "Start the import again.",
            Self::ImportRejected { .. } => "Correct the rows and import again.",
            Self::DeviceOnHold { .. } => "Use another phone, or wait until the hold ends.",
            Self::MacTaken { .. } => "Check the address, or delete the other phone first.",
            Self::UnknownEnrolmentToken { .. } | Self::EnrolmentTokenExpired { .. } => {
                "Make a new enrolment token, or approve the phone."
            }
        }
    }
}
