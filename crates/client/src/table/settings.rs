//! What the directory says of a user or a phone beyond names and places. Nearly nobody has any of their own, so it
//! stands behind one pointer, which the members of a group share.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use smol_str::SmolStr;

use hotdesk_core::{CallRights, CallSettings};
use hotdesk_proto::v1;

/// What goes with a user to any desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UserSettings {
    pub(super) group: Option<SmolStr>,
    pub(super) numbers: Box<[SmolStr]>,
    pub(super) calls: Option<Arc<CallSettings>>,
    pub(super) rights: Option<CallRights>,
}

/// What goes with a phone as a SIP device.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct LineSettings {
    pub(super) sealed_secret: Option<Arc<[u8]>>,
    pub(super) serving: Option<SmolStr>,
    /// 0: not held.
    pub(super) held_until_ms: u64,
    pub(super) allowed_groups: Box<[SmolStr]>,
}

/// Without the secret.
impl std::fmt::Debug for LineSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineSettings")
            .field("serving", &self.serving)
            .field("held_until_ms", &self.held_until_ms)
            .field("allowed_groups", &self.allowed_groups)
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
    let settings = UserSettings {
        group: some(&user.group),
        numbers: user.numbers.iter().map(SmolStr::new).collect(),
        calls: calls.and_then(Result::ok).map(Arc::new),
        rights: rights.and_then(Result::ok),
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
    })
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
