//! Mitel 6800 and 6900, and the Aastra phones that they come from.
//!
//! - **At boot** they load `<MAC>.cfg`, lines of `key: value`.
//! - **Without a boot**: an empty NOTIFY `aastra-xml` makes the phone fetch the address in its setting
//!   `action uri xml sip notify`. There it is told to clear its lists of calls, and to load the same settings as
//!   `AastraIPPhoneConfiguration`, in parts, since the phone takes no page of more than 10 kB. The last part says that it
//!   has them all; parts carry the stamp in their name, so that no phone is put together from two states.
//! - **Line 1 is the session's, line 2 the phone's own.**
//! - **Two ways to log in**: the pages of the application, and the phone's own hot desk key (`hotdesklogin`), which
//!   asks for a name and a password and loads `<name>.cfg` with both. It knows nothing of a logout by others; so the
//!   settings of a logged-in phone have the application's key in its place, and those of a neutral one an empty
//!   `hot desk username`, which ends it.
//! - **Forwarding and do-not-disturb are the edge's**: keys for them open the application.

mod names;
mod page;
mod settings;

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::template::Format;
use crate::trigger::{Aim, Means, Notice, Notify, Trigger, Via};
use crate::vendor::Vendor;
use crate::vendors::templates::Templates;

use names::Name;
use settings::PARTS;

/// See the module.
pub(crate) struct Mitel;

const EVENT: &str = "aastra-xml";

const FETCH: Means = Means {
    name: "aastra-xml",
    via: Via::Sip,
};
/// Compares the files and boots when they differ: for a phone that has not yet been told where to fetch.
const CHECK_SYNC: Means = Means {
    name: "check-sync",
    via: Via::Sip,
};

static XML: LazyLock<Templates> = LazyLock::new(|| {
    let sources = [
        ("reload.xml", include_str!("templates/reload.xml")),
        ("part.xml", include_str!("templates/part.xml")),
    ];
    Templates::new(Format::Xml, &sources)
});

impl Adapter for Mitel {
    fn vendor(&self) -> Vendor {
        Vendor::Mitel
    }

    fn about(&self) -> About {
        About {
            models: "Mitel 6863i-6873i, 6900; Aastra 6730i-6757i",
            files: &["<MAC>.cfg", "startup.cfg", "aastra.cfg", "user/<user>.cfg"],
            agents: &[
                "Aastra6867i MAC:00-08-5D-04-A1-B2 V:4.1.0.128-SIP",
                "Mitel6920 MAC:14-00-E9-1B-E2-41 V:6.4.0.140-SIP",
            ],
            login: "the phone's own hot desk key, or XML application: user id and PIN",
            code: "behind a soft key of the login page, as a picture on 6739i, 6867i to 6873i, 6915 to 6970; no page for an idle phone is documented",
            wipe: "the neutral settings empty line 1 and every key; the lists of calls are cleared by command",
            unverified: &[
                "that an empty NOTIFY aastra-xml calls the address in \"action uri xml sip notify\"",
                "which settings take effect without a restart, and in which order parts are applied",
                "that an empty \"hot desk username\" ends the phone's own hot desk session",
                "several fields on one page, and their passwords, before firmware 3.0",
                "keys of models without top soft keys (6730i, 6863i, 6905): they show the line only",
                "pictures on 6915 and 6970",
            ],
        }
    }

    fn recognise(&self, request: &Request<'_>) -> Option<Recognised> {
        names::recognise(request)
    }

    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError> {
        let xml = |body: String| Document {
            content_type: page::CONTENT_TYPE,
            body: body.into_bytes(),
        };
        let is_own = |name: &Name<'_>| name.mac().is_none_or(|mac| desk.device.mac == Some(mac));
        match Name::parse(name).filter(is_own) {
            Some(Name::Own(_) | Name::User(_)) => Ok(settings::lines(&settings::all(desk)?, desk)),
            Some(Name::First) => Ok(settings::lines(&settings::server(desk)?, desk)),
            Some(Name::Reload(_)) => Ok(xml(XML.render("reload.xml", parts(desk))?)),
            // A part of another state must not be mixed with this one's: the phone is told anew.
            Some(Name::Part { stamp, part, .. }) if stamp == desk.stamp => {
                Ok(xml(XML.render("part.xml", settings::part(desk, part)?)?))
            }
            Some(Name::Part { .. }) | None => Err(RenderError::NoSuchFile {
                vendor: Vendor::Mitel.name(),
                file: name.to_owned(),
            }),
        }
    }

    fn file_name(&self, desk: &Desk) -> Option<String> {
        desk.device.mac.map(|mac| format!("{}.cfg", mac.upper()))
    }

    fn means(&self) -> &'static [Means] {
        &[FETCH, CHECK_SYNC]
    }

    fn restarts(&self, means: &Means) -> bool {
        *means == CHECK_SYNC
    }

    fn trigger(&self, means: &Means, _aim: &Aim<'_>) -> Option<Trigger> {
        match *means {
            FETCH => Some(notify(String::new())),
            CHECK_SYNC => Some(Trigger::Notify(Notify {
                event: Some("check-sync".into()),
                ..Notify::default()
            })),
            _ => None,
        }
    }

    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page> {
        Some(page::render(screen, &browser.user_agent))
    }

    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger> {
        Some(notify(page::render(notice.screen, "").body))
    }
}

/// A page in a NOTIFY; an empty one makes the phone fetch.
fn notify(body: String) -> Trigger {
    Trigger::Notify(Notify {
        event: Some(EVENT.into()),
        subscription_state: None,
        content_type: Some("application/xml"),
        body: body.into_bytes(),
    })
}

/// The addresses of all parts.
fn parts(desk: &Desk) -> Value {
    let documents = desk.documents_url();
    let mac = desk.device.mac.map(|mac| mac.to_string()).unwrap_or_default();
    let parts: Vec<String> = (1..=PARTS)
        .map(|part| format!("{documents}{}", names::part(&mac, desk.stamp, part)))
        .collect();
    context! { mark => desk.mark(), parts }
}

#[cfg(test)]
mod tests;
