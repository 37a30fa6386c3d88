//! The rules, in virtual time.

use super::*;

mod leading;

const LOGIN: Urgency = Urgency::Session;

/// So many, and it may be begun with any of them.
fn ways(count: usize) -> Ways {
    std::iter::repeat_n(true, count).collect()
}

fn fast() -> Settings {
    Settings {
        back_off_ms: 1_000,
        ..Settings::default()
    }
}

struct Desk {
    reconciler: Reconciler,
    now_ms: u64,
    busy: BTreeSet<&'static str>,
}

impl Desk {
    fn new(settings: Settings) -> Self {
        Self {
            reconciler: Reconciler::new(settings, 7),
            now_ms: 1_000_000,
            busy: BTreeSet::new(),
        }
    }

    fn want(&mut self, device: &str, stamp: u64) {
        assert!(
            self.reconciler
                .want(self.now_ms, device, (stamp, 0), LOGIN, ways(2))
        );
    }

    fn tick(&mut self) -> Vec<Action> {
        self.reconciler
            .tick(self.now_ms, |device| self.busy.contains(device))
    }

    /// The one trigger that is due now: means and ticket.
    fn sends(&mut self, device: &str, stamp: u64) -> (usize, u64) {
        match &self.tick()[..] {
            [
                Action::Send {
                    device: to,
                    stamp: of,
                    means,
                    ticket,
                    ..
                },
            ] => {
                assert_eq!((to.as_str(), *of), (device, stamp));
                (*means, *ticket)
            }
            other => panic!("expected one trigger to {device}, found {other:?}"),
        }
    }

    fn answer(&mut self, device: &str, ticket: u64, answer: Answer) {
        self.reconciler.answered(self.now_ms, device, ticket, answer);
    }

    fn quiet(&mut self) {
        assert_eq!(self.tick(), []);
    }

    /// To the next moment at which something happens; how long that is.
    fn skip(&mut self) -> u64 {
        let at_ms = self.reconciler.next_ms().expect("something is due");
        let skipped = at_ms.saturating_sub(self.now_ms);
        self.now_ms = self.now_ms.max(at_ms);
        skipped
    }

    /// Lets time pass until something is to be done.
    fn next(&mut self) -> Vec<Action> {
        loop {
            let actions = self.tick();
            if !actions.is_empty() {
                return actions;
            }
            self.skip();
        }
    }
}

#[test]
fn a_phone_that_follows_is_told_once() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let (means, ticket) = desk.sends("a", 10);
    assert_eq!(means, 0);
    desk.answer("a", ticket, Answer::Taken);
    desk.now_ms += 1_500;
    desk.reconciler.shown(desk.now_ms, "a", 10);
    let acknowledged = Action::Acknowledged {
        device: "a".into(),
        stamp: 10,
        after_ms: 1_500,
        attempts: 1,
        means: Some(0),
        urgency: LOGIN,
    };
    assert_eq!(desk.tick(), [acknowledged]);
    assert_eq!(desk.reconciler.next_ms(), None);
    assert_eq!(desk.reconciler.counts(), (0, 0));
}

#[test]
fn what_a_phone_shows_already_is_not_wanted() {
    let mut desk = Desk::new(fast());
    assert!(desk.reconciler.want(desk.now_ms, "a", (10, 10), LOGIN, ways(1)));
    assert!(desk.reconciler.want(desk.now_ms, "b", (10, 0), LOGIN, ways(0)));
    desk.quiet();
    assert!(desk.reconciler.is_empty());
}

#[test]
fn a_phone_that_is_silent_is_told_again_and_then_otherwise() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let mut used = Vec::new();
    for _ in 0..6 {
        // No answer at all.
        let [Action::Send { means, .. }] = desk.next()[..] else {
            panic!("a trigger was due");
        };
        used.push(means);
    }
    assert_eq!(used, [0, 0, 1, 1, 0, 0]);
}

#[test]
fn a_means_that_is_refused_gives_way_at_once_and_the_one_that_worked_comes_first_next_time() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let (_, ticket) = desk.sends("a", 10);
    desk.answer("a", ticket, Answer::Refused);
    let (means, ticket) = desk.sends("a", 10);
    assert_eq!(means, 1);
    desk.answer("a", ticket, Answer::Taken);
    desk.reconciler.shown(desk.now_ms, "a", 10);
    assert_eq!(desk.tick().len(), 1);
    desk.now_ms += 60_000;
    desk.want("a", 20);
    assert_eq!(desk.sends("a", 20).0, 1);
}

