//! Single values of header fields, read from bytes and written back.

mod cseq;
mod name_addr;
mod params;
mod session;
mod token;
mod typed;
mod via;

pub use self::cseq::CSeq;
pub use self::name_addr::NameAddr;
pub use self::params::Params;
pub use self::session::{RAck, Refresher, SessionExpires, retry_after};
pub use self::token::{is_token, number};
pub use self::via::{MAGIC_COOKIE, Via};

/// A value that does not follow the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(pub &'static str);

use crate::message::{Message, Name, split_list};
use crate::uri::Uri;

/// === The values that every message has ===
impl Message {
    /// The top Via.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn top_via(&self) -> Result<Via, BadValue> {
        let none = BadValue("No Via");
        let raw = self.header(&Name::Via).ok_or(none)?.raw_bytes();
        let first = split_list(&raw).next().ok_or(none)?;
        Via::from_bytes(&raw.slice_ref(first))
    }

    /// From.
    ///
    /// # Errors
    /// As [`top_via`](Self::top_via).
    pub fn from(&self) -> Result<NameAddr, BadValue> {
        NameAddr::from_bytes(&self.header(&Name::From).ok_or(BadValue("No From"))?.raw_bytes())
    }

    /// To.
    ///
    /// # Errors
    /// As [`top_via`](Self::top_via).
    pub fn to(&self) -> Result<NameAddr, BadValue> {
        NameAddr::from_bytes(&self.header(&Name::To).ok_or(BadValue("No To"))?.raw_bytes())
    }

    /// CSeq.
    ///
    /// # Errors
    /// As [`top_via`](Self::top_via).
    pub fn cseq(&self) -> Result<CSeq, BadValue> {
        CSeq::parse(self.header(&Name::CSeq).ok_or(BadValue("No CSeq"))?.raw())
    }

    /// Call-ID, as bytes: it compares byte for byte.
    #[must_use]
    pub fn call_id(&self) -> Option<&[u8]> {
        Some(self.header(&Name::CallId)?.raw())
    }

    /// Max-Forwards; `None` when there is none, or it is no number up to 255.
    #[must_use]
    pub fn max_forwards(&self) -> Option<u8> {
        let hops = number(self.header(&Name::MaxForwards)?.raw())?;
        u8::try_from(hops).ok()
    }

    /// The Request-URI, taken apart.
    ///
    /// # Errors
    /// When it cannot be read, or this is a response.
    pub fn request_uri(&self) -> Result<Uri, BadValue> {
        Uri::from_bytes(self.uri().ok_or(BadValue("No Request-URI"))?.clone())
    }

    /// All Contact values. `*` has the URI `*`.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, BadValue> {
        self.addresses(&Name::Contact)
    }

    /// All values of a list of addresses: Contact, Route, Record-Route, Path, P-Asserted-Identity.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn addresses(&self, name: &Name) -> Result<Vec<NameAddr>, BadValue> {
        let mut addresses = Vec::new();
        for header in self.all(name) {
            let raw = header.raw_bytes();
            for value in split_list(&raw) {
                addresses.push(NameAddr::from_bytes(&raw.slice_ref(value))?);
            }
        }
        Ok(addresses)
    }
}
