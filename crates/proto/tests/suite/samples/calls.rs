//! What came with calls, in golden files of its own.

use std::sync::Arc;

use hotdesk_core::calls::NO_ANSWER_AFTER_S;
use hotdesk_core::command::Served;
use hotdesk_core::*;

use super::{NOON, device, group, named, site, user};

pub(crate) fn calls() -> CallSettings {
    CallSettings {
        forward_always: Some("2042".into()),
        forward_busy: Some("+13125550142".into()),
        forward_no_answer: Some("2043".into()),
        no_answer_after_s: 25,
        forward_not_logged_in: Some("+13125550143".into()),
        do_not_disturb: true,
        voicemail: Some("2041".into()),
        ring: Ring::InOrder,
        schedule: vec![ScheduledForward {
            hours: night(),
            forward_to: "2000".into(),
        }],
    }
}

fn night() -> Hours {
    Hours {
        days: Days::from_bits(0b001_1111).unwrap(),
        from_minute: 1320,
        to_minute: 360,
    }
}

pub(crate) fn rights() -> CallRights {
    CallRights {
        classes: CallClasses::ALL,
        outside_hours: Some(OutsideHours {
            hours: night(),
            classes: CallClasses::INTERNAL.with(CallClasses::PREMIUM),
        }),
    }
}

/// With all that came with calls: numbers, settings, rights.
pub(crate) fn caller(id: &str) -> User {
    User {
        numbers: vec![named("+1 312 555 0142"), named("+13125550143")],
        calls: Some(Arc::new(calls())),
        rights: Some(rights()),
        ..user(id)
    }
}

/// With all that came with calls: secret, edge, hold.
pub(crate) fn line(id: &str, site: &str) -> Device {
    Device {
        secret: Some(SealedSecret(Arc::from(&b"sealed\0bytes"[..]))),
        serving: Some(named("chi-edge")),
        hold: Some(Arc::new(Hold {
            until: TimeMs(NOON + 60_000),
            reason: "emergency call".into(),
        })),
        ..device(id, site)
    }
}

pub(crate) fn edge(id: &str) -> Edge {
    Edge {
        id: named(id),
        site: named("chicago"),
        uri: "sips:edge.chicago.example.com:5061".into(),
    }
}

pub(crate) fn calls_batch() -> Batch {
    let served = |gone| Served {
        device: named("chi-1"),
        edge: named("chi-edge"),
        gone,
    };
    let actions = vec![
        Action::PutUser(caller("ada")),
        Action::PutUser(User {
            calls: Some(Arc::new(CallSettings {
                no_answer_after_s: NO_ANSWER_AFTER_S,
                ..CallSettings::default()
            })),
            rights: Some(CallRights {
                classes: CallClasses::NONE,
                outside_hours: None,
            }),
            ..user("bob")
        }),
        Action::PutGroup(Group {
            rights: Some(rights()),
            ..group("staff")
        }),
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(SealedSecret(Arc::from(&b"sealed\0bytes"[..]))),
            seed: None,
            keeps_former: false,
        },
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: None,
            seed: None,
            keeps_former: false,
        },
        Action::HoldDevice {
            device: named("chi-1"),
            until: TimeMs(NOON + 60_000),
            reason: "emergency call".into(),
        },
        Action::HoldDevice {
            device: named("chi-1"),
            until: TimeMs(0),
            reason: "".into(),
        },
        Action::PutEdge(edge("chi-edge")),
        Action::DeleteEdge(named("chi-edge")),
        Action::ReportServing {
            items: vec![served(false), served(true)],
        },
    ];
    let commands = actions.into_iter().zip(1..).map(|(action, id)| Command {
        request_id: Some(RequestId(id)),
        actor: Actor("edge:chicago".into()),
        action,
    });
    Batch {
        at: TimeMs(NOON),
        commands: commands.collect(),
    }
}

pub(crate) fn calls_outcomes() -> Vec<Outcome> {
    vec![
        Ok(Done::Reported { noted: 3 }),
        Err(Refusal::DeviceOnHold {
            device: named("chi-1"),
            until: TimeMs(NOON),
        }),
    ]
}

pub(crate) fn calls_events() -> Vec<Event> {
    let device = || named("chi-1");
    let kinds = [
        EventKind::UserPut(Arc::new(caller("ada"))),
        EventKind::DevicePut(Arc::new(line("chi-1", "chicago"))),
        EventKind::EdgePut(Arc::new(edge("chi-edge"))),
        EventKind::EdgeDeleted(named("chi-edge")),
        EventKind::DeviceServed {
            device: device(),
            edge: Some(named("chi-edge")),
        },
        EventKind::DeviceServed {
            device: device(),
            edge: None,
        },
        EventKind::DeviceHeld {
            device: device(),
            hold: line("chi-1", "chicago").hold,
        },
        EventKind::DeviceHeld {
            device: device(),
            hold: None,
        },
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

pub(crate) fn calls_parts() -> Parts {
    Parts {
        groups: vec![Arc::new(Group {
            rights: Some(rights()),
            ..group("staff")
        })],
        users: vec![Arc::new(caller("ada"))],
        devices: vec![Arc::new(line("chi-1", "chicago"))],
        edges: vec![Arc::new(edge("chi-edge"))],
        sites: vec![Arc::new(site("chicago"))],
        audit: calls_events().into_iter().map(Arc::new).collect(),
        clock: TimeMs(NOON),
        index: 12,
        ..Parts::default()
    }
}
