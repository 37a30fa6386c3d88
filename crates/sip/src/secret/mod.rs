//! What follows from the line key: one file of 32 random bytes, the same at nodes and edges.
//!
//! Each use has a key of its own, made by HKDF-Expand (RFC 5869) from the line key and a label:
//!
//! | label                             | use                                                          |
//! |-----------------------------------|--------------------------------------------------------------|
//! | `hotdesk 1 session line password` | HMAC key of the passwords of session lines                   |
//! | `hotdesk 1 device ha1 seal`       | ChaCha20-Poly1305 key of the devices' HA1s in the log        |
//! | `hotdesk 1 nonce` + edge          | HMAC key of an edge's digest nonces                          |
//! | `hotdesk 1 flow` + edge           | HMAC key of an edge's flow tokens                            |
//! | `hotdesk 1 temp gruu`             | ChaCha20-Poly1305 key of temporary GRUUs                     |
//! | `hotdesk 1 temp gruu nonce`       | HMAC key of their nonces                                     |
//!
//! Whoever has the key file can be any phone and any user's line. Losing it costs all device passwords; a new
//! one means to set them all again.

mod flow;
mod gruu;
mod pass;
mod seal;

#[cfg(test)]
mod tests;

use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use ring::{aead, hkdf, hmac};
use zeroize::Zeroizing;

pub use self::flow::FlowTokens;
pub(crate) use self::flow::{read_hop, write_hop};
pub use self::gruu::{GruuKey, TempGruu};
pub use self::pass::EdgePasses;

use crate::digest::{Ha1s, NonceKey};

/// The line key and what is derived from it. No `Debug`; the file's bytes are wiped when it is dropped.
pub struct LineKey {
    bytes: Zeroizing<[u8; 32]>,
    passwords: hmac::Key,
    seals: aead::LessSafeKey,
}

/// A key file that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Nothing in it.
    #[error("the key file is empty")]
    Empty,
    /// Of the wrong length.
    #[error(
        "the key file has {found} bytes; it must hold 32 raw bytes, or those as 64 hexadecimal digits or as base64"
    )]
    Length {
        /// Bytes found, white space at the ends left out.
        found: usize,
    },
    /// All bytes the same: nobody drew that by chance.
    #[error("the key file holds the same byte 32 times; make a key with `openssl rand -hex 32`")]
    NotRandom,
}

impl LineKey {
    /// Reads a key file: exactly 32 raw bytes, or text of 64 hexadecimal digits or base64 (either alphabet, with
    /// or without padding), white space around it allowed.
    ///
    /// # Errors
    /// See [`BadKey`].
    pub fn read(file: &[u8]) -> Result<Self, BadKey> {
        let mut key = Zeroizing::new([0; 32]);
        if file.len() == key.len() {
            key.copy_from_slice(file);
            return Self::new(key);
        }
        let text = file.trim_ascii();
        if text.is_empty() {
            return Err(BadKey::Empty);
        }
        let encodings = [
            HEXLOWER_PERMISSIVE,
            BASE64,
            BASE64_NOPAD,
            BASE64URL,
            BASE64URL_NOPAD,
        ];
        for encoding in encodings {
            if let Ok(bytes) = encoding.decode(text).map(Zeroizing::new)
                && bytes.len() == key.len()
            {
                key.copy_from_slice(&bytes);
                return Self::new(key);
            }
        }
        Err(BadKey::Length { found: text.len() })
    }

