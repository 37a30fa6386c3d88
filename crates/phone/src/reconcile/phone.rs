//! One phone on its way from what it shows to what it should show.

use super::{Answer, Settings, Urgency, Ways};

/// Where a phone is on its way.
///
/// ```text
///           wanted rises                token, free
/// Settled ───────────────► Queued ◄──────────────── Paused(until)
///    ▲                       │  ▲                        ▲
///    │                  sent │  │ wanted rose meanwhile  │ refused, lost, or not shown in time
///    │ shown                 ▼  │                        │
///    └─────────────────── Asked(until) ──taken──► Waiting(until)
///
/// from anywhere but Settled, when patience is over: GaveUp; left when wanted rises or the phone registers again
/// while cut off, once told: Queued, Paused and Waiting stay as they are
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Shows what it should.
    Settled,
    /// The next trigger is due, as soon as the phone is free and it is its turn.
    Queued,
    /// The next trigger is not due yet.
    Paused { until_ms: u64 },
    /// A trigger is under way.
    Asked { ticket: u64, until_ms: u64 },
    /// The phone has taken a trigger; it should load its document before that.
    Waiting { until_ms: u64 },
    /// Patience is over.
    GaveUp,
}

/// A phone.
#[derive(Clone, Debug)]
pub(super) struct Phone {
    pub(super) wanted: u64,
    pub(super) shown: u64,
    /// Since when this has been wanted.
    pub(super) since_ms: u64,
    pub(super) urgency: Urgency,
    ways: Ways,
    /// A way that worked, and since when: until its time is over, it is begun with. The first is not noted.
    good: Option<(usize, u64)>,
    /// The way with which it was begun.
    first: usize,
    /// The way used now.
    pub(super) using: usize,
    /// Failures of this way.
    failures: u32,
    /// Triggers sent since wanted rose.
    pub(super) attempts: u32,
    sent_ms: Option<u64>,
    /// The trigger that was sent last, and what can be said of it.
    ticket: u64,
    told: Told,
    pub(super) is_present: bool,
    pub(super) is_busy: bool,
    /// Since when nobody hears what it loads.
    cut_off_since_ms: Option<u64>,
    /// What was wanted has changed since the trigger that is under way.
    is_outdated: bool,
    patience: Patience,
    pub(super) state: State,
    /// The place in the queue.
    pub(super) turn: u64,
    /// When [`expire`](Self::expire) has something to do, as the reconciler has noted it.
    pub(super) noted_ms: Option<u64>,
}

/// What can be said of the trigger that a phone was sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Nothing: no answer yet, or none that says yes.
    Unsure,
    /// The phone has understood it: if it loads now, that is why.
    Taken,
    /// The phone has gone or come back since: if it loads now, it does so because it starts.
    Started,
}

/// A stop-watch that runs from the first trigger on, but not while the phone is busy or the office is cut off.
#[derive(Clone, Copy, Debug)]
struct Patience {
    left_ms: u64,
    runs_since_ms: Option<u64>,
}

impl Patience {
    const fn new(left_ms: u64) -> Self {
        Self {
            left_ms,
            runs_since_ms: None,
        }
    }

    const fn start(&mut self, now_ms: u64) {
        if self.runs_since_ms.is_none() {
            self.runs_since_ms = Some(now_ms);
        }
    }

    const fn stop(&mut self, now_ms: u64) {
        if let Some(since_ms) = self.runs_since_ms.take() {
            self.left_ms = self.left_ms.saturating_sub(now_ms.saturating_sub(since_ms));
        }
    }

    fn ends_ms(self) -> Option<u64> {
        Some(self.runs_since_ms?.saturating_add(self.left_ms))
    }
}

impl Phone {
    pub(super) const fn new(
        shown: u64,
        ways: Ways,
        cut_off_since_ms: Option<u64>,
        settings: &Settings,
    ) -> Self {
        Self {
            wanted: shown,
            shown,
            since_ms: 0,
            urgency: Urgency::Cosmetic,
            ways,
            good: None,
            first: 0,
            using: 0,
            failures: 0,
            attempts: 0,
            sent_ms: None,
            ticket: 0,
            told: Told::Unsure,
            is_present: true,
            is_busy: false,
            cut_off_since_ms,
            is_outdated: false,
            patience: Patience::new(settings.give_up_after_ms),
            state: State::Settled,
            turn: 0,
            noted_ms: None,
        }
    }

