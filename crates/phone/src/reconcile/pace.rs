//! How many triggers per second leave one edge.

/// A token bucket, kept as the moment at which it would be full again (the "generic cell rate algorithm"): one number,
/// and no refilling. Within any span of `t` seconds it lets through at most `burst + t · pace`.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    interval_us: u64,
    tolerance_us: u64,
    full_at_us: u64,
}

impl Pace {
    pub(super) fn new(per_s: u32, burst: u32) -> Self {
        let interval_us = 1_000_000 / u64::from(per_s.max(1));
        Self {
            interval_us,
            tolerance_us: interval_us * u64::from(burst.max(1) - 1),
            full_at_us: 0,
        }
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now_ms: u64) -> bool {
        if now_ms < self.next_ms() {
            return false;
        }
        self.full_at_us = self.full_at_us.max(now_ms.saturating_mul(1000)) + self.interval_us;
        true
    }

    /// When there is a token.
    pub(super) const fn next_ms(&self) -> u64 {
        self.full_at_us.saturating_sub(self.tolerance_us).div_ceil(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_pace() {
        for (per_s, burst, within_ms, expected) in [
            (50, 5, 0, 5),
            (50, 5, 1000, 55),
            (50, 1, 1000, 51),
            (3, 1, 1000, 3),
            (1, 1, 999, 1),
            (0, 0, 1000, 2),
        ] {
            let mut pace = Pace::new(per_s, burst);
            let taken = (0..=within_ms).map(|now| {
                let at = 7_000_000 + now;
                std::iter::from_fn(|| pace.take(at).then_some(())).count()
            });
            assert_eq!(
                taken.sum::<usize>(),
                expected,
                "{per_s}/s, burst {burst}, {within_ms} ms"
            );
        }
    }

    #[test]
    fn there_is_a_token_when_it_says_so() {
        let mut pace = Pace::new(7, 2);
        let mut now = 5;
        for _ in 0..100 {
            assert!(pace.take(now));
            if pace.next_ms() > now {
                assert!(!pace.take(pace.next_ms() - 1));
                now = pace.next_ms();
            }
        }
    }
}
