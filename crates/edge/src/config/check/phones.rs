//! Desk phones.

use super::Found;
use crate::config::Config;

pub(super) fn check(config: &Config, found: &mut Found) {
    let phones = &config.phones;
    found.when(
        phones.node_url.as_deref().is_some_and(|url| !is_base(url)),
        "phones.node_url",
        format!(
            "must be scheme, host and port without a slash at the end, such as https://chicago.example.com:8443, \
             found {:?}",
            phones.node_url.as_deref().unwrap_or_default()
        ),
    );
    found.when(
        phones.give_up_after <= phones.wait,
        "phones.give_up_after_ms",
        "must be longer than phones.wait_ms",
    );
}

fn is_base(url: &str) -> bool {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_part = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | ':' | '[' | ']');
    host.is_some_and(|host| !host.is_empty() && host.chars().all(is_part))
}
