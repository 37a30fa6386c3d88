//! What the core reads from each message, as slices: it runs for every message, so nothing is copied.

/// The top Via as far as transactions need it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TopVia<'a> {
    /// The whole value.
    pub(crate) value: &'a [u8],
    /// `host:port` as it stands there.
    pub(crate) sent_by: &'a [u8],
    /// The branch.
    pub(crate) branch: Option<&'a [u8]>,
    /// `Some("")` asks for it (RFC 3581).
    pub(crate) rport: Option<&'a [u8]>,
}

impl<'a> TopVia<'a> {
    /// Reads the first value of a Via header field.
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let (head, params) = value.split_at(end);
        let slash = memchr::memrchr(b'/', head)?;
        let head = head[slash + 1..].trim_ascii();
        let space = head.iter().position(u8::is_ascii_whitespace)?;
        let mut via = Self {
            value,
            sent_by: head[space..].trim_ascii(),
            branch: None,
            rport: None,
        };
        for (name, value) in params_of(params) {
            if name.eq_ignore_ascii_case(b"branch") {
                via.branch = value;
            } else if name.eq_ignore_ascii_case(b"rport") {
                via.rport = Some(value.unwrap_or_default());
            }
        }
        Some(via)
    }
}

/// The parameters of `;a=b;c`, quotes respected.
pub(crate) fn params_of(text: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = param_end(rest);
            let param = rest[..end].trim_ascii();
            rest = rest.get(end + 1..).unwrap_or_default();
            if !param.is_empty() {
                return Some(match memchr::memchr(b'=', param) {
                    Some(at) => (
                        param[..at].trim_ascii_end(),
                        Some(param[at + 1..].trim_ascii_start()),
                    ),
                    None => (param, None),
                });
            }
        }
        None
    })
}

fn param_end(text: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// The tag of a From or To value.
pub(crate) fn tag_of(value: &[u8]) -> Option<&[u8]> {
    let mut params = params_after_address(value);
    let (_, tag) = params.find(|(name, _)| name.eq_ignore_ascii_case(b"tag"))?;
    tag.filter(|tag| !tag.is_empty())
}

/// The header parameters behind an address, with or without angle brackets.
fn params_after_address(value: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    let address = skip_quoted(value.trim_ascii_start());
    let behind = memchr::memchr(b'>', address).map_or(address, |end| &address[end + 1..]);
    let start = memchr::memchr(b';', behind).unwrap_or(behind.len());
    params_of(&behind[start..])
}

/// What stands behind a quoted display name.
fn skip_quoted(value: &[u8]) -> &[u8] {
    let Some(quoted) = value.strip_prefix(b"\"") else {
        return value;
    };
    let mut escaped = false;
    for (at, byte) in quoted.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return &quoted[at + 1..],
            _ => {}
        }
    }
    &[]
}

/// The URI inside a Route value, or the value up to its parameters.
pub(crate) fn uri_of(value: &[u8]) -> &[u8] {
    let address = skip_quoted(value.trim_ascii());
    match (memchr::memchr(b'<', address), memchr::memchr(b'>', address)) {
        (Some(start), Some(end)) if start < end => &address[start + 1..end],
        _ => {
            let end = memchr::memchr(b';', address).unwrap_or(address.len());
            address[..end].trim_ascii()
        }
    }
}

/// Number and method of a CSeq value.
pub(crate) fn cseq_of(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut words = value
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    Some((words.next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_wherever_the_grammar_lets_them_stand() {
        let rows: [(&str, Option<&str>); 8] = [
            ("<sip:a@b>;tag=x", Some("x")),
            ("\"a;tag=no>\" <sip:a@b;tag=no>;other=1 ; TAG = x", Some("x")),
            ("sip:a@b;tag=x", Some("x")),
            ("Maria <sip:a@b>;q=\";tag=no\";tag=x", Some("x")),
            ("<sip:a@b>", None),
            ("<sip:a@b>;tag=", None),
            ("<sip:a@b;tag=no>", None),
            ("\"unclosed <sip:a@b>;tag=no", None),
        ];
        for (value, tag) in rows {
            assert_eq!(tag_of(value.as_bytes()), tag.map(str::as_bytes), "{value}");
        }
    }

    #[test]
    fn a_via_is_read_with_white_space_and_ipv6() {
        let via =
            TopVia::parse(b"SIP / 2.0 / UDP  [2001:db8::1]:5070 ;rport; branch = z9hG4bKx ;ttl=1").unwrap();
        assert_eq!(via.sent_by, b"[2001:db8::1]:5070");
        assert_eq!(via.branch, Some(&b"z9hG4bKx"[..]));
        assert_eq!(via.rport, Some(&b""[..]));
        assert!(TopVia::parse(b"SIP/2.0/UDP").is_none());
        assert!(TopVia::parse(b"nonsense").is_none());
    }

    #[test]
    fn the_uri_of_a_route_value_is_inside_its_brackets() {
        let rows = [
            ("<sip:a@b;lr>;x=1", "sip:a@b;lr"),
            ("\"<no>\" <sip:a@b;lr>", "sip:a@b;lr"),
            ("sip:a@b;x=1", "sip:a@b"),
        ];
        for (value, uri) in rows {
            assert_eq!(uri_of(value.as_bytes()), uri.as_bytes());
        }
    }
}
