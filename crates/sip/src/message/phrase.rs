//! The standard reason phrases.

use std::sync::LazyLock;

/// The phrase that belongs to a status: rsip's names of the registered ones, in words. For a status that nobody
/// registered, that of its class (RFC 3261 §8.1.3.2).
#[must_use]
pub fn reason_phrase(status: u16) -> &'static str {
    let index = usize::from(status.clamp(FIRST, LAST) - FIRST);
    &PHRASES[index]
}

const FIRST: u16 = 100;
const LAST: u16 = 699;

static PHRASES: LazyLock<Vec<String>> = LazyLock::new(|| (FIRST..=LAST).map(phrase).collect());

/// What rsip does not have, has under another number, or writes in a way that words cannot be told from.
const OWN: [(u16, &str); 13] = [
    (201, "OK"),
    (202, "Accepted"),
    (414, "Request-URI Too Long"),
    (416, "Unsupported URI Scheme"),
    (425, "Bad Alert Message"),
    (429, "Provide Referrer Identity"),
    (430, "Flow Failed"),
    (478, "Unresolvable Destination"),
    (481, "Call/Transaction Does Not Exist"),
    (504, "Server Time-out"),
    (555, "Push Notification Service Not Supported"),
    (606, "Not Acceptable"),
    (608, "Rejected"),
];

fn phrase(status: u16) -> String {
    if let Some((_, phrase)) = OWN.iter().find(|(own, _)| *own == status) {
        return (*phrase).to_owned();
    }
    let known = match rsip::StatusCode::from(status) {
        rsip::StatusCode::Other(..) => rsip::StatusCode::from(status / 100 * 100),
        known => known,
    };
    let printed = known.to_string();
    words(printed.split_once(' ').map_or("", |(_, name)| name))
}

/// `BusyHere` in words.
fn words(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && after_small {
            out.push(' ');
        }
        after_small = letter.is_ascii_lowercase();
        out.push(letter);
    }
    out
}
