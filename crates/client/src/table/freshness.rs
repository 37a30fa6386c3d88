//! How old the table is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// The moment up to which the table is known to be complete. Reading it takes no lock.
pub(super) struct Freshness {
    start: Instant,
    /// Microseconds after `start`; negative when the first node's copy was older than this process.
    complete_until_us: AtomicI64,
}

impl Freshness {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            complete_until_us: AtomicI64::new(NEVER),
        }
    }

    /// The table is now complete but for the last `age`. Never takes back what was known: an older copy does
    /// not make the table older.
    pub(super) fn note(&self, age: Duration) {
        let until = self.now_us().saturating_sub(microseconds(age));
        self.complete_until_us
            .fetch_max(until.max(NEVER + 1), Ordering::Relaxed);
    }

    pub(super) fn age(&self) -> Duration {
        match self.complete_until_us.load(Ordering::Relaxed) {
            NEVER => Duration::MAX,
            until => Duration::from_micros(self.now_us().saturating_sub(until).max(0).unsigned_abs()),
        }
    }

    fn now_us(&self) -> i64 {
        microseconds(self.start.elapsed())
    }
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

const NEVER: i64 = i64::MIN;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_copy_does_not_make_the_table_older() {
        let freshness = Freshness::new();
        assert_eq!(freshness.age(), Duration::MAX);
        freshness.note(Duration::from_secs(50));
        let age = freshness.age();
        assert!(
            age >= Duration::from_secs(50) && age < Duration::from_secs(80),
            "{age:?}"
        );
        freshness.note(Duration::from_secs(1000));
        assert!(freshness.age() < Duration::from_secs(80));
        freshness.note(Duration::from_secs(1));
        assert!(freshness.age() < Duration::from_secs(31));
        freshness.note(Duration::MAX);
        assert!(freshness.age() < Duration::from_secs(31));
    }
}
