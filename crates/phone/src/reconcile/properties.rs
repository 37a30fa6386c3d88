//! What holds whatever happens, in whatever order.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

const PHONES: [&str; 4] = ["a", "b", "c", "d"];

/// Three ways, the last of which restarts the phone.
fn ways() -> Ways {
    [true, true, false].into_iter().collect()
}

#[derive(Clone, Debug)]
enum Input {
    Want(usize, Urgency),
    Shown(usize, u64),
    Answer(usize, Answer),
    Busy(usize, bool),
    Registered(usize),
    Gone(usize),
    Stirs(usize),
    Forget(usize),
    CutOff(bool),
    Wait(u64),
}

fn input() -> impl Strategy<Value = Input> {
    let phone = 0..PHONES.len();
    let urgency = prop_oneof![Just(Urgency::Session), Just(Urgency::Cosmetic)];
    let answer = prop_oneof![Just(Answer::Taken), Just(Answer::Refused), Just(Answer::Lost)];
    prop_oneof![
        6 => (phone.clone(), urgency).prop_map(|(phone, urgency)| Input::Want(phone, urgency)),
        3 => (phone.clone(), 0_u64..3).prop_map(|(phone, behind)| Input::Shown(phone, behind)),
        6 => (phone.clone(), answer).prop_map(|(phone, answer)| Input::Answer(phone, answer)),
        4 => (phone.clone(), any::<bool>()).prop_map(|(phone, is_busy)| Input::Busy(phone, is_busy)),
        2 => phone.clone().prop_map(Input::Registered),
        2 => phone.clone().prop_map(Input::Gone),
        2 => phone.clone().prop_map(Input::Stirs),
        1 => phone.prop_map(Input::Forget),
        2 => any::<bool>().prop_map(Input::CutOff),
        8 => prop_oneof![0_u64..50, 0_u64..20_000].prop_map(Input::Wait),
    ]
}

/// The trigger that a phone was sent last.
#[derive(Clone, Copy, Debug)]
struct Told {
    means: usize,
    at_ms: u64,
    is_taken: bool,
}

/// The reconciler, and the world as the test has it.
struct World {
    reconciler: Reconciler,
    settings: Settings,
    now_ms: u64,
    stamp: u64,
    is_cut_off: bool,
    busy: HashMap<SmolStr, bool>,
    gone: HashMap<SmolStr, bool>,
    wanted: HashMap<SmolStr, u64>,
    shown: HashMap<SmolStr, u64>,
    tickets: HashMap<SmolStr, u64>,
    told: HashMap<SmolStr, Told>,
    /// Which ways were seen to work, and when last.
    worked: HashMap<SmolStr, HashMap<usize, u64>>,
    sent_ms: Vec<u64>,
    gave_up: HashMap<SmolStr, u64>,
}

impl World {
    fn new(settings: Settings, seed: u64) -> Self {
        Self {
            reconciler: Reconciler::new(settings.clone(), seed),
            settings,
            now_ms: 0,
            stamp: 0,
            is_cut_off: false,
            busy: HashMap::new(),
            gone: HashMap::new(),
            wanted: HashMap::new(),
            shown: HashMap::new(),
            tickets: HashMap::new(),
            told: HashMap::new(),
            worked: HashMap::new(),
            sent_ms: Vec::new(),
            gave_up: HashMap::new(),
        }
    }

    fn play(&mut self, input: &Input) {
        let now_ms = self.now_ms;
        match *input {
            Input::Want(phone, urgency) => {
                let device = PHONES[phone];
                if self.gone.get(device).copied().unwrap_or(false) {
                    return;
                }
                self.stamp += 1;
                let shown = self.shown.get(device).copied().unwrap_or(0);
                assert!(
                    self.reconciler
                        .want(now_ms, device, (self.stamp, shown), urgency, ways())
                );
                self.wanted.insert(device.into(), self.stamp);
            }
            Input::Shown(phone, behind) => {
                let device = PHONES[phone];
                let stamp = self
                    .wanted
                    .get(device)
                    .copied()
                    .unwrap_or(0)
                    .saturating_sub(behind);
                let shown = self.shown.entry(device.into()).or_default();
                if let Some(told) = self.told.get(device).filter(|told| told.is_taken)
                    && stamp > *shown
                    && behind == 0
                {
                    let worked = self.worked.entry(device.into()).or_default();
                    worked.insert(told.means, now_ms);
                }
                *shown = stamp.max(*shown);
                self.reconciler.shown(now_ms, device, stamp);
            }
            Input::Answer(phone, answer) => {
                let device = PHONES[phone];
                if let Some(ticket) = self.tickets.get(device) {
                    self.reconciler.answered(now_ms, device, *ticket, answer);
                    if let Some(told) = self.told.get_mut(device)
                        && now_ms - told.at_ms < self.settings.answer_ms
                    {
                        told.is_taken |= answer == Answer::Taken;
                    }
                }
            }
            Input::Busy(phone, is_busy) => {
                self.busy.insert(PHONES[phone].into(), is_busy);
            }
            Input::Registered(phone) => {
                let device = PHONES[phone];
                self.gone.insert(device.into(), false);
                self.told.remove(device);
                self.reconciler.registered(now_ms, device);
                self.want_again(device);
            }
            Input::Gone(phone) => {
                self.gone.insert(PHONES[phone].into(), true);
                self.told.remove(PHONES[phone]);
                self.reconciler.gone(now_ms, PHONES[phone]);
            }
            Input::Stirs(phone) => self.reconciler.stirs(now_ms, PHONES[phone]),
            Input::Forget(phone) => {
                self.reconciler.forget(PHONES[phone]);
                self.wanted.remove(PHONES[phone]);
                self.gone.remove(PHONES[phone]);
            }
            Input::CutOff(is_cut_off) => {
                self.is_cut_off = is_cut_off;
                self.reconciler.cut_off(now_ms, is_cut_off);
            }
            Input::Wait(ms) => self.now_ms += ms,
        }
        self.tick();
    }

