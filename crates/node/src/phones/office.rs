//! The office that a phone stands in, and its people, as far as pages need them.

use hotdesk_core::{DeviceId, Site, State, TimeMs, User};
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

/// What a phone speaks now: the language of whoever is logged in there, or else the office's. A session whose time is up
/// counts as none, though nobody may have swept it yet.
pub(super) fn language_at(state: &State, device: &DeviceId, office: &Office, now: TimeMs) -> Language {
    let session = state
        .session_at(device)
        .filter(|session| !session.is_overdue(now));
    let user = session.and_then(|session| state.user(&session.user));
    let own = user.and_then(|user| user.profile.as_ref()?.language.parse().ok());
    own.unwrap_or(office.language)
}

/// The name of a user for people.
pub(super) fn name_of(user: &User) -> &str {
    if user.display_name.is_empty() {
        user.id.as_str()
    } else {
        &user.display_name
    }
}
