//! The desk phones of this office on their way to what they should show.
//!
//! ```text
//! table (wanted, shown) ─┐                                   ┌─► NOTIFY on the phone's own flow
//! registrations ─────────┼─► Phones: reconciler, notices ────┤
//! calls, emergencies ────┘     (paced, never while busy)     └─► request to its web server (push)
//!                                     ▲                              │
//!                                     └──────── what became of it ◄──┘
//! a session's line registers ──► reports ──► the log
//! ```
//!
//! What is decided is in `hotdesk_phone::reconcile`; what is sent is each vendor's adapter's; `sip/phones.rs` and
//! `sip/triggers.rs` are between them and the registrar. Nothing is on the disk: what a phone shows is in the log.

mod metrics;
mod notices;
mod push;
mod reports;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use hotdesk_phone::reconcile::{Reconciler, Ways};
use hotdesk_phone::{Means, Vendor, Via, adapter};
use parking_lot::{Mutex, MutexGuard};
use smol_str::SmolStr;
use tokio::sync::Notify;

pub(crate) use self::metrics::PhoneMetrics;
pub(crate) use self::notices::{Moved, Notices};
pub(crate) use self::push::{Pushed, Target, is_own_network, push};
pub(crate) use self::reports::Reports;
use crate::config;
use crate::http::Metrics;

/// All that is known of phones on their way.
pub(crate) struct Phones {
    pub(crate) settings: config::Phones,
    state: Mutex<State>,
    /// Something was said to the state; the task looks what is to be done.
    pub(crate) wake: Notify,
    pub(crate) reports: Arc<Reports>,
    pub(crate) metrics: PhoneMetrics,
    origin: Instant,
}

/// What changes.
pub(crate) struct State {
    pub(crate) reconciler: Reconciler,
    pub(crate) notices: Notices,
    /// Logins whose line has not registered yet: epoch, when, vendor.
    logins: HashMap<SmolStr, (u64, Instant, Vendor)>,
    /// The Call-ID with which each phone on its way, or given up, registered last: another one means that it was
    /// switched on again.
    call_ids: HashMap<SmolStr, bytes::Bytes>,
    /// Up to which stamp each phone was given the session's line and nothing else: that this line registers then does
    /// not show that the phone has its document.
    only_lines: HashMap<SmolStr, u64>,
}

/// So many logins, registrations and lines are remembered at most; then all are forgotten: some times are not measured,
/// some phones that start again are told a little later, and some with a line only count as having their document.
const REMEMBERED_MAX: usize = 20_000;

impl Phones {
    pub(crate) fn new(settings: config::Phones, metrics: &Metrics) -> Self {
        Self {
            state: Mutex::new(State {
                reconciler: Reconciler::new(settings.reconciler(), fastrand::u64(..)),
                notices: Notices::default(),
                logins: HashMap::new(),
                call_ids: HashMap::new(),
                only_lines: HashMap::new(),
            }),
            settings,
            wake: Notify::new(),
            reports: Arc::default(),
            metrics: PhoneMetrics::new(metrics),
            origin: Instant::now(),
        }
    }

    /// Milliseconds since the start, for the reconciler.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The moment of such a time.
    pub(crate) fn instant(&self, at_ms: u64) -> Instant {
        let after = std::time::Duration::from_millis(at_ms);
        self.origin.checked_add(after).unwrap_or(self.origin)
    }

    /// Held for moments, and never while calls or locations are.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The ways to tell a phone of this vendor, as far as they are open here.
    pub(crate) fn means(&self, vendor: Vendor) -> Vec<Means> {
        let means = adapter(vendor).means().iter();
        means
            .filter(|means| means.via == Via::Sip || self.settings.http_push)
            .copied()
            .collect()
    }

    /// The same for the reconciler. A means that worked may be begun with where it leaves the phone in peace, and where
    /// it is seen that it worked.
    pub(crate) fn ways(&self, vendor: Vendor) -> Ways {
        let adapter = adapter(vendor);
        let may_lead = |means: &Means| adapter.loads_document(means) && !adapter.restarts(means);
        self.means(vendor).iter().map(may_lead).collect()
    }
}

