//! `application/x-www-form-urlencoded`, both ways.

use data_encoding::HEXUPPER_PERMISSIVE;

/// The fields of a form, in their order. What is not UTF-8 is replaced, a `%` without two digits stays as it is.
pub(crate) fn decode(form: &[u8]) -> Vec<(String, String)> {
    let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(equals + 1..).unwrap_or_default();
            (unescape(&pair[..equals]), unescape(value))
        })
        .collect()
}

/// The first value of a field; empty when it is not there.
pub(crate) fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    let found = form.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

/// A form of these fields.
pub(crate) fn encode<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields = fields.into_iter();
    let pairs = fields.map(|(name, value)| format!("{}={}", escape(name), escape(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn unescape(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escaped = || HEXUPPER_PERMISSIVE.decode(after.get(..2)?).ok();
        match (first, escaped()) {
            (b'%', Some(byte)) => {
                bytes.extend(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(byte.into());
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_and_written() {
        let fields = decode(b"id=2041&name+of=Ada%20%26%20Co%zz&&flag&utf=%C3%A4");
        let expected = [
            ("id", "2041"),
            ("name of", "Ada & Co%zz"),
            ("flag", ""),
            ("utf", "\u{e4}"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(fields, expected);
        assert_eq!((field(&fields, "id"), field(&fields, "none")), ("2041", ""));
        let written = encode(fields.iter().map(|(name, value)| (name.as_str(), value.clone())));
        assert_eq!(decode(written.as_bytes()), fields);
        assert_eq!(
            encode([("contact", "sip:a@b;x=\"1\"".into())]),
            "contact=sip%3Aa%40b%3Bx%3D%221%22"
        );
    }
}
