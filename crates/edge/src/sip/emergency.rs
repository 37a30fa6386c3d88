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
use hotdesk_store::Ledger;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use smol_str::SmolStr;
use tokio::runtime::Handle;

use super::app::now_ms;

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
    ledger: Option<Arc<Ledger>>,
    client: Client,
    runtime: Handle,
    webhook: Option<String>,
    /// The call-back numbers of calls that are being set up, by Call-ID.
    numbers: Mutex<HashMap<SmolStr, SmolStr>>,
}

/// So many are remembered; they are needed for a moment only.
const NUMBERS_MAX: usize = 1024;

impl Emergency {
    pub(crate) fn new(
        plan: EmergencyPlan,
        site: SmolStr,
        stored: Option<&[u8]>,
        ledger: Option<Arc<Ledger>>,
        client: Client,
        runtime: Handle,
        webhook: Option<String>,
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
            webhook,
            numbers: Mutex::default(),
        }
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, EmergencyCalls> {
        self.calls.lock()
    }

    /// Whether nothing may be done to this phone now.
    pub(crate) fn holds(&self, device: &str) -> bool {
        self.calls.lock().holds(device, now_ms()).is_some()
    }

    /// An emergency call begins. Returns the number under which the phone can be called back.
    pub(crate) fn begin(&self, call: &EmergencyCall, call_id: &str) -> Option<SmolStr> {
        let Begun { call_back, holds } = self.calls.lock().begin(&self.plan, call, call_id, now_ms());
        if holds {
            self.keep();
            if let Some(phone) = &call.phone {
                self.hold(&phone.device, HOLD);
            }
        }
        if let Some(number) = &call_back {
            let mut numbers = self.numbers.lock();
            if numbers.len() >= NUMBERS_MAX {
                numbers.clear();
            }
            numbers.insert(call_id.into(), number.clone());
        }
        if let Some(notice) = EmergencyNotice::of(&self.site, call, call_back.as_deref(), Timestamp::now()) {
            self.tell(&notice);
        }
        call_back
    }

    /// The number under which the phone of a call is called back.
    pub(crate) fn call_back_of(&self, call_id: &str) -> Option<SmolStr> {
        self.numbers.lock().get(call_id).cloned()
    }

    /// Whether a window is over.
    pub(crate) fn due(&self) -> bool {
        self.calls
            .lock()
            .next_expiry_ms()
            .is_some_and(|at| at <= now_ms())
    }

    /// The call is over; its call-back window begins.
    pub(crate) fn end(&self, call_id: &str) {
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
        for (device, _hold) in held {
            self.hold(&device, HOLD);
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
        let (client, device) = (self.client.clone(), device.to_owned());
        self.runtime.spawn(async move {
            if let Err(error) = client.hold_device(&device, until_ms, "emergency call").await {
                tracing::warn!(device_id = device, %error, "cannot hold the phone in the cluster; it is held at this edge");
            }
        });
    }

    /// Kari's Law: somebody at the company learns of the call, at the same time.
    fn tell(&self, notice: &EmergencyNotice) {
        let or = |text: &Option<SmolStr>, other: &str| text.as_deref().unwrap_or(other).to_owned();
        tracing::error!(
            site_id = %notice.site,
            device_id = or(&notice.device, "unknown"),
            user_id = or(&notice.user, "nobody"),
            desk = or(&notice.desk, ""),
            location = %notice.location,
            number = %notice.number,
            call_back = or(&notice.call_back, ""),
            "EMERGENCY CALL"
        );
        if let Some(url) = self.webhook.clone() {
            let body = serde_json::json!({
                "event": "emergency_call",
                "at": notice.at.to_string(),
                "number": notice.number.as_str(),
                "site": notice.site.as_str(),
                "device": notice.device.as_deref(),
                "desk": notice.desk.as_deref(),
                "location": notice.location.as_str(),
                "user": notice.user.as_deref(),
                "call_back": notice.call_back.as_deref(),
            });
            self.runtime.spawn(async move {
                if let Err(problem) = super::webhook::post(&url, body).await {
                    tracing::error!(problem, "the notice of an emergency call could not be delivered");
                }
            });
        }
    }
}
