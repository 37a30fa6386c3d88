//! What an edge counts. Others add families of their own with [`Metrics::register`].
//!
//! No label takes its values from the network: what is unknown is counted as `other`, so that nobody can make
//! the table grow.

use std::fmt;
use std::sync::Arc;

use hotdesk_sip::message::Message;
use parking_lot::Mutex;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};

use super::collect::{Direction, Messages, Read, Transports};
use crate::transport::Snapshot;

/// One label, `kind`, whose values are names in the program: an enum's `name()`, for instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Labelled {
    /// Which.
    pub kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    name: String,
}

/// All metrics of an edge. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Mutex<Registry>,
    messages: Arc<Messages>,
    standing: Family<Labelled, Gauge>,
    trunks: Family<Named, Gauge>,
    families: Families,
}

/// Families with one label.
#[derive(Clone, Default)]
struct Families {
    calls_refused: Family<Labelled, Counter>,
    calls_ended: Family<Labelled, Counter>,
    registrations_changed: Family<Labelled, Counter>,
    authentications: Family<Labelled, Counter>,
    evictions: Family<Labelled, Counter>,
    emergency_calls: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Everything at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("hotdesk_edge");
        let families = Families::default();
        let messages = Arc::new(Messages::default());
        let (standing, trunks) = (Family::default(), Family::default());
        let mut add = |name, help, metric: &Family<Labelled, Counter>| {
            registry.register(name, help, metric.clone());
        };
        add(
            "calls_refused",
            "Calls refused, by reason",
            &families.calls_refused,
        );
        add(
            "calls_ended",
            "Calls that ended, by outcome",
            &families.calls_ended,
        );
        add(
            "registrations_changed",
            "Registrations created, refreshed, expired, ...",
            &families.registrations_changed,
        );
        add(
            "authentications",
            "Credentials checked, by verdict",
            &families.authentications,
        );
        add("evictions", "Session lines ended, by reason", &families.evictions);
        registry.register(
            "emergency_calls",
            "Emergency calls sent on",
            families.emergency_calls.clone(),
        );
        registry.register(
            "standing",
            "1 for what the table's age means now",
            Family::clone(&standing),
        );
        registry.register(
            "trunk_up",
            "1 while calls are sent to a trunk",
            Family::clone(&trunks),
        );
        registry.register_collector(Box::new(Arc::clone(&messages)));
        Self {
            inner: Arc::new(Inner {
                registry: Mutex::new(registry),
                messages,
                standing,
                trunks,
                families,
            }),
        }
    }

    /// Adds a metric under `hotdesk_edge_`; counters get `_total` behind their name. Clone it before: families
    /// share their contents with their clones.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.inner.registry.lock().register(name, help, metric);
    }

    /// Adds a number that is asked for whenever metrics are read: calls going on, registrations, the table's
    /// age in seconds.
    pub fn gauge(
        &self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        let read = Box::new(read);
        let collector = Box::new(Read { name, help, read });
        self.inner.registry.lock().register_collector(collector);
    }

    /// Adds the counters of the transports.
    pub fn transports(&self, read: impl Fn() -> Snapshot + Send + Sync + 'static) {
        let collector = Box::new(Transports(Box::new(read)));
        self.inner.registry.lock().register_collector(collector);
    }

    /// A message came in or went out.
    pub fn count_message(&self, direction: Direction, message: &Message) {
        self.inner.messages.count(direction, message);
    }

    /// A call was refused.
    pub fn refused(&self, reason: &'static str) {
        count(&self.inner.families.calls_refused, reason);
    }

    /// A call ended.
    pub fn ended(&self, outcome: &'static str) {
        count(&self.inner.families.calls_ended, outcome);
    }

    /// A registration was created, refreshed, ...
    pub fn registration(&self, change: &'static str) {
        count(&self.inner.families.registrations_changed, change);
    }

    /// Credentials were checked.
    pub fn authentication(&self, verdict: &'static str) {
        count(&self.inner.families.authentications, verdict);
    }

    /// A session line was ended.
    pub fn evicted(&self, reason: &'static str) {
        count(&self.inner.families.evictions, reason);
    }

    /// An emergency call was sent on.
    pub fn emergency(&self) {
        self.inner.families.emergency_calls.inc();
    }

    /// What the table's age means now: this one is 1, the one before is gone.
    pub fn set_standing(&self, standing: &'static str) {
        let family = &self.inner.standing;
        family.clear();
        family.get_or_create(&Labelled { kind: standing }).set(1);
    }

    /// Whether calls are sent to a trunk. Trunks come from the configuration, so there are few.
    pub fn set_trunk(&self, id: &str, is_up: bool) {
        let name = Named { name: id.to_owned() };
        self.inner.trunks.get_or_create(&name).set(i64::from(is_up));
    }

    /// All of it as OpenMetrics text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        let registry = self.inner.registry.lock();
        // Writing to a string does not fail, and a collector of ours has no other reason to.
        if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
            tracing::error!("metrics cannot be written");
        }
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

fn count(family: &Family<Labelled, Counter>, kind: &'static str) {
    family.get_or_create(&Labelled { kind }).inc();
}
