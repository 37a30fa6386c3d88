//! Comma lists (RFC 3261 §7.3.1).

/// Takes a list apart at its commas, but for those inside quotes and angle brackets; white space around the
/// values is left out, and so are empty values.
pub fn split_list(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let list = rest?;
        let end = value_end(list);
        rest = list.get(end + 1..);
        Some(list[..end].trim_ascii())
    })
    .filter(|value| !value.is_empty())
}

/// Where the first value ends: at a comma, or at the end.
fn value_end(list: &[u8]) -> usize {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for (at, byte) in list.iter().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' if !bracketed => quoted = !quoted,
            b'<' if !quoted => bracketed = true,
            b'>' if !quoted => bracketed = false,
            b',' if !quoted && !bracketed => return at,
            _ => {}
        }
    }
    list.len()
}
