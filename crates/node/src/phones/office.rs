//! The office that a phone stands in, as far as its pages need it.

use hotdesk_core::{DeviceId, Site, State, TimeMs};
use hotdesk_phone::Language;
use hotdesk_phone::text::local_time;
use smol_str::SmolStr;

/// What pages need to know of an office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Office {
    /// What is spoken there.
    pub(super) language: Language,
    /// IANA name; empty when not known.
    pub(super) time_zone: SmolStr,
    /// Its phones list who was there lately.
    pub(super) recent_here: bool,
}

impl Office {
    /// Of a phone; English and UTC for one that nobody knows.
    pub(super) fn of_device(state: &State, device: &DeviceId) -> Self {
        let site = state.device(device).and_then(|device| state.site(&device.site));
        site.map_or_else(Self::default, |site| Self::of(site))
    }

    /// Of a site. A language without a catalogue is English.
    pub(super) fn of(site: &Site) -> Self {
        Self {
            language: site.language.parse().unwrap_or_default(),
            time_zone: site.time_zone.clone(),
            recent_here: site.recent_here,
        }
    }

    /// A time as the clock on the office's wall shows it.
    pub(super) fn clock(&self, time: TimeMs) -> String {
        local_time(time.0, &self.time_zone)
    }
}
