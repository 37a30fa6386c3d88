//! A universe small enough that everything collides: four users, six phones, two sites, two groups, a handful
//! of names and request ids, clocks that jump.

use std::sync::Arc;

use hotdesk_core::command::{Activity, ForceTarget, ImportRow, LogoutTarget, Served};
use hotdesk_core::{
    Action, BusyDevice, CallClasses, CallRights, CallSettings, Credential, Days, Device, DeviceId, Edge,
    EdgeId, Enrolment, EnrolmentToken, Epoch, Group, GroupId, Hold, Hours, Limit, LockoutPolicy,
    LoginFailures, MacAddress, MultipleLogins, OutsideHours, Policy, PolicyOverrides, Profile, RequestId,
    ScheduledForward, SealedSecret, SeenPhone, Shown, ShownBy, ShownReport, Site, SiteId, SpeedDial, State,
    TimeMs, TokenHash, User, UserId, UserName,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// One log entry, before callers know what to put into it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) jump_ms: i64,
    pub(crate) index_gap: u64,
    pub(crate) asks: Vec<Ask>,
}

/// One request, before its caller has looked at the state.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) request: Option<u128>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Plain(Box<Action>),
    Login {
        user: UserName,
        device: DeviceId,
        pin: Which,
    },
    Logout {
        device: DeviceId,
        epoch: Which,
    },
    Touch {
        device: DeviceId,
        epoch: Which,
        ago_ms: i64,
    },
    /// Rows, mostly the next ones.
    Stage {
        import: RequestId,
        first_row: Which,
        rows: Vec<ImportRow>,
    },
    /// Rows that swap the extensions of two users.
    StageSwap {
        import: RequestId,
        users: [UserId; 2],
    },
    /// Mostly of as many rows as are staged.
    Commit {
        import: RequestId,
        rows: Which,
        dry_run: bool,
    },
    /// A phone is left alone for so long, or released.
    Hold {
        device: DeviceId,
        for_ms: i64,
    },
    /// Stamps around what the phones should show.
    Shown {
        reports: Vec<(DeviceId, Which, Option<&'static str>)>,
        how: ShownBy,
    },
    /// A user's account is closed for so long.
    Lock {
        user: UserId,
        for_ms: i64,
    },
    /// A phone may come without its token for so long.
    Open {
        device: DeviceId,
        for_ms: i64,
    },
    /// An enrolment token that is good for so long.
    Token {
        hash: TokenHash,
        site: SiteId,
        uses: u32,
        for_ms: i64,
    },
    /// Exactly what was sent so many requests ago.
    Retry(usize),
}

/// Which epoch or credential version the caller carries.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    None,
    Current,
    Stale,
}

pub(crate) fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let jump = prop_oneof![
        6 => 0..5_000i64,
        3 => 5_000..90_000i64,
        1 => 300_000..2_500_000i64,
        1 => -200_000..0i64,
    ];
    let entry = (jump, 1..4u64, prop::collection::vec(ask(), 1..5));
    let entry = entry.prop_map(|(jump_ms, index_gap, asks)| Entry {
        jump_ms,
        index_gap,
        asks,
    });
    prop::collection::vec(entry, 1..40)
}

/// Rows of an import without repeated records.
pub(crate) fn rows() -> impl Strategy<Value = Vec<ImportRow>> {
    prop::collection::vec(row(), 0..8).prop_map(|rows| {
        let mut seen = Vec::new();
        rows.into_iter()
            .filter(|row| {
                let key = match row {
                    ImportRow::Site(site) => format!("site {}", site.id),
                    ImportRow::Group(group) => format!("group {}", group.id),
                    ImportRow::User { user, .. } => format!("user {}", user.id),
                    ImportRow::Device(device) => format!("device {}", device.id),
                };
                let is_new = !seen.contains(&key);
                seen.push(key);
                is_new
            })
            .map(|row| match row {
                ImportRow::User { user, .. } => ImportRow::User { user, verifier: None },
                other => other,
            })
            .collect()
    })
}

