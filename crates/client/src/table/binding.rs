//! What a reader finds in the table. Each value is complete in itself and never changes; a change replaces it.

use std::sync::Arc;

use smol_str::SmolStr;

use hotdesk_core::{CallRights, CallSettings, MacAddress, Profile};

use super::settings::{DeskSettings, LineSettings, Marks, UserSettings};

/// A user logged in at a phone, with everything that a call needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The user's id.
    pub user: SmolStr,
    /// The name to show.
    pub display_name: SmolStr,
    /// The number to show and to dial; `None` for a user without one.
    pub extension: Option<SmolStr>,
    /// The phone.
    pub device: SmolStr,
    /// The desk at which it stands.
    pub desk: SmolStr,
    /// The site at which it stands.
    pub site: SmolStr,
    /// The fencing token: refuse what carries a lower one for this user or phone.
    pub epoch: u64,
    /// When the session began, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}

/// A user and where they are logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserBindings {
    /// The oldest session. Kept beside the others because nearly every user has one or none: a reader then
    /// touches one place in memory less, and that is most of what a look-up costs.
    first: Option<Binding>,
    others: Box<[Binding]>,
    record: UserRecord,
}

/// What the directory says about a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UserRecord {
    pub(super) user: SmolStr,
    pub(super) display_name: SmolStr,
    pub(super) extension: Option<SmolStr>,
    pub(super) aliases: Box<[SmolStr]>,
    pub(super) email: Option<SmolStr>,
    pub(super) marks: Marks,
    pub(super) settings: Option<Arc<UserSettings>>,
}

/// A phone and who is logged in there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceBinding {
    /// The user as of the session with that epoch. Not a copy of the binding: with a million users that would
    /// be 150 MB more.
    holder: Option<(Arc<UserBindings>, u64)>,
    record: DeviceRecord,
}

/// What the directory says about a phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeviceRecord {
    pub(super) device: SmolStr,
    pub(super) site: SmolStr,
    pub(super) desk: SmolStr,
    pub(super) model: SmolStr,
    pub(super) marks: Marks,
    pub(super) line: Option<Arc<LineSettings>>,
}

impl UserBindings {
    pub(super) fn new(record: UserRecord, bindings: Vec<Binding>) -> Self {
        let mut bindings = bindings.into_iter();
        Self {
            first: bindings.next(),
            others: bindings.collect(),
            record,
        }
    }

    /// The user's id.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.record.user
    }

    /// The name to show.
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.record.display_name
    }

    /// The number to show and to dial.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.record.extension.as_deref()
    }

    /// The user may not log in.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.record.marks.is_disabled()
    }

    /// What the user finds at every phone; `None`: a phone as it comes.
    #[must_use]
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.settings()?.profile.as_ref()
    }

    /// The log index of the last change of what the user's phones show.
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.record.marks.changed()
    }

    /// Numbers of the outside world that reach the user: E.164, digits only.
    #[must_use]
    pub fn numbers(&self) -> &[SmolStr] {
        self.settings().map_or(&[], |settings| &settings.numbers)
    }

    /// What happens to calls for the user; `None`: they ring where the user is logged in.
    #[must_use]
    pub fn calls(&self) -> Option<&Arc<CallSettings>> {
        self.settings()?.calls.as_ref()
    }

    /// The user's own call rights; `None`: what the group says. See
    /// [`Bindings::rights_of`](super::Bindings::rights_of).
    #[must_use]
    pub fn rights(&self) -> Option<&CallRights> {
        self.settings()?.rights.as_ref()
    }

    /// The group whose policy and rights apply.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.settings()?.group.as_deref()
    }

    fn settings(&self) -> Option<&UserSettings> {
        self.record.settings.as_deref()
    }

    /// Where the user is logged in, the oldest session first; empty when nowhere. More than one only where
    /// the policy allows it.
    pub fn bindings(&self) -> impl ExactSizeIterator<Item = &Binding> {
        // Chains have no exact size; counting and picking has.
        (0..self.len()).map(|at| match at {
            0 => self.first.as_ref().expect("len counts the first"),
            at => &self.others[at - 1],
        })
    }

    /// The newest session: where the user sat down last.
    #[must_use]
    pub fn newest(&self) -> Option<&Binding> {
        self.others.last().or(self.first.as_ref())
    }

    /// How many sessions the user has.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    /// The user is logged in nowhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn record(&self) -> &UserRecord {
        &self.record
    }
}

impl UserRecord {
    /// The names other than the extension: id, aliases, e-mail address.
    pub(super) fn names(&self) -> impl Iterator<Item = &SmolStr> {
        std::iter::once(&self.user)
            .chain(&self.aliases)
            .chain(&self.email)
    }

