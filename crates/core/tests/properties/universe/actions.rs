//! What callers may ask for, before they have looked at the state.

use std::sync::Arc;

use hotdesk_core::command::{ForceTarget, LogoutTarget, Served};
use hotdesk_core::{Action, ShownBy};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::imports::row;
use super::names::{device_id, edge_id, group_id, import, mac, name, site_id, token_hash, user_id};
use super::records::{calls, device, edge, group, policy, profile, sealed, seen, site, user};
use super::{Ask, Kind, Which};

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    (option::of(0..24u128), kind()).prop_map(|(request, kind)| Ask { request, kind })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        20 => (name(), device_id(), which())
            .prop_map(|(user, device, pin)| Kind::Login { user, device, pin }),
        3 => (device_id(), which()).prop_map(|(device, epoch)| Kind::Logout { device, epoch }),
        4 => (device_id(), which(), -5_000..400_000i64)
            .prop_map(|(device, epoch, ago_ms)| Kind::Touch { device, epoch, ago_ms }),
        3 => (0..6usize).prop_map(Kind::Retry),
        2 => (import(), which(), prop::collection::vec(row(), 0..4))
            .prop_map(|(import, first_row, rows)| Kind::Stage { import, first_row, rows }),
        2 => (import(), user_id(), user_id())
            .prop_map(|(import, a, b)| Kind::StageSwap { import, users: [a, b] }),
        3 => (import(), which(), prop::bool::weighted(0.2))
            .prop_map(|(import, rows, dry_run)| Kind::Commit { import, rows, dry_run }),
        1 => (device_id(), -10_000..90_000i64).prop_map(|(device, for_ms)| Kind::Hold { device, for_ms }),
        4 => (prop::collection::vec((device_id(), which(), trouble()), 1..4), shown_by())
            .prop_map(|(reports, how)| Kind::Shown { reports, how }),
        1 => (user_id(), -10_000..90_000i64).prop_map(|(user, for_ms)| Kind::Lock { user, for_ms }),
        1 => (device_id(), -10_000..90_000i64).prop_map(|(device, for_ms)| Kind::Open { device, for_ms }),
        1 => (token_hash(), site_id(), 0..3u32, -10_000..900_000i64)
            .prop_map(|(hash, site, uses, for_ms)| Kind::Token { hash, site, uses, for_ms }),
        13 => plain().prop_map(|action| Kind::Plain(Box::new(action))),
        4 => plain_of_phones().prop_map(|action| Kind::Plain(Box::new(action))),
    ]
}

fn plain() -> impl Strategy<Value = Action> {
    let force = prop_oneof![
        device_id().prop_map(ForceTarget::Device),
        name().prop_map(ForceTarget::User),
        site_id().prop_map(ForceTarget::Site),
    ];
    prop_oneof![
        3 => Just(Action::Expire),
        2 => name().prop_map(|name| Action::Logout { target: LogoutTarget::User(name), epoch: None }),
        1 => force.prop_map(|target| Action::ForceLogout { target, note: "note".into() }),
        1 => site().prop_map(Action::PutSite),
        1 => site_id().prop_map(Action::DeleteSite),
        3 => group().prop_map(Action::PutGroup),
        1 => group_id().prop_map(Action::DeleteGroup),
        2 => policy().prop_map(Action::PutDefaults),
        5 => user().prop_map(Action::PutUser),
        1 => user_id().prop_map(Action::DeleteUser),
        3 => device().prop_map(Action::PutDevice),
        1 => device_id().prop_map(Action::DeleteDevice),
        2 => (user_id(), verifier()).prop_map(|(user, verifier)| Action::SetCredential { user, verifier }),
        3 => (user_id(), device_id()).prop_map(|(user, device)| Action::ReportFailedLogin { user, device }),
        1 => user_id().prop_map(Action::Unlock),
        1 => user_id().prop_map(Action::EndVisits),
        1 => import().prop_map(|import| Action::ImportAbort { import }),
        1 => edge().prop_map(Action::PutEdge),
        1 => edge_id().prop_map(Action::DeleteEdge),
        3 => prop::collection::vec(served(), 1..4).prop_map(|items| Action::ReportServing { items }),
        2 => (device_id(), option::of(sealed()), option::of(0..6u128), any::<bool>()).prop_map(
            |(device, sealed, seed, keeps_former)| Action::SetDeviceSecret { device, sealed, seed, keeps_former }
        ),
    ]
}

fn plain_of_phones() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => (user_id(), option::of(profile()), option::weighted(0.3, calls()))
            .prop_map(|(user, profile, calls)| Action::PutProfile { user, profile, calls }),
        2 => prop::collection::vec(seen(), 1..3).prop_map(|items| Action::ReportWaiting { items }),
        1 => mac().prop_map(|mac| Action::DeclineWaiting { mac }),
        1 => device_id().prop_map(|device| Action::CloseEnrolment { device }),
        2 => prop::collection::vec(device_id(), 0..4).prop_map(|devices| Action::ReloadDevices { devices }),
        1 => token_hash().prop_map(|hash| Action::DeleteEnrolmentToken { hash }),
        3 => (token_hash(), mac()).prop_map(|(token_hash, mac)| Action::EnrolDevice {
            token_hash,
            mac,
            vendor_model: "yealink-t54w".into(),
        }),
    ]
}

fn shown_by() -> impl Strategy<Value = ShownBy> {
    select(vec![ShownBy::Document, ShownBy::Register])
}

fn trouble() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.3, Just("no answer"))
}

fn served() -> impl Strategy<Value = Served> {
    (device_id(), edge_id(), prop::bool::weighted(0.3)).prop_map(|(device, edge, gone)| Served {
        device,
        edge,
        gone,
    })
}

pub(super) fn verifier() -> impl Strategy<Value = Option<Arc<str>>> {
    option::of(select(vec!["", "one", "two", "three"]).prop_map(Arc::from))
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![4 => Just(Which::None), 4 => Just(Which::Current), 1 => Just(Which::Stale)]
}
