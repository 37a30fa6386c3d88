//! Which URIs are the edge's own, and where the others lead.

use hotdesk_sip::hop::Hop;
use hotdesk_sip::uri::{Scheme, Uri};

use super::app::App;
use super::trunks::listener_for;

impl App {
    /// Whether the host of a URI is the company's domain or one of our listeners.
    pub(crate) fn is_our_domain(&self, uri: &Uri) -> bool {
        uri.host.eq_ignore_ascii_case(&self.settings.domain) || self.is_own_uri(uri)
    }

    /// Whether a URI leads to one of our listeners.
    pub(crate) fn is_own_uri(&self, uri: &Uri) -> bool {
        if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
            return false;
        }
        self.listeners.iter().any(|listener| {
            let (host, port) = split_sent_by(&listener.sent_by);
            let default = listener.transport.default_port();
            uri.host.eq_ignore_ascii_case(host) && uri.port.unwrap_or(default) == port.unwrap_or(default)
        })
    }

    /// Where a URI leads: an address, or a host that has been looked up.
    pub(crate) fn hop_of_uri(&self, uri: &Uri) -> Option<Hop> {
        let named = uri.params.text("transport").and_then(|name| name.parse().ok());
        let transport = match uri.scheme {
            Scheme::Sips => hotdesk_sip::hop::Transport::Tls,
            Scheme::Sip => named.unwrap_or(hotdesk_sip::hop::Transport::Udp),
            _ => return None,
        };
        let port = uri.port.unwrap_or_else(|| transport.default_port());
        let remote = self.hosts.address(&uri.host, port)?;
        let listener = listener_for(&self.listeners, transport, remote.is_ipv4())?;
        let mut hop = Hop::to(listener, transport, remote);
        hop.server_name = transport.is_secure().then(|| uri.host.clone());
        Some(hop)
    }

    /// Our Contact at the listener that leads to somebody.
    pub(crate) fn contact_at(&self, hop: &Hop, user: &str) -> String {
        let listener = self.listeners.get(usize::from(hop.listener.0));
        let sent_by = listener.map_or("invalid.invalid", |listener| listener.sent_by.as_str());
        let transport = match hop.transport {
            hotdesk_sip::hop::Transport::Udp => String::new(),
            other => format!(";transport={other}"),
        };
        format!("sip:{user}@{sent_by}{transport}")
    }
}

/// `host:port`, `[v6]:port`, `host`.
pub(crate) fn split_sent_by(sent_by: &str) -> (&str, Option<u16>) {
    match sent_by.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (sent_by, None),
    }
}
