//! With which of its ways a phone is told first.

use super::*;

const DAY_MS: u64 = 24 * 3_600_000;

/// Tells a phone by three ways, of which the last restarts it.
fn want(desk: &mut Desk, stamp: u64) {
    let ways = [true, true, false].into_iter().collect();
    assert!(desk.reconciler.want(desk.now_ms, "a", (stamp, 0), LOGIN, ways));
}

/// Refuses what it is told until it is told by this way; the ticket of that.
fn refuse_until(desk: &mut Desk, stamp: u64, way: usize) -> u64 {
    loop {
        let (means, ticket) = desk.sends("a", stamp);
        if means == way {
            return ticket;
        }
        desk.answer("a", ticket, Answer::Refused);
    }
}

fn shows(desk: &mut Desk, stamp: u64) -> Option<usize> {
    desk.reconciler.shown(desk.now_ms, "a", stamp);
    let [Action::Acknowledged { means, .. }] = desk.tick()[..] else {
        panic!("it shows what it should");
    };
    means
}

/// The first way of the next login.
fn leads(desk: &mut Desk, stamp: u64) -> usize {
    desk.now_ms += 60_000;
    want(desk, stamp);
    desk.sends("a", stamp).0
}

#[test]
fn only_what_a_phone_took_and_followed_in_time_is_begun_with() {
    type Then = fn(&mut Desk, u64);
    let table: [(&str, Then, Option<usize>, usize); 8] = [
        (
            "followed",
            |desk, ticket| desk.answer("a", ticket, Answer::Taken),
            Some(1),
            1,
        ),
        (
            "took it back first, and then said yes",
            |desk, ticket| {
                desk.reconciler.stirs(desk.now_ms, "a");
                desk.answer("a", ticket, Answer::Taken);
            },
            Some(1),
            1,
        ),
        ("never answered", |_, _| {}, None, 0),
        (
            "took its line back only",
            |desk, _| desk.reconciler.stirs(desk.now_ms, "a"),
            None,
            0,
        ),
        (
            "refused",
            |desk, ticket| desk.answer("a", ticket, Answer::Refused),
            None,
            0,
        ),
        (
            "was too late",
            |desk, ticket| {
                desk.answer("a", ticket, Answer::Taken);
                desk.now_ms += 15_000;
                desk.quiet();
            },
            None,
            0,
        ),
        (
            "was started",
            |desk, ticket| {
                desk.answer("a", ticket, Answer::Taken);
                desk.reconciler.registered(desk.now_ms, "a");
            },
            None,
            0,
        ),
        (
            "left, and loads while it starts",
            |desk, ticket| {
                desk.answer("a", ticket, Answer::Taken);
                desk.reconciler.gone(desk.now_ms, "a");
            },
            None,
            0,
        ),
    ];
    for (what, then, followed, first) in table {
        let mut desk = Desk::new(fast());
        want(&mut desk, 10);
        let ticket = refuse_until(&mut desk, 10, 1);
        then(&mut desk, ticket);
        assert_eq!(shows(&mut desk, 10), followed, "a phone that {what}");
        desk.reconciler.registered(desk.now_ms, "a");
        assert_eq!(leads(&mut desk, 20), first, "a phone that {what}");
    }
}

#[test]
fn what_restarts_a_phone_is_never_begun_with_however_well_it_worked() {
    let mut desk = Desk::new(fast());
    for stamp in [10, 20, 30] {
        want(&mut desk, stamp);
        let ticket = refuse_until(&mut desk, stamp, 2);
        desk.answer("a", ticket, Answer::Taken);
        assert_eq!(shows(&mut desk, stamp), Some(2));
        desk.now_ms += 60_000;
    }
    assert_eq!(leads(&mut desk, 40), 0);
}

/// The phone was unplugged, and is plugged in again.
#[test]
fn a_phone_that_starts_begins_with_the_first_way_whatever_was_sent_last() {
    for way in [1, 2] {
        let mut desk = Desk::new(fast());
        want(&mut desk, 10);
        while !matches!(desk.next()[..], [Action::Send { means, .. }] if means == way) {}
        desk.reconciler.registered(desk.now_ms, "a");
        // It does not load, though.
        let [Action::Send { means, .. }] = desk.next()[..] else {
            panic!("a trigger was due");
        };
        assert_eq!(means, 0, "after {way}");
        assert_eq!(shows(&mut desk, 10), None);
        assert_eq!(leads(&mut desk, 20), 0);
    }
}

#[test]
fn what_worked_gives_the_first_way_a_try_after_a_day_though_it_was_used_all_day() {
    let mut desk = Desk::new(fast());
    want(&mut desk, 10);
    let ticket = refuse_until(&mut desk, 10, 1);
    desk.answer("a", ticket, Answer::Taken);
    shows(&mut desk, 10);
    let began = desk.now_ms;
    let mut stamp = 10;
    while desk.now_ms + 3_600_000 < began + DAY_MS {
        desk.now_ms += 3_600_000;
        stamp += 10;
        want(&mut desk, stamp);
        let (means, ticket) = desk.sends("a", stamp);
        assert_eq!(means, 1);
        desk.answer("a", ticket, Answer::Taken);
        assert_eq!(shows(&mut desk, stamp), Some(1));
    }
    desk.now_ms = began + DAY_MS;
    stamp += 10;
    want(&mut desk, stamp);
    let (means, ticket) = desk.sends("a", stamp);
    assert_eq!(means, 0);
    // It works again, and goes on being the first.
    desk.answer("a", ticket, Answer::Taken);
    assert_eq!(shows(&mut desk, stamp), Some(0));
    assert_eq!(leads(&mut desk, stamp + 10), 0);
}

#[test]
fn ways_beyond_their_bound_are_never_tried() {
    let many: Ways = std::iter::repeat_n(true, 40).collect();
    assert_eq!(many.count(), Ways::MAX);
    assert!(many.may_lead(15) && !many.may_lead(16));
    let one: Ways = [false].into_iter().collect();
    assert!(one.may_lead(0));
}
