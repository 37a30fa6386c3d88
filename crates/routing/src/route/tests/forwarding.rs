//! Calls that are sent on.

use std::time::Duration;

use super::fixture::*;
use crate::*;

#[test]
fn what_a_user_has_set_is_looked_at_in_the_documented_order() {
    type Change = fn(&mut CallSettings);
    let (plan, base) = (plan(), people());
    let schedule: Change = |calls| {
        calls.schedule = vec![ScheduledForward {
            hours: "mon-fri 10:00-12:00".parse().unwrap(),
            to: "7001".into(),
        }];
    };
    let dnd: Change = |calls| calls.do_not_disturb = true;
    let always: Change = |calls| calls.forward_always = Some("1003".into());
    let busy: Change = |calls| calls.forward_busy = Some("7002".into());
    let voicemail: Change = |calls| calls.voicemail = Some("b 2".into());
    let away: Change = |calls| calls.forward_not_logged_in = Some("7003".into());
    for (user, changes, expected) in [
        ("bob", &[][..], "ring phone-bob"),
        ("bob", &[schedule], "internal 7001 by pbx for bob"),
        ("bob", &[schedule, dnd], "486 do_not_disturb"),
        ("bob", &[schedule, dnd, busy], "internal 7002 by pbx for bob"),
        ("bob", &[dnd, voicemail], "Leave sip:b%202@vm"),
        ("bob", &[schedule, dnd, always], "ring phone-cy"),
        ("bob", &[voicemail], "ring phone-bob 20s"),
        ("dan", &[], "480 not_logged_in"),
        ("dan", &[voicemail], "Leave sip:b%202@vm"),
        ("dan", &[voicemail, away], "internal 7003 by pbx for dan"),
        ("dan", &[dnd, away], "486 do_not_disturb"),
    ] {
        let mut people = people();
        for change in changes {
            people.set(user, change);
        }
        assert_eq!(
            told(&dial(&plan, &people, base.caller("ann"), user)),
            expected,
            "{user}"
        );
    }
}

#[test]
fn a_disabled_user_is_not_reached_whatever_is_set() {
    let (plan, mut people) = (plan(), people());
    people.set("bob", |calls| calls.forward_always = Some("1003".into()));
    people.person_mut("bob").disabled = true;
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "1002")),
        "404 disabled_user"
    );
}

#[test]
fn forwarding_goes_by_the_forwarding_users_rights() {
    let (plan, mut people) = (plan(), people());
    people.set("bob", |calls| {
        calls.forward_always = Some("01149301234567".into())
    });
    // The caller may not, the forwarding user may: and the other way round.
    people.person_mut("bob").rights = Rights::ALL;
    for caller in [people.caller("ann"), from_trunk(), people.caller("cy")] {
        assert_eq!(
            told(&dial(&plan, &people, caller, "1002")),
            "international +49301234567 by carrier,spare for bob"
        );
    }
    people.person_mut("ann").rights = Rights::ALL;
    people.person_mut("bob").rights = Rights::default();
    let routed = dial(&plan, &people, people.caller("ann"), "1002");
    assert_eq!(told(&routed), "403 forward_not_allowed");
    assert_eq!(routed.history.turns()[0].why, Why::Always);
    // What leads nowhere ends in the mailbox.
    people.set("bob", |calls| calls.voicemail = Some("1002".into()));
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "1002")),
        "Leave sip:1002@vm"
    );
}

#[test]
fn circles_and_long_chains_end() {
    let (plan, mut people) = (plan(), people());
    people.set("bob", |calls| calls.forward_always = Some("1003".into()));
    people.set("cy", |calls| calls.forward_always = Some("bob".into()));
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "1002")),
        "482 forwarding_loop"
    );
    people.set("cy", |calls| calls.forward_always = Some("cy".into()));
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "1003")),
        "482 forwarding_loop"
    );
    for length in [HISTORY_MAX, HISTORY_MAX + 1] {
        let mut people = fixture_chain(length);
        people.people.push(people_of("ann"));
        let expected = if length > HISTORY_MAX {
            "482 forwarding_loop"
        } else {
            "ring phone-last"
        };
        assert_eq!(
            told(&dial(&plan, &people, people.caller("ann"), "u0")),
            expected,
            "{length}"
        );
    }
}

/// u0 forwards to u1 and so on; the last one has a phone.
fn fixture_chain(length: usize) -> People {
    let mut chain = people();
    chain.people.clear();
    for at in 0..=length {
        let mut person = Person {
            user: format!("u{at}").into(),
            ..Person::default()
        };
        if at == length {
            person.places = vec![Place {
                device: "phone-last".into(),
                ..Place::default()
            }];
        }
        chain.people.push(person);
        if at < length {
            chain.set(&format!("u{at}"), |calls| {
                calls.forward_always = Some(format!("u{}", at + 1).into())
            });
        }
    }
    chain
}

fn people_of(user: &str) -> Person {
    people().user_by_name(user).unwrap()
}

#[test]
fn nobody_forwards_to_an_emergency_number() {
    let (plan, mut people) = (plan(), people());
    for to in ["911", "9911", "urn:service:sos"] {
        people.set("bob", |calls| calls.forward_always = Some(to.into()));
        assert_eq!(
            told(&dial(&plan, &people, people.caller("ann"), "1002")),
            "403 forward_to_emergency"
        );
    }
}

