//! How many new requests one source may send in a second: a token bucket for each, in bounded tables.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::{Message, Method};
use hotdesk_sip::proxy::Application as _;
use parking_lot::Mutex;

use super::app::App;
use super::settings::contains;

/// Over how many tables the sources are spread, so that threads seldom meet.
const TABLES: usize = 16;
/// Sources in one table. When it is full, those that were quiet for a second are forgotten; when all are busy, the
/// newcomers share one bucket, so that a flood from forged addresses costs no memory.
const SOURCES_MAX: usize = 4096;
/// A source that was throttled is told of again after so long.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// What the meter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    /// Let it in.
    Within,
    /// Drop it. `news`: nobody has been told of this source in the last minute.
    Beyond { news: bool },
}

/// The buckets of all sources.
pub(crate) struct Meter {
    /// Requests per second, and how many at once; 0: any number.
    rate: u32,
    tables: Vec<Mutex<Table>>,
    hasher: foldhash::fast::RandomState,
}

#[derive(Default)]
struct Table {
    sources: HashMap<IpAddr, Bucket>,
    shared: Option<Bucket>,
}

#[derive(Clone, Copy)]
struct Bucket {
    /// In thousandths of a request.
    tokens: u64,
    at: Instant,
    said: Option<Instant>,
}

impl Meter {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate,
            tables: std::iter::repeat_with(Mutex::default).take(TABLES).collect(),
            hasher: foldhash::fast::RandomState::default(),
        }
    }

    /// Whether nothing is measured.
    pub(crate) const fn is_off(&self) -> bool {
        self.rate == 0
    }

    /// A new request from there.
    pub(crate) fn take(&self, now: Instant, source: IpAddr) -> Measured {
        if self.rate == 0 {
            return Measured::Within;
        }
        let source = network(source);
        let at = usize::try_from(self.hasher.hash_one(source) % TABLES as u64).unwrap_or(0);
        let mut table = self.tables[at].lock();
        let full = u64::from(self.rate) * 1000;
        let bucket = table.bucket(now, source, full);
        let elapsed = u64::try_from(now.saturating_duration_since(bucket.at).as_micros()).unwrap_or(u64::MAX);
        let earned = elapsed.saturating_mul(u64::from(self.rate)) / 1000;
        if earned > 0 {
            bucket.tokens = bucket.tokens.saturating_add(earned).min(full);
            bucket.at = now;
        }
        if bucket.tokens >= 1000 {
            bucket.tokens -= 1000;
            return Measured::Within;
        }
        let news = bucket
            .said
            .is_none_or(|said| now.saturating_duration_since(said) >= SAY_AGAIN);
        if news {
            bucket.said = Some(now);
        }
        Measured::Beyond { news }
    }
}

impl Table {
    fn bucket(&mut self, now: Instant, source: IpAddr, full: u64) -> &mut Bucket {
        let fresh = Bucket {
            tokens: full,
            at: now,
            said: None,
        };
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            let busy = |bucket: &Bucket| now.saturating_duration_since(bucket.at) < Duration::from_secs(1);
            self.sources.retain(|_, bucket| busy(bucket));
            if self.sources.len() >= SOURCES_MAX {
                return self.shared.get_or_insert(fresh);
            }
        }
        self.sources.entry(source).or_insert(fresh)
    }
}

/// Whoever has one IPv6 address has a whole /64 of them.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl App {
    /// Whether a new request is dropped, because its source sends more than its share. Emergency calls never are, and
    /// neither is what belongs to something established, or comes from those who need no password.
    pub(crate) fn is_beyond(&self, now: Instant, from: &Hop, request: &Message) -> bool {
        if self.meter.is_off() {
            return false;
        }
        let is_new = !matches!(
            request.method(),
            None | Some(Method::Ack | Method::Cancel | Method::Bye)
        ) && request.to().is_ok_and(|to| to.params.get("tag").is_none());
        if !is_new {
            return false;
        }
        let source = from.remote.ip();
        let Measured::Beyond { news } = self.meter.take(now, source) else {
            return false;
        };
        if contains(&self.settings.open_networks, source)
            || self.neighbour(request, from).is_some()
            || self.is_vital(request)
        {
            return false;
        }
        self.metrics.refused("too_many_requests");
        if news {
            tracing::warn!(peer = %source, "a source sends more requests than it may; the rest is dropped");
            self.notable
                .note(format!("{source} sends more requests than it may"));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_gets_its_share_of_each_second_and_no_other_suffers() {
        let (meter, start) = (Meter::new(10), Instant::now());
        for _ in 0..10 {
            assert_eq!(meter.take(start, ip("192.0.2.1")), Measured::Within);
        }
        assert_eq!(
            meter.take(start, ip("192.0.2.1")),
            Measured::Beyond { news: true }
        );
        assert_eq!(
            meter.take(start, ip("192.0.2.1")),
            Measured::Beyond { news: false }
        );
        assert_eq!(meter.take(start, ip("192.0.2.2")), Measured::Within);
        let later = start + Duration::from_millis(100);
        assert_eq!(meter.take(later, ip("192.0.2.1")), Measured::Within);
        assert_eq!(
            meter.take(later, ip("192.0.2.1")),
            Measured::Beyond { news: false }
        );
        assert_eq!(meter.take(start + SAY_AGAIN, ip("192.0.2.1")), Measured::Within);
    }

    #[test]
    fn many_addresses_of_one_network_are_one_source() {
        let (meter, start) = (Meter::new(1), Instant::now());
        assert_eq!(meter.take(start, ip("2001:db8::1")), Measured::Within);
        assert_eq!(
            meter.take(start, ip("2001:db8::2")),
            Measured::Beyond { news: true }
        );
        assert_eq!(meter.take(start, ip("2001:db8:0:1::2")), Measured::Within);
    }

    #[test]
    fn forged_addresses_cost_no_memory() {
        let (meter, start) = (Meter::new(1), Instant::now());
        let mut dropped = 0;
        for number in 0..200_000_u32 {
            let source = IpAddr::V4(number.into());
            dropped += u32::from(meter.take(start, source) != Measured::Within);
        }
        let known: usize = meter.tables.iter().map(|table| table.lock().sources.len()).sum();
        assert!(known <= TABLES * SOURCES_MAX, "{known}");
        assert!(dropped > 100_000, "{dropped}");
        // A second later there is room again.
        let later = start + Duration::from_secs(2);
        assert_eq!(meter.take(later, ip("203.0.113.1")), Measured::Within);
    }

    #[test]
    fn zero_is_any_number() {
        let (meter, start) = (Meter::new(0), Instant::now());
        assert!((0..10_000).all(|_| meter.take(start, ip("192.0.2.1")) == Measured::Within));
    }
}
