//! Civic addresses (RFC 4119 §2.2.1, RFC 5139, RFC 4776): where a phone stands, as an emergency centre reads it.

use smol_str::SmolStr;

/// The elements in the order in which the schema of RFC 5139 wants them. Seat is "desk, cubicle, workstation".
const ELEMENTS: [&str; 31] = [
    "country", "A1", "A2", "A3", "A4", "A5", "A6", "PRM", "PRD", "RD", "STS", "POD", "POM", "RDSEC", "RDBR",
    "RDSUBBR", "HNO", "HNS", "LMK", "LOC", "FLR", "NAM", "PC", "BLD", "UNIT", "ROOM", "SEAT", "PLC", "PCN",
    "POBOX", "ADDCODE",
];

/// A longer text is cut: an address is read aloud by a person.
const VALUE_CHARS_MAX: usize = 256;

/// A civic address: elements in the schema's order, each at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CivicAddress {
    elements: Vec<(&'static str, SmolStr)>,
}

impl CivicAddress {
    /// Reads an administrator's text: `country=US; A1=IL; A3=Chicago; RD=Wacker; STS=Drive; HNO=233; FLR=12`, parts
    /// divided by semicolons or line ends, names as in RFC 5139 in any case. Parts without a known name go into LOC
    /// ("additional location information"), so that a plain sentence still reaches the emergency centre, though it
    /// cannot be matched to a street there.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut address = Self::default();
        let mut rest = Vec::new();
        for part in text.split([';', '\n', '\r']) {
            let part = part.trim();
            let named = part.split_once('=').and_then(|(name, value)| {
                let element = element(name.trim())?;
                Some((element, value.trim()))
            });
            match named {
                Some((element, value)) if !value.is_empty() => address.set_element(element, value),
                Some(_) => {}
                None if !part.is_empty() => rest.push(part),
                None => {}
            }
        }
        if !rest.is_empty() {
            let known = address.get("LOC").map(|known| format!("{known}, "));
            address.set_element(
                "LOC",
                &format!("{}{}", known.unwrap_or_default(), rest.join(", ")),
            );
        }
        address
    }

    /// Sets an element by its name in RFC 5139, in any case. Returns whether there is such an element.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        match element(name) {
            Some(element) => {
                self.set_element(element, value);
                true
            }
            None => false,
        }
    }

    /// The value of an element.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self
            .elements
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// Name and value of all elements, in the schema's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.elements.iter().map(|(name, value)| (*name, value.as_str()))
    }

    fn set_element(&mut self, element: &'static str, value: &str) {
        let mut value: String = value.chars().take(VALUE_CHARS_MAX).collect();
        if element == "country" {
            value.make_ascii_uppercase();
        }
        self.elements.retain(|(other, _)| *other != element);
        self.elements.push((element, value.into()));
        let place = |name: &str| ELEMENTS.iter().position(|element| *element == name);
        self.elements.sort_by_key(|(name, _)| place(name));
    }
}

fn element(name: &str) -> Option<&'static str> {
    ELEMENTS
        .into_iter()
        .find(|element| element.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrators_text_becomes_elements_in_the_schemas_order() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            (
                "hno=233; country=us\nA3 = Chicago;RD=South Wacker; A1=IL",
                &[
                    ("country", "US"),
                    ("A1", "IL"),
                    ("A3", "Chicago"),
                    ("RD", "South Wacker"),
                    ("HNO", "233"),
                ],
            ),
            (
                "233 South Wacker Drive, Chicago",
                &[("LOC", "233 South Wacker Drive, Chicago")],
            ),
            (
                "LOC=lobby; ask the guard; PC=60606",
                &[("LOC", "lobby, ask the guard"), ("PC", "60606")],
            ),
            ("colour=blue; FLR=", &[("LOC", "colour=blue")]),
            ("FLR=1; FLR=2", &[("FLR", "2")]),
        ];
        for (text, elements) in table {
            let address = CivicAddress::parse(text);
            assert_eq!(address.iter().collect::<Vec<_>>(), *elements, "{text:?}");
        }
    }

    #[test]
    fn an_unknown_element_is_refused() {
        assert!(!CivicAddress::default().set("galaxy", "Milky Way"));
    }
}