/// The single commands for rows: what is referred to first.
pub(crate) fn as_commands(rows: &[ImportRow]) -> Vec<Action> {
    let mut commands: Vec<(u8, Action)> = rows
        .iter()
        .cloned()
        .map(|row| match row {
            ImportRow::Site(site) => (0, Action::PutSite(site)),
            ImportRow::Group(group) => (1, Action::PutGroup(group)),
            ImportRow::User { user, .. } => (2, Action::PutUser(user)),
            ImportRow::Device(device) => (3, Action::PutDevice(device)),
        })
        .collect();
    commands.sort_by_key(|(order, _)| *order);
    commands.into_iter().map(|(_, action)| action).collect()
}

/// The directory at the beginning.
pub(crate) fn furniture() -> Vec<Action> {
    let sites = SITES.map(|id| {
        Action::PutSite(Site {
            id: parse(id),
            ..plain_site()
        })
    });
    let users = (0..).zip(USERS).map(|(n, id)| {
        let extension = Some(parse(["100", "101", "102", "103"][n]));
        Action::PutUser(User {
            id: parse(id),
            extension,
            group: Some(parse(GROUPS[n % 2])),
            ..plain_user()
        })
    });
    let devices = (0..).zip(DEVICES).map(|(n, id)| {
        Action::PutDevice(Device {
            id: parse(id),
            site: parse(SITES[n % 2]),
            ..plain_device()
        })
    });
    let edges = (0..).zip(EDGES).map(|(n, id)| {
        Action::PutEdge(Edge {
            id: parse(id),
            site: parse(SITES[n % 2]),
            uri: "sip:192.0.2.7".into(),
        })
    });
    let several = Some(MultipleLogins::AllowUpTo(3));
    let policy = PolicyOverrides {
        multiple_logins: several,
        ..PolicyOverrides::default()
    };
    let groups = GROUPS.map(|id| {
        Action::PutGroup(Group {
            id: parse(id),
            policy,
            rights: None,
        })
    });
    let pins = ["u0", "u1"].map(|id| Action::SetCredential {
        user: parse(id),
        verifier: Some(Arc::from("first")),
    });
    sites
        .into_iter()
        .chain(groups)
        .chain(users)
        .chain(devices)
        .chain(edges)
        .chain(pins)
        .collect()
}

/// What the caller sends, having looked at the state.
pub(crate) fn resolve(kind: &Kind, state: &State, now: u64) -> Action {
    match kind {
        Kind::Plain(action) => Action::clone(action),
        Kind::Login { user, device, pin } => {
            let current = state
                .find_user(user)
                .and_then(|user| Some(user.credential.as_ref()?.version));
            Action::Login {
                user: user.clone(),
                device: device.clone(),
                credential_version: pin.of(current.unwrap_or(1)),
            }
        }
        Kind::Logout { device, epoch } => {
            let epoch = epoch.of(epoch_at(state, device)).map(Epoch);
            Action::Logout {
                target: LogoutTarget::Device(device.clone()),
                epoch,
            }
        }
        Kind::Touch {
            device,
            epoch,
            ago_ms,
        } => {
            let epoch = Epoch(epoch.of(epoch_at(state, device)).unwrap_or(0));
            let at = TimeMs(now.saturating_add_signed(-ago_ms));
            Action::Touch {
                items: vec![Activity {
                    device: device.clone(),
                    epoch,
                    at,
                }],
            }
        }
        Kind::Stage {
            import,
            first_row,
            rows,
        } => Action::ImportStage {
            import: *import,
            first_row: first_row.of(staged(state, *import)).unwrap_or(0),
            rows: rows.clone(),
        },
        Kind::StageSwap { import, users } => Action::ImportStage {
            import: *import,
            first_row: staged(state, *import),
            rows: swap(state, users).unwrap_or_default(),
        },
        Kind::Commit {
            import,
            rows,
            dry_run,
        } => Action::ImportCommit {
            import: *import,
            rows: rows.of(staged(state, *import)).unwrap_or(0),
            dry_run: *dry_run,
        },
        Kind::Hold { device, for_ms } => Action::HoldDevice {
            device: device.clone(),
            until: TimeMs(now.saturating_add_signed(*for_ms)),
            reason: "emergency call".into(),
        },
        Kind::Shown { reports, how } => Action::ReportShown {
            items: reports
                .iter()
                .map(|(device, stamp, trouble)| ShownReport {
                    device: device.clone(),
                    stamp: stamp
                        .of(state.wanted_stamp(device))
                        .unwrap_or_else(|| state.index() + 5),
                    how: *how,
                    trouble: trouble.map(Into::into),
                })
                .collect(),
        },
        Kind::Lock { user, for_ms } => Action::LockUser {
            user: user.clone(),
            until: TimeMs(now.saturating_add_signed(*for_ms)),
            note: "not me".into(),
        },
        Kind::Open { device, for_ms } => Action::OpenEnrolment {
            device: device.clone(),
            until: TimeMs(now.saturating_add_signed(*for_ms)),
        },
        Kind::Token {
            hash,
            site,
            uses,
            for_ms,
        } => Action::PutEnrolmentToken(EnrolmentToken {
            hash: *hash,
            site: site.clone(),
            uses: *uses,
            until: TimeMs(now.saturating_add_signed(*for_ms)),
            note: "floor 2".into(),
        }),
        Kind::Retry(_) => Action::Expire,
    }
}