    /// May be sent a trigger.
    pub(super) const fn is_free(&self) -> bool {
        self.may_be_told() && !self.is_busy
    }

    /// The same, were it not busy.
    pub(super) const fn may_be_told(&self) -> bool {
        self.is_present && !self.is_held()
    }

    /// It was told once, and whether it follows cannot be known.
    pub(super) const fn is_held(&self) -> bool {
        self.cut_off_since_ms.is_some() && self.attempts > 0
    }

    pub(super) fn is_pending(&self) -> bool {
        !matches!(self.state, State::Settled | State::GaveUp)
    }

    /// How it can be told from now on.
    pub(super) fn set_ways(&mut self, ways: Ways) {
        if self.ways == ways {
            return;
        }
        self.ways = ways;
        self.good = self.good.filter(|(way, _)| ways.may_lead(*way));
        self.first = self.first.min(ways.count() - 1);
        self.using = self.using.min(ways.count() - 1);
    }

    /// The way that it follows, if it loads now.
    pub(super) fn followed(&self) -> Option<usize> {
        let is_in_time = matches!(self.state, State::Waiting { .. });
        (is_in_time && self.told == Told::Taken).then_some(self.using)
    }

    /// Something newer is wanted.
    pub(super) fn want(&mut self, now_ms: u64, stamp: u64, urgency: Urgency, settings: &Settings) {
        let is_new = !self.is_pending();
        if is_new || urgency == Urgency::Session {
            self.since_ms = now_ms;
        }
        self.urgency = if is_new {
            urgency
        } else {
            urgency.min(self.urgency)
        };
        self.wanted = stamp;
        self.begin_anew(now_ms, settings);
        match self.state {
            State::Settled | State::GaveUp => self.state = self.after_gap(now_ms, settings),
            // It has not loaded anything yet, or the news of it is still on the way.
            State::Waiting { .. } | State::Paused { .. } => self.state = self.after_gap(now_ms, settings),
            State::Asked { .. } => self.is_outdated = true,
            State::Queued => {}
        }
    }

    /// It shows something newer. Returns whether that is what is wanted.
    pub(super) fn show(&mut self, now_ms: u64, stamp: u64, settings: &Settings) -> bool {
        self.shown = stamp;
        if self.shown >= self.wanted {
            self.good = match self.followed().filter(|way| self.ways.may_lead(*way)) {
                Some(0) => None,
                // Used again and again it is not tried for longer.
                Some(way) if self.good.is_some_and(|(good, _)| good == way) => self.good,
                Some(way) => Some((way, now_ms)),
                None => self.good,
            };
            self.wanted = self.shown;
            self.state = State::Settled;
            self.patience = Patience::new(settings.give_up_after_ms);
            return true;
        }
        match self.state {
            // It listens, and has loaded what was right a moment ago.
            State::Waiting { .. } | State::Paused { .. } | State::GaveUp => {
                self.begin_anew(now_ms, settings);
                self.state = self.after_gap(now_ms, settings);
            }
            State::Asked { .. } => self.is_outdated = true,
            State::Queued | State::Settled => {}
        }
        false
    }

    fn begin_anew(&mut self, now_ms: u64, settings: &Settings) {
        self.good = self
            .good
            .filter(|(_, since_ms)| now_ms.saturating_sub(*since_ms) < settings.prefer_ms);
        self.begin_with(self.good.map_or(0, |(way, _)| way));
        self.attempts = 0;
        self.patience = Patience::new(settings.give_up_after_ms);
    }

    const fn begin_with(&mut self, way: usize) {
        self.first = way;
        self.using = way;
        self.failures = 0;
    }

