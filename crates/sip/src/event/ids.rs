//! Tags and Call-IDs nobody can guess.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};
use smol_str::SmolStr;

/// A source of identifiers: SHA-256 over a secret key and a counter. The same key gives the same ones, so tests can
/// know them; **the key must be random and new in each run of a program**, or identifiers come back.
#[derive(Clone)]
pub struct Ids {
    key: [u8; 32],
    next: u64,
}

/// Bytes of the digest that are used: 112 bits, 23 characters, which a [`SmolStr`] keeps in place.
const BYTES: usize = 14;

impl Ids {
    /// From a key.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key, next: 0 }
    }

    /// A new identifier: lower-case letters and digits, a token of RFC 3261.
    pub fn create(&mut self) -> SmolStr {
        let digest = Sha256::new()
            .chain_update(self.key)
            .chain_update(self.next.to_be_bytes())
            .finalize();
        self.next += 1;
        SmolStr::new(BASE32_NOPAD.encode(&digest[..BYTES]).to_ascii_lowercase())
    }
}

impl std::fmt::Debug for Ids {
    /// Without the key: who has it knows all tags to come.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ids")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_do_not_come_twice() {
        let mut ids = Ids::new([7; 32]);
        let all: std::collections::HashSet<_> = (0..1000).map(|_| ids.create()).collect();
        assert_eq!(all.len(), 1000);
        assert!(
            all.iter()
                .all(|id| id.len() == 23 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        );
    }
}
