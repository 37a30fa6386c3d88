//! Fanvil X and V.
//!
//! The phone loads `<mac>.cfg` and takes it only when its version is higher than that of the last one: the version is
//! made from the stamp. Its web server sets single settings and says whether it did.

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
pub(crate) struct Fanvil;

impl Adapter for Fanvil {
    fn vendor(&self) -> Vendor {
        Vendor::Fanvil
    }

    fn about(&self) -> About {
        About {
            models: "X3U to X7, X210, V62 to V67, with firmware that reads <sysConf>",
            files: &["<mac>.cfg"],
            agents: &["Fanvil X5U-V2 2.12.1 0c3800000000"],
            login: "XML application behind a side key and a soft key; star code",
            code: "in words, behind a soft key of the login page: no page with a picture is documented",
            wipe: "every setting is given in both documents; no call history while nobody is logged in",
            unverified: &[
                "No document, trigger or page of this adapter was ever seen by a phone; what follows is doubtful even \
                 by the manuals.",
                "That the phone compares versions of ten decimals exactly: 2.0000000812 after 2.0000000811.",
                "That switching the call history off at logout also clears what was there. Contacts that a person enters \
                 at the phone stay: no setting that removes them is known.",
                "The names of the pages' elements: FanvilIPPhoneInputScreen and FanvilIPPhoneText were seen in use, \
                 FanvilIPPhoneMenu, the soft keys, the masking of a field and the Refresh header were not.",
                "Key type 21 for an address, the ending /b for a lamp, the soft keys dss1, cfwd and mwi.",
                "How many keys a page has on each model (6 are filled everywhere, 12 where they exist).",
                "Time zones as quarters of an hour, and the numbers of weeks and days of the summer time.",
                "Protocol number 5 for HTTPS, several addresses in PushXMLIP and several numbers in EmergencyCall.",
                "The ring tones' names (Type 1 to Type 9).",
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

    fn page(&self, screen: &Screen, _browser: &Browser) -> Option<Page> {
        push::page(screen)
    }

    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger> {
        push::notice(notice)
    }
}
