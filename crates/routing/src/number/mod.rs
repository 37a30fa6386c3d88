//! Telephone numbers: how they are dialled here, their E.164 form, and what they cost.

mod class;
mod dialed;
mod pattern;
mod price;

use smol_str::{SmolStr, format_smolstr};

pub use class::{Class, ClassSet, UnknownClass};
pub(crate) use dialed::{Dialed, Written};
pub use pattern::{Pattern, PatternError};

/// How numbers are written and classed at an office. The default is that of North America, without an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberPlan {
    /// Without `+`: "1", "49".
    pub country_code: SmolStr,
    /// In front of a number of the own country: "1" in North America, "0" in most of Europe; may be empty.
    pub national_prefix: SmolStr,
    /// In front of a number of another country: "011", "00".
    pub international_prefix: SmolStr,
    /// In front of every outside number ("9"); empty: none. It may be left out where the digits mean nothing with
    /// it.
    pub outside_prefix: SmolStr,
    /// The own area code ("312"), put before numbers of local length; empty: such numbers are not dialled.
    pub area: SmolStr,
    /// How many digits a number within the area has, at least and at most.
    pub local_length: (usize, usize),
    /// How many digits a national number has, at least and at most, without prefix. Where both are the same, a
    /// number of that length may be dialled without the prefix.
    pub national_length: (usize, usize),
    /// Area codes that count as local; the own one always does.
    pub local_areas: Vec<SmolStr>,
    /// What numbers cost: patterns on E.164 with `+`; the first that matches counts, before what is built in.
    pub classes: Vec<ClassRule>,
}

/// What some numbers cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassRule {
    /// On E.164 with `+`.
    pub pattern: Pattern,
    /// What they cost.
    pub class: Class,
}

/// Digits of a whole number with its country code (E.164 allows 15; the shortest in use have 7).
const E164_LENGTH: std::ops::RangeInclusive<usize> = 7..=15;

impl NumberPlan {
    /// The E.164 form, with `+`, of what was dialled: only digits, or `+` and digits. `None` when it is no
    /// number of the outside world.
    #[must_use]
    pub fn e164(&self, dialed: &str) -> Option<SmolStr> {
        if let Some(digits) = dialed.strip_prefix('+') {
            return whole(digits);
        }
        if !is_digits(dialed) {
            return None;
        }
        let behind = dialed.strip_prefix(self.outside_prefix.as_str());
        let behind = behind.filter(|_| !self.outside_prefix.is_empty());
        // With the prefix first: without it the same digits may be another number by chance.
        behind
            .and_then(|digits| self.outside(digits))
            .or_else(|| self.outside(dialed))
    }

    fn outside(&self, digits: &str) -> Option<SmolStr> {
        if let Some(foreign) = behind(digits, &self.international_prefix) {
            return whole(foreign);
        }
        if let Some(national) = behind(digits, &self.national_prefix)
            && let Some(number) = self.national(national)
        {
            return Some(number);
        }
        let (shortest, longest) = self.local_length;
        if !self.area.is_empty() && (shortest..=longest).contains(&digits.len()) {
            return self.national(&format!("{}{digits}", self.area));
        }
        let is_fixed = self.national_length.0 == self.national_length.1;
        is_fixed.then(|| self.national(digits)).flatten()
    }

    fn national(&self, digits: &str) -> Option<SmolStr> {
        let (shortest, longest) = self.national_length;
        // In North America area codes begin with 2 to 9: "1312..." is a prefix and a number too short.
        let is_possible =
            self.country_code != "1" || digits.starts_with(|first| ('2'..='9').contains(&first));
        if !is_possible || !(shortest..=longest).contains(&digits.len()) {
            return None;
        }
        whole(&format!("{}{digits}", self.country_code))
    }
}

impl Default for NumberPlan {
    fn default() -> Self {
        Self {
            country_code: "1".into(),
            national_prefix: "1".into(),
            international_prefix: "011".into(),
            outside_prefix: "9".into(),
            area: SmolStr::default(),
            local_length: (7, 7),
            national_length: (10, 10),
            local_areas: Vec::new(),
            classes: Vec::new(),
        }
    }
}

/// Matches nothing.
impl Default for ClassRule {
    fn default() -> Self {
        Self {
            pattern: Pattern::default(),
            class: Class::Premium,
        }
    }
}

/// What comes after a prefix; `None` for an empty prefix.
fn behind<'a>(digits: &'a str, prefix: &str) -> Option<&'a str> {
    digits.strip_prefix(prefix).filter(|_| !prefix.is_empty())
}

/// No country code begins with 0.
fn whole(digits: &str) -> Option<SmolStr> {
    let is_number = is_digits(digits) && E164_LENGTH.contains(&digits.len()) && !digits.starts_with('0');
    is_number.then(|| format_smolstr!("+{digits}"))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
