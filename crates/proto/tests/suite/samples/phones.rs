//! What came with phones, in golden files of its own.

use std::sync::Arc;

use hotdesk_core::*;

use super::calls::{caller, calls, edge, line};
use super::{NOON, all_ended, device, group, named, site};

pub(crate) fn mac() -> MacAddress {
    named("00:1A:2B:3C:4D:5E")
}

pub(crate) fn token() -> EnrolmentToken {
    EnrolmentToken {
        hash: TokenHash([7; 32]),
        site: named("chicago"),
        uses: 20,
        until: TimeMs(NOON + 3_600_000),
        note: "new floor".into(),
    }
}

pub(crate) fn profile() -> Profile {
    use SoftFunction::{Directory, DoNotDisturb, Forward, History, Logout, Voicemail};
    Profile {
        line_label: "Ada <&> \"L\" 🙂".into(),
        speed_dials: vec![SpeedDial {
            label: "Reception".into(),
            number: "2000".into(),
        }],
        lamps: vec![Lamp {
            label: "Bob".into(),
            extension: "2042".into(),
        }],
        voicemail_number: "*97".into(),
        message_waiting: true,
        ring_tone: 3,
        language: "pt-BR".into(),
        directory_url: "https://phonebook.example.com/xml".into(),
        softkeys: vec![History, Directory, DoNotDisturb, Forward, Voicemail, Logout],
    }
}

pub(crate) fn seen() -> SeenPhone {
    SeenPhone {
        mac: named("00:1A:2B:3C:4D:5F"),
        vendor: "yealink".into(),
        model: "T54W".into(),
        firmware: "96.86.0.100".into(),
        site: Some(named("chicago")),
        address: "192.0.2.17".into(),
    }
}

fn waiting() -> WaitingPhone {
    WaitingPhone {
        phone: seen(),
        first_seen: TimeMs(NOON - 7_200_000),
        last_seen: TimeMs(NOON),
    }
}

/// With all that came with phones.
pub(crate) fn desk_site() -> Site {
    Site {
        language: "de".into(),
        recent_here: true,
        changed: 4,
        ..site("chicago")
    }
}

/// The same, in what is kept of a user.
pub(crate) fn desk_user(id: &str) -> User {
    User {
        profile: Some(Arc::new(profile())),
        changed: 5,
        ..caller(id)
    }
}

/// The same, in what is kept of a phone.
pub(crate) fn desk_phone() -> Device {
    Device {
        mac: Some(mac()),
        label: "Lobby <1>".into(),
        number: "+13125550100".into(),
        emergency_location: "233 S Wacker Dr, lobby".into(),
        owner: Some(named("ada")),
        secret_seed: Some(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        enrolment: Enrolment {
            open_until: TimeMs(NOON + 1),
            enrolled_at: TimeMs(NOON - 1),
        },
        changed: 6,
        shown: Some(Shown {
            stamp: 5,
            at: TimeMs(NOON),
            how: ShownBy::Register,
        }),
        trouble: Some("no answer to NOTIFY".into()),
        stays_neutral: true,
        ..line("chi-1", "chicago")
    }
}

pub(super) fn phones_refusals() -> Vec<Refusal> {
    vec![
        Refusal::MacTaken {
            mac: mac(),
            device: named("chi-1"),
        },
        Refusal::UnknownEnrolmentToken {
            hash: TokenHash([7; 32]),
        },
        Refusal::EnrolmentTokenExpired { until: TimeMs(NOON) },
    ]
}

pub(crate) fn phones_batch() -> Batch {
    let report = |how, trouble: Option<&str>| ShownReport {
        device: named("chi-1"),
        stamp: 12,
        how,
        trouble: trouble.map(Into::into),
    };
    let put = Device {
        mac: Some(mac()),
        label: "Lobby".into(),
        number: "2100".into(),
        emergency_location: "lobby".into(),
        owner: Some(named("ada")),
        ..device("chi-1", "chicago")
    };
    let actions = vec![
        Action::PutSite(Site {
            changed: 0,
            ..desk_site()
        }),
        Action::PutUser(User {
            changed: 0,
            ..desk_user("ada")
        }),
        Action::PutDevice(put),
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(SealedSecret(Arc::from(&b"sealed\0bytes"[..]))),
            seed: Some(5),
            keeps_former: false,
        },
        Action::LockUser {
            user: named("ada"),
            until: TimeMs(NOON + 60_000),
            note: "not me".into(),
        },
        Action::PutProfile {
            user: named("ada"),
            profile: Some(profile()),
            calls: None,
        },
        Action::PutProfile {
            user: named("ada"),
            profile: None,
            calls: Some(calls()),
        },
        Action::ReportShown {
            items: vec![
                report(ShownBy::Document, None),
                report(ShownBy::Register, Some("no answer to NOTIFY")),
            ],
        },
        Action::ReportWaiting { items: vec![seen()] },
        Action::DeclineWaiting { mac: mac() },
        Action::OpenEnrolment {
            device: named("chi-1"),
            until: TimeMs(NOON + 60_000),
        },
        Action::CloseEnrolment {
            device: named("chi-1"),
        },
        Action::PutEnrolmentToken(token()),
        Action::DeleteEnrolmentToken { hash: token().hash },
        Action::EnrolDevice {
            token_hash: token().hash,
            mac: mac(),
            vendor_model: "yealink-t54w".into(),
        },
    ];
    batch_of(actions)
}

