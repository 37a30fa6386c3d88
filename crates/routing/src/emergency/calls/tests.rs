use proptest::prelude::*;

use super::*;
use crate::Phone;
use crate::emergency::{CallBackNumber, DecodeError};

const MINUTE: u64 = 60_000;

fn plan(numbers: &[(&str, Option<&str>)]) -> EmergencyPlan {
    let call_back = numbers.iter().map(|(number, device)| CallBackNumber {
        number: (*number).into(),
        device: device.map(Into::into),
    });
    EmergencyPlan {
        main_number: Some("+1main".into()),
        call_back: call_back.collect(),
        ..EmergencyPlan::default()
    }
}

fn call(device: &str) -> EmergencyCall {
    EmergencyCall {
        number: "911".into(),
        service: "urn:service:sos".into(),
        test: false,
        phone: Some(Phone {
            device: device.into(),
            ..Phone::default()
        }),
        user: None,
        location: "here".into(),
        trunks: Vec::new(),
    }
}

#[test]
fn the_phone_is_held_during_the_call_and_its_window_and_no_longer() {
    let plan = plan(&[]);
    let mut calls = EmergencyCalls::default();
    assert!(calls.begin(&plan, &call("a"), "1", 0).holds);
    assert!(calls.holds("a", 60 * MINUTE).is_some_and(|hold| hold.calling));
    assert_eq!(calls.holds("b", 0), None);
    assert_eq!(calls.end(&plan, "1", 60 * MINUTE).as_deref(), Some("a"));
    assert_eq!(
        calls.end(&plan, "1", 80 * MINUTE),
        None,
        "the second BYE does not lengthen the window"
    );
    let hold = Hold {
        calling: false,
        until_ms: 90 * MINUTE,
    };
    assert_eq!(calls.holds("a", 61 * MINUTE), Some(hold));
    assert_eq!(calls.next_expiry_ms(), Some(90 * MINUTE));
    assert!(calls.expire(90 * MINUTE - 1).is_empty());
    assert_eq!(calls.expire(90 * MINUTE), ["a"]);
    assert_eq!(calls.holds("a", 90 * MINUTE), None);
}

#[test]
fn a_call_whose_end_was_lost_is_over_some_day() {
    let mut calls = EmergencyCalls::default();
    calls.begin(&plan(&[]), &call("a"), "1", 0);
    let over = 4 * 60 * MINUTE + 30 * MINUTE;
    assert!(calls.holds("a", over - 1).is_some());
    assert_eq!(calls.expire(over), ["a"]);
}

#[test]
fn a_phone_is_released_only_when_its_last_window_is_over() {
    let plan = plan(&[]);
    let mut calls = EmergencyCalls::default();
    calls.begin(&plan, &call("a"), "1", 0);
    calls.end(&plan, "1", MINUTE);
    calls.begin(&plan, &call("a"), "2", 2 * MINUTE);
    calls.end(&plan, "2", 10 * MINUTE);
    assert!(calls.expire(31 * MINUTE).is_empty());
    assert_eq!(calls.held(32 * MINUTE).len(), 1);
    assert_eq!(calls.expire(40 * MINUTE), ["a"]);
}

#[test]
fn the_number_to_call_back_is_the_phones_own_then_a_lent_one_then_the_main_one() {
    let lent = plan(&[("+1own", Some("a")), ("+1x", None), ("+1y", None)]);
    let mut calls = EmergencyCalls::default();
    let mut begin = |device: &str, id: &str, at| calls.begin(&lent, &call(device), id, at).call_back.unwrap();
    assert_eq!(begin("a", "1", 1), "+1own");
    assert_eq!(begin("b", "2", 2), "+1x");
    assert_eq!(begin("c", "3", 3), "+1y");
    assert_eq!(
        begin("b", "4", 4),
        "+1x",
        "a phone keeps the number that it has been lent"
    );
    assert_eq!(
        begin("d", "5", 5),
        "+1y",
        "all are taken: the one lent longest ago"
    );
    let back = |number: &str| calls.call_back(&lent, number, None, 6);
    assert_eq!(back("+1own").as_deref(), Some("a"));
    assert_eq!(back("+1x").as_deref(), Some("b"));
    assert_eq!(back("+1y").as_deref(), Some("d"));
    assert_eq!(back("+1main"), None);
    let mut calls = EmergencyCalls::default();
    assert_eq!(
        calls.begin(&plan(&[]), &call("a"), "1", 0).call_back.as_deref(),
        Some("+1main")
    );
}

