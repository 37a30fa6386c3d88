//! Hosts and ports (RFC 3261 §25.1 `hostport`).

use std::net::{IpAddr, Ipv6Addr};

/// The address that a host is; `None` for a name. IPv6 with or without brackets (RFC 5118 §4.5), and with the
/// third colon that the grammar of RFC 3261 lets stand before an IPv4 part (§4.10 there).
#[must_use]
pub fn host_ip(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let text = inner.unwrap_or(host);
    if let Ok(ip) = text.parse::<IpAddr>() {
        return (inner.is_none() || ip.is_ipv6()).then_some(ip);
    }
    let (before, after) = text.split_once(":::")?;
    let ip = format!("{before}::{after}").parse::<Ipv6Addr>().ok()?;
    Some(IpAddr::V6(ip))
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`, white space allowed around each. The host is not empty and has
/// only characters that hosts have.
pub(crate) fn split_host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let text = text.trim();
    let (host, rest) = match text.strip_prefix('[') {
        Some(inner) => {
            let end = inner.find(']')?;
            let is_address = inner[..end].bytes().all(is_ipv6_byte) && inner[..end].contains(':');
            if !is_address {
                return None;
            }
            text.split_at(end + 2)
        }
        None => {
            let (host, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            let host = host.trim_end();
            if host.is_empty() || !host.bytes().all(is_name_byte) {
                return None;
            }
            (host, rest)
        }
    };
    let rest = rest.trim();
    if rest.is_empty() {
        return Some((host, None));
    }
    let port = super::port(rest.strip_prefix(':')?.trim())?;
    Some((host, Some(port)))
}

const fn is_ipv6_byte(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
}

/// Underscores are no part of host names, but of those that people give their machines.
const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}
