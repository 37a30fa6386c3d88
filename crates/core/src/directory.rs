//! The directory: sites, groups, users, devices.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::id::{Alias, DeviceId, Email, Extension, GroupId, SiteId, UserId, UserName};
use crate::policy::PolicyOverrides;
use crate::time::TimeMs;

/// The longest free text of a record (a name, a desk, a location), in bytes.
pub const TEXT_BYTES_MAX: usize = 256;
/// The longest verifier of a credential, in bytes.
pub const VERIFIER_BYTES_MAX: usize = 512;
/// How many aliases a user may have.
pub const ALIASES_MAX: usize = 8;
/// How many groups a device may name.
pub const DEVICE_GROUPS_MAX: usize = 32;

/// An office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name for people ("Chicago").
    pub name: SmolStr,
    /// IANA time zone name ("America/Chicago"); not checked against a database here.
    pub time_zone: SmolStr,
    /// The civic address that an emergency call from here carries.
    pub emergency_location: SmolStr,
}

/// A set of users that share a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its rules, where they differ from the cluster's.
    pub policy: PolicyOverrides,
}

/// A person who logs in.
///
/// **Invariant:** id, aliases, e-mail and extension share one name space over all users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The name shown to people this user calls.
    pub display_name: SmolStr,
    /// The number that reaches the user wherever they sit.
    pub extension: Option<Extension>,
    /// Other names to log in with, at most [`ALIASES_MAX`].
    pub aliases: Vec<Alias>,
    /// An e-mail address to log in with.
    pub email: Option<Email>,
    /// The group whose policy applies.
    pub group: Option<GroupId>,
    /// A disabled user cannot log in; disabling ends the user's sessions.
    pub enabled: bool,
    /// What a PIN is checked against. `None`: no PIN has been set, and no login with a PIN succeeds.
    /// Putting a user leaves it as it is; only `SetCredential` changes it.
    pub credential: Option<Credential>,
    /// Wrong PINs so far. Putting a user leaves it as it is.
    pub failures: LoginFailures,
}

impl User {
    /// All names that lead to this user, each with its field ("id", "extension", "aliases", "email"). They may
    /// repeat (an alias equal to the extension): harmless, as they lead to the same user.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, UserName)> + '_ {
        let id = std::iter::once(("id", UserName::from(&self.id)));
        let extension = self
            .extension
            .iter()
            .map(|extension| ("extension", UserName::from(extension)));
        let aliases = self
            .aliases
            .iter()
            .map(|alias| ("aliases", UserName::from(alias)));
        let email = self.email.iter().map(|email| ("email", UserName::from(email)));
        id.chain(extension).chain(aliases).chain(email)
    }
}

/// What a PIN is checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Rises with each change and never repeats, not even when the PIN is removed or the user deleted and
    /// created again (it is made from the position in the log, as an epoch is). A login carries the version
    /// that was checked; were a version ever used twice, a check against the old PIN could pass for the new.
    pub version: u64,
    /// The verifier as a PHC string (argon2id; the pepper is not in it). At most
    /// [`VERIFIER_BYTES_MAX`].
    pub verifier: Arc<str>,
}

/// The verifier is kept out of logs and error texts.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Wrong PINs of one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginFailures {
    /// Wrong PINs inside the current window.
    pub count: u32,
    /// When the current window began.
    pub window_start: TimeMs,
    /// The account refuses logins until then.
    pub locked_until: Option<TimeMs>,
}

/// A phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Where it stands.
    pub site: SiteId,
    /// The desk, for people ("12").
    pub desk: SmolStr,
    /// Vendor and model ("yealink-t54w").
    pub model: SmolStr,
    /// A disabled device accepts no login; disabling ends the session there.
    pub enabled: bool,
    /// Only these groups may log in here; empty means everybody.
    pub allowed_groups: Vec<GroupId>,
}
