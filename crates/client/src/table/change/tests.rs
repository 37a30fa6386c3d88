mod names;
mod readers;
mod sessions;
mod settings;

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use hotdesk_core::{CallClasses, CallRights};

fn user(id: &str, extension: &str) -> v1::User {
    v1::User {
        id: id.into(),
        display_name: format!("Name of {id}"),
        extension: extension.into(),
        aliases: vec![format!("{id}-alias")],
        email: format!("{id}@example.com"),
        ..v1::User::default()
    }
}

fn device(id: &str, site: &str) -> v1::Device {
    v1::Device {
        id: id.into(),
        site: site.into(),
        desk: format!("desk of {id}"),
        ..v1::Device::default()
    }
}

fn session(user: &str, device: &str, epoch: u64) -> v1::Session {
    v1::Session {
        user: user.into(),
        device: device.into(),
        site: "chicago".into(),
        epoch,
        since_ms: epoch * 10,
        ..v1::Session::default()
    }
}

fn event(kind: Kind) -> v1::Event {
    v1::Event {
        kind: Some(kind),
        ..v1::Event::default()
    }
}

fn started(user: &str, device: &str, epoch: u64) -> v1::Event {
    event(Kind::SessionStarted(session(user, device, epoch)))
}

fn ended(user: &str, device: &str, epoch: u64) -> v1::Event {
    event(Kind::SessionEnded(v1::EndedSession {
        session: Some(session(user, device, epoch)),
        reason: None,
    }))
}

/// Users ada (2001) and bob (2002), phones p1 and p2 in chicago, ada logged in at this one.
fn snapshot(phone: &str, epoch: u64) -> v1::SnapshotPart {
    v1::SnapshotPart {
        sessions: vec![session("ada", phone, epoch)],
        users: vec![user("ada", "2001"), user("bob", "2002")],
        devices: vec![device("p1", "chicago"), device("p2", "chicago")],
        ..v1::SnapshotPart::default()
    }
}

/// The table after a snapshot: ada at p1.
fn table() -> Bindings {
    let table = Bindings::new();
    table.replace([snapshot("p1", 1)]);
    table
}

fn with_settings() -> v1::User {
    v1::User {
        group: "staff".into(),
        numbers: vec!["13125550142".into()],
        calls: Some(v1::CallSettings {
            forward_busy: "2002".into(),
            ..v1::CallSettings::default()
        }),
        rights: Some(v1::CallRights::default()),
        ..user("ada", "2001")
    }
}

fn group(rights: Option<v1::CallRights>) -> v1::Group {
    v1::Group {
        id: "staff".into(),
        policy: None,
        rights,
    }
}

fn edge(id: &str) -> v1::Edge {
    v1::Edge {
        id: id.into(),
        site: "chicago".into(),
        uri: "sip:192.0.2.7".into(),
    }
}

fn served(device: &str, edge: &str) -> v1::Event {
    event(Kind::DeviceServed(v1::DeviceServed {
        device: device.into(),
        edge: edge.into(),
    }))
}

/// "p1:ada p2:-" and so on; and that users and phones tell the same story.
fn who_is_where(table: &Bindings) -> String {
    let mut phones: Vec<String> = table
        .devices(None)
        .iter()
        .map(|device| {
            let Some(binding) = device.binding() else {
                return format!("{}:-", device.device());
            };
            assert_eq!(binding.device, device.device());
            let user = table.by_user(&binding.user).expect("its user is known");
            assert!(
                user.bindings().any(|known| known == binding),
                "{binding:?} {user:?}"
            );
            format!("{}:{}", device.device(), binding.user)
        })
        .collect();
    phones.sort();
    phones.join(" ")
}
