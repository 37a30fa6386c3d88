//! The response's value (RFC 7616 §3.4.1): one function for both sides.

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};
use zeroize::Zeroizing;

use super::{Algorithm, Qop};

/// What goes into a response besides the HA1. Byte strings as they stand between the quotes.
pub(super) struct Input<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) sess: bool,
    pub(super) qop: Option<Qop>,
    pub(super) nonce: &'a [u8],
    /// Eight hexadecimal digits as they were sent: they are hashed as text.
    pub(super) nc: &'a [u8],
    pub(super) cnonce: &'a [u8],
    pub(super) method: &'a str,
    pub(super) uri: &'a [u8],
    pub(super) body: &'a [u8],
}

/// The raw bytes of the response: 16 for MD5, 32 for the others.
pub(super) fn response(input: &Input<'_>, ha1: &[u8]) -> Zeroizing<Vec<u8>> {
    match input.algorithm {
        Algorithm::Md5 => respond::<Md5>(input, ha1),
        Algorithm::Sha256 => respond::<Sha256>(input, ha1),
        Algorithm::Sha512_256 => respond::<Sha512_256>(input, ha1),
    }
}

fn respond<H: Digest>(input: &Input<'_>, ha1: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut ha1 = hex(ha1);
    if input.sess {
        ha1 = hex(&hash::<H>(&[&ha1, input.nonce, input.cnonce]));
    }
    let ha2 = if input.qop == Some(Qop::AuthInt) {
        let body = hex(&hash::<H>(&[input.body]));
        hash::<H>(&[input.method.as_bytes(), input.uri, &body])
    } else {
        hash::<H>(&[input.method.as_bytes(), input.uri])
    };
    let ha2 = hex(&ha2);
    match input.qop {
        Some(qop) => hash::<H>(&[
            &ha1,
            input.nonce,
            input.nc,
            input.cnonce,
            qop.token().as_bytes(),
            &ha2,
        ]),
        None => hash::<H>(&[&ha1, input.nonce, &ha2]),
    }
}

/// H(a ":" b ":" ...).
fn hash<H: Digest>(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut hasher = H::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hasher.update(b":");
        }
        hasher.update(part);
    }
    Zeroizing::new(hasher.finalize().to_vec())
}

/// Lower case, as RFC 7616 §3.3 has it.
pub(super) fn hex(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(data_encoding::HEXLOWER.encode(bytes).into_bytes())
}
