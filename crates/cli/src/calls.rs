//! Call settings, call rights and hours as people write them: on the command line and in CSV files.

use hotdesk_core::calls::{DAY_MINUTES, NO_ANSWER_AFTER_S};
use hotdesk_core::{CallClasses, Days};
use hotdesk_proto::v1;

/// Reads classes of calls: "internal, local", "all" or "none".
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn classes(text: &str) -> Result<Vec<i32>, String> {
    let folded = text.trim().to_ascii_lowercase();
    let classes = match folded.as_str() {
        "all" => CallClasses::ALL,
        "none" => CallClasses::NONE,
        list => {
            let mut names = list.split([',', ';', ' ', '|']).filter(|name| !name.is_empty());
            names.try_fold(CallClasses::NONE, |all, name| {
                let class = CallClasses::named(name).ok_or_else(|| {
                    let known = CallClasses::NAMED.map(|(name, _)| name).join(", ");
                    format!("{name:?} is no class of calls: expected some of {known}, or all, or none")
                })?;
                Ok::<_, String>(all.with(class))
            })?
        }
    };
    let numbered = (1..).zip(CallClasses::NAMED);
    Ok(numbered
        .filter_map(|(number, (_, class))| classes.contains(class).then_some(number))
        .collect())
}

/// The names of classes: "internal, local", or "none".
#[must_use]
pub(crate) fn class_names(numbers: &[i32]) -> Vec<&'static str> {
    let name = |number: &i32| {
        let at = usize::try_from(*number).ok()?.checked_sub(1)?;
        CallClasses::NAMED.get(at).map(|(name, _)| *name)
    };
    numbers.iter().filter_map(name).collect()
}

/// Reads hours of the week: "mon-fri 08:00-18:00", "sat,sun 00:00-24:00", "daily 22:00-06:00" (over midnight).
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn hours(text: &str) -> Result<v1::Hours, String> {
    let expected = || format!("{text:?} is not valid: expected days and times such as mon-fri 08:00-18:00");
    let (days, times) = text.trim().split_once(' ').ok_or_else(expected)?;
    let (from, to) = times.trim().split_once('-').ok_or_else(expected)?;
    let hours = v1::Hours {
        days: self::days(days).ok_or_else(expected)?.into(),
        from_minute: minute(from).ok_or_else(expected)?,
        to_minute: minute(to).ok_or_else(expected)?,
    };
    if hours.from_minute == u32::from(DAY_MINUTES) || hours.to_minute == 0 {
        return Err(format!(
            "{text:?} is not valid: a day begins at 00:00 and ends at 24:00"
        ));
    }
    Ok(hours)
}

/// Hours as they are read.
#[must_use]
pub(crate) fn shown_hours(hours: &v1::Hours) -> String {
    let time = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let days = u8::try_from(hours.days).ok().and_then(Days::from_bits);
    let days = match days {
        Some(Days::ALL) => "daily".to_owned(),
        Some(days) => days.names().collect::<Vec<_>>().join(","),
        None => "?".to_owned(),
    };
    format!("{days} {}-{}", time(hours.from_minute), time(hours.to_minute))
}

/// Reads a scheduled forwarding: hours, a blank, a target.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn scheduled(text: &str) -> Result<v1::ScheduledForward, String> {
    let (hours, forward_to) = text.trim().rsplit_once(' ').ok_or_else(|| {
        format!("{text:?} is not valid: expected days, times and a target such as mon-fri 18:00-08:00 2000")
    })?;
    Ok(v1::ScheduledForward {
        hours: Some(self::hours(hours)?),
        forward_to: forward_to.to_owned(),
    })
}

/// After how many seconds a call counts as not answered.
#[must_use]
pub(crate) fn no_answer_after_s(calls: &v1::CallSettings) -> u32 {
    match calls.no_answer_after_s {
        0 => NO_ANSWER_AFTER_S.into(),
        seconds => seconds,
    }
}

/// "mon-fri", "sat,sun", "daily".
fn days(text: &str) -> Option<u8> {
    if text.eq_ignore_ascii_case("daily") {
        return Some(Days::ALL.bits());
    }
    let day = |name: &str| {
        Days::NAMES
            .iter()
            .position(|known| name.eq_ignore_ascii_case(known))
    };
    text.split(',').try_fold(0, |all, part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        // From Friday to Monday goes over the end of the week.
        let count = (last + 7 - first) % 7;
        Some((0..=count).fold(all, |all, step| all | 1 << ((first + step) % 7)))
    })
}

/// "08:30" as minutes of the day; "24:00" is its end.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= u32::from(DAY_MINUTES)).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_and_shown() {
        for (text, shown) in [
            ("mon-fri 08:00-18:00", "mon,tue,wed,thu,fri 08:00-18:00"),
            ("Sat,Sun 00:00-24:00", "sat,sun 00:00-24:00"),
            ("fri-mon 9:30-10:00", "mon,fri,sat,sun 09:30-10:00"),
            ("daily 22:00-06:00", "daily 22:00-06:00"),
        ] {
            let read = hours(text).unwrap();
            assert_eq!(shown_hours(&read), shown);
            assert_eq!(hours(shown), Ok(read));
        }
        for text in [
            "mon-fri",
            "08:00-18:00",
            "mon 8-18",
            "mon 08:60-18:00",
            "mon 08:00-24:01",
            "mon 24:00-06:00",
            "mon 06:00-00:00",
            "someday 08:00-18:00",
        ] {
            assert!(hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn classes_are_read_and_shown() {
        assert_eq!(classes("internal, Local").unwrap(), [1, 2]);
        assert_eq!(class_names(&classes("all").unwrap()).len(), 5);
        assert_eq!(classes("none"), Ok(vec![]));
        assert!(
            classes("internal moon")
                .unwrap_err()
                .contains("\"moon\" is no class")
        );
        assert_eq!(class_names(&[5, 9]), ["premium"]);
    }

    #[test]
    fn a_scheduled_forwarding_ends_with_its_target() {
        let read = scheduled("mon-fri 18:00-08:00 +13125550142").unwrap();
        assert_eq!(read.forward_to, "+13125550142");
        assert!(scheduled("2000").is_err());
    }
}
