//! Hours of the week, in local time.

use std::fmt;
use std::str::FromStr;

use jiff::Zoned;
use jiff::civil::Weekday;

/// Days of the week: bit 0 is Monday, bit 6 Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Days(u8);

/// A part of the day on some days of the week, in local time, by what the clock on the wall shows: when clocks
/// change, an hour that comes twice counts twice and one that is left out not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
    days: Days,
    from: u16,
    to: u16,
}

/// Hours that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be days and times such as \"mon-fri 08:00-18:00\", found {got:?}")]
pub struct HoursError {
    /// What was found.
    pub got: String,
}

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES: u16 = 24 * 60;

impl Days {
    /// The whole week.
    pub const ALL: Self = Self(0b111_1111);

    /// From bits, Monday the lowest; higher ones are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// As bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }
}

impl Hours {
    /// From one minute of the day (0 to 1439) up to, but not with, another (1 to 1440). When `to` is not after
    /// `from` they go over midnight, and belong to the day on which they begin; equal ones are the whole day.
    /// `None` when a minute is none of a day.
    #[must_use]
    pub const fn new(days: Days, from_minute: u16, to_minute: u16) -> Option<Self> {
        if from_minute >= MINUTES || to_minute > MINUTES {
            return None;
        }
        Some(Self {
            days,
            from: from_minute,
            to: to_minute,
        })
    }

    /// Whether this moment is in them.
    #[must_use]
    pub fn contains(self, local: &Zoned) -> bool {
        let hour = u16::try_from(local.hour()).unwrap_or(0);
        let minute = hour * 60 + u16::try_from(local.minute()).unwrap_or(0);
        let today = self.days.contains(local.weekday());
        if self.from < self.to {
            return today && (self.from..self.to).contains(&minute);
        }
        let yesterday = self.days.contains(local.weekday().previous());
        (today && minute >= self.from) || (yesterday && minute < self.to)
    }
}

/// `mon-fri 08:00-18:00`, `sat,sun 00:00-24:00`, `daily 22:00-06:00`.
impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        read(&text.to_ascii_lowercase()).ok_or_else(|| HoursError { got: text.to_owned() })
    }
}

fn read(text: &str) -> Option<Hours> {
    let (days, times) = text.trim().split_once(' ')?;
    let (from, to) = times.trim().split_once('-')?;
    Hours::new(read_days(days)?, read_minute(from)?, read_minute(to)?)
}

fn read_days(text: &str) -> Option<Days> {
    if text == "daily" {
        return Some(Days::ALL);
    }
    let day = |name: &str| NAMES.iter().position(|known| *known == name);
    let mut bits = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut at, last) = (day(first)?, day(last)?);
        bits |= 1 << at;
        while at != last {
            at = (at + 1) % NAMES.len();
            bits |= 1 << at;
        }
    }
    Some(Days(bits))
}

fn read_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let is_two_digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_two_digits(hour) || !is_two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= MINUTES).then_some(hour * 60 + minute)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> = (0..NAMES.len())
            .filter(|at| self.days.0 & (1 << at) != 0)
            .map(|at| NAMES[at])
            .collect();
        let days = if self.days == Days::ALL {
            "daily".to_owned()
        } else {
            days.join(",")
        };
        let (from, to) = (self.from, self.to);
        write!(
            f,
            "{days} {:02}:{:02}-{:02}:{:02}",
            from / 60,
            from % 60,
            to / 60,
            to % 60
        )
    }
}

#[cfg(test)]
mod tests;
