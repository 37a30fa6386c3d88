//! Snom D7xx and D8xx.
//!
//! The phone loads its settings from the address that the settings themselves name. A setting that may be changed at
//! the phone is not overwritten once it was, so none of ours may be.

mod document;
mod page;
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
pub(crate) struct Snom;

impl Adapter for Snom {
    fn vendor(&self) -> Vendor {
        Vendor::Snom
    }

    fn about(&self) -> About {
        About {
            models: "D7xx, D8xx",
            files: &[
                "<mac>.xml",
                "snom<model>-<MAC>.htm",
                "snom<model>.htm",
                "wipe.xml",
            ],
            agents: &[
                "Mozilla/4.0 (compatible; snomD785-SIP 10.1.169.16 2010.12-00004 00041396D9B4 SXM:0 UXM:0 UXMC:0)",
            ],
            login: "minibrowser application behind a function key and a soft key, one field at a time; star code",
            code: "behind a soft key of the login page, as a picture on models with a colour display; the XML idle screen is documented for the 360 and 370 only",
            wipe: "every setting is given in both documents and can be changed at the phone by nobody (perm=\"R\"); the \
                   phone's contacts are replaced by none; the call lists are emptied by a fragment when account 1 logs \
                   off",
            unverified: &[
                "No document, trigger or page of this adapter was ever seen by a phone; what follows is doubtful even \
                 by the manuals.",
                "That the phone opens action_log_off_url when a document switches account 1 off, and runs the page that \
                 it gets; and that calllistclear needs no argument. Otherwise the call lists stay.",
                "The fragment reloadset as a way to load the settings from the server, and minibrowser.htm to run it.",
                "The settings user_pname, utc_offset and dst, and an empty timezone for zones that the phone has no \
                 name for.",
                "The values of the soft keys (gui_fkey1 to 4) and of dkey_directory.",
                "The separators in mb_trusted_hosts and keyboard_lock_emergency.",
                "That keys with perm=\"R\" can be used, though not changed.",
                "Do not disturb is kept by the edge and not shown: the phone's own switch would silence the phone's own \
                 line too.",
                "That SnomIPPhoneImageFile takes a PNG: the manual says so of pictures elsewhere on phones with a colour display.",
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

    fn trigger(&self, means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
        push::trigger(means, aim)
    }

    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page> {
        page::page(screen, &browser.user_agent)
    }

    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger> {
        push::notice(notice)
    }
}
