//! Digest authentication (RFC 3261 §22, RFC 2617, RFC 7616, RFC 8760), from HA1s: no password is ever needed to
//! check one.
//!
//! [`Challenger`] is the server's side, [`answer`] the client's, [`Brake`] slows down whoever guesses.
//!
//! What is left out, on purpose: `userhash` (RFC 7616 §3.4.4) and `username*`. Account names here are no secret
//! that a hash could keep, and finding an account by its hash would need a table of all. We do not offer
//! `userhash`, and a client that uses it all the same is told so with 400.

mod brake;
mod challenger;
mod client;
mod compute;
mod credentials;
mod nonce;
mod replay;

#[cfg(test)]
mod tests;

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

pub use self::brake::{Brake, BrakeSettings, Throttle, ThrottleSettings};
pub use self::challenger::{Challenger, Kind, Settings, UriCheck, Verdict};
pub use self::client::{CannotAnswer, Secret, answer};
pub use self::credentials::{Credentials, Qop};
pub use self::nonce::NonceKey;

/// A hash algorithm (RFC 8760 §2). In the order of strength, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// What every phone knows.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512/256, 32 bytes.
    Sha512_256,
}

impl Algorithm {
    /// All of them, the strongest first, as RFC 8760 §2.3 would have them offered.
    pub const ALL: [Self; 3] = [Self::Sha512_256, Self::Sha256, Self::Md5];

    /// The token of the `algorithm` parameter.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// Reads a token, in any case; `true` for the `-sess` variant.
    #[must_use]
    pub fn parse(token: &str) -> Option<(Self, bool)> {
        let (name, sess) = match token
            .len()
            .checked_sub(5)
            .and_then(|at| token.split_at_checked(at))
        {
            Some((name, end)) if end.eq_ignore_ascii_case("-sess") => (name, true),
            _ => (token, false),
        };
        let found = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.token().eq_ignore_ascii_case(name))?;
        Some((found, sess))
    }
}

/// H(username ":" realm ":" password) by algorithm: all that is kept of an account's password. As good as the
/// password for anyone who holds it, so it has no `Debug`, and its memory is wiped.
///
/// An algorithm that is `None` cannot be used by this account: leave those out that its class does not allow.
#[derive(Clone, Default)]
pub struct Ha1s {
    /// For MD5.
    pub md5: Option<[u8; 16]>,
    /// For SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// For SHA-512-256.
    pub sha512_256: Option<[u8; 32]>,
}

impl Ha1s {
    /// Computes all of them. `realm` must be the realm of the challenges, everywhere and for good: a change of
    /// the realm makes all stored HA1s worthless.
    #[must_use]
    pub fn of(username: &str, realm: &str, password: &str) -> Self {
        let text = Zeroizing::new(format!("{username}:{realm}:{password}").into_bytes());
        Self {
            md5: Some(Md5::digest(&text[..]).into()),
            sha256: Some(Sha256::digest(&text[..]).into()),
            sha512_256: Some(Sha512_256::digest(&text[..]).into()),
        }
    }

    /// Only those of the given algorithms.
    #[must_use]
    pub fn only(mut self, algorithms: &[Algorithm]) -> Self {
        let has = |algorithm| algorithms.contains(&algorithm);
        if !has(Algorithm::Md5) {
            self.md5.zeroize();
        }
        if !has(Algorithm::Sha256) {
            self.sha256.zeroize();
        }
        if !has(Algorithm::Sha512_256) {
            self.sha512_256.zeroize();
        }
        self
    }

    /// The bytes for one algorithm.
    pub(crate) fn get(&self, algorithm: Algorithm) -> Option<&[u8]> {
        match algorithm {
            Algorithm::Md5 => self.md5.as_ref().map(|ha1| &ha1[..]),
            Algorithm::Sha256 => self.sha256.as_ref().map(|ha1| &ha1[..]),
            Algorithm::Sha512_256 => self.sha512_256.as_ref().map(|ha1| &ha1[..]),
        }
    }
}

impl Drop for Ha1s {
    fn drop(&mut self) {
        self.md5.zeroize();
        self.sha256.zeroize();
        self.sha512_256.zeroize();
    }
}

/// In constant time as to the bytes; which algorithms there are is no secret.
impl PartialEq for Ha1s {
    fn eq(&self, other: &Self) -> bool {
        let mut same = Choice::from(1);
        for algorithm in Algorithm::ALL {
            same &= match (self.get(algorithm), other.get(algorithm)) {
                (Some(ours), Some(theirs)) => ours.ct_eq(theirs),
                (None, None) => Choice::from(1),
                _ => Choice::from(0),
            };
        }
        same.into()
    }
}

impl Eq for Ha1s {}