    /// Now, unless the last trigger is too young.
    fn after_gap(&self, now_ms: u64, settings: &Settings) -> State {
        let until_ms = self
            .sent_ms
            .map_or(0, |sent_ms| sent_ms.saturating_add(settings.gap_ms));
        if until_ms > now_ms {
            State::Paused { until_ms }
        } else {
            State::Queued
        }
    }

    pub(super) fn send(&mut self, now_ms: u64, ticket: u64, settings: &Settings) {
        self.attempts = self.attempts.saturating_add(1);
        self.sent_ms = Some(now_ms);
        self.ticket = ticket;
        self.told = Told::Unsure;
        self.is_outdated = false;
        self.run_patience(now_ms);
        self.state = State::Asked {
            ticket,
            until_ms: now_ms.saturating_add(settings.answer_ms),
        };
    }

    /// What became of a trigger. `random` spreads the retries.
    pub(super) fn answered(
        &mut self,
        now_ms: u64,
        ticket: u64,
        answer: Answer,
        random: u64,
        settings: &Settings,
    ) {
        if ticket == self.ticket && answer == Answer::Taken && self.told == Told::Unsure {
            self.told = Told::Taken;
        }
        if matches!(self.state, State::Asked { ticket: asked, .. } if asked == ticket) {
            self.judged(now_ms, answer, random, settings);
        }
    }

    fn judged(&mut self, now_ms: u64, answer: Answer, random: u64, settings: &Settings) {
        if self.is_outdated {
            self.is_outdated = false;
            self.state = self.after_gap(now_ms, settings);
            return;
        }
        match answer {
            Answer::Taken => {
                self.state = State::Waiting {
                    until_ms: now_ms.saturating_add(settings.wait_ms),
                };
            }
            Answer::Refused => self.failed(now_ms, settings.failures_max, random, settings),
            Answer::Lost => self.failed(now_ms, self.failures + 1, random, settings),
        }
    }

    fn failed(&mut self, now_ms: u64, failures: u32, random: u64, settings: &Settings) {
        self.failures = failures;
        let mut pause_ms = settings.back_off(self.attempts, random);
        if self.told == Told::Started && self.using != 0 {
            // It was not the way that failed; and a phone that has just started may heed the first again.
            self.begin_with(0);
        } else if self.failures >= settings.failures_max && self.ways.count() > 1 {
            self.failures = 0;
            self.using = (self.using + 1) % self.ways.count();
            if self.using != self.first {
                // Another way, which has not failed yet.
                pause_ms = 0;
            }
        }
        self.state = State::Paused {
            until_ms: now_ms.saturating_add(pause_ms),
        };
    }

    /// In a call, or held for an emergency; or not any more. How much of the time since it was last looked at the phone
    /// was busy nobody knows: patience begins anew.
    pub(super) fn set_busy(&mut self, now_ms: u64, is_busy: bool, settings: &Settings) {
        self.is_busy = is_busy;
        if is_busy {
            self.patience = Patience::new(settings.give_up_after_ms);
        } else {
            self.run_patience(now_ms);
        }
    }

    const fn run_patience(&mut self, now_ms: u64) {
        let is_pending = !matches!(self.state, State::Settled | State::GaveUp);
        if self.attempts > 0 && is_pending && !self.is_busy && self.cut_off_since_ms.is_none() {
            self.patience.start(now_ms);
        }
    }

    /// What phones load is not heard of any more. The clock stands still; what is under way may be answered.
    pub(super) const fn cut_off(&mut self, now_ms: u64) {
        if self.cut_off_since_ms.is_none() {
            self.cut_off_since_ms = Some(now_ms);
            self.patience.stop(now_ms);
        }
    }

