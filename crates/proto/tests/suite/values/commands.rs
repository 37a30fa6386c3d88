//! Commands, and batches of them.

use hotdesk_core::command::{Activity, ForceTarget, ImportRow, LogoutTarget, Served};
use hotdesk_core::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::directory::{calls, device, edge, group, policy, profile, sealed, site, user};
use super::phones::{mac, seen, shown_by, token, token_hash};
use super::{device_id, epoch, id, request_id, text, time, user_name};

fn import_row() -> impl Strategy<Value = ImportRow> {
    prop_oneof![
        site().prop_map(ImportRow::Site),
        group().prop_map(ImportRow::Group),
        (user(), option::of(".{0,90}")).prop_map(|(user, verifier)| ImportRow::User {
            user,
            verifier: verifier.map(Into::into),
        }),
        device().prop_map(ImportRow::Device),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let sessions = prop_oneof![
        (user_name(), device_id(), any::<Option<u64>>()).prop_map(|(user, device, credential_version)| {
            Action::Login {
                user,
                device,
                credential_version,
            }
        }),
        (
            prop_oneof![
                device_id().prop_map(LogoutTarget::Device),
                user_name().prop_map(LogoutTarget::User)
            ],
            option::of(epoch())
        )
            .prop_map(|(target, epoch)| Action::Logout { target, epoch }),
        (
            prop_oneof![
                device_id().prop_map(ForceTarget::Device),
                user_name().prop_map(ForceTarget::User),
                id().prop_map(ForceTarget::Site),
            ],
            text()
        )
            .prop_map(|(target, note)| Action::ForceLogout { target, note }),
        Just(Action::Expire),
        vec((device_id(), epoch(), any::<u64>().prop_map(TimeMs)), 0..5).prop_map(|items| Action::Touch {
            items: items
                .into_iter()
                .map(|(device, epoch, at)| Activity { device, epoch, at })
                .collect(),
        }),
    ];
    let directory = prop_oneof![
        site().prop_map(Action::PutSite),
        id().prop_map(Action::DeleteSite),
        group().prop_map(Action::PutGroup),
        id().prop_map(Action::DeleteGroup),
        policy().prop_map(Action::PutDefaults),
        user().prop_map(Action::PutUser),
        id().prop_map(Action::DeleteUser),
        device().prop_map(Action::PutDevice),
        device_id().prop_map(Action::DeleteDevice),
    ];
    let pins = prop_oneof![
        (id(), option::of(".{0,90}")).prop_map(|(user, verifier)| Action::SetCredential {
            user,
            verifier: verifier.map(Into::into),
        }),
        (id(), device_id()).prop_map(|(user, device)| Action::ReportFailedLogin { user, device }),
        id().prop_map(Action::Unlock),
        id().prop_map(Action::EndVisits),
    ];
    let report = (device_id(), any::<u64>(), shown_by(), option::of(text()));
    let report = report.prop_map(|(device, stamp, how, trouble)| ShownReport {
        device,
        stamp,
        how,
        trouble,
    });
    let phones = prop_oneof![
        (id(), time(), text()).prop_map(|(user, until, note)| Action::LockUser { user, until, note }),
        (id(), option::of(profile()), option::of(calls()))
            .prop_map(|(user, profile, calls)| { Action::PutProfile { user, profile, calls } }),
        vec(report, 0..4).prop_map(|items| Action::ReportShown { items }),
        vec(seen(), 0..4).prop_map(|items| Action::ReportWaiting { items }),
        mac().prop_map(|mac| Action::DeclineWaiting { mac }),
        (device_id(), time()).prop_map(|(device, until)| Action::OpenEnrolment { device, until }),
        device_id().prop_map(|device| Action::CloseEnrolment { device }),
        vec(device_id(), 0..4).prop_map(|devices| Action::ReloadDevices { devices }),
        token().prop_map(Action::PutEnrolmentToken),
        token_hash().prop_map(|hash| Action::DeleteEnrolmentToken { hash }),
        (token_hash(), mac(), text()).prop_map(|(token_hash, mac, vendor_model)| Action::EnrolDevice {
            token_hash,
            mac,
            vendor_model,
        }),
    ];
    let edges = prop_oneof![
        edge().prop_map(Action::PutEdge),
        id().prop_map(Action::DeleteEdge),
        (
            device_id(),
            option::of(sealed()),
            any::<Option<u128>>(),
            any::<bool>()
        )
            .prop_map(|(device, sealed, seed, keeps_former)| Action::SetDeviceSecret {
                device,
                sealed,
                seed,
                keeps_former,
            }),
        (device_id(), any::<u64>(), text()).prop_map(|(device, until, reason)| Action::HoldDevice {
            device,
            until: TimeMs(until),
            reason,
        }),
        vec((device_id(), id(), any::<bool>()), 0..5).prop_map(|items| Action::ReportServing {
            items: items
                .into_iter()
                .map(|(device, edge, gone)| Served { device, edge, gone })
                .collect(),
        }),
    ];
    let imports = prop_oneof![
        (request_id(), any::<u64>(), vec(import_row(), 0..4)).prop_map(|(import, first_row, rows)| {
            Action::ImportStage {
                import,
                first_row,
                rows,
            }
        }),
        (request_id(), any::<u64>(), any::<bool>()).prop_map(|(import, rows, dry_run)| {
            Action::ImportCommit {
                import,
                rows,
                dry_run,
            }
        }),
        request_id().prop_map(|import| Action::ImportAbort { import }),
    ];
    prop_oneof![5 => sessions, 9 => directory, 3 => pins, 5 => edges, 3 => imports, 5 => phones]
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    (option::of(request_id()), text(), action()).prop_map(|(request_id, actor, action)| Command {
        request_id,
        actor: Actor(actor),
        action,
    })
}

pub(crate) fn batch() -> impl Strategy<Value = Batch> {
    (any::<u64>(), vec(command(), 0..6)).prop_map(|(at, commands)| Batch {
        at: TimeMs(at),
        commands,
    })
}
