//! What User-Agents and file names have in common, whoever made the phone.

use smol_str::SmolStr;

use crate::mac::Mac;

/// The first MAC address in a text: a run of exactly 12 hex digits, or of pairs with colons between them.
pub(crate) fn mac_in(text: &str) -> Option<Mac> {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != ':')
        .map(|word| word.trim_matches(':'))
        .filter(|word| matches!(word.len(), 12 | 17))
        .find_map(|word| word.parse().ok())
}

/// The MAC address that a file name begins with, and the rest of the name. Only 12 hex digits without separators: phones
/// write it no other way, and a name is no place for guesses.
pub(crate) fn mac_at_start(name: &str) -> Option<(Mac, &str)> {
    let (digits, rest) = name.split_at_checked(12)?;
    digits
        .bytes()
        .all(|c| c.is_ascii_hexdigit())
        .then(|| digits.parse().ok())?
        .map(|mac| (mac, rest))
}

/// A model as the directory has it: the vendor's name, and the model in lower case without what is neither letter nor
/// digit ("poly-vvx400"), so that [`Vendor::of_model`](crate::Vendor::of_model) finds the vendor again.
pub(crate) fn model_name(vendor: &str, model: &str) -> SmolStr {
    let plain: String = model
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    SmolStr::from(format!("{vendor}-{plain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_is_found_wherever_it_stands() {
        for (text, mac) in [
            ("Phone 1.2 64167f04a1b2", Some("64167f04a1b2")),
            ("Phone (SN:64167F04A1B2)", Some("64167f04a1b2")),
            ("Phone 64:16:7f:04:a1:b2 1.0", Some("64167f04a1b2")),
            ("Phone 65167f04a1b2", None),
            ("Phone 64167f04a1b2c3", None),
            ("Phone 1.0", None),
        ] {
            assert_eq!(mac_in(text).map(|mac| mac.to_string()).as_deref(), mac, "{text}");
        }
    }

    #[test]
    fn a_name_begins_with_twelve_digits_or_with_none() {
        for (name, rest) in [
            ("64167f04a1b2.cfg", Some(".cfg")),
            ("64167F04A1B2-phone.cfg", Some("-phone.cfg")),
            ("64:16:7f:04:a1:b2.cfg", None),
            ("0000.cfg", None),
            ("ééééééé.cfg", None),
            ("01005e000175.cfg", None),
        ] {
            assert_eq!(mac_at_start(name).map(|(_, rest)| rest), rest, "{name}");
        }
    }
}
