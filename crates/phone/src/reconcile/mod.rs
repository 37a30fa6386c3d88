//! Drives phones from what they show to what they should show, without a clock or a socket.
//!
//! The log says what each phone should show (a stamp that only rises) and what it has been seen to show. Between the
//! two stands a phone that has to be told, is in a call, does not answer, or answers and does nothing. The
//! [`Reconciler`] says whom to send which trigger when; whoever has the phone's flow sends it and says what became of
//! it.
//!
//! - **Never while busy.** Before anything is sent the reconciler asks whether the phone is in a call or held for an
//!   emergency; if so it keeps its place, and is asked for again [`Settings::look_again_ms`] later. What a phone in a
//!   call has put off counts as no failure.
//! - **Means in turn.** The best comes first; after [`Settings::failures_max`] failures, or one refusal, the next one;
//!   after the last the first again, later and later. A phone that is started while it is on its way begins with the
//!   best.
//! - **What worked is begun with** for [`Settings::prefer_ms`], where its [`Ways`] allow that. It worked if the phone took
//!   it, and then loaded within the time, and did not start meanwhile: a phone that starts loads by itself, and was it
//!   unplugged, then what was sent last did nothing.
//! - **A bound.** After [`Settings::give_up_after_ms`] without success it gives up, loudly, and begins anew when
//!   something else is wanted or the phone starts.
//! - **Never blind.** What phones load is seen in the log only. While the office is cut off from it, each phone is told
//!   once; then its clock stands still until the log is heard of again.
//! - **A pace.** Triggers leave at [`Settings::pace_per_s`], whatever happens at nine o'clock: logins and logouts first,
//!   in their order, then their retries, then what is only cosmetic.
//!
//! Nothing is kept on a disk: whoever starts again asks the log, and says it again with
//! [`Reconciler::want`].

mod pace;
mod phone;
mod settings;
mod terms;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use smol_str::SmolStr;

use self::pace::Pace;
use self::phone::{Phone, State};
pub use self::settings::Settings;
pub use self::terms::{Action, Answer, Progress, Stage, Urgency, Ways};

/// All phones of an edge on their way.
///
/// Times are milliseconds from any origin, and never go back: an earlier one counts as the last one. What is to be
/// done comes out of [`tick`](Self::tick) only.
#[derive(Clone, Debug)]
pub struct Reconciler {
    settings: Settings,
    phones: HashMap<SmolStr, Phone>,
    timers: BTreeSet<(u64, SmolStr)>,
    /// Whose turn it is: class, turn.
    queue: BTreeSet<(Class, u64, SmolStr)>,
    /// Whom to forget first: when it settled.
    settled: BTreeSet<(u64, SmolStr)>,
    done: Vec<Action>,
    pace: Pace,
    now_ms: u64,
    cut_off_since_ms: Option<u64>,
    turns: u64,
    tickets: u64,
    random: u64,
}

/// The order of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Somebody stands at the phone.
    Session,
    /// Somebody does, and it has failed before: not in the way of those who come now.
    SessionAgain,
    Cosmetic,
}

