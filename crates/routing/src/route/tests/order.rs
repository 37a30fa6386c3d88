//! What wins over what.

use super::fixture::*;
use crate::*;

#[test]
fn what_is_dialled_is_tried_in_the_documented_order() {
    let (plan, people) = (plan(), people());
    for (dialed, expected) in [
        ("911", "emergency 911 by psap"),
        ("9911", "emergency 911 by psap"),
        ("*67911", "emergency 911 by psap"),
        ("9-1-1", "emergency 911 by psap"),
        ("911#", "emergency 911 by psap"),
        ("tel:911;phone-context=+1", "emergency 911 by psap"),
        ("+1911", "emergency 911 by psap"),
        ("112", "emergency 112 by psap"),
        ("933", "emergency 933 by psap"),
        ("URN:service:SOS", "emergency 911 by psap"),
        ("urn:service:sos.fire", "emergency 911 by psap"),
        ("urn:service:sosx", "404 unknown_number"),
        ("urn:service:counseling", "404 unknown_number"),
        ("*12", "Logout"),
        ("*13#", "WhoAmI"),
        ("*11", "Login { extension: None, pin: None }"),
        ("*11*1001", "Login { extension: Some(\"1001\"), pin: None }"),
        (
            "*11*1001*4711#",
            "Login { extension: Some(\"1001\"), pin: Some(Pin(..)) }",
        ),
        ("5000", "ring phone-bob 15s"),
        ("1002", "ring phone-bob"),
        ("BOB", "ring phone-bob"),
        ("+13125551002", "ring phone-bob"),
        ("913125551002", "ring phone-bob"),
        ("555-1002", "ring phone-bob"),
        ("*97", "Listen sip:1001@vm"),
        ("1001", "Listen sip:1001@vm"),
        ("7123", "internal 7123 by pbx"),
        ("9 1 (212) 555-0123", "national +12125550123 by carrier,spare"),
        ("5550123", "local +13125550123 by carrier,spare"),
        ("1-800-flowers", "404 vanity_number"),
        ("nobody", "404 unknown_number"),
        ("4321", "404 unknown_number"),
    ] {
        let routed = dial(&plan, &people, people.caller("ann"), dialed);
        assert_eq!(told(&routed), expected, "{dialed}");
    }
}

#[test]
fn an_emergency_call_carries_the_phone_and_its_place() {
    let (plan, people) = (plan(), people());
    let mut at = phone("phone-7", "chicago");
    for (location, expected) in [(None, "233 S Wacker Dr"), (Some("floor 3".into()), "floor 3")] {
        at.location = location;
        let routed = dial(&plan, &people, Caller::Neutral(at.clone()), "911");
        let Decision::Emergency(call) = routed.decision else {
            panic!("{routed:?}")
        };
        assert_eq!(
            (call.location.as_str(), call.phone.as_ref()),
            (expected, Some(&at))
        );
        assert_eq!((call.user, call.test), (None, false));
    }
}

#[test]
fn a_call_back_reaches_the_phone_whoever_has_the_number() {
    let (plan, mut people) = (plan(), people());
    people.call_back = Some(("+13125551002".into(), "phone-7".into()));
    let told_from = |caller| told(&dial(&plan, &people, caller, "3125551002"));
    assert_eq!(told_from(from_trunk()), "call back phone-7");
    assert_eq!(told_from(people.caller("ann")), "ring phone-bob");
}

#[test]
fn prefixes_that_hide_and_show_are_taken_off_and_told() {
    let (plan, people) = (plan(), people());
    for (dialed, hide) in [("1002", None), ("*671002", Some(true)), ("*821002", Some(false))] {
        let routed = dial(&plan, &people, people.caller("ann"), dialed);
        assert_eq!(
            (told(&routed).as_str(), routed.hide),
            ("ring phone-bob", hide),
            "{dialed}"
        );
    }
}

#[test]
fn a_star_code_is_known_whoever_dials_it() {
    for (dialed, expected) in [
        ("*11", true),
        ("*11*1001*4711#", true),
        ("*12", true),
        ("*13#", true),
        ("*14", false),
        ("1001", false),
        ("911", false),
    ] {
        assert_eq!(is_star_code(&plan(), dialed), expected, "{dialed}");
    }
}

#[test]
fn a_pin_never_shows() {
    let (plan, people) = (plan(), people());
    let routed = dial(&plan, &people, people.caller("ann"), "*11*1001*4711");
    assert!(!format!("{routed:?}").contains("4711"));
    let Decision::StarCode(StarCode::Login { pin: Some(pin), .. }) = routed.decision else {
        panic!("no login");
    };
    assert_eq!(pin.reveal(), "4711");
}

#[test]
fn callers_from_outside_reach_people_and_nothing_else() {
    let (mut plan, people) = (plan(), people());
    for (dialed, expected) in [
        ("3125551002", "ring phone-bob"),
        ("+13125555000", "404 not_for_outside_callers"),
        ("5000", "ring phone-ann 15s, phone-bob 15s"),
        ("+12125550123", "404 not_for_outside_callers"),
        ("7123", "404 not_for_outside_callers"),
        ("*97", "404 no_mailbox"),
        ("*11", "404 unknown_number"),
    ] {
        assert_eq!(
            told(&dial(&plan, &people, from_trunk(), dialed)),
            expected,
            "{dialed}"
        );
    }
    // A trunk that may: but never back to where the call came from.
    plan.trunk_rights = vec![("carrier".into(), ClassSet::ALL)];
    assert_eq!(
        told(&dial(&plan, &people, from_trunk(), "+12125550123")),
        "national +12125550123 by spare"
    );
    plan.peer_rights = ClassSet::from_iter([Class::Internal]);
    let peer = || Caller::Peer {
        peer: "pbx".into(),
        number: None,
    };
    assert_eq!(
        told(&dial(&plan, &people, peer(), "7123")),
        "internal 7123 by pbx"
    );
    assert_eq!(
        told(&dial(&plan, &people, peer(), "+12125550123")),
        "404 not_for_outside_callers"
    );
}

#[test]
fn a_rule_rewrites_and_an_unclassed_number_takes_every_right() {
    let (mut plan, mut people) = (plan(), people());
    plan.rules[0].replace = Some("5$0".into());
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "7123")),
        "internal 57123 by pbx"
    );
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "6612")),
        "403 class_not_allowed"
    );
    people.person_mut("ann").rights = Rights::ALL;
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "6612")),
        "premium 6612 by carrier"
    );
    plan.trunks.clear();
    assert_eq!(
        told(&dial(&plan, &people, people.caller("ann"), "2125550123")),
        "404 no_line"
    );
}
