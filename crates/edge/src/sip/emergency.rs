//! Emergency calls at this edge: remembered on disk, their phones held, somebody told.
//!
//! Nothing here can stop an emergency call: what fails (the disk, the cluster, the notice) is logged, and the call
//! goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_client::Client;
use hotdesk_routing::emergency::{Begun, EmergencyNotice};
use hotdesk_routing::{EmergencyCall, EmergencyCalls, EmergencyPlan};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use smol_str::SmolStr;
use tokio::runtime::Handle;

use super::app::now_ms;
use super::disk::Disk;

/// Where the emergency calls stand in the ledger.
pub(crate) const KEY: &[u8] = b"emergency";

/// How long a phone is held in the log at a time. While the call or its window lasts the hold is renewed; a crash of
/// the edge so holds a phone for no longer than this.
const HOLD: Duration = Duration::from_secs(10 * 60);

/// The emergency calls and their call-back windows.
pub(crate) struct Emergency {
    calls: Mutex<EmergencyCalls>,
    plan: EmergencyPlan,
    site: SmolStr,
    ledger: Option<Arc<Disk>>,
    client: Client,
    runtime: Handle,
    /// Until when each phone is held in the log, as far as it has answered.
    held: Arc<Mutex<HashMap<SmolStr, u64>>>,
    /// The calls that go on, by Call-ID, with their call-back numbers.
    begun: Mutex<HashMap<SmolStr, Option<SmolStr>>>,
}

/// So many calls are known to go on. Beyond, all are forgotten: a call that is tried again is told of again.
const BEGUN_MAX: usize = 1024;

impl Emergency {
    pub(crate) fn new(
        plan: EmergencyPlan,
        site: SmolStr,
        stored: Option<&[u8]>,
        ledger: Option<Arc<Disk>>,
        client: Client,
        runtime: Handle,
    ) -> Self {
        let calls = stored.map_or_else(EmergencyCalls::default, |bytes| {
            EmergencyCalls::decode(bytes).unwrap_or_else(|error| {
                tracing::error!(%error, "the list of emergency calls cannot be read; call-backs to them are lost");
                EmergencyCalls::default()
            })
        });
        Self {
            calls: Mutex::new(calls),
            plan,
            site,
            ledger,
            client,
            runtime,
            held: Arc::default(),
            begun: Mutex::default(),
        }
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, EmergencyCalls> {
        self.calls.lock()
    }

    /// Whether nothing may be done to this phone now.
    pub(crate) fn holds(&self, device: &str) -> bool {
        self.calls.lock().holds(device, now_ms()).is_some()
    }

    /// An emergency call begins: its phone is held, and whoever has to be told is in what comes back. `None` for a
    /// test call, and when the same call has begun already: it is told once.
    pub(crate) fn begin(&self, call: &EmergencyCall, call_id: &str) -> Option<EmergencyNotice> {
        if self.begun.lock().contains_key(call_id) {
            return None;
        }
        let Begun { call_back, holds } = self.calls.lock().begin(&self.plan, call, call_id, now_ms());
        if holds {
            self.keep();
            if let Some(phone) = &call.phone {
                self.hold(&phone.device, HOLD);
            }
        }
        let mut begun = self.begun.lock();
        if begun.len() >= BEGUN_MAX {
            begun.clear();
        }
        begun.insert(call_id.into(), call_back.clone());
        EmergencyNotice::of(&self.site, call, call_back.as_deref(), Timestamp::now())
    }

    /// The number under which the phone of a call is called back.
    pub(crate) fn call_back_of(&self, call_id: &str) -> Option<SmolStr> {
        self.begun.lock().get(call_id).cloned().flatten()
    }

    /// Whether a window is over.
    pub(crate) fn due(&self) -> bool {
        self.calls
            .lock()
            .next_expiry_ms()
            .is_some_and(|at| at <= now_ms())
    }

    /// The call is over; its call-back window begins. Other calls change nothing.
    pub(crate) fn end(&self, call_id: &str) {
        self.begun.lock().remove(call_id);
        if self.calls.lock().end(&self.plan, call_id, now_ms()).is_some() {
            self.keep();
        }
    }

    /// Renews the holds of the log and gives back phones whose window is over. Called every minute or so, and when
    /// the edge starts. Returns the phones that are free again.
    pub(crate) fn review(&self) -> Vec<SmolStr> {
        let (released, held) = {
            let mut calls = self.calls.lock();
            let released = calls.expire(now_ms());
            (released, calls.held(now_ms()))
        };
        if !released.is_empty() {
            self.keep();
        }
        for device in &released {
            self.hold(device, Duration::ZERO);
        }
        let soon = now_ms().saturating_add(u64::try_from(HOLD.as_millis() / 2).unwrap_or(0));
        for (device, _hold) in held {
            // Renewed when half of it is over: each is an entry of the log.
            let until = self.held.lock().get(&device).copied().unwrap_or(0);
            if until < soon {
                self.hold(&device, HOLD);
            }
        }
        released
    }

    fn keep(&self) {
        let Some(ledger) = &self.ledger else {
            return;
        };
        let bytes = self.calls.lock().encode();
        let done = |result: Result<(), _>| {
            if let Err(error) = result {
                tracing::error!(%error, "the list of emergency calls is not on the disk; a restart would lose call-backs");
            }
        };
        ledger.write(vec![(KEY.to_vec(), Some(bytes))], Box::new(done));
    }

    /// Tells the cluster that nobody may log in or out at this phone; zero: that they may again.
    fn hold(&self, device: &str, time: Duration) {
        let until_ms = if time.is_zero() {
            0
        } else {
            now_ms().saturating_add(u64::try_from(time.as_millis()).unwrap_or(0))
        };
        let (client, device, held) = (self.client.clone(), SmolStr::new(device), Arc::clone(&self.held));
        self.runtime.spawn(async move {
            match client.hold_device(&device, until_ms, "emergency call").await {
                Ok(_) if until_ms == 0 => {
                    held.lock().remove(&device);
                }
                Ok(_) => {
                    held.lock().insert(device, until_ms);
                }
                Err(error) => {
                    tracing::warn!(device_id = %device, %error, "cannot hold the phone in the cluster; it is held at this edge");
                }
            }
        });
    }
}
