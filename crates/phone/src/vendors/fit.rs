//! Values made to fit where they go.

use smol_str::SmolStr;

use crate::mac::Mac;
use crate::picture::Size;

/// The beginning of a text, at most `chars` characters of it: phones refuse or garble what is longer, and some then
/// refuse the whole file. Only for what people read; a number or an address that does not fit must not be cut.
pub(crate) fn cut(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end()
}

/// The room for a picture on the display of a model, by a part of the model's name in the User-Agent; `None`: pictures
/// are not for this model. What is not in the table has none either.
pub(crate) fn room(agent: &str, displays: &[(&str, u16, u16)]) -> Option<Size> {
    let known = displays.iter().find(|(model, ..)| agent.contains(model));
    known.and_then(|(_, width, height)| Size::within(*width, *height))
}

/// What a User-Agent says: "Fanvil X5U-V2 2.12.1 0c3800000000" after the vendor's name. The address, when there is
/// one, comes last; the firmware before it begins with a digit; the rest is the model.
pub(crate) struct Agent {
    pub(crate) mac: Option<Mac>,
    pub(crate) model: Option<SmolStr>,
    pub(crate) firmware: Option<SmolStr>,
}

impl Agent {
    /// Reads what follows the vendor's name.
    pub(crate) fn parse(text: &str) -> Self {
        let mut words: Vec<&str> = text.split_ascii_whitespace().collect();
        let mac = words.last().and_then(|word| word.parse().ok());
        if words.last().is_some_and(|word| is_address(word)) {
            words.pop();
        }
        let is_firmware = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
        let firmware = words.last().copied().filter(is_firmware).map(SmolStr::from);
        if firmware.is_some() {
            words.pop();
        }
        let model = words.join(" ");
        Self {
            mac,
            model: (!model.is_empty()).then(|| SmolStr::from(model)),
            firmware,
        }
    }
}

/// Whether a word has the form of a MAC address, be it one that no phone can have.
fn is_address(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 12
        && word
            .bytes()
            .all(|c| c.is_ascii_hexdigit() || c == b':' || c == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, chars, expected) in [
            ("Zoë & Søn", 3, "Zoë"),
            ("Zoë & Søn", 4, "Zoë"),
            ("Zoë", 99, "Zoë"),
            ("\u{1f4de}\u{1f4de}", 1, "\u{1f4de}"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut(text, chars), expected);
        }
    }

    #[test]
    fn an_agent_names_model_firmware_and_address() {
        for (text, model, firmware, mac) in [
            (
                "SIP-T46G 28.72.0.1 00:15:65:4a:a9:37",
                Some("SIP-T46G"),
                Some("28.72.0.1"),
                Some("0015654aa937"),
            ),
            (
                "X5U-V2 2.12.1 0c3800000000",
                Some("X5U-V2"),
                Some("2.12.1"),
                Some("0c3800000000"),
            ),
            (
                "SIP-T46G 28.72.0.1 01:00:5e:00:01:75",
                Some("SIP-T46G"),
                Some("28.72.0.1"),
                None,
            ),
            ("SIP-T46G 28.72.0.1", Some("SIP-T46G"), Some("28.72.0.1"), None),
            ("", None, None, None),
        ] {
            let agent = Agent::parse(text);
            assert_eq!(agent.model.as_deref(), model, "{text}");
            assert_eq!(agent.firmware.as_deref(), firmware, "{text}");
            assert_eq!(agent.mac.map(|mac| mac.to_string()).as_deref(), mac, "{text}");
        }
    }
}
