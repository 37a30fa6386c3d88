//! The rules that a record's fields follow, whoever brings the record: a single command or an import.
//!
//! Only what needs no other record is checked here, and whether the records that it names exist; names that
//! two users cannot share are checked where the name space is known.

use smol_str::SmolStr;

use crate::directory::{
    ALIASES_MAX, DEVICE_GROUPS_MAX, Device, Group, Site, TEXT_BYTES_MAX, User, VERIFIER_BYTES_MAX,
};
use crate::id::{GroupId, SiteId};
use crate::policy::{Limit, LockoutPolicy, MultipleLogins, Policy, PolicyOverrides};
use crate::refusal::Refusal;

type Checked = Result<(), Refusal>;

/// A site's own fields.
pub(super) fn site(site: &Site) -> Checked {
    text("name", &site.name)?;
    text("time_zone", &site.time_zone)?;
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
    lockout.map_or(Ok(()), lockout_policy)
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
    count("aliases", user.aliases.len(), ALIASES_MAX)
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
    text("model", &device.model)?;
    count("allowed_groups", device.allowed_groups.len(), DEVICE_GROUPS_MAX)
}

/// That a device's site and groups exist.
pub(super) fn device_refers(
    device: &Device,
    site_exists: impl Fn(&SiteId) -> bool,
    group_exists: impl Fn(&GroupId) -> bool,
) -> Checked {
    if !site_exists(&device.site) {
        return Err(Refusal::UnknownSite {
            site: device.site.clone(),
        });
    }
    match device.allowed_groups.iter().find(|group| !group_exists(group)) {
        Some(group) => Err(Refusal::UnknownGroup { group: group.clone() }),
        None => Ok(()),
    }
}

/// What a PIN is checked against: a PHC string, not read any further here.
pub(super) fn verifier(verifier: &str) -> Checked {
    if verifier.is_empty() {
        return Err(invalid("verifier", "must not be empty"));
    }
    text_up_to("verifier", verifier, VERIFIER_BYTES_MAX)
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
mod tests {
    use super::*;
    use crate::apply::testing;

    fn field(checked: Checked) -> &'static str {
        match checked {
            Err(Refusal::InvalidRecord { field, .. }) => field,
            other => panic!("expected a refused field, got {other:?}"),
        }
    }

    #[test]
    fn texts_are_short_and_printable() {
        let long = SmolStr::new("x".repeat(TEXT_BYTES_MAX + 1));
        let just_fits = SmolStr::new("x".repeat(TEXT_BYTES_MAX));
        let chicago = testing::site("chicago");
        assert_eq!(
            site(&Site {
                name: just_fits,
                ..chicago.clone()
            }),
            Ok(())
        );
        assert_eq!(
            field(site(&Site {
                name: long.clone(),
                ..chicago.clone()
            })),
            "name"
        );
        assert_eq!(
            field(site(&Site {
                time_zone: "a\nb".into(),
                ..chicago.clone()
            })),
            "time_zone"
        );
        assert_eq!(
            field(site(&Site {
                emergency_location: "\u{7f}".into(),
                ..chicago
            })),
            "emergency_location"
        );
        assert_eq!(
            field(user(&User {
                display_name: long.clone(),
                ..testing::user("ada")
            })),
            "display_name"
        );
        let phone = testing::device("chi-1", "chicago");
        assert_eq!(
            field(device(&Device {
                desk: long.clone(),
                ..phone.clone()
            })),
            "desk"
        );
        assert_eq!(field(device(&Device { model: long, ..phone })), "model");
    }

    #[test]
    fn lists_and_verifiers_are_bounded() {
        let aliases = (0..=ALIASES_MAX)
            .map(|n| testing::named(&format!("a{n}")))
            .collect();
        assert_eq!(
            field(user(&User {
                aliases,
                ..testing::user("ada")
            })),
            "aliases"
        );
        let allowed_groups = (0..=DEVICE_GROUPS_MAX)
            .map(|n| testing::named(&format!("g{n}")))
            .collect();
        let phone = Device {
            allowed_groups,
            ..testing::device("chi-1", "chicago")
        };
        assert_eq!(field(device(&phone)), "allowed_groups");
        assert_eq!(verifier(&"v".repeat(VERIFIER_BYTES_MAX)), Ok(()));
        assert_eq!(field(verifier(&"v".repeat(VERIFIER_BYTES_MAX + 1))), "verifier");
        assert_eq!(field(verifier("")), "verifier");
    }

    #[test]
    fn policies_stay_in_their_ranges() {
        for sessions in [0, 1, MultipleLogins::SESSIONS_MAX + 1] {
            let multiple_logins = MultipleLogins::AllowUpTo(sessions);
            assert_eq!(
                field(policy(&Policy {
                    multiple_logins,
                    ..Policy::default()
                })),
                "multiple_logins"
            );
        }
        let none = Limit::AfterMs(0);
        assert_eq!(
            field(policy(&Policy {
                idle_timeout: none,
                ..Policy::default()
            })),
            "idle_timeout"
        );
        assert_eq!(
            field(policy(&Policy {
                login_time_max: none,
                ..Policy::default()
            })),
            "login_time_max"
        );
        let lockout = LockoutPolicy {
            window_ms: 0,
            ..LockoutPolicy::default()
        };
        assert_eq!(
            field(policy(&Policy {
                lockout,
                ..Policy::default()
            })),
            "lockout"
        );
        let off = LockoutPolicy {
            failures_max: 0,
            window_ms: 0,
            locked_ms: 0,
        };
        assert_eq!(
            policy(&Policy {
                lockout: off,
                ..Policy::default()
            }),
            Ok(())
        );
        let overrides = PolicyOverrides {
            login_time_max: Some(none),
            ..PolicyOverrides::default()
        };
        assert_eq!(
            field(group(&Group {
                policy: overrides,
                ..testing::group("staff")
            })),
            "login_time_max"
        );
    }

    #[test]
    fn notes_are_cut_at_a_character_and_lose_control_characters() {
        assert_eq!(cut(&"ä".repeat(40).into(), 5), "ää");
        assert_eq!(cut(&"a\r\nb".into(), 64), "a  b");
    }
}
