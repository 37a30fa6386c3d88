//! Yealink T3, T4 and T5.
//!
//! The phone loads `<mac>.boot`, which names its document `<mac>.cfg` and says that what is missing there is forgotten.
//! It compares what it has loaded with what it had (MD5) and does nothing when both are equal; the stamp in a comment
//! makes each document another one.

mod document;
mod push;
mod recognise;
#[cfg(test)]
mod tests;

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Aim, Means, Notice, Trigger};
use crate::vendor::Vendor;

/// See the module.
pub(crate) struct Yealink;

impl Adapter for Yealink {
    fn vendor(&self) -> Vendor {
        Vendor::Yealink
    }

    fn about(&self) -> About {
        About {
            models: "T31 to T34, T4x, T5x; not T19 and T30, which have one account only",
            files: &[
                "<mac>.boot",
                "<mac>.cfg",
                "y000000000000.boot",
                "y0000000000NN.cfg",
                "contacts-<session>.xml",
            ],
            agents: &[
                "Yealink SIP-T46G 28.72.0.1 00:15:65:4a:a9:37",
                "Yealink SIP-T54W 96.84.0.30 805ec0bdeaef",
            ],
            login: "XML application behind a line key and a soft key; star code",
            code: "as a picture on the screen after 15 s in which nobody used the phone (screen saver from the XML browser), and behind a soft key of the login page; only on models with a colour display, in words on the others",
            wipe: "every key is set in both documents, %NULL% where there is nothing; the boot file has overwrite_mode \
                   = 1 and nothing is kept on the phone (custom.protect = 0); an empty list of contacts and no call \
                   history while nobody is logged in",
            unverified: &[
                "No document, trigger or page of this adapter was ever seen by a phone; what follows is doubtful even \
                 by the manuals.",
                "That switching the call history off at logout also clears what was there.",
                "The form of the empty list of contacts, and that loading it empties the phone's own.",
                "That key=AutoP by NOTIFY asks nothing at the phone (firmware before 80 may show a question once).",
                "The numbers of the key types history, directory, menu, voicemail and forward.",
                "That a boot file's overwrite_mode leaves network settings alone that were entered by hand (VLAN, \
                 static address).",
                "That a notification of the type Yealink-xml is taken while the phone is idle only.",
                "The values of screensaver.type and screensaver.wait_time: the names of the keys are Yealink's, what they take was found in no manual; and that a screen saver shows a YealinkIPPhoneImageScreen.",
                "Pictures on T33G, T34W, T44, T5x: the manual names T29G, T46G, T48G and T49G.",
            ],
        }
    }

    fn recognise(&self, request: &Request<'_>) -> Option<Recognised> {
        recognise::recognise(request)
    }

    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError> {
        document::render(name, desk)
    }

    fn file_name(&self, desk: &Desk) -> Option<String> {
        document::file_name(desk)
    }

    fn means(&self) -> &'static [Means] {
        push::MEANS
    }

    fn loads_document(&self, means: &Means) -> bool {
        push::loads_document(means)
    }

    fn trigger(&self, means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
        push::trigger(means, aim)
    }

    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page> {
        push::page(screen, &browser.user_agent)
    }

    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger> {
        push::notice(notice)
    }
}
