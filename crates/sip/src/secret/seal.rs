//! HA1s sealed for the log.
//!
//! ```text
//! version 1 (1 byte) | nonce (12 bytes) | ChaCha20-Poly1305 of: which (1 byte, bits) and the HA1s, the tag behind
//! ```
//! The device's id is authenticated with it, so that one device's secret cannot be given to another.

use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::digest::Ha1s;

pub(super) fn seal(key: &LessSafeKey, device: &str, ha1s: &Ha1s) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new()
        .fill(&mut nonce)
        .expect("the system gives random bytes once it runs");
    let mut sealed = Vec::with_capacity(SEALED_BYTES_MAX);
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    // Sealed where it is, so that no clear copy is left behind; the vector never grows beyond its capacity.
    let head = sealed.len();
    let flag = |has: bool, bit| if has { bit } else { 0 };
    sealed.push(
        flag(ha1s.md5.is_some(), MD5)
            | flag(ha1s.sha256.is_some(), SHA256)
            | flag(ha1s.sha512_256.is_some(), SHA512_256),
    );
    sealed.extend(ha1s.md5.iter().flatten());
    sealed.extend(ha1s.sha256.iter().flatten());
    sealed.extend(ha1s.sha512_256.iter().flatten());
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad(device)),
            &mut sealed[head..],
        )
        .expect("a hundred bytes are within the limit of the cipher");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

pub(super) fn open(key: &LessSafeKey, device: &str, sealed: &[u8]) -> Option<Ha1s> {
    let (version, rest) = sealed.split_first()?;
    if *version != VERSION || sealed.len() > SEALED_BYTES_MAX {
        return None;
    }
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let clear = key
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(aad(device)),
            &mut buffer,
        )
        .ok()?;
    let (which, mut rest) = clear.split_first()?;
    let mut ha1s = Ha1s::default();
    if which & MD5 != 0 {
        ha1s.md5 = Some(*take(&mut rest)?);
    }
    if which & SHA256 != 0 {
        ha1s.sha256 = Some(*take(&mut rest)?);
    }
    if which & SHA512_256 != 0 {
        ha1s.sha512_256 = Some(*take(&mut rest)?);
    }
    (rest.is_empty() && which & !(MD5 | SHA256 | SHA512_256) == 0).then_some(ha1s)
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(first)
}

fn aad(device: &str) -> Vec<u8> {
    [b"hotdesk device\0", device.as_bytes()].concat()
}

const VERSION: u8 = 1;
const MD5: u8 = 1;
const SHA256: u8 = 2;
const SHA512_256: u8 = 4;

/// With all three.
const SEALED_BYTES_MAX: usize = 1 + NONCE_LEN + 1 + 16 + 32 + 32 + TAG_LEN;
const TAG_LEN: usize = 16;