impl Reconciler {
    /// Without phones. `seed`: any number, another one for each edge and start.
    #[must_use]
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            pace: Pace::new(settings.pace_per_s, settings.burst),
            settings,
            phones: HashMap::new(),
            timers: BTreeSet::new(),
            queue: BTreeSet::new(),
            settled: BTreeSet::new(),
            done: Vec::new(),
            now_ms: 0,
            cut_off_since_ms: None,
            turns: 0,
            tickets: 0,
            random: seed,
        }
    }

    /// A phone that is registered should show `stamp`, and was seen to show `shown`. `ways`: how it can be told; without
    /// any there is nothing to drive. Says whether it is looked after: not when there are too many.
    pub fn want(
        &mut self,
        now_ms: u64,
        device: &str,
        (stamp, shown): (u64, u64),
        urgency: Urgency,
        ways: Ways,
    ) -> bool {
        let now_ms = self.at(now_ms);
        if ways.count() == 0 {
            self.forget(device);
            return true;
        }
        if !self.phones.contains_key(device) {
            if stamp <= shown {
                return true;
            }
            if !self.make_room() {
                return false;
            }
            let phone = Phone::new(shown, ways, self.cut_off_since_ms, &self.settings);
            self.phones.insert(device.into(), phone);
            self.settled.insert((0, device.into()));
        }
        self.shown(now_ms, device, shown);
        self.change(device, |phone, settings, _| {
            phone.set_ways(ways);
            if stamp > phone.wanted {
                phone.want(now_ms, stamp, urgency, settings);
            }
        });
        true
    }

    /// A phone was seen to show `stamp`, by whatever sign.
    pub fn shown(&mut self, now_ms: u64, device: &str, stamp: u64) {
        let now_ms = self.at(now_ms);
        let mut done = None;
        self.change(device, |phone, settings, _| {
            if stamp <= phone.shown {
                return;
            }
            let was_wanted = phone.wanted > phone.shown;
            let before = phone.clone();
            let followed = phone.followed();
            if phone.show(now_ms, stamp, settings) && was_wanted {
                done = Some(Action::Acknowledged {
                    device: device.into(),
                    stamp,
                    after_ms: now_ms.saturating_sub(before.since_ms),
                    attempts: before.attempts,
                    means: followed,
                    urgency: before.urgency,
                });
            }
        });
        self.done.extend(done);
    }

    /// What became of the trigger with this ticket. An answer that comes too late changes nothing.
    pub fn answered(&mut self, now_ms: u64, device: &str, ticket: u64, answer: Answer) {
        let now_ms = self.at(now_ms);
        self.change(device, |phone, settings, random| {
            phone.answered(now_ms, ticket, answer, random, settings);
        });
    }

    /// A phone has registered, after it was gone or has been switched on again. What it should show has to be said with
    /// [`want`](Self::want), if it was not known here.
    pub fn registered(&mut self, now_ms: u64, device: &str) {
        let now_ms = self.at(now_ms);
        self.change(device, |phone, settings, _| phone.appeared(now_ms, settings));
    }

    /// A phone is not registered any more. One that nobody has told anything is forgotten: there is nothing to tell it,
    /// and it loads its document when it comes back.
    pub fn gone(&mut self, now_ms: u64, device: &str) {
        self.at(now_ms);
        if self.phones.get(device).is_some_and(|phone| phone.attempts == 0) {
            self.forget(device);
        }
        self.change(device, |phone, _, _| phone.left());
    }

    /// A phone has begun to follow a trigger (it has taken back a registration): it gets the whole time to load its
    /// document.
    pub fn stirs(&mut self, now_ms: u64, device: &str) {
        let now_ms = self.at(now_ms);
        self.change(device, |phone, settings, _| phone.stirs(now_ms, settings));
    }

    /// Whether the log is out of reach: then nobody hears which phone has loaded its document, and silence is no failure.
    /// What a phone shows by another sign counts as ever.
    pub fn cut_off(&mut self, now_ms: u64, is_cut_off: bool) {
        let now_ms = self.at(now_ms);
        if self.cut_off_since_ms.is_some() == is_cut_off {
            return;
        }
        self.cut_off_since_ms = is_cut_off.then_some(now_ms);
        let hear = |phone: &mut Phone, settings: &Settings| {
            if is_cut_off {
                phone.cut_off(now_ms);
            } else {
                phone.heard_again(now_ms, settings);
            }
        };
        let mut pending = Vec::new();
        for (device, phone) in &mut self.phones {
            if phone.is_pending() {
                pending.push(device.clone());
            } else {
                hear(phone, &self.settings);
            }
        }
        for device in pending {
            self.change(&device, |phone, settings, _| hear(phone, settings));
        }
    }

    /// A phone is not looked after any more: deleted, or at another edge.
    pub fn forget(&mut self, device: &str) {
        let Some((device, phone)) = self.phones.remove_entry(device) else {
            return;
        };
        self.unlist(&device, &phone);
    }

    /// What is to be done now. `is_busy` says whether a phone is in a call, rings, or is held for an emergency.
    #[must_use]
    pub fn tick(&mut self, now_ms: u64, mut is_busy: impl FnMut(&str) -> bool) -> Vec<Action> {
        let now_ms = self.at(now_ms);
        while let Some((_, device)) = self.timers.first().filter(|(at_ms, _)| *at_ms <= now_ms) {
            let device = device.clone();
            let is_busy = is_busy(&device);
            self.expire(now_ms, &device, is_busy);
        }
        let mut looked_at = Vec::new();
        for (_, _, device) in &self.queue {
            if now_ms < self.pace.next_ms() {
                break;
            }
            if self.phones.get(device).is_some_and(Phone::may_be_told) {
                let is_busy = is_busy(device);
                if is_busy || self.pace.take(now_ms) {
                    looked_at.push((device.clone(), is_busy));
                }
            }
        }
        for (device, is_busy) in looked_at {
            self.change(&device, |phone, settings, _| {
                phone.set_busy(now_ms, is_busy, settings)
            });
            if !is_busy {
                self.send(now_ms, &device);
            }
        }
        std::mem::take(&mut self.done)
    }

    /// When [`tick`](Self::tick) has something to do by itself; `None`: not before something is said.
    #[must_use]
    pub fn next_ms(&self) -> Option<u64> {
        if !self.done.is_empty() {
            return Some(self.now_ms);
        }
        let timer = self.timers.first().map(|(at_ms, _)| *at_ms);
        let phones = || {
            self.queue
                .iter()
                .filter_map(|(_, _, device)| self.phones.get(device))
        };
        // The first, as a rule: those who are busy are few.
        let look_ms = if phones().any(Phone::is_free) {
            Some(0)
        } else {
            let is_any = phones().any(Phone::may_be_told);
            is_any.then_some(self.settings.look_again_ms)
        };
        let turn = look_ms.map(|look_ms| self.pace.next_ms().max(self.now_ms + look_ms));
        timer.into_iter().chain(turn).min()
    }
}

