//! Nonces that need no memory: when they were made, which of them, and a MAC that nobody else can make.
//!
//! ```text
//! base64url of: unix time, ms (6 bytes) | serial (8 bytes) | HMAC-SHA-256 of realm and both, cut to 16 bytes
//! ```
//!
//! A restart keeps them valid, since the key comes from a file. What it forgets are the counts seen with each,
//! see [`Settings::not_before_ms`](super::Settings::not_before_ms).

use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

/// The key of one edge's nonces, from [`LineKey::nonce_key`](crate::secret::LineKey::nonce_key).
#[derive(Clone)]
pub struct NonceKey(hmac::Key);

impl NonceKey {
    /// A key of 32 bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }
}

/// Which nonce. Orders by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NonceId {
    /// When it was made, in Unix milliseconds.
    pub(super) made_ms: u64,
    pub(super) serial: u64,
}

/// Makes and recognises nonces.
pub(super) struct Nonces {
    key: NonceKey,
    realm: Vec<u8>,
    /// Starts anywhere, so that two runs within one millisecond do not make the same.
    serial: AtomicU64,
}

impl Nonces {
    pub(super) fn new(key: NonceKey, realm: &str) -> Self {
        let mut start = [0; 8];
        SystemRandom::new()
            .fill(&mut start)
            .expect("the system gives random bytes once it runs");
        Self {
            key,
            realm: realm.as_bytes().to_vec(),
            serial: AtomicU64::new(u64::from_be_bytes(start)),
        }
    }

    pub(super) fn make(&self, now_ms: u64) -> String {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let mut bytes = [0; LENGTH];
        bytes[..TIME].copy_from_slice(&now_ms.to_be_bytes()[2..]);
        bytes[TIME..HEAD].copy_from_slice(&serial.to_be_bytes());
        let mac = hmac::sign(&self.key.0, &self.signed(&bytes[..HEAD]));
        bytes[HEAD..].copy_from_slice(&mac.as_ref()[..MAC]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// `None` when we did not make it.
    pub(super) fn read(&self, nonce: &[u8]) -> Option<NonceId> {
        use subtle::ConstantTimeEq;
        // The decoder wants exactly so many, and a buffer of exactly that size.
        if nonce.len() != BASE64URL_NOPAD.encode_len(LENGTH) {
            return None;
        }
        let mut bytes = [0; LENGTH];
        BASE64URL_NOPAD.decode_mut(nonce, &mut bytes).ok()?;
        let mac = hmac::sign(&self.key.0, &self.signed(&bytes[..HEAD]));
        if !bool::from(mac.as_ref()[..MAC].ct_eq(&bytes[HEAD..])) {
            return None;
        }
        let mut made = [0; 8];
        made[2..].copy_from_slice(&bytes[..TIME]);
        let mut serial = [0; 8];
        serial.copy_from_slice(&bytes[TIME..HEAD]);
        Some(NonceId {
            made_ms: u64::from_be_bytes(made),
            serial: u64::from_be_bytes(serial),
        })
    }

    fn signed(&self, head: &[u8]) -> Vec<u8> {
        [head, &self.realm].concat()
    }
}

const TIME: usize = 6;
const HEAD: usize = TIME + 8;
/// 128 bits: nobody guesses one.
const MAC: usize = 16;
const LENGTH: usize = HEAD + MAC;