    pub(super) fn numbers(&self) -> &[SmolStr] {
        self.settings.as_ref().map_or(&[], |settings| &settings.numbers)
    }
}

impl DeviceBinding {
    /// The user must have a session with that epoch, at this phone.
    pub(super) fn new(record: DeviceRecord, holder: Option<(Arc<UserBindings>, u64)>) -> Self {
        Self { holder, record }
    }

    /// The phone's id.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.record.device
    }

    /// The site at which it stands.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.record.site
    }

    /// The desk at which it stands.
    #[must_use]
    pub fn desk(&self) -> &str {
        &self.record.desk
    }

    /// Vendor and model.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.record.model
    }

    /// Nobody may log in here.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.record.marks.is_disabled()
    }

    /// The digests of the password of the phone's own account, as `hotdesk_sip::secret` opens them; `None`: the phone
    /// cannot register, or this watcher may not see them.
    #[must_use]
    pub fn sealed_secret(&self) -> Option<&[u8]> {
        self.line()?.sealed_secret.as_deref()
    }

    /// The edge that serves the phone, as edges last reported.
    #[must_use]
    pub fn serving(&self) -> Option<&str> {
        self.line()?.serving.as_deref()
    }

    /// Nobody logs in or out here until then, in milliseconds since the Unix epoch. A time that has passed counts
    /// as none; comparing is the reader's, who has a clock.
    #[must_use]
    pub fn held_until(&self) -> Option<u64> {
        self.line()
            .map(|line| line.held_until_ms)
            .filter(|until| *until > 0)
    }

    /// Only these groups may log in here; empty means everybody.
    #[must_use]
    pub fn allowed_groups(&self) -> &[SmolStr] {
        self.line().map_or(&[], |line| &line.allowed_groups)
    }

    /// The address of its network interface.
    #[must_use]
    pub fn mac(&self) -> Option<MacAddress> {
        let own = || MacAddress::parse(&self.record.device).ok();
        self.desk_settings().and_then(|desk| desk.mac).or_else(own)
    }

    /// What the screen shows while nobody is logged in; empty: made of desk and site.
    #[must_use]
    pub fn label(&self) -> &str {
        self.desk_settings().map_or("", |desk| &desk.label)
    }

    /// The phone's own number; empty for none.
    #[must_use]
    pub fn number(&self) -> &str {
        self.desk_settings().map_or("", |desk| &desk.number)
    }

    /// The civic address that an emergency call from here carries; empty: the site's.
    #[must_use]
    pub fn emergency_location(&self) -> &str {
        self.desk_settings().map_or("", |desk| &desk.emergency_location)
    }

    /// The user to whom the phone belongs.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.desk_settings()?.owner.as_deref()
    }

    /// What the password of the phone's own account was made from; `None`: somebody chose it, or this watcher may not
    /// see it.
    #[must_use]
    pub fn secret_seed(&self) -> Option<u128> {
        self.line()?.secret_seed
    }

    /// What the passwords were made from that the phone knows, by what it was seen to show: those of a former seed, until
    /// it shows a document that was made with a newer one.
    #[must_use]
    pub fn seed_in_use(&self) -> Option<u128> {
        let shown = self.shown().unwrap_or(0);
        let mut former = self.line()?.former_seeds.iter();
        let known = former.find(|(_, replaced)| *replaced > shown);
        known.map(|(seed, _)| *seed).or_else(|| self.secret_seed())
    }

    /// The log index of the last change of what the phone shows by itself: its record, or the end of a session. See
    /// [`Bindings::wanted_stamp`](super::Bindings::wanted_stamp).
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.record.marks.changed()
    }

    /// The stamp of what the phone was last seen to show.
    #[must_use]
    pub fn shown(&self) -> Option<u64> {
        self.line()
            .map(|line| line.shown_stamp)
            .filter(|stamp| *stamp > 0)
    }

    /// Why the phone could not be brought to show what it should.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.line()?.trouble.as_deref()
    }

    fn desk_settings(&self) -> Option<&DeskSettings> {
        self.line()?.desk.as_deref()
    }

    fn line(&self) -> Option<&LineSettings> {
        self.record.line.as_deref()
    }

    /// Who is logged in; `None` for a neutral phone.
    #[must_use]
    pub fn binding(&self) -> Option<&Binding> {
        let (user, epoch) = self.holder.as_ref()?;
        user.bindings().find(|binding| binding.epoch == *epoch)
    }

    /// Everything about who is logged in, their other sessions too.
    #[must_use]
    pub fn user(&self) -> Option<&Arc<UserBindings>> {
        Some(&self.holder.as_ref()?.0)
    }

    pub(super) const fn holder(&self) -> Option<&(Arc<UserBindings>, u64)> {
        self.holder.as_ref()
    }

    pub(super) fn record(&self) -> &DeviceRecord {
        &self.record
    }
}