    fn new(bytes: Zeroizing<[u8; 32]>) -> Result<Self, BadKey> {
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(BadKey::NotRandom);
        }
        let passwords = derive(&bytes, &[b"hotdesk 1 session line password"]);
        let seals = derive(&bytes, &[b"hotdesk 1 device ha1 seal"]);
        Ok(Self {
            passwords: hmac::Key::new(hmac::HMAC_SHA256, &passwords[..]),
            seals: sealing_key(&seals),
            bytes,
        })
    }

    /// The password of a session line: 26 letters and digits, good for this user in this epoch only.
    #[must_use]
    pub fn line_password(&self, user: &str, epoch: u64) -> Zeroizing<String> {
        let mut context = hmac::Context::with_key(&self.passwords);
        // The length first, so that no user with an epoch reads like another with another.
        let length = u16::try_from(user.len()).unwrap_or(u16::MAX);
        context.update(&length.to_be_bytes());
        context.update(user.as_bytes());
        context.update(&epoch.to_be_bytes());
        let mut text = BASE32_NOPAD.encode(&context.sign().as_ref()[..16]);
        text.make_ascii_lowercase();
        Zeroizing::new(text)
    }

    /// The password of a phone's own account where it was generated: it follows from the seed, which is the id of the
    /// request that asked for it, so a retry, here or at another node, gives the same one. Nobody guesses it without
    /// the line key. A slash is in no user's id, so it is no session line's password either.
    #[must_use]
    pub fn device_password(&self, device: &str, seed: u128) -> Zeroizing<String> {
        self.line_password(&format!("device/{device}/{seed:032x}"), 0)
    }

    /// A secret of one phone that follows from the seed of its password: whoever gives the phone another password
    /// changes these too. 26 letters and digits.
    #[must_use]
    pub fn phone_secret(&self, purpose: PhoneSecret, device: &str, seed: u128) -> Zeroizing<String> {
        let length = u16::try_from(device.len()).unwrap_or(u16::MAX).to_be_bytes();
        let label: [&[u8]; 5] = [
            b"hotdesk 1 phone ",
            purpose.label(),
            &length,
            device.as_bytes(),
            &seed.to_be_bytes(),
        ];
        let mut text = BASE32_NOPAD.encode(&derive(&self.bytes, &label)[..16]);
        text.make_ascii_lowercase();
        Zeroizing::new(text)
    }

    /// The key of what phones and browsers carry from page to page: form tokens, stickers, cookies. The same at all
    /// nodes.
    #[must_use]
    pub fn page_key(&self) -> Zeroizing<[u8; 32]> {
        derive(&self.bytes, &[b"hotdesk 1 pages"])
    }

    /// The auth username of a session line: `<extension>.<epoch>`.
    #[must_use]
    pub fn line_username(extension: &str, epoch: u64) -> String {
        format!("{extension}.{epoch}")
    }

    /// The HA1s of a session line, whose auth username is `<extension>.<epoch>`.
    #[must_use]
    pub fn line_ha1s(&self, user: &str, extension: &str, epoch: u64, realm: &str) -> Ha1s {
        let username = Self::line_username(extension, epoch);
        Ha1s::of(&username, realm, &self.line_password(user, epoch))
    }

    /// Seals a device's HA1s for the log: at most 110 bytes, another text each time. Only
    /// [`open`](Self::open) with the same key and the same device reads it.
    #[must_use]
    pub fn seal(&self, device: &str, ha1s: &Ha1s) -> Vec<u8> {
        seal::seal(&self.seals, device, ha1s)
    }

    /// Reads what [`seal`](Self::seal) wrote; `None` when it was sealed with another key or for another device, was
    /// changed, or is of a later version.
    #[must_use]
    pub fn open(&self, device: &str, sealed: &[u8]) -> Option<Ha1s> {
        seal::open(&self.seals, device, sealed)
    }

    /// The key of one edge's digest nonces. Each edge has its own: the counts seen with a nonce are known at one
    /// edge only, so what was used at one must be worth nothing at another.
    #[must_use]
    pub fn nonce_key(&self, edge: &str) -> NonceKey {
        NonceKey::new(&derive(
            &self.bytes,
            &[b"hotdesk 1 nonce", b"\0", edge.as_bytes()],
        ))
    }

    /// Makes and reads one edge's flow tokens. `run`: another number in each run of the process (its start time
    /// will do), since a [`ConnectionId`](crate::hop::ConnectionId) means nothing in another.
    #[must_use]
    pub fn flow_tokens(&self, edge: &str, run: u64) -> FlowTokens {
        FlowTokens::new(
            &derive(&self.bytes, &[b"hotdesk 1 flow", b"\0", edge.as_bytes()]),
            run,
        )
    }

    /// The key of what one edge writes into Record-Route. The same in every run: calls outlast a restart.
    #[must_use]
    pub fn dialog_key(&self, edge: &str) -> Zeroizing<[u8; 32]> {
        derive(&self.bytes, &[b"hotdesk 1 dialog", b"\0", edge.as_bytes()])
    }

    /// Makes and checks the passes by which edges know each other's requests.
    #[must_use]
    pub fn edge_passes(&self) -> EdgePasses {
        EdgePasses::new(&derive(&self.bytes, &[b"hotdesk 1 edge pass"]))
    }

    /// Makes and reads temporary GRUUs, the same at all edges.
    #[must_use]
    pub fn gruu_key(&self) -> GruuKey {
        let key = derive(&self.bytes, &[b"hotdesk 1 temp gruu"]);
        let nonces = derive(&self.bytes, &[b"hotdesk 1 temp gruu nonce"]);
        GruuKey::new(sealing_key(&key), hmac::Key::new(hmac::HMAC_SHA256, &nonces[..]))
    }
}

/// What a secret of a phone is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneSecret {
    /// The path under which the phone finds its documents.
    Documents,
    /// The phone's own web interface, where pushes come in.
    Web,
}

impl PhoneSecret {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Documents => b"documents",
            Self::Web => b"web",
        }
    }
}

fn derive(key: &[u8; 32], label: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    // The line key is random already, so only the second half of HKDF is needed (RFC 5869 §3.3).
    hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key)
        .expand(label, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut derived[..]))
        .expect("32 bytes are within the limit of HKDF");
    derived
}

fn sealing_key(key: &[u8; 32]) -> aead::LessSafeKey {
    let key = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, key).expect("the key has 32 bytes");
    aead::LessSafeKey::new(key)
}
