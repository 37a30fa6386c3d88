//! Names of fields in refusals. In the core they are literals; what comes from the wire must become one.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::convert::Invalid;

/// The names that this version's core uses.
const KNOWN: [&str; 53] = [
    "aliases",
    "allowed_groups",
    "batch",
    "desk",
    "devices",
    "directory_url",
    "display_name",
    "edges",
    "email",
    "emergency_location",
    "enrolment tokens",
    "extension",
    "forward_always",
    "forward_busy",
    "forward_no_answer",
    "forward_not_logged_in",
    "group",
    "id",
    "idle_timeout",
    "import",
    "imports at the same time",
    "items",
    "label",
    "lamps",
    "language",
    "line_label",
    "lockout",
    "login_time_max",
    "mac",
    "model",
    "multiple_logins",
    "name",
    "no_answer_after_s",
    "number",
    "numbers",
    "owner",
    "profile",
    "rights",
    "ring_tone",
    "rows",
    "rows of all staged imports",
    "schedule",
    "secret",
    "site",
    "softkeys",
    "speed_dials",
    "time_zone",
    "until",
    "uri",
    "uses",
    "verifier",
    "voicemail",
    "voicemail_number",
];

/// How many names of newer versions are kept for the life of the process.
const LEARNED_MAX: usize = 256;
/// The longest of them, in bytes.
const LEARNED_BYTES_MAX: usize = 64;

static LEARNED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The same name with the life of the program. A newer version's name is kept for good, because dropping it
/// would make this node's copy differ from the others'; the bound keeps nonsense from filling the memory.
pub(super) fn known(name: &str) -> Result<&'static str, Invalid> {
    if let Ok(at) = KNOWN.binary_search(&name) {
        return Ok(KNOWN[at]);
    }
    let mut learned = LEARNED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = learned.get(name) {
        return Ok(known);
    }
    if name.len() > LEARNED_BYTES_MAX || learned.len() >= LEARNED_MAX {
        let problem = format!(
            "expected the name of a field, got {} bytes of something else",
            name.len()
        );
        return Err(Invalid::new("field", problem));
    }
    let name: &'static str = Box::leak(name.into());
    learned.insert(name);
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_names_are_sorted() {
        assert!(KNOWN.is_sorted());
    }

    #[test]
    fn a_newer_name_is_learned_once() {
        let first = known("favourite_colour").unwrap();
        let again = known(&String::from("favourite_colour")).unwrap();
        assert!(std::ptr::eq(first, again));
        assert!(known(&"x".repeat(LEARNED_BYTES_MAX + 1)).is_err());
    }
}
