//! Takes secrets out of what is written down.

use std::borrow::Cow;
use std::ops::Range;

use crate::message::Header;
use crate::starcode::Code;

/// Stands in place of a secret; its length says nothing.
const GONE: &str = "xxxx";

/// How often escapes may be escaped again (a URI in a header of a URI is escaped twice) and still be seen through.
const ESCAPE_DEPTH_MAX: usize = 8;

/// Takes secrets out of text and messages: credentials of digest, passwords in URIs, keys of encrypted media,
/// and PINs dialled as `*11*EXTENSION*PIN`, wherever they stand and however they are escaped.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// What stands before the extension: `*11*`, and the one that is configured.
    logins: Vec<Vec<u8>>,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new(Code::LOGIN)
    }
}

impl Redactor {
    /// For another login code than `*11`, and for that as well: people go on dialling what they know. Empty: no
    /// other.
    #[must_use]
    pub fn new(login_code: &str) -> Self {
        let mut codes = vec![Code::LOGIN];
        codes.extend(Some(login_code).filter(|code| !code.is_empty() && *code != Code::LOGIN));
        let logins = codes
            .into_iter()
            .map(|code| format!("{code}*").into_bytes())
            .collect();
        Self { logins }
    }

    /// Text that is no header field and no body: a dialled number, a URI, a start line, a line of JSON (which stays
    /// valid). What is not UTF-8 in it becomes the replacement character.
    #[must_use]
    pub fn text<'a>(&self, text: &'a [u8]) -> Cow<'a, str> {
        let mut secrets = Vec::new();
        if memchr::memchr3(b'*', b'%', b'?', text).is_some() {
            let items = decode(text);
            for login in &self.logins {
                pins(login, &items, &mut secrets);
            }
            credentials_in_uris(text, &items, &mut secrets);
        }
        passwords_in_uris(text, &mut secrets);
        if secrets.is_empty() {
            return String::from_utf8_lossy(text);
        }
        secrets.sort_unstable_by_key(|range| range.start);
        let mut clean = Vec::with_capacity(text.len());
        let mut at = 0;
        for secret in secrets {
            if secret.start >= at {
                clean.extend_from_slice(&text[at..secret.start]);
                clean.extend_from_slice(GONE.as_bytes());
            }
            at = at.max(secret.end);
        }
        clean.extend_from_slice(&text[at..]);
        Cow::Owned(String::from_utf8_lossy(&clean).into_owned())
    }

    /// A header field on one line, without its end.
    #[must_use]
    pub fn header(&self, header: &Header) -> String {
        let name = header.name();
        let value = if is_credential(name.as_str()) {
            Cow::Borrowed(GONE)
        } else {
            Cow::Owned(self.text(&header.value()).into_owned())
        };
        format!("{name}: {value}")
    }

    /// A body of a kind that is kept: description, sipfrag, XML of the event packages. Line by line: what is not
    /// secret stays readable.
    #[must_use]
    pub(super) fn body(&self, body: &[u8]) -> String {
        let mut clean = String::with_capacity(body.len());
        let mut folded_secret = false;
        for line in body.split_inclusive(|byte| *byte == b'\n') {
            let folded = line.starts_with(b" ") || line.starts_with(b"\t");
            let kept = match secret_line(line) {
                _ if folded && folded_secret => 0,
                Some(kept) => kept,
                None => {
                    folded_secret = false;
                    clean.push_str(&self.text(line));
                    continue;
                }
            };
            folded_secret = true;
            clean.push_str(&String::from_utf8_lossy(&line[..kept]));
            clean.push_str(GONE);
            clean.push_str("\r\n");
        }
        clean
    }
}

/// PINs: the login code, an extension, a star, and then everything up to what ends a number.
fn pins(login: &[u8], items: &[Item], secrets: &mut Vec<Range<usize>>) {
    // As dialled: without the separators that people read numbers by (RFC 3966 §5.1.1).
    let dialled: Vec<&Item> = (0..items.len())
        .filter(|at| !is_separator(items, *at))
        .map(|at| &items[at])
        .collect();
    let code = login.len();
    let mut at = 0;
    while at + code <= dialled.len() {
        let found = dialled[at..at + code]
            .iter()
            .zip(login)
            .all(|(item, byte)| item.byte == *byte);
        if !found {
            at += 1;
            continue;
        }
        let extension_end = run(&dialled, at + code, |byte| byte != b'*' && !ends_number(byte));
        let pin = extension_end + 1;
        let is_star = dialled.get(extension_end).is_some_and(|item| item.byte == b'*');
        let end = run(&dialled, pin, |byte| !ends_number(byte));
        if is_star && end > pin {
            secrets.push(dialled[pin].start..dialled[end - 1].end);
            at = end;
        } else {
            // The star may begin another code.
            at += code - 1;
        }
    }
}

/// A byte of the text with its escapes undone, and where it stands.
#[derive(Clone, Copy)]
struct Item {
    byte: u8,
    start: usize,
    end: usize,
}

