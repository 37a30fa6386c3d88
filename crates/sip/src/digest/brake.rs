//! Slowing down whoever guesses passwords: by source address and by account.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use smol_str::SmolStr;

/// How a [`Throttle`] slows down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrottleSettings {
    /// So many failures cost nothing: passwords are mistyped.
    pub free: u32,
    /// What the first failure after those costs. Each further one costs twice as much.
    pub first_delay: Duration,
    /// What one failure costs at most.
    pub delay_max: Duration,
    /// All is forgiven when nothing failed for so long after the last delay was over.
    pub forgive_after: Duration,
    /// How many are remembered, about 100 bytes each. When there are more, the one that failed first is forgotten.
    pub entries_max: usize,
}

/// Counts failures, and refuses for a while.
pub struct Throttle<K> {
    settings: ThrottleSettings,
    entries: HashMap<K, Failures>,
    /// The keys of `entries` in the order in which they came, each once.
    order: VecDeque<K>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    refuse_until: Instant,
}

impl<K: Clone + Eq + Hash> Throttle<K> {
    /// Knows of no failure.
    #[must_use]
    pub fn new(settings: ThrottleSettings) -> Self {
        Self {
            settings,
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// How long to refuse still; `None` when it may try.
    #[must_use]
    pub fn refused_for(&self, now: Instant, key: &K) -> Option<Duration> {
        let failures = self.entries.get(key)?;
        let left = failures.refuse_until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// One more failure. Returns for how long to refuse now; zero when not at all.
    pub fn failed(&mut self, now: Instant, key: K) -> Duration {
        let forgive_after = self.settings.forgive_after;
        let count = match self.entries.get(&key) {
            Some(known) if now.saturating_duration_since(known.refuse_until) < forgive_after => {
                known.count.saturating_add(1)
            }
            _ => 1,
        };
        let delay = self.delay(count);
        let failures = Failures {
            count,
            refuse_until: now + delay,
        };
        match self.entries.entry(key) {
            Entry::Occupied(mut known) => {
                known.insert(failures);
            }
            Entry::Vacant(new) => {
                self.order.push_back(new.key().clone());
                new.insert(failures);
            }
        }
        while self.entries.len() > self.settings.entries_max.max(1) {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.entries.remove(&oldest);
        }
        delay
    }

    /// Got in: its failures are forgiven.
    pub fn succeeded(&mut self, key: &K) {
        // It stays in the table, so that the order and the table hold the same keys.
        if let Some(failures) = self.entries.get_mut(key) {
            failures.count = 0;
        }
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn delay(&self, count: u32) -> Duration {
        let Some(doublings) = count.checked_sub(self.settings.free + 1) else {
            return Duration::ZERO;
        };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.settings
            .first_delay
            .saturating_mul(factor)
            .min(self.settings.delay_max)
    }
}

/// How a [`Brake`] slows down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrakeSettings {
    /// Per source address. An office behind one NAT address is one source, so it gets more for free.
    pub source: ThrottleSettings,
    /// Per account, against guessing from many addresses.
    pub account: ThrottleSettings,
}

impl Default for BrakeSettings {
    /// 20 failures free per source, 5 per account; then 1 s, 2 s, 4 s, ... up to 5 minutes; forgiven after 15
    /// minutes; 16,384 of each remembered.
    fn default() -> Self {
        let account = ThrottleSettings {
            free: 5,
            first_delay: Duration::from_secs(1),
            delay_max: Duration::from_secs(300),
            forgive_after: Duration::from_secs(900),
            entries_max: 16_384,
        };
        Self {
            source: ThrottleSettings {
                free: 20,
                ..account.clone()
            },
            account,
        }
    }
}

/// Both throttles. Ask [`refused_for`](Self::refused_for) before a digest is computed, and answer every refusal
/// alike, whether the account exists or not; an account that does not exist is counted like any other.
pub struct Brake {
    sources: Throttle<IpAddr>,
    accounts: Throttle<SmolStr>,
}

impl Brake {
    /// Knows of no failure.
    #[must_use]
    pub fn new(settings: BrakeSettings) -> Self {
        Self {
            sources: Throttle::new(settings.source),
            accounts: Throttle::new(settings.account),
        }
    }

    /// How long to refuse still; `None` when it may try.
    ///
    /// `at_home`: the account has a live registration from this very address. Then neither the account's nor
    /// the address's failures count, so that nobody locks a working phone out by guessing at its account from
    /// elsewhere, nor by sitting next to it behind the same NAT.
    #[must_use]
    pub fn refused_for(
        &self,
        now: Instant,
        source: IpAddr,
        account: Option<&str>,
        at_home: bool,
    ) -> Option<Duration> {
        if at_home {
            return None;
        }
        let source = self.sources.refused_for(now, &network(source));
        let account = account.and_then(|account| self.accounts.refused_for(now, &key(account)));
        source.max(account)
    }

    /// A wrong response. Returns for how long to refuse now; zero when not at all.
    pub fn failed(&mut self, now: Instant, source: IpAddr, account: &str) -> Duration {
        let source = self.sources.failed(now, network(source));
        let account = self.accounts.failed(now, key(account));
        source.max(account)
    }

    /// A right response. Forgives the account; the source stays as it is, since whoever guesses has one account
    /// to get in with, too.
    pub fn succeeded(&mut self, account: &str) {
        self.accounts.succeeded(&key(account));
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// A name of any length must not cost memory of any length.
fn key(account: &str) -> SmolStr {
    let mut end = account.len().min(ACCOUNT_BYTES_MAX);
    while !account.is_char_boundary(end) {
        end -= 1;
    }
    SmolStr::new(&account[..end])
}

/// Longer than any account's name.
const ACCOUNT_BYTES_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries_max: usize) -> ThrottleSettings {
        ThrottleSettings {
            free: 2,
            first_delay: Duration::from_secs(1),
            delay_max: Duration::from_secs(5),
            forgive_after: Duration::from_secs(60),
            entries_max,
        }
    }

    #[test]
    fn failures_cost_twice_as_much_each_time_up_to_a_limit() {
        let mut throttle = Throttle::new(settings(8));
        let now = Instant::now();
        for (row, expected) in [0, 0, 1, 2, 4, 5, 5].into_iter().enumerate() {
            let delay = throttle.failed(now, "a");
            assert_eq!(delay.as_secs(), expected, "failure {}", row + 1);
        }
        assert_eq!(throttle.refused_for(now, &"a"), Some(Duration::from_secs(5)));
        assert_eq!(throttle.refused_for(now + Duration::from_secs(5), &"a"), None);
        assert_eq!(throttle.refused_for(now, &"b"), None);
    }

    #[test]
    fn success_and_time_forgive() {
        let now = Instant::now();
        let three = |throttle: &mut Throttle<&str>| {
            for _ in 0..3 {
                throttle.failed(now, "a");
            }
        };
        let mut throttle = Throttle::new(settings(8));
        three(&mut throttle);
        throttle.succeeded(&"a");
        assert_eq!(throttle.failed(now, "a"), Duration::ZERO, "after a success");
        let mut throttle = Throttle::new(settings(8));
        three(&mut throttle);
        let later = now + Duration::from_secs(60);
        assert_eq!(throttle.failed(later, "a").as_secs(), 2, "just not forgiven");
        assert_eq!(
            throttle.failed(later + Duration::from_secs(62), "a"),
            Duration::ZERO
        );
    }

    #[test]
    fn a_full_table_forgets_the_first_and_stays_as_large_as_it_is() {
        let mut throttle = Throttle::new(settings(3));
        let now = Instant::now();
        for _ in 0..3 {
            throttle.failed(now, 0);
        }
        for key in 1..100 {
            throttle.failed(now, key);
            throttle.succeeded(&key);
            throttle.failed(now, key);
        }
        assert_eq!((throttle.len(), throttle.order.len()), (3, 3));
        assert_eq!(throttle.refused_for(now, &0), None);
    }

    #[test]
    fn guessing_is_refused_by_source_and_by_account_but_not_at_home() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut brake = Brake::new(BrakeSettings::default());
        let now = Instant::now();
        // One account from many addresses.
        for last in 0..6 {
            brake.failed(now, address(&format!("192.0.2.{last}")), "phone-1");
        }
        let check = |brake: &Brake, source, account, at_home| {
            brake
                .refused_for(now, address(source), account, at_home)
                .is_some()
        };
        assert!(check(&brake, "198.51.100.1", Some("phone-1"), false));
        assert!(
            !check(&brake, "198.51.100.1", Some("phone-1"), true),
            "a working phone"
        );
        assert!(!check(&brake, "198.51.100.1", Some("phone-2"), false));
        // Many accounts from one network.
        for account in 0..21 {
            brake.failed(
                now,
                address(&format!("2001:db8::{account:x}")),
                &format!("none-{account}"),
            );
        }
        assert!(check(&brake, "2001:db8::ffff", Some("phone-3"), false));
        assert!(check(&brake, "2001:db8::ffff", None, false));
        assert!(
            !check(&brake, "2001:db8:0:1::1", Some("phone-3"), false),
            "another network"
        );
    }
}
