//! The records of the API as JSON. A contract with scripts: names as in the protobuf files, times as RFC 3339
//! in UTC, `null` for what is not there.

use hotdesk_proto::v1;
use serde_json::{Map, Value, json};

use super::text;
use super::time::rfc3339;
use crate::calls::{class_names, no_answer_after_s, shown_hours};

/// A time; `null` for 0.
#[must_use]
pub(crate) fn time(ms: u64) -> Value {
    match ms {
        0 => Value::Null,
        _ => Value::String(rfc3339(ms)),
    }
}

/// A text; `null` when empty.
fn text_or_null(text: &str) -> Value {
    match text {
        "" => Value::Null,
        _ => Value::String(text.to_owned()),
    }
}

/// A site.
#[must_use]
pub(crate) fn site(site: &v1::Site) -> Value {
    json!({
        "id": site.id,
        "name": site.name,
        "time_zone": site.time_zone,
        "emergency_location": site.emergency_location,
        "language": site.language,
        "recent_here": site.recent_here,
    })
}

/// A group.
#[must_use]
pub(crate) fn group(group: &v1::Group) -> Value {
    json!({
        "id": group.id,
        "policy": policy(&group.policy.unwrap_or_default()),
        "rights": group.rights.as_ref().map(rights),
    })
}

/// A policy; what a group leaves to the defaults is `null`, a limit that is off is `"off"`.
#[must_use]
pub(crate) fn policy(policy: &v1::Policy) -> Value {
    use v1::multiple_logins::Rule;
    let multiple = policy.multiple_logins.as_ref().and_then(|m| m.rule.as_ref());
    let limit = |limit: &Option<v1::Limit>| match limit {
        None => Value::Null,
        Some(v1::Limit { after_ms: 0 }) => json!("off"),
        Some(v1::Limit { after_ms }) => json!({"after_ms": after_ms}),
    };
    json!({
        "multiple_logins": match multiple {
            None => Value::Null,
            Some(Rule::Evict(_)) => json!("evict"),
            Some(Rule::Deny(_)) => json!("deny"),
            Some(Rule::AllowUpTo(n)) => json!({"allow_up_to": n}),
        },
        "busy_device": match policy.busy_device() {
            v1::BusyDevice::Unspecified => Value::Null,
            v1::BusyDevice::TakeOver => json!("take_over"),
            v1::BusyDevice::Refuse => json!("refuse"),
        },
        "idle_timeout": limit(&policy.idle_timeout),
        "login_time_max": limit(&policy.login_time_max),
        "lockout": policy.lockout.as_ref().map(|lockout| json!({
            "failures_max": lockout.failures_max,
            "window_ms": lockout.window_ms,
            "locked_ms": lockout.locked_ms,
        })),
    })
}

/// A user.
#[must_use]
pub(crate) fn user(user: &v1::User) -> Value {
    json!({
        "id": user.id,
        "display_name": user.display_name,
        "extension": text_or_null(&user.extension),
        "aliases": user.aliases,
        "email": text_or_null(&user.email),
        "group": text_or_null(&user.group),
        "disabled": user.disabled,
        "has_pin": user.has_pin,
        "locked_until": time(user.locked_until_ms),
        "numbers": user.numbers,
        "calls": user.calls.as_ref().map(calls),
        "rights": user.rights.as_ref().map(rights),
        "profile": user.profile.as_ref().map(profile),
    })
}

/// What a user finds at every phone; `user profile set --from-file` reads it.
#[must_use]
pub(crate) fn profile(profile: &v1::Profile) -> Value {
    let speed_dials = profile.speed_dials.iter();
    let lamps = profile.lamps.iter();
    json!({
        "line_label": text_or_null(&profile.line_label),
        "speed_dials": speed_dials
            .map(|key| json!({"label": key.label, "number": key.number}))
            .collect::<Vec<_>>(),
        "lamps": lamps
            .map(|key| json!({"label": key.label, "extension": key.extension}))
            .collect::<Vec<_>>(),
        "voicemail_number": text_or_null(&profile.voicemail_number),
        "message_waiting": profile.message_waiting,
        "ring_tone": profile.ring_tone,
        "language": text_or_null(&profile.language),
        "directory_url": text_or_null(&profile.directory_url),
        "softkeys": text::soft_function_names(&profile.softkeys),
    })
}

/// What happens to a user's calls.
#[must_use]
pub(crate) fn calls(calls: &v1::CallSettings) -> Value {
    let schedule = calls.schedule.iter().map(|entry| {
        json!({
            "hours": entry.hours.as_ref().map(shown_hours),
            "forward_to": entry.forward_to,
        })
    });
    json!({
        "forward_always": text_or_null(&calls.forward_always),
        "forward_busy": text_or_null(&calls.forward_busy),
        "forward_no_answer": text_or_null(&calls.forward_no_answer),
        "no_answer_after_s": no_answer_after_s(calls),
        "forward_not_logged_in": text_or_null(&calls.forward_not_logged_in),
        "do_not_disturb": calls.do_not_disturb,
        "voicemail": text_or_null(&calls.voicemail),
        "ring": match calls.ring() {
            v1::Ring::Unspecified | v1::Ring::All => "all",
            v1::Ring::InOrder => "in_order",
        },
        "schedule": schedule.collect::<Vec<_>>(),
    })
}

