//! What is counted and measured about phones.

use std::time::Duration;

use hotdesk_core::State;
use hotdesk_phone::Vendor;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Labels are few and come from our own literals.
type Labels = [(&'static str, &'static str); 2];

/// Bounds of the login histogram, in seconds: from a good network to a phone that had to restart.
const LOGIN_SECONDS: [f64; 14] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0, 180.0,
];

/// What is counted.
pub(crate) struct Metrics {
    documents: Family<Labels, Counter>,
    logins: Family<Labels, Histogram, fn() -> Histogram>,
    reports: Family<Labels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            documents: Family::default(),
            reports: Family::default(),
            logins: Family::new_with_constructor(|| Histogram::new(LOGIN_SECONDS)),
        }
    }
}

impl Metrics {
    /// A document was asked for. `vendor` is "unknown" where nobody recognised the request.
    pub(super) fn document(&self, vendor: Option<Vendor>, outcome: &'static str) {
        let vendor = vendor.map_or("unknown", Vendor::name);
        self.documents
            .get_or_create(&[("vendor", vendor), ("outcome", outcome)])
            .inc();
    }

    /// From the PIN's last digit until the log had the login, which is when calls reach the user here.
    pub(super) fn callable(&self, vendor: Vendor, took: Duration) {
        self.login(vendor, "callable", took);
    }

    /// And until the phone had fetched its document.
    pub(super) fn screen(&self, vendor: Vendor, took: Duration) {
        self.login(vendor, "screen", took);
    }

    /// The cluster was told about phones: "shown", "waiting" or "enrolled".
    pub(super) fn report(&self, kind: &'static str, outcome: &'static str) {
        self.reports
            .get_or_create(&[("kind", kind), ("outcome", outcome)])
            .inc();
    }

    fn login(&self, vendor: Vendor, stage: &'static str, took: Duration) {
        self.logins
            .get_or_create(&[("vendor", vendor.name()), ("stage", stage)])
            .observe(took.as_secs_f64());
    }

    /// Adds them to what is exported, and how many unknown phones wait.
    pub(crate) fn register(&self, registry: &mut Registry, state: &State) {
        let waiting = Gauge::<i64>::default();
        waiting.set(i64::try_from(state.waiting().count()).unwrap_or(i64::MAX));
        registry.register(
            "phones_waiting",
            "Phones that asked for a document and wait for approval",
            waiting,
        );
        registry.register(
            "phone_reports",
            "Reports about phones to the cluster, by kind and outcome",
            self.reports.clone(),
        );
        registry.register(
            "phone_documents",
            "Documents asked for by phones, by vendor and outcome",
            self.documents.clone(),
        );
        registry.register_with_unit(
            "phone_login",
            "Time from the PIN entered at a phone to being callable there, and to the phone having its document",
            Unit::Seconds,
            self.logins.clone(),
        );
    }
}
