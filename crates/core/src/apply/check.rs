//! The rules that a record's fields follow, whoever brings the record: a single command or an import.
//!
//! Only what needs no other record is checked here, and whether the records that it names exist; names that
//! two users cannot share are checked where the name space is known.

use smol_str::SmolStr;

use crate::calls::{
    CallRights, CallSettings, DAY_MINUTES, Hours, NO_ANSWER_AFTER_S_MAX, NO_ANSWER_AFTER_S_MIN, SCHEDULE_MAX,
    TARGET_BYTES_MAX,
};
use crate::directory::{
    ALIASES_MAX, DEVICE_GROUPS_MAX, Device, Edge, Group, LANGUAGE_BYTES_MAX, NUMBERS_MAX, SECRET_BYTES_MAX,
    SealedSecret, Site, TEXT_BYTES_MAX, User, VERIFIER_BYTES_MAX,
};
use crate::id::{GroupId, SiteId, UserId};
use crate::policy::{Limit, LockoutPolicy, MultipleLogins, Policy, PolicyOverrides};
use crate::profile::{
    DIRECTORY_URL_BYTES_MAX, LABEL_BYTES_MAX, LAMPS_MAX, PROFILE_BYTES_MAX, Profile, RING_TONE_MAX,
    SOFTKEYS_MAX, SPEED_DIALS_MAX,
};
use crate::refusal::Refusal;
use crate::time::TimeMs;

type Checked = Result<(), Refusal>;

/// A site's own fields.
pub(super) fn site(site: &Site) -> Checked {
    text("name", &site.name)?;
    text("time_zone", &site.time_zone)?;
    language(&site.language)?;
    text("emergency_location", &site.emergency_location)
}

/// A group's own fields.
pub(super) fn group(group: &Group) -> Checked {
    let PolicyOverrides {
        multiple_logins,
        busy_device: _,
        idle_timeout,
        login_time_max,
        lockout,
    } = group.policy;
    multiple_logins.map_or(Ok(()), sessions)?;
    idle_timeout.map_or(Ok(()), |value| limit("idle_timeout", value))?;
    login_time_max.map_or(Ok(()), |value| limit("login_time_max", value))?;
    lockout.map_or(Ok(()), lockout_policy)?;
    group.rights.as_ref().map_or(Ok(()), rights)
}

/// The cluster's defaults.
pub(super) fn policy(policy: &Policy) -> Checked {
    sessions(policy.multiple_logins)?;
    limit("idle_timeout", policy.idle_timeout)?;
    limit("login_time_max", policy.login_time_max)?;
    lockout_policy(policy.lockout)
}

/// A user's own fields.
pub(super) fn user(user: &User) -> Checked {
    text("display_name", &user.display_name)?;
    count("aliases", user.aliases.len(), ALIASES_MAX)?;
    count("numbers", user.numbers.len(), NUMBERS_MAX)?;
    user.calls.as_deref().map_or(Ok(()), calls)?;
    user.profile.as_deref().map_or(Ok(()), profile)?;
    user.rights.as_ref().map_or(Ok(()), rights)
}

/// That a user's group exists.
pub(super) fn user_refers(user: &User, group_exists: impl Fn(&GroupId) -> bool) -> Checked {
    match &user.group {
        Some(group) if !group_exists(group) => Err(Refusal::UnknownGroup { group: group.clone() }),
        _ => Ok(()),
    }
}

/// A device's own fields.
pub(super) fn device(device: &Device) -> Checked {
    text("desk", &device.desk)?;
    model(&device.model)?;
    text("label", &device.label)?;
    text("number", &device.number)?;
    text("emergency_location", &device.emergency_location)?;
    if device.id.mac().is_some() && device.mac.is_some_and(|mac| device.id.mac() != Some(mac)) {
        return Err(invalid("mac", "must be the phone's id, which is a MAC address"));
    }
    count("allowed_groups", device.allowed_groups.len(), DEVICE_GROUPS_MAX)
}

/// A phone's vendor and model.
pub(super) fn model(model: &str) -> Checked {
    text("model", model)
}

/// That a device's site, groups and owner exist.
pub(super) fn device_refers(
    device: &Device,
    site_exists: impl Fn(&SiteId) -> bool,
    group_exists: impl Fn(&GroupId) -> bool,
    user_exists: impl Fn(&UserId) -> bool,
) -> Checked {
    if !site_exists(&device.site) {
        return Err(Refusal::UnknownSite {
            site: device.site.clone(),
        });
    }
    if let Some(group) = device.allowed_groups.iter().find(|group| !group_exists(group)) {
        return Err(Refusal::UnknownGroup { group: group.clone() });
    }
    match &device.owner {
        Some(owner) if !user_exists(owner) => Err(Refusal::UnknownUser { name: owner.into() }),
        _ => Ok(()),
    }
}

