//! Random values of the core.

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;

use hotdesk_core::command::{Activity, ForceTarget, ImportRow, LogoutTarget, Served};
use hotdesk_core::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample;
use smol_str::SmolStr;

fn parsed<T: FromStr<Err = InvalidName> + Debug>(pattern: &'static str) -> impl Strategy<Value = T> + Clone {
    pattern.prop_map(|text| text.parse().unwrap())
}

fn id<T: FromStr<Err = InvalidName> + Debug>() -> impl Strategy<Value = T> + Clone {
    parsed("[a-zA-Z0-9][a-z0-9._-]{0,40}")
}

fn device_id() -> impl Strategy<Value = DeviceId> + Clone {
    parsed("[0-9a-f]{12}|([0-9A-F]{2}:){5}[0-9A-F]{2}|[a-z][a-z0-9._-]{0,60}")
}

fn user_name() -> impl Strategy<Value = UserName> + Clone {
    parsed("[a-z0-9][a-z0-9._-]{0,40}|[a-z0-9.]{1,30}@[a-z.]{1,30}")
}

fn text() -> impl Strategy<Value = SmolStr> + Clone {
    ".{0,60}".prop_map(SmolStr::new)
}

/// On the wire, 0 is no time, so no time of the core is 0.
fn time() -> impl Strategy<Value = TimeMs> + Clone {
    prop_oneof![1_u64..2_000_000_000_000, Just(u64::MAX)].prop_map(TimeMs)
}

fn epoch() -> impl Strategy<Value = Epoch> + Clone {
    any::<u64>().prop_map(Epoch)
}

pub(crate) fn request_id() -> impl Strategy<Value = RequestId> {
    any::<u128>().prop_map(RequestId)
}

fn multiple_logins() -> impl Strategy<Value = MultipleLogins> + Clone {
    prop_oneof![
        Just(MultipleLogins::Evict),
        Just(MultipleLogins::Deny),
        any::<u8>().prop_map(MultipleLogins::AllowUpTo),
    ]
}

fn busy_device() -> impl Strategy<Value = BusyDevice> + Clone {
    prop_oneof![Just(BusyDevice::TakeOver), Just(BusyDevice::Refuse)]
}

fn limit() -> impl Strategy<Value = Limit> + Clone {
    prop_oneof![Just(Limit::Off), (1_u64..).prop_map(Limit::AfterMs)]
}

fn lockout() -> impl Strategy<Value = LockoutPolicy> + Clone {
    any::<(u32, u64, u64)>().prop_map(|(failures_max, window_ms, locked_ms)| LockoutPolicy {
        failures_max,
        window_ms,
        locked_ms,
    })
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    (multiple_logins(), busy_device(), limit(), limit(), lockout()).prop_map(
        |(multiple_logins, busy_device, idle_timeout, login_time_max, lockout)| Policy {
            multiple_logins,
            busy_device,
            idle_timeout,
            login_time_max,
            lockout,
        },
    )
}

pub(crate) fn overrides() -> impl Strategy<Value = PolicyOverrides> {
    (
        option::of(multiple_logins()),
        option::of(busy_device()),
        option::of(limit()),
        option::of(limit()),
        option::of(lockout()),
    )
        .prop_map(
            |(multiple_logins, busy_device, idle_timeout, login_time_max, lockout)| PolicyOverrides {
                multiple_logins,
                busy_device,
                idle_timeout,
                login_time_max,
                lockout,
            },
        )
}

pub(crate) fn site() -> impl Strategy<Value = Site> {
    let language = sample::select(vec!["en", "de", "pt-BR"]);
    let desk = (language, any::<bool>(), any::<u64>());
    (id(), text(), text(), text(), desk).prop_map(
        |(id, name, time_zone, emergency_location, (language, recent_here, changed))| Site {
            id,
            name,
            time_zone,
            emergency_location,
            language: language.into(),
            recent_here,
            changed,
        },
    )
}

