//! Counts of one minute, for as many sources as fit.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many sources are counted apart. Once there are more in one minute, the new ones are counted together.
pub(crate) const SOURCES_MAX: usize = 10_000;
/// How long a count goes on.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// How often each source has done something in the current minute; its minute begins with the first time.
pub(crate) struct PerMinute<K> {
    each_max: u32,
    counts: Mutex<Counts<K>>,
}

struct Counts<K> {
    by_source: HashMap<K, Count>,
    /// All sources beyond the limit.
    others: Count,
}

#[derive(Clone, Copy)]
struct Count {
    since: Instant,
    times: u32,
}

impl<K: Eq + Hash> PerMinute<K> {
    /// A source may so often a minute.
    pub(crate) fn new(each_max: u32) -> Self {
        let counts = Counts {
            by_source: HashMap::new(),
            others: Count {
                since: Instant::now(),
                times: 0,
            },
        };
        Self {
            each_max,
            counts: Mutex::new(counts),
        }
    }

    /// How long a source has to wait that has used up its minute; counts nothing.
    pub(crate) fn wait(&self, source: &K, now: Instant) -> Option<Duration> {
        let counts = self.counts.lock();
        let is_full = counts.by_source.len() >= SOURCES_MAX;
        let count = counts.by_source.get(source);
        count
            .or_else(|| is_full.then_some(&counts.others))?
            .wait(self.each_max, now)
    }

    /// Counts once more, and says whether that was the last time of this minute.
    ///
    /// # Errors
    /// How long to wait, when the minute was used up before; then nothing is counted.
    pub(crate) fn count(&self, source: K, now: Instant) -> Result<bool, Duration> {
        let mut counts = self.counts.lock();
        let Counts { by_source, others } = &mut *counts;
        if by_source.len() >= SOURCES_MAX && !by_source.contains_key(&source) {
            by_source.retain(|_, count| !count.is_over(now));
        }
        let new = Count { since: now, times: 0 };
        let count = if by_source.len() >= SOURCES_MAX && !by_source.contains_key(&source) {
            others
        } else {
            by_source.entry(source).or_insert(new)
        };
        if count.is_over(now) {
            *count = new;
        }
        if let Some(wait) = count.wait(self.each_max, now) {
            return Err(wait);
        }
        count.times += 1;
        Ok(count.times == self.each_max)
    }
}

impl Count {
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= WINDOW
    }

    fn wait(&self, each_max: u32, now: Instant) -> Option<Duration> {
        let left = WINDOW.saturating_sub(now.saturating_duration_since(self.since));
        (self.times >= each_max && !left.is_zero()).then_some(left)
    }
}

/// One who has an IPv6 network has all of its addresses (RFC 4291 §2.5.4): they count together. An IPv4 address that
/// came in through an IPv6 socket counts as itself.
pub(crate) fn network_of(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_so_often_a_minute_and_no_more() {
        let counts = PerMinute::new(3);
        let start = Instant::now();
        let outcomes = [0, 1, 2].map(|_| counts.count("a", start));
        assert_eq!(
            outcomes,
            [Ok(false), Ok(false), Ok(true)],
            "the last time is told"
        );
        let later = start + Duration::from_secs(20);
        let left = Duration::from_secs(40);
        assert_eq!(counts.count("a", later), Err(left));
        assert_eq!(
            (counts.wait(&"a", later), counts.wait(&"b", later)),
            (Some(left), None)
        );
        assert_eq!(counts.count("b", later), Ok(false), "others are not held up");
        assert_eq!(counts.wait(&"a", start + WINDOW), None);
        assert_eq!(counts.count("a", start + WINDOW), Ok(false));
    }

    #[test]
    fn beyond_the_limit_new_sources_share_one_count() {
        let counts = PerMinute::new(2);
        let start = Instant::now();
        for number in 0..SOURCES_MAX {
            assert_eq!(counts.count(number, start), Ok(false));
        }
        let outcomes = [0, 1, 2].map(|more| counts.count(SOURCES_MAX + more, start).is_ok());
        assert_eq!(outcomes, [true, true, false]);
        assert!(counts.wait(&(SOURCES_MAX + 9), start).is_some());
        assert_eq!(counts.count(0, start), Ok(true), "who was there first is known");
        assert_eq!(counts.counts.lock().by_source.len(), SOURCES_MAX);
        assert_eq!(
            counts.count(SOURCES_MAX, start + WINDOW),
            Ok(false),
            "a minute later there is room"
        );
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_source() {
        for (address, network) in [
            ("2001:db8::1", "2001:db8::"),
            ("2001:db8::3:4:5:6", "2001:db8::"),
            ("2001:db8:0:1::7", "2001:db8:0:1::"),
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(
                network_of(address.parse().unwrap()).to_string(),
                network,
                "{address}"
            );
        }
    }
}
