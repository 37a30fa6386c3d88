//! "Moved to Chicago, desk 12": what a phone shows when its user has logged in elsewhere. Pure.
//!
//! The notice goes out before the phone is told to load its neutral document, and once more when it has loaded that
//! within [`MINUTE_MS`], since loading clears the screen of many. It waits, as everything does, for the end of calls, and
//! for a phone that restarts to come back.

use std::collections::HashMap;

use smol_str::SmolStr;

/// How long the notice should be seen.
const MINUTE_MS: u64 = 60_000;
/// How long the document waits for the phone's answer to the notice.
const ANSWER_MS: u64 = 1_500;
/// When to look again whether a busy phone is free.
const LOOK_AGAIN_MS: u64 = 200;
/// For so long a notice waits to be sent; after that it is no news.
const NEWS_MS: u64 = 3_600_000;
/// So many notices wait at most. One more is not shown: the phone turns neutral all the same.
const NOTICES_MAX: usize = 2_000;

/// Who moved where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// The user's id.
    pub(crate) user: SmolStr,
    /// The phone where the user logged in.
    pub(crate) to: SmolStr,
    /// When, in Unix milliseconds.
    pub(crate) at_unix_ms: u64,
}

/// The notices under way, by phone.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    under_way: HashMap<SmolStr, Notice>,
}

#[derive(Debug)]
struct Notice {
    moved: Moved,
    stage: Stage,
    /// When it is dropped, wherever it is.
    until_ms: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// To be sent.
    Waiting,
    /// Sent; the document waits until then.
    Sent { until_ms: u64 },
    /// Sent; to be sent a second time, if the phone loads.
    Shown,
    /// To be sent a second time.
    Again,
}

impl Notices {
    /// A user has left a phone for another.
    pub(crate) fn add(&mut self, device: &str, moved: Moved, now_ms: u64) {
        if self.under_way.len() < NOTICES_MAX || self.under_way.contains_key(device) {
            let notice = Notice {
                moved,
                stage: Stage::Waiting,
                until_ms: now_ms + NEWS_MS,
            };
            self.under_way.insert(device.into(), notice);
        }
    }

    /// Somebody has logged in there, or the phone is gone.
    pub(crate) fn forget(&mut self, device: &str) {
        self.under_way.remove(device);
    }

    /// Whether the phone's document has to wait for a notice.
    pub(crate) fn blocks(&self, device: &str, now_ms: u64) -> bool {
        self.under_way
            .get(device)
            .is_some_and(|notice| match notice.stage {
                Stage::Waiting => true,
                Stage::Sent { until_ms } => now_ms < until_ms,
                Stage::Shown | Stage::Again => false,
            })
    }

    /// The phone has answered, or cannot.
    pub(crate) fn answered(&mut self, device: &str, now_ms: u64, is_shown: bool) {
        if let Some(notice) = self.under_way.get_mut(device)
            && matches!(notice.stage, Stage::Sent { .. })
        {
            notice.stage = Stage::Shown;
            notice.until_ms = if is_shown { now_ms + MINUTE_MS } else { 0 };
        }
    }

    /// The phone has loaded its neutral document.
    pub(crate) fn loaded(&mut self, device: &str, now_ms: u64) {
        if let Some(notice) = self.under_way.get_mut(device)
            && notice.stage == Stage::Shown
            && now_ms < notice.until_ms
        {
            notice.stage = Stage::Again;
        }
    }

    /// What is to be sent now. `is_busy`: also when it is not there.
    pub(crate) fn due(
        &mut self,
        now_ms: u64,
        mut is_busy: impl FnMut(&str) -> bool,
    ) -> Vec<(SmolStr, Moved)> {
        let mut due = Vec::new();
        self.under_way.retain(|_, notice| now_ms < notice.until_ms);
        self.under_way.retain(|device, notice| match notice.stage {
            Stage::Waiting | Stage::Again if is_busy(device) => true,
            Stage::Waiting => {
                due.push((device.clone(), notice.moved.clone()));
                let until_ms = now_ms + ANSWER_MS;
                notice.stage = Stage::Sent { until_ms };
                true
            }
            Stage::Again => {
                due.push((device.clone(), notice.moved.clone()));
                false
            }
            Stage::Sent { .. } | Stage::Shown => true,
        });
        due
    }

    /// When [`due`](Self::due) has something to do, or a document need not wait any more.
    pub(crate) fn next_ms(&self, now_ms: u64) -> Option<u64> {
        let times = self.under_way.values().map(|notice| match notice.stage {
            Stage::Waiting | Stage::Again => now_ms + LOOK_AGAIN_MS,
            Stage::Sent { until_ms } if now_ms < until_ms => until_ms,
            Stage::Sent { .. } | Stage::Shown => notice.until_ms.max(now_ms + LOOK_AGAIN_MS),
        });
        times.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved() -> Moved {
        Moved {
            user: "ada".into(),
            to: "c2".into(),
            at_unix_ms: 0,
        }
    }

    #[test]
    fn a_notice_comes_before_the_document_and_once_more_after_it() {
        let mut notices = Notices::default();
        notices.add("c1", moved(), 0);
        // In a call.
        assert_eq!(notices.due(0, |_| true), []);
        assert!(notices.blocks("c1", 0));
        assert_eq!(notices.due(0, |_| false), [("c1".into(), moved())]);
        assert!(notices.blocks("c1", 0), "until it has answered");
        notices.answered("c1", 100, true);
        assert!(!notices.blocks("c1", 100));
        assert_eq!(notices.due(200, |_| false), []);
        notices.loaded("c1", 5_000);
        assert_eq!(notices.due(5_000, |_| false).len(), 1);
        assert_eq!(notices.due(6_000, |_| false), []);
        assert_eq!(notices.next_ms(6_000), None);
    }

    #[test]
    fn a_phone_that_is_silent_or_knows_no_notices_loads_all_the_same() {
        for is_silent in [true, false] {
            let mut notices = Notices::default();
            notices.add("c1", moved(), 0);
            assert_eq!(notices.due(0, |_| false).len(), 1);
            if is_silent {
                assert_eq!(notices.next_ms(0), Some(ANSWER_MS));
                assert!(!notices.blocks("c1", ANSWER_MS));
            } else {
                notices.answered("c1", 10, false);
                assert!(!notices.blocks("c1", 10));
            }
            notices.loaded("c1", ANSWER_MS);
            assert_eq!(notices.due(ANSWER_MS, |_| false), []);
            assert_eq!(notices.due(NEWS_MS, |_| false), []);
            assert_eq!(notices.next_ms(NEWS_MS), None);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut notices = Notices::default();
        for number in 0..NOTICES_MAX + 10 {
            notices.add(&number.to_string(), moved(), 0);
        }
        assert_eq!(notices.under_way.len(), NOTICES_MAX);
        notices.forget("1");
        assert_eq!(notices.under_way.len(), NOTICES_MAX - 1);
    }
}
