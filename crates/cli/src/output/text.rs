//! The records of the API as text for people.

use hotdesk_proto::v1;
use hotdesk_proto::v1::end_reason::Reason;

use super::time;
use super::{Paint, pairs, table};
use crate::calls::{class_names, no_answer_after_s, shown_hours};

/// The name of a reason, as the core names it.
#[must_use]
pub(crate) const fn reason_name(reason: Option<&Reason>) -> &'static str {
    match reason {
        None => "unknown",
        Some(Reason::LoggedOut(_)) => "logged_out",
        Some(Reason::LoggedInElsewhere(_)) => "logged_in_elsewhere",
        Some(Reason::DeviceTakenOver(_)) => "device_taken_over",
        Some(Reason::Idle(_)) => "idle",
        Some(Reason::LoginTimeReached(_)) => "login_time_reached",
        Some(Reason::Forced(_)) => "forced",
        Some(Reason::UserRemoved(_)) => "user_removed",
        Some(Reason::DeviceRemoved(_)) => "device_removed",
        Some(Reason::PolicyChanged(_)) => "policy_changed",
    }
}

/// What a node is in the cluster.
#[must_use]
pub(crate) const fn role_name(role: v1::Role) -> &'static str {
    match role {
        v1::Role::Unspecified => "unknown",
        v1::Role::Leader => "leader",
        v1::Role::Voter => "voter",
        v1::Role::Learner => "learner",
        v1::Role::Replica => "replica",
        v1::Role::Waiting => "waiting",
    }
}

/// Why a session ended, as the end of a sentence.
#[must_use]
pub(crate) fn reason(reason: Option<&Reason>) -> String {
    match reason {
        None => "for an unknown reason".into(),
        Some(Reason::LoggedOut(_)) => "logged out".into(),
        Some(Reason::LoggedInElsewhere(there)) => format!(
            "logged in at {} in {}, epoch {}",
            there.device, there.site, there.epoch
        ),
        Some(Reason::DeviceTakenOver(other)) => {
            format!("taken over by {}, epoch {}", other.user, other.epoch)
        }
        Some(Reason::Idle(_)) => "idle for too long".into(),
        Some(Reason::LoginTimeReached(_)) => "logged in for as long as the policy allows".into(),
        Some(Reason::Forced(note)) if note.is_empty() => "ended by an administrator".into(),
        Some(Reason::Forced(note)) => format!("ended by an administrator: {note}"),
        Some(Reason::UserRemoved(_)) => "the user was disabled or deleted".into(),
        Some(Reason::DeviceRemoved(_)) => "the phone was disabled, deleted or moved".into(),
        Some(Reason::PolicyChanged(_)) => "the policy now allows fewer sessions".into(),
    }
}

/// A session that ended and why: "maria.silva at ny-02 in new-york, epoch 10240: logged in at chi-12 ...".
#[must_use]
pub(crate) fn ended(ended: &v1::EndedSession) -> String {
    let reason = reason(ended.reason.as_ref().and_then(|reason| reason.reason.as_ref()));
    match &ended.session {
        Some(session) => format!(
            "{} at {} in {}, epoch {}: {reason}",
            session.user, session.device, session.site, session.epoch
        ),
        None => format!("a session: {reason}"),
    }
}

/// A table of sessions.
#[must_use]
pub(crate) fn sessions(sessions: &[v1::Session]) -> String {
    let rows = sessions
        .iter()
        .map(|session| {
            vec![
                session.user.clone(),
                session.device.clone(),
                session.site.clone(),
                session.epoch.to_string(),
                time::ago(session.since_ms),
                time::ago(session.last_active_ms),
                time::until(session.deadline_ms),
                session.by.clone(),
            ]
        })
        .collect();
    table(
        &["USER", "DEVICE", "SITE", "EPOCH", "SINCE", "ACTIVE", "ENDS", "BY"],
        rows,
        "nobody is logged in",
    )
}

/// A user in full.
#[must_use]
pub(crate) fn user(user: &v1::User) -> String {
    let locked = match user.locked_until_ms {
        0 => String::new(),
        until => format!("{} ({})", time::table_time(until), time::until(until)),
    };
    pairs(&[
        ("user", user.id.clone()),
        ("name", user.display_name.clone()),
        ("extension", user.extension.clone()),
        ("numbers", numbers(&user.numbers)),
        ("aliases", user.aliases.join(", ")),
        ("email", user.email.clone()),
        ("group", user.group.clone()),
        ("enabled", yes(!user.disabled)),
        ("PIN set", yes(user.has_pin)),
        ("locked until", locked),
        ("may call", user.rights.as_ref().map_or_else(String::new, rights)),
        (
            "calls",
            user.calls
                .as_ref()
                .map_or_else(String::new, |set| calls(set).join("; ")),
        ),
    ])
}

