//! Snapshots and events as watchers see them.

use hotdesk_core::{Event, EventKind, State};
use hotdesk_proto::v1;

use super::lookup::user_as_of;

/// How many records a part of a snapshot has.
const RECORDS_PER_PART: usize = 500;

/// The state in parts, each converted when it is asked for: what others depend on first (sites, groups, then
/// users and phones, then sessions).
pub(super) fn parts_of(state: &State, bindings_only: bool) -> impl Iterator<Item = v1::SnapshotPart> + Send {
    let directory = usize::from(!bindings_only);
    let all = usize::MAX;
    let sites =
        parts(state.sites().take(all * directory), |site| (&**site).into()).map(|sites| v1::SnapshotPart {
            sites,
            ..Default::default()
        });
    let groups = parts(state.groups().take(all * directory), |group| (&**group).into()).map(|groups| {
        v1::SnapshotPart {
            groups,
            ..Default::default()
        }
    });
    let clock = state.clock();
    let users = parts(state.users(), move |user| user_as_of(user, clock)).map(|users| v1::SnapshotPart {
        users,
        ..Default::default()
    });
    let devices = parts(state.devices(), |device| (&**device).into()).map(|devices| v1::SnapshotPart {
        devices,
        ..Default::default()
    });
    let sessions = parts(state.sessions(), |session| (&**session).into()).map(|sessions| v1::SnapshotPart {
        sessions,
        ..Default::default()
    });
    sites.chain(groups).chain(users).chain(devices).chain(sessions)
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
pub(super) fn events_of(events: &[Event], bindings_only: bool) -> Vec<v1::Event> {
    let wanted = |event: &&Event| !bindings_only || concerns_bindings(&event.kind);
    events.iter().filter(wanted).map(Into::into).collect()
}

/// Not the directory's records that carry no binding: sites, groups, policies, credentials.
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
        | EventKind::Forced { .. } => true,
        EventKind::CredentialChanged { .. }
        | EventKind::SitePut(_)
        | EventKind::SiteDeleted(_)
        | EventKind::GroupPut(_)
        | EventKind::GroupDeleted(_)
        | EventKind::DefaultsPut(_) => false,
    }
}
