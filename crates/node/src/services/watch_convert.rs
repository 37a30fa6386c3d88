//! Snapshots and events as watchers see them.

use hotdesk_core::{Device, Event, EventKind, State};
use hotdesk_proto::v1;

use super::lookup::{shown_device, user_as_of};

/// How many records a part of a snapshot has.
const RECORDS_PER_PART: usize = 500;

/// What a watcher gets to see.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// Only what routing calls needs.
    pub(super) bindings_only: bool,
    /// Phones' sealed secrets: for edges.
    pub(super) secrets: bool,
}

/// The state in parts, each converted when it is asked for: what others depend on first (sites, groups,
/// edges, then users and phones, then sessions).
pub(super) fn parts_of(state: &State, view: View) -> impl Iterator<Item = v1::SnapshotPart> + Send {
    let sites = parts(state.sites(), |site| (&**site).into()).map(|sites| v1::SnapshotPart {
        sites,
        ..Default::default()
    });
    let groups = parts(state.groups(), |group| (&**group).into()).map(|groups| v1::SnapshotPart {
        groups,
        ..Default::default()
    });
    let edges = parts(state.edges(), |edge| (&**edge).into()).map(|edges| v1::SnapshotPart {
        edges,
        ..Default::default()
    });
    let clock = state.clock();
    let users = parts(state.users(), move |user| user_as_of(user, clock)).map(|users| v1::SnapshotPart {
        users,
        ..Default::default()
    });
    let devices =
        parts(state.devices(), move |device| device_in(device, view)).map(|devices| v1::SnapshotPart {
            devices,
            ..Default::default()
        });
    let sessions = parts(state.sessions(), |session| (&**session).into()).map(|sessions| v1::SnapshotPart {
        sessions,
        ..Default::default()
    });
    sites
        .chain(groups)
        .chain(edges)
        .chain(users)
        .chain(devices)
        .chain(sessions)
}

fn parts<T, W>(
    mut records: impl Iterator<Item = T>,
    convert: impl Fn(T) -> W,
) -> impl Iterator<Item = Vec<W>> {
    std::iter::from_fn(move || {
        let part: Vec<W> = records.by_ref().take(RECORDS_PER_PART).map(&convert).collect();
        (!part.is_empty()).then_some(part)
    })
}

/// The events of an entry that the watcher wants.
pub(super) fn events_of(events: &[Event], view: View) -> Vec<v1::Event> {
    let wanted = |event: &&Event| !view.bindings_only || concerns_bindings(&event.kind);
    let wanted = events.iter().filter(wanted);
    wanted.map(|event| shown_event(event, view.secrets)).collect()
}

/// An event as it is shown: secrets of phones to edges only.
pub(super) fn shown_event(event: &Event, secrets: bool) -> v1::Event {
    let kind = match &event.kind {
        EventKind::DevicePut(device) if !secrets => Some(v1::event::Kind::DevicePut(shown_device(device))),
        _ => None,
    };
    let converted = v1::Event::from(event);
    v1::Event {
        kind: kind.or(converted.kind),
        ..converted
    }
}

fn device_in(device: &Device, view: View) -> v1::Device {
    if view.secrets {
        device.into()
    } else {
        shown_device(device)
    }
}

/// Not what routing calls does not need: policies, credentials, and how new phones come in.
const fn concerns_bindings(kind: &EventKind) -> bool {
    match kind {
        EventKind::SessionStarted(_)
        | EventKind::SessionEnded { .. }
        | EventKind::UserLocked { .. }
        | EventKind::UserUnlocked(_)
        | EventKind::UserPut(_)
        | EventKind::UserDeleted(_)
        | EventKind::DevicePut(_)
        | EventKind::DeviceDeleted(_)
        | EventKind::SitePut(_)
        | EventKind::SiteDeleted(_)
        | EventKind::GroupPut(_)
        | EventKind::GroupDeleted(_)
        | EventKind::EdgePut(_)
        | EventKind::EdgeDeleted(_)
        | EventKind::DeviceServed { .. }
        | EventKind::DeviceHeld { .. }
        | EventKind::DeviceShown { .. }
        | EventKind::Forced { .. } => true,
        EventKind::CredentialChanged { .. }
        | EventKind::DefaultsPut(_)
        | EventKind::WaitingPut(_)
        | EventKind::WaitingGone(_)
        | EventKind::EnrolmentTokenPut(_)
        | EventKind::EnrolmentTokenGone(_) => false,
    }
}
