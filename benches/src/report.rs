//! Summaries: medians of rounds, percentiles, steal time, and targets with the distance to them.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Rounds in which the hypervisor took more than this share of the processor time are thrown away.
pub const STEAL_MAX: f64 = 0.05;

/// One round of load: how much was done, how long single operations took.
#[derive(Clone, Debug)]
pub struct Round {
    /// Operations per second.
    pub per_second: f64,
    /// Median latency.
    pub p50: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// Share of processor time taken by the hypervisor.
    pub steal: f64,
}

impl Round {
    /// Summarises latencies (nanoseconds) gathered in `elapsed`.
    #[must_use]
    pub fn of(latencies: &Histogram<u64>, elapsed: Duration, steal: f64) -> Self {
        Self {
            per_second: latencies.len() as f64 / elapsed.as_secs_f64(),
            p50: Duration::from_nanos(latencies.value_at_quantile(0.5)),
            p99: Duration::from_nanos(latencies.value_at_quantile(0.99)),
            steal,
        }
    }

    /// The round fit to be counted.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.steal <= STEAL_MAX
    }
}

/// The median round by throughput, of the clean ones if there are any.
#[must_use]
pub fn median(rounds: &[Round]) -> Option<Round> {
    let mut chosen: Vec<&Round> = rounds.iter().filter(|round| round.is_clean()).collect();
    if chosen.is_empty() {
        chosen = rounds.iter().collect();
    }
    chosen.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    chosen.get(chosen.len() / 2).map(|round| (*round).clone())
}

/// The median of values.
#[must_use]
pub fn median_of(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A latency histogram from 1 µs to 60 s.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("constant bounds are valid")
}

/// Measures the share of steal time between two moments.
#[derive(Debug)]
pub struct Steal(u64, u64);

impl Steal {
    /// Starts measuring.
    #[must_use]
    pub fn start() -> Self {
        let (steal, total) = processor_time();
        Self(steal, total)
    }

    /// The share since the start.
    #[must_use]
    pub fn share(&self) -> f64 {
        let (steal, total) = processor_time();
        let elapsed = total.saturating_sub(self.1);
        if elapsed == 0 {
            0.0
        } else {
            steal.saturating_sub(self.0) as f64 / elapsed as f64
        }
    }
}

fn processor_time() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal; guest time is part of user.
    (fields.get(7).copied().unwrap_or(0), fields.iter().take(8).sum())
}

/// Times one call.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

/// Prints whether a target is met and how far away it is. `better_when_larger` says which way is better.
pub fn target(what: &str, got: f64, wanted: f64, unit: &str, better_when_larger: bool) {
    let met = if better_when_larger {
        got >= wanted
    } else {
        got <= wanted
    };
    let distance = if better_when_larger {
        got / wanted
    } else {
        wanted / got
    };
    let verdict = if met { "met   " } else { "MISSED" };
    let sign = if better_when_larger { ">=" } else { "<=" };
    // Nothing is a part of none.
    let distance = if wanted == 0.0 {
        String::new()
    } else {
        format!(", {:.0} % of it", distance * 100.0)
    };
    println!("  {verdict}  {what}: {got:.2}{unit} (target {sign} {wanted}{unit}{distance})");
}

/// Prints a duration with a fitting unit.
#[must_use]
pub fn short(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} us", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", nanos as f64 / 1e6),
        _ => format!("{:.2} s", nanos as f64 / 1e9),
    }
}