/// Numbers as one dials them from abroad.
fn numbers(digits: &[String]) -> String {
    let shown: Vec<_> = digits.iter().map(|digits| format!("+{digits}")).collect();
    shown.join(", ")
}

/// What happens to a user's calls, each setting in a few words; empty for the usual.
#[must_use]
pub(crate) fn calls(set: &v1::CallSettings) -> Vec<String> {
    let to = |what: &str, target: &str| (!target.is_empty()).then(|| format!("{what} to {target}"));
    let after = no_answer_after_s(set);
    let no_answer = format!("not answered in {after} s");
    let mut shown: Vec<String> = [
        to("always", &set.forward_always),
        set.do_not_disturb.then(|| "do not disturb".to_owned()),
        to("busy", &set.forward_busy),
        to(&no_answer, &set.forward_no_answer),
        to("not logged in", &set.forward_not_logged_in),
        to("voicemail", &set.voicemail),
        (set.ring() == v1::Ring::InOrder).then(|| "phones ring one after the other".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    shown.extend(set.schedule.iter().map(|entry| {
        let hours = entry.hours.as_ref().map_or_else(String::new, shown_hours);
        format!("{hours} to {}", entry.forward_to)
    }));
    shown
}

/// Which calls may be made: "internal, local; outside of mon-fri 08:00-18:00: internal".
#[must_use]
pub(crate) fn rights(rights: &v1::CallRights) -> String {
    let names = |classes: &[i32]| match class_names(classes).join(", ") {
        none if none.is_empty() => "nothing".to_owned(),
        names => names,
    };
    let mut shown = names(&rights.classes);
    if let Some(outside) = &rights.outside_hours {
        let hours = outside.hours.as_ref().map_or_else(String::new, shown_hours);
        shown += &format!("; outside of {hours}: {}", names(&outside.classes));
    }
    shown
}

/// The functions of soft keys and their names, in files and in JSON.
pub(crate) const SOFT_FUNCTIONS: [(&str, v1::SoftFunction); 6] = [
    ("history", v1::SoftFunction::History),
    ("directory", v1::SoftFunction::Directory),
    ("do_not_disturb", v1::SoftFunction::DoNotDisturb),
    ("forward", v1::SoftFunction::Forward),
    ("voicemail", v1::SoftFunction::Voicemail),
    ("logout", v1::SoftFunction::Logout),
];

/// The names of soft keys' functions; those of a later version are left out.
#[must_use]
pub(crate) fn soft_function_names(functions: &[i32]) -> Vec<&'static str> {
    functions
        .iter()
        .filter_map(|number| {
            let known = SOFT_FUNCTIONS.iter().find(|(_, known)| *known as i32 == *number);
            known.map(|(name, _)| *name)
        })
        .collect()
}

/// What a user finds at every phone.
#[must_use]
pub(crate) fn profile(user: &str, profile: &v1::Profile, calls: &v1::CallSettings) -> String {
    let mut shown = pairs(&[
        ("user", user.to_owned()),
        ("line label", profile.line_label.clone()),
        ("language", profile.language.clone()),
        (
            "ring tone",
            match profile.ring_tone {
                0 => String::new(),
                tone => tone.to_string(),
            },
        ),
        ("voicemail number", profile.voicemail_number.clone()),
        (
            "message waiting",
            if profile.message_waiting { "on" } else { "" }.to_owned(),
        ),
        ("phone book", profile.directory_url.clone()),
        ("soft keys", soft_function_names(&profile.softkeys).join(", ")),
        ("calls", self::calls(calls).join("; ")),
    ]);
    let dials = profile.speed_dials.iter();
    let lamps = profile.lamps.iter();
    let rows: Vec<Vec<String>> = dials
        .map(|key| vec!["speed dial".to_owned(), key.label.clone(), key.number.clone()])
        .chain(lamps.map(|key| vec!["lamp".to_owned(), key.label.clone(), key.extension.clone()]))
        .collect();
    if !rows.is_empty() {
        shown += "\n";
        shown += &table(&["KEY", "LABEL", "NUMBER"], rows, "");
    }
    shown
}

/// How far a phone is, in a few words.
#[must_use]
pub(crate) const fn phone_state(state: v1::PhoneState) -> &'static str {
    match state {
        v1::PhoneState::Unspecified => "unknown",
        v1::PhoneState::Shown => "shown",
        v1::PhoneState::Loading => "loading",
        v1::PhoneState::GaveUp => "gave up",
        v1::PhoneState::NotEnrolled => "not enrolled",
        v1::PhoneState::WaitingForFirstContact => "first contact",
    }
}

