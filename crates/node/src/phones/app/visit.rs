//! One request of a phone: who asks, and what is known at this moment.

use std::net::IpAddr;
use std::sync::Arc;

use hotdesk_core::{Device, DeviceId, Session, State, TimeMs};
use hotdesk_phone::Language;
use hotdesk_phone::text::{Sentence, Word};
use zeroize::{Zeroize as _, Zeroizing};

use super::super::Phones;
use super::super::office::{Office, language_at};
use crate::services::now;

/// The parameters of the form.
pub(super) const USER: &str = "user";
pub(super) const PIN: &str = "pin";

/// A request of a phone, with this node's copy of the state as it was when it came.
pub(super) struct Visit<'a> {
    pub(super) phones: &'a Phones,
    pub(super) state: State,
    pub(super) device: Arc<Device>,
    pub(super) office: Office,
    /// The phone's secret path, where the application is.
    pub(super) app: String,
    pub(super) now: TimeMs,
    pub(super) address: Option<IpAddr>,
}

impl<'a> Visit<'a> {
    /// `None` for a phone that is not in the directory.
    pub(super) fn new(phones: &'a Phones, id: &DeviceId, address: Option<IpAddr>) -> Option<Self> {
        let state = phones.shared.cluster.local().state;
        let device = Arc::clone(state.device(id)?);
        let app = phones.desk(&state, &device).ok()?.app_url();
        Some(Self {
            phones,
            office: Office::of_device(&state, id),
            now: now().max(state.clock()),
            state,
            device,
            app,
            address,
        })
    }

    /// The same after something was changed.
    pub(super) fn again(&self) -> Option<Self> {
        Self::new(self.phones, &self.device.id, self.address)
    }

    /// A page of the application; empty for the first.
    pub(super) fn url(&self, page: &str) -> String {
        if page.is_empty() {
            return self.app.clone();
        }
        format!("{}/{page}", self.app)
    }

    /// Who is logged in here. A session whose time is up counts as none, though nobody may have swept it yet.
    pub(super) fn session(&self) -> Option<&Arc<Session>> {
        let session = self.state.session_at(&self.device.id)?;
        (!session.is_overdue(self.now)).then_some(session)
    }

    /// What the phone speaks now: the language of whoever is logged in, or else the office's.
    pub(super) fn language(&self) -> Language {
        language_at(&self.state, &self.device.id, &self.office, self.now)
    }

    pub(super) fn say(&self, sentence: Sentence<'_>) -> String {
        sentence.text(self.language())
    }

    pub(super) fn word(&self, word: Word) -> String {
        word.text(self.language()).to_owned()
    }
}

/// What was typed into a form. No `Debug`.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) user: String,
    pub(super) pin: Zeroizing<String>,
}

impl Typed {
    /// From the form in the body where there is one, or else the query. Wipes the rest.
    pub(super) fn read(body: Vec<(String, String)>, query: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, mut value) in body.into_iter().chain(query) {
            match name.as_str() {
                USER if typed.user.is_empty() => typed.user = value.trim().to_owned(),
                PIN if typed.pin.is_empty() => {
                    *typed.pin = value.trim().to_owned();
                    value.zeroize();
                }
                _ => value.zeroize(),
            }
        }
        typed
    }

    /// Whether there is a number of a sensible length and no PIN yet.
    pub(super) fn has_number_only(&self) -> bool {
        const NUMBER_BYTES_MAX: usize = 64;
        self.pin.is_empty() && (1..=NUMBER_BYTES_MAX).contains(&self.user.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_alone_asks_for_the_pin() {
        let long = "2".repeat(65);
        for (fields, expected) in [
            (vec![("user", "2042")], true),
            (vec![("user", "2042"), ("pin", "")], true),
            (vec![("user", "2042"), ("pin", "4711")], false),
            (vec![("pin", "4711")], false),
            (vec![], false),
            (vec![("user", long.as_str())], false),
        ] {
            let query = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let typed = Typed::read(Vec::new(), query.collect());
            assert_eq!(typed.has_number_only(), expected, "{fields:?}");
        }
    }
}
