//! How phones are driven.

/// How phones are driven. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Triggers per second, over all phones. Default 50: 500 phones in ten seconds, and no node is asked for more than
    /// 50 documents per second by one office.
    pub pace_per_s: u32,
    /// How many may leave at once. Default 5.
    pub burst: u32,
    /// How long a phone that took a trigger may take to load its document. Default 15 s.
    pub wait_ms: u64,
    /// How long a trigger may be without an answer. Default 5 s.
    pub answer_ms: u64,
    /// The shortest time between two triggers to one phone. Default 2 s.
    pub gap_ms: u64,
    /// How long a phone that has just started is left alone: it loads its document by itself. Default 3 s.
    pub settle_ms: u64,
    /// When to look again whether a busy phone is free. Default 200 ms.
    pub look_again_ms: u64,
    /// So many failures of one means, then the next. Default 2.
    pub failures_max: u32,
    /// How long a means that worked is begun with, if it is not the first; then the first gets a try again, since what
    /// was in its way may be gone. Default 24 h: a phone that heeds only its second means is slow once a day.
    pub prefer_ms: u64,
    /// The first pause after a failure; doubled each time. Default 1 s.
    pub back_off_ms: u64,
    /// The longest pause. Default 60 s.
    pub back_off_max_ms: u64,
    /// When to give up, from the first trigger on; times in which the phone was busy do not count. Default 5 min.
    pub give_up_after_ms: u64,
    /// How many phones are remembered. Default 20 000, some 200 bytes each. Beyond, those that are settled are
    /// forgotten; if none is, a new one is turned away ([`Reconciler::want`](super::Reconciler::want) says so).
    pub phones_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pace_per_s: 50,
            burst: 5,
            wait_ms: 15_000,
            answer_ms: 5_000,
            gap_ms: 2_000,
            settle_ms: 3_000,
            look_again_ms: 200,
            failures_max: 2,
            prefer_ms: 24 * 3_600_000,
            back_off_ms: 1_000,
            back_off_max_ms: 60_000,
            give_up_after_ms: 5 * 60_000,
            phones_max: 20_000,
        }
    }
}

impl Settings {
    /// The pause after so many triggers: doubled each time, and somewhere in its upper half, so that phones that failed
    /// together do not come back together.
    pub(super) fn back_off(&self, attempts: u32, random: u64) -> u64 {
        let doubled = attempts.saturating_sub(1).min(32);
        let most = self
            .back_off_ms
            .saturating_mul(1 << doubled)
            .min(self.back_off_max_ms);
        most - random % (most / 2).max(1)
    }
}
