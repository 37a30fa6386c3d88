//! The names under which these phones know time zones.

/// The phone's name of an IANA zone; Greenwich for one that is not in the table: a clock that is plainly wrong is
/// noticed, one that is wrong in March only is not.
pub(super) fn name(iana: &str) -> &'static str {
    let row = ZONES.iter().find(|(_, names)| names.contains(&iana));
    row.map_or(GREENWICH, |(name, _)| *name)
}

const GREENWICH: &str = "Greenwich Standard Time";

#[rustfmt::skip]
const ZONES: &[(&str, &[&str])] = &[
    ("Hawaiian Standard Time", &["Pacific/Honolulu"]),
    ("Alaskan Standard/Daylight Time", &["America/Anchorage"]),
    ("Pacific Standard/Daylight Time", &["America/Los_Angeles", "America/Vancouver", "America/Tijuana"]),
    ("US Mountain Standard Time", &["America/Phoenix"]),
    ("Mountain Standard/Daylight Time", &["America/Denver", "America/Boise", "America/Edmonton"]),
    ("Canada Central Standard Time", &["America/Regina", "America/Mexico_City", "America/Monterrey", "America/Costa_Rica", "America/Guatemala", "America/El_Salvador"]),
    ("Central Standard/Daylight Time", &["America/Chicago", "America/Winnipeg"]),
    ("SA Pacific Standard Time", &["America/Bogota", "America/Lima", "America/Panama", "America/Guayaquil", "America/Jamaica"]),
    ("Eastern Standard/Daylight Time", &["America/New_York", "America/Detroit", "America/Toronto", "America/Montreal", "America/Indiana/Indianapolis", "America/Kentucky/Louisville"]),
    ("SA Western Standard Time", &["America/Caracas", "America/La_Paz", "America/Puerto_Rico", "America/Santo_Domingo", "America/Manaus"]),
    ("Atlantic Standard/Daylight Time", &["America/Halifax", "Atlantic/Bermuda"]),
    ("Newfoundland Standard/Daylight Time", &["America/St_Johns"]),
    ("SA Eastern Standard Time", &["America/Sao_Paulo", "America/Fortaleza", "America/Argentina/Buenos_Aires", "America/Montevideo", "America/Asuncion"]),
    ("Azores Standard/Daylight Time", &["Atlantic/Azores"]),
    ("GMT Standard/Daylight Time", &["Europe/London", "Europe/Dublin", "Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Canary"]),
    ("W. Europe Standard/Daylight Time", &["Europe/Berlin", "Europe/Amsterdam", "Europe/Rome", "Europe/Vienna", "Europe/Zurich", "Europe/Stockholm", "Europe/Oslo", "Europe/Malta"]),
    ("Romance Standard/Daylight Time", &["Europe/Paris", "Europe/Madrid", "Europe/Brussels", "Europe/Copenhagen", "Europe/Luxembourg"]),
    ("Central Europe Standard/Daylight Time", &["Europe/Prague", "Europe/Warsaw", "Europe/Budapest", "Europe/Bratislava", "Europe/Belgrade", "Europe/Zagreb", "Europe/Ljubljana", "Europe/Sarajevo", "Europe/Tirane"]),
    ("South Africa Standard Time", &["Africa/Johannesburg", "Africa/Maputo"]),
    ("GTB Standard/Daylight Time", &["Europe/Athens", "Europe/Helsinki", "Europe/Bucharest", "Europe/Sofia", "Europe/Riga", "Europe/Tallinn", "Europe/Vilnius", "Europe/Kyiv", "Europe/Kiev", "Asia/Nicosia"]),
    ("Saudi Arabia Standard Time", &["Asia/Riyadh", "Asia/Kuwait", "Asia/Qatar", "Asia/Bahrain", "Asia/Baghdad", "Africa/Nairobi", "Africa/Addis_Ababa", "Europe/Moscow", "Europe/Istanbul", "Europe/Minsk"]),
    ("Arabian Standard Time", &["Asia/Dubai", "Asia/Muscat"]),
    ("West Asia Standard Time", &["Asia/Karachi", "Asia/Tashkent"]),
    ("India Standard Time", &["Asia/Kolkata", "Asia/Calcutta", "Asia/Colombo"]),
    ("SE Asia Standard Time", &["Asia/Bangkok", "Asia/Jakarta", "Asia/Ho_Chi_Minh"]),
    ("China Standard/Daylight Time", &["Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Manila"]),
    ("Taipei Standard Time", &["Asia/Taipei"]),
    ("Tokyo Standard Time", &["Asia/Tokyo", "Asia/Seoul"]),
    ("E. Australia Standard Time", &["Australia/Brisbane"]),
    ("AUS Eastern Standard/Daylight Time", &["Australia/Sydney", "Australia/Melbourne", "Australia/Canberra", "Australia/Hobart"]),
    ("New Zealand Standard/Daylight Time", &["Pacific/Auckland"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_one_name_and_an_unknown_one_is_greenwich() {
        assert_eq!(name("America/Chicago"), "Central Standard/Daylight Time");
        assert_eq!(name("Mars/Olympus_Mons"), GREENWICH);
        let mut all: Vec<_> = ZONES.iter().flat_map(|(_, names)| *names).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
