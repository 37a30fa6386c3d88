//! Cisco multiplatform phones (68xx, 78xx, 88xx, 98xx "3PCC") and the older SPA: a flat profile.
//!
//! - **Line 1 is the session's, line 2 the phone's own.** While nobody is logged in the first line key shows line 2.
//! - **Two ways to log in**: the pages of the application, and the phone's own extension mobility. With the latter the
//!   phone asks for user id and PIN, and loads the file named after them with both as HTTP credentials. The phone
//!   keeps them until it is told to log out, and would send them again at its next load, whoever has logged in there
//!   meanwhile. So the rule that sends them is in the neutral document only, and the file's name carries the stamp of
//!   that document ([`File::User`](crate::File::User), [`user_file_stamp`]): **credentials that come with an older stamp
//!   are no login** but a phone that loads what it has been told to load.
//! - **Forwarding and do-not-disturb are the edge's.** The phone's own are emptied, and their keys taken away: a phone
//!   that silenced itself would swallow an emergency call-back.

mod document;
mod names;

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Accepted, Aim, HttpAuth, HttpPush, Means, Notice, Notify, Trigger, Via};
use crate::vendor::Vendor;
use crate::vendors::cisco::{page, push};

pub use names::user_file_stamp;

/// See the module.
pub(crate) struct CiscoMpp;

/// The user that the phone's web server knows, whatever it is told.
const WEB_USER: &str = "admin";

/// Models, in the User-Agent, with a display that shows pictures.
const WITH_PICTURES: [&str; 4] = ["CP-88", "CP-98", "CP8", "CP9"];
/// Soft keys that these phones show of a page.
const KEYS_MAX: usize = 4;

const RESYNC: Means = Means {
    name: "resync",
    via: Via::Sip,
};
const RESYNC_HTTP: Means = Means {
    name: "resync-http",
    via: Via::Http,
};
/// Restarts, which loads the profile as well: for a phone that does nothing else.
const RESTART: Means = Means {
    name: "restart-now",
    via: Via::Sip,
};

impl Adapter for CiscoMpp {
    fn vendor(&self) -> Vendor {
        Vendor::CiscoMpp
    }

    fn about(&self) -> About {
        About {
            models: "68xx, 78xx, 88xx, 98xx with multiplatform firmware (3PCC); SPA 3xx, 5xx",
            files: &["<mac>.xml", "spa<mac>.cfg", "em-<stamp>-<user>.xml"],
            agents: &[
                "Cisco-CP-8851-3PCC/11.3.7 (8c1e8004a1b2)",
                "Cisco/SPA525G-7.4.7 (8C1E8004A1B2)(CBT141900G7)",
            ],
            login: "soft key of the phone's own extension mobility, or XML application: user id and PIN",
            code: "behind a soft key of the login page, as a picture on 88xx and 98xx; no page for an idle phone is documented",
            wipe: "the neutral profile empties line 1, every line key, soft key, forwarding and directory",
            unverified: &[
                "the macros of extension mobility ($EMS, $MUID, $PDOM, $MPWD) and what the phone does with a profile \
                 that it loads while logged in",
                "the path of the direct action URL (/admin/resync)",
                "names of languages, which need a dictionary on the phone",
                "whether the call history is cleared; the profile has no key for it",
                "how many line keys a model has: 12 are set",
                "pictures in pages (CiscoIPPhoneImageFile), and the room for them where the phone does not say its display",
            ],
        }
    }

    fn recognise(&self, request: &Request<'_>) -> Option<Recognised> {
        names::recognise(request)
    }

    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError> {
        if !names::is_document(name, desk.device.mac) {
            return Err(RenderError::NoSuchFile {
                vendor: Vendor::CiscoMpp.name(),
                file: name.to_owned(),
            });
        }
        document::render(desk)
    }

    fn file_name(&self, desk: &Desk) -> Option<String> {
        desk.device.mac.map(|mac| format!("{mac}.xml"))
    }

    fn means(&self) -> &'static [Means] {
        &[RESYNC, RESYNC_HTTP, RESTART]
    }

    fn restarts(&self, means: &Means) -> bool {
        *means == RESTART
    }

    fn trigger(&self, means: &Means, _aim: &Aim<'_>) -> Option<Trigger> {
        match *means {
            RESYNC => Some(notify("resync")),
            RESTART => Some(notify("restart_now")),
            RESYNC_HTTP => Some(Trigger::Http(HttpPush {
                method: "GET",
                path: "/admin/resync".into(),
                content_type: None,
                body: Vec::new(),
                auth: HttpAuth::BasicAs(WEB_USER),
                accepted: Accepted::Success,
            })),
            _ => None,
        }
    }

    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page> {
        let shows_pictures = WITH_PICTURES
            .iter()
            .any(|model| browser.user_agent.contains(model));
        let abilities = page::Abilities {
            keys_max: KEYS_MAX,
            can_post: false,
            display: page::display(browser, shows_pictures),
        };
        Some(page::render(screen, abilities))
    }

    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger> {
        // These phones do not say whether they have understood.
        push::show(notice.url, HttpAuth::BasicAs(WEB_USER), Accepted::Success)
    }
}

fn notify(event: &'static str) -> Trigger {
    Trigger::Notify(Notify {
        event: Some(event.into()),
        ..Notify::default()
    })
}

#[cfg(test)]
mod tests;
