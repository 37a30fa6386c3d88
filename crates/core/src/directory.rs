//! The directory: sites, groups, users, devices, edges.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::calls::{CallRights, CallSettings};
use crate::id::{Alias, DeviceId, EdgeId, Email, Extension, GroupId, Number, SiteId, UserId, UserName};
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
/// How many numbers a user may have beside the extension.
pub const NUMBERS_MAX: usize = 4;
/// The longest sealed secret of a device, in bytes.
pub const SECRET_BYTES_MAX: usize = 512;
/// How many edges there may be; one per office and a few to spare.
pub const EDGES_MAX: usize = 10_000;
/// The furthest that a hold may reach ahead, in milliseconds (24 hours): a mistake must not lock a phone for good.
pub const HOLD_MS_MAX: u64 = 24 * 3_600_000;

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
    /// Which calls its users may make, where they have no rights of their own; `None`: the usual ones.
    pub rights: Option<CallRights>,
}

/// A person who logs in.
///
/// **Invariant:** id, aliases, e-mail, extension and numbers share one name space over all users.
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
    /// Numbers of the outside world that reach the user as the extension does, at most [`NUMBERS_MAX`].
    pub numbers: Vec<Number>,
    /// The group whose policy applies.
    pub group: Option<GroupId>,
    /// A disabled user cannot log in; disabling ends the user's sessions.
    pub enabled: bool,
    /// What happens to calls for the user; `None` for [`CallSettings::default`], which are not kept. Putting a user
    /// with `None` leaves them as they are. Shared, because nearly nobody has any.
    pub calls: Option<Arc<CallSettings>>,
    /// Which calls the user may make; `None` for what the group says.
    pub rights: Option<CallRights>,
    /// What a PIN is checked against. `None`: no PIN has been set, and no login with a PIN succeeds.
    /// Putting a user leaves it as it is; only `SetCredential` changes it.
    pub credential: Option<Credential>,
    /// Wrong PINs so far. Putting a user leaves it as it is.
    pub failures: LoginFailures,
}

impl User {
    /// All names that lead to this user, each with its field ("id", "extension", "aliases", "email", "numbers").
    /// They may repeat (an alias equal to the extension): harmless, as they lead to the same user.
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
        let numbers = self
            .numbers
            .iter()
            .map(|number| ("numbers", UserName::from(number)));
        id.chain(extension).chain(aliases).chain(email).chain(numbers)
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
    /// What the phone's own SIP account is checked against. Putting a device leaves it as it is; only
    /// `SetDeviceSecret` changes it.
    pub secret: Option<SealedSecret>,
    /// The edge that serves the phone, as edges last reported. Putting a device leaves it as it is.
    pub serving: Option<EdgeId>,
    /// Nobody logs in or out here for the time being. Putting a device leaves it as it is.
    pub hold: Option<Arc<Hold>>,
}

impl Device {
    /// The hold in force at `clock`: one whose time has passed counts as none.
    #[must_use]
    pub fn held(&self, clock: TimeMs) -> Option<&Hold> {
        self.hold.as_deref().filter(|hold| hold.until > clock)
    }
}

/// A phone is left alone: an emergency call is under way, or its call-back may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// When it ends by itself.
    pub until: TimeMs,
    /// Why, for people; at most [`NOTE_BYTES_MAX`](crate::command::NOTE_BYTES_MAX).
    pub reason: SmolStr,
}

/// The digests of a phone's password, encrypted with the company's line key. At most [`SECRET_BYTES_MAX`]; not
/// read any further here.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(pub Arc<[u8]>);

/// Sealed or not, it is kept out of logs and error texts.
impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealedSecret").finish_non_exhaustive()
    }
}

/// A SIP proxy at an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its id.
    pub id: EdgeId,
    /// The office that it serves.
    pub site: SiteId,
    /// Where other edges and proxies reach it: a `sip:` or `sips:` URI without a user.
    pub uri: SmolStr,
}