    /// What the edge does for a phone that registers: it says again what the log says.
    fn want_again(&mut self, device: &str) {
        if let Some(stamp) = self.wanted.get(device) {
            let shown = self.shown.get(device).copied().unwrap_or(0);
            let urgency = Urgency::Session;
            assert!(
                self.reconciler
                    .want(self.now_ms, device, (*stamp, shown), urgency, ways())
            );
        }
    }

    fn tick(&mut self) {
        let busy = |device: &str| self.busy.get(device).copied().unwrap_or(false);
        for action in self.reconciler.tick(self.now_ms, busy) {
            match action {
                Action::Send {
                    device,
                    ticket,
                    means,
                    stamp,
                    attempt,
                } => {
                    assert!(!self.is_cut_off || attempt == 1, "{device} is told again");
                    assert!(
                        !self.busy.get(&device).copied().unwrap_or(false),
                        "{device} is busy"
                    );
                    assert!(
                        !self.gone.get(&device).copied().unwrap_or(false),
                        "{device} is gone"
                    );
                    self.check_first(&device, means, attempt);
                    assert_eq!(Some(&stamp), self.wanted.get(&device));
                    assert!(stamp > self.shown.get(&device).copied().unwrap_or(0));
                    let told = Told {
                        means,
                        at_ms: self.now_ms,
                        is_taken: false,
                    };
                    self.told.insert(device.clone(), told);
                    self.tickets.insert(device, ticket);
                    self.sent_ms.push(self.now_ms);
                }
                Action::GaveUp { device, stamp, .. } => {
                    assert!(!self.is_cut_off, "{device} is given up");
                    self.gave_up.insert(device, stamp);
                }
                Action::Acknowledged { device, stamp, .. } => {
                    assert_eq!(Some(&stamp), self.shown.get(&device));
                }
            }
        }
    }

    /// It is begun with the first way, or with one that was seen to work lately and leaves the phone in peace.
    fn check_first(&self, device: &SmolStr, means: usize, attempt: u32) {
        assert!(means < 3);
        if attempt > 1 || means == 0 {
            return;
        }
        assert_ne!(means, 2, "{device} would restart");
        let worked_ms = self.worked.get(device).and_then(|worked| worked.get(&means));
        let is_lately = worked_ms.is_some_and(|at_ms| self.now_ms - at_ms < self.settings.prefer_ms);
        assert!(is_lately, "{means} did not work at {device}");
    }

    /// No window has more triggers than the pace allows.
    fn check_pace(&self) {
        let (pace, burst) = (
            u64::from(self.settings.pace_per_s),
            u64::from(self.settings.burst),
        );
        for (first, began_ms) in self.sent_ms.iter().enumerate() {
            for (last, at_ms) in self.sent_ms.iter().enumerate().skip(first) {
                let sent = last - first + 1;
                // The pace's interval is rounded down to a microsecond.
                let most = burst + (at_ms - began_ms) * pace / 1000 + 1;
                assert!(sent as u64 <= most, "{sent} from {began_ms} to {at_ms}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn never_while_busy_beyond_the_pace_blind_or_with_what_did_not_work_and_every_phone_ends(
        inputs in prop::collection::vec(input(), 1..80),
        seed in any::<u64>(),
        pace_per_s in 1_u32..60,
        burst in 1_u32..6,
    ) {
        let settings = Settings { pace_per_s, burst, prefer_ms: 60_000, ..Settings::default() };
        let mut world = World::new(settings, seed);
        for input in &inputs {
            world.play(input);
        }
        world.check_pace();
        // The cluster is back, everybody hangs up, and the phones that were away come back. Nothing else happens any more.
        world.play(&Input::CutOff(false));
        for (phone, device) in PHONES.iter().enumerate() {
            world.play(&Input::Busy(phone, false));
            if world.gone.get(*device).copied().unwrap_or(false) {
                world.play(&Input::Registered(phone));
            }
        }
        let mut steps = 0;
        while let Some(at_ms) = world.reconciler.next_ms() {
            world.now_ms = world.now_ms.max(at_ms);
            world.tick();
            steps += 1;
            prop_assert!(steps < 2_000, "it goes on for ever: {:?}", world.reconciler);
        }
        prop_assert_eq!(world.reconciler.counts().0, 0);
        for (device, wanted) in &world.wanted {
            let shown = world.shown.get(device).copied().unwrap_or(0);
            let gave_up = world.gave_up.get(device).copied().unwrap_or(0);
            prop_assert!(shown >= *wanted || gave_up >= *wanted, "{} is neither shown nor given up", device);
        }
        prop_assert!(world.reconciler.len() <= PHONES.len());
    }
}
