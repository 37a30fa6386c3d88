//! Grandstream GXP and GRP.
//!
//! The phone asks for `cfg<mac>` (binary, absent here), then for `cfg<mac>.xml`: settings by number ("P-values"), which
//! both generations read. It leaves alone what a document does not mention, so every document mentions everything.
//!
//! **The prompt on 401.** A phone whose request for its document is answered with 401 asks for a user and a password on
//! its screen and tries again with them. Documents are therefore served without a password under their usual name, and
//! the one name for which the server asks is `login-cfg<mac>.xml`: it answers 401 until user and PIN are right, logs the
//! user in, and answers with the phone's document. A phone asks for that name when "config file prefix" is set to
//! `login-` at the phone; the document itself sets the prefix back to nothing, so that the password is asked for once
//! and a neutral document can always be had without one.
//!
//! **Public Mode** (`hotdesking.*`) is switched off by every document. It registers account 1 with what is typed as SIP
//! user and password, and stores the user's settings at a server: a PIN is no SIP password here (the line's password is
//! derived for each session and known to nobody), and stored settings would reach the next user. A request of that mode
//! to store something is an upload like any other: taken and dropped.

mod clock;
mod documents;
mod keys;
mod pages;
mod recognise;
#[cfg(test)]
mod tests;

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Aim, Means, Notice, Notify, Trigger, Via};
use crate::vendor::Vendor;

/// See the module.
pub(crate) struct Grandstream;

/// Loads the document and takes it over.
const CHECK_SYNC: &str = "check-sync";
/// The same under the name that some firmware has for it.
const RESYNC: &str = "resync";

static MEANS: &[Means] = &[
    Means {
        name: CHECK_SYNC,
        via: Via::Sip,
    },
    Means {
        name: RESYNC,
        via: Via::Sip,
    },
];

impl Adapter for Grandstream {
    fn vendor(&self) -> Vendor {
        Vendor::Grandstream
    }

    fn about(&self) -> About {
        About {
            models: "GRP2612 to GRP2616 and GRP2601 to GRP2604, GXP2130 to GXP2170, GXP17xx, GXP16xx",
            files: &["cfg<mac>", "cfg<mac>.xml", "login-cfg<mac>.xml", "phonebook.xml"],
            agents: &[
                "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee",
                "Grandstream Model HW GXP2170 V1.1A SW 1.0.11.16 DevId 000b82a1b2c3",
            ],
            login: "XML application (what is typed is sent as a query: use HTTPS); the phone's own prompt when its \
                    document is asked for under the name login-cfg<mac>.xml; star code",
            code: "in words, behind a soft key of the login page: no element for pictures is known of xmlapp",
            wipe: "the neutral document switches account 1 off and empties it and all 40 keys, stops the call log, and \
                   the phone book is replaced by an empty one",
            unverified: &[
                "nothing here was seen on a phone",
                "that check-sync applies the document without a reboot; whether the event resync exists",
                "numbers of the keys beyond the sixth on GXP phones (taken from GRP2614)",
                "that the phone book is loaded when a document changes its address, not only at its interval",
                "whether calls are forgotten while the call log is off",
                "forwarding and do not disturb are not shown: no setting for them is known; the edge acts on them",
                "elements of the pages on either generation; that xmlapp masks an input of type password",
                "that the prompt on 401 comes outside of a start",
                "Public Mode is not used (see the adapter)",
            ],
        }
    }

    fn recognise(&self, request: &Request<'_>) -> Option<Recognised> {
        recognise::recognise(request)
    }

    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError> {
        documents::render(name, desk)
    }

    fn file_name(&self, desk: &Desk) -> Option<String> {
        documents::file_name(desk)
    }

    fn means(&self) -> &'static [Means] {
        MEANS
    }

    fn trigger(&self, means: &Means, _aim: &Aim<'_>) -> Option<Trigger> {
        let event = MEANS.iter().find(|known| known.name == means.name)?.name;
        Some(Trigger::Notify(Notify {
            event: Some(event.into()),
            ..Notify::default()
        }))
    }

    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page> {
        pages::page(screen, browser)
    }

    /// These phones take no page that they did not ask for.
    fn notice(&self, _notice: &Notice<'_>) -> Option<Trigger> {
        None
    }
}
