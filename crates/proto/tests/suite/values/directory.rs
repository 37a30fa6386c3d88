//! Records of the directory, and the settings in them.

use std::sync::Arc;

use hotdesk_core::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample;
use smol_str::SmolStr;

use super::phones::{former_seed, mac, shown, trouble};
use super::{device_id, id, parsed, text, time};

fn multiple_logins() -> impl Strategy<Value = MultipleLogins> + Clone {
    prop_oneof![
        Just(MultipleLogins::Evict),
        Just(MultipleLogins::Deny),
        any::<u8>().prop_map(MultipleLogins::AllowUpTo),
    ]
}

fn busy_device() -> impl Strategy<Value = BusyDevice> + Clone {
    prop_oneof![Just(BusyDevice::TakeOver), Just(BusyDevice::Refuse)]
}

fn limit() -> impl Strategy<Value = Limit> + Clone {
    prop_oneof![Just(Limit::Off), (1_u64..).prop_map(Limit::AfterMs)]
}

fn lockout() -> impl Strategy<Value = LockoutPolicy> + Clone {
    any::<(u32, u64, u64)>().prop_map(|(failures_max, window_ms, locked_ms)| LockoutPolicy {
        failures_max,
        window_ms,
        locked_ms,
    })
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
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

pub(crate) fn overrides() -> impl Strategy<Value = PolicyOverrides> {
    (
        option::of(multiple_logins()),
        option::of(busy_device()),
        option::of(limit()),
        option::of(limit()),
        option::of(lockout()),
    )
        .prop_map(
            |(multiple_logins, busy_device, idle_timeout, login_time_max, lockout)| PolicyOverrides {
                multiple_logins,
                busy_device,
                idle_timeout,
                login_time_max,
                lockout,
            },
        )
}

pub(crate) fn site() -> impl Strategy<Value = Site> {
    let language = sample::select(vec!["en", "de", "pt-BR"]);
    let desk = (language, any::<bool>(), any::<u64>());
    (id(), text(), text(), text(), desk).prop_map(
        |(id, name, time_zone, emergency_location, (language, recent_here, changed))| Site {
            id,
            name,
            time_zone,
            emergency_location,
            language: language.into(),
            recent_here,
            changed,
        },
    )
}

pub(crate) fn profile() -> impl Strategy<Value = Profile> {
    use SoftFunction::{Directory, DoNotDisturb, Forward, History, Logout, Voicemail};
    let softkey = sample::select(vec![History, Directory, DoNotDisturb, Forward, Voicemail, Logout]);
    let key = || vec((text(), text()), 0..4);
    let texts = (text(), text(), text(), text());
    (
        texts,
        key(),
        key(),
        any::<bool>(),
        any::<u8>(),
        vec(softkey, 0..9),
    )
        .prop_map(|(texts, dials, lamps, message_waiting, ring_tone, softkeys)| {
            let (line_label, voicemail_number, language, directory_url) = texts;
            let dials = dials
                .into_iter()
                .map(|(label, number)| SpeedDial { label, number });
            let lamps = lamps
                .into_iter()
                .map(|(label, extension)| Lamp { label, extension });
            Profile {
                line_label,
                speed_dials: dials.collect(),
                lamps: lamps.collect(),
                voicemail_number,
                message_waiting,
                ring_tone,
                language,
                directory_url,
                softkeys,
            }
        })
}

pub(crate) fn group() -> impl Strategy<Value = Group> {
    (id(), overrides(), option::of(rights())).prop_map(|(id, policy, rights)| Group { id, policy, rights })
}

/// A user as it is put: without credential and failures.
pub(crate) fn user() -> impl Strategy<Value = User> {
    (
        id(),
        text(),
        option::of(parsed("[0-9]{1,20}")),
        vec(id(), 0..4),
        option::of(parsed("[a-z0-9.]{1,30}@[a-z.]{1,30}")),
        option::of(id()),
        any::<bool>(),
        vec(parsed("[1-9][0-9]{6,14}"), 0..4),
        option::of(calls()),
        (option::of(rights()), option::of(profile())),
    )
        .prop_map(
            |(id, display_name, extension, aliases, email, group, enabled, numbers, calls, desk)| User {
                numbers,
                calls: calls.map(Arc::new),
                rights: desk.0,
                profile: desk.1.map(Arc::new),
                changed: 0,
                visits_ended: 0,
                id,
                display_name,
                extension,
                aliases,
                email,
                group,
                enabled,
                credential: None,
                failures: LoginFailures::default(),
            },
        )
}

pub(crate) fn device() -> impl Strategy<Value = Device> {
    let kept = (
        option::of(sealed()),
        option::of(id()),
        option::of((time(), text())),
    );
    let texts = (option::of(mac()), text(), text(), text(), option::of(id()));
    let enrolment = (any::<u64>().prop_map(TimeMs), any::<u64>().prop_map(TimeMs));
    let told = (
        any::<Option<u128>>(),
        enrolment,
        any::<u64>(),
        option::of(shown()),
        trouble(),
        any::<bool>(),
        vec(former_seed(), 0..3),
    );
    let phone = (texts, told).prop_map(|((mac, label, number, emergency_location, owner), told)| {
        let (secret_seed, (open_until, enrolled_at), changed, shown, trouble, stays_neutral, former_seeds) =
            told;
        Device {
            mac,
            label,
            number,
            emergency_location,
            owner,
            secret_seed,
            enrolment: Enrolment {
                open_until,
                enrolled_at,
            },
            changed,
            shown,
            trouble,
            stays_neutral,
            former_seeds,
            ..Device::new("any".parse().unwrap(), "any".parse().unwrap())
        }
    });
    (
        device_id(),
        id(),
        text(),
        text(),
        any::<bool>(),
        vec(id(), 0..4),
        kept,
        phone,
    )
        .prop_map(
            |(id, site, desk, model, enabled, allowed_groups, (secret, serving, hold), phone)| Device {
                mac: phone.mac.or_else(|| id.mac()),
                secret,
                serving,
                hold: hold.map(|(until, reason)| Arc::new(Hold { until, reason })),
                id,
                site,
                desk,
                model,
                enabled,
                allowed_groups,
                ..phone
            },
        )
}

pub(super) fn sealed() -> impl Strategy<Value = SealedSecret> + Clone {
    vec(any::<u8>(), 1..90).prop_map(|bytes| SealedSecret(bytes.into()))
}

pub(crate) fn edge() -> impl Strategy<Value = Edge> {
    (id(), id(), text()).prop_map(|(id, site, uri)| Edge { id, site, uri })
}

fn hours() -> impl Strategy<Value = Hours> + Clone {
    (0..128_u8, any::<u16>(), any::<u16>()).prop_map(|(days, from_minute, to_minute)| Hours {
        days: Days::from_bits(days).unwrap(),
        from_minute,
        to_minute,
    })
}

/// On the wire, an empty target is none.
fn target() -> impl Strategy<Value = Option<SmolStr>> + Clone {
    option::of(".{1,30}".prop_map(SmolStr::new))
}

pub(crate) fn calls() -> impl Strategy<Value = CallSettings> {
    let forward = (target(), target(), target(), target(), target());
    let schedule = vec((hours(), ".{0,30}"), 0..4);
    (forward, 1..=u16::MAX, any::<bool>(), any::<bool>(), schedule).prop_map(
        |(forward, no_answer_after_s, do_not_disturb, in_order, schedule)| {
            let (forward_always, forward_busy, forward_no_answer, forward_not_logged_in, voicemail) = forward;
            CallSettings {
                forward_always,
                forward_busy,
                forward_no_answer,
                no_answer_after_s,
                forward_not_logged_in,
                do_not_disturb,
                voicemail,
                ring: if in_order { Ring::InOrder } else { Ring::All },
                schedule: schedule
                    .into_iter()
                    .map(|(hours, to)| ScheduledForward {
                        hours,
                        forward_to: to.into(),
                    })
                    .collect(),
            }
        },
    )
}

fn classes() -> impl Strategy<Value = CallClasses> + Clone {
    (0..32_u8).prop_map(|bits| CallClasses::from_bits(bits).unwrap())
}

pub(crate) fn rights() -> impl Strategy<Value = CallRights> {
    (classes(), option::of((hours(), classes()))).prop_map(|(during, outside)| CallRights {
        classes: during,
        outside_hours: outside.map(|(hours, classes)| OutsideHours { hours, classes }),
    })
}
