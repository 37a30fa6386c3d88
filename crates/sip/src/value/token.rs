//! The smallest pieces of the grammar (RFC 3261 §25.1).

/// Whether this is a token: one or more letters, digits, or ``-.!%*_+`'~``.
#[must_use]
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~'
        )
}

/// Reads one or more digits; leading zeros are allowed. `None` for anything else, a sign and an overflow included.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = byte
            .is_ascii_digit()
            .then_some(u64::from(byte.wrapping_sub(b'0')))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// Where the first `stop` stands outside quotes; the length when there is none.
pub(super) fn find_unquoted(text: &[u8], stop: u8) -> usize {
    let Some(first) = memchr::memchr2(stop, b'"', text) else {
        return text.len();
    };
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate().skip(first) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            other if *other == stop && !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// Where the quote stands that closes a quoted string, whose inside begins `text`.
pub(super) fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Undoes the backslashes of a quoted string, line ends of folds left out.
pub(super) fn unquote(inner: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if memchr::memchr3(b'\\', b'\r', b'\n', inner).is_none() {
        return std::borrow::Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.extend(bytes.next()),
            b'\r' | b'\n' => {}
            other => out.push(*other),
        }
    }
    std::borrow::Cow::Owned(out)
}
