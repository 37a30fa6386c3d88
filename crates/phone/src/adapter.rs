//! What an adapter does, and which there are.

use crate::desk::Desk;
use crate::document::{Document, RenderError};
use crate::request::{Recognised, Request};
use crate::screen::{Browser, Page, Screen};
use crate::trigger::{Aim, Means, Notice, Trigger};
use crate::vendor::Vendor;
use crate::vendors;

/// How one family of phones is driven. Everything in it is a pure function.
pub trait Adapter: Sync {
    /// Which family.
    fn vendor(&self) -> Vendor;

    /// What is known about these phones, for people.
    fn about(&self) -> About;

    /// Whether a request comes from such a phone, and what it wants. The path alone must do where it is the vendor's own
    /// ("SEP001122334455.cnf.xml"); where several vendors ask for the same name ("001565a0b1c2.cfg"), the User-Agent
    /// decides, and without one nobody recognises it.
    fn recognise(&self, request: &Request<'_>) -> Option<Recognised>;

    /// The file `name`, as this phone gets it: its device document for the state it should be in, a boot file, or a
    /// common file. Documents are complete (see the crate's introduction) and contain [`Desk::mark`].
    ///
    /// # Errors
    /// [`RenderError`].
    fn render(&self, name: &str, desk: &Desk) -> Result<Document, RenderError>;

    /// The name of the document that the phone loads as its own (the one for which [`is_last`](crate::File::Device) is
    /// set); `None` for phones that load nothing.
    fn file_name(&self, desk: &Desk) -> Option<String>;

    /// Ways to make the phone load its document anew, the best first. Empty: there is none.
    fn means(&self) -> &'static [Means];

    /// Whether a phone that follows one of [`means`](Self::means) has loaded its document. The others set the session's
    /// line up at once: the phone can be called, and keys, contacts and calls on it are still those of before.
    fn loads_document(&self, _means: &Means) -> bool {
        true
    }

    /// Whether a phone that follows one of [`means`](Self::means) starts anew, or may. Such a means is a last resort:
    /// however well it worked, it is never begun with, unless it is the first.
    fn restarts(&self, _means: &Means) -> bool {
        false
    }

    /// The message for one of [`means`](Self::means); `None` when it cannot serve this aim.
    fn trigger(&self, means: &Means, aim: &Aim<'_>) -> Option<Trigger>;

    /// A page of the login application; `None` for phones that show none (they log in with a star code).
    fn page(&self, screen: &Screen, browser: &Browser) -> Option<Page>;

    /// The message that puts a page on the screen of an idle phone; `None` where there is none.
    fn notice(&self, notice: &Notice<'_>) -> Option<Trigger>;
}

/// What is known about a family of phones. The table in the documentation is made from these.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The models this was written for.
    pub models: &'static str,
    /// Patterns of the files they ask for (`<mac>.cfg`).
    pub files: &'static [&'static str],
    /// Examples of their User-Agent.
    pub agents: &'static [&'static str],
    /// How one logs in.
    pub login: &'static str,
    /// Where a code shows with which somebody logs in by their mobile.
    pub code: &'static str,
    /// How everything of a user is removed.
    pub wipe: &'static str,
    /// What was never seen on hardware. Never empty as long as that is so.
    pub unverified: &'static [&'static str],
}

/// All adapters. Their order decides who is asked first to recognise a request.
pub static ADAPTERS: &[&dyn Adapter] = &[
    &vendors::Cisco,
    &vendors::CiscoMpp,
    &vendors::Mitel,
    &vendors::Poly,
    &vendors::Snom,
    &vendors::Yealink,
    &vendors::Grandstream,
    &vendors::Linphone,
    &vendors::Fanvil,
    &vendors::Generic,
];

/// The adapter of a family of phones.
#[must_use]
pub fn adapter(vendor: Vendor) -> &'static dyn Adapter {
    let own = ADAPTERS.iter().find(|adapter| adapter.vendor() == vendor);
    *own.unwrap_or(&(&vendors::Generic as &dyn Adapter))
}

/// Who asks, and for what; `None` when no adapter knows such a request.
#[must_use]
pub fn recognise(request: &Request<'_>) -> Option<Recognised> {
    ADAPTERS.iter().find_map(|adapter| adapter.recognise(request))
}
