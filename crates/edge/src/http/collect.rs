//! Metrics that are put together when they are read.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hotdesk_sip::message::{Message, Method, StartLine};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::transport::Snapshot;

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Came in.
    In,
    /// Went out.
    Out,
}

/// Counters in arrays: two of them are touched for each message.
#[derive(Debug, Default)]
pub(super) struct Messages([Counts; 2]);

#[derive(Debug)]
struct Counts {
    requests: [AtomicU64; METHODS.len() + 1],
    responses: [AtomicU64; STATUSES],
}

/// Statuses from 100 to 699.
const STATUSES: usize = 600;

const METHODS: [&str; 14] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "PRACK",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
    "INFO",
    "REFER",
    "MESSAGE",
    "UPDATE",
];

impl Default for Counts {
    fn default() -> Self {
        Self {
            requests: std::array::from_fn(|_| AtomicU64::new(0)),
            responses: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

impl Messages {
    pub(super) fn count(&self, direction: Direction, message: &Message) {
        let counts = &self.0[direction as usize];
        let counter = match message.start() {
            StartLine::Request { method, .. } => &counts.requests[method_index(method)],
            StartLine::Response { status, .. } => &counts.responses[status_index(*status)],
        };
        counter.fetch_add(1, Relaxed);
    }
}

fn method_index(method: &Method) -> usize {
    let known = METHODS.iter().position(|name| *name == method.as_str());
    known.unwrap_or(METHODS.len())
}

fn status_index(status: u16) -> usize {
    usize::from(status.clamp(100, 699)) - 100
}

impl Collector for Messages {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Messages by method, or status of the answer";
        let mut messages = encoder.encode_descriptor("messages", help, None, MetricType::Counter)?;
        for (direction, counts) in ["in", "out"].into_iter().zip(&self.0) {
            let requests = METHODS.into_iter().chain(["other"]).zip(&counts.requests);
            for (method, counter) in requests {
                encode_count(
                    &mut messages,
                    &[("direction", direction), ("method", method)],
                    counter,
                )?;
            }
            for (status, counter) in (100..).zip(&counts.responses) {
                if counter.load(Relaxed) > 0 {
                    let status: u16 = status;
                    let status = status.to_string();
                    encode_count(
                        &mut messages,
                        &[("direction", direction), ("status", &status)],
                        counter,
                    )?;
                }
            }
        }
        Ok(())
    }
}

fn encode_count(family: &mut MetricEncoder<'_>, labels: &[(&str, &str)], counter: &AtomicU64) -> fmt::Result {
    let counter = ConstCounter::new(counter.load(Relaxed));
    counter.encode(family.encode_family(&labels)?)
}

/// A number that is read when it is asked for.
pub(super) struct Read {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) read: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Collector for Read {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let gauge = encoder.encode_descriptor(self.name, self.help, None, MetricType::Gauge)?;
        ConstGauge::new((self.read)()).encode(gauge)
    }
}

/// The transports' counters, one family for each counter.
pub(super) struct Transports(pub(super) Box<dyn Fn() -> Snapshot + Send + Sync>);

impl fmt::Debug for Transports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transports")
    }
}

impl Collector for Transports {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let snapshot = (self.0)();
        let by_transport: Vec<_> = snapshot
            .iter()
            .map(|(transport, counts)| (transport.parameter(), counts.fields()))
            .collect();
        let names = by_transport
            .first()
            .map(|(_, fields)| fields.clone())
            .unwrap_or_default();
        for (at, (name, _)) in names.into_iter().enumerate() {
            // The only one that falls.
            let is_gauge = name == "connections";
            let kind = if is_gauge {
                MetricType::Gauge
            } else {
                MetricType::Counter
            };
            let help = "See the documentation of the transports' counters";
            let name = format!("transport_{name}");
            let mut family = encoder.encode_descriptor(&name, help, None, kind)?;
            for (transport, fields) in &by_transport {
                let value = fields[at].1;
                let labels = [("transport", *transport)];
                let metric = family.encode_family(&labels)?;
                if is_gauge {
                    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)?;
                } else {
                    ConstCounter::new(value).encode(metric)?;
                }
            }
        }
        Ok(())
    }
}
