//! Policies as people write them: on the command line and in CSV files.

use hotdesk_core::policy::LockoutPolicy;
use hotdesk_proto::v1;

use crate::output::time::{parse_limit_ms, parse_span_ms};

/// The rules of a policy, as options. What is not given stays as it is.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct PolicyArgs {
    /// A login while logged in elsewhere: evict (the other session ends), deny (the login is refused), or
    /// allow-N (up to N sessions, one more evicts the oldest)
    #[arg(long, value_name = "RULE", value_parser = settable(multiple_logins))]
    multiple_logins: Option<Setting<v1::MultipleLogins>>,
    /// A login at a phone that somebody else uses: take-over (the other session ends) or refuse
    #[arg(long, value_name = "RULE", value_parser = settable(busy_device))]
    busy_device: Option<Setting<v1::BusyDevice>>,
    /// A session without activity for this long ends: a span such as 10m, or off
    #[arg(long, value_name = "SPAN", value_parser = settable(limit))]
    idle_timeout: Option<Setting<v1::Limit>>,
    /// A session this old ends, active or not: a span such as 12h, or off
    #[arg(long, value_name = "SPAN", value_parser = settable(limit))]
    login_time_max: Option<Setting<v1::Limit>>,
    /// So many wrong PINs lock the account; 0 for never
    #[arg(long, value_name = "N")]
    lockout_failures: Option<u32>,
    /// Wrong PINs are counted over this span
    #[arg(long, value_name = "SPAN", value_parser = span)]
    lockout_window: Option<u64>,
    /// An account stays locked for this long
    #[arg(long, value_name = "SPAN", value_parser = span)]
    lockout_time: Option<u64>,
}

/// A rule that is given, or explicitly left to the cluster's defaults.
#[derive(Clone, Debug, PartialEq)]
enum Setting<T> {
    Inherit,
    Set(T),
}

impl<T: Clone> Setting<T> {
    fn value(&self) -> Option<T> {
        match self {
            Self::Inherit => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// A parser that also takes "inherit".
fn settable<T: Clone + Send + Sync + 'static>(
    parse: fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<Setting<T>, String> + Clone + Send + Sync + 'static {
    move |text| match text {
        "inherit" => Ok(Setting::Inherit),
        _ => parse(text).map(Setting::Set),
    }
}

impl PolicyArgs {
    /// Nothing was given.
    #[must_use]
    pub(crate) const fn is_empty(&self) -> bool {
        self.multiple_logins.is_none()
            && self.busy_device.is_none()
            && self.idle_timeout.is_none()
            && self.login_time_max.is_none()
            && self.lockout_failures.is_none()
            && self.lockout_window.is_none()
            && self.lockout_time.is_none()
    }

    /// `policy` with what was given.
    #[must_use]
    pub(crate) fn over(&self, mut policy: v1::Policy) -> v1::Policy {
        if let Some(rule) = &self.multiple_logins {
            policy.multiple_logins = rule.value();
        }
        if let Some(rule) = &self.busy_device {
            policy.busy_device = rule.value().unwrap_or_default() as i32;
        }
        if let Some(limit) = &self.idle_timeout {
            policy.idle_timeout = limit.value();
        }
        if let Some(limit) = &self.login_time_max {
            policy.login_time_max = limit.value();
        }
        policy.lockout = lockout(
            self.lockout_failures,
            self.lockout_window,
            self.lockout_time,
            policy.lockout,
        );
        policy
    }
}

/// Reads a rule for multiple logins.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn multiple_logins(text: &str) -> Result<v1::MultipleLogins, String> {
    use v1::multiple_logins::Rule;
    let folded = fold(text);
    let rule = match folded.as_str() {
        "evict" => Rule::Evict(true),
        "deny" => Rule::Deny(true),
        other => {
            let number = other
                .trim_start_matches("allow")
                .trim_start_matches("-up-to")
                .trim_start_matches('-');
            match number.parse() {
                Ok(number @ 2..=16) => Rule::AllowUpTo(number),
                _ => {
                    return Err(format!(
                        "{text:?} is not valid: expected evict, deny or allow-N with N from 2 to 16"
                    ));
                }
            }
        }
    };
    Ok(v1::MultipleLogins { rule: Some(rule) })
}

/// Reads a rule for busy devices.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn busy_device(text: &str) -> Result<v1::BusyDevice, String> {
    match fold(text).as_str() {
        "take-over" | "takeover" => Ok(v1::BusyDevice::TakeOver),
        "refuse" => Ok(v1::BusyDevice::Refuse),
        _ => Err(format!("{text:?} is not valid: expected take-over or refuse")),
    }
}

/// Reads a limit.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn limit(text: &str) -> Result<v1::Limit, String> {
    parse_limit_ms(text).map(|after_ms| v1::Limit { after_ms })
}

/// Reads a span in milliseconds that is not 0.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn span(text: &str) -> Result<u64, String> {
    match parse_span_ms(text)? {
        0 => Err("must be more than 0".to_owned()),
        ms => Ok(ms),
    }
}

/// Puts a lockout rule together: what is given, then what was, then the built-in values. `None` when nothing
/// is given and nothing was.
#[must_use]
pub(crate) fn lockout(
    failures: Option<u32>,
    window_ms: Option<u64>,
    locked_ms: Option<u64>,
    before: Option<v1::LockoutPolicy>,
) -> Option<v1::LockoutPolicy> {
    if failures.is_none() && window_ms.is_none() && locked_ms.is_none() {
        return before;
    }
    let built_in = LockoutPolicy::default();
    let base = before.unwrap_or(v1::LockoutPolicy {
        failures_max: built_in.failures_max,
        window_ms: built_in.window_ms,
        locked_ms: built_in.locked_ms,
    });
    Some(v1::LockoutPolicy {
        failures_max: failures.unwrap_or(base.failures_max),
        window_ms: window_ms.unwrap_or(base.window_ms),
        locked_ms: locked_ms.unwrap_or(base.locked_ms),
    })
}

fn fold(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_in_the_spellings_people_use() {
        use v1::multiple_logins::Rule;
        for (text, rule) in [
            ("evict", Rule::Evict(true)),
            ("Deny", Rule::Deny(true)),
            ("allow up to 3", Rule::AllowUpTo(3)),
            ("allow-2", Rule::AllowUpTo(2)),
            ("4", Rule::AllowUpTo(4)),
        ] {
            assert_eq!(multiple_logins(text).unwrap().rule, Some(rule), "{text}");
        }
        for text in ["", "allow", "allow-1", "allow-17", "sometimes"] {
            assert!(multiple_logins(text).is_err(), "{text}");
        }
        assert_eq!(busy_device("take over"), Ok(v1::BusyDevice::TakeOver));
        assert!(busy_device("share").is_err());
    }

    #[test]
    fn part_of_a_lockout_keeps_the_rest() {
        assert_eq!(lockout(None, None, None, None), None);
        let built_in = lockout(Some(3), None, None, None).unwrap();
        assert_eq!((built_in.failures_max, built_in.window_ms), (3, 15 * 60_000));
        let before = v1::LockoutPolicy {
            failures_max: 9,
            window_ms: 1,
            locked_ms: 2,
        };
        let after = lockout(None, Some(5), None, Some(before)).unwrap();
        assert_eq!((after.failures_max, after.window_ms, after.locked_ms), (9, 5, 2));
    }
}