/// Which calls may be made.
#[must_use]
pub(crate) fn rights(rights: &v1::CallRights) -> Value {
    json!({
        "classes": class_names(&rights.classes),
        "outside_hours": rights.outside_hours.as_ref().map(|outside| json!({
            "hours": outside.hours.as_ref().map(shown_hours),
            "classes": class_names(&outside.classes),
        })),
    })
}

/// An edge.
#[must_use]
pub(crate) fn edge(edge: &v1::Edge) -> Value {
    json!({"id": edge.id, "site": edge.site, "uri": edge.uri})
}

/// A phone.
#[must_use]
pub(crate) fn device(device: &v1::Device) -> Value {
    json!({
        "id": device.id,
        "site": device.site,
        "desk": device.desk,
        "model": device.model,
        "disabled": device.disabled,
        "allowed_groups": device.allowed_groups,
        "has_secret": device.has_secret,
        "serving": text_or_null(&device.serving),
        "held_until": time(device.held_until_ms),
        "hold_reason": text_or_null(&device.hold_reason),
        "mac": text_or_null(&device.mac),
        "label": text_or_null(&device.label),
        "number": text_or_null(&device.number),
        "emergency_location": text_or_null(&device.emergency_location),
        "owner": text_or_null(&device.owner),
        "enrolment_open_until": time(device.enrolment_open_until_ms),
        "enrolled_at": time(device.enrolled_at_ms),
        "changed": device.changed,
        "shown": device.shown.as_ref().map(shown),
        "trouble": text_or_null(&device.trouble),
        "stays_neutral": device.stays_neutral,
    })
}

/// A phone and what it shows.
#[must_use]
pub(crate) fn phone(phone: &v1::Phone) -> Value {
    json!({
        "device": phone.device.as_ref().map(device),
        "vendor": phone.vendor,
        "session": phone.session.as_ref().map(session),
        "state": text::phone_state(phone.state()).replace(' ', "_"),
        "wanted_stamp": phone.wanted_stamp,
    })
}

/// What a phone was seen to show.
fn shown(shown: &v1::Shown) -> Value {
    json!({
        "stamp": shown.stamp,
        "at": time(shown.at_ms),
        "how": match shown.how() {
            v1::ShownBy::Unspecified | v1::ShownBy::Document => "document",
            v1::ShownBy::Register => "register",
        },
    })
}

/// A phone that waits for approval.
#[must_use]
pub(crate) fn waiting(waiting: &v1::WaitingPhone) -> Value {
    let phone = waiting.phone.clone().unwrap_or_default();
    json!({
        "mac": phone.mac,
        "vendor": text_or_null(&phone.vendor),
        "model": text_or_null(&phone.model),
        "firmware": text_or_null(&phone.firmware),
        "site": text_or_null(&phone.site),
        "address": text_or_null(&phone.address),
        "first_seen": time(waiting.first_seen_ms),
        "last_seen": time(waiting.last_seen_ms),
    })
}

/// An enrolment token, without the token.
#[must_use]
pub(crate) fn enrolment_token(token: &v1::EnrolmentToken) -> Value {
    json!({
        "id": token_id(token),
        "site": token.site,
        "uses": token.uses,
        "until": time(token.until_ms),
        "note": text_or_null(&token.note),
    })
}

/// What names an enrolment token: its SHA-256 in hexadecimal digits.
#[must_use]
pub(crate) fn token_id(token: &v1::EnrolmentToken) -> String {
    data_encoding::HEXLOWER.encode(&token.hash)
}

/// A session.
#[must_use]
pub(crate) fn session(session: &v1::Session) -> Value {
    json!({
        "user": session.user,
        "device": session.device,
        "site": session.site,
        "epoch": session.epoch,
        "since": time(session.since_ms),
        "last_active": time(session.last_active_ms),
        "by": session.by,
        "deadline": time(session.deadline_ms),
    })
}

/// A session that ended.
#[must_use]
pub(crate) fn ended(ended: &v1::EndedSession) -> Value {
    use v1::end_reason::Reason;
    let reason = ended.reason.as_ref().and_then(|reason| reason.reason.as_ref());
    let mut value = Map::new();
    value.insert(
        "session".into(),
        ended.session.as_ref().map_or(Value::Null, session),
    );
    value.insert("reason".into(), json!(text::reason_name(reason)));
    match reason {
        Some(Reason::LoggedInElsewhere(there)) => {
            value.insert(
                "now_at".into(),
                json!({"device": there.device, "site": there.site, "epoch": there.epoch}),
            );
        }
        Some(Reason::DeviceTakenOver(other)) => {
            value.insert(
                "taken_over_by".into(),
                json!({"user": other.user, "epoch": other.epoch}),
            );
        }
        Some(Reason::Forced(note)) => {
            value.insert("note".into(), json!(note));
        }
        _ => {}
    }
    Value::Object(value)
}