/// The same action without epochs and versions, which depend on how commands share entries.
pub(crate) fn without_positions(action: Action) -> Action {
    match action {
        Action::Login { user, device, .. } => Action::Login {
            user,
            device,
            credential_version: None,
        },
        Action::Logout { target, .. } => Action::Logout { target, epoch: None },
        Action::Touch { .. } | Action::ReportShown { .. } => Action::Expire,
        other => other,
    }
}

impl Which {
    const fn of(self, current: u64) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Current => Some(current),
            Self::Stale => Some(current.saturating_sub(1)),
        }
    }
}

fn epoch_at(state: &State, device: &DeviceId) -> u64 {
    state.session_at(device).map_or(1, |session| session.epoch.0)
}

fn staged(state: &State, import: RequestId) -> u64 {
    state
        .imports()
        .find(|(id, _)| *id == import)
        .map_or(0, |(_, import)| import.rows.len() as u64)
}

fn swap(state: &State, [a, b]: &[UserId; 2]) -> Option<Vec<ImportRow>> {
    let (a, b) = (state.user(a)?, state.user(b)?);
    let with = |user: &User, extension: &User| ImportRow::User {
        user: User {
            extension: extension.extension.clone(),
            ..user.clone()
        },
        verifier: None,
    };
    Some(vec![with(a, b), with(b, a)])
}

fn ask() -> impl Strategy<Value = Ask> {
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
        1 => import().prop_map(|import| Action::ImportAbort { import }),
        1 => edge().prop_map(Action::PutEdge),
        1 => edge_id().prop_map(Action::DeleteEdge),
        3 => prop::collection::vec(served(), 1..4).prop_map(|items| Action::ReportServing { items }),
        1 => (device_id(), option::of(sealed()))
            .prop_map(|(device, sealed)| Action::SetDeviceSecret { device, sealed, seed: None }),
    ]
}

fn plain_of_phones() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => (user_id(), option::of(profile()), option::weighted(0.3, calls()))
            .prop_map(|(user, profile, calls)| Action::PutProfile { user, profile, calls }),
        2 => prop::collection::vec(seen(), 1..3).prop_map(|items| Action::ReportWaiting { items }),
        1 => mac().prop_map(|mac| Action::DeclineWaiting { mac }),
        1 => device_id().prop_map(|device| Action::CloseEnrolment { device }),
        1 => token_hash().prop_map(|hash| Action::DeleteEnrolmentToken { hash }),
        3 => (token_hash(), mac()).prop_map(|(token_hash, mac)| Action::EnrolDevice {
            token_hash,
            mac,
            vendor_model: "yealink-t54w".into(),
        }),
    ]
}

