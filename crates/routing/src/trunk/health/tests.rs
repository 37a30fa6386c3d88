use super::*;

fn trunks(list: &[(&str, u16, u16)]) -> Vec<Trunk> {
    let trunk = |(id, priority, weight): &(&str, u16, u16)| Trunk {
        id: (*id).into(),
        priority: *priority,
        weight: *weight,
        ..Trunk::default()
    };
    list.iter().map(trunk).collect()
}

fn ids(list: &[&str]) -> Vec<SmolStr> {
    list.iter().map(SmolStr::new).collect()
}

#[test]
fn one_lost_answer_is_forgiven_two_take_a_trunk_down_and_one_brings_it_back() {
    let mut health = TrunkHealth::new(&trunks(&[("a", 1, 1)]), 0);
    for (status, change, up) in [
        (Some(200), None, true),
        (None, None, true),
        (Some(404), None, true),
        (None, None, true),
        (Some(503), Some(false), false),
        (None, None, false),
        (Some(405), Some(true), true),
        (Some(408), None, true),
        (Some(504), Some(false), false),
        (Some(401), Some(true), true),
    ] {
        let changed = health.answered("a", status, 5, 0);
        assert_eq!(changed.map(|status| status.up), change, "{status:?}");
        assert_eq!(health.is_up("a"), up, "{status:?}");
    }
    assert_eq!(health.answered("unknown", None, 5, 0), None);
    assert!(!health.is_up("unknown"));
}

#[test]
fn trunks_are_asked_at_once_and_then_in_their_interval_sooner_while_down() {
    let mut health = TrunkHealth::new(&trunks(&[("a", 1, 1)]), 1000);
    assert_eq!(health.next_due_ms(), Some(1000));
    assert_eq!(health.due(999), []);
    assert_eq!(health.due(1000), [Probe { trunk: "a".into() }]);
    assert_eq!(
        (health.due(1001), health.next_due_ms()),
        (vec![], None),
        "an answer is awaited"
    );
    health.answered("a", Some(200), 2000, 0);
    assert_eq!(health.next_due_ms(), Some(32_000));
    health.answered("a", Some(200), 2000, 200);
    assert_eq!(health.next_due_ms(), Some(26_000), "a fifth less by chance");
    for _ in 0..2 {
        health.answered("a", None, 2000, 0);
    }
    assert_eq!(health.next_due_ms(), Some(12_000));
}

#[test]
fn calls_teach_too_but_not_about_a_trunk_that_nothing_would_bring_back() {
    let mut list = trunks(&[("a", 1, 1), ("b", 1, 1)]);
    list[1].options_every = Duration::ZERO;
    let mut health = TrunkHealth::new(&list, 0);
    health.due(0);
    health.answered("a", Some(200), 0, 0);
    for (trunk, up) in [("a", false), ("b", true)] {
        health.called(trunk, None, 1000);
        health.called(trunk, Some(503), 1000);
        assert_eq!(health.is_up(trunk), up, "{trunk}");
    }
    assert_eq!(health.next_due_ms(), Some(11_000), "asked sooner now");
    health.called("a", Some(486), 2000);
    assert!(health.is_up("a"));
    assert_eq!(health.status()[0].since_ms, 2000);
}

#[test]
fn the_order_is_health_then_priority_then_chance_by_weight() {
    let list = trunks(&[("a", 1, 3), ("b", 1, 1), ("c", 2, 1), ("z", 1, 0)]);
    let mut health = TrunkHealth::new(&list, 0);
    let all = ids(&["c", "z", "b", "a", "unknown", "a"]);
    let firsts: Vec<SmolStr> = (0..4)
        .map(|chance| health.order(&all, chance)[0].clone())
        .collect();
    assert_eq!(firsts.iter().filter(|first| *first == "a").count(), 3);
    assert_eq!(firsts.iter().filter(|first| *first == "b").count(), 1);
    for chance in 0..100 {
        let order = health.order(&all, chance);
        assert_eq!(
            (order.len(), order[2].as_str(), order[3].as_str()),
            (4, "z", "c"),
            "{chance}"
        );
    }
    for _ in 0..2 {
        health.answered("a", None, 0, 0);
    }
    assert_eq!(
        health.order(&ids(&["a", "b", "c"]), 0),
        ids(&["b", "c", "a"]),
        "down ones are tried last"
    );
    assert_eq!(health.order(&[], 7), ids(&[]));
}

#[test]
fn numbers_are_written_as_the_trunk_wants_them() {
    use crate::trunk::NumberFormat;
    let plan = crate::NumberPlan::default();
    for (format, prefix, number, expected) in [
        (NumberFormat::E164, "", "+13125550100", "+13125550100"),
        (NumberFormat::Digits, "", "+13125550100", "13125550100"),
        (NumberFormat::National, "", "+13125550100", "3125550100"),
        (NumberFormat::National, "9", "+49301234567", "901149301234567"),
        (NumberFormat::E164, "55", "7123", "557123"),
    ] {
        let trunk = Trunk {
            format,
            prefix: prefix.into(),
            ..Trunk::default()
        };
        assert_eq!(trunk.number(&plan, number), expected);
    }
}