/// What a PIN is checked against: a PHC string, not read any further here.
pub(super) fn verifier(verifier: &str) -> Checked {
    if verifier.is_empty() {
        return Err(invalid("verifier", "must not be empty"));
    }
    text_up_to("verifier", verifier, VERIFIER_BYTES_MAX)
}

/// An edge's own fields.
pub(super) fn edge(edge: &Edge) -> Checked {
    text("uri", &edge.uri)?;
    let host = edge
        .uri
        .strip_prefix("sip:")
        .or_else(|| edge.uri.strip_prefix("sips:"));
    let is_host = |host: &str| !host.is_empty() && host.bytes().all(is_plain) && !host.contains('@');
    if host.is_some_and(is_host) {
        Ok(())
    } else {
        Err(invalid(
            "uri",
            "must be a sip: or sips: URI without a user, such as sips:edge.example.com",
        ))
    }
}

/// What a device's account is checked against: sealed, not read any further here.
pub(super) fn secret(secret: &SealedSecret) -> Checked {
    match secret.0.len() {
        1..=SECRET_BYTES_MAX => Ok(()),
        got => Err(invalid(
            "secret",
            format!("must be 1 to {SECRET_BYTES_MAX} bytes, got {got}"),
        )),
    }
}

/// What a user finds at every phone.
pub(super) fn profile(profile: &Profile) -> Checked {
    let Profile {
        line_label,
        speed_dials,
        lamps,
        voicemail_number,
        message_waiting: _,
        ring_tone,
        language: tag,
        directory_url,
        softkeys,
    } = profile;
    text_up_to("line_label", line_label, LABEL_BYTES_MAX)?;
    count("speed_dials", speed_dials.len(), SPEED_DIALS_MAX)?;
    for dial in speed_dials {
        text_up_to("speed_dials", &dial.label, LABEL_BYTES_MAX)?;
        target("speed_dials", &dial.number)?;
    }
    count("lamps", lamps.len(), LAMPS_MAX)?;
    for lamp in lamps {
        text_up_to("lamps", &lamp.label, LABEL_BYTES_MAX)?;
        target("lamps", &lamp.extension)?;
    }
    if !voicemail_number.is_empty() {
        target("voicemail_number", voicemail_number)?;
    }
    if *ring_tone > RING_TONE_MAX {
        return Err(invalid(
            "ring_tone",
            format!("must be 0 to {RING_TONE_MAX}, got {ring_tone}"),
        ));
    }
    language(tag)?;
    url("directory_url", directory_url)?;
    count("softkeys", softkeys.len(), SOFTKEYS_MAX)?;
    if profile.size() > PROFILE_BYTES_MAX {
        let problem = format!(
            "must be at most {PROFILE_BYTES_MAX} bytes, got {}",
            profile.size()
        );
        return Err(invalid("profile", problem));
    }
    Ok(())
}

/// A BCP 47 tag, or nothing. Only its form is checked: whether we speak it is for whoever speaks.
fn language(tag: &str) -> Checked {
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    if tag.is_empty() || tag.len() <= LANGUAGE_BYTES_MAX && tag.split('-').all(is_part) {
        return Ok(());
    }
    Err(invalid(
        "language",
        format!("must be a tag such as en or pt-BR, at most {LANGUAGE_BYTES_MAX} characters"),
    ))
}

/// An http or https URL, or nothing.
fn url(field: &'static str, url: &str) -> Checked {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_url = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'));
    let fits = url.len() <= DIRECTORY_URL_BYTES_MAX && url.bytes().all(|byte| byte.is_ascii_graphic());
    if url.is_empty() || is_url && fits {
        return Ok(());
    }
    let problem = format!("must be an http or https URL of at most {DIRECTORY_URL_BYTES_MAX} characters");
    Err(invalid(field, problem))
}

/// A time that lies ahead of the clock, and not too far.
pub(super) fn ahead(field: &'static str, until: TimeMs, clock: TimeMs, ms_max: u64) -> Checked {
    if until <= clock || until > clock.plus_ms(ms_max) {
        let problem = format!("must lie ahead, and at most {} hours", ms_max / 3_600_000);
        return Err(invalid(field, problem));
    }
    Ok(())
}

