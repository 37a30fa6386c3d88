//! What a phone has to be told about an office's time zone: the distance from UTC and the rule for summer time.
//!
//! Phones name zones each in their own way, or not at all; all of them take an offset and a rule. Rules are those of
//! the tz database 2025b. **A zone that is not in the table is UTC without summer time**: a clock that is plainly wrong
//! is noticed and reported, one that is wrong for three weeks in March is not.

/// An office's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Minutes east of UTC while it is winter.
    pub(crate) minutes: i16,
    /// When it is summer; the clock is then an hour ahead.
    pub(crate) summer: Option<Summer>,
}

/// When summer time begins and ends, in the clock of the moment before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summer {
    pub(crate) begins: Change,
    pub(crate) ends: Change,
}

/// A Sunday of a month, at an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// 1 to 12.
    pub(crate) month: u8,
    /// 1 to 4, or 5 for the last one of the month.
    pub(crate) sunday: u8,
    /// 0 to 24.
    pub(crate) hour: u8,
}

/// The clock at an IANA zone; UTC when it is not known here.
pub(crate) fn zone(name: &str) -> Zone {
    let known = ZONES.iter().find(|(zone, _, _)| *zone == name);
    known.map_or(UTC, |(_, minutes, rule)| Zone {
        minutes: *minutes,
        summer: rule.summer(*minutes),
    })
}

const UTC: Zone = Zone {
    minutes: 0,
    summer: None,
};

/// Who decides on summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// There is none, or it does not begin on Sundays.
    No,
    /// The United States, Canada, Bermuda, the north of Mexico.
    America,
    /// The European Union and its neighbours: everywhere at 01:00 UTC.
    Europe,
    /// The south-east of Australia.
    Australia,
    /// New Zealand.
    NewZealand,
    /// Chile.
    Chile,
}

impl Rule {
    fn summer(self, minutes: i16) -> Option<Summer> {
        let change = |month, sunday, hour| Change { month, sunday, hour };
        let (begins, ends) = match self {
            Self::No => return None,
            Self::America => (change(3, 2, 2), change(11, 1, 2)),
            Self::Europe => {
                // 01:00 UTC by the wall: in winter an hour less than in summer.
                let hour = u8::try_from(minutes.div_euclid(60) + 1).unwrap_or(0);
                (change(3, 5, hour), change(10, 5, hour + 1))
            }
            Self::Australia => (change(10, 1, 2), change(4, 1, 3)),
            Self::NewZealand => (change(9, 5, 2), change(4, 1, 3)),
            Self::Chile => (change(9, 1, 24), change(4, 1, 24)),
        };
        Some(Summer { begins, ends })
    }
}

use Rule::{America, Australia, Chile, Europe, NewZealand, No};

