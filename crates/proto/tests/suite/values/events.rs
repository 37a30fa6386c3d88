//! Sessions, why they end, and events.

use std::sync::Arc;

use hotdesk_core::*;
use proptest::option;
use proptest::prelude::*;

use super::directory::{device, edge, group, policy, site, user};
use super::phones::{mac, shown, token, token_hash, trouble, waiting};
use super::{device_id, epoch, id, text, time};

pub(crate) fn session() -> impl Strategy<Value = Session> {
    (
        id(),
        device_id(),
        id(),
        epoch(),
        time(),
        time(),
        text(),
        option::of(time()),
    )
        .prop_map(
            |(user, device, site, epoch, since, last_active, by, deadline)| Session {
                user,
                device,
                site,
                epoch,
                since,
                last_active,
                by,
                deadline,
            },
        )
}

pub(crate) fn end_reason() -> impl Strategy<Value = EndReason> {
    prop_oneof![
        Just(EndReason::LoggedOut),
        (device_id(), id(), epoch()).prop_map(|(device, site, epoch)| EndReason::LoggedInElsewhere {
            device,
            site,
            epoch
        }),
        (id(), epoch()).prop_map(|(user, epoch)| EndReason::DeviceTakenOver { user, epoch }),
        Just(EndReason::Idle),
        Just(EndReason::LoginTimeReached),
        text().prop_map(|note| EndReason::Forced { note }),
        Just(EndReason::UserRemoved),
        Just(EndReason::DeviceRemoved),
        Just(EndReason::PolicyChanged),
    ]
}

pub(crate) fn ended() -> impl Strategy<Value = EndedSession> {
    (session(), end_reason()).prop_map(|(session, reason)| EndedSession { session, reason })
}

fn event_kind() -> impl Strategy<Value = EventKind> {
    let sessions = prop_oneof![
        session().prop_map(|session| EventKind::SessionStarted(Arc::new(session))),
        (session(), end_reason()).prop_map(|(session, reason)| EventKind::SessionEnded {
            session: Arc::new(session),
            reason,
        }),
        (any::<u32>(), text()).prop_map(|(sessions, note)| EventKind::Forced { sessions, note }),
    ];
    let users = prop_oneof![
        (id(), option::of(device_id()), any::<u64>()).prop_map(|(user, device, until)| {
            EventKind::UserLocked {
                user,
                device,
                until: TimeMs(until),
            }
        }),
        id().prop_map(EventKind::UserUnlocked),
        (id(), any::<u64>()).prop_map(|(user, version)| EventKind::CredentialChanged { user, version }),
        user().prop_map(|user| EventKind::UserPut(Arc::new(user))),
        id().prop_map(EventKind::UserDeleted),
    ];
    let directory = prop_oneof![
        site().prop_map(|site| EventKind::SitePut(Arc::new(site))),
        id().prop_map(EventKind::SiteDeleted),
        group().prop_map(|group| EventKind::GroupPut(Arc::new(group))),
        id().prop_map(EventKind::GroupDeleted),
        device().prop_map(|device| EventKind::DevicePut(Arc::new(device))),
        device_id().prop_map(EventKind::DeviceDeleted),
        policy().prop_map(EventKind::DefaultsPut),
    ];
    let edges = prop_oneof![
        edge().prop_map(|edge| EventKind::EdgePut(Arc::new(edge))),
        id().prop_map(EventKind::EdgeDeleted),
        (device_id(), option::of(id())).prop_map(|(device, edge)| EventKind::DeviceServed { device, edge }),
        (device_id(), option::of((time(), text()))).prop_map(|(device, hold)| EventKind::DeviceHeld {
            device,
            hold: hold.map(|(until, reason)| Arc::new(Hold { until, reason })),
        }),
    ];
    let phones = prop_oneof![
        (device_id(), option::of(shown()), trouble()).prop_map(|(device, shown, trouble)| {
            EventKind::DeviceShown {
                device,
                shown,
                trouble,
            }
        }),
        waiting().prop_map(|phone| EventKind::WaitingPut(Arc::new(phone))),
        mac().prop_map(EventKind::WaitingGone),
        token().prop_map(|token| EventKind::EnrolmentTokenPut(Arc::new(token))),
        token_hash().prop_map(EventKind::EnrolmentTokenGone),
    ];
    prop_oneof![3 => sessions, 5 => users, 7 => directory, 4 => edges, 5 => phones]
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    (any::<u64>(), any::<u64>(), text(), event_kind()).prop_map(|(index, at, by, kind)| Event {
        index,
        at: TimeMs(at),
        by: Actor(by),
        kind,
    })
}
