//! What makes two requests the same transaction, as a number.

use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use super::Kind;
use super::wire::{TopVia, tag_of};
use crate::message::{Message, Method, Name};

/// A keyed hash of what identifies something. Two SipHashes make 128 bits, so two things do not meet by chance,
/// and whoever does not know the key cannot make them meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(pub(crate) u128);

/// Takes in the parts of a [`Key`].
pub(crate) struct Keyed(DefaultHasher);

impl Keyed {
    /// `purpose` keeps hashes of different things apart.
    pub(crate) fn new(key: &[u8; 16], purpose: u8) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(key);
        hasher.write_u8(purpose);
        Self(hasher)
    }

    /// The next part; parts do not run into each other.
    pub(crate) fn part(&mut self, part: &[u8]) -> &mut Self {
        self.0.write_usize(part.len());
        self.0.write(part);
        self
    }

    /// 64 bits, for what need not be safe from collisions.
    pub(crate) fn short(&self) -> u64 {
        self.0.finish()
    }

    /// All bits.
    pub(crate) fn key(&self) -> Key {
        let mut second = self.0.clone();
        second.write_u8(0xFF);
        Key(u128::from(self.0.finish()) << 64 | u128::from(second.finish()))
    }
}

/// For tables whose keys are hashes already.
pub(crate) type IdentityHash = BuildHasherDefault<Identity>;

/// See [`IdentityHash`].
#[derive(Default)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, value: u128) {
        // Either half would do: both are hashes.
        self.0 = (value >> 64) as u64;
    }
}

/// The magic cookie of RFC 3261 §8.1.1.7.
const COOKIE: &[u8] = b"z9hG4bK";

/// The server transaction of a request (RFC 3261 §17.2.3): by branch, sent-by and method, where ACK is INVITE. A
/// peer of RFC 2543 has no such branch: then by Request-URI, From tag, Call-ID, CSeq number and top Via. The tag
/// of To is left out there, for its ACK carries the tag of a response; the CSeq number tells the requests of one
/// dialog apart anyway.
///
/// `method` is the one that is looked for: a CANCEL looks for itself and for its INVITE.
pub(crate) fn server_key(key: &[u8; 16], request: &Message, via: &TopVia<'_>, method: &Method) -> Key {
    let method = match method {
        Method::Ack => &Method::Invite,
        method => method,
    };
    let mut hash = Keyed::new(key, b's');
    hash.part(method.as_str().as_bytes());
    match via.branch {
        Some(branch) if branch.len() > COOKIE.len() && branch.starts_with(COOKIE) => {
            hash.part(branch).part(via.sent_by);
        }
        _ => {
            let from = request.header(&Name::From).map(|from| from.raw());
            let cseq = request.header(&Name::CSeq).map_or(&[][..], |cseq| cseq.raw());
            let number = cseq.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            hash.part(request.uri().map_or(&[], |uri| uri))
                .part(from.and_then(tag_of).unwrap_or_default())
                .part(request.call_id().unwrap_or_default())
                .part(number)
                .part(via.sent_by)
                .part(via.branch.unwrap_or_default());
        }
    }
    hash.key()
}

impl Kind {
    /// The machine for a method.
    pub(crate) fn of(method: &Method) -> Self {
        match method {
            Method::Invite => Self::Invite,
            _ => Self::Other,
        }
    }
}
