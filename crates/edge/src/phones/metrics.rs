//! What is counted and timed of phones that are told to load. Vendors, means and outcomes are names in the program.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use crate::http::Metrics;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sent {
    vendor: &'static str,
    means: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    vendor: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct For {
    vendor: &'static str,
    what: &'static str,
}

/// The families.
#[derive(Clone)]
pub(crate) struct PhoneMetrics {
    triggers: Family<Sent, Counter>,
    gave_up: Family<Of, Counter>,
    to_line: Family<Of, Histogram>,
    to_shown: Family<For, Histogram>,
}

/// From a tenth of a second to five minutes: a phone that restarts to load takes one or two.
const SECONDS: [f64; 13] = [
    0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0,
];

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

impl PhoneMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let it = Self {
            triggers: Family::default(),
            gave_up: Family::default(),
            to_line: Family::new_with_constructor(seconds),
            to_shown: Family::new_with_constructor(seconds),
        };
        metrics.register(
            "phone_triggers",
            "Messages to phones to load their document or show a page, by what became of them",
            it.triggers.clone(),
        );
        metrics.register(
            "phones_given_up",
            "Phones that did not follow in time",
            it.gave_up.clone(),
        );
        metrics.register(
            "phone_login_to_line_seconds",
            "From the login in the table (the phone rings from then on) to the registration of the session's line",
            it.to_line.clone(),
        );
        metrics.register(
            "phone_change_to_shown_seconds",
            "From a change in the table to the phone that shows it",
            it.to_shown.clone(),
        );
        it
    }

    pub(crate) fn trigger(&self, vendor: &'static str, means: &'static str, outcome: &'static str) {
        let labels = Sent {
            vendor,
            means,
            outcome,
        };
        self.triggers.get_or_create(&labels).inc();
    }

    pub(crate) fn gave_up(&self, vendor: &'static str) {
        self.gave_up.get_or_create(&Of { vendor }).inc();
    }

    pub(crate) fn line(&self, vendor: &'static str, after: Duration) {
        self.to_line
            .get_or_create(&Of { vendor })
            .observe(after.as_secs_f64());
    }

    /// `what`: "session" or "cosmetic".
    pub(crate) fn shown(&self, vendor: &'static str, what: &'static str, after: Duration) {
        let labels = For { vendor, what };
        self.to_shown.get_or_create(&labels).observe(after.as_secs_f64());
    }
}
