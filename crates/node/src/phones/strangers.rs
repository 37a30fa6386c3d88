//! How often one source may ask without showing whose phone it is.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many sources are counted apart. Once there are more in one minute, the new ones are counted together.
const SOURCES_MAX: usize = 10_000;
/// How long a count goes on.
const WINDOW: Duration = Duration::from_secs(60);
/// Stands for all sources beyond the limit. Nobody asks from there (RFC 1122 §3.2.1.3).
const OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::BROADCAST);

/// The counts.
pub(super) struct Strangers {
    per_minute_max: u32,
    counts: Mutex<HashMap<IpAddr, Count>>,
}

struct Count {
    since: Instant,
    requests: u32,
}

impl Strangers {
    pub(super) fn new(per_minute_max: u32) -> Self {
        Self {
            per_minute_max,
            counts: Mutex::default(),
        }
    }

    /// Whether a source has asked too often to be let in now; counts nothing.
    pub(super) fn is_out(&self, source: IpAddr, now: Instant) -> bool {
        let source = network_of(source);
        let counts = self.counts.lock();
        let count = counts.get(&source).or_else(|| {
            let is_full = counts.len() >= SOURCES_MAX;
            counts.get(&OTHERS).filter(|_| is_full)
        });
        count.is_some_and(|count| {
            let is_fresh = now.saturating_duration_since(count.since) < WINDOW;
            is_fresh && count.requests >= self.per_minute_max
        })
    }

    /// Counts a request; how long to wait when it is one too many.
    pub(super) fn let_in(&self, source: IpAddr, now: Instant) -> Result<(), Duration> {
        let source = network_of(source);
        let mut counts = self.counts.lock();
        if counts.len() >= SOURCES_MAX && !counts.contains_key(&source) {
            counts.retain(|_, count| now.saturating_duration_since(count.since) < WINDOW);
        }
        let key = if counts.len() >= SOURCES_MAX && !counts.contains_key(&source) {
            OTHERS
        } else {
            source
        };
        let count = counts.entry(key).or_insert(Count {
            since: now,
            requests: 0,
        });
        let age = now.saturating_duration_since(count.since);
        if age >= WINDOW {
            *count = Count {
                since: now,
                requests: 0,
            };
        } else if count.requests >= self.per_minute_max {
            return Err(WINDOW - age);
        }
        count.requests += 1;
        Ok(())
    }

    /// A request that was counted has turned out to be none of those that count.
    pub(super) fn give_back(&self, source: IpAddr) {
        if let Some(count) = self.counts.lock().get_mut(&network_of(source)) {
            count.requests = count.requests.saturating_sub(1);
        }
    }
}

/// One who has an IPv6 network has all of its addresses (RFC 4291 §2.5.4): they count together.
pub(super) fn network_of(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn a_source_asks_so_often_a_minute_and_no_more() {
        let strangers = Strangers::new(3);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(strangers.let_in(address(1), start), Ok(()));
        }
        let later = start + Duration::from_secs(20);
        assert!(strangers.is_out(address(1), later) && !strangers.is_out(address(2), later));
        assert!(!strangers.is_out(address(1), start + WINDOW));
        assert_eq!(strangers.let_in(address(1), later), Err(Duration::from_secs(40)));
        assert_eq!(
            strangers.let_in(address(2), later),
            Ok(()),
            "others are not held up"
        );
        assert_eq!(strangers.let_in(address(1), start + WINDOW), Ok(()));
    }

    #[test]
    fn what_is_given_back_was_not_asked() {
        let strangers = Strangers::new(1);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(strangers.let_in(address(1), start), Ok(()));
            strangers.give_back(address(1));
        }
        assert_eq!(strangers.let_in(address(1), start), Ok(()));
        assert!(strangers.let_in(address(1), start).is_err());
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_together() {
        let strangers = Strangers::new(2);
        let start = Instant::now();
        let let_in = |address: &str| strangers.let_in(address.parse().unwrap(), start).is_ok();
        let outcomes = [
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8::3:4:5:6",
            "2001:db8:0:1::1",
        ]
        .map(let_in);
        assert_eq!(outcomes, [true, true, false, true]);
        assert!(strangers.is_out("2001:db8::7".parse().unwrap(), start));
        assert!(!strangers.is_out("2001:db8:0:1::7".parse().unwrap(), start));
    }

    #[test]
    fn beyond_the_limit_new_sources_share_one_count() {
        let strangers = Strangers::new(2);
        let start = Instant::now();
        let most = u32::try_from(SOURCES_MAX).unwrap();
        for number in 0..most {
            assert_eq!(strangers.let_in(address(number), start), Ok(()));
        }
        let outcomes =
            [most, most + 1, most + 2].map(|number| strangers.let_in(address(number), start).is_ok());
        assert_eq!(outcomes, [true, true, false]);
        assert_eq!(
            strangers.let_in(address(0), start),
            Ok(()),
            "who was there first is known"
        );
        assert!(strangers.counts.lock().len() <= SOURCES_MAX + 1);
        assert_eq!(
            strangers.let_in(address(most), start + WINDOW),
            Ok(()),
            "a minute later there is room"
        );
    }
}
