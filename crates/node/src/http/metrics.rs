//! What is counted and measured, for Prometheus.
//!
//! Counters are kept by the node whether or not anybody scrapes; the rest is read when somebody does.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::Http;
use crate::phones;

/// Labels are few and come from our own literals.
type Labels = [(&'static str, &'static str); 1];
type LookupLabels = [(&'static str, &'static str); 2];

/// What is counted.
#[derive(Default)]
pub(crate) struct Metrics {
    logins: Family<Labels, Counter>,
    lookups: Family<LookupLabels, Counter>,
    held_up: Family<Labels, Counter>,
    /// What phones are served.
    pub(crate) phones: phones::Metrics,
}

impl Metrics {
    /// A login was answered: "done", or the refusal's or failure's name.
    pub(crate) fn login(&self, outcome: &'static str) {
        self.logins.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// A PIN was not looked at, or not talked about, because of the wrong ones before it: "phone" or "address".
    pub(crate) fn login_held_up(&self, by: &'static str) {
        self.held_up.get_or_create(&[("by", by)]).inc();
    }

    /// A look-up over HTTP was answered.
    pub(super) fn lookup(&self, what: &'static str, outcome: &'static str) {
        self.lookups
            .get_or_create(&[("kind", what), ("outcome", outcome)])
            .inc();
    }
}

/// `GET /metrics`
pub(super) async fn metrics(Extract(http): Extract<Arc<Http>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry(&http)) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn registry(http: &Http) -> Registry {
    let shared = &http.shared;
    let mut registry = Registry::with_prefix("hotdesk");
    registry.register(
        "logins",
        "Logins answered by this node, by outcome",
        shared.metrics.logins.clone(),
    );
    registry.register(
        "logins_held_up",
        "PINs not looked at because too many wrong ones came within a minute, by what held them up",
        shared.metrics.held_up.clone(),
    );
    registry.register(
        "http_lookups",
        "Look-ups over HTTP answered by this node, by kind and outcome",
        shared.metrics.lookups.clone(),
    );
    let local = shared.cluster.local();
    shared.metrics.phones.register(&mut registry, &local.state);
    let counts = local.state.counts();
    let mut gauge = |name: &str, help: &str, value: usize| {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    };
    gauge("sessions", "Sessions in this node's copy", counts.sessions);
    gauge("users", "Users in this node's copy", counts.users);
    gauge("devices", "Phones in this node's copy", counts.devices);
    gauge("sites", "Sites in this node's copy", counts.sites);
    let index = usize::try_from(local.index).unwrap_or(usize::MAX);
    gauge(
        "applied_index",
        "Last log index applied to this node's copy",
        index,
    );
    let cut_off = usize::from(local.cut_off);
    gauge(
        "cut_off",
        "1 while this node has no contact with a leader",
        cut_off,
    );
    // Without a copy there is no age.
    if local.index > 0 {
        let age = Gauge::<f64, AtomicU64>::default();
        age.set(local.age.as_secs_f64());
        let help = "How old this node's copy is at most";
        registry.register_with_unit("copy_age", help, Unit::Seconds, age);
    }
    registry
}
