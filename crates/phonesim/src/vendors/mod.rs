//! One file per vendor: its files, formats, pages and habits.

mod cisco;
mod cisco_mpp;
mod cisco_pages;
mod fanvil;
mod grandstream;
mod ip_phone;
mod linphone;
mod mitel;
mod poly;
mod snom;
mod yealink;

use crate::model::Model;

/// All that are simulated.
pub(crate) static MODELS: &[&dyn Model] = &[
    &cisco::Cisco,
    &cisco_mpp::CiscoMpp,
    &fanvil::Fanvil,
    &grandstream::Grandstream,
    &linphone::Linphone,
    &mitel::Mitel,
    &poly::Poly,
    &snom::Snom,
    &yealink::Yealink,
];

/// A field of a form, decoded.
fn form(body: &str, name: &str) -> Option<String> {
    let value = body
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let bytes = value.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(*byte),
        }
        at += 1;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_form_is_decoded() {
        assert_eq!(form("A=1&XML=%3Ca%2F%3E+b%", "XML").as_deref(), Some("<a/> b%"));
        assert_eq!(form("XMLS=1", "XML"), None);
    }
}
