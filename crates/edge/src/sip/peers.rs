//! The edges of the other offices: where they are, and whether a message really is from one of them.

use std::sync::Arc;

use hotdesk_client::WatchedTable;
use hotdesk_routing::Cidr;
use hotdesk_sip::hop::{Hop, Transport};
use hotdesk_sip::proxy::ListenerInfo;
use hotdesk_sip::uri::{Scheme, Uri};
use smol_str::SmolStr;

use super::hosts::Hosts;
use super::settings::contains;
use super::trunks::listener_for;
use crate::transport::Transports;

/// The other edges, as the table has them.
pub(crate) struct Peers {
    table: WatchedTable,
    hosts: Arc<Hosts>,
    listeners: Vec<ListenerInfo>,
    /// This edge's id: it is no peer of itself.
    own: SmolStr,
    /// Networks in which an address is proof enough; where edges do not use TLS between each other.
    trusted: Vec<Cidr>,
}

/// Where an edge is.
struct Place {
    host: SmolStr,
    port: u16,
    transport: Transport,
}

impl Peers {
    pub(crate) fn new(
        table: WatchedTable,
        hosts: Arc<Hosts>,
        listeners: &[ListenerInfo],
        own: SmolStr,
        trusted: Vec<Cidr>,
    ) -> Self {
        Self {
            table,
            hosts,
            listeners: listeners.to_vec(),
            own,
            trusted,
        }
    }

    /// The edge that a message came from. Over TLS its certificate must name the host that it announced in the
    /// cluster; otherwise it must come from the very address that it announced, within a trusted network.
    pub(crate) fn of_hop(&self, from: &Hop, transports: &Transports) -> Option<SmolStr> {
        let names = from
            .connection
            .filter(|_| from.transport.is_secure())
            .and_then(|connection| transports.peer_certificate(connection));
        let trusted = contains(&self.trusted, from.remote.ip());
        if names.is_none() && !trusted {
            return None;
        }
        let edges = self.table.edges();
        let found = edges
            .iter()
            .filter(|edge| edge.id.as_str() != self.own)
            .find(|edge| {
                let Some(place) = place(&edge.uri) else {
                    return false;
                };
                if let Some(names) = &names {
                    let named = names
                        .dns
                        .iter()
                        .any(|name| name.eq_ignore_ascii_case(&place.host));
                    // `sip:edge.example.com`, as RFC 5922 §7.1 has it; no user, and nothing in front of the host.
                    let of_host = |uri: &SmolStr| {
                        Uri::parse(uri.as_bytes())
                            .is_ok_and(|uri| uri.user.is_none() && uri.host.eq_ignore_ascii_case(&place.host))
                    };
                    return named || names.uris.iter().any(of_host);
                }
                // A stream's source port says nothing.
                let port = from.transport.is_reliable() || from.remote.port() == place.port;
                port && place.transport == from.transport
                    && self.hosts.is_at(&place.host, from.remote.ip().to_canonical())
            });
        found.map(|edge| edge.id.as_smol().clone())
    }

    /// Where an edge is, and the Route value that leads there.
    pub(crate) fn hop(&self, edge: &str) -> Option<(Hop, String)> {
        let edge = self.table.edge(edge)?;
        let place = place(&edge.uri)?;
        let remote = self.hosts.address(&place.host, place.port)?;
        let listener = listener_for(&self.listeners, place.transport, remote.is_ipv4())?;
        let mut hop = Hop::to(listener, place.transport, remote);
        hop.server_name = place.transport.is_secure().then(|| place.host.clone());
        let transport = match place.transport {
            Transport::Udp => String::new(),
            other => format!(";transport={other}"),
        };
        Some((hop, format!("<sip:{}:{}{transport};lr>", place.host, place.port)))
    }
}

fn place(uri: &str) -> Option<Place> {
    let uri = Uri::parse(uri.as_bytes()).ok()?;
    let named = uri.params.text("transport").and_then(|name| name.parse().ok());
    let transport = match uri.scheme {
        Scheme::Sips => Transport::Tls,
        Scheme::Sip => named.unwrap_or(Transport::Udp),
        _ => return None,
    };
    let port = uri.port.unwrap_or_else(|| transport.default_port());
    Some(Place {
        host: uri.host,
        port,
        transport,
    })
}
