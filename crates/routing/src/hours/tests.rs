use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn local(utc: &str, zone: &str) -> Zoned {
    utc.parse::<Timestamp>().unwrap().in_tz(zone).unwrap()
}

#[test]
fn hours_are_what_the_clock_on_the_wall_shows() {
    for (hours, utc, zone, inside) in [
        (
            "mon-fri 08:00-18:00",
            "2026-07-14T13:00:00Z",
            "America/Chicago",
            true,
        ),
        (
            "mon-fri 08:00-18:00",
            "2026-07-14T12:59:59Z",
            "America/Chicago",
            false,
        ),
        (
            "mon-fri 08:00-18:00",
            "2026-07-14T22:59:59Z",
            "America/Chicago",
            true,
        ),
        (
            "mon-fri 08:00-18:00",
            "2026-07-14T23:00:00Z",
            "America/Chicago",
            false,
        ),
        // Saturday in UTC, still Friday in Chicago.
        (
            "mon-fri 18:00-24:00",
            "2026-07-18T01:00:00Z",
            "America/Chicago",
            true,
        ),
        // Over midnight: Friday's night belongs to Friday.
        ("fri 22:00-06:00", "2026-07-18T08:00:00Z", "America/Chicago", true),
        (
            "fri 22:00-06:00",
            "2026-07-17T08:00:00Z",
            "America/Chicago",
            false,
        ),
        ("sun 22:00-06:00", "2026-07-20T10:59:00Z", "America/Chicago", true),
        ("daily 00:00-00:00", "2026-07-20T10:59:00Z", "UTC", true),
        ("daily 00:00-24:00", "2026-07-20T10:59:00Z", "UTC", true),
        ("sat-mon 00:00-24:00", "2026-07-19T10:59:00Z", "UTC", true),
        ("sat-mon 00:00-24:00", "2026-07-22T10:59:00Z", "UTC", false),
        // Clocks go forward on 8 March 2026: 02:30 does not come, 03:00 follows 01:59.
        (
            "daily 02:00-03:00",
            "2026-03-08T07:59:59Z",
            "America/Chicago",
            false,
        ),
        (
            "daily 02:00-03:00",
            "2026-03-08T08:00:00Z",
            "America/Chicago",
            false,
        ),
        (
            "daily 03:00-04:00",
            "2026-03-08T08:00:00Z",
            "America/Chicago",
            true,
        ),
        // Back on 1 November 2026: 01:30 comes twice.
        (
            "daily 01:00-02:00",
            "2026-11-01T06:30:00Z",
            "America/Chicago",
            true,
        ),
        (
            "daily 01:00-02:00",
            "2026-11-01T07:30:00Z",
            "America/Chicago",
            true,
        ),
        (
            "daily 01:00-02:00",
            "2026-11-01T08:00:00Z",
            "America/Chicago",
            false,
        ),
    ] {
        let parsed: Hours = hours.parse().unwrap();
        assert_eq!(parsed.contains(&local(utc, zone)), inside, "{hours} at {utc}");
    }
}

#[test]
fn what_are_no_hours_is_refused() {
    for text in [
        "",
        "mon",
        "mon 8:00-18:00",
        "mon 08:00-24:01",
        "mon 24:00-08:00",
        "mon 08:60-09:00",
        "moon 08:00-18:00",
        "mon- 08:00-18:00",
        "mon 08:00",
        "mon +8:00-18:00",
    ] {
        assert!(text.parse::<Hours>().is_err(), "{text}");
    }
    assert!(Hours::new(Days::ALL, 1440, 10).is_none());
    assert!(Hours::new(Days::ALL, 0, 1441).is_none());
}

proptest! {
    #[test]
    fn hours_are_read_as_they_are_written(days in 1..128_u8, from in 0..1440_u16, to in 0..=1440_u16) {
        let hours = Hours::new(Days::from_bits(days), from, to).unwrap();
        prop_assert_eq!(hours.to_string().parse::<Hours>(), Ok(hours));
    }

    #[test]
    fn reading_hours_never_panics(text in any::<String>(), near in "[a-z, -]{0,12} [0-9:+-]{0,12}") {
        let _ = (text.parse::<Hours>(), near.parse::<Hours>());
    }
}
