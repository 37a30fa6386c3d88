//! Who may not call what.

use jiff::Timestamp;

use super::fixture::*;
use crate::*;

fn classes(classes: &[Class]) -> Rights {
    Rights {
        classes: classes.iter().copied().collect(),
        outside_hours: None,
    }
}

const NUMBERS: [(Class, &str); 5] = [
    (Class::Internal, "1002"),
    (Class::Local, "5550123"),
    (Class::National, "2125550123"),
    (Class::International, "01149301234567"),
    (Class::Premium, "19005550123"),
];

#[test]
fn each_class_is_a_right_of_its_own_and_the_refusal_says_which() {
    let (plan, mut people) = (plan(), people());
    for (granted, _) in NUMBERS {
        people.person_mut("ann").rights = classes(&[granted]);
        for (class, number) in NUMBERS {
            let routed = dial(&plan, &people, people.caller("ann"), number);
            match routed.decision {
                Decision::Refuse(refusal) => {
                    assert_ne!(class, granted, "{number}");
                    assert_eq!((refusal.status, refusal.label), (403, "class_not_allowed"));
                    assert!(
                        refusal.reason.ends_with("calls are not allowed for you"),
                        "{}",
                        refusal.reason
                    );
                }
                _ => assert_eq!(class, granted, "{number}"),
            }
        }
    }
}

#[test]
fn the_site_cuts_what_its_users_may() {
    let (mut plan, mut people) = (plan(), people());
    people.person_mut("ann").rights = Rights::ALL;
    plan.site_limits = classes(&[Class::Internal, Class::Local]);
    for (dialed, expected) in [
        ("1002", "ring phone-bob"),
        ("5550123", "local +13125550123 by carrier,spare"),
        ("2125550123", "403 site_limit"),
        ("911", "emergency 911 by psap"),
    ] {
        assert_eq!(
            told(&dial(&plan, &people, people.caller("ann"), dialed)),
            expected,
            "{dialed}"
        );
    }
}

#[test]
fn outside_working_hours_there_are_fewer_rights_in_the_time_of_the_phone() {
    let (plan, mut people) = (plan(), people());
    people.person_mut("ann").rights.outside_hours = Some(OutsideHours {
        hours: "mon-fri 08:00-18:00".parse().unwrap(),
        classes: ClassSet::from_iter([Class::Internal]),
    });
    let call = |site: &str| {
        let mut caller = people.caller("ann");
        if let Caller::User { phone, .. } = &mut caller {
            phone.site = site.into();
        }
        Call {
            dialed: "2125550123".into(),
            caller,
        }
    };
    for (site, at, expected) in [
        // 17:30 in Chicago is 18:30 in New York.
        (
            "chicago",
            "2026-07-14T22:30:00Z",
            "national +12125550123 by carrier,spare",
        ),
        ("new-york", "2026-07-14T22:30:00Z", "403 class_not_allowed_now"),
        ("chicago", "2026-07-14T23:00:00Z", "403 class_not_allowed_now"),
        ("chicago", "2026-07-18T16:00:00Z", "403 class_not_allowed_now"),
        // In winter Chicago is an hour further from UTC.
        (
            "chicago",
            "2026-01-13T23:30:00Z",
            "national +12125550123 by carrier,spare",
        ),
    ] {
        let at: Timestamp = at.parse().unwrap();
        assert_eq!(
            told(&route(&plan, &people, &call(site), at)),
            expected,
            "{site} {at}"
        );
    }
}

#[test]
fn where_nobody_is_logged_in_only_listed_numbers_can_be_called() {
    let (mut plan, people) = (plan(), people());
    let neutral = || Caller::Neutral(phone("phone-7", "chicago"));
    for (internal, dialed, expected) in [
        (false, "911", "emergency 911 by psap"),
        (false, "*11", "Login { extension: None, pin: None }"),
        (false, "1001", "ring phone-ann"),
        (false, "5550000", "local +13125550000 by carrier,spare"),
        (false, "8812", "404 unknown_number"),
        (false, "1002", "403 nobody_logged_in"),
        (false, "nobody", "403 nobody_logged_in"),
        (false, "2125550123", "403 nobody_logged_in"),
        (true, "1002", "ring phone-bob"),
        (true, "5000", "ring phone-ann 15s, phone-bob 15s"),
        (true, "7123", "internal 7123 by pbx"),
        (true, "2125550123", "403 nobody_logged_in"),
        (true, "*97", "404 no_mailbox"),
    ] {
        plan.neutral.internal = internal;
        assert_eq!(
            told(&dial(&plan, &people, neutral(), dialed)),
            expected,
            "{dialed} {internal}"
        );
    }
}

#[test]
fn a_user_who_may_not_call_learns_nothing_else() {
    let (plan, mut people) = (plan(), people());
    people.person_mut("ann").rights = classes(&[]);
    for dialed in ["1002", "1004", "5000", "*97", "*991004", "7123", "5550123"] {
        assert_eq!(
            told(&dial(&plan, &people, people.caller("ann"), dialed)),
            "403 class_not_allowed",
            "{dialed}"
        );
    }
}