pub(crate) fn profile() -> impl Strategy<Value = Profile> {
    use SoftFunction::{Directory, DoNotDisturb, Forward, History, Logout, Voicemail};
    let softkey = sample::select(vec![History, Directory, DoNotDisturb, Forward, Voicemail, Logout]);
    let key = || vec((text(), text()), 0..4);
    let texts = (text(), text(), text(), text());
    (
        texts,
        key(),
        key(),
        any::<bool>(),
        any::<u8>(),
        vec(softkey, 0..9),
    )
        .prop_map(|(texts, dials, lamps, message_waiting, ring_tone, softkeys)| {
            let (line_label, voicemail_number, language, directory_url) = texts;
            let dials = dials
                .into_iter()
                .map(|(label, number)| SpeedDial { label, number });
            let lamps = lamps
                .into_iter()
                .map(|(label, extension)| Lamp { label, extension });
            Profile {
                line_label,
                speed_dials: dials.collect(),
                lamps: lamps.collect(),
                voicemail_number,
                message_waiting,
                ring_tone,
                language,
                directory_url,
                softkeys,
            }
        })
}

pub(crate) fn mac() -> impl Strategy<Value = MacAddress> + Clone {
    any::<[u8; 5]>().prop_map(|[a, b, c, d, e]| MacAddress::new([2, a, b, c, d, e]))
}

fn token_hash() -> impl Strategy<Value = TokenHash> + Clone {
    any::<[u8; 32]>().prop_map(TokenHash)
}

pub(crate) fn token() -> impl Strategy<Value = EnrolmentToken> {
    (token_hash(), id(), any::<u32>(), time(), text()).prop_map(|(hash, site, uses, until, note)| {
        EnrolmentToken {
            hash,
            site,
            uses,
            until,
            note,
        }
    })
}

fn seen() -> impl Strategy<Value = SeenPhone> {
    (mac(), text(), text(), text(), option::of(id()), text()).prop_map(
        |(mac, vendor, model, firmware, site, address)| SeenPhone {
            mac,
            vendor,
            model,
            firmware,
            site,
            address,
        },
    )
}

pub(crate) fn waiting() -> impl Strategy<Value = WaitingPhone> {
    (seen(), time(), time()).prop_map(|(phone, first_seen, last_seen)| WaitingPhone {
        phone,
        first_seen,
        last_seen,
    })
}

fn shown() -> impl Strategy<Value = Shown> + Clone {
    (any::<u64>(), time(), shown_by()).prop_map(|(stamp, at, how)| Shown { stamp, at, how })
}

fn shown_by() -> impl Strategy<Value = ShownBy> + Clone {
    sample::select(vec![ShownBy::Document, ShownBy::Register])
}

/// On the wire, an empty text is none.
fn trouble() -> impl Strategy<Value = Option<SmolStr>> + Clone {
    option::of(".{1,30}".prop_map(SmolStr::new))
}

pub(crate) fn group() -> impl Strategy<Value = Group> {
    (id(), overrides(), option::of(rights())).prop_map(|(id, policy, rights)| Group { id, policy, rights })
}

/// A user as it is put: without credential and failures.
pub(crate) fn user() -> impl Strategy<Value = User> {
    (
        id(),
        text(),
        option::of(parsed("[0-9]{1,20}")),
        vec(id(), 0..4),
        option::of(parsed("[a-z0-9.]{1,30}@[a-z.]{1,30}")),
        option::of(id()),
        any::<bool>(),
        vec(parsed("[1-9][0-9]{6,14}"), 0..4),
        option::of(calls()),
        (option::of(rights()), option::of(profile())),
    )
        .prop_map(
            |(id, display_name, extension, aliases, email, group, enabled, numbers, calls, desk)| User {
                numbers,
                calls: calls.map(Arc::new),
                rights: desk.0,
                profile: desk.1.map(Arc::new),
                changed: 0,
                id,
                display_name,
                extension,
                aliases,
                email,
                group,
                enabled,
                credential: None,
                failures: LoginFailures::default(),
            },
        )
}

