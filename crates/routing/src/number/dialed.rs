//! What was dialled, taken apart.

use smol_str::{SmolStr, format_smolstr};

use super::NumberPlan;
use crate::{EmergencyPlan, StarCodes};

/// Longer texts are nobody's name or number.
const LENGTH_MAX: usize = 128;

/// A `*67` may stand before a `*82`, but not for ever.
const PREFIXES_MAX: usize = 3;

/// What was dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dialed {
    /// As text, in lower case, without parameters and prefixes that hide or show: how names are looked up.
    pub(crate) text: SmolStr,
    /// What it is.
    pub(crate) written: Written,
    /// The outside number that it is, with `+`.
    pub(crate) e164: Option<SmolStr>,
    /// The caller wants to be hidden or shown.
    pub(crate) hide: Option<bool>,
}

/// What was dialled may be one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Digits, `*`, `#`, and a `+` in front, without separators.
    Digits(SmolStr),
    /// A `urn:`.
    Urn,
    /// A telephone number with letters in it.
    Vanity,
    /// A name.
    Name,
    /// Too long to be anything.
    TooLong,
}

impl Dialed {
    /// Takes apart what was dialled: the user part of a `sip:` URI, or a `tel:` or `urn:` URI.
    pub(crate) fn read(plan: &NumberPlan, codes: &StarCodes, text: &str) -> Self {
        let trimmed = text.trim();
        if trimmed.len() > LENGTH_MAX {
            return Self::plain(SmolStr::default(), Written::TooLong);
        }
        let text = trimmed.to_lowercase();
        if text.starts_with("urn:") {
            return Self::plain(text.into(), Written::Urn);
        }
        let is_tel = text.starts_with("tel:");
        let mut parts = text.strip_prefix("tel:").unwrap_or(&text).split(';');
        let number = parts.next().unwrap_or_default();
        let context = parts.find_map(|part| part.strip_prefix("phone-context=+"));
        let (hide, number) = strip_hide(codes, number);
        let Some(digits) = without_separators(number) else {
            let is_number = is_tel || number.starts_with('+');
            let written = if is_number || is_vanity(number) {
                Written::Vanity
            } else {
                Written::Name
            };
            return Self {
                hide,
                ..Self::plain(number.into(), written)
            };
        };
        // A local number with its global context is a global one (RFC 3966 §5.1.5).
        let e164 = match context.and_then(without_separators) {
            Some(context) if !digits.starts_with('+') => plan.e164(&format!("+{context}{digits}")),
            _ => plan.e164(&digits),
        };
        Self {
            text: number.into(),
            written: Written::Digits(digits),
            e164,
            hide,
        }
    }

    fn plain(text: SmolStr, written: Written) -> Self {
        Self {
            text,
            written,
            e164: None,
            hide: None,
        }
    }

    /// The digits, if it is digits.
    pub(crate) fn digits(&self) -> Option<&str> {
        match &self.written {
            Written::Digits(digits) => Some(digits),
            Written::Urn | Written::Vanity | Written::Name | Written::TooLong => None,
        }
    }

    /// Whether this is `number`, which is written as dialled inside or as E.164.
    pub(crate) fn is(&self, number: &str) -> bool {
        self.text == number || self.digits() == Some(number) || self.e164.as_deref() == Some(number)
    }

    /// The emergency number that this is, the service it stands for, and whether it is a test.
    pub(crate) fn emergency(&self, plan: &EmergencyPlan, numbers: &NumberPlan) -> Option<Emergency> {
        if self.written == Written::Urn {
            let is_sos = self.text == SOS
                || self
                    .text
                    .strip_prefix(SOS)
                    .is_some_and(|rest| rest.starts_with('.'));
            return is_sos.then(|| Emergency {
                number: plan.sos_number.clone(),
                service: self.text.clone(),
                test: false,
            });
        }
        // Some phones send the key that ends dialling.
        let digits = self.digits()?.trim_end_matches('#');
        // A phone may put in front what it puts before every number.
        let forms = |number: &SmolStr| {
            [
                number.clone(),
                format_smolstr!("{}{number}", numbers.outside_prefix),
                format_smolstr!("+{number}"),
                format_smolstr!("+{}{number}", numbers.country_code),
            ]
        };
        let find = |known: &[SmolStr]| {
            known
                .iter()
                .find(|number| forms(number).iter().any(|form| form == digits))
                .cloned()
        };
        let found = find(&plan.numbers).map(|number| (number, false));
        let (number, test) = found.or_else(|| find(&plan.test_numbers).map(|number| (number, true)))?;
        let service = if test { "urn:service:test.sos" } else { SOS };
        Some(Emergency {
            number,
            service: service.into(),
            test,
        })
    }
}

/// An emergency number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emergency {
    pub(crate) number: SmolStr,
    pub(crate) service: SmolStr,
    pub(crate) test: bool,
}

/// RFC 5031.
const SOS: &str = "urn:service:sos";

fn strip_hide<'a>(codes: &StarCodes, number: &'a str) -> (Option<bool>, &'a str) {
    let mut hide = None;
    let mut rest = number;
    for _ in 0..PREFIXES_MAX {
        let strip = |code: &str| {
            rest.strip_prefix(code)
                .filter(|behind| !code.is_empty() && !behind.is_empty())
        };
        let found = strip(&codes.hide).map(|behind| (true, behind));
        let Some((wanted, behind)) = found.or_else(|| strip(&codes.show).map(|behind| (false, behind)))
        else {
            break;
        };
        (hide, rest) = (Some(wanted), behind);
    }
    (hide, rest)
}

/// The digits of a number without what is only there for the eye (RFC 3966 §3); `None` when there is more.
fn without_separators(text: &str) -> Option<SmolStr> {
    let mut digits = String::with_capacity(text.len());
    for (at, one) in text.chars().enumerate() {
        match one {
            '0'..='9' | '*' | '#' => digits.push(one),
            '+' if at == 0 => digits.push(one),
            '-' | '.' | '(' | ')' | ' ' => {}
            _ => return None,
        }
    }
    digits.ends_with(|last: char| last != '+').then(|| digits.into())
}

/// "1-800-flowers": begins with two groups of digits.
fn is_vanity(text: &str) -> bool {
    let groups: Vec<&str> = text.split(['-', '.', ' ']).collect();
    let is_digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    groups.len() >= 3 && groups.iter().take(2).all(|group| is_digits(group))
}
