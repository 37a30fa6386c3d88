//! What a command is answered with.

use hotdesk_core::*;
use proptest::collection::vec;
use proptest::prelude::*;

use super::events::{ended, session};
use super::phones::{mac, token_hash};
use super::{device_id, id, time, user_name};

fn row_problem() -> impl Strategy<Value = RowProblem> {
    (any::<u64>(), "[a-z_]{0,12}", ".{0,40}").prop_map(|(row, field, problem)| RowProblem {
        row,
        field,
        problem,
    })
}

/// Every refusal. `samples/logins.rs` has a list that stops compiling when one is missing.
pub(crate) fn refusal() -> impl Strategy<Value = Refusal> {
    let unknown = prop_oneof![
        user_name().prop_map(|name| Refusal::UnknownUser { name }),
        device_id().prop_map(|device| Refusal::UnknownDevice { device }),
        id().prop_map(|site| Refusal::UnknownSite { site }),
        id().prop_map(|group| Refusal::UnknownGroup { group }),
    ];
    let users = prop_oneof![
        id().prop_map(|user| Refusal::UserDisabled { user }),
        (id(), device_id()).prop_map(|(user, device)| Refusal::DeviceNotAllowed { user, device }),
        (id(), any::<u64>()).prop_map(|(user, until)| Refusal::UserLocked {
            user,
            until: TimeMs(until),
        }),
        id().prop_map(|user| Refusal::CredentialChanged { user }),
        id().prop_map(|user| Refusal::NoCredential { user }),
        (id(), device_id(), id()).prop_map(|(user, device, site)| Refusal::LoggedInElsewhere {
            user,
            device,
            site
        }),
        (user_name(), id()).prop_map(|(name, owner)| Refusal::NameTaken { name, owner }),
    ];
    let devices = prop_oneof![
        device_id().prop_map(|device| Refusal::DeviceDisabled { device }),
        device_id().prop_map(|device| Refusal::DeviceBusy { device }),
        device_id().prop_map(|device| Refusal::StaleEpoch { device }),
        (device_id(), any::<u64>()).prop_map(|(device, until)| Refusal::DeviceOnHold {
            device,
            until: TimeMs(until),
        }),
    ];
    let rest = prop_oneof![
        (id(), any::<u64>()).prop_map(|(site, devices)| Refusal::SiteInUse { site, devices }),
        (id(), any::<u64>(), any::<u64>()).prop_map(|(group, users, devices)| Refusal::GroupInUse {
            group,
            users,
            devices,
        }),
        (
            prop_oneof![Just("name"), Just("verifier"), Just("a_later_field")],
            ".{0,60}"
        )
            .prop_map(|(field, problem)| Refusal::InvalidRecord { field, problem }),
        Just(Refusal::RequestIdReused),
        any::<(u64, u64)>().prop_map(|(expected, got)| Refusal::ImportGap { expected, got }),
        vec(row_problem(), 0..4).prop_map(|rows| Refusal::ImportRejected { rows }),
    ];
    let phones = prop_oneof![
        (mac(), device_id()).prop_map(|(mac, device)| Refusal::MacTaken { mac, device }),
        token_hash().prop_map(|hash| Refusal::UnknownEnrolmentToken { hash }),
        time().prop_map(|until| Refusal::EnrolmentTokenExpired { until }),
    ];
    prop_oneof![4 => unknown, 7 => users, 4 => devices, 6 => rest, 3 => phones]
}

pub(crate) fn outcome() -> impl Strategy<Value = Outcome> {
    let done = prop_oneof![
        (session(), any::<bool>(), vec(ended(), 0..3)).prop_map(|(session, already, ended)| {
            Done::LoggedIn {
                session,
                already,
                ended,
            }
        }),
        (vec(ended(), 0..3), any::<bool>()).prop_map(|(ended, more)| Done::LoggedOut { ended, more }),
        any::<u32>().prop_map(|noted| Done::Touched { noted }),
        any::<u32>().prop_map(|noted| Done::Reported { noted }),
        any::<bool>().prop_map(|created| Done::Put { created }),
        any::<bool>().prop_map(|existed| Done::Deleted { existed }),
        any::<u64>().prop_map(|version| Done::CredentialSet { version }),
        any::<(Option<u32>, Option<u64>)>().prop_map(|(remaining, until)| Done::FailureNoted {
            remaining,
            locked_until: until.map(TimeMs),
        }),
        Just(Done::Unlocked),
        (time(), vec(ended(), 0..3)).prop_map(|(until, ended)| Done::Locked { until, ended }),
        any::<u64>().prop_map(|rows| Done::Staged { rows }),
        any::<(u64, u64, u64)>().prop_map(|(created, changed, unchanged)| Done::Imported {
            created,
            changed,
            unchanged,
        }),
    ];
    prop_oneof![done.prop_map(Ok), refusal().prop_map(Err)]
}