/// What happens to a user's calls.
pub(super) fn calls(calls: &CallSettings) -> Checked {
    let CallSettings {
        forward_always,
        forward_busy,
        forward_no_answer,
        no_answer_after_s,
        forward_not_logged_in,
        do_not_disturb: _,
        voicemail,
        ring: _,
        schedule,
    } = calls;
    for (field, to) in [
        ("forward_always", forward_always),
        ("forward_busy", forward_busy),
        ("forward_no_answer", forward_no_answer),
        ("forward_not_logged_in", forward_not_logged_in),
        ("voicemail", voicemail),
    ] {
        to.as_deref().map_or(Ok(()), |to| target(field, to))?;
    }
    let range = NO_ANSWER_AFTER_S_MIN..=NO_ANSWER_AFTER_S_MAX;
    if !range.contains(no_answer_after_s) {
        let (min, max) = range.into_inner();
        return Err(invalid(
            "no_answer_after_s",
            format!("must be {min} to {max} seconds, got {no_answer_after_s}"),
        ));
    }
    count("schedule", schedule.len(), SCHEDULE_MAX)?;
    for entry in schedule {
        target("schedule", &entry.forward_to)?;
        hours("schedule", &entry.hours)?;
    }
    Ok(())
}

fn rights(rights: &CallRights) -> Checked {
    match &rights.outside_hours {
        Some(outside) => hours("rights", &outside.hours),
        None => Ok(()),
    }
}

/// What one would dial. Only its form is checked: whether it leads anywhere depends on the dial plan.
fn target(field: &'static str, target: &str) -> Checked {
    if target.is_empty() || target.len() > TARGET_BYTES_MAX || !target.bytes().all(is_plain) {
        return Err(invalid(
            field,
            format!("must be a number or a name to dial, 1 to {TARGET_BYTES_MAX} characters without spaces"),
        ));
    }
    Ok(())
}

/// Printable, and without a meaning around a SIP URI.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b',')
}

fn hours(field: &'static str, hours: &Hours) -> Checked {
    let Hours {
        days,
        from_minute,
        to_minute,
    } = *hours;
    if days.bits() == 0 {
        return Err(invalid(field, "must name at least one day"));
    }
    if from_minute >= DAY_MINUTES || to_minute == 0 || to_minute > DAY_MINUTES || from_minute == to_minute {
        return Err(invalid(
            field,
            "must begin at minute 0 to 1439 of the day and end at another one, 1 to 1440",
        ));
    }
    Ok(())
}

/// A list inside a command.
pub(super) fn count(field: &'static str, got: usize, max: usize) -> Checked {
    if got > max {
        return Err(invalid(field, format!("must be at most {max}, got {got}")));
    }
    Ok(())
}

/// A refusal for a field.
pub(super) fn invalid(field: &'static str, problem: impl Into<String>) -> Refusal {
    Refusal::InvalidRecord {
        field,
        problem: problem.into(),
    }
}

/// A text that is noted and never refused (who asked, why): cut at a character, control characters blanked,
/// so that nobody writes a second line into a log.
pub(super) fn cut(text: &SmolStr, bytes_max: usize) -> SmolStr {
    if text.len() <= bytes_max && !text.contains(char::is_control) {
        return text.clone();
    }
    let fits = |(start, c): &(usize, char)| start + c.len_utf8() <= bytes_max;
    let kept = text.char_indices().take_while(fits);
    kept.map(|(_, c)| if c.is_control() { ' ' } else { c }).collect()
}

/// The same list without what it repeats, in its order.
pub(super) fn without_repeats<T: Clone + PartialEq>(list: &[T]) -> Vec<T> {
    let firsts = list
        .iter()
        .enumerate()
        .filter(|(at, item)| !list[..*at].contains(item));
    let mut kept: Vec<T> = firsts.map(|(_, item)| item.clone()).collect();
    kept.shrink_to_fit();
    kept
}

fn text(field: &'static str, text: &str) -> Checked {
    text_up_to(field, text, TEXT_BYTES_MAX)
}

fn text_up_to(field: &'static str, text: &str, bytes_max: usize) -> Checked {
    if text.len() > bytes_max {
        return Err(invalid(
            field,
            format!("must be at most {bytes_max} bytes, got {}", text.len()),
        ));
    }
    if text.contains(char::is_control) {
        return Err(invalid(field, "must not contain control characters"));
    }
    Ok(())
}

fn sessions(rule: MultipleLogins) -> Checked {
    let max = MultipleLogins::SESSIONS_MAX;
    match rule {
        MultipleLogins::AllowUpTo(sessions) if !(2..=max).contains(&sessions) => Err(invalid(
            "multiple_logins",
            format!("must allow 2 to {max} sessions, got {sessions}"),
        )),
        _ => Ok(()),
    }
}

fn limit(field: &'static str, limit: Limit) -> Checked {
    match limit {
        Limit::AfterMs(0) => Err(invalid(field, "must be at least 1 ms, or off")),
        _ => Ok(()),
    }
}

fn lockout_policy(lockout: LockoutPolicy) -> Checked {
    let LockoutPolicy {
        failures_max,
        window_ms,
        locked_ms,
    } = lockout;
    if failures_max > 0 && (window_ms == 0 || locked_ms == 0) {
        return Err(invalid(
            "lockout",
            "needs a window and a duration of at least 1 ms, or 0 failures for off",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
