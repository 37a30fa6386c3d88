//! What happens to calls for a user, and which calls a user may make. Both travel with the user to any desk.
//!
//! Kept here as records only: what they mean for one call is decided where calls are routed.

use std::fmt;

use smol_str::SmolStr;

/// The longest target of a forwarding or voicemail, in bytes.
pub const TARGET_BYTES_MAX: usize = 64;
/// How many scheduled forwardings a user may have.
pub const SCHEDULE_MAX: usize = 16;
/// After how many seconds a call counts as not answered where nothing else is said.
pub const NO_ANSWER_AFTER_S: u16 = 20;
/// The shortest time before a call counts as not answered, in seconds: a phone needs some to ring at all.
pub const NO_ANSWER_AFTER_S_MIN: u16 = 5;
/// The longest, in seconds: callers give up before.
pub const NO_ANSWER_AFTER_S_MAX: u16 = 120;
/// Minutes in a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// What happens to calls for a user. Targets are what one would dial: a number or an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSettings {
    /// All calls go there; nothing rings.
    pub forward_always: Option<SmolStr>,
    /// Calls go there while the user is on the phone (and while `do_not_disturb`).
    pub forward_busy: Option<SmolStr>,
    /// Calls go there when nobody answers for `no_answer_after_s`.
    pub forward_no_answer: Option<SmolStr>,
    /// After how many seconds a call counts as not answered, [`NO_ANSWER_AFTER_S_MIN`] to
    /// [`NO_ANSWER_AFTER_S_MAX`]; default [`NO_ANSWER_AFTER_S`].
    pub no_answer_after_s: u16,
    /// Calls go there while the user is logged in nowhere.
    pub forward_not_logged_in: Option<SmolStr>,
    /// Calls do not ring; they are treated as if the user were busy.
    pub do_not_disturb: bool,
    /// The mailbox that takes calls which nothing above does; as the voicemail server knows it.
    pub voicemail: Option<SmolStr>,
    /// How several phones of one user ring.
    pub ring: Ring,
    /// All calls go elsewhere at these times; the first entry that fits counts. At most [`SCHEDULE_MAX`].
    pub schedule: Vec<ScheduledForward>,
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            forward_always: None,
            forward_busy: None,
            forward_no_answer: None,
            no_answer_after_s: NO_ANSWER_AFTER_S,
            forward_not_logged_in: None,
            do_not_disturb: false,
            voicemail: None,
            ring: Ring::All,
            schedule: Vec::new(),
        }
    }
}

/// How several phones of one user ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ring {
    /// All at once; the first that answers wins.
    #[default]
    All,
    /// One after the other, the newest session first.
    InOrder,
}

/// All calls go elsewhere at these times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledForward {
    /// When.
    pub hours: Hours,
    /// Where to.
    pub forward_to: SmolStr,
}

/// Hours of the week, in local time of the office that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// On which days they begin.
    pub days: Days,
    /// From this minute of the day on, 0 to 1439.
    pub from_minute: u16,
    /// Until before this minute, 1 to 1440. Not later than `from_minute`: until that minute of the next day.
    pub to_minute: u16,
}

impl Hours {
    /// Whether a moment is inside. `weekday` is 0 for Monday to 6 for Sunday, `minute` counts from midnight.
    #[must_use]
    pub const fn contains(&self, weekday: u8, minute: u16) -> bool {
        let today = self.days.contains(weekday);
        if self.from_minute < self.to_minute {
            return today && self.from_minute <= minute && minute < self.to_minute;
        }
        let began_yesterday = self.days.contains((weekday + 6) % 7);
        (today && self.from_minute <= minute) || (began_yesterday && minute < self.to_minute)
    }
}

/// Days of the week.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

impl Days {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);
    /// Their short names, Monday first.
    pub const NAMES: [&'static str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// From bits, Monday the lowest. `None` when bits beyond Sunday are set.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits <= Self::ALL.0 {
            Some(Self(bits))
        } else {
            None
        }
    }

    /// As bits, Monday the lowest.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether a day is among them; 0 is Monday, 6 is Sunday.
    #[must_use]
    pub const fn contains(self, weekday: u8) -> bool {
        weekday < 7 && self.0 & (1 << weekday) != 0
    }

    /// Their short names, Monday first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        (0..)
            .zip(Self::NAMES)
            .filter_map(move |(day, name)| self.contains(day).then_some(name))
    }
}

impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Which calls a user may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRights {
    /// The classes of calls.
    pub classes: CallClasses,
    /// What is allowed outside of office hours, if that differs.
    pub outside_hours: Option<OutsideHours>,
}

