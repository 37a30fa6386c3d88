//! The header fields of a 200 to REGISTER.

use super::Rules;
use super::bindings::{Bindings, Contact};
use super::register::Request;
use crate::message::{Header, Name};

pub(super) fn headers(request: &Request, now_ms: u64, rules: &Rules<'_>, bindings: &Bindings) -> Vec<Header> {
    let mut headers = Vec::with_capacity(bindings.contacts.len() + 5);
    for contact in bindings.live(now_ms) {
        headers.push(Header::new(
            Name::Contact,
            contact_value(contact, now_ms, request, rules),
        ));
    }
    if !request.path.is_empty() {
        // In their order, one list (RFC 3327 §5.3).
        headers.push(Header::new(Name::Path, request.path.join(&b", "[..])));
    }
    let options = [
        ("path", true),
        ("outbound", rules.outbound),
        ("gruu", rules.gruu.is_some()),
    ];
    let options = options
        .into_iter()
        .filter_map(|(option, on)| on.then_some(option));
    headers.push(Header::new(
        Name::Supported,
        options.collect::<Vec<_>>().join(", "),
    ));
    if request.outbound {
        headers.push(Header::new(Name::Require, "outbound"));
        if rules.flow_timer_s > 0 {
            headers.push(Header::new(Name::FlowTimer, rules.flow_timer_s.to_string()));
        }
    }
    headers.push(Header::new(Name::Date, date(now_ms)));
    headers
}

fn contact_value(contact: &Contact, now_ms: u64, request: &Request, rules: &Rules<'_>) -> Vec<u8> {
    let mut value = Vec::with_capacity(contact.uri.len() + contact.params.len() + 32);
    value.push(b'<');
    value.extend_from_slice(&contact.uri);
    value.push(b'>');
    value.extend_from_slice(&contact.params);
    let expires_s = contact.expires_in_s(now_ms);
    value.extend_from_slice(format!(";expires={expires_s}").as_bytes());
    if let (Some(gruu), Some(instance), true) = (&rules.gruu, &contact.instance, request.gruu) {
        let (account, domain) = (escape(gruu.account), gruu.domain);
        let gr = escape(instance);
        value.extend_from_slice(format!(";pub-gruu=\"sip:{account}@{domain};gr={gr}\"").as_bytes());
        let temp = gruu
            .key
            .make(gruu.account, instance, &contact.call_id, contact.cseq);
        if let Some(user) = temp {
            value.extend_from_slice(format!(";temp-gruu=\"sip:{user}@{domain};gr\"").as_bytes());
        }
    }
    value
}

/// Escapes what may stand neither in a user part nor in a parameter's value (RFC 3261 §25.1); `:` and what else
/// a `urn:uuid:` needs stays as it is where the other side looks for it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' | b':' | b'+' | b'$' | b'&' => {
                out.push(char::from(byte));
            }
            other if other.is_ascii_alphanumeric() => out.push(char::from(other)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// `Thu, 21 Feb 2002 13:02:03 GMT` (RFC 3261 §20.17).
pub(super) fn date(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let weekday = WEEKDAYS[usize::try_from(days % 7).unwrap_or(0)];
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    // Years that begin in March have their leap day at the end; 400 of them have always the same days.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day + 2) / 153;
    let day = day - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12;
    let year = era * 400 + year + u64::from(month < 2);
    let month = MONTHS[usize::try_from(month).unwrap_or(0)];
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

/// The first of January 1970 was a Thursday.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
