//! The connections that are open, by number and by whom they lead to, and how many of them there may be.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use hotdesk_sip::hop::{ConnectionId, Hop, Transport};
use parking_lot::Mutex;

use super::connection::Connection;

/// Open connections, those included that are being opened by us.
#[derive(Default)]
pub(super) struct Table {
    by_id: HashMap<ConnectionId, Arc<Connection>>,
    /// Under the address of the other end, and under its aliases.
    by_remote: HashMap<(Transport, SocketAddr), Vec<Arc<Connection>>>,
}

impl Table {
    pub(super) fn insert(&mut self, connection: &Arc<Connection>) {
        self.by_id.insert(connection.id, Arc::clone(connection));
        self.alias(connection, connection.remote);
    }

    /// Lets requests for `address` use this connection.
    pub(super) fn alias(&mut self, connection: &Arc<Connection>, address: SocketAddr) {
        let same = self.by_remote.entry((connection.transport, address)).or_default();
        same.push(Arc::clone(connection));
    }

    pub(super) fn remove(&mut self, connection: &Connection) {
        self.by_id.remove(&connection.id);
        for address in [Some(connection.remote), connection.alias()]
            .into_iter()
            .flatten()
        {
            let key = (connection.transport, address);
            if let Some(same) = self.by_remote.get_mut(&key) {
                same.retain(|other| other.id != connection.id);
                if same.is_empty() {
                    self.by_remote.remove(&key);
                }
            }
        }
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Arc<Connection>> {
        self.by_id.get(&id)
    }

    /// The connection for a hop: the one it names, or one to the same address whose peer is known by the name
    /// that the hop asks for.
    pub(super) fn find(&self, to: &Hop) -> Option<&Arc<Connection>> {
        let named = to.connection.and_then(|id| self.by_id.get(&id));
        // A number is never given twice, so the port need not be the same: that of an answer is where its sender
        // would be reached by a new connection, if this one were closed (RFC 3261 §18.2.2).
        let named = named.filter(|it| it.remote.ip() == to.remote.ip() && it.transport == to.transport);
        named.or_else(|| {
            let same = self.by_remote.get(&(to.transport, to.remote))?;
            same.iter()
                .find(|connection| connection.is_known_as(to.server_name.as_deref()))
        })
    }
}

/// How many connections there are, in all and by source.
#[derive(Default)]
pub(super) struct Census(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    all: usize,
    by_source: HashMap<IpAddr, usize>,
}

/// A place for one connection; given back when dropped.
pub(super) struct Place {
    census: Arc<Census>,
    source: Option<IpAddr>,
}

impl Census {
    /// A place for a connection from `source`, or to somewhere when there is none; `None` when all are taken.
    pub(super) fn enter(
        self: &Arc<Self>,
        source: Option<IpAddr>,
        all_max: usize,
        per_source_max: usize,
    ) -> Option<Place> {
        let mut counted = self.0.lock();
        if counted.all >= all_max {
            return None;
        }
        let source = source.map(network);
        if let Some(source) = source {
            let of_source = counted.by_source.entry(source).or_default();
            if *of_source >= per_source_max {
                return None;
            }
            *of_source += 1;
        }
        counted.all += 1;
        Some(Place {
            census: Arc::clone(self),
            source,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counted = self.census.0.lock();
        counted.all -= 1;
        if let Some(source) = self.source
            && let Some(of_source) = counted.by_source.get_mut(&source)
        {
            *of_source -= 1;
            if *of_source == 0 {
                counted.by_source.remove(&source);
            }
        }
    }
}

/// Who is counted as one source: one IPv4 address, one IPv6 /64, because a single host may use all of that.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_in_all_and_per_network_and_come_back() {
        let census = Arc::new(Census::default());
        let enter = |source: Option<&str>| {
            let source = source.map(|source| source.parse().unwrap());
            census.enter(source, 4, 2)
        };
        let first = enter(Some("2001:db8::1"));
        let second = enter(Some("2001:db8::2"));
        assert!(first.is_some() && second.is_some());
        assert!(enter(Some("2001:db8::3")).is_none(), "the same /64");
        let others = [enter(Some("2001:db8:0:1::1")), enter(None)];
        assert!(others.iter().all(Option::is_some));
        assert!(
            enter(Some("192.0.2.1")).is_none() && enter(None).is_none(),
            "all taken"
        );
        drop(first);
        assert!(enter(Some("2001:db8::3")).is_some());
        drop((second, others));
        assert!(census.0.lock().by_source.is_empty());
    }
}
