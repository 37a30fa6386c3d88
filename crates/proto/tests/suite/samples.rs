//! Fixed values: one of each kind. Golden bytes are made from them, so they never change; new ones are added.

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;

use hotdesk_core::calls::NO_ANSWER_AFTER_S;
use hotdesk_core::command::{Activity, ForceTarget, ImportRow, LogoutTarget, Served};
use hotdesk_core::*;

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

/// Those of the first golden files. The match stops compiling when the core gets another refusal: add it to the
/// list above.
fn first_refusals() -> Vec<Refusal> {
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

// === What came with calls, in golden files of its own ===

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
        },
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: None,
            seed: None,
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

// === What came with phones, in golden files of its own ===

pub(crate) fn mac() -> MacAddress {
    named("00:1A:2B:3C:4D:5E")
}

pub(crate) fn token() -> EnrolmentToken {
    EnrolmentToken {
        hash: TokenHash([7; 32]),
        site: named("chicago"),
        uses: 20,
        until: TimeMs(NOON + 3_600_000),
        note: "new floor".into(),
    }
}

pub(crate) fn profile() -> Profile {
    use SoftFunction::{Directory, DoNotDisturb, Forward, History, Logout, Voicemail};
    Profile {
        line_label: "Ada <&> \"L\" 🙂".into(),
        speed_dials: vec![SpeedDial {
            label: "Reception".into(),
            number: "2000".into(),
        }],
        lamps: vec![Lamp {
            label: "Bob".into(),
            extension: "2042".into(),
        }],
        voicemail_number: "*97".into(),
        message_waiting: true,
        ring_tone: 3,
        language: "pt-BR".into(),
        directory_url: "https://phonebook.example.com/xml".into(),
        softkeys: vec![History, Directory, DoNotDisturb, Forward, Voicemail, Logout],
    }
}

pub(crate) fn seen() -> SeenPhone {
    SeenPhone {
        mac: named("00:1A:2B:3C:4D:5F"),
        vendor: "yealink".into(),
        model: "T54W".into(),
        firmware: "96.86.0.100".into(),
        site: Some(named("chicago")),
        address: "192.0.2.17".into(),
    }
}

fn waiting() -> WaitingPhone {
    WaitingPhone {
        phone: seen(),
        first_seen: TimeMs(NOON - 7_200_000),
        last_seen: TimeMs(NOON),
    }
}

/// With all that came with phones.
pub(crate) fn desk_site() -> Site {
    Site {
        language: "de".into(),
        recent_here: true,
        changed: 4,
        ..site("chicago")
    }
}

/// The same, in what is kept of a user.
pub(crate) fn desk_user(id: &str) -> User {
    User {
        profile: Some(Arc::new(profile())),
        changed: 5,
        ..caller(id)
    }
}