#[test]
fn what_nobody_takes_goes_on_by_the_reason() {
    let (plan, mut people) = (plan(), people());
    people.set("bob", |calls| {
        calls.forward_busy = Some("7001".into());
        calls.forward_no_answer = Some("7002".into());
        calls.forward_not_logged_in = Some("7003".into());
    });
    let call = Call {
        dialed: "1002".into(),
        caller: from_trunk(),
    };
    let fail = |people: &People, whom: &Whom, why| {
        told(&on_failure(
            &plan,
            people,
            &call,
            whom,
            why,
            &History::default(),
            noon(),
        ))
    };
    let (bob, cy) = (Whom::User("bob".into()), Whom::User("cy".into()));
    for (why, expected) in [
        (Why::Busy, "internal 7001 by pbx for bob"),
        (Why::Declined, "internal 7001 by pbx for bob"),
        (Why::NoAnswer, "internal 7002 by pbx for bob"),
        (Why::Unreachable, "internal 7003 by pbx for bob"),
        (Why::NotLoggedIn, "internal 7003 by pbx for bob"),
    ] {
        assert_eq!(fail(&people, &bob, why), expected, "{why:?}");
        assert_eq!(fail(&people, &cy, why), "give up", "{why:?}");
    }
    people.set("cy", |calls| calls.voicemail = Some("1003".into()));
    assert_eq!(fail(&people, &cy, Why::Busy), "Leave sip:1003@vm");
    assert_eq!(fail(&people, &Whom::User("gone".into()), Why::Busy), "give up");
    assert_eq!(
        fail(&people, &Whom::Hunt("5000".into()), Why::NoAnswer),
        "ring phone-cy 20s"
    );
    assert_eq!(
        fail(&people, &Whom::Hunt("5001".into()), Why::NoAnswer),
        "give up"
    );
}

#[test]
fn failures_of_a_forwarded_call_do_not_go_in_a_circle_either() {
    let (plan, mut people) = (plan(), people());
    people.set("bob", |calls| calls.forward_no_answer = Some("1003".into()));
    people.set("cy", |calls| calls.forward_no_answer = Some("1002".into()));
    let call = Call {
        dialed: "1002".into(),
        caller: people.caller("ann"),
    };
    let fail = |user: &str, history: &History| {
        let whom = Whom::User(user.into());
        on_failure(&plan, &people, &call, &whom, Why::NoAnswer, history, noon())
    };
    let first = fail("bob", &History::default());
    assert_eq!(told(&first), "ring phone-cy 20s");
    let second = fail("cy", &first.history);
    assert_eq!(told(&second), "ring phone-bob 20s");
    let third = fail("bob", &second.history);
    assert_eq!(told(&third), "482 forwarding_loop");
    assert_eq!(third.history.turns().len(), 2);
}

#[test]
fn several_phones_ring_at_once_or_the_newest_first() {
    let (plan, mut people) = (plan(), people());
    let bob = people.person_mut("bob");
    bob.places.push(Place {
        device: "phone-new".into(),
        site: "new-york".into(),
        epoch: 9,
    });
    let ring = |people: &People| told(&dial(&plan, people, people.caller("ann"), "1002"));
    assert_eq!(ring(&people), "ring phone-new+phone-bob");
    people.set("bob", |calls| {
        calls.ring = RingOrder::InOrder;
        calls.no_answer_after = Duration::from_secs(30);
    });
    assert_eq!(ring(&people), "ring phone-new 15s, phone-bob");
    people.set("bob", |calls| calls.forward_no_answer = Some("voicemail".into()));
    assert_eq!(ring(&people), "ring phone-new 15s, phone-bob 15s");
    // A second phone of the caller's own rings; the one in their hand does not.
    assert_eq!(
        told(&dial(&plan, &people, people.caller("bob"), "1002")),
        "ring phone-new 30s"
    );
}

#[test]
fn a_hunt_list_leaves_out_who_is_away_and_goes_on_when_all_are() {
    let (mut plan, mut people) = (plan(), people());
    let hunt = |plan: &DialPlan, people: &People| told(&dial(plan, people, from_trunk(), "5000"));
    plan.hunts[0].order = RingOrder::All;
    assert_eq!(hunt(&plan, &people), "ring phone-ann+phone-bob 15s");
    people.set("ann", |calls| calls.do_not_disturb = true);
    assert_eq!(hunt(&plan, &people), "ring phone-bob 15s");
    people.set("bob", |calls| calls.forward_always = Some("7001".into()));
    assert_eq!(hunt(&plan, &people), "ring phone-cy");
    plan.hunts[0].otherwise = None;
    assert_eq!(hunt(&plan, &people), "480 hunt_empty");
    plan.hunts[0].otherwise = Some("5000".into());
    assert_eq!(hunt(&plan, &people), "482 forwarding_loop");
}

#[test]
fn mailboxes_are_reached_directly() {
    let (plan, mut people) = (plan(), people());
    people.set("bob", |calls| calls.voicemail = Some("box-2".into()));
    for (dialed, expected) in [("*991002", "Leave sip:box-2@vm"), ("*991003", "404 no_mailbox")] {
        assert_eq!(
            told(&dial(&plan, &people, people.caller("ann"), dialed)),
            expected,
            "{dialed}"
        );
    }
}
