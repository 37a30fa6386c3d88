//! Linphone, on desktops and telephones, by remote provisioning.
//!
//! The application fetches the address in `misc/config-uri` when it starts. Before it applies the answer it drops all
//! `auth_info_N` sections; other sections it overwrites entry by entry, where `overwrite="true"`, so every entry has
//! that. **Any answer but 200 is a failure**, 401 as well: nothing asks for a password, so the phone's secret is in the
//! path of the URL, and an administrator gives the application that URL (by hand or as a QR code).
//!
//! **The order of the accounts is the other way round**: `proxy_0` is the phone's own, `proxy_1` the session's. Reading
//! stops at the first account that is missing, and a session that has ended must not hide the phone's own account. A
//! neutral document leaves an account that registers nowhere and has no credentials.
//!
//! There is no way to make a running application fetch its document. A login is callable at once through the phone's own
//! line; the rest follows when the application is started the next time.

mod documents;
#[cfg(test)]
mod tests;

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{File, Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Aim, Means, Notice, Trigger};
use crate::vendor::Vendor;

/// See the module.
pub(crate) struct Linphone;

impl Adapter for Linphone {
    fn vendor(&self) -> Vendor {
        Vendor::Linphone
    }

    fn about(&self) -> About {
        About {
            models: "Linphone Desktop 4.4 and later, Linphone for Android and iOS 4.6 and later",
            files: &["linphone.xml"],
            agents: &[
                "Linphone-Desktop/5.2.6 (desk-12) LinphoneCore/5.3.70",
                "LinphoneAndroid/5.2.5 (Pixel 7) LinphoneSDK/5.3.47",
            ],
            login: "star code; the page that the sticker's QR code leads to",
            code: "no page, and so none",
            wipe: "the neutral document turns the session's account off and leaves no credentials of it, empties the \
                   address of the contacts, and keeps no calls; it works when the application starts the next time",
            unverified: &[
                "only linphonec 5.1 was tried (lines, registration, a call), none of the applications",
                "that no calls are kept, and those kept are dropped, when history_max_size becomes 0",
                "that contacts are dropped when contacts-vcard-list becomes empty",
                "which entry sets the language on telephones (ui/locale is the desktop's)",
                "speed dials, lamps, soft keys, ring tone, forwarding and do not disturb are not shown: the application has \
                 no settings for them",
            ],
        }
    }

    fn recognise(&self, request: &Request<'_>) -> Option<Recognised> {
        if request.path != documents::FILE {
            return None;
        }
        let file = match request.method {
            "PUT" | "POST" => File::Upload,
            _ => File::Device {
                name: request.path.into(),
                is_last: true,
            },
        };
        let firmware = request.user_agent.and_then(documents::version);
        Some(Recognised {
            vendor: Vendor::Linphone,
            mac: None,
            agent_mac: None,
            model: firmware.as_ref().map(|_| Vendor::Linphone.name().into()),
            firmware,
            file,
        })
    }

    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError> {
        documents::render(name, desk)
    }

    fn file_name(&self, _desk: &Desk) -> Option<String> {
        Some(documents::FILE.to_owned())
    }

    fn means(&self) -> &'static [Means] {
        &[]
    }

    fn trigger(&self, _means: &Means, _aim: &Aim<'_>) -> Option<Trigger> {
        None
    }

    fn page(&self, _screen: &Screen, _browser: &Browser) -> Option<Page> {
        None
    }

    fn notice(&self, _notice: &Notice<'_>) -> Option<Trigger> {
        None
    }
}
