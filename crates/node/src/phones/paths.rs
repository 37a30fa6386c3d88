//! Which phone a document path belongs to.
//!
//! The token in the path follows from the phone's seed and the line key, and is kept nowhere. Going back from the
//! token to the phone needs a table, which is filled as tokens are made, and by going through all phones when a token
//! is asked for that is not in it, as after a restart.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hotdesk_core::{DeviceId, MacAddress, State};
use hotdesk_sip::secret::PhoneSecret;
use parking_lot::{Mutex, RwLock};
use subtle::ConstantTimeEq as _;

use crate::lines::Lines;

/// Bytes of a token; anything else is none, and costs nothing.
const TOKEN_BYTES: usize = 26;
/// All phones are gone through at most this often, so that guessing costs the node little.
const SCAN_EVERY: Duration = Duration::from_secs(1);

/// The table. Never larger than the number of phones: filling it up drops what is no longer true.
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
    /// The phone whose token this is. `hint`: the address in the file's name, which spares going through all phones.
    pub(super) fn find(
        &self,
        lines: &Lines,
        state: &State,
        token: &str,
        hint: Option<MacAddress>,
    ) -> Option<DeviceId> {
        let is_token = token.len() == TOKEN_BYTES
            && token
                .bytes()
                .all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
        if !is_token {
            return None;
        }
        let known = self.phones.read().get(token).cloned();
        let is_phones = |id: &DeviceId| is_right(lines, state, id, token);
        if let Some(id) = known.filter(is_phones) {
            return Some(id);
        }
        let by_hint = hint.and_then(|mac| Some(state.device_by_mac(&mac)?.id.clone()));
        if let Some(id) = by_hint.filter(is_phones) {
            self.phones.write().insert(token.to_owned(), id.clone());
            return Some(id);
        }
        self.scan(lines, state);
        self.phones.read().get(token).cloned()
    }

    /// Goes through all phones; not when nothing has changed since the last time, and not too often. Who comes while
    /// another does it waits for that.
    fn scan(&self, lines: &Lines, state: &State) {
        let mut scanned = self.scanned.lock();
        let (now, index) = (Instant::now(), state.index());
        let is_time =
            scanned.is_none_or(|scan| scan.index < index && now.duration_since(scan.at) >= SCAN_EVERY);
        if !is_time {
            return;
        }
        let phones = state.devices().filter_map(|device| {
            let token = lines.phone_secret(PhoneSecret::Documents, &device.id, device.secret_seed?);
            Some((token.as_str().to_owned(), device.id.clone()))
        });
        *self.phones.write() = phones.collect();
        *scanned = Some(Scan { at: now, index });
    }
}

/// Whether the phone's token is this one, now.
pub(super) fn is_right(lines: &Lines, state: &State, device: &DeviceId, token: &str) -> bool {
    let seed = state.device(device).and_then(|device| device.secret_seed);
    seed.is_some_and(|seed| {
        let right = lines.phone_secret(PhoneSecret::Documents, device, seed);
        bool::from(right.as_bytes().ct_eq(token.as_bytes()))
    })
}
