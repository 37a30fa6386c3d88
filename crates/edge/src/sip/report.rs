//! How the edge is doing, for people and probes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::app::{App, now_ms};
use super::stack::Stack;
use crate::http::{EdgeStatus, ListenerStatus, StatusReport, StatusSource, Traffic, Trunk};
use crate::standing::Standing;
use hotdesk_client::TableState;

/// Answers the status page.
pub(crate) struct Report {
    app: Arc<App>,
    stack: Weak<Stack>,
    started_ms: u64,
}

impl Report {
    pub(crate) fn new(app: Arc<App>, stack: Weak<Stack>) -> Self {
        Self {
            app,
            stack,
            started_ms: now_ms(),
        }
    }

    /// Adds what is asked for whenever metrics are read.
    pub(crate) fn measure(&self) {
        let metrics = &self.app.metrics;
        let app = Arc::downgrade(&self.app);
        let gauge = |name, help, read: fn(&App) -> f64| {
            let app = Weak::clone(&app);
            metrics.gauge(name, help, move || app.upgrade().map_or(0.0, |app| read(&app)));
        };
        gauge("registrations", "Contacts registered here", |app| {
            count(app.locations.len())
        });
        gauge("calls_talking", "Calls that were answered and go on", |app| {
            count(app.talk.len())
        });
        gauge("table_age_seconds", "How old the binding table may be", |app| {
            seconds(app.table.age())
        });
        gauge("subscriptions", "Subscriptions of watchers", |app| {
            count(app.lamps.notifier.lock().len())
        });
        gauge(
            "phones_loading",
            "Phones on the way to what they should show",
            |app| count(app.phones.state().reconciler.counts().0),
        );
        gauge(
            "phones_in_trouble",
            "Phones that were given up until something else happens there",
            |app| count(app.phones.state().reconciler.counts().1),
        );
        gauge(
            "messages_not_traced",
            "Messages of calls left out of the traces",
            |app| app.traced.skipped() as f64,
        );
        let transports = self.app.transports.clone();
        metrics.transports(move || transports.counters());
        let stack = Weak::clone(&self.stack);
        metrics.gauge(
            "transactions",
            "Transactions without a final response",
            move || {
                stack.upgrade().map_or(0.0, |stack| {
                    let counts = stack.counts();
                    count(counts.servers + counts.clients)
                })
            },
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge; counts stay far below 2^52")]
fn count(count: usize) -> f64 {
    count as f64
}

/// Before the first table: as old as can be told.
fn seconds(age: Duration) -> f64 {
    if age == Duration::MAX {
        f64::INFINITY
    } else {
        age.as_secs_f64()
    }
}

impl StatusSource for Report {
    fn status(&self) -> StatusReport {
        let app = &*self.app;
        let age = app.table.age();
        let (users, _devices) = app.table.counts();
        let long = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        StatusReport {
            edge: app.settings.edge.to_string(),
            site: app.settings.site.to_string(),
            version: env!("CARGO_PKG_VERSION").into(),
            now_at_ms: now_ms(),
            started_at_ms: self.started_ms,
            not_ready: self.not_ready(),
            standing: super::probes::name(app.standing()).into(),
            policy: app.settings.policy.to_string(),
            table_age_ms: (age != Duration::MAX).then(|| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            table_index: app.table.index(),
            node: match app.table.state() {
                TableState::Live { endpoint } => Some(endpoint),
                TableState::Connecting { .. } | TableState::CutOff { .. } => None,
            },
            users: long(users),
            sessions_here: long(app.table.sessions(Some(&app.settings.site)).len()),
            registrations: long(app.locations.len()),
            calls_active: long(app.talk.len()),
            devices_held: long(app.emergency.calls().held(now_ms()).len()),
            listeners: app
                .transports
                .listeners()
                .iter()
                .map(|listener| ListenerStatus {
                    transport: listener.transport.to_string(),
                    local: listener.local.to_string(),
                    advertised: listener.sent_by.to_string(),
                })
                .collect(),
            traffic: Traffic::of(&app.transports.counters()),
            edges: edges(app),
            trunks: trunks(app),
            phones: app.phones_behind(),
            events: app.notable.list(),
        }
    }

    fn not_ready(&self) -> Option<String> {
        match self.app.standing() {
            Standing::Starting => Some("no node has been heard from yet".into()),
            standing if standing.answers() => None,
            _ => Some("cut off from the cluster for longer than the lease, and the policy is strict".into()),
        }
    }
}

fn edges(app: &App) -> Vec<EdgeStatus> {
    let edges = app.table.edges();
    let others = edges.iter().filter(|edge| edge.id.as_str() != app.settings.edge);
    others
        .map(|edge| EdgeStatus {
            id: edge.id.to_string(),
            site: edge.site.to_string(),
            uri: edge.uri.to_string(),
            is_reachable: None,
        })
        .collect()
}

fn trunks(app: &App) -> Vec<Trunk> {
    let status = app.trunks.status();
    status
        .into_iter()
        .map(|trunk| Trunk {
            id: trunk.trunk.to_string(),
            is_up: trunk.up,
            since_at_ms: trunk.since_ms,
            detail: String::new(),
        })
        .collect()
}
