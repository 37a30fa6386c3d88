//! What the directory says of a user or a phone beyond names and places. Nearly nobody has any of their own, so it
//! stands behind one pointer, which the members of a group share.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use smol_str::SmolStr;

use hotdesk_core::{CallRights, CallSettings, MacAddress, Profile};
use hotdesk_proto::v1;

/// What goes with a user to any desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UserSettings {
    pub(super) group: Option<SmolStr>,
    pub(super) numbers: Box<[SmolStr]>,
    pub(super) calls: Option<Arc<CallSettings>>,
    pub(super) rights: Option<CallRights>,
    pub(super) profile: Option<Arc<Profile>>,
}

/// What goes with a phone as a SIP device.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct LineSettings {
    pub(super) sealed_secret: Option<Arc<[u8]>>,
    pub(super) serving: Option<SmolStr>,
    /// 0: not held.
    pub(super) held_until_ms: u64,
    pub(super) allowed_groups: Box<[SmolStr]>,
    pub(super) secret_seed: Option<u128>,
    /// Seed, and the log index at which it was replaced; the oldest first.
    pub(super) former_seeds: Box<[(u128, u64)]>,
    /// 0: nothing that is known.
    pub(super) shown_stamp: u64,
    pub(super) trouble: Option<SmolStr>,
    pub(super) desk: Option<Arc<DeskSettings>>,
}

/// What an administrator may say of a phone, and rarely does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeskSettings {
    /// Unless it is the phone's id.
    pub(super) mac: Option<MacAddress>,
    pub(super) label: SmolStr,
    pub(super) number: SmolStr,
    pub(super) emergency_location: SmolStr,
    pub(super) owner: Option<SmolStr>,
}

/// Two things about every record, in the space of one: a million users have them.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks(u64);

impl Marks {
    const DISABLED: u64 = 1 << 63;

    /// `changed` is a log index, which never comes near the highest bit.
    pub(super) const fn new(disabled: bool, changed: u64) -> Self {
        let disabled = if disabled { Self::DISABLED } else { 0 };
        Self(disabled | (changed & !Self::DISABLED))
    }

    pub(super) const fn is_disabled(self) -> bool {
        self.0 & Self::DISABLED != 0
    }

    /// The log index of the last change of what is shown.
    pub(super) const fn changed(self) -> u64 {
        self.0 & !Self::DISABLED
    }

    pub(super) const fn changed_at(self, index: u64) -> Self {
        Self::new(self.is_disabled(), index)
    }
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Marks")
            .field("disabled", &self.is_disabled())
            .field("changed", &self.changed())
            .finish()
    }
}

/// Without the secret.
impl std::fmt::Debug for LineSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineSettings")
            .field("serving", &self.serving)
            .field("held_until_ms", &self.held_until_ms)
            .field("allowed_groups", &self.allowed_groups)
            .field("shown_stamp", &self.shown_stamp)
            .field("trouble", &self.trouble)
            .field("desk", &self.desk)
            .finish_non_exhaustive()
    }
}

/// The settings of users that say nothing but their group, one for each group.
#[derive(Default)]
pub(super) struct Shared(HashMap<SmolStr, Arc<UserSettings>, RandomState>);

impl Shared {
    /// The same settings, of which all members of a group hold one copy.
    pub(super) fn share(&mut self, settings: Arc<UserSettings>) -> Arc<UserSettings> {
        let plain = UserSettings {
            group: settings.group.clone(),
            ..UserSettings::default()
        };
        match &settings.group {
            Some(group) if *settings == plain => Arc::clone(self.0.entry(group.clone()).or_insert(settings)),
            _ => settings,
        }
    }
}

/// `None` when there is nothing to say. Settings that this version does not understand are left out: a call that
/// rings where it should have been forwarded is better than a table that stops.
pub(super) fn of_user(user: &v1::User) -> Option<Arc<UserSettings>> {
    let calls = user.calls.clone().map(CallSettings::try_from);
    let rights = user.rights.clone().map(CallRights::try_from);
    if let Some(Err(invalid)) = &calls {
        tracing::warn!(user_id = user.id, %invalid, "call settings are not understood");
    }
    if let Some(Err(invalid)) = &rights {
        tracing::warn!(user_id = user.id, %invalid, "call rights are not understood");
    }
    let profile = user.profile.clone().map(Profile::try_from);
    if let Some(Err(invalid)) = &profile {
        tracing::warn!(user_id = user.id, %invalid, "a profile is not understood");
    }
    let settings = UserSettings {
        group: some(&user.group),
        numbers: user.numbers.iter().map(SmolStr::new).collect(),
        calls: calls.and_then(Result::ok).map(Arc::new),
        rights: rights.and_then(Result::ok),
        profile: profile.and_then(Result::ok).map(Arc::new),
    };
    (settings != UserSettings::default()).then(|| Arc::new(settings))
}

/// `None` when there is nothing to say.
pub(super) fn of_device(device: &v1::Device) -> Option<Arc<LineSettings>> {
    let secret = Some(&device.sealed_secret).filter(|secret| !secret.is_empty());
    kept(LineSettings {
        sealed_secret: secret.map(|secret| secret.as_slice().into()),
        serving: some(&device.serving),
        held_until_ms: device.held_until_ms,
        allowed_groups: device.allowed_groups.iter().map(SmolStr::new).collect(),
        secret_seed: seed(&device.secret_seed),
        former_seeds: device
            .former_seeds
            .iter()
            .filter_map(|former| Some((seed(&former.seed)?, former.replaced)))
            .collect(),
        shown_stamp: device.shown.as_ref().map_or(0, |shown| shown.stamp),
        trouble: some(&device.trouble),
        desk: desk_of(device),
    })
}

fn seed(bytes: &[u8]) -> Option<u128> {
    bytes.try_into().ok().map(u128::from_be_bytes)
}

fn desk_of(device: &v1::Device) -> Option<Arc<DeskSettings>> {
    let desk = DeskSettings {
        mac: MacAddress::parse(&device.mac).ok(),
        label: SmolStr::new(&device.label),
        number: SmolStr::new(&device.number),
        emergency_location: SmolStr::new(&device.emergency_location),
        owner: some(&device.owner),
    };
    (desk != DeskSettings::default()).then(|| Arc::new(desk))
}

/// The same settings with a change.
pub(super) fn changed(
    line: Option<&Arc<LineSettings>>,
    change: impl FnOnce(&mut LineSettings),
) -> Option<Arc<LineSettings>> {
    let mut settings = line.map_or_else(LineSettings::default, |line| LineSettings::clone(line));
    change(&mut settings);
    kept(settings)
}

fn kept(settings: LineSettings) -> Option<Arc<LineSettings>> {
    (settings != LineSettings::default()).then(|| Arc::new(settings))
}

/// On the wire, an empty text is none.
pub(super) fn some(text: &str) -> Option<SmolStr> {
    (!text.is_empty()).then(|| SmolStr::new(text))
}