#[test]
fn pauses_grow_to_their_bound_and_are_never_the_same_for_two_phones() {
    let settings = Settings {
        give_up_after_ms: u64::MAX,
        ..fast()
    };
    let mut desk = Desk::new(settings);
    assert!(desk.reconciler.want(desk.now_ms, "a", (10, 0), LOGIN, ways(1)));
    let mut pauses = Vec::new();
    for _ in 0..12 {
        let [Action::Send { ticket, .. }] = desk.next()[..] else {
            panic!("a trigger was due");
        };
        desk.answer("a", ticket, Answer::Lost);
        pauses.push(desk.skip());
    }
    for (nth, pause) in pauses.iter().enumerate() {
        let most = (1_000 << nth).min(60_000);
        assert!((most / 2..=most).contains(pause), "{nth}: {pauses:?}");
    }
    assert_ne!(scatter(1), scatter(2));
}

#[test]
fn a_phone_that_says_yes_and_does_nothing_is_told_again_after_the_wait() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let (_, ticket) = desk.sends("a", 10);
    desk.answer("a", ticket, Answer::Taken);
    assert_eq!(desk.skip(), 15_000);
    desk.quiet();
    assert!((500..=1_000).contains(&desk.skip()));
    desk.sends("a", 10);
}

#[test]
fn it_gives_up_after_a_bounded_time_and_says_so_once() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let began = desk.now_ms;
    let gave_up = loop {
        match &desk.next()[..] {
            [Action::Send { .. }] => {}
            [gave_up] => break gave_up.clone(),
            other => panic!("{other:?}"),
        }
    };
    let Action::GaveUp {
        stamp: 10,
        attempts,
        is_present: true,
        ..
    } = gave_up
    else {
        panic!("{gave_up:?}");
    };
    assert!((5..30).contains(&attempts), "{attempts}");
    assert_eq!(desk.now_ms - began, 300_000);
    assert_eq!(desk.reconciler.next_ms(), None);
    assert_eq!(desk.reconciler.counts(), (0, 1));
}

#[test]
fn it_begins_anew_when_something_else_is_wanted_or_the_phone_starts() {
    for starts in [false, true] {
        let mut desk = Desk::new(fast());
        desk.want("a", 10);
        while !matches!(desk.next()[..], [Action::GaveUp { .. }]) {}
        if starts {
            desk.reconciler.registered(desk.now_ms, "a");
            assert_eq!(desk.skip(), 3_000, "a phone that starts loads by itself");
        } else {
            desk.want("a", 11);
        }
        let (means, _) = desk.sends("a", if starts { 10 } else { 11 });
        assert_eq!(means, 0);
    }
}

#[test]
fn while_the_office_is_cut_off_a_phone_is_told_once_and_not_given_up() {
    for answer in [Some(Answer::Taken), Some(Answer::Refused), None] {
        let mut desk = Desk::new(fast());
        desk.reconciler.cut_off(desk.now_ms, true);
        desk.want("a", 10);
        let (_, ticket) = desk.sends("a", 10);
        if let Some(answer) = answer {
            desk.answer("a", ticket, answer);
        }
        while desk.reconciler.next_ms().is_some() {
            desk.skip();
            desk.quiet();
        }
        desk.now_ms += 10 * 3_600_000;
        desk.quiet();
        assert_eq!(desk.reconciler.list().next().unwrap().stage, Stage::CutOff);
        // The cluster is back. What the phone has loaded meanwhile the log hears in a moment.
        desk.reconciler.cut_off(desk.now_ms, false);
        let back_ms = desk.now_ms;
        let mut once_more = desk.reconciler.clone();
        once_more.shown(back_ms + 14_000, "a", 10);
        let done = once_more.tick(back_ms + 14_000, |_| false);
        assert!(
            matches!(done[..], [Action::Acknowledged { attempts: 1, .. }]),
            "{done:?}"
        );
        // Or else the phone is told again, and given up as ever.
        assert!(matches!(desk.next()[..], [Action::Send { attempt: 2, .. }]));
        assert!((15_000..20_000).contains(&(desk.now_ms - back_ms)), "{answer:?}");
        while !matches!(desk.next()[..], [Action::GaveUp { .. }]) {}
        assert_eq!(desk.now_ms - back_ms, 300_000);
    }
}

