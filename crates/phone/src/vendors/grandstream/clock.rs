//! The office's clock as these phones want it: a rule in the manner of POSIX, with hours west of UTC.

use crate::vendors::zone::{Change, zone};

/// "STD+6DST+5,M3.2.0/02:00:00,M11.1.0/02:00:00"; without summer time "STD-5:30".
pub(super) fn clock(time_zone: &str) -> String {
    let zone = zone(time_zone);
    let standard = format!("STD{}", west(zone.minutes));
    match zone.summer {
        None => standard,
        Some(summer) => format!(
            "{standard}DST{},{},{}",
            west(zone.minutes + 60),
            change(summer.begins),
            change(summer.ends)
        ),
    }
}

fn west(minutes_east: i16) -> String {
    let minutes = minutes_east.abs();
    let sign = if minutes_east > 0 { '-' } else { '+' };
    match minutes % 60 {
        0 => format!("{sign}{}", minutes / 60),
        rest => format!("{sign}{}:{rest:02}", minutes / 60),
    }
}

fn change(change: Change) -> String {
    format!("M{}.{}.0/{:02}:00:00", change.month, change.sunday, change.hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_rule() {
        for (zone, rule) in [
            ("America/Chicago", "STD+6DST+5,M3.2.0/02:00:00,M11.1.0/02:00:00"),
            ("Europe/Berlin", "STD-1DST-2,M3.5.0/02:00:00,M10.5.0/03:00:00"),
            (
                "America/St_Johns",
                "STD+3:30DST+2:30,M3.2.0/02:00:00,M11.1.0/02:00:00",
            ),
            ("Asia/Kolkata", "STD-5:30"),
            ("Mars/Base", "STD+0"),
        ] {
            assert_eq!(clock(zone), rule, "{zone}");
        }
    }
}