pub(crate) fn device() -> impl Strategy<Value = Device> {
    let kept = (
        option::of(sealed()),
        option::of(id()),
        option::of((time(), text())),
    );
    let texts = (option::of(mac()), text(), text(), text(), option::of(id()));
    let enrolment = (any::<u64>().prop_map(TimeMs), any::<u64>().prop_map(TimeMs));
    let told = (
        any::<Option<u128>>(),
        enrolment,
        any::<u64>(),
        option::of(shown()),
        trouble(),
        any::<bool>(),
    );
    let phone = (texts, told).prop_map(|((mac, label, number, emergency_location, owner), told)| {
        let (secret_seed, (open_until, enrolled_at), changed, shown, trouble, stays_neutral) = told;
        Device {
            mac,
            label,
            number,
            emergency_location,
            owner,
            secret_seed,
            enrolment: Enrolment {
                open_until,
                enrolled_at,
            },
            changed,
            shown,
            trouble,
            stays_neutral,
            ..Device::new("any".parse().unwrap(), "any".parse().unwrap())
        }
    });
    (
        device_id(),
        id(),
        text(),
        text(),
        any::<bool>(),
        vec(id(), 0..4),
        kept,
        phone,
    )
        .prop_map(
            |(id, site, desk, model, enabled, allowed_groups, (secret, serving, hold), phone)| Device {
                mac: phone.mac.or_else(|| id.mac()),
                secret,
                serving,
                hold: hold.map(|(until, reason)| Arc::new(Hold { until, reason })),
                id,
                site,
                desk,
                model,
                enabled,
                allowed_groups,
                ..phone
            },
        )
}

fn sealed() -> impl Strategy<Value = SealedSecret> + Clone {
    vec(any::<u8>(), 1..90).prop_map(|bytes| SealedSecret(bytes.into()))
}

pub(crate) fn edge() -> impl Strategy<Value = Edge> {
    (id(), id(), text()).prop_map(|(id, site, uri)| Edge { id, site, uri })
}

fn hours() -> impl Strategy<Value = Hours> + Clone {
    (0..128_u8, any::<u16>(), any::<u16>()).prop_map(|(days, from_minute, to_minute)| Hours {
        days: Days::from_bits(days).unwrap(),
        from_minute,
        to_minute,
    })
}

/// On the wire, an empty target is none.
fn target() -> impl Strategy<Value = Option<SmolStr>> + Clone {
    option::of(".{1,30}".prop_map(SmolStr::new))
}

pub(crate) fn calls() -> impl Strategy<Value = CallSettings> {
    let forward = (target(), target(), target(), target(), target());
    let schedule = vec((hours(), ".{0,30}"), 0..4);
    (forward, 1..=u16::MAX, any::<bool>(), any::<bool>(), schedule).prop_map(
        |(forward, no_answer_after_s, do_not_disturb, in_order, schedule)| {
            let (forward_always, forward_busy, forward_no_answer, forward_not_logged_in, voicemail) = forward;
            CallSettings {
                forward_always,
                forward_busy,
                forward_no_answer,
                no_answer_after_s,
                forward_not_logged_in,
                do_not_disturb,
                voicemail,
                ring: if in_order { Ring::InOrder } else { Ring::All },
                schedule: schedule
                    .into_iter()
                    .map(|(hours, to)| ScheduledForward {
                        hours,
                        forward_to: to.into(),
                    })
                    .collect(),
            }
        },
    )
}

fn classes() -> impl Strategy<Value = CallClasses> + Clone {
    (0..32_u8).prop_map(|bits| CallClasses::from_bits(bits).unwrap())
}

pub(crate) fn rights() -> impl Strategy<Value = CallRights> {
    (classes(), option::of((hours(), classes()))).prop_map(|(during, outside)| CallRights {
        classes: during,
        outside_hours: outside.map(|(hours, classes)| OutsideHours { hours, classes }),
    })
}

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
        (device_id(), option::of(sealed()), any::<Option<u128>>())
            .prop_map(|(device, sealed, seed)| { Action::SetDeviceSecret { device, sealed, seed } }),
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

fn row_problem() -> impl Strategy<Value = RowProblem> {
    (any::<u64>(), "[a-z_]{0,12}", ".{0,40}").prop_map(|(row, field, problem)| RowProblem {
        row,
        field,
        problem,
    })
}

/// Every refusal. `samples.rs` has a list that stops compiling when one is missing.
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