/// A phone in full.
#[must_use]
pub(crate) fn device(device: &v1::Device) -> String {
    pairs(&[
        ("phone", device.id.clone()),
        ("site", device.site.clone()),
        ("desk", device.desk.clone()),
        ("model", device.model.clone()),
        ("MAC address", device.mac.clone()),
        ("neutral label", device.label.clone()),
        ("number", device.number.clone()),
        ("emergency location", device.emergency_location.clone()),
        ("owner", device.owner.clone()),
        ("enabled", yes(!device.disabled)),
        ("only for groups", device.allowed_groups.join(", ")),
        ("password set", yes(device.has_secret)),
        ("served by", device.serving.clone()),
        ("on hold", held(device.held_until_ms, &device.hold_reason)),
        ("first document", first_document(device)),
        ("trouble", device.trouble.clone()),
    ])
}

/// Whether a phone may fetch its first document, and when it has.
fn first_document(device: &v1::Device) -> String {
    let until = device.enrolment_open_until_ms;
    if until > time::now_ms() {
        return format!("may be fetched until {}", time::table_time(until));
    }
    match device.enrolled_at_ms {
        0 => String::new(),
        at => format!("fetched {}", time::table_time(at)),
    }
}

/// Until when a phone is left alone, and why; empty when it is not.
fn held(until_ms: u64, reason: &str) -> String {
    if until_ms <= time::now_ms() {
        return String::new();
    }
    let until = format!("until {} ({})", time::table_time(until_ms), time::until(until_ms));
    if reason.is_empty() {
        until
    } else {
        format!("{until}: {reason}")
    }
}