/// Zones where offices are: name, minutes east of UTC in winter, rule.
#[rustfmt::skip]
const ZONES: &[(&str, i16, Rule)] = &[
    ("UTC", 0, No), ("Etc/UTC", 0, No),
    // North America.
    ("America/New_York", -300, America), ("America/Detroit", -300, America), ("America/Toronto", -300, America),
    ("America/Montreal", -300, America), ("America/Indiana/Indianapolis", -300, America),
    ("America/Kentucky/Louisville", -300, America), ("America/Chicago", -360, America),
    ("America/Winnipeg", -360, America), ("America/Denver", -420, America), ("America/Boise", -420, America),
    ("America/Edmonton", -420, America), ("America/Phoenix", -420, No), ("America/Los_Angeles", -480, America),
    ("America/Vancouver", -480, America), ("America/Tijuana", -480, America), ("America/Anchorage", -540, America),
    ("Pacific/Honolulu", -600, No), ("America/Halifax", -240, America), ("America/St_Johns", -210, America),
    ("America/Regina", -360, No), ("America/Mexico_City", -360, No), ("America/Monterrey", -360, No),
    ("America/Puerto_Rico", -240, No), ("Atlantic/Bermuda", -240, America), ("America/Panama", -300, No),
    ("America/Costa_Rica", -360, No), ("America/Guatemala", -360, No), ("America/El_Salvador", -360, No),
    ("America/Santo_Domingo", -240, No), ("America/Jamaica", -300, No),
    // South America.
    ("America/Bogota", -300, No), ("America/Lima", -300, No), ("America/Guayaquil", -300, No),
    ("America/Caracas", -240, No), ("America/La_Paz", -240, No), ("America/Santiago", -240, Chile),
    ("America/Asuncion", -180, No), ("America/Sao_Paulo", -180, No), ("America/Fortaleza", -180, No),
    ("America/Manaus", -240, No), ("America/Argentina/Buenos_Aires", -180, No), ("America/Montevideo", -180, No),
    // Europe.
    ("Atlantic/Azores", -60, Europe), ("Atlantic/Reykjavik", 0, No), ("Europe/London", 0, Europe),
    ("Europe/Dublin", 0, Europe), ("Europe/Lisbon", 0, Europe), ("Atlantic/Madeira", 0, Europe),
    ("Atlantic/Canary", 0, Europe), ("Europe/Madrid", 60, Europe), ("Europe/Paris", 60, Europe),
    ("Europe/Brussels", 60, Europe), ("Europe/Amsterdam", 60, Europe), ("Europe/Luxembourg", 60, Europe),
    ("Europe/Berlin", 60, Europe), ("Europe/Zurich", 60, Europe), ("Europe/Vienna", 60, Europe),
    ("Europe/Rome", 60, Europe), ("Europe/Malta", 60, Europe), ("Europe/Copenhagen", 60, Europe),
    ("Europe/Oslo", 60, Europe), ("Europe/Stockholm", 60, Europe), ("Europe/Prague", 60, Europe),
    ("Europe/Bratislava", 60, Europe), ("Europe/Budapest", 60, Europe), ("Europe/Warsaw", 60, Europe),
    ("Europe/Ljubljana", 60, Europe), ("Europe/Zagreb", 60, Europe), ("Europe/Belgrade", 60, Europe),
    ("Europe/Sarajevo", 60, Europe), ("Europe/Tirane", 60, Europe), ("Europe/Athens", 120, Europe),
    ("Europe/Sofia", 120, Europe), ("Europe/Bucharest", 120, Europe), ("Europe/Helsinki", 120, Europe),
    ("Europe/Tallinn", 120, Europe), ("Europe/Riga", 120, Europe), ("Europe/Vilnius", 120, Europe),
    ("Europe/Kyiv", 120, Europe), ("Europe/Kiev", 120, Europe), ("Asia/Nicosia", 120, Europe),
    ("Europe/Istanbul", 180, No), ("Europe/Minsk", 180, No), ("Europe/Moscow", 180, No),
    // Africa.  Cairo and Casablanca change on other days than Sundays, so they keep winter time here.
    ("Africa/Casablanca", 60, No), ("Africa/Algiers", 60, No), ("Africa/Tunis", 60, No), ("Africa/Lagos", 60, No),
    ("Africa/Abidjan", 0, No), ("Africa/Accra", 0, No), ("Africa/Dakar", 0, No), ("Africa/Luanda", 60, No),
    ("Africa/Kinshasa", 60, No), ("Africa/Cairo", 120, No), ("Africa/Johannesburg", 120, No),
    ("Africa/Maputo", 120, No), ("Africa/Nairobi", 180, No), ("Africa/Addis_Ababa", 180, No),
    // Asia.  Jerusalem and Beirut as Cairo.
    ("Asia/Jerusalem", 120, No), ("Asia/Beirut", 120, No), ("Asia/Amman", 180, No), ("Asia/Riyadh", 180, No),
    ("Asia/Kuwait", 180, No), ("Asia/Qatar", 180, No), ("Asia/Bahrain", 180, No), ("Asia/Baghdad", 180, No),
    ("Asia/Tehran", 210, No), ("Asia/Dubai", 240, No), ("Asia/Muscat", 240, No), ("Asia/Tbilisi", 240, No),
    ("Asia/Yerevan", 240, No), ("Asia/Baku", 240, No), ("Asia/Karachi", 300, No), ("Asia/Tashkent", 300, No),
    ("Asia/Almaty", 300, No), ("Asia/Kolkata", 330, No), ("Asia/Calcutta", 330, No), ("Asia/Colombo", 330, No),
    ("Asia/Kathmandu", 345, No), ("Asia/Dhaka", 360, No), ("Asia/Bangkok", 420, No), ("Asia/Jakarta", 420, No),
    ("Asia/Ho_Chi_Minh", 420, No), ("Asia/Shanghai", 480, No), ("Asia/Hong_Kong", 480, No),
    ("Asia/Taipei", 480, No), ("Asia/Singapore", 480, No), ("Asia/Kuala_Lumpur", 480, No),
    ("Asia/Manila", 480, No), ("Asia/Tokyo", 540, No), ("Asia/Seoul", 540, No),
    // Australia and the Pacific.
    ("Australia/Perth", 480, No), ("Australia/Darwin", 570, No), ("Australia/Adelaide", 570, Australia),
    ("Australia/Brisbane", 600, No), ("Australia/Sydney", 600, Australia), ("Australia/Melbourne", 600, Australia),
    ("Australia/Canberra", 600, Australia), ("Australia/Hobart", 600, Australia),
    ("Pacific/Auckland", 720, NewZealand), ("Pacific/Fiji", 720, No), ("Pacific/Guam", 600, No),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn change(month: u8, sunday: u8, hour: u8) -> Change {
        Change { month, sunday, hour }
    }

    #[test]
    fn europe_changes_everywhere_at_the_same_moment() {
        for (name, begins, ends) in [
            ("Atlantic/Azores", 0, 1),
            ("Europe/London", 1, 2),
            ("Europe/Berlin", 2, 3),
            ("Europe/Helsinki", 3, 4),
        ] {
            let summer = zone(name).summer.unwrap();
            assert_eq!(summer.begins, change(3, 5, begins), "{name}");
            assert_eq!(summer.ends, change(10, 5, ends), "{name}");
        }
    }

    #[test]
    fn chicago_is_six_hours_behind_and_changes_with_america() {
        let chicago = zone("America/Chicago");
        assert_eq!(chicago.minutes, -360);
        let summer = chicago.summer.unwrap();
        assert_eq!((summer.begins, summer.ends), (change(3, 2, 2), change(11, 1, 2)));
    }

    #[test]
    fn a_zone_that_nobody_knows_is_utc() {
        assert_eq!(zone("Mars/Olympus_Mons"), UTC);
        assert_eq!(zone(""), UTC);
    }

    #[test]
    fn no_zone_is_listed_twice() {
        let mut names: Vec<_> = ZONES.iter().map(|(name, _, _)| *name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
