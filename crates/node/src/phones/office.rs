//! The office that a phone stands in, as far as its pages need it.

use hotdesk_core::{DeviceId, State};
use hotdesk_phone::Language;
use smol_str::SmolStr;

/// What pages need to know of an office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Office {
    /// What is spoken there.
    pub(super) language: Language,
    /// IANA name; empty when not known.
    pub(super) time_zone: SmolStr,
}

impl Office {
    /// Of a phone; English and UTC for one that nobody knows.
    pub(super) fn of_device(state: &State, device: &DeviceId) -> Self {
        let site = state.device(device).and_then(|device| state.site(&device.site));
        site.map_or_else(Self::default, |site| Self {
            language: Language::default(),
            time_zone: site.time_zone.clone(),
        })
    }
}
