//! Any SIP phone: configured by hand with the phone's own account, logs in with a star code.

use crate::adapter::{About, Adapter};
use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Aim, Means, Notice, Trigger};
use crate::vendor::Vendor;

/// See the module.
pub(crate) struct Generic;

impl Adapter for Generic {
    fn vendor(&self) -> Vendor {
        Vendor::Generic
    }

    fn about(&self) -> About {
        About {
            models: "any SIP phone",
            files: &[],
            agents: &[],
            login: "star code, PIN by keypad",
            wipe: "nothing of a user is ever on the phone, but its own call history",
            unverified: &["nothing to verify: the phone is configured by hand"],
        }
    }

    fn recognise(&self, _request: &Request<'_>) -> Option<Recognised> {
        None
    }

    fn render(&self, name: &str, _desk: &Desk) -> Result<Document, RenderError> {
        Err(RenderError::NoSuchFile {
            vendor: Vendor::Generic.name(),
            file: name.to_owned(),
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