/// Undoes percent escapes, again and again until none is left.
fn decode(text: &[u8]) -> Vec<Item> {
    let mut items: Vec<Item> = (text.iter().enumerate())
        .map(|(at, byte)| Item {
            byte: *byte,
            start: at,
            end: at + 1,
        })
        .collect();
    for _ in 0..ESCAPE_DEPTH_MAX {
        let before = items.len();
        let mut decoded = Vec::with_capacity(before);
        let mut at = 0;
        while let Some(item) = items.get(at) {
            let digits = items
                .get(at + 1)
                .zip(items.get(at + 2))
                .filter(|_| item.byte == b'%');
            match digits.and_then(|(high, low)| Some((hex(high.byte)? << 4 | hex(low.byte)?, low.end))) {
                Some((byte, end)) => {
                    decoded.push(Item {
                        byte,
                        start: item.start,
                        end,
                    });
                    at += 3;
                }
                None => {
                    decoded.push(*item);
                    at += 1;
                }
            }
        }
        items = decoded;
        if items.len() == before {
            break;
        }
    }
    items
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Where a run of bytes ends that begins at `from`.
fn run(items: &[&Item], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = items.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|item| belongs(item.byte)).count()
}

/// A visual separator, or a space with the number going on behind it.
fn is_separator(items: &[Item], at: usize) -> bool {
    match items[at].byte {
        b'-' | b'.' | b'(' | b')' => true,
        b' ' | b'\t' => {
            let next = items[at..].iter().find(|item| !b" \t-.()".contains(&item.byte));
            next.is_some_and(|item| item.byte.is_ascii_digit() || matches!(item.byte, b'*' | b'#'))
        }
        _ => false,
    }
}

/// What cannot be in a dialled number, however generously it is read. The backslash, so that JSON stays valid.
fn ends_number(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f || b"@<>\"',;?&=\\".contains(&byte)
}

/// `?Authorization=...` among the header fields of a URI (RFC 3261 §19.1.1 advises against, §19.1.5 forbids).
fn credentials_in_uris(text: &[u8], items: &[Item], secrets: &mut Vec<Range<usize>>) {
    const NAME: &[u8] = b"authorization=";
    for at in 0..items.len().saturating_sub(NAME.len()) {
        let window = &items[at..at + NAME.len()];
        if window
            .iter()
            .zip(NAME)
            .all(|(item, byte)| item.byte.eq_ignore_ascii_case(byte))
        {
            let start = items[at + NAME.len() - 1].end;
            let rest = &text[start..];
            let length = rest
                .iter()
                .position(|byte| *byte <= b' ' || b"&<>\"\\".contains(byte));
            secrets.push(start..start + length.unwrap_or(rest.len()));
        }
    }
}

/// `sip:user:password@host`.
fn passwords_in_uris(text: &[u8], secrets: &mut Vec<Range<usize>>) {
    for at in memchr::memchr_iter(b'@', text) {
        let before = &text[..at];
        let start = before
            .iter()
            .rposition(|byte| *byte <= b' ' || b"<>\"\\,@".contains(byte));
        let uri = start.map_or(0, |start| start + 1);
        let mut colons = memchr::memchr_iter(b':', &text[uri..at]).map(|colon| uri + colon);
        let scheme = colons.next().map(|colon| &text[uri..colon]);
        let is_sip = scheme.is_some_and(|scheme| {
            let word = scheme
                .rsplit(|byte| !byte.is_ascii_alphabetic())
                .next()
                .unwrap_or_default();
            word.eq_ignore_ascii_case(b"sip") || word.eq_ignore_ascii_case(b"sips")
        });
        if let Some(colon) = colons.next().filter(|_| is_sip) {
            secrets.push(colon + 1..at);
        }
    }
}

/// Header fields whose value proves that somebody knows a password.
fn is_credential(name: &str) -> bool {
    const NAMES: [&str; 4] = [
        "Authorization",
        "Proxy-Authorization",
        "Authentication-Info",
        "Proxy-Authentication-Info",
    ];
    NAMES.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// How much of a secret line of a body may be kept; `None` when the line is not secret: keys of a description
/// (RFC 4568, RFC 8839), header fields of a sipfrag.
fn secret_line(line: &[u8]) -> Option<usize> {
    const BEGINNINGS: [&[u8]; 4] = [b"a=crypto:", b"a=key-mgmt:", b"a=ice-pwd:", b"k="];
    let begins = |beginning: &&[u8]| {
        let head = line.get(..beginning.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(beginning))
    };
    if let Some(beginning) = BEGINNINGS.iter().find(|beginning| begins(beginning)) {
        return Some(beginning.len());
    }
    let colon = memchr::memchr(b':', line)?;
    let name = std::str::from_utf8(line[..colon].trim_ascii()).ok()?;
    is_credential(name).then_some(colon + 1)
}
