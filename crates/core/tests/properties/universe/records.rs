//! Records as they are put: most are good, some say nothing, some break a rule, and some carry what every action
//! must ignore.

use std::sync::Arc;

use hotdesk_core::{
    BusyDevice, CallClasses, CallRights, CallSettings, Credential, Days, Device, Edge, Enrolment, FormerSeed,
    Group, Hold, Hours, Limit, LockoutPolicy, LoginFailures, MultipleLogins, OutsideHours, Policy,
    PolicyOverrides, Profile, ScheduledForward, SealedSecret, SeenPhone, Shown, ShownBy, Site, SpeedDial,
    TimeMs, User,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::names::{
    device_id, edge_id, group_id, mac, parse, plain_device, plain_site, plain_user, site_id, user_id,
};

pub(super) fn site() -> impl Strategy<Value = Site> {
    (
        site_id(),
        select(vec!["1 Main St", "2 Side St", "3 Back St", "bad\ntext"]),
        select(vec!["", "en", "de", "de", "not a tag"]),
        any::<u64>(),
    )
        .prop_map(|(id, location, language, changed)| Site {
            id,
            emergency_location: location.into(),
            language: language.into(),
            // Ignored by every action; here to see that it is.
            changed,
            ..plain_site()
        })
}

pub(super) fn group() -> impl Strategy<Value = Group> {
    let overrides = (
        option::of(multiple_logins()),
        option::of(busy_device()),
        option::weighted(0.2, limit()),
        option::weighted(0.2, limit()),
        option::weighted(0.2, lockout()),
    );
    (group_id(), overrides, option::weighted(0.2, rights())).prop_map(|(id, overrides, rights)| {
        let (multiple_logins, busy_device, idle_timeout, login_time_max, lockout) = overrides;
        let policy = PolicyOverrides {
            multiple_logins,
            busy_device,
            idle_timeout,
            login_time_max,
            lockout,
        };
        Group { id, policy, rights }
    })
}

pub(super) fn policy() -> impl Strategy<Value = Policy> {
    (multiple_logins(), busy_device(), limit(), limit(), lockout()).prop_map(
        |(multiple_logins, busy_device, idle_timeout, login_time_max, lockout)| Policy {
            multiple_logins,
            busy_device,
            idle_timeout,
            login_time_max,
            lockout,
        },
    )
}

fn multiple_logins() -> impl Strategy<Value = MultipleLogins> {
    prop_oneof![
        2 => Just(MultipleLogins::Evict),
        1 => Just(MultipleLogins::Deny),
        4 => (1..5u8).prop_map(MultipleLogins::AllowUpTo),
    ]
}

fn busy_device() -> impl Strategy<Value = BusyDevice> {
    select(vec![BusyDevice::TakeOver, BusyDevice::Refuse])
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        1 => Just(Limit::Off),
        1 => (0..10u64).prop_map(Limit::AfterMs),
        9 => (10_000..900_000u64).prop_map(Limit::AfterMs),
    ]
}

fn lockout() -> impl Strategy<Value = LockoutPolicy> {
    (0..4u32, 0..60_000u64, 0..60_000u64).prop_map(|(failures_max, window_ms, locked_ms)| LockoutPolicy {
        failures_max,
        window_ms,
        locked_ms,
    })
}

pub(super) fn user() -> impl Strategy<Value = User> {
    let names = vec!["100", "106", "u3", "short", "brief"];
    let fields = (
        user_id(),
        option::of(select(vec![
            "100",
            "101",
            "102",
            "103",
            "104",
            "105",
            "13125550199",
        ])),
        prop::collection::vec(select(names), 0..3),
        option::weighted(0.2, select(vec!["a@example.com", "b@example.com"])),
        option::of(group_id()),
        prop::bool::weighted(0.85),
        // One of them is an extension too, so that they collide with those.
        prop::collection::vec(select(vec!["13125550142", "+1 312 555 0199"]), 0..3),
        (
            option::weighted(0.2, calls()),
            option::weighted(0.2, rights()),
            option::weighted(0.2, profile()),
        ),
    );
    fields.prop_map(
        |(id, extension, aliases, email, group, enabled, numbers, (calls, rights, profile))| User {
            profile: profile.map(Arc::new),
            numbers: numbers.into_iter().map(parse).collect(),
            calls: calls.map(Arc::new),
            rights,
            id,
            extension: extension.map(parse),
            aliases: aliases.into_iter().map(parse).collect(),
            email: email.map(parse),
            group,
            enabled,
            // Ignored by every action; here to see that it is.
            credential: Some(Credential {
                version: 1,
                verifier: Arc::from("smuggled"),
            }),
            failures: LoginFailures {
                count: 3,
                ..LoginFailures::default()
            },
            changed: u64::MAX,
            ..plain_user()
        },
    )
}

