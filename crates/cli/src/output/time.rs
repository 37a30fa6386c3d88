//! Points in time and spans of time as people read and write them. Always UTC: the offices have several
//! time zones, and the log has one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch as RFC 3339 in UTC, "2026-07-31T12:34:56.789Z".
#[must_use]
pub(crate) fn rfc3339(ms: u64) -> String {
    let (year, month, day) = civil(ms / 86_400_000);
    let (hour, minute, second) = (ms / 3_600_000 % 24, ms / 60_000 % 60, ms / 1000 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        ms % 1000
    )
}

/// The same for tables, to the second: "2026-07-31 12:34:56Z"; "-" for 0.
#[must_use]
pub(crate) fn table_time(ms: u64) -> String {
    if ms == 0 {
        return "-".to_owned();
    }
    let text = rfc3339(ms);
    format!("{} {}Z", &text[..10], &text[11..19])
}

/// The time of the day only, to the millisecond: "12:34:56.789".
#[must_use]
pub(crate) fn clock_time(ms: u64) -> String {
    rfc3339(ms)[11..23].to_owned()
}

/// Milliseconds since the Unix epoch.
#[must_use]
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The time that comes after a span, in milliseconds since the Unix epoch.
#[must_use]
pub(crate) fn from_now_ms(span: Duration) -> u64 {
    now_ms().saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

/// How long ago, in words: "3m ago"; "-" for 0.
#[must_use]
pub(crate) fn ago(ms: u64) -> String {
    match ms {
        0 => "-".to_owned(),
        _ => format!("{} ago", span(now_ms().saturating_sub(ms))),
    }
}

/// How long until then, in words: "in 9m"; "never" for 0, "now" when it has passed.
#[must_use]
pub(crate) fn until(ms: u64) -> String {
    match (ms, ms.saturating_sub(now_ms())) {
        (0, _) => "never".to_owned(),
        (_, 0) => "now".to_owned(),
        (_, left) => format!("in {}", span(left)),
    }
}

/// A span in its two largest units: "2d 3h", "1h 30m", "10m", "42s", "350ms".
#[must_use]
pub(crate) fn span(ms: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let mut parts = Vec::new();
    let mut rest = ms;
    for (size, unit) in UNITS {
        if rest >= size && parts.len() < 2 {
            parts.push(format!("{}{unit}", rest / size));
        } else if !parts.is_empty() {
            break;
        }
        rest %= size;
    }
    parts.join(" ")
}

/// Reads a span: a number with ms, s, m, h or d, several one after the other ("1h30m"); a bare number is
/// seconds.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn parse_span_ms(text: &str) -> Result<u64, String> {
    let bad = || format!("{text:?} is not a time span: expected for example 500ms, 90s, 10m, 1h30m or 2d");
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = compact.as_str();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().map_err(|_| bad())?;
        let after = &rest[digits..];
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let unit = match &after[..letters] {
            "ms" => 1,
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "" if digits == compact.len() => 1000,
            _ => return Err(bad()),
        };
        total = number
            .checked_mul(unit)
            .and_then(|ms| total.checked_add(ms))
            .ok_or_else(bad)?;
        rest = &after[letters..];
    }
    Ok(total)
}

/// [`parse_span_ms`] for clap; must not be 0.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    match parse_span_ms(text)? {
        0 => Err("must be more than 0".to_owned()),
        ms => Ok(Duration::from_millis(ms)),
    }
}

/// Reads a limit: a span, or "off" (0 in the API).
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn parse_limit_ms(text: &str) -> Result<u64, String> {
    if matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "off" | "never" | "none"
    ) {
        return Ok(0);
    }
    match parse_span_ms(text) {
        Ok(0) => Err("a limit of 0 is not possible; to switch it off say \"off\"".to_owned()),
        Ok(ms) => Ok(ms),
        Err(error) => Err(format!("{error}, or off")),
    }
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar. (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.)
const fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_across_leap_years() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(1_785_501_296_789), "2026-07-31T12:34:56.789Z");
        assert_eq!(table_time(1_785_501_296_789), "2026-07-31 12:34:56Z");
        assert_eq!(clock_time(1_785_501_296_789), "12:34:56.789");
    }

    #[test]
    fn spans_are_read_as_they_are_written() {
        for (text, ms) in [
            ("500ms", 500),
            ("90s", 90_000),
            ("10m", 600_000),
            ("1h 30m", 5_400_000),
            ("2d3h", 183_600_000),
            ("15", 15_000),
        ] {
            assert_eq!(parse_span_ms(text), Ok(ms), "{text}");
        }
        for text in ["", "m", "10 parsecs", "1h30", "-5s", "99999999999999999999s"] {
            assert!(parse_span_ms(text).is_err(), "{text}");
        }
        assert_eq!(span(5_400_000), "1h 30m");
        assert_eq!(span(600_000), "10m");
        assert_eq!(span(3_600_500), "1h");
        assert_eq!(span(42_999), "42s");
    }

    #[test]
    fn a_limit_may_be_off_but_not_zero() {
        assert_eq!(parse_limit_ms("off"), Ok(0));
        assert_eq!(parse_limit_ms("10m"), Ok(600_000));
        assert!(parse_limit_ms("0").is_err());
    }
}