    /// It is heard of again. After a while without, what it has loaded meanwhile is still on its way: it gets the time in
    /// which it may load.
    pub(super) fn heard_again(&mut self, now_ms: u64, settings: &Settings) {
        let Some(since_ms) = self.cut_off_since_ms.take() else {
            return;
        };
        if self.attempts == 0 {
            return;
        }
        let held_ms = now_ms.saturating_sub(since_ms.max(self.sent_ms.unwrap_or(0)));
        let soonest_ms = if held_ms >= settings.wait_ms {
            now_ms.saturating_add(settings.wait_ms)
        } else {
            now_ms
        };
        let later = |until_ms: u64| until_ms.saturating_add(held_ms).max(soonest_ms);
        self.state = match self.state {
            State::Waiting { until_ms } => State::Waiting {
                until_ms: later(until_ms),
            },
            State::Paused { until_ms } => State::Paused {
                until_ms: later(until_ms),
            },
            State::Queued => State::Paused { until_ms: soonest_ms },
            State::Settled | State::GaveUp | State::Asked { .. } => self.state,
        };
        self.run_patience(now_ms);
    }

    /// It has registered, after it was gone or after a restart.
    pub(super) fn appeared(&mut self, now_ms: u64, settings: &Settings) {
        let was_gone = !self.is_present;
        self.is_present = true;
        self.told = Told::Started;
        let settled = State::Paused {
            until_ms: now_ms.saturating_add(settings.settle_ms),
        };
        match self.state {
            // Who starts loads its document; the news of it may be on the way.
            State::GaveUp => {
                self.begin_anew(now_ms, settings);
                self.begin_with(0);
                self.since_ms = now_ms;
                self.state = settled;
            }
            State::Paused { until_ms } if self.using != 0 => {
                self.begin_with(0);
                self.state = State::Paused {
                    until_ms: until_ms.max(now_ms.saturating_add(settings.settle_ms)),
                };
            }
            State::Queued if self.using != 0 => {
                self.begin_with(0);
                self.state = settled;
            }
            State::Queued if was_gone || self.attempts == 0 => self.state = settled,
            // What a phone does that follows a trigger: it would never be given up if this counted as a start.
            State::Queued | State::Paused { .. } | State::Asked { .. } | State::Waiting { .. } => {}
            State::Settled => {}
        }
    }

    /// It is not registered any more.
    pub(super) const fn left(&mut self) {
        self.is_present = false;
        self.told = Told::Started;
    }

    /// It has begun to follow: it takes its registrations back before it loads.
    pub(super) fn stirs(&mut self, now_ms: u64, settings: &Settings) {
        if matches!(self.state, State::Asked { .. } | State::Waiting { .. }) && !self.is_outdated {
            self.state = State::Waiting {
                until_ms: now_ms.saturating_add(settings.wait_ms),
            };
        }
    }

    /// When [`expire`](Self::expire) has something to do.
    pub(super) fn next_ms(&self) -> Option<u64> {
        let state_ms = match self.state {
            State::Settled | State::GaveUp => return None,
            State::Queued => None,
            State::Paused { .. } | State::Waiting { .. } if self.is_held() => None,
            State::Paused { until_ms } | State::Asked { until_ms, .. } | State::Waiting { until_ms } => {
                Some(until_ms)
            }
        };
        let patience_ms = self.patience.ends_ms();
        state_ms.into_iter().chain(patience_ms).min()
    }

    /// A time has come. Returns whether patience is over.
    pub(super) fn expire(&mut self, now_ms: u64, random: u64, settings: &Settings) -> bool {
        if self.patience.ends_ms().is_some_and(|at_ms| at_ms <= now_ms) {
            self.state = State::GaveUp;
            self.patience = Patience::new(settings.give_up_after_ms);
            return true;
        }
        match self.state {
            State::Paused { .. } | State::Waiting { .. } if self.is_held() => {}
            State::Paused { until_ms } if until_ms <= now_ms => self.state = State::Queued,
            State::Asked { until_ms, .. } if until_ms <= now_ms => {
                self.judged(now_ms, Answer::Lost, random, settings);
            }
            State::Waiting { until_ms } if until_ms <= now_ms => {
                if self.is_free() {
                    self.failed(now_ms, self.failures + 1, random, settings);
                } else {
                    // Phones in a call put it off, those that start again are about to load: neither is a failure.
                    self.state = State::Waiting {
                        until_ms: now_ms.saturating_add(settings.wait_ms),
                    };
                }
            }
            _ => {}
        }
        false
    }
}
