//! How a phone is made to load its document anew, or to show a page.

use smol_str::SmolStr;

use crate::desk::{Registrar, Session};
use crate::screen::Screen;

/// One way to make a phone of a vendor act, for the reconciler to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// A stable label for logs and metrics ("check-sync").
    pub name: &'static str,
    /// What it goes by.
    pub via: Via,
}

/// What a trigger goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A NOTIFY on the phone's own flow.
    Sip,
    /// A request to the phone's own web server; needs a way to the phone that no NAT is on.
    Http,
}

/// What a trigger is for.
#[derive(Clone, Copy, Debug)]
pub struct Aim<'a> {
    /// The phone's id.
    pub device: &'a str,
    /// What the phone should show after it.
    pub stamp: u64,
    /// Who should be logged in after it; `None`: nobody.
    pub session: Option<&'a Session>,
    /// The edge.
    pub registrar: &'a Registrar,
    /// The SIP domain.
    pub domain: &'a str,
    /// Call-ID of the phone's last REGISTER (Cisco wants it back).
    pub register_call_id: &'a str,
}

/// A message to a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// An unsolicited NOTIFY.
    Notify(Notify),
    /// An HTTP request to the phone.
    Http(HttpPush),
}

/// What an unsolicited NOTIFY carries beside the usual fields.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Notify {
    /// The Event header; `None` for phones that want none.
    pub event: Option<SmolStr>,
    /// The Subscription-State header.
    pub subscription_state: Option<&'static str>,
    /// The media type of the body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

impl Notify {
    /// Asks the phone to look for a new document, as several vendors know it, without a restart.
    pub(crate) fn check_sync() -> Self {
        Self {
            event: Some("check-sync;reboot=false".into()),
            subscription_state: Some("terminated"),
            ..Self::default()
        }
    }
}

/// An HTTP request to a phone's own web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpPush {
    /// "GET" or "POST".
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// The media type of the body; `None` without one.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
    /// How the phone wants the web password.
    pub auth: HttpAuth,
    /// What counts as done.
    pub accepted: Accepted,
}

/// How a phone's web server is told the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpAuth {
    /// Not at all: it knows us by address.
    None,
    /// Basic, at once (RFC 7617).
    Basic,
    /// Basic, at once, under the one user name that the phone knows whatever it was told; the password is the same.
    BasicAs(&'static str),
    /// What it asks for: Digest or Basic.
    AsAsked,
}

/// What answer means that the phone has understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Any 2xx.
    Success,
    /// A 2xx whose body has this text.
    Contains(&'static str),
}

/// A page to be put on a phone's screen without anybody asking for it.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// The page.
    pub screen: &'a Screen,
    /// Where the same page can be fetched, for phones that take only an address.
    pub url: &'a str,
}