/// The same, in what is kept of a phone.
pub(crate) fn desk_phone() -> Device {
    Device {
        mac: Some(mac()),
        label: "Lobby <1>".into(),
        number: "+13125550100".into(),
        emergency_location: "233 S Wacker Dr, lobby".into(),
        owner: Some(named("ada")),
        secret_seed: Some(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        enrolment: Enrolment {
            open_until: TimeMs(NOON + 1),
            enrolled_at: TimeMs(NOON - 1),
        },
        changed: 6,
        shown: Some(Shown {
            stamp: 5,
            at: TimeMs(NOON),
            how: ShownBy::Register,
        }),
        trouble: Some("no answer to NOTIFY".into()),
        stays_neutral: true,
        ..line("chi-1", "chicago")
    }
}

fn phones_refusals() -> Vec<Refusal> {
    vec![
        Refusal::MacTaken {
            mac: mac(),
            device: named("chi-1"),
        },
        Refusal::UnknownEnrolmentToken {
            hash: TokenHash([7; 32]),
        },
        Refusal::EnrolmentTokenExpired { until: TimeMs(NOON) },
    ]
}

pub(crate) fn phones_batch() -> Batch {
    let report = |how, trouble: Option<&str>| ShownReport {
        device: named("chi-1"),
        stamp: 12,
        how,
        trouble: trouble.map(Into::into),
    };
    let put = Device {
        mac: Some(mac()),
        label: "Lobby".into(),
        number: "2100".into(),
        emergency_location: "lobby".into(),
        owner: Some(named("ada")),
        ..device("chi-1", "chicago")
    };
    let actions = vec![
        Action::PutSite(Site {
            changed: 0,
            ..desk_site()
        }),
        Action::PutUser(User {
            changed: 0,
            ..desk_user("ada")
        }),
        Action::PutDevice(put),
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(SealedSecret(Arc::from(&b"sealed\0bytes"[..]))),
            seed: Some(5),
        },
        Action::LockUser {
            user: named("ada"),
            until: TimeMs(NOON + 60_000),
            note: "not me".into(),
        },
        Action::PutProfile {
            user: named("ada"),
            profile: Some(profile()),
            calls: None,
        },
        Action::PutProfile {
            user: named("ada"),
            profile: None,
            calls: Some(calls()),
        },
        Action::ReportShown {
            items: vec![
                report(ShownBy::Document, None),
                report(ShownBy::Register, Some("no answer to NOTIFY")),
            ],
        },
        Action::ReportWaiting { items: vec![seen()] },
        Action::DeclineWaiting { mac: mac() },
        Action::OpenEnrolment {
            device: named("chi-1"),
            until: TimeMs(NOON + 60_000),
        },
        Action::CloseEnrolment {
            device: named("chi-1"),
        },
        Action::PutEnrolmentToken(token()),
        Action::DeleteEnrolmentToken { hash: token().hash },
        Action::EnrolDevice {
            token_hash: token().hash,
            mac: mac(),
            vendor_model: "yealink-t54w".into(),
        },
    ];
    let commands = actions.into_iter().zip(1..).map(|(action, id)| Command {
        request_id: Some(RequestId(id)),
        actor: Actor("node:2".into()),
        action,
    });
    Batch {
        at: TimeMs(NOON),
        commands: commands.collect(),
    }
}

pub(crate) fn phones_outcomes() -> Vec<Outcome> {
    let locked = Done::Locked {
        until: TimeMs(NOON),
        ended: all_ended(),
    };
    let refused = phones_refusals().into_iter().map(Err);
    std::iter::once(Ok(locked)).chain(refused).collect()
}

pub(crate) fn phones_events() -> Vec<Event> {
    let kinds = [
        EventKind::SitePut(Arc::new(desk_site())),
        EventKind::UserPut(Arc::new(desk_user("ada"))),
        EventKind::DevicePut(Arc::new(desk_phone())),
        EventKind::UserLocked {
            user: named("ada"),
            device: None,
            until: TimeMs(NOON),
        },
        EventKind::DeviceShown {
            device: named("chi-1"),
            shown: desk_phone().shown,
            trouble: None,
        },
        EventKind::DeviceShown {
            device: named("chi-1"),
            shown: None,
            trouble: desk_phone().trouble,
        },
        EventKind::WaitingPut(Arc::new(waiting())),
        EventKind::WaitingGone(mac()),
        EventKind::EnrolmentTokenPut(Arc::new(token())),
        EventKind::EnrolmentTokenGone(token().hash),
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

pub(crate) fn phones_parts() -> Parts {
    Parts {
        groups: vec![Arc::new(group("staff"))],
        users: vec![Arc::new(desk_user("ada"))],
        devices: vec![Arc::new(desk_phone())],
        edges: vec![Arc::new(edge("chi-edge"))],
        sites: vec![Arc::new(desk_site())],
        audit: phones_events().into_iter().map(Arc::new).collect(),
        waiting: vec![Arc::new(waiting())],
        enrolment_tokens: vec![Arc::new(token())],
        clock: TimeMs(NOON),
        index: 12,
        ..Parts::default()
    }
}
