//! The registrar's logic (RFC 3261 §10.3, with Path, Outbound and GRUU), without tables: bindings of one address
//! of record and a request in, new bindings and an answer out. A request changes everything it asks for, or
//! nothing.
//!
//! ```text
//! REGISTER ──> register(request, from, now, rules, &bindings)
//!                 ├─ Ok(Registered { bindings, changes, headers })   keep them, then send the 200
//!                 └─ Err(Refused { status, reason, headers })        nothing has changed
//! ```
//!
//! The caller has done what comes before: the domain is ours, the sender proved who it is, and may register for
//! this address of record (RFC 3261 §10.3 steps 1 to 5).

mod answer;
mod bindings;
mod codec;
mod register;

#[cfg(test)]
mod tests;

pub use self::bindings::{Bindings, Change, ChangeKind, Contact};
pub use self::codec::BadRecord;
pub use self::register::register;

use crate::message::{Header, Message};
use crate::secret::GruuKey;

/// What a registrar allows, and for whom it registers at the moment.
#[derive(Clone)]
pub struct Rules<'a> {
    /// Shorter registrations are refused with 423; in seconds. Shorter: more load, phones are found again
    /// sooner. Default 60.
    pub expires_min_s: u32,
    /// For contacts that do not say; in seconds. Default 3600.
    pub expires_default_s: u32,
    /// Longer registrations are cut; in seconds. Default 7200.
    pub expires_max_s: u32,
    /// How many contacts one address of record may have. Default 10: the longest ones of that many still make a
    /// record of less than 64 KiB.
    pub contacts_max: usize,
    /// What happens when there would be more.
    pub when_full: WhenFull,
    /// A new contact replaces an older one of the same `+sip.instance`, also without Outbound: a phone that comes
    /// back with another port is one phone, not two. Default true.
    pub one_contact_per_instance: bool,
    /// Do Outbound (RFC 5626) with those who ask for it. Default true.
    pub outbound: bool,
    /// How often a phone with Outbound shall keep its flow alive, in seconds; 0: not said. Default 120.
    pub flow_timer_s: u32,
    /// Hand out GRUUs (RFC 5627) to those who ask for them; `None`: not for this address of record.
    pub gruu: Option<Gruu<'a>>,
    /// The epoch of the session for which the line is registered; `None` for a device's own line. Contacts of
    /// other epochs are listed, but a request neither removes them nor takes their place when they are later.
    pub epoch: Option<u64>,
}

/// What happens with one contact too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// The request is refused with 403.
    Refuse,
    /// The contact that was refreshed least recently goes. The default: phones without `+sip.instance` that start
    /// again with another port would be locked out by their own past otherwise.
    #[default]
    DropOldest,
}

/// What GRUUs are made of.
#[derive(Clone, Copy)]
pub struct Gruu<'a> {
    /// The key of the temporary ones.
    pub key: &'a GruuKey,
    /// The user part of the address of record. The GRUU is the device's: give this for its own line only, or
    /// whoever kept the GRUU would still reach a user who has moved on, at the old phone.
    pub account: &'a str,
    /// Our domain.
    pub domain: &'a str,
}

impl Default for Rules<'_> {
    fn default() -> Self {
        Self {
            expires_min_s: 60,
            expires_default_s: 3600,
            expires_max_s: 7200,
            contacts_max: 10,
            when_full: WhenFull::default(),
            one_contact_per_instance: true,
            outbound: true,
            flow_timer_s: 120,
            gruu: None,
            epoch: None,
        }
    }
}

/// A request that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// All that is bound now.
    pub bindings: Bindings,
    /// What changed, in order; empty for a query.
    pub changes: Vec<Change>,
    /// The header fields of the 200: Contact, Date, Path, Supported, Require, Flow-Timer.
    pub headers: Vec<Header>,
}

impl Registered {
    /// The whole 200.
    #[must_use]
    pub fn reply(&self, request: &Message, to_tag: &str) -> Message {
        reply(request, 200, "OK", &self.headers, to_tag)
    }
}

/// A request that was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// 400, 403, 420, 423, 439 or 500.
    pub status: u16,
    /// The reason phrase.
    pub reason: &'static str,
    /// Further header fields: Min-Expires, Unsupported.
    pub headers: Vec<Header>,
}

impl Refused {
    /// The whole response.
    #[must_use]
    pub fn reply(&self, request: &Message, to_tag: &str) -> Message {
        reply(request, self.status, self.reason, &self.headers, to_tag)
    }
}

fn reply(request: &Message, status: u16, reason: &str, headers: &[Header], to_tag: &str) -> Message {
    let mut response = Message::reply(request, status, reason, Some(to_tag));
    for header in headers {
        response.push(header.clone());
    }
    response
}