fn row() -> impl Strategy<Value = ImportRow> {
    prop_oneof![
        1 => site().prop_map(ImportRow::Site),
        1 => group().prop_map(ImportRow::Group),
        3 => (user(), verifier()).prop_map(|(user, verifier)| ImportRow::User { user, verifier }),
        2 => device().prop_map(ImportRow::Device),
    ]
}

fn site() -> impl Strategy<Value = Site> {
    (
        site_id(),
        select(vec!["1 Main St", "2 Side St", "3 Back St", "bad\ntext"]),
        select(vec!["", "en", "de", "de", "not a tag"]),
        any::<u64>(),
    )
        .prop_map(|(id, location, language, changed)| Site {
            id,
            emergency_location: location.into(),
            language: language.into(),
            // Ignored by every action; here to see that it is.
            changed,
            ..plain_site()
        })
}

fn group() -> impl Strategy<Value = Group> {
    let overrides = (
        option::of(multiple_logins()),
        option::of(busy_device()),
        option::weighted(0.2, limit()),
        option::weighted(0.2, limit()),
        option::weighted(0.2, lockout()),
    );
    (group_id(), overrides, option::weighted(0.2, rights())).prop_map(|(id, overrides, rights)| {
        let (multiple_logins, busy_device, idle_timeout, login_time_max, lockout) = overrides;
        let policy = PolicyOverrides {
            multiple_logins,
            busy_device,
            idle_timeout,
            login_time_max,
            lockout,
        };
        Group { id, policy, rights }
    })
}

fn policy() -> impl Strategy<Value = Policy> {
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

fn multiple_logins() -> impl Strategy<Value = MultipleLogins> {
    prop_oneof![
        2 => Just(MultipleLogins::Evict),
        1 => Just(MultipleLogins::Deny),
        4 => (1..5u8).prop_map(MultipleLogins::AllowUpTo),
    ]
}

fn busy_device() -> impl Strategy<Value = BusyDevice> {
    select(vec![BusyDevice::TakeOver, BusyDevice::Refuse])
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        1 => Just(Limit::Off),
        1 => (0..10u64).prop_map(Limit::AfterMs),
        9 => (10_000..900_000u64).prop_map(Limit::AfterMs),
    ]
}

fn lockout() -> impl Strategy<Value = LockoutPolicy> {
    (0..4u32, 0..60_000u64, 0..60_000u64).prop_map(|(failures_max, window_ms, locked_ms)| LockoutPolicy {
        failures_max,
        window_ms,
        locked_ms,
    })
}

fn user() -> impl Strategy<Value = User> {
    let names = vec!["100", "106", "u3", "short", "brief"];
    let fields = (
        user_id(),
        option::of(select(vec![
            "100",
            "101",
            "102",
            "103",
            "104",
            "105",
            "13125550199",
        ])),
        prop::collection::vec(select(names), 0..3),
        option::weighted(0.2, select(vec!["a@example.com", "b@example.com"])),
        option::of(group_id()),
        prop::bool::weighted(0.85),
        // One of them is an extension too, so that they collide with those.
        prop::collection::vec(select(vec!["13125550142", "+1 312 555 0199"]), 0..3),
        (
            option::weighted(0.2, calls()),
            option::weighted(0.2, rights()),
            option::weighted(0.2, profile()),
        ),
    );
    fields.prop_map(
        |(id, extension, aliases, email, group, enabled, numbers, (calls, rights, profile))| User {
            profile: profile.map(Arc::new),
            numbers: numbers.into_iter().map(parse).collect(),
            calls: calls.map(Arc::new),
            rights,
            id,
            extension: extension.map(parse),
            aliases: aliases.into_iter().map(parse).collect(),
            email: email.map(parse),
            group,
            enabled,
            // Ignored by every action; here to see that it is.
            credential: Some(Credential {
                version: 1,
                verifier: Arc::from("smuggled"),
            }),
            failures: LoginFailures {
                count: 3,
                ..LoginFailures::default()
            },
            changed: u64::MAX,
            ..plain_user()
        },
    )
}

