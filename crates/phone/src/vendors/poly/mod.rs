//! Poly VVX, Edge B and CCX with UC Software.
//!
//! The phone asks for `<mac>.cfg`, a master file that lists `<mac>-hotdesk.cfg`; that one has accounts, keys and
//! settings as attributes. Beside them it loads overrides (settings changed at the phone), which are always empty here,
//! and contacts, which are the speed dials. What it stores at the server (overrides, contacts, calls, logs) is taken and
//! dropped.
//!
//! **The phone's own login** ("User Profiles", `prov.login.*`): a neutral phone shows its login key; it asks for a user
//! and a password and fetches `<user>.cfg` with them. The server answers 401 (Basic) until user and PIN are right, logs
//! the user in, and answers with the phone's document. That document turns the phone's own login off, so that the phone
//! drops the password and loads its own document and no user's from then on; the neutral one turns it on. Whatever the
//! phone does with a password that it has kept, the server takes none of its later requests for somebody logging in: a
//! user who is there gets the document, one who is gone is turned away until the phone has shown that it is neutral.

mod documents;
mod pages;
mod recognise;
#[cfg(test)]
mod tests;
mod triggers;

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Aim, Means, Notice, Trigger};
use crate::vendor::Vendor;

/// See the module.
pub(crate) struct Poly;

impl Adapter for Poly {
    fn vendor(&self) -> Vendor {
        Vendor::Poly
    }

    fn about(&self) -> About {
        About {
            models: "VVX 150 to 601, Edge B10 to B30, CCX 350 to 700 (UC Software 5.9 and later, no Teams or Zoom image)",
            files: &[
                "<mac>.cfg",
                "000000000000.cfg",
                "<mac>-hotdesk.cfg",
                "<mac>-phone.cfg",
                "<mac>-web.cfg",
                "<mac>-directory.xml",
                "<user>.cfg",
            ],
            agents: &[
                "FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 Type/Application",
                "FileTransport PolyEdge-Edge_B20-UA/8.1.0.1500 (SN:482567a1b2c3) Type/Application",
            ],
            login: "browser page with a form (PIN sent as a form, not in a URL); the phone's own login (User Profiles); \
                    star code",
            code: "as a picture beside the idle screen (`mb.idleDisplay`), and behind a soft key of the login page; not on VVX 101 to 201 and Edge B10, whose display is too small",
            wipe: "the neutral document empties line 1, lamps, soft keys, forwarding and message waiting, turns the call \
                   list off, and the contacts become an empty list; overrides are never stored",
            unverified: &[
                "nothing here was seen on a phone",
                "that a check-sync with alwaysReboot=0 applies reg.1.* without a restart of the software",
                "that changing prov.login.enabled needs no restart, and makes the phone forget the typed password",
                "that contacts are loaded again at check-sync, not only at the next start",
                "whether calls are forgotten while the call list is off, or shown again to the next user",
                "that the phone registers line 2 while line 1 is empty",
                "do not disturb is not shown: no setting for it is known; the edge acts on it",
                "names of the macros for soft keys ($FCallList$, $FDirectories$, $FDoNotDisturb$, $FMessages$)",
                "SoftKey:Fetch in pages, and the answer of the REST interface (\"2000\")",
                "the User-Agent of Edge B and CCX",
                "pictures in pages on VVX, Edge B and CCX: the manual of the SoundPoint IP names uncompressed BMP",
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
        triggers::MEANS
    }

    fn loads_document(&self, means: &Means) -> bool {
        triggers::loads_document(means)
    }

    fn restarts(&self, means: &Means) -> bool {
        triggers::restarts(means)
    }

    fn trigger(&self, means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
        triggers::trigger(means, aim)
    }

    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page> {
        pages::page(screen, &browser.user_agent)
    }

    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger> {
        pages::notice(notice)
    }
}
