//! Any SIP phone: configured by hand with the phone's own account, logs in with a star code.
//!
//! The one file is for people: what to type in. It is the same whoever uses the phone, so there is nothing to load after
//! a login and nothing to wipe after a logout: the edge maps the phone's own line to the user.

use std::sync::LazyLock;

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{File, Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::template::Format;
use crate::trigger::{Aim, Means, Notice, Trigger};
use crate::vendor::Vendor;
use crate::vendors::templates::Templates;
use crate::vendors::values::values;

/// See the module.
pub(crate) struct Generic;

/// The file for people.
const FILE: &str = "settings.txt";

static TEMPLATES: LazyLock<Templates> =
    LazyLock::new(|| Templates::new(Format::Lines, &[(FILE, include_str!("templates/settings.txt"))]));

impl Adapter for Generic {
    fn vendor(&self) -> Vendor {
        Vendor::Generic
    }

    fn about(&self) -> About {
        About {
            models: "any SIP phone",
            files: &["settings.txt"],
            agents: &[],
            login: "star code, then number and PIN by keypad",
            code: "no page, and so none: its sticker",
            wipe: "nothing of a user is ever on the phone, but the phone's own list of calls: nobody can clear that \
                   from outside",
            unverified: &[
                "whether a phone dials a code that begins with a star, and sends digits as RFC 4733 says, is the phone's",
            ],
        }
    }

    fn recognise(&self, request: &Request<'_>) -> Option<Recognised> {
        let asks = request.path == FILE && matches!(request.method, "GET" | "HEAD");
        asks.then(|| Recognised {
            vendor: Vendor::Generic,
            mac: None,
            agent_mac: None,
            model: None,
            firmware: None,
            file: File::Device {
                name: FILE.into(),
                is_last: false,
            },
        })
    }

    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError> {
        if name != FILE {
            return Err(RenderError::NoSuchFile {
                vendor: Vendor::Generic.name(),
                file: name.to_owned(),
            });
        }
        let body = TEMPLATES.render(FILE, values(desk))?;
        Ok(Document {
            content_type: "text/plain; charset=utf-8",
            body: body.into_bytes(),
        })
    }

    fn file_name(&self, _desk: &Desk) -> Option<String> {
        None
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, golden};

    #[test]
    fn the_sheet_is_as_it_was() {
        let document = Generic.render(FILE, &sample::neutral(Vendor::Generic)).unwrap();
        golden("generic/neutral/settings.txt", &document.body);
        let document = Generic.render(FILE, &sample::maria(Vendor::Generic)).unwrap();
        golden("generic/user/settings.txt", &document.body);
    }

    #[test]
    fn nothing_of_a_user_is_in_the_sheet() {
        let body = |desk: &Desk| {
            let body = Generic.render(FILE, desk).unwrap().body;
            let text = String::from_utf8(body).unwrap();
            text.replace(&desk.mark(), "")
        };
        assert_eq!(
            body(&sample::neutral(Vendor::Generic)),
            body(&sample::maria(Vendor::Generic))
        );
    }
}