/// An event: `kind` says which, and one more member of that name has the record.
#[must_use]
pub(crate) fn event(event: &v1::Event) -> Value {
    use v1::event::Kind;
    let (kind, content) = match &event.kind {
        None => ("unknown", Value::Null),
        Some(Kind::SessionStarted(started)) => ("session_started", session(started)),
        Some(Kind::SessionEnded(end)) => ("session_ended", ended(end)),
        Some(Kind::UserLocked(locked)) => (
            "user_locked",
            json!({
                "user": locked.user,
                "device": text_or_null(&locked.device),
                "until": time(locked.until_ms),
            }),
        ),
        Some(Kind::UserUnlocked(id)) => ("user_unlocked", json!(id)),
        Some(Kind::CredentialChanged(changed)) => (
            "credential_changed",
            json!({"user": changed.user, "version": changed.version}),
        ),
        Some(Kind::SitePut(put)) => ("site_put", site(put)),
        Some(Kind::SiteDeleted(id)) => ("site_deleted", json!(id)),
        Some(Kind::GroupPut(put)) => ("group_put", group(put)),
        Some(Kind::GroupDeleted(id)) => ("group_deleted", json!(id)),
        Some(Kind::UserPut(put)) => ("user_put", user(put)),
        Some(Kind::UserDeleted(id)) => ("user_deleted", json!(id)),
        Some(Kind::DevicePut(put)) => ("device_put", device(put)),
        Some(Kind::DeviceDeleted(id)) => ("device_deleted", json!(id)),
        Some(Kind::EdgePut(put)) => ("edge_put", edge(put)),
        Some(Kind::EdgeDeleted(id)) => ("edge_deleted", json!(id)),
        Some(Kind::DeviceServed(served)) => (
            "device_served",
            json!({"device": served.device, "edge": text_or_null(&served.edge)}),
        ),
        Some(Kind::DeviceHeld(held)) => (
            "device_held",
            json!({
                "device": held.device,
                "until": time(held.until_ms),
                "reason": text_or_null(&held.reason),
            }),
        ),
        Some(Kind::DeviceShown(seen)) => (
            "device_shown",
            json!({
                "device": seen.device,
                "shown": seen.shown.as_ref().map(shown),
                "trouble": text_or_null(&seen.trouble),
            }),
        ),
        Some(Kind::WaitingPut(phone)) => ("waiting_put", waiting(phone)),
        Some(Kind::WaitingGone(mac)) => ("waiting_gone", json!(mac)),
        Some(Kind::EnrolmentTokenPut(token)) => ("enrolment_token_put", enrolment_token(token)),
        Some(Kind::EnrolmentTokenGone(hash)) => (
            "enrolment_token_gone",
            json!(data_encoding::HEXLOWER.encode(hash)),
        ),
        Some(Kind::DefaultsPut(put)) => ("defaults_put", policy(put)),
        Some(Kind::Forced(forced)) => (
            "forced",
            json!({"sessions": forced.sessions, "note": forced.note}),
        ),
    };
    let mut value = Map::new();
    value.insert("index".into(), json!(event.index));
    value.insert("at".into(), time(event.at_ms));
    value.insert("by".into(), json!(event.by));
    value.insert("kind".into(), json!(kind));
    value.insert(kind.into(), content);
    Value::Object(value)
}

/// How fresh an answer is.
#[must_use]
pub(crate) fn freshness(freshness: Option<&v1::Freshness>) -> Value {
    freshness.map_or(Value::Null, |fresh| {
        json!({
            "index": fresh.index,
            "age_ms": fresh.age_ms,
            "cut_off": fresh.cut_off,
            "node_id": fresh.node_id,
        })
    })
}

/// A member of the cluster.
#[must_use]
pub(crate) fn member(member: &v1::Member) -> Value {
    json!({
        "node_id": member.node_id,
        "site": member.site,
        "address": member.address,
        "role": text::role_name(member.role()),
        "matched_index": member.matched_index,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_its_kind_and_carries_the_record_under_that_name() {
        let started = v1::Session {
            user: "maria.silva".into(),
            device: "ny-02".into(),
            site: "new-york".into(),
            epoch: 17 * 1024,
            since_ms: 1_785_501_296_789,
            ..v1::Session::default()
        };
        let value = event(&v1::Event {
            index: 17,
            at_ms: 1_785_501_296_789,
            by: "edge:new-york".into(),
            kind: Some(v1::event::Kind::SessionStarted(started)),
        });
        assert_eq!(value["kind"], "session_started");
        assert_eq!(value["session_started"]["epoch"], 17 * 1024);
        assert_eq!(value["session_started"]["deadline"], Value::Null);
        assert_eq!(value["at"], "2026-07-31T12:34:56.789Z");
    }

    #[test]
    fn what_a_group_leaves_to_the_defaults_is_null() {
        let value = policy(&v1::Policy {
            idle_timeout: Some(v1::Limit { after_ms: 0 }),
            ..v1::Policy::default()
        });
        assert_eq!(value["idle_timeout"], "off");
        assert_eq!(value["login_time_max"], Value::Null);
    }
}
