//! What happened last, for the status page: sessions that began or ended here, trunks, emergencies, intruders.

use std::collections::VecDeque;

use parking_lot::Mutex;

use super::app::now_ms;
use crate::http::Event;

/// How many are kept; the oldest go. The log has all of them.
const KEPT_MAX: usize = 100;

/// The last notable events. Texts name people and phones: the page is for operators.
#[derive(Default)]
pub(crate) struct Notable {
    events: Mutex<VecDeque<Event>>,
}

impl Notable {
    /// Keeps a sentence.
    pub(crate) fn note(&self, text: impl Into<String>) {
        let event = Event {
            at_ms: now_ms(),
            text: text.into(),
        };
        let mut events = self.events.lock();
        if events.len() >= KEPT_MAX {
            events.pop_front();
        }
        events.push_back(event);
    }

    /// All that is kept, the newest first.
    pub(crate) fn list(&self) -> Vec<Event> {
        self.events.lock().iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let notable = Notable::default();
        for number in 0..=KEPT_MAX {
            notable.note(number.to_string());
        }
        let texts: Vec<_> = notable.list().into_iter().map(|event| event.text).collect();
        assert_eq!(texts.len(), KEPT_MAX);
        assert_eq!(texts.first(), Some(&KEPT_MAX.to_string()));
        assert_eq!(texts.last(), Some(&"1".to_owned()));
    }
}
