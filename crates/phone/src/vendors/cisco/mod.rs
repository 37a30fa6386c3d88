//! Cisco enterprise phones with SIP firmware: 7945 and its like, 78xx, 88xx.
//!
//! They load `SEP<MAC>.cnf.xml`, which replaces everything that they had before: a missing element is its default, so a
//! wipe is complete by nature; the elements are set in both documents all the same.
//!
//! - **One account.** These phones register their first line only; the others would have to be made up by the server.
//!   So there is the phone's own line and nothing else: it is registered whoever sits there, and the user is its label.
//! - **The phone speaks the office's language, whoever is logged in.** A locale that differs from the one before turns
//!   the restart after a login into a full reset of minutes.
//! - **Forwarding and do-not-disturb are the edge's**: the document has no key for them, and a phone that silenced
//!   itself would swallow an emergency call-back. Ring tones are chosen by the phone's own menu, which is off.

mod document;
mod names;
pub(in crate::vendors) mod page;
pub(in crate::vendors) mod push;
mod zones;

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Aim, HttpAuth, Means, Notice, Trigger, Via};
use crate::vendor::Vendor;

/// See the module.
pub(crate) struct Cisco;

/// The best first: a restart takes seconds and waits for calls to end; the second makes the phone compare stamps by
/// itself; the last one is a boot, for a phone that heeds neither.
const MEANS: &[Means] = &[
    Means {
        name: "restart",
        via: Via::Sip,
    },
    Means {
        name: "check-version",
        via: Via::Sip,
    },
    Means {
        name: "reset",
        via: Via::Sip,
    },
];

impl Adapter for Cisco {
    fn vendor(&self) -> Vendor {
        Vendor::Cisco
    }

    fn about(&self) -> About {
        About {
            models: "7942, 7945, 7962, 7965, 7975, 78xx, 88xx with enterprise SIP firmware",
            files: &["SEP<MAC>.cnf.xml"],
            agents: &["Cisco-CP8841/14.2.1", "Cisco-CP7945G/9.4.2"],
            login: "XML application under the Services key: menu, user id and PIN",
            code: "as a picture on the screen after 15 s in which nobody used the phone (`idleURL`), and behind a soft key of the login page; in words on 78xx and 8941, which are not known to show pictures",
            wipe: "the neutral document replaces the user's as a whole",
            unverified: &[
                "that a comment in the document is passed over by every firmware",
                "RegisterCallId and the stamps of service-control across firmware versions",
                "whether the call history survives a restart; the document has no key for it",
                "numbers of the user locales; buttons without a number; lamps, for which the phone sends no SUBSCRIBE",
                "TLS without CTL and ITL files",
                "pages that post what was typed (78xx and 88xx): others send it in the query",
                "that the 79xx with a grey display show a PNG in true colour",
                "that a page under idleURL is loaded again by its Refresh header",
            ],
        }
    }

    fn recognise(&self, request: &Request<'_>) -> Option<Recognised> {
        names::recognise(request)
    }

    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError> {
        if !names::is_document(name, desk.device.mac) {
            return Err(RenderError::NoSuchFile {
                vendor: Vendor::Cisco.name(),
                file: name.to_owned(),
            });
        }
        document::render(desk)
    }

    fn file_name(&self, desk: &Desk) -> Option<String> {
        desk.device.mac.map(|mac| format!("SEP{}.cnf.xml", mac.upper()))
    }

    fn means(&self) -> &'static [Means] {
        MEANS
    }

    fn restarts(&self, _means: &Means) -> bool {
        true
    }

    fn trigger(&self, means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
        MEANS
            .contains(means)
            .then(|| push::service_control(means.name, aim))
    }

    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page> {
        Some(page::render(screen, page::Abilities::of(browser)))
    }

    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger> {
        push::show(notice.url, HttpAuth::Basic, push::ANSWERED)
    }
}

#[cfg(test)]
mod tests;