#[test]
fn what_the_edge_sees_of_a_phone_counts_though_the_office_is_cut_off() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    desk.sends("a", 10);
    desk.reconciler.cut_off(desk.now_ms, true);
    desk.now_ms += 60_000;
    desk.quiet();
    desk.reconciler.shown(desk.now_ms, "a", 10);
    assert!(matches!(
        desk.tick()[..],
        [Action::Acknowledged { stamp: 10, .. }]
    ));
    // Something else is wanted: it is told of that, once.
    desk.want("a", 11);
    desk.sends("a", 11);
    desk.now_ms += 600_000;
    desk.quiet();
}

#[test]
fn a_moment_without_the_cluster_puts_off_what_is_due_and_does_not_begin_anew() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let began_ms = desk.now_ms;
    let (_, ticket) = desk.sends("a", 10);
    desk.answer("a", ticket, Answer::Taken);
    desk.now_ms += 10_000;
    desk.reconciler.cut_off(desk.now_ms, true);
    desk.now_ms += 7_000;
    desk.quiet();
    desk.reconciler.cut_off(desk.now_ms, false);
    assert_eq!(desk.skip(), 5_000, "15 seconds of its own");
    while !matches!(desk.next()[..], [Action::GaveUp { .. }]) {}
    assert_eq!(desk.now_ms - began_ms, 307_000);
}

#[test]
fn nothing_is_sent_to_a_phone_that_is_busy_or_gone() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    desk.busy.insert("a");
    desk.quiet();
    assert_eq!(desk.skip(), 200, "it looks again soon");
    // Two hours on the telephone are no reason to give up.
    desk.now_ms += 2 * 3_600_000;
    desk.quiet();
    desk.busy.clear();
    let (_, ticket) = desk.sends("a", 10);
    // It puts the loading off, since it is called.
    desk.answer("a", ticket, Answer::Taken);
    desk.busy.insert("a");
    desk.now_ms += 3_600_000;
    desk.quiet();
    desk.busy.clear();
    desk.now_ms += 10_000;
    desk.quiet();
    desk.reconciler.shown(desk.now_ms, "a", 10);
    assert!(matches!(
        desk.tick()[..],
        [Action::Acknowledged { attempts: 1, .. }]
    ));
    // Gone before anybody told it anything: nobody's business.
    desk.want("b", 10);
    desk.reconciler.gone(desk.now_ms, "b");
    desk.quiet();
    assert_eq!(desk.reconciler.counts(), (0, 0));
}

#[test]
fn a_phone_that_does_not_come_back_is_given_up() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let (_, ticket) = desk.sends("a", 10);
    desk.answer("a", ticket, Answer::Taken);
    desk.reconciler.gone(desk.now_ms, "a");
    assert!(matches!(
        desk.next()[..],
        [Action::GaveUp {
            is_present: false,
            attempts: 1,
            ..
        }]
    ));
}

#[test]
fn a_phone_that_restarts_to_load_gets_its_time_and_no_fresh_patience() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let began = desk.now_ms;
    loop {
        let actions = desk.next();
        let [Action::Send { ticket, .. }] = actions[..] else {
            assert!(matches!(actions[..], [Action::GaveUp { .. }]), "{actions:?}");
            break;
        };
        // It restarts each time, and never loads anything.
        desk.answer("a", ticket, Answer::Taken);
        desk.now_ms += 10_000;
        desk.reconciler.stirs(desk.now_ms, "a");
        desk.reconciler.gone(desk.now_ms, "a");
        desk.now_ms += 10_000;
        desk.reconciler.registered(desk.now_ms, "a");
        desk.quiet();
    }
    assert_eq!(desk.now_ms - began, 300_000);
}

#[test]
fn a_login_that_comes_while_the_last_one_loads_is_told_soon_and_only_once() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let (_, ticket) = desk.sends("a", 10);
    // While the trigger is under way: the phone may load before or after.
    desk.want("a", 11);
    desk.quiet();
    desk.answer("a", ticket, Answer::Taken);
    assert_eq!(desk.skip(), 2_000);
    let (_, ticket) = desk.sends("a", 11);
    desk.answer("a", ticket, Answer::Taken);
    desk.now_ms += 500;
    desk.want("a", 12);
    assert_eq!(desk.skip(), 1_500);
    let (_, ticket) = desk.sends("a", 12);
    desk.answer("a", ticket, Answer::Taken);
    // It had just loaded the one before.
    desk.reconciler.shown(desk.now_ms, "a", 11);
    assert_eq!(desk.skip(), 2_000);
    desk.sends("a", 12);
    desk.reconciler.shown(desk.now_ms, "a", 12);
    assert!(matches!(
        desk.tick()[..],
        [Action::Acknowledged { stamp: 12, .. }]
    ));
}

