//! Times as the clock on the office's wall shows them.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The time of day at an office, "09:31". `time_zone` is an IANA name; where that is empty or unknown the
/// time is UTC and says so ("14:31 UTC"). The rules of time zones are those compiled in, so that the answer
/// follows from the arguments.
#[must_use]
pub fn local_time(unix_ms: u64, time_zone: &str) -> String {
    let at = i64::try_from(unix_ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH);
    match TimeZoneDatabase::bundled().get(time_zone) {
        Ok(zone) => at.to_zoned(zone).strftime("%H:%M").to_string(),
        Err(_) => at.to_zoned(TimeZone::UTC).strftime("%H:%M UTC").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_offices_own() {
        // 2026-07-01 14:31 UTC.
        const SUMMER: u64 = 1_782_916_260_000;
        for (zone, shown) in [
            ("America/Chicago", "09:31"),
            ("America/New_York", "10:31"),
            ("Europe/Berlin", "16:31"),
            ("", "14:31 UTC"),
            ("Mars/Base", "14:31 UTC"),
        ] {
            assert_eq!(local_time(SUMMER, zone), shown, "{zone}");
        }
        assert_eq!(local_time(u64::MAX, "UTC"), "00:00");
    }
}