#[test]
fn the_directorys_number_of_a_phone_goes_before_the_lent_and_the_main_one_and_behind_the_plans() {
    let plan = plan(&[("+1own", Some("a")), ("+1x", None)]);
    let with = |device: &str, number: &str| EmergencyCall {
        phone: Some(Phone {
            device: device.into(),
            number: Some(number.into()),
            ..Phone::default()
        }),
        ..call(device)
    };
    let mut calls = EmergencyCalls::default();
    for (at, device, number, shown) in [
        (1, "a", "+1a", "+1own"),
        (2, "b", "+1b", "+1b"),
        (3, "c", "+1main", "+1main"),
    ] {
        let begun = calls.begin(&plan, &with(device, number), device, at);
        assert_eq!(begun.call_back.as_deref(), Some(shown), "{device}");
    }
    let back = |plan: &EmergencyPlan, number: &str| calls.call_back(plan, number, Some("+49"), 4);
    assert_eq!(back(&plan, "+1own").as_deref(), Some("a"));
    assert_eq!(back(&plan, "+1b").as_deref(), Some("b"));
    assert_eq!(back(&plan, "+1a"), None);
    assert_eq!(back(&plan, "+1main").as_deref(), Some("c"));
    // The number that all share stays everybody's, whoever has it in the directory.
    let only_911 = EmergencyPlan {
        main_number_callers: Some("^911$".parse().unwrap()),
        ..plan
    };
    assert_eq!(back(&only_911, "+1main"), None);
    assert_eq!(back(&only_911, "+1b").as_deref(), Some("b"));
}

#[test]
fn the_main_number_reaches_the_last_caller_for_those_who_may_be_the_emergency_service() {
    let mut plan = plan(&[]);
    let mut calls = EmergencyCalls::default();
    calls.begin(&plan, &call("a"), "1", 0);
    calls.begin(&plan, &call("b"), "2", 1);
    let back = |plan: &EmergencyPlan, caller, at| calls.call_back(plan, "+1main", caller, at);
    assert_eq!(back(&plan, None, 2).as_deref(), Some("b"));
    plan.main_number_callers = Some("^911$".parse().unwrap());
    assert_eq!(back(&plan, None, 2), None);
    assert_eq!(back(&plan, Some("+1312"), 2), None);
    assert_eq!(back(&plan, Some("911"), 2).as_deref(), Some("b"));
    assert_eq!(
        back(&plan, Some("911"), 5 * 60 * MINUTE),
        None,
        "the window is over"
    );
}

#[test]
fn a_test_call_holds_nothing() {
    let mut calls = EmergencyCalls::default();
    let test = EmergencyCall {
        test: true,
        ..call("a")
    };
    let begun = calls.begin(&plan(&[]), &test, "1", 0);
    assert_eq!(
        begun,
        Begun {
            call_back: Some("+1main".into()),
            holds: false
        }
    );
    assert_eq!(calls, EmergencyCalls::default());
}

#[test]
fn there_is_room_for_the_newest_call_and_what_goes_is_over() {
    let plan = plan(&[]);
    let mut calls = EmergencyCalls::default();
    for at in 0..CALLS_MAX {
        calls.begin(&plan, &call(&format!("phone-{at}")), &format!("{at}"), 0);
    }
    calls.end(&plan, "17", 1);
    calls.begin(&plan, &call("new"), "new", 2);
    assert_eq!(calls.records.len(), CALLS_MAX);
    assert_eq!(calls.holds("phone-17", 3), None);
    assert!(calls.holds("phone-0", 3).is_some() && calls.holds("new", 3).is_some());
    calls.begin(&plan, &call("newer"), "newer", 4);
    assert_eq!(calls.holds("phone-0", 5), None, "none is over: the oldest goes");
}

/// What version 1 has written stays readable.
#[test]
fn the_record_is_written_in_version_1() {
    let plan = plan(&[("+1x", None)]);
    let mut calls = EmergencyCalls::default();
    calls.begin(&plan, &call("a"), "c1", 258);
    calls.end(&plan, "c1", 258);
    let golden = b"\x01\x00\x02c1\x00\x01a\x00\x03+1x\x03\
                   \x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x1b\x78\x42";
    assert_eq!(calls.encode(), golden);
    assert_eq!(EmergencyCalls::decode(golden), Ok(calls));
}

#[test]
fn damaged_records_are_refused() {
    assert_eq!(
        EmergencyCalls::decode(b"\x02"),
        Err(DecodeError::Version { got: 2 })
    );
    assert_eq!(EmergencyCalls::decode(b""), Err(DecodeError::Damaged { at: 0 }));
    assert_eq!(
        EmergencyCalls::decode(b"\x01\x00\x09c1"),
        Err(DecodeError::Damaged { at: 3 })
    );
}

proptest! {
    #[test]
    fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = EmergencyCalls::decode(&bytes);
    }

    #[test]
    fn what_is_written_is_read(steps in proptest::collection::vec((0..5_u8, 0..8_u8, any::<u32>()), 0..40)) {
        let plan = plan(&[("+1x", None), ("+1a", Some("0"))]);
        let mut calls = EmergencyCalls::default();
        for (device, id, at) in steps {
            let (id, at) = (id.to_string(), u64::from(at));
            if device == 4 {
                calls.end(&plan, &id, at);
            } else {
                calls.begin(&plan, &call(&device.to_string()), &id, at);
            }
        }
        prop_assert_eq!(EmergencyCalls::decode(&calls.encode()), Ok(calls));
    }
}