#[test]
fn an_answer_that_comes_too_late_changes_nothing() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let (_, first) = desk.sends("a", 10);
    desk.skip();
    desk.quiet();
    desk.skip();
    let (_, second) = desk.sends("a", 10);
    desk.answer("a", first, Answer::Refused);
    desk.quiet();
    desk.answer("a", second, Answer::Taken);
    assert_eq!(desk.skip(), 15_000);
}

#[test]
fn a_storm_keeps_its_order_and_its_pace_and_logins_go_before_labels() {
    let mut desk = Desk::new(fast());
    let name = |number: usize| format!("p{number:03}");
    for number in 0..100 {
        let cosmetic = Urgency::Cosmetic;
        assert!(
            desk.reconciler
                .want(desk.now_ms, &name(500 + number), (9, 0), cosmetic, ways(1))
        );
    }
    for number in 0..500 {
        desk.want(&name(number), 10);
    }
    let began = desk.now_ms;
    let mut order = Vec::new();
    while order.len() < 600 {
        for action in desk.next() {
            match action {
                Action::Send {
                    device,
                    ticket,
                    stamp,
                    ..
                } => {
                    order.push(device.clone());
                    desk.answer(&device, ticket, Answer::Taken);
                    desk.reconciler.shown(desk.now_ms, &device, stamp);
                }
                Action::Acknowledged { .. } => {}
                Action::GaveUp { .. } => panic!("{action:?}"),
            }
        }
    }
    let expected: Vec<_> = (0..600).map(|number| SmolStr::from(name(number))).collect();
    assert_eq!(order, expected);
    let took_ms = desk.now_ms - began;
    assert!(
        (11_800..12_000).contains(&took_ms),
        "{took_ms} ms for 600 at 50 per second"
    );
}

#[test]
fn those_who_failed_are_not_in_the_way_of_those_who_come() {
    let settings = Settings {
        pace_per_s: 1,
        burst: 1,
        ..fast()
    };
    let mut desk = Desk::new(settings);
    desk.want("old", 10);
    let (_, ticket) = desk.sends("old", 10);
    desk.answer("old", ticket, Answer::Lost);
    desk.now_ms += 900;
    desk.want("new", 10);
    desk.now_ms += 100;
    desk.sends("new", 10);
    desk.now_ms += 1_000;
    desk.sends("old", 10);
}

#[test]
fn memory_is_bounded() {
    let settings = Settings {
        phones_max: 3,
        ..fast()
    };
    let mut desk = Desk::new(settings);
    for device in ["a", "b", "c"] {
        desk.want(device, 10);
    }
    assert!(!desk.reconciler.want(desk.now_ms, "d", (10, 0), LOGIN, ways(1)));
    desk.reconciler.shown(desk.now_ms, "b", 10);
    desk.want("d", 10);
    assert_eq!(desk.reconciler.len(), 3);
    for device in ["a", "c", "d"] {
        desk.reconciler.forget(device);
    }
    assert!(desk.reconciler.is_empty());
    desk.tick();
    assert_eq!(desk.reconciler.next_ms(), None);
}

#[test]
fn people_see_what_each_phone_waits_for() {
    let mut desk = Desk::new(fast());
    desk.want("a", 10);
    let stage = |desk: &Desk| {
        let list: Vec<_> = desk.reconciler.list().map(|it| it.stage.name()).collect();
        list.join(" ")
    };
    assert_eq!(stage(&desk), "queued");
    desk.busy.insert("a");
    desk.quiet();
    assert_eq!(stage(&desk), "busy");
    desk.busy.clear();
    let (_, ticket) = desk.sends("a", 10);
    assert_eq!(stage(&desk), "loading");
    desk.answer("a", ticket, Answer::Lost);
    assert_eq!(stage(&desk), "pausing");
    desk.reconciler.gone(desk.now_ms, "a");
    assert_eq!(stage(&desk), "gone");
    while !matches!(desk.next()[..], [Action::GaveUp { .. }]) {}
    assert_eq!(stage(&desk), "gave up");
    desk.reconciler.shown(desk.now_ms, "a", 10);
    assert_eq!(stage(&desk), "");
}
