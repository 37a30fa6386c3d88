use super::*;
use crate::apply::testing;
use crate::calls::{CallClasses, Days, OutsideHours, ScheduledForward};

fn field(checked: Checked) -> &'static str {
    match checked {
        Err(Refusal::InvalidRecord { field, .. }) => field,
        other => panic!("expected a refused field, got {other:?}"),
    }
}

#[test]
fn texts_are_short_and_printable() {
    let long = SmolStr::new("x".repeat(TEXT_BYTES_MAX + 1));
    let just_fits = SmolStr::new("x".repeat(TEXT_BYTES_MAX));
    let chicago = testing::site("chicago");
    assert_eq!(
        site(&Site {
            name: just_fits,
            ..chicago.clone()
        }),
        Ok(())
    );
    assert_eq!(
        field(site(&Site {
            name: long.clone(),
            ..chicago.clone()
        })),
        "name"
    );
    assert_eq!(
        field(site(&Site {
            time_zone: "a\nb".into(),
            ..chicago.clone()
        })),
        "time_zone"
    );
    assert_eq!(
        field(site(&Site {
            emergency_location: "\u{7f}".into(),
            ..chicago
        })),
        "emergency_location"
    );
    assert_eq!(
        field(user(&User {
            display_name: long.clone(),
            ..testing::user("ada")
        })),
        "display_name"
    );
    let phone = testing::device("chi-1", "chicago");
    assert_eq!(
        field(device(&Device {
            desk: long.clone(),
            ..phone.clone()
        })),
        "desk"
    );
    assert_eq!(field(device(&Device { model: long, ..phone })), "model");
}

#[test]
fn lists_and_verifiers_are_bounded() {
    let aliases = (0..=ALIASES_MAX)
        .map(|n| testing::named(&format!("a{n}")))
        .collect();
    assert_eq!(
        field(user(&User {
            aliases,
            ..testing::user("ada")
        })),
        "aliases"
    );
    let allowed_groups = (0..=DEVICE_GROUPS_MAX)
        .map(|n| testing::named(&format!("g{n}")))
        .collect();
    let phone = Device {
        allowed_groups,
        ..testing::device("chi-1", "chicago")
    };
    assert_eq!(field(device(&phone)), "allowed_groups");
    assert_eq!(verifier(&"v".repeat(VERIFIER_BYTES_MAX)), Ok(()));
    assert_eq!(field(verifier(&"v".repeat(VERIFIER_BYTES_MAX + 1))), "verifier");
    assert_eq!(field(verifier("")), "verifier");
}

#[test]
fn policies_stay_in_their_ranges() {
    for sessions in [0, 1, MultipleLogins::SESSIONS_MAX + 1] {
        let multiple_logins = MultipleLogins::AllowUpTo(sessions);
        assert_eq!(
            field(policy(&Policy {
                multiple_logins,
                ..Policy::default()
            })),
            "multiple_logins"
        );
    }
    let none = Limit::AfterMs(0);
    assert_eq!(
        field(policy(&Policy {
            idle_timeout: none,
            ..Policy::default()
        })),
        "idle_timeout"
    );
    assert_eq!(
        field(policy(&Policy {
            login_time_max: none,
            ..Policy::default()
        })),
        "login_time_max"
    );
    let lockout = LockoutPolicy {
        window_ms: 0,
        ..LockoutPolicy::default()
    };
    assert_eq!(
        field(policy(&Policy {
            lockout,
            ..Policy::default()
        })),
        "lockout"
    );
    let off = LockoutPolicy {
        failures_max: 0,
        window_ms: 0,
        locked_ms: 0,
    };
    assert_eq!(
        policy(&Policy {
            lockout: off,
            ..Policy::default()
        }),
        Ok(())
    );
    let overrides = PolicyOverrides {
        login_time_max: Some(none),
        ..PolicyOverrides::default()
    };
    assert_eq!(
        field(group(&Group {
            policy: overrides,
            ..testing::group("staff")
        })),
        "login_time_max"
    );
}

#[test]
fn numbers_and_call_settings_follow_their_rules() {
    let with = |calls: CallSettings| {
        user(&User {
            calls: Some(calls.into()),
            ..testing::user("ada")
        })
    };
    let usual = CallSettings::default;
    let hours = |days, from_minute, to_minute| Hours {
        days: Days::from_bits(days).unwrap(),
        from_minute,
        to_minute,
    };
    let scheduled = |hours, to: &str| CallSettings {
        schedule: vec![ScheduledForward {
            hours,
            forward_to: to.into(),
        }],
        ..usual()
    };
    assert_eq!(with(usual()), Ok(()));
    assert_eq!(with(scheduled(hours(1, 1320, 360), "+13125550142")), Ok(()));
    let long = SmolStr::new("1".repeat(TARGET_BYTES_MAX + 1));
    let bad = [
        (
            "forward_always",
            CallSettings {
                forward_always: Some("".into()),
                ..usual()
            },
        ),
        (
            "forward_busy",
            CallSettings {
                forward_busy: Some("20 41".into()),
                ..usual()
            },
        ),
        (
            "forward_no_answer",
            CallSettings {
                forward_no_answer: Some(long),
                ..usual()
            },
        ),
        (
            "forward_not_logged_in",
            CallSettings {
                forward_not_logged_in: Some("<sip:x>".into()),
                ..usual()
            },
        ),
        (
            "voicemail",
            CallSettings {
                voicemail: Some("a\r\nb".into()),
                ..usual()
            },
        ),
        (
            "no_answer_after_s",
            CallSettings {
                no_answer_after_s: 4,
                ..usual()
            },
        ),
        (
            "no_answer_after_s",
            CallSettings {
                no_answer_after_s: 121,
                ..usual()
            },
        ),
        ("schedule", scheduled(hours(0, 0, 60), "2041")),
        ("schedule", scheduled(hours(1, 1440, 60), "2041")),
        ("schedule", scheduled(hours(1, 60, 60), "2041")),
        ("schedule", scheduled(hours(1, 60, 1441), "2041")),
        ("schedule", scheduled(hours(1, 60, 120), "")),
        (
            "schedule",
            CallSettings {
                schedule: vec![scheduled(hours(1, 0, 60), "2041").schedule[0].clone(); SCHEDULE_MAX + 1],
                ..usual()
            },
        ),
    ];
    for (expected, calls) in bad {
        assert_eq!(field(with(calls.clone())), expected, "{calls:?}");
    }
    let numbers = (0..=NUMBERS_MAX).map(|n| testing::named(&format!("+1312555014{n}")));
    assert_eq!(
        field(user(&User {
            numbers: numbers.collect(),
            ..testing::user("ada")
        })),
        "numbers"
    );
    let never = CallRights {
        outside_hours: Some(OutsideHours {
            hours: hours(0, 0, 60),
            classes: CallClasses::NONE,
        }),
        ..CallRights::default()
    };
    assert_eq!(
        field(group(&Group {
            rights: Some(never),
            ..testing::group("staff")
        })),
        "rights"
    );
}

#[test]
fn notes_are_cut_at_a_character_and_lose_control_characters() {
    assert_eq!(cut(&"ä".repeat(40).into(), 5), "ää");
    assert_eq!(cut(&"a\r\nb".into(), 64), "a  b");
}