/// What everybody may whose user record and group say nothing: internal, local and national calls at any time.
impl Default for CallRights {
    fn default() -> Self {
        Self {
            classes: CallClasses::INTERNAL
                .with(CallClasses::LOCAL)
                .with(CallClasses::NATIONAL),
            outside_hours: None,
        }
    }
}

/// What a user may call outside of office hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideHours {
    /// The office hours.
    pub hours: Hours,
    /// The classes of calls outside of them.
    pub classes: CallClasses,
}

impl CallRights {
    /// The classes at a moment; see [`Hours::contains`].
    #[must_use]
    pub const fn at(&self, weekday: u8, minute: u16) -> CallClasses {
        match &self.outside_hours {
            Some(outside) if !outside.hours.contains(weekday, minute) => outside.classes,
            _ => self.classes,
        }
    }
}

/// A set of classes of calls. Emergency calls are in no class: everybody may make them.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct CallClasses(u8);

impl CallClasses {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// To the company's own extensions.
    pub const INTERNAL: Self = Self(1);
    /// To the office's own area.
    pub const LOCAL: Self = Self(1 << 1);
    /// To the office's own country.
    pub const NATIONAL: Self = Self(1 << 2);
    /// To other countries.
    pub const INTERNATIONAL: Self = Self(1 << 3);
    /// To numbers that cost extra.
    pub const PREMIUM: Self = Self(1 << 4);
    /// Everything.
    pub const ALL: Self = Self(0b1_1111);
    /// Each class and its name.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("internal", Self::INTERNAL),
        ("local", Self::LOCAL),
        ("national", Self::NATIONAL),
        ("international", Self::INTERNATIONAL),
        ("premium", Self::PREMIUM),
    ];

    /// From bits, in the order of [`NAMED`](Self::NAMED). `None` when other bits are set.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits <= Self::ALL.0 {
            Some(Self(bits))
        } else {
            None
        }
    }

    /// As bits, in the order of [`NAMED`](Self::NAMED).
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both: a user's rights cut by a site's.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `other` is in here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the classes in here.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED
            .into_iter()
            .filter_map(move |(name, class)| self.contains(class).then_some(name))
    }

    /// The class of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, class)| class)
    }
}

impl fmt::Debug for CallClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY: u8 = 0;
    const TUESDAY: u8 = 1;
    const SUNDAY: u8 = 6;

    fn hours(days: u8, from_minute: u16, to_minute: u16) -> Hours {
        Hours {
            days: Days::from_bits(days).unwrap(),
            from_minute,
            to_minute,
        }
    }

    #[test]
    fn hours_have_a_beginning_and_an_end_that_is_outside() {
        let office = hours(0b1, 9 * 60, 17 * 60);
        for (weekday, minute, inside) in [
            (MONDAY, 9 * 60 - 1, false),
            (MONDAY, 9 * 60, true),
            (MONDAY, 17 * 60 - 1, true),
            (MONDAY, 17 * 60, false),
            (TUESDAY, 12 * 60, false),
        ] {
            assert_eq!(office.contains(weekday, minute), inside, "{weekday} {minute}");
        }
        let all_day = hours(0b1, 0, DAY_MINUTES);
        assert!(all_day.contains(MONDAY, 0) && all_day.contains(MONDAY, DAY_MINUTES - 1));
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
        let night = hours(0b100_0000, 22 * 60, 6 * 60);
        for (weekday, minute, inside) in [
            (SUNDAY, 21 * 60, false),
            (SUNDAY, 22 * 60, true),
            (MONDAY, 5 * 60, true),
            (MONDAY, 6 * 60, false),
            (SUNDAY, 5 * 60, false),
        ] {
            assert_eq!(night.contains(weekday, minute), inside, "{weekday} {minute}");
        }
    }

    #[test]
    fn rights_are_cut_outside_of_office_hours() {
        let rights = CallRights {
            classes: CallClasses::ALL,
            outside_hours: Some(OutsideHours {
                hours: hours(0b1, 9 * 60, 17 * 60),
                classes: CallClasses::INTERNAL,
            }),
        };
        assert_eq!(rights.at(MONDAY, 12 * 60), CallClasses::ALL);
        assert_eq!(rights.at(SUNDAY, 12 * 60), CallClasses::INTERNAL);
        let usual = CallRights::default().at(SUNDAY, 0);
        assert_eq!(
            usual.names().collect::<Vec<_>>(),
            ["internal", "local", "national"]
        );
        assert!(!usual.contains(CallClasses::PREMIUM));
    }

    #[test]
    fn bits_that_mean_nothing_are_no_days_and_no_classes() {
        assert_eq!(Days::from_bits(0b1000_0000), None);
        assert_eq!(CallClasses::from_bits(0b10_0000), None);
        assert_eq!(CallClasses::named("premium"), Some(CallClasses::PREMIUM));
        assert_eq!(CallClasses::named("space"), None);
    }
}
