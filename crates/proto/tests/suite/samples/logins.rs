//! What the log held first: logins, the directory, imports.

use std::sync::Arc;

use hotdesk_core::command::{Activity, ForceTarget, LogoutTarget};
use hotdesk_core::*;

use super::{NOON, all_ended, device, end_reasons, group, import_rows, named, policy, session, site, user};

pub(crate) fn batch() -> Batch {
    let import = RequestId(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
    let actions = vec![
        Action::Login {
            user: named("2041"),
            device: named("chi-1"),
            credential_version: Some(7),
        },
        Action::Login {
            user: named("ada@example.com"),
            device: named("chi-1"),
            credential_version: None,
        },
        Action::Logout {
            target: LogoutTarget::Device(named("chi-1")),
            epoch: Some(Epoch::at(8, 3)),
        },
        Action::Logout {
            target: LogoutTarget::User(named("ada")),
            epoch: None,
        },
        Action::ForceLogout {
            target: ForceTarget::Device(named("chi-1")),
            note: "".into(),
        },
        Action::ForceLogout {
            target: ForceTarget::User(named("ada")),
            note: "lost phone".into(),
        },
        Action::ForceLogout {
            target: ForceTarget::Site(named("chicago")),
            note: "fire drill".into(),
        },
        Action::Expire,
        Action::Touch {
            items: vec![Activity {
                device: named("chi-1"),
                epoch: Epoch::at(8, 3),
                at: TimeMs(NOON),
            }],
        },
        Action::PutSite(site("chicago")),
        Action::DeleteSite(named("chicago")),
        Action::PutGroup(group("staff")),
        Action::DeleteGroup(named("staff")),
        Action::PutDefaults(policy()),
        Action::PutUser(user("ada")),
        Action::DeleteUser(named("ada")),
        Action::PutDevice(device("chi-1", "chicago")),
        Action::DeleteDevice(named("chi-1")),
        Action::SetCredential {
            user: named("ada"),
            verifier: Some("$argon2id$...".into()),
        },
        Action::SetCredential {
            user: named("ada"),
            verifier: None,
        },
        Action::ReportFailedLogin {
            user: named("ada"),
            device: named("chi-1"),
        },
        Action::Unlock(named("ada")),
        Action::ImportStage {
            import,
            first_row: 200,
            rows: import_rows(),
        },
        Action::ImportCommit {
            import,
            rows: 205,
            dry_run: true,
        },
        Action::ImportAbort { import },
    ];
    let commands = actions.into_iter().enumerate().map(|(at, action)| Command {
        request_id: (at % 3 > 0).then_some(RequestId(u128::MAX - at as u128)),
        actor: if at % 2 == 0 {
            Actor::system()
        } else {
            Actor("admin:jo".into())
        },
        action,
    });
    Batch {
        at: TimeMs(NOON),
        commands: commands.collect(),
    }
}

/// Those of the first golden files. The match stops compiling when the core gets another refusal: add it to the
/// list above.
pub(super) fn first_refusals() -> Vec<Refusal> {
    const fn _is_in_the_list(refusal: &Refusal) {
        match refusal {
            Refusal::UnknownUser { .. }
            | Refusal::UnknownDevice { .. }
            | Refusal::UnknownSite { .. }
            | Refusal::UnknownGroup { .. }
            | Refusal::UserDisabled { .. }
            | Refusal::DeviceDisabled { .. }
            | Refusal::DeviceNotAllowed { .. }
            | Refusal::UserLocked { .. }
            | Refusal::CredentialChanged { .. }
            | Refusal::NoCredential { .. }
            | Refusal::LoggedInElsewhere { .. }
            | Refusal::DeviceBusy { .. }
            | Refusal::StaleEpoch { .. }
            | Refusal::NameTaken { .. }
            | Refusal::SiteInUse { .. }
            | Refusal::GroupInUse { .. }
            | Refusal::InvalidRecord { .. }
            | Refusal::RequestIdReused
            | Refusal::ImportGap { .. }
            | Refusal::ImportRejected { .. }
            | Refusal::DeviceOnHold { .. }
            | Refusal::MacTaken { .. }
            | Refusal::UnknownEnrolmentToken { .. }
            | Refusal::EnrolmentTokenExpired { .. } => {}
        }
    }
    let (user, device, site, group) = (named("ada"), named("chi-1"), named("chicago"), named("staff"));
    let (user, device, site, group): (UserId, DeviceId, SiteId, GroupId) = (user, device, site, group);
    vec![
        Refusal::UnknownUser { name: named("2099") },
        Refusal::UnknownDevice {
            device: device.clone(),
        },
        Refusal::UnknownSite { site: site.clone() },
        Refusal::UnknownGroup { group: group.clone() },
        Refusal::UserDisabled { user: user.clone() },
        Refusal::DeviceDisabled {
            device: device.clone(),
        },
        Refusal::DeviceNotAllowed {
            user: user.clone(),
            device: device.clone(),
        },
        Refusal::UserLocked {
            user: user.clone(),
            until: TimeMs(NOON),
        },
        Refusal::CredentialChanged { user: user.clone() },
        Refusal::NoCredential { user: user.clone() },
        Refusal::LoggedInElsewhere {
            user: user.clone(),
            device: device.clone(),
            site: site.clone(),
        },
        Refusal::DeviceBusy {
            device: device.clone(),
        },
        Refusal::StaleEpoch { device },
        Refusal::NameTaken {
            name: named("2041"),
            owner: user,
        },
        Refusal::SiteInUse { site, devices: 40 },
        Refusal::GroupInUse {
            group,
            users: 60,
            devices: 1,
        },
        Refusal::InvalidRecord {
            field: "display_name",
            problem: "must be at most 256 bytes, got 300".into(),
        },
        Refusal::RequestIdReused,
        Refusal::ImportGap {
            expected: 200,
            got: 400,
        },
        Refusal::ImportRejected {
            rows: vec![
                RowProblem {
                    row: 17,
                    field: "extension".into(),
                    problem: "2041 already belongs to user ada".into(),
                },
                RowProblem {
                    row: 18,
                    field: String::new(),
                    problem: "the user stands twice in the import".into(),
                },
            ],
        },
    ]
}

pub(crate) fn outcomes() -> Vec<Outcome> {
    let done = vec![
        Done::LoggedIn {
            session: session("ada", "chi-1", Epoch::at(9, 0)),
            already: false,
            ended: all_ended(),
        },
        Done::LoggedOut {
            ended: all_ended(),
            more: true,
        },
        Done::Touched { noted: 3 },
        Done::Put { created: true },
        Done::Deleted { existed: false },
        Done::CredentialSet { version: 7 },
        Done::FailureNoted {
            remaining: Some(0),
            locked_until: Some(TimeMs(NOON)),
        },
        Done::FailureNoted {
            remaining: None,
            locked_until: None,
        },
        Done::Unlocked,
        Done::Staged { rows: 205 },
        Done::Imported {
            created: 1,
            changed: 2,
            unchanged: 3,
        },
    ];
    done.into_iter()
        .map(Ok)
        .chain(first_refusals().into_iter().map(Err))
        .collect()
}

pub(crate) fn events() -> Vec<Event> {
    let started = Arc::new(session("ada", "chi-1", Epoch::at(9, 0)));
    let ended = end_reasons().into_iter().map(|reason| EventKind::SessionEnded {
        session: Arc::clone(&started),
        reason,
    });
    let mut kinds: Vec<EventKind> = ended.collect();
    kinds.extend([
        EventKind::SessionStarted(started),
        EventKind::UserLocked {
            user: named("ada"),
            device: Some(named("chi-1")),
            until: TimeMs(NOON),
        },
        EventKind::UserUnlocked(named("ada")),
        EventKind::CredentialChanged {
            user: named("ada"),
            version: 7,
        },
        EventKind::SitePut(Arc::new(site("chicago"))),
        EventKind::SiteDeleted(named("chicago")),
        EventKind::GroupPut(Arc::new(group("staff"))),
        EventKind::GroupDeleted(named("staff")),
        EventKind::UserPut(Arc::new(user("ada"))),
        EventKind::UserDeleted(named("ada")),
        EventKind::DevicePut(Arc::new(device("chi-1", "chicago"))),
        EventKind::DeviceDeleted(named("chi-1")),
        EventKind::DefaultsPut(policy()),
        EventKind::Forced {
            sessions: 2,
            note: "fire drill".into(),
        },
    ]);
    kinds
        .into_iter()
        .map(|kind| Event {
            index: 9,
            at: TimeMs(NOON),
            by: Actor("admin:jo".into()),
            kind,
        })
        .collect()
}

/// A small state with something in each part of it.
pub(crate) fn parts() -> Parts {
    let ada = User {
        credential: Some(Credential {
            version: 7,
            verifier: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into(),
        }),
        failures: LoginFailures {
            count: 2,
            window_start: TimeMs(NOON - 60_000),
            locked_until: Some(TimeMs(NOON + 60_000)),
        },
        ..user("ada")
    };
    let bob = User {
        display_name: "Bob".into(),
        extension: None,
        aliases: vec![],
        email: None,
        group: None,
        enabled: false,
        ..user("bob")
    };
    let answered = outcomes().into_iter().zip(0..).map(|(outcome, at): (_, u64)| {
        let answered = Answered {
            outcome: Arc::new(outcome),
            fingerprint: u64::MAX - at,
            index: 9,
            at: TimeMs(NOON),
        };
        // The oldest has the largest id, so that the order is seen to be kept.
        (RequestId(u128::from(1000 - at)), Arc::new(answered))
    });
    Parts {
        clock: TimeMs(NOON + 5_000),
        index: 12,
        defaults: policy(),
        sites: vec![Arc::new(site("chicago")), Arc::new(site("new-york"))],
        groups: vec![Arc::new(group("staff"))],
        users: vec![Arc::new(ada), Arc::new(bob)],
        devices: vec![
            Arc::new(device("chi-1", "chicago")),
            Arc::new(device("chi-2", "chicago")),
            Arc::new(device("ny-1", "new-york")),
        ],
        sessions: vec![
            Arc::new(session("ada", "chi-1", Epoch::at(9, 1))),
            Arc::new(session("ada", "chi-2", Epoch::at(9, 0))),
        ],
        answered: answered.collect(),
        audit: events().into_iter().map(Arc::new).collect(),
        edges: vec![],
        waiting: vec![],
        enrolment_tokens: vec![],
        imports: vec![(
            RequestId(5),
            Arc::new(StagedImport {
                at: TimeMs(NOON),
                rows: import_rows().into_iter().map(Arc::new).collect(),
            }),
        )],
    }
}