/// The vendor of a phone: what the directory says; where that is no vendor that is known, what the phone says of itself
/// when it registers.
pub(crate) fn vendor_of(model: &str, user_agent: &str) -> Vendor {
    let vendor = Vendor::of_model(model);
    if vendor != Vendor::Generic || model.to_ascii_lowercase().starts_with(Vendor::Generic.name()) {
        return vendor;
    }
    match Vendor::of_model(user_agent) {
        // "Cisco-CP-8851-3PCC/11.0.1".
        Vendor::Cisco if user_agent.to_ascii_lowercase().contains("3pcc") => Vendor::CiscoMpp,
        vendor => vendor,
    }
}

/// === Remembering ===
impl State {
    /// Somebody has logged in at a phone.
    pub(crate) fn logged_in(&mut self, device: &str, epoch: u64, vendor: Vendor) {
        if self.logins.len() >= REMEMBERED_MAX {
            self.logins.clear();
        }
        self.logins.insert(device.into(), (epoch, Instant::now(), vendor));
    }

    /// The line of a session has registered. When the session began, and at what phone, the first time.
    pub(crate) fn line_registered(&mut self, device: &str, epoch: u64) -> Option<(Instant, Vendor)> {
        let (of, began, vendor) = *self.logins.get(device)?;
        (of == epoch).then(|| {
            self.logins.remove(device);
            (began, vendor)
        })
    }

    /// A phone's own line has registered. Whether it did so anew, after it was switched on for instance.
    pub(crate) fn own_line_registered(&mut self, device: &str, call_id: &bytes::Bytes) -> bool {
        if self.call_ids.get(device) == Some(call_id) {
            return false;
        }
        if self.call_ids.len() >= REMEMBERED_MAX {
            self.call_ids.clear();
        }
        self.call_ids.insert(device.into(), call_id.clone()).is_some()
    }

    /// A phone is given the session's line at once, and not its document.
    pub(crate) fn gives_only_line(&mut self, device: &str, stamp: u64) {
        if self.only_lines.len() >= REMEMBERED_MAX {
            self.only_lines.clear();
        }
        self.only_lines.insert(device.into(), stamp);
    }

    /// Whether the line of the session that began at `stamp` may have come without the document.
    pub(crate) fn has_only_line(&self, device: &str, stamp: u64) -> bool {
        self.only_lines.get(device).is_some_and(|of| stamp <= *of)
    }

    /// A phone is not registered any more.
    pub(crate) fn own_line_gone(&mut self, device: &str) {
        self.only_lines.remove(device);
        self.call_ids.remove(device);
        self.logins.remove(device);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_restarts_a_phone_or_gives_it_its_line_only_is_never_begun_with_unless_it_is_the_first() {
        let phones = Phones::new(config::Phones::default(), &Metrics::default());
        for (vendor, leading) in [
            (Vendor::Cisco, &["restart"][..]),
            (Vendor::CiscoMpp, &["resync", "resync-http"]),
            (Vendor::Mitel, &["aastra-xml"]),
            (Vendor::Poly, &["check-sync"]),
            (Vendor::Snom, &["check-sync", "snomxml", "minibrowser"]),
            (Vendor::Yealink, &["check-sync", "action-uri", "servlet"]),
            (Vendor::Grandstream, &["check-sync", "resync"]),
            (Vendor::Fanvil, &["check-sync"]),
            (Vendor::Linphone, &[]),
            (Vendor::Generic, &[]),
        ] {
            let ways = phones.ways(vendor);
            let means = phones.means(vendor);
            assert_eq!(ways.count(), means.len());
            let lead = means.iter().enumerate().filter(|(way, _)| ways.may_lead(*way));
            let lead: Vec<_> = lead.map(|(_, means)| means.name).collect();
            assert_eq!(lead, leading, "{vendor}");
        }
    }

    #[test]
    fn the_directory_says_what_a_phone_is_or_else_the_phone_does() {
        for (model, user_agent, vendor) in [
            ("yealink-t54w", "snomD785/10.1", Vendor::Yealink),
            ("", "Yealink SIP-T46G 28.72.0.1", Vendor::Yealink),
            ("desk phone", "snomD785/10.1.169", Vendor::Snom),
            ("", "Cisco-CP8841/12.5.1", Vendor::Cisco),
            ("", "Cisco-CP-8851-3PCC/11.0.1_00aabbccddee", Vendor::CiscoMpp),
            ("", "PolycomVVX-VVX_400-UA/5.9", Vendor::Poly),
            ("generic", "Yealink SIP-T46G 28.72.0.1", Vendor::Generic),
            ("", "", Vendor::Generic),
        ] {
            assert_eq!(vendor_of(model, user_agent), vendor, "{model:?} {user_agent:?}");
        }
    }
}
