//! Fixed values: one of each kind. Golden bytes are made from them, so they never change; new ones are added.

mod calls;
mod logins;
mod phones;
mod visits;

use std::fmt::Debug;
use std::str::FromStr;

use hotdesk_core::command::ImportRow;
use hotdesk_core::*;

pub(crate) use calls::{calls_batch, calls_events, calls_outcomes, calls_parts};
use logins::first_refusals;
pub(crate) use logins::{batch, events, outcomes, parts};
use phones::phones_refusals;
pub(crate) use phones::{
    former_batch, former_events, phones_batch, phones_events, phones_outcomes, phones_parts, reload_batch,
};
pub(crate) use visits::{visits_batch, visits_parts};

const NOON: u64 = 1_700_000_000_000;

pub(crate) fn named<T: FromStr<Err = InvalidName> + Debug>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn site(id: &str) -> Site {
    Site {
        id: named(id),
        name: "Chicago".into(),
        time_zone: "America/Chicago".into(),
        emergency_location: "233 S Wacker Dr, floor 12".into(),
        ..Site::new(named(id))
    }
}

pub(crate) fn group(id: &str) -> Group {
    Group {
        id: named(id),
        policy: PolicyOverrides {
            multiple_logins: Some(MultipleLogins::AllowUpTo(3)),
            busy_device: Some(BusyDevice::Refuse),
            idle_timeout: Some(Limit::Off),
            login_time_max: None,
            lockout: Some(LockoutPolicy {
                failures_max: 3,
                window_ms: 60_000,
                locked_ms: 120_000,
            }),
        },
        rights: None,
    }
}

/// As it is put: without credential and failures.
pub(crate) fn user(id: &str) -> User {
    User {
        id: named(id),
        display_name: "Ada Lovelace".into(),
        extension: Some(named("2041")),
        aliases: vec![named("countess"), named("92041")],
        email: Some(named("ada@example.com")),
        numbers: vec![],
        group: Some(named("staff")),
        enabled: true,
        calls: None,
        rights: None,
        credential: None,
        failures: LoginFailures::default(),
        ..User::new(named(id))
    }
}

pub(crate) fn device(id: &str, site: &str) -> Device {
    Device {
        id: named(id),
        site: named(site),
        desk: "12".into(),
        model: "yealink-t54w".into(),
        enabled: true,
        allowed_groups: vec![named("staff")],
        secret: None,
        serving: None,
        hold: None,
        ..Device::new(named(id), named(site))
    }
}

pub(crate) fn session(user: &str, device: &str, epoch: Epoch) -> Session {
    Session {
        user: named(user),
        device: named(device),
        site: named("chicago"),
        epoch,
        since: TimeMs(NOON),
        last_active: TimeMs(NOON + 5_000),
        by: "edge:chicago".into(),
        deadline: Some(TimeMs(NOON + 605_000)),
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        multiple_logins: MultipleLogins::Deny,
        login_time_max: Limit::Off,
        ..Policy::default()
    }
}

pub(crate) fn end_reasons() -> Vec<EndReason> {
    vec![
        EndReason::LoggedOut,
        EndReason::LoggedInElsewhere {
            device: named("ny-1"),
            site: named("new-york"),
            epoch: Epoch::at(9, 1),
        },
        EndReason::DeviceTakenOver {
            user: named("bob"),
            epoch: Epoch::at(9, 2),
        },
        EndReason::Idle,
        EndReason::LoginTimeReached,
        EndReason::Forced {
            note: "fire drill".into(),
        },
        EndReason::UserRemoved,
        EndReason::DeviceRemoved,
        EndReason::PolicyChanged,
    ]
}

fn all_ended() -> Vec<EndedSession> {
    let reasons = end_reasons().into_iter();
    reasons
        .map(|reason| EndedSession {
            session: session("ada", "chi-1", Epoch::at(8, 0)),
            reason,
        })
        .collect()
}

pub(crate) fn import_rows() -> Vec<ImportRow> {
    vec![
        ImportRow::Site(site("austin")),
        ImportRow::Group(group("guests")),
        ImportRow::User {
            user: user("carol"),
            verifier: Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into()),
        },
        ImportRow::User {
            user: user("dan"),
            verifier: None,
        },
        ImportRow::Device(device("00:1A:2B:3C:4D:5E", "austin")),
    ]
}

/// One of each.
pub(crate) fn refusals() -> Vec<Refusal> {
    let mut refusals = first_refusals();
    refusals.push(Refusal::DeviceOnHold {
        device: named("chi-1"),
        until: TimeMs(NOON),
    });
    refusals.extend(phones_refusals());
    refusals
}