fn device() -> impl Strategy<Value = Device> {
    let groups = prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(group_id(), 1..4)];
    let fields = (device_id(), site_id(), prop::bool::weighted(0.85), groups);
    let owner = option::weighted(0.6, select(vec!["u0", "u1", "u2", "nobody"]));
    let labels = select(vec!["", "Lobby", "bad\ntext"]);
    let phone = (option::weighted(0.3, mac()), labels, owner);
    (fields, phone).prop_map(
        |((id, site, enabled, allowed_groups), (mac, label, owner))| Device {
            mac,
            label: label.into(),
            owner: owner.map(parse),
            id,
            site,
            enabled,
            allowed_groups,
            // Ignored by every action; here to see that it is.
            secret: Some(SealedSecret(Arc::from(&b"smuggled"[..]))),
            serving: Some(parse("nobody")),
            hold: Some(Arc::new(Hold {
                until: TimeMs(u64::MAX),
                reason: "smuggled".into(),
            })),
            secret_seed: Some(1),
            enrolment: Enrolment {
                open_until: TimeMs(u64::MAX),
                enrolled_at: TimeMs(1),
            },
            changed: u64::MAX,
            shown: Some(Shown {
                stamp: u64::MAX,
                at: TimeMs(1),
                how: ShownBy::Document,
            }),
            trouble: Some("smuggled".into()),
            stays_neutral: true,
            ..plain_device()
        },
    )
}

/// Profiles that are good, that say nothing, and that break a rule.
fn profile() -> impl Strategy<Value = Profile> {
    let labels = select(vec!["", "Front", "bad\ntext"]);
    let dials = select(vec!["100", "+13125550142", "not a number"]);
    (labels, option::of(dials), 0..12u8).prop_map(|(label, dial, ring_tone)| Profile {
        line_label: label.into(),
        speed_dials: dial
            .map(|number| SpeedDial {
                label: "Reception".into(),
                number: number.into(),
            })
            .into_iter()
            .collect(),
        ring_tone: if ring_tone < 8 { 0 } else { ring_tone },
        ..Profile::default()
    })
}

fn seen() -> impl Strategy<Value = SeenPhone> {
    (mac(), select(vec!["1.0", "1.1"])).prop_map(|(mac, firmware)| SeenPhone {
        mac,
        vendor: "yealink".into(),
        model: "T54W".into(),
        firmware: firmware.into(),
        site: Some(parse("s0")),
        address: "192.0.2.17".into(),
    })
}

fn shown_by() -> impl Strategy<Value = ShownBy> {
    select(vec![ShownBy::Document, ShownBy::Register])
}

fn trouble() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.3, Just("no answer"))
}

fn mac() -> impl Strategy<Value = MacAddress> {
    select(vec![
        "02:00:00:00:00:01",
        "02:00:00:00:00:02",
        "02:00:00:00:00:03",
    ])
    .prop_map(parse)
}

fn token_hash() -> impl Strategy<Value = TokenHash> {
    (0..2u8).prop_map(|byte| TokenHash([byte; 32]))
}

fn edge() -> impl Strategy<Value = Edge> {
    let uris = select(vec!["sip:192.0.2.7", "sips:edge.example.com", "not a uri"]);
    (edge_id(), site_id(), uris).prop_map(|(id, site, uri)| Edge {
        id,
        site,
        uri: uri.into(),
    })
}

fn served() -> impl Strategy<Value = Served> {
    (device_id(), edge_id(), prop::bool::weighted(0.3)).prop_map(|(device, edge, gone)| Served {
        device,
        edge,
        gone,
    })
}

fn sealed() -> impl Strategy<Value = SealedSecret> {
    select(vec!["", "one", "two"]).prop_map(|text| SealedSecret(text.as_bytes().into()))
}

