//! Which requests are looked at: from a network that may ask, not through a proxy, and not from a page of another site in
//! the browser of somebody who may.
//!
//! The interface takes GET and has no sign-in of its own, so a page anywhere in the world could have such a browser log
//! people out. What browsers say of where a request comes from is believed (`is_ours`): `Sec-Fetch-Site`, `Origin`,
//! `Referer`. With TLS that is enough: browsers always say it there, and reach the node under the name in its certificate
//! only. Without TLS two ways are left:
//!
//! - A page may ask its browser to say nothing. Browsers are then told by `User-Agent`, and refused.
//! - A page may have its own name lead to the node (DNS rebinding); for its browser the node then is the page's own site.
//!   So the name in `Host` has to be one that no such page has: an address, a name without a dot, the host of
//!   `phones.url`, or one of `phones.em.hosts`.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderValue, header};
use hotdesk_phone::em::Code;

use super::Peer;
use crate::phones::companion::is_ours;
use crate::phones::networks::Networks;

/// How many names of nodes there may be.
pub(super) const HOSTS_MAX: usize = 64;

/// Who may come in.
pub(super) struct Guard {
    pub(super) networks: Networks,
    pub(super) allow_via: bool,
    /// In lower case, without ports.
    pub(super) hosts: Vec<String>,
}

impl Guard {
    /// Whether a request from there is looked at.
    pub(super) fn admit(&self, peer: &Peer, headers: &HeaderMap) -> Result<(), Code> {
        if !self.networks.contain(peer.address) {
            return Err(Code::UntrustedAddress);
        }
        let is_hidden = || is_silent_browser(headers) || !self.is_own_host(headers);
        if is_of_a_page(headers) || !is_ours(headers) || (!peer.is_secure && is_hidden()) {
            tracing::warn!(
                address = %peer.address,
                "refused by Cisco's interface: a browser asks for another site's page or without saying for whose, or \
                 the node was asked under a name that is neither in phones.url nor in phones.em.hosts"
            );
            return Err(Code::UntrustedAddress);
        }
        if !self.allow_via && headers.keys().any(|name| is_of_proxy(name.as_str())) {
            return Err(Code::Proxy);
        }
        Ok(())
    }

    /// Whether the name that was asked for leads here by nobody else's doing. Browsers always say one.
    fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(header::HOST).iter();
        let (first, more) = (given.next(), given.next());
        let Some(host) = first else {
            return true;
        };
        let Some(host) = host.to_str().ok().filter(|_| more.is_none()) else {
            return false;
        };
        let host = host_of(host).to_ascii_lowercase();
        let is_address = host.parse::<IpAddr>().is_ok() || is_bracketed(&host);
        is_address || !host.contains('.') || self.hosts.contains(&host)
    }
}

/// Whether a browser says that a page asks, and not somebody who typed the address. No page of ours asks here, so one that
/// seems to be ours has had its site's name point to us.
fn is_of_a_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    headers.contains_key(header::ORIGIN) || site.is_some_and(|site| site != b"none")
}

/// Whether a browser asks that does not say for whose page. Phones name themselves in a header that pages cannot send.
fn is_silent_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).map(HeaderValue::as_bytes);
    let is_browser = agent.is_some_and(|agent| agent.starts_with(b"Mozilla/"));
    let speaks = ["sec-fetch-site", "origin", "referer", "x-ciscoipphonemodelname"];
    is_browser && !speaks.iter().any(|name| headers.contains_key(*name))
}

/// The host of "host:port", without the dot that a full name may end with.
pub(super) fn host_of(authority: &str) -> &str {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    host.strip_suffix('.').unwrap_or(host)
}

fn is_bracketed(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// Whether proxies add a header of this name, which is in lower case.
fn is_of_proxy(name: &str) -> bool {
    matches!(name, "via" | "forwarded" | "x-real-ip") || name.starts_with("x-forwarded-")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::http::HeaderName;

    use super::*;

    fn guard() -> Guard {
        Guard {
            networks: Networks::parse(&["10.0.0.0/8".to_owned()]).unwrap(),
            allow_via: false,
            hosts: vec!["em.example.com".to_owned()],
        }
    }

    fn admitted(guard: &Guard, is_secure: bool, pairs: &[(&'static str, &'static str)]) -> Result<(), Code> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let peer = Peer {
            address: "10.1.2.3".parse().unwrap(),
            macs: Arc::default(),
            is_secure,
        };
        guard.admit(&peer, &headers.collect())
    }

    #[test]
    fn only_names_that_no_page_can_have_are_answered_without_tls() {
        for (host, is_own) in [
            ("em.example.com:8080", true),
            ("EM.example.com.", true),
            ("10.1.0.5:8080", true),
            ("[2001:db8::1]:8080", true),
            ("[2001:db8::1]", true),
            ("localhost:8080", true),
            ("cucm", true),
            ("evil.example:8080", false),
            ("em.example.com.evil.example", false),
            ("10.1.0.5.evil.example", false),
            ("[x.evil.example]", false),
        ] {
            let headers = [("host", host), ("sec-fetch-site", "none")];
            let expected = if is_own {
                Ok(())
            } else {
                Err(Code::UntrustedAddress)
            };
            assert_eq!(admitted(&guard(), false, &headers), expected, "{host}");
            // The certificate was for another name.
            assert_eq!(admitted(&guard(), true, &headers), Ok(()), "{host}");
        }
        let two = [("host", "cucm"), ("host", "evil.example")];
        assert_eq!(admitted(&guard(), false, &two), Err(Code::UntrustedAddress));
        assert_eq!(admitted(&guard(), false, &[]), Ok(()), "no browser");
    }

    #[test]
    fn a_browser_without_tls_has_to_say_for_whose_page_it_asks() {
        const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
        let own = ("host", "cucm:8080");
        let refused = Err(Code::UntrustedAddress);
        for (headers, expected) in [
            (&[own, BROWSER][..], refused),
            (&[own, BROWSER, ("referer", "http://evil.example/")], refused),
            (&[own, BROWSER, ("referer", "http://cucm:8080/x")], Ok(())),
            (&[own, BROWSER, ("sec-fetch-site", "none")], Ok(())),
            (&[own, BROWSER, ("x-ciscoipphonemodelname", "CP-8841")], Ok(())),
            (&[own, ("user-agent", "curl/8.5.0")], Ok(())),
            (&[own], Ok(())),
        ] {
            assert_eq!(admitted(&guard(), false, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_came_through_a_proxy_is_told_by_any_header_that_proxies_add() {
        for name in [
            "via",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-via",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
        ] {
            assert_eq!(
                admitted(&guard(), true, &[(name, "x")]),
                Err(Code::Proxy),
                "{name}"
            );
            let allowing = Guard {
                allow_via: true,
                ..guard()
            };
            assert_eq!(admitted(&allowing, true, &[(name, "x")]), Ok(()), "{name}");
        }
    }
}
