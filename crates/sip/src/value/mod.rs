//! Single values of header fields, read from bytes and written back.

mod cseq;
mod name_addr;
mod params;
mod via;

pub use self::cseq::CSeq;
pub use self::name_addr::NameAddr;
pub use self::params::Params;
pub use self::via::Via;

/// A value that does not follow the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(pub &'static str);

use crate::message::{Message, Name};

/// === The values that every message has ===
impl Message {
    /// The top Via.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn top_via(&self) -> Result<Via, BadValue> {
        Via::parse(self.values(&Name::Via).next().ok_or(BadValue("No Via"))?)
    }

    /// From.
    ///
    /// # Errors
    /// As [`top_via`](Self::top_via).
    pub fn from(&self) -> Result<NameAddr, BadValue> {
        NameAddr::parse(&self.header(&Name::From).ok_or(BadValue("No From"))?.value())
    }

    /// To.
    ///
    /// # Errors
    /// As [`top_via`](Self::top_via).
    pub fn to(&self) -> Result<NameAddr, BadValue> {
        NameAddr::parse(&self.header(&Name::To).ok_or(BadValue("No To"))?.value())
    }

    /// CSeq.
    ///
    /// # Errors
    /// As [`top_via`](Self::top_via).
    pub fn cseq(&self) -> Result<CSeq, BadValue> {
        CSeq::parse(&self.header(&Name::CSeq).ok_or(BadValue("No CSeq"))?.value())
    }

    /// Call-ID, as bytes: it compares byte for byte.
    #[must_use]
    pub fn call_id(&self) -> Option<&[u8]> {
        Some(self.header(&Name::CallId)?.raw())
    }

    /// All Contact values. `*` has the URI `*`.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, BadValue> {
        self.values(&Name::Contact).map(NameAddr::parse).collect()
    }
}
