//! What a number costs, where the configuration does not say.

use super::{Class, NumberPlan};

/// Area codes of North America's numbering plan that are neither in the United States and their territories nor
/// in Canada: dialled like home, paid like abroad, and popular with fraudsters for that.
const ABROAD: &[&str] = &[
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758", "767", "784",
    "809", "829", "849", "868", "869", "876",
];

/// North America's free numbers.
const FREE: &[&str] = &["800", "833", "844", "855", "866", "877", "888"];

/// Country codes of satellites, networks that are nowhere, and the international premium rate service.
const DEAR: &[&str] = &["870", "878", "881", "882", "883", "979"];

impl NumberPlan {
    /// The class of a number in E.164 with `+`.
    #[must_use]
    pub fn class(&self, e164: &str) -> Class {
        if let Some(rule) = self.classes.iter().find(|rule| rule.pattern.matches(e164)) {
            return rule.class;
        }
        let Some(digits) = e164.strip_prefix('+') else {
            return Class::Premium;
        };
        if let Some(number) = digits.strip_prefix('1') {
            return self.north_american(number);
        }
        match digits.strip_prefix(self.country_code.as_str()) {
            _ if begins(digits, DEAR) => Class::Premium,
            // Universal international freephone.
            _ if digits.starts_with("800") => Class::Local,
            Some(national) if self.is_local(national) => Class::Local,
            Some(_) => Class::National,
            None => Class::International,
        }
    }

    fn north_american(&self, number: &str) -> Class {
        let is_home = self.country_code == "1";
        if number.starts_with("900") || number.get(3..6) == Some("976") {
            Class::Premium
        } else if is_home && (self.is_local(number) || begins(number, FREE)) {
            Class::Local
        } else if is_home && !begins(number, ABROAD) {
            Class::National
        } else {
            Class::International
        }
    }

    fn is_local(&self, national: &str) -> bool {
        let own = std::iter::once(&self.area);
        let mut areas = own.chain(&self.local_areas).filter(|area| !area.is_empty());
        areas.any(|area| national.starts_with(area.as_str()))
    }
}

fn begins(number: &str, codes: &[&str]) -> bool {
    codes.iter().any(|code| number.starts_with(code))
}