/// Settings that are good, that say nothing, and that break a rule.
fn calls() -> impl Strategy<Value = CallSettings> {
    let targets = select(vec!["100", "+13125550142", "not a target"]);
    (
        option::of(targets),
        select(vec![4_u16, 20, 30]),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(target, no_answer_after_s, scheduled)| {
            let target = target.map(Into::into);
            let schedule = target
                .clone()
                .filter(|_| scheduled)
                .map(|forward_to| ScheduledForward {
                    hours: night(),
                    forward_to,
                });
            CallSettings {
                forward_busy: target,
                no_answer_after_s,
                schedule: schedule.into_iter().collect(),
                ..CallSettings::default()
            }
        })
}

fn rights() -> impl Strategy<Value = CallRights> {
    (0..32_u8, any::<bool>()).prop_map(|(bits, outside)| {
        let classes = CallClasses::from_bits(bits).expect("five classes");
        let outside_hours = outside.then(|| OutsideHours {
            hours: night(),
            classes,
        });
        CallRights {
            classes,
            outside_hours,
        }
    })
}

fn night() -> Hours {
    Hours {
        days: Days::ALL,
        from_minute: 1320,
        to_minute: 360,
    }
}

fn verifier() -> impl Strategy<Value = Option<Arc<str>>> {
    option::of(select(vec!["", "one", "two", "three"]).prop_map(Arc::from))
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![4 => Just(Which::None), 4 => Just(Which::Current), 1 => Just(Which::Stale)]
}

fn import() -> impl Strategy<Value = RequestId> {
    (0..2u128).prop_map(RequestId)
}

fn name() -> impl Strategy<Value = UserName> {
    let names = [
        "u0",
        "u1",
        "u2",
        "u3",
        "u0",
        "u1",
        "100",
        "101",
        "short",
        "a@example.com",
        "nobody",
    ];
    select(names.to_vec()).prop_map(parse)
}

fn user_id() -> impl Strategy<Value = UserId> {
    select(USERS.to_vec()).prop_map(parse)
}

fn device_id() -> impl Strategy<Value = DeviceId> {
    let mut devices = DEVICES.to_vec();
    devices.push("020000000001");
    select(devices).prop_map(parse)
}

fn site_id() -> impl Strategy<Value = SiteId> {
    select(SITES.to_vec()).prop_map(parse)
}

fn edge_id() -> impl Strategy<Value = EdgeId> {
    select(EDGES.to_vec()).prop_map(parse)
}

fn group_id() -> impl Strategy<Value = GroupId> {
    select(GROUPS.to_vec()).prop_map(parse)
}

fn plain_site() -> Site {
    Site {
        id: parse("s0"),
        name: "site".into(),
        time_zone: "Etc/UTC".into(),
        emergency_location: "1 Main St".into(),
        ..Site::new(parse("s0"))
    }
}

fn plain_user() -> User {
    User {
        id: parse("u0"),
        display_name: "user".into(),
        extension: None,
        aliases: vec![],
        email: None,
        numbers: vec![],
        group: None,
        enabled: true,
        calls: None,
        rights: None,
        credential: None,
        failures: LoginFailures::default(),
        ..User::new(parse("u0"))
    }
}

fn plain_device() -> Device {
    Device {
        id: parse("d0"),
        site: parse("s0"),
        desk: "1".into(),
        model: "t54w".into(),
        enabled: true,
        allowed_groups: vec![],
        secret: None,
        serving: None,
        hold: None,
        ..Device::new(parse("d0"), parse("s0"))
    }
}

fn parse<I: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> I {
    text.parse().unwrap()
}

const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];
const DEVICES: [&str; 6] = ["d0", "d1", "d2", "d3", "d4", "d5"];
const SITES: [&str; 2] = ["s0", "s1"];
const EDGES: [&str; 2] = ["e0", "e1"];
const GROUPS: [&str; 2] = ["g0", "g1"];
