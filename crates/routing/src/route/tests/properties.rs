//! What holds whatever is dialled and whatever is set.

use proptest::prelude::*;

use super::fixture::*;
use crate::*;

fn a_set() -> impl Strategy<Value = ClassSet> {
    any::<u8>().prop_map(ClassSet::from_bits)
}

fn rights() -> impl Strategy<Value = Rights> {
    let hours = (any::<u8>(), 0..1440_u16, 1..=1440_u16, a_set());
    (a_set(), proptest::option::of(hours)).prop_map(|(classes, hours)| Rights {
        classes,
        outside_hours: hours.map(|(days, from, to, classes)| OutsideHours {
            hours: Hours::new(Days::from_bits(days), from, to).unwrap(),
            classes,
        }),
    })
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("voicemail".to_owned()),
        "100[0-9]",
        "[0-9*#+]{0,16}",
        "(tel:|urn:service:|\\+1)?[a-z0-9;=.-]{0,20}",
        any::<String>(),
    ]
}

fn a_caller() -> impl Strategy<Value = usize> {
    0..4_usize
}

fn caller(people: &People, which: usize) -> Caller {
    match which {
        0 => people.caller("ann"),
        1 => Caller::Neutral(phone("phone-7", "chicago")),
        2 => from_trunk(),
        _ => Caller::Peer {
            peer: "pbx".into(),
            number: None,
        },
    }
}

proptest! {
    #[test]
    fn every_call_is_decided_and_no_history_grows_beyond_its_bound(
        dialed in target(), which in a_caller(), always in proptest::collection::vec(target(), 3)
    ) {
        let (plan, mut people) = (plan(), people());
        for (user, to) in ["ann", "bob", "cy"].into_iter().zip(&always) {
            people.set(user, |calls| calls.forward_always = Some(to.into()));
        }
        let routed = dial(&plan, &people, caller(&people, which), &dialed);
        prop_assert!(routed.history.turns().len() <= HISTORY_MAX);
        prop_assert_ne!(routed.decision.name(), "give_up");
        if let Decision::Refuse(refusal) = &routed.decision {
            prop_assert!(refusal.reason.is_ascii() && (400..700).contains(&refusal.status));
        }
        if let Decision::Ring(ring) = &routed.decision {
            prop_assert!(!ring.groups.is_empty() && ring.groups.iter().all(|group| !group.places.is_empty()));
        }
    }

    #[test]
    fn an_emergency_call_is_never_refused(
        own in rights(), site in rights(), which in a_caller(), neutral in target(), hunt in "911|9911|112",
        form in "(911|9911|\\*67911|112|9-112|urn:service:sos(\\.police)?)"
    ) {
        let (mut plan, mut people) = (plan(), people());
        plan.site_limits = site;
        plan.neutral.numbers = vec![neutral.into()];
        plan.hunts[0].number = hunt.as_str().into();
        plan.star_codes.login = "911".into();
        plan.rules[0].pattern = "911".parse().unwrap();
        people.person_mut("ann").rights = own;
        people.person_mut("bob").extension = Some(hunt.into());
        let routed = dial(&plan, &people, caller(&people, which), &form);
        prop_assert!(matches!(routed.decision, Decision::Emergency(_)), "{:?}", routed);
    }

    #[test]
    fn cutting_rights_never_opens_a_way(
        own in rights(), cut in a_set(), site in rights(), site_cut in a_set(),
        dialed in "(1002|5550123|2125550123|01149301234567|19005550123|7123|6612|5000)",
        at in 1_700_000_000_i64..1_900_000_000
    ) {
        let now = jiff::Timestamp::from_second(at).unwrap();
        let allowed = |own: Rights, site: Rights| {
            let (mut plan, mut people) = (plan(), people());
            plan.site_limits = site;
            people.person_mut("ann").rights = own;
            let call = Call { dialed: dialed.as_str().into(), caller: people.caller("ann") };
            !matches!(route(&plan, &people, &call, now).decision, Decision::Refuse(_))
        };
        let less = |rights: Rights, cut: ClassSet| Rights {
            classes: rights.classes & cut,
            outside_hours: rights.outside_hours.map(|outside| OutsideHours {
                classes: outside.classes & cut,
                ..outside
            }),
        };
        if !allowed(own, site) {
            prop_assert!(!allowed(less(own, cut), site));
            prop_assert!(!allowed(own, less(site, site_cut)));
        }
        // And nobody may do more outside working hours than within them.
        let always = Rights { outside_hours: None, ..own };
        prop_assert!(allowed(always, site) || !allowed(own, site));
    }
}
