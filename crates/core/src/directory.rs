//! The directory: sites, groups, users, devices, edges.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::calls::{CallRights, CallSettings};
use crate::id::{Alias, DeviceId, EdgeId, Email, Extension, GroupId, Number, SiteId, UserId, UserName};
use crate::mac::MacAddress;
use crate::phones::{Enrolment, FormerSeed, Shown};
use crate::policy::PolicyOverrides;
use crate::profile::Profile;
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
/// The language of a site that does not say.
pub const LANGUAGE: &str = "en";
/// The longest tag of a language, in bytes (BCP 47 §4.4.1 asks for no more).
pub const LANGUAGE_BYTES_MAX: usize = 35;
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
    /// What its neutral phones and their pages speak: a BCP 47 tag, at most [`LANGUAGE_BYTES_MAX`].
    pub language: SmolStr,
    /// Phones here list who was logged in at them lately, so that a name need not be typed.
    pub recent_here: bool,
    /// The log index of the last change of what its phones show. Putting a site sets it.
    pub changed: u64,
}

impl Site {
    /// A site that says nothing but its id; speaks [`LANGUAGE`].
    #[must_use]
    pub fn new(id: SiteId) -> Self {
        Self {
            id,
            name: SmolStr::default(),
            time_zone: SmolStr::default(),
            emergency_location: SmolStr::default(),
            language: SmolStr::new_static(LANGUAGE),
            recent_here: false,
            changed: 0,
        }
    }
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
    /// What the user finds at every phone; `None` for [`Profile::default`], which is not kept. Putting a user with
    /// `None` leaves it as it is. Shared, because nearly nobody has any.
    pub profile: Option<Arc<Profile>>,
    /// The log index of the last change of what the user's phones show. Putting a user sets it.
    pub changed: u64,
    /// The log index at which the user last signed out of the own pages: visits that began earlier are over. An index and
    /// no time, so that no clock has to agree with another. Putting a user leaves it as it is.
    pub visits_ended: u64,
}

impl User {
    /// An enabled user who has nothing but an id.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            display_name: SmolStr::default(),
            extension: None,
            aliases: Vec::new(),
            email: None,
            numbers: Vec::new(),
            group: None,
            enabled: true,
            calls: None,
            rights: None,
            credential: None,
            failures: LoginFailures::default(),
            profile: None,
            changed: 0,
            visits_ended: 0,
        }
    }

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
    /// The account refuses logins until then. Stays when that time has passed, until a login or an unlock.
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
    /// The address of its network interface. **Invariant:** no other device has it. A device whose id is an address
    /// has that one.
    pub mac: Option<MacAddress>,
    /// What its screen shows while nobody is logged in; empty: what the service makes of desk and site.
    pub label: SmolStr,
    /// Its own number; empty for none. A [`DeviceNumber`](crate::DeviceNumber), whoever puts it now; logs of earlier
    /// versions have any text here.
    pub number: SmolStr,
    /// The civic address that an emergency call from here carries, where it differs from the site's; empty for the
    /// site's.
    pub emergency_location: SmolStr,
    /// The user to whom the phone belongs: logged in here by itself whenever nobody else is and the user is logged in
    /// nowhere. At most [`OWNED_MAX`](crate::phones::OWNED_MAX) phones belong to one user.
    pub owner: Option<UserId>,
    /// What the password of its own account was made from, together with the company's line key, without which it is
    /// worth nothing; `None` for a password that somebody chose. Putting a device leaves it as it is.
    pub secret_seed: Option<u128>,
    /// What they were made from before, the oldest first: at most [`FORMER_SEEDS_MAX`](crate::phones::FORMER_SEEDS_MAX),
    /// until the phone has come with its newest token. Putting a device leaves them as they are.
    pub former_seeds: Vec<FormerSeed>,
    /// Whether it may fetch its document without its token. Putting a device leaves it as it is.
    pub enrolment: Enrolment,
    /// The log index of the last change of what it shows by itself: a changed record, every end of a session, and every
    /// time that it was asked to load again. Putting a device sets it.
    pub changed: u64,
    /// What it was last seen to show. Putting a device leaves it as it is.
    pub shown: Option<Shown>,
    /// Why it could not be brought to show what it should; cleared when it shows it. Putting a device leaves it as
    /// it is.
    pub trouble: Option<SmolStr>,
    /// Its owner has logged out of it, or was forced to: it stays neutral until somebody logs in. Putting a device
    /// leaves it as it is unless the owner is another one.
    pub stays_neutral: bool,
}

impl Device {
    /// An enabled phone that has nothing but an id and a site; an id that is a MAC address is its address.
    #[must_use]
    pub fn new(id: DeviceId, site: SiteId) -> Self {
        Self {
            mac: id.mac(),
            id,
            site,
            desk: SmolStr::default(),
            model: SmolStr::default(),
            enabled: true,
            allowed_groups: Vec::new(),
            secret: None,
            serving: None,
            hold: None,
            label: SmolStr::default(),
            number: SmolStr::default(),
            emergency_location: SmolStr::default(),
            owner: None,
            secret_seed: None,
            former_seeds: Vec::new(),
            enrolment: Enrolment::default(),
            changed: 0,
            shown: None,
            trouble: None,
            stays_neutral: false,
        }
    }

    /// The former seeds that are good at `clock`.
    pub fn good_former_seeds(&self, clock: TimeMs) -> impl Iterator<Item = u128> + '_ {
        let good = self
            .former_seeds
            .iter()
            .filter(move |former| former.until > clock);
        good.map(|former| former.seed)
    }

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