pub(super) fn device() -> impl Strategy<Value = Device> {
    let groups = prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(group_id(), 1..4)];
    let fields = (device_id(), site_id(), prop::bool::weighted(0.85), groups);
    let owner = option::weighted(0.6, select(vec!["u0", "u1", "u2", "nobody"]));
    let labels = select(vec!["", "Lobby", "bad\ntext"]);
    let phone = (option::weighted(0.3, mac()), labels, owner);
    (fields, phone).prop_map(
        |((id, site, enabled, allowed_groups), (mac, label, owner))| Device {
            mac,
            label: label.into(),
            owner: owner.map(parse),
            id,
            site,
            enabled,
            allowed_groups,
            // Ignored by every action; here to see that it is.
            secret: Some(SealedSecret(Arc::from(&b"smuggled"[..]))),
            serving: Some(parse("nobody")),
            hold: Some(Arc::new(Hold {
                until: TimeMs(u64::MAX),
                reason: "smuggled".into(),
            })),
            secret_seed: Some(1),
            former_seeds: vec![FormerSeed {
                seed: 2,
                replaced: u64::MAX,
                until: TimeMs(u64::MAX),
            }],
            enrolment: Enrolment {
                open_until: TimeMs(u64::MAX),
                enrolled_at: TimeMs(1),
            },
            changed: u64::MAX,
            shown: Some(Shown {
                stamp: u64::MAX,
                at: TimeMs(1),
                how: ShownBy::Document,
            }),
            trouble: Some("smuggled".into()),
            stays_neutral: true,
            ..plain_device()
        },
    )
}

/// Profiles that are good, that say nothing, and that break a rule.
pub(super) fn profile() -> impl Strategy<Value = Profile> {
    let labels = select(vec!["", "Front", "bad\ntext"]);
    let dials = select(vec!["100", "+13125550142", "not a number"]);
    (labels, option::of(dials), 0..12u8).prop_map(|(label, dial, ring_tone)| Profile {
        line_label: label.into(),
        speed_dials: dial
            .map(|number| SpeedDial {
                label: "Reception".into(),
                number: number.into(),
            })
            .into_iter()
            .collect(),
        ring_tone: if ring_tone < 8 { 0 } else { ring_tone },
        ..Profile::default()
    })
}

pub(super) fn seen() -> impl Strategy<Value = SeenPhone> {
    (mac(), select(vec!["1.0", "1.1"])).prop_map(|(mac, firmware)| SeenPhone {
        mac,
        vendor: "yealink".into(),
        model: "T54W".into(),
        firmware: firmware.into(),
        site: Some(parse("s0")),
        address: "192.0.2.17".into(),
    })
}

pub(super) fn edge() -> impl Strategy<Value = Edge> {
    let uris = select(vec!["sip:192.0.2.7", "sips:edge.example.com", "not a uri"]);
    (edge_id(), site_id(), uris).prop_map(|(id, site, uri)| Edge {
        id,
        site,
        uri: uri.into(),
    })
}

pub(super) fn sealed() -> impl Strategy<Value = SealedSecret> {
    select(vec!["", "one", "two"]).prop_map(|text| SealedSecret(text.as_bytes().into()))
}

/// Settings that are good, that say nothing, and that break a rule.
pub(super) fn calls() -> impl Strategy<Value = CallSettings> {
    let targets = select(vec!["100", "+13125550142", "not a target"]);
    (
        option::of(targets),
        select(vec![4_u16, 20, 30]),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(target, no_answer_after_s, scheduled)| {
            let target = target.map(Into::into);
            let schedule = target
                .clone()
                .filter(|_| scheduled)
                .map(|forward_to| ScheduledForward {
                    hours: night(),
                    forward_to,
                });
            CallSettings {
                forward_busy: target,
                no_answer_after_s,
                schedule: schedule.into_iter().collect(),
                ..CallSettings::default()
            }
        })
}

fn rights() -> impl Strategy<Value = CallRights> {
    (0..32_u8, any::<bool>()).prop_map(|(bits, outside)| {
        let classes = CallClasses::from_bits(bits).expect("five classes");
        let outside_hours = outside.then(|| OutsideHours {
            hours: night(),
            classes,
        });
        CallRights {
            classes,
            outside_hours,
        }
    })
}

fn night() -> Hours {
    Hours {
        days: Days::ALL,
        from_minute: 1320,
        to_minute: 360,
    }
}