/// Phones that are to load again.
pub(crate) fn reload_batch() -> Batch {
    batch_of(vec![Action::ReloadDevices {
        devices: vec![named("chi-1"), named("chi-2")],
    }])
}

/// A phone that gets another password, and may not know it yet.
pub(crate) fn former_batch() -> Batch {
    batch_of(vec![Action::SetDeviceSecret {
        device: named("chi-1"),
        sealed: Some(SealedSecret(Arc::from(&b"sealed\0bytes"[..]))),
        seed: Some(5),
        keeps_former: true,
    }])
}

/// The same phone afterwards.
pub(crate) fn former_events() -> Vec<Event> {
    let former = |seed, replaced| FormerSeed {
        seed,
        replaced,
        until: TimeMs(NOON + 60_000),
    };
    let phone = Device {
        former_seeds: vec![former(3, 8), former(4, 9)],
        ..desk_phone()
    };
    vec![Event {
        index: 12,
        at: TimeMs(NOON),
        by: Actor("admin:jo".into()),
        kind: EventKind::DevicePut(Arc::new(phone)),
    }]
}

fn batch_of(actions: Vec<Action>) -> Batch {
    let commands = actions.into_iter().zip(1..).map(|(action, id)| Command {
        request_id: Some(RequestId(id)),
        actor: Actor("node:2".into()),
        action,
    });
    Batch {
        at: TimeMs(NOON),
        commands: commands.collect(),
    }
}

pub(crate) fn phones_outcomes() -> Vec<Outcome> {
    let locked = Done::Locked {
        until: TimeMs(NOON),
        ended: all_ended(),
    };
    let refused = phones_refusals().into_iter().map(Err);
    std::iter::once(Ok(locked)).chain(refused).collect()
}

pub(crate) fn phones_events() -> Vec<Event> {
    let kinds = [
        EventKind::SitePut(Arc::new(desk_site())),
        EventKind::UserPut(Arc::new(desk_user("ada"))),
        EventKind::DevicePut(Arc::new(desk_phone())),
        EventKind::UserLocked {
            user: named("ada"),
            device: None,
            until: TimeMs(NOON),
        },
        EventKind::DeviceShown {
            device: named("chi-1"),
            shown: desk_phone().shown,
            trouble: None,
        },
        EventKind::DeviceShown {
            device: named("chi-1"),
            shown: None,
            trouble: desk_phone().trouble,
        },
        EventKind::WaitingPut(Arc::new(waiting())),
        EventKind::WaitingGone(mac()),
        EventKind::EnrolmentTokenPut(Arc::new(token())),
        EventKind::EnrolmentTokenGone(token().hash),
    ];
    kinds
        .into_iter()
        .map(|kind| Event {
            index: 9,
            at: TimeMs(NOON),
            by: Actor("edge:chicago".into()),
            kind,
        })
        .collect()
}

pub(crate) fn phones_parts() -> Parts {
    Parts {
        groups: vec![Arc::new(group("staff"))],
        users: vec![Arc::new(desk_user("ada"))],
        devices: vec![Arc::new(desk_phone())],
        edges: vec![Arc::new(edge("chi-edge"))],
        sites: vec![Arc::new(desk_site())],
        audit: phones_events().into_iter().map(Arc::new).collect(),
        waiting: vec![Arc::new(waiting())],
        enrolment_tokens: vec![Arc::new(token())],
        clock: TimeMs(NOON),
        index: 12,
        ..Parts::default()
    }
}