/// "yes" or "no".
#[must_use]
pub(crate) fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// The rules of a policy in words; what is not set is `unset`.
#[must_use]
pub(crate) fn policy(policy: &v1::Policy, unset: &str) -> [(&'static str, String); 5] {
    use v1::multiple_logins::Rule;
    let limit = |limit: &Option<v1::Limit>| match limit {
        None => unset.to_owned(),
        Some(v1::Limit { after_ms: 0 }) => "off".to_owned(),
        Some(v1::Limit { after_ms }) => time::span(*after_ms),
    };
    let multiple = match policy.multiple_logins.as_ref().and_then(|m| m.rule.as_ref()) {
        None => unset.to_owned(),
        Some(Rule::Evict(_)) => "evict".to_owned(),
        Some(Rule::Deny(_)) => "deny".to_owned(),
        Some(Rule::AllowUpTo(n)) => format!("allow up to {n}"),
    };
    let busy = match policy.busy_device() {
        v1::BusyDevice::Unspecified => unset,
        v1::BusyDevice::TakeOver => "take over",
        v1::BusyDevice::Refuse => "refuse",
    };
    let lockout = match &policy.lockout {
        None => unset.to_owned(),
        Some(v1::LockoutPolicy { failures_max: 0, .. }) => "off".to_owned(),
        Some(lockout) => format!(
            "{} wrong PINs in {} lock for {}",
            lockout.failures_max,
            time::span(lockout.window_ms),
            time::span(lockout.locked_ms)
        ),
    };
    [
        ("multiple logins", multiple),
        ("busy phone", busy.to_owned()),
        ("idle timeout", limit(&policy.idle_timeout)),
        ("login time max", limit(&policy.login_time_max)),
        ("lockout", lockout),
    ]
}

/// What happened, in a few words, without time and index.
#[must_use]
pub(crate) fn event(event: &v1::Event, paint: Paint) -> String {
    use v1::event::Kind;
    match &event.kind {
        None => "something that this version does not know".into(),
        Some(Kind::SessionStarted(session)) => format!(
            "{} {} at {} in {}, epoch {}",
            paint.green("login "),
            session.user,
            session.device,
            session.site,
            session.epoch
        ),
        Some(Kind::SessionEnded(end)) => {
            let evicted = matches!(
                end.reason.as_ref().and_then(|reason| reason.reason.as_ref()),
                Some(Reason::LoggedInElsewhere(_) | Reason::DeviceTakenOver(_))
            );
            let word = if evicted { "evict " } else { "logout" };
            format!("{} {}", paint.yellow(word), ended(end))
        }
        Some(Kind::UserLocked(locked)) if locked.device.is_empty() => format!(
            "{} {} until {}",
            paint.red("locked"),
            locked.user,
            time::table_time(locked.until_ms)
        ),
        Some(Kind::UserLocked(locked)) => format!(
            "{} {} until {} after wrong PINs at {}",
            paint.red("locked"),
            locked.user,
            time::table_time(locked.until_ms),
            locked.device
        ),
        Some(Kind::UserUnlocked(id)) => format!("unlock {id}"),
        Some(Kind::CredentialChanged(changed)) => format!("pin    {} has changed", changed.user),
        Some(Kind::SitePut(put)) => format!("put    site {}", put.id),
        Some(Kind::SiteDeleted(id)) => format!("delete site {id}"),
        Some(Kind::GroupPut(put)) => format!("put    group {}", put.id),
        Some(Kind::GroupDeleted(id)) => format!("delete group {id}"),
        Some(Kind::UserPut(put)) => format!("put    user {}", put.id),
        Some(Kind::UserDeleted(id)) => format!("delete user {id}"),
        Some(Kind::DevicePut(put)) => format!("put    phone {} in {}", put.id, put.site),
        Some(Kind::DeviceDeleted(id)) => format!("delete phone {id}"),
        Some(Kind::EdgePut(put)) => format!("put    edge {} in {} at {}", put.id, put.site, put.uri),
        Some(Kind::EdgeDeleted(id)) => format!("delete edge {id}"),
        Some(Kind::DeviceServed(served)) if served.edge.is_empty() => {
            format!("gone   phone {} is registered nowhere", served.device)
        }
        Some(Kind::DeviceServed(served)) => {
            format!("serve  phone {} is registered at {}", served.device, served.edge)
        }
        Some(Kind::DeviceHeld(held)) if held.until_ms == 0 => {
            format!("free   phone {} is no longer on hold", held.device)
        }
        Some(Kind::DeviceHeld(held)) => format!(
            "{} phone {} until {}: {}",
            paint.red("hold  "),
            held.device,
            time::table_time(held.until_ms),
            held.reason
        ),
        Some(Kind::DeviceShown(shown)) => device_shown(shown, paint),
        Some(Kind::WaitingPut(waiting)) => {
            let phone = waiting.phone.clone().unwrap_or_default();
            let what = format!("{} {}", phone.vendor, phone.model);
            format!("wait   phone {} ({}) in {}", phone.mac, what.trim(), phone.site)
        }
        Some(Kind::WaitingGone(mac)) => format!("wait   phone {mac} waits no longer"),
        Some(Kind::EnrolmentTokenPut(token)) => {
            format!(
                "put    enrolment token at {}, {} phones left",
                token.site, token.uses
            )
        }
        Some(Kind::EnrolmentTokenGone(_)) => "delete enrolment token".into(),
        Some(Kind::DefaultsPut(_)) => "policy the cluster's defaults have changed".into(),
        Some(Kind::Forced(forced)) => {
            format!("force  {} sessions ended: {}", forced.sessions, forced.note)
        }
    }
}

fn device_shown(shown: &v1::DeviceShown, paint: Paint) -> String {
    let stamp = shown.shown.as_ref().map_or(0, |shown| shown.stamp);
    if shown.trouble.is_empty() {
        format!("shown  phone {} shows {stamp}", shown.device)
    } else {
        format!(
            "{} phone {} does not load: {}",
            paint.red("stuck "),
            shown.device,
            shown.trouble
        )
    }
}

/// A whole line of a list of events; `at` says how the time is written.
#[must_use]
pub(crate) fn event_line(event: &v1::Event, at: fn(u64) -> String, paint: Paint) -> String {
    format!(
        "{}  {:>8}  {}  {}",
        paint.dim(&at(event.at_ms)),
        event.index,
        self::event(event, paint),
        paint.dim(&format!("by {}", event.by))
    )
}

/// A line about old data; empty when the answer is fresh enough not to be worth a word.
#[must_use]
pub(crate) fn freshness(freshness: Option<&v1::Freshness>, paint: Paint) -> String {
    match freshness {
        Some(fresh) if fresh.cut_off => paint.yellow(&format!(
            "node {} has no contact with a leader: this is as of {} ago",
            fresh.node_id,
            time::span(fresh.age_ms)
        )),
        Some(fresh) if fresh.age_ms > STALE_MS => paint.dim(&format!(
            "as of {} ago at node {}",
            time::span(fresh.age_ms),
            fresh.node_id
        )),
        _ => String::new(),
    }
}

/// Older than this is worth a word: a healthy node hears from its leader several times a second.
const STALE_MS: u64 = 2000;

/// A table of members; with the leader's last index also how far each is behind it.
#[must_use]
pub(crate) fn members(members: &[v1::Member], last_log_index: Option<u64>) -> String {
    let row = |member: &v1::Member| {
        let mut row = vec![
            member.node_id.to_string(),
            member.site.clone(),
            member.address.clone(),
            role_name(member.role()).to_owned(),
        ];
        if let Some(last) = last_log_index {
            let behind = member.matched_index.map(|matched| last.saturating_sub(matched));
            row.push(behind.map_or_else(|| "?".to_owned(), |behind| behind.to_string()));
        }
        row
    };
    let headers = ["NODE", "SITE", "ADDRESS", "ROLE", "ENTRIES BEHIND"];
    let shown = if last_log_index.is_some() { 5 } else { 4 };
    table(&headers[..shown], members.iter().map(row).collect(), "no members")
}
