//! Which phone a document path belongs to.
//!
//! The token in the path follows from the phone's seed and the line key, and is kept nowhere. Going back from the
//! token to the phone needs a table, which is filled as tokens are made, and by going through all phones when a token
//! is asked for that is not in it, as after a restart.
//!
//! A phone that was given another password may know the token of a former seed only. That one is good for its documents,
//! and for nothing else, until it has come with the new one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hotdesk_core::{DeviceId, MacAddress, State, TimeMs};
use hotdesk_sip::secret::PhoneSecret;
use parking_lot::{Mutex, RwLock};
use subtle::ConstantTimeEq as _;

use crate::lines::Lines;

/// Bytes of a token; anything else is none, and costs nothing.
const TOKEN_BYTES: usize = 26;
/// All phones are gone through at most this often, so that guessing costs the node little.
const SCAN_EVERY: Duration = Duration::from_secs(1);

/// Which of a phone's tokens it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// The newest.
    Current,
    /// One of a seed that was replaced, and is good for documents still.
    Former,
}

/// The table: the phones' tokens and those of their former seeds, and until it is filled up anew those of the passwords
/// that administrators have replaced since.
#[derive(Default)]
pub(super) struct Paths {
    phones: RwLock<HashMap<String, DeviceId>>,
    scanned: Mutex<Option<Scan>>,
}

#[derive(Clone, Copy)]
struct Scan {
    at: Instant,
    index: u64,
}

impl Paths {
    /// The phone whose token this is, at the moment `now` of the log's clock. `hint`: the address in the file's name, which
    /// spares going through all phones.
    pub(super) fn find(
        &self,
        lines: &Lines,
        state: &State,
        token: &str,
        hint: Option<MacAddress>,
        now: TimeMs,
    ) -> Option<(DeviceId, Age)> {
        let is_token = token.len() == TOKEN_BYTES
            && token
                .bytes()
                .all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
        if !is_token {
            return None;
        }
        let phones = |id: DeviceId| Some((id.clone(), age(lines, state, &id, token, now)?));
        let known = || self.phones.read().get(token).cloned();
        if let Some(found) = known().and_then(phones) {
            return Some(found);
        }
        let by_hint = hint.and_then(|mac| Some(state.device_by_mac(&mac)?.id.clone()));
        if let Some(found) = by_hint.and_then(phones) {
            self.phones.write().insert(token.to_owned(), found.0.clone());
            return Some(found);
        }
        self.scan(lines, state, now);
        known().and_then(phones)
    }

    /// Takes in a token that was made for a phone.
    pub(super) fn remember(&self, token: &str, device: &DeviceId) {
        if self.phones.read().get(token) != Some(device) {
            self.phones.write().insert(token.to_owned(), device.clone());
        }
    }

    /// Goes through all phones; not when nothing has changed since the last time, and not too often. Who comes while
    /// another does it waits for that.
    fn scan(&self, lines: &Lines, state: &State, clock: TimeMs) {
        let mut scanned = self.scanned.lock();
        let (now, index) = (Instant::now(), state.index());
        let is_time =
            scanned.is_none_or(|scan| scan.index < index && now.duration_since(scan.at) >= SCAN_EVERY);
        if !is_time {
            return;
        }
        let phones = state.devices().flat_map(|device| {
            let seeds = device
                .secret_seed
                .into_iter()
                .chain(device.good_former_seeds(clock));
            seeds.map(|seed| {
                let token = lines.phone_secret(PhoneSecret::Documents, &device.id, seed);
                (token.as_str().to_owned(), device.id.clone())
            })
        });
        *self.phones.write() = phones.collect();
        *scanned = Some(Scan { at: now, index });
    }
}

/// Which of the phone's tokens this is; `None`: none that is good now.
pub(super) fn age(lines: &Lines, state: &State, device: &DeviceId, token: &str, now: TimeMs) -> Option<Age> {
    let device = state.device(device)?;
    let is_of = |seed| {
        let right = lines.phone_secret(PhoneSecret::Documents, &device.id, seed);
        bool::from(right.as_bytes().ct_eq(token.as_bytes()))
    };
    if device.secret_seed.is_some_and(is_of) {
        return Some(Age::Current);
    }
    let mut former = device.good_former_seeds(now);
    former.any(is_of).then_some(Age::Former)
}
