//! How old this node's copy is, at most.
//!
//! A node knows that its copy was complete at a moment only if it asked after that moment: it notes the time,
//! asks the leader for a read index, and has applied that index. When it was asked counts, not when the answer
//! came; so neither a message that lay in a buffer, nor a process that was paused, nor a leader that is none
//! any more can make a copy look younger than it is.

use std::time::Duration;

use hotdesk_core::TimeMs;
use parking_lot::Mutex;
use tokio::time::Instant;

/// Keeps the time of the last confirmation, and of the last word from a leader.
#[derive(Debug)]
pub(crate) struct Age {
    silence_max: Duration,
    times: Mutex<Times>,
}

#[derive(Debug, Default)]
struct Times {
    /// The copy held everything that was decided before this.
    complete_at: Option<Instant>,
    /// A leader that a majority follows answered a question asked at this time.
    heard_at: Option<Instant>,
}

impl Age {
    /// `silence_max`: after so long without a word from a leader, this node counts as cut off.
    pub(crate) fn new(silence_max: Duration) -> Self {
        Self {
            silence_max,
            times: Mutex::default(),
        }
    }

    /// A leader answered a question asked at `asked_at`.
    pub(crate) fn heard(&self, asked_at: Instant) {
        let mut times = self.times.lock();
        times.heard_at = times.heard_at.max(Some(asked_at));
    }

    /// This node has applied everything that was decided before `asked_at`.
    pub(crate) fn complete(&self, asked_at: Instant) {
        let mut times = self.times.lock();
        times.complete_at = times.complete_at.max(Some(asked_at));
        times.heard_at = times.heard_at.max(Some(asked_at));
    }

    /// How old the copy is at most. `clock` is that of the state: before the first confirmation, the time
    /// stamp of the last entry is all there is to go by, and trusts the clocks of two nodes.
    pub(crate) fn age(&self, clock: TimeMs) -> Duration {
        match self.times.lock().complete_at {
            Some(complete_at) => complete_at.elapsed(),
            None => Duration::from_millis(now().since_ms(clock)),
        }
    }

    /// No leader has been heard of for too long.
    pub(crate) fn cut_off(&self) -> bool {
        let heard_at = self.times.lock().heard_at;
        heard_at.is_none_or(|at| at.elapsed() > self.silence_max)
    }
}

/// The wall clock.
pub(crate) fn now() -> TimeMs {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    TimeMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_secs(3);

    #[tokio::test(start_paused = true)]
    async fn the_age_counts_from_the_question_not_from_the_answer() {
        let age = Age::new(SILENCE);
        let asked_at = Instant::now();
        tokio::time::advance(Duration::from_millis(400)).await;
        age.complete(asked_at);
        assert_eq!(age.age(TimeMs(0)), Duration::from_millis(400));
        // An older question that was answered later changes nothing.
        age.complete(asked_at.checked_sub(Duration::from_secs(1)).unwrap());
        assert_eq!(age.age(TimeMs(0)), Duration::from_millis(400));
    }

    #[tokio::test(start_paused = true)]
    async fn a_leaders_word_is_not_yet_a_complete_copy() {
        let age = Age::new(SILENCE);
        assert!(age.cut_off());
        age.heard(Instant::now());
        assert!(!age.cut_off());
        assert!(age.age(TimeMs(0)) > Duration::from_secs(365 * 24 * 3600));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_a_cut() {
        let age = Age::new(SILENCE);
        age.complete(Instant::now());
        tokio::time::advance(SILENCE).await;
        assert!(!age.cut_off());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(age.cut_off());
    }

    #[test]
    fn before_the_first_confirmation_the_last_entry_is_the_bound() {
        let age = Age::new(SILENCE);
        let clock = TimeMs(now().0 - 5000);
        assert!(age.age(clock) >= Duration::from_secs(5));
        assert!(age.age(clock) < Duration::from_secs(60));
    }
}
