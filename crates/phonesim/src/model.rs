//! What a vendor's phones do, and what a phone's documents and pages come down to.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::picture::Code;
use crate::vendors;

/// One piece of hardware.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// 12 lower-case hex digits.
    pub mac: String,
    /// The firmware's idea of its model ("SIP-T54W").
    pub model: String,
}

/// A file to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Its name under the provisioning URL, or a whole URL.
    pub name: String,
    /// Without it the phone has no configuration.
    pub required: bool,
}

/// What a document did to a phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Files that the document refers to, to be loaded next.
    pub then: Vec<Fetch>,
}

/// What a phone's memory means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The accounts that are on, in the order of the line keys.
    pub accounts: Vec<Account>,
    /// The first line of the idle screen, where it is not the first account's label.
    pub title: String,
    /// Keys that dial or watch: label and number.
    pub keys: Vec<(String, String)>,
    /// The login application.
    pub app_url: String,
    /// The label of the key that opens it.
    pub app_label: String,
    /// What is shown while nobody uses the phone.
    pub idle: Idle,
    /// Where the documents are, from now on; empty: where they were.
    pub provisioning_url: String,
}

/// A page for the screen of a phone that nobody uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Idle {
    /// Where it is; empty: there is none.
    pub url: String,
    /// After so many seconds without a key.
    pub after_s: u32,
}

/// An account that the phone registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What the line key shows.
    pub label: String,
    /// The name in From.
    pub display_name: String,
    /// The user part of its address.
    pub user: String,
    /// The user name for digests.
    pub auth_user: String,
    /// The password.
    pub password: String,
    /// The domain.
    pub domain: String,
    /// Host and port where it registers.
    pub registrar: String,
}

/// What a vendor's phones are like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Loads a document and does nothing when its bytes are those of the last one.
    pub skips_the_same: bool,
    /// Loads only when no call is up.
    pub waits_for_calls: bool,
    /// Answers a NOTIFY 401 until it is authenticated.
    pub challenges: bool,
    /// Registers its first account only.
    pub registers_first_only: bool,
    /// Asks for name and password on its screen when a document answers 401.
    pub asks_on_401: bool,
}

/// What a NOTIFY or a pushed document makes a phone do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing it understands.
    Ignored,
    /// It loads its documents.
    Load,
    /// It restarts: registrations are gone until it is up again.
    Restart,
    /// It sets these keys at once.
    Set(Vec<(String, String)>),
    /// It shows this page.
    Show(Box<PageView>),
    /// It loads a page.
    Open(String),
    /// It loads its documents from where a page leads.
    Follow(String),
}

/// A page of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageView {
    /// The first line.
    pub title: String,
    /// The line at the bottom.
    pub prompt: String,
    /// Text to read.
    pub text: String,
    /// A picture; empty for none.
    pub picture: String,
    /// The code in the picture, once that is loaded.
    pub code: Option<Code>,
    /// Items to choose from: label, URL.
    pub items: Vec<(String, String)>,
    /// Fields to fill in.
    pub inputs: Vec<Input>,
    /// Where what was typed goes.
    pub submit: Option<Target>,
    /// Soft keys.
    pub keys: Vec<SoftKey>,
    /// Loaded by itself after so many seconds; an empty URL: the same page.
    pub refresh: Option<(u32, String)>,
    /// URLs or commands that it makes the phone execute at once.
    pub execute: Vec<String>,
    /// Keys that it sets at once.
    pub sets: Vec<(String, String)>,
}

/// A field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// What is asked.
    pub label: String,
    /// The parameter.
    pub name: String,
    /// What may be typed.
    pub kind: Kind,
    /// What is in it.
    pub value: String,
}

/// What may be typed into a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Digits.
    Number,
    /// Anything.
    #[default]
    Text,
    /// Shown as dots.
    Masked,
    /// Not shown at all, only sent.
    Hidden,
}

/// Where what was typed goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The URL; may have a query.
    pub url: String,
    /// How.
    pub send: Sending,
}

/// How what was typed is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// As the URL's query.
    Query,
    /// As a form in a POST.
    Form,
    /// In the URL, where the fields' names stand.
    Place,
}

/// A soft key of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftKey {
    /// What it shows.
    pub label: String,
    /// A URL, or what the vendor calls its function ("SoftKey:Submit").
    pub action: String,
}

impl SoftKey {
    /// Sends what was typed, or opens the chosen item.
    pub(crate) const SUBMIT: &'static str = "SoftKey:Submit";
    /// Leaves the page.
    pub(crate) const EXIT: &'static str = "SoftKey:Exit";
    /// Takes back what was typed last.
    pub(crate) const DELETE: &'static str = "SoftKey:Delete";
}

/// A vendor's phones.
pub trait Model: Sync + Send {
    /// Which.
    fn vendor(&self) -> Vendor;

    /// The model that is simulated.
    fn hardware_model(&self) -> &'static str;

    /// The User-Agent of its HTTP requests.
    fn user_agent(&self, hardware: &Hardware) -> String;

    /// Further headers of requests for pages.
    fn page_headers(&self, _hardware: &Hardware) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The files that it asks for when it starts, in order.
    fn boot(&self, hardware: &Hardware) -> Vec<Fetch>;

    /// Reads a document into the phone's memory.
    ///
    /// # Errors
    /// What the phone could not read.
    fn apply(&self, name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String>;

    /// What the memory means.
    fn settings(&self, flash: &Flash) -> Settings;

    /// Reads a page.
    ///
    /// # Errors
    /// What the phone could not read.
    fn page(&self, content_type: &str, body: &str) -> Result<PageView, String>;

    /// The media type of the pictures that it shows.
    fn picture_type(&self) -> &'static str {
        "image/png"
    }

    /// What an unsolicited NOTIFY makes it do.
    fn notified(&self, event: &str, content_type: &str, body: &str, flash: &Flash) -> Reaction;

    /// What a request to its own web server makes it do; the answer's status and body.
    fn pushed(&self, _method: &str, _path: &str, _body: &str) -> (Reaction, u16, String) {
        (Reaction::Ignored, 404, String::new())
    }

    /// What it is like.
    fn habits(&self) -> Habits;
}

/// The simulated phones of a vendor; `None` where there are none (anything SIP is simulated by the softphone).
#[must_use]
pub fn model(vendor: Vendor) -> Option<&'static dyn Model> {
    vendors::MODELS
        .iter()
        .copied()
        .find(|model| model.vendor() == vendor)
}
