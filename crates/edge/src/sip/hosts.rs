//! Names of hosts and their addresses, looked up beforehand: routing a call never waits for DNS (RFC 3263).
//!
//! A task asks again every half minute; until the first answer, and while there is none, a name leads nowhere. Only
//! A and AAAA records are asked for: trunks and edges are few and configured, with their port and transport.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use smol_str::SmolStr;

/// How often a name is looked up.
const EVERY: Duration = Duration::from_secs(30);
/// How many names are followed; further ones lead nowhere, and the log says so.
const NAMES_MAX: usize = 1024;

type Addresses = HashMap<SmolStr, Vec<IpAddr>>;

/// The addresses of the hosts that the edge talks to.
#[derive(Default)]
pub(crate) struct Hosts {
    known: ArcSwap<Addresses>,
    wanted: Mutex<Vec<SmolStr>>,
    asked: tokio::sync::Notify,
}

impl Hosts {
    /// The addresses of a host now; an address is its own. A name not heard of before is looked up from now on.
    pub(crate) fn addresses(&self, host: &str) -> Vec<IpAddr> {
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return vec![address];
        }
        if let Some(known) = self.known.load().get(host) {
            return known.clone();
        }
        let mut wanted = self.wanted.lock();
        if !wanted.iter().any(|name| name == host) {
            if wanted.len() >= NAMES_MAX {
                tracing::warn!(host, "too many host names to follow");
            } else {
                wanted.push(host.into());
                self.asked.notify_one();
            }
        }
        Vec::new()
    }

    /// Whether a host has this address. Asked for every request, so nothing is copied.
    pub(crate) fn is_at(&self, host: &str, ip: IpAddr) -> bool {
        if let Some(known) = self.known.load().get(host) {
            return known.contains(&ip);
        }
        self.addresses(host).contains(&ip)
    }

    /// The first address with this port.
    pub(crate) fn address(&self, host: &str, port: u16) -> Option<SocketAddr> {
        self.addresses(host).first().map(|ip| SocketAddr::new(*ip, port))
    }

    /// Looks names up, for as long as the edge runs.
    pub(crate) async fn follow(self: Arc<Self>) {
        loop {
            let names = self.wanted.lock().clone();
            let mut found = Addresses::new();
            for name in names {
                let addresses = tokio::net::lookup_host((name.as_str(), 0))
                    .await
                    .map(Vec::from_iter);
                match addresses {
                    Ok(addresses) => {
                        found.insert(name, addresses.into_iter().map(|address| address.ip()).collect());
                    }
                    Err(error) => {
                        // What was known stays: an old address is better than none.
                        let before = self.known.load().get(&name).cloned();
                        tracing::warn!(host = %name, %error, kept = before.is_some(), "cannot look up a host");
                        found.extend(before.map(|before| (name, before)));
                    }
                }
            }
            self.known.store(Arc::new(found));
            tokio::select! {
                () = self.asked.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}