/// === For people ===
impl Reconciler {
    /// All phones that do not show what they should, in no order.
    pub fn list(&self) -> impl Iterator<Item = Progress<'_>> {
        let behind = self
            .phones
            .iter()
            .filter(|(_, phone)| phone.state != State::Settled);
        behind.map(|(device, phone)| Progress {
            device,
            wanted: phone.wanted,
            shown: phone.shown,
            since_ms: phone.since_ms,
            attempts: phone.attempts,
            stage: stage(phone),
        })
    }

    /// How many phones are on their way, and how many were given up.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let gave_up = self
            .phones
            .values()
            .filter(|phone| phone.state == State::GaveUp)
            .count();
        let pending = self.phones.values().filter(|phone| phone.is_pending()).count();
        (pending, gave_up)
    }

    /// How many phones are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.phones.len()
    }

    /// Whether no phone is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phones.is_empty()
    }
}

const fn stage(phone: &Phone) -> Stage {
    match phone.state {
        State::GaveUp | State::Settled => Stage::GaveUp,
        State::Queued | State::Paused { .. } | State::Waiting { .. } if phone.is_held() => Stage::CutOff,
        State::Asked { .. } | State::Waiting { .. } => Stage::Loading,
        _ if !phone.is_present => Stage::Gone,
        _ if phone.is_busy => Stage::Busy,
        State::Queued => Stage::Queued,
        State::Paused { .. } => Stage::Pausing,
    }
}

/// === Inside ===
impl Reconciler {
    fn at(&mut self, now_ms: u64) -> u64 {
        self.now_ms = self.now_ms.max(now_ms);
        self.now_ms
    }

    /// Changes a phone, and lists it anew.
    fn change(&mut self, device: &str, change: impl FnOnce(&mut Phone, &Settings, u64)) {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let random = scatter(self.random);
        let Some((device, mut phone)) = self.phones.remove_entry(device) else {
            return;
        };
        self.unlist(&device, &phone);
        let was_queued = phone.state == State::Queued;
        change(&mut phone, &self.settings, random);
        if phone.state == State::Queued && !was_queued {
            self.turns += 1;
            phone.turn = self.turns;
        }
        phone.noted_ms = phone.next_ms();
        if let Some(at_ms) = phone.noted_ms {
            self.timers.insert((at_ms, device.clone()));
        }
        match phone.state {
            State::Queued => {
                self.queue.insert((class(&phone), phone.turn, device.clone()));
            }
            State::Settled => {
                phone.since_ms = self.now_ms;
                self.settled.insert((phone.since_ms, device.clone()));
            }
            _ => {}
        }
        self.phones.insert(device, phone);
    }

    fn unlist(&mut self, device: &SmolStr, phone: &Phone) {
        if let Some(at_ms) = phone.noted_ms {
            self.timers.remove(&(at_ms, device.clone()));
        }
        match phone.state {
            State::Queued => {
                self.queue.remove(&(class(phone), phone.turn, device.clone()));
            }
            State::Settled => {
                self.settled.remove(&(phone.since_ms, device.clone()));
            }
            _ => {}
        }
    }

    fn expire(&mut self, now_ms: u64, device: &str, is_busy: bool) {
        let mut gave_up = None;
        self.change(device, |phone, settings, random| {
            phone.set_busy(now_ms, is_busy, settings);
            if phone.expire(now_ms, random, settings) {
                gave_up = Some(Action::GaveUp {
                    device: device.into(),
                    stamp: phone.wanted,
                    attempts: phone.attempts,
                    is_present: phone.is_present,
                });
            }
        });
        self.done.extend(gave_up);
    }

    fn send(&mut self, now_ms: u64, device: &SmolStr) {
        self.tickets += 1;
        let ticket = self.tickets;
        let mut send = None;
        self.change(device, |phone, settings, _| {
            phone.send(now_ms, ticket, settings);
            send = Some(Action::Send {
                device: device.clone(),
                stamp: phone.wanted,
                means: phone.using,
                attempt: phone.attempts,
                ticket,
            });
        });
        self.done.extend(send);
    }

    /// Room for one more. What is forgotten of a phone that is settled is only which means worked.
    fn make_room(&mut self) -> bool {
        if self.phones.len() < self.settings.phones_max {
            return true;
        }
        let oldest = self.settled.first().map(|(_, device)| device.clone());
        if let Some(device) = &oldest {
            self.forget(device);
        }
        oldest.is_some()
    }
}

const fn class(phone: &Phone) -> Class {
    match phone.urgency {
        Urgency::Session if phone.attempts == 0 => Class::Session,
        Urgency::Session => Class::SessionAgain,
        Urgency::Cosmetic => Class::Cosmetic,
    }
}

/// Numbers that look random from numbers in a row (Steele, Lea, Flood 2014: SplitMix).
const fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
