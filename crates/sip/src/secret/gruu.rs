//! Temporary GRUUs (RFC 5627 §3.1.2) that need no table: the account and the device are sealed in the user part.
//!
//! ```text
//! "tgruu." base64url of: nonce (12 bytes) | ChaCha20-Poly1305 of:
//!     registration (8 bytes) | CSeq (4) | account (1 + n) | instance (1 + n)
//! ```
//! The nonce is an HMAC of what is sealed, so equal input gives the equal text and nothing else does. A refresh
//! has another CSeq, so it gets another one (RFC 5627 §5.1); those of the same registration (Call-ID) stay good
//! beside it.

use data_encoding::BASE64URL_NOPAD;
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::hmac;
use smol_str::SmolStr;

/// Makes and reads temporary GRUUs.
pub struct GruuKey {
    seals: LessSafeKey,
    nonces: hmac::Key,
}

/// What a temporary GRUU says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TempGruu {
    /// The user part of the address of record that was registered.
    pub account: SmolStr,
    /// The device's `+sip.instance`, without quotes and brackets.
    pub instance: SmolStr,
    registration: [u8; 8],
}

impl GruuKey {
    pub(super) const fn new(seals: LessSafeKey, nonces: hmac::Key) -> Self {
        Self { seals, nonces }
    }

    /// The user part of a new temporary GRUU; `None` when account or instance is longer than 255 bytes.
    #[must_use]
    pub fn make(&self, account: &str, instance: &str, call_id: &[u8], cseq: u32) -> Option<String> {
        let mut content = self.registration(call_id).to_vec();
        content.extend_from_slice(&cseq.to_be_bytes());
        for part in [account, instance] {
            content.push(u8::try_from(part.len()).ok()?);
            content.extend_from_slice(part.as_bytes());
        }
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&hmac::sign(&self.nonces, &content).as_ref()[..NONCE_LEN]);
        // The same nonce again means the same content again.
        self.seals
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut content)
            .ok()?;
        let sealed = [&nonce[..], &content].concat();
        Some(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&sealed)))
    }

    /// Reads the user part of a temporary GRUU; `None` when it is not one of ours. Whether it is still good, the
    /// registrar knows: [`Bindings::by_temp_gruu`](crate::registrar::Bindings::by_temp_gruu).
    #[must_use]
    pub fn open(&self, user: &str) -> Option<TempGruu> {
        let text = user
            .strip_prefix(PREFIX)
            .filter(|text| text.len() <= LETTERS_MAX)?;
        let mut sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (nonce, content) = sealed.split_first_chunk_mut::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let content: &[u8] = self.seals.open_in_place(nonce, Aad::empty(), content).ok()?;
        let (registration, rest) = content.split_first_chunk()?;
        let (_cseq, rest) = rest.split_first_chunk::<4>()?;
        let (account, rest) = text_of(rest)?;
        let (instance, rest) = text_of(rest)?;
        rest.is_empty().then_some(TempGruu {
            account,
            instance,
            registration: *registration,
        })
    }

    /// Whether it was given out in the registration with this Call-ID.
    #[must_use]
    pub fn is_of(&self, gruu: &TempGruu, call_id: &[u8]) -> bool {
        gruu.registration == self.registration(call_id)
    }

    /// Stands for a Call-ID.
    fn registration(&self, call_id: &[u8]) -> [u8; 8] {
        let mut mark = [0; 8];
        mark.copy_from_slice(&hmac::sign(&self.nonces, call_id).as_ref()[..8]);
        mark
    }
}

fn text_of(bytes: &[u8]) -> Option<(SmolStr, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((SmolStr::new(std::str::from_utf8(text).ok()?), rest))
}

const PREFIX: &str = "tgruu.";

/// Longer ones are not ours: nonce, tag, marks and two texts of 255 bytes.
const LETTERS_MAX: usize = 760;
