//! The nodes a client knows, and which of them it is using.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use crate::error::Error;
use crate::options::{Options, Tls};

/// How many nodes a client remembers at most; further ones that it learns of are ignored.
pub(crate) const ENDPOINTS_MAX: usize = 64;
/// A ping goes out after so long without traffic. Without pings a connection cut by a firewall looks healthy
/// for many minutes.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(2);
/// Without an answer to a ping for so long the connection is given up.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// A node that may be asked.
pub(crate) struct Node {
    /// `host:port`.
    pub(crate) address: String,
    endpoint: Endpoint,
    channel: OnceLock<Channel>,
}

impl Node {
    /// The connection to the node, opened by the first request and again after it broke. Only inside a tokio
    /// runtime, which is why it is not made in `Client::new`.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.get_or_init(|| self.endpoint.connect_lazy()).clone()
    }
}

/// All nodes known. Calls stay with one until it fails.
pub(crate) struct Endpoints {
    nodes: RwLock<Vec<Arc<Node>>>,
    current: AtomicUsize,
    connect_timeout: Duration,
    tls: Option<Tls>,
}

impl Endpoints {
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let endpoints = Self {
            nodes: RwLock::default(),
            current: AtomicUsize::new(0),
            connect_timeout: options.connect_timeout,
            tls: options.tls.clone(),
        };
        if options.endpoints.is_empty() {
            return Err(invalid("no node is given".into()));
        }
        for text in &options.endpoints {
            let node = endpoints.node(text)?;
            endpoints.add(node);
        }
        Ok(endpoints)
    }

    /// The node in use.
    pub(crate) fn current(&self) -> Arc<Node> {
        self.at(self.current.load(Ordering::Relaxed))
    }

    /// The node at a position, counted round and round.
    pub(crate) fn at(&self, position: usize) -> Arc<Node> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&nodes[position % nodes.len()])
    }

    /// The position of the node in use, for [`at`](Self::at).
    pub(crate) fn position(&self) -> usize {
        self.current.load(Ordering::Relaxed)
    }

    /// Goes on to the next node, unless another call has done so already.
    pub(crate) fn leave(&self, failed: &Arc<Node>) {
        let position = self.position();
        if Arc::ptr_eq(&self.at(position), failed) {
            let next = (position + 1) % self.len();
            // Losing the race means that somebody else has just left it.
            let _ = self
                .current
                .compare_exchange(position, next, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        nodes.iter().map(|node| node.address.clone()).collect()
    }

    /// Adds nodes that are not known yet; returns how many were. Addresses that make no sense are skipped:
    /// they came from elsewhere, and the others still serve.
    pub(crate) fn learn<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> usize {
        let nodes = addresses.into_iter().filter_map(|text| self.node(text).ok());
        nodes.filter(|node| self.add(Arc::clone(node))).count()
    }

    fn add(&self, node: Arc<Node>) -> bool {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        let wanted = nodes.len() < ENDPOINTS_MAX && nodes.iter().all(|known| known.address != node.address);
        if wanted {
            nodes.push(node);
        }
        wanted
    }

    fn node(&self, text: &str) -> Result<Arc<Node>, Error> {
        let address = address(text, self.tls.is_some())?;
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let unusable = |error: tonic::transport::Error| invalid(format!("{text:?} cannot be used: {error}"));
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))
            .map_err(unusable)?
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_EVERY)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        if let Some(tls) = &self.tls {
            endpoint = endpoint
                .tls_config(tls.config())
                .map_err(|error| Error::InvalidOption {
                    option: "tls",
                    problem: format!("cannot be used: {error}"),
                })?;
        }
        Ok(Arc::new(Node {
            address,
            endpoint,
            channel: OnceLock::new(),
        }))
    }
}

/// `host:port` out of what was written.
fn address(text: &str, tls: bool) -> Result<String, Error> {
    let text = text.trim().trim_end_matches('/');
    let address = match text.split_once("://") {
        None => text,
        Some(("https", _)) if !tls => {
            return Err(invalid(format!(
                "{text:?} asks for TLS, but no authority is given (tls.ca)"
            )));
        }
        Some(("http", _)) if tls => {
            return Err(invalid(format!(
                "{text:?} says http, but TLS is configured: write https or leave it out"
            )));
        }
        Some(("http" | "https", address)) => address,
        Some((scheme, _)) => return Err(invalid(format!("{text:?} has the unknown scheme {scheme}"))),
    };
    let port_is_good = address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0));
    if port_is_good && !address.contains('/') {
        Ok(address.to_owned())
    } else {
        Err(invalid(format!("{text:?} is not of the form host:port")))
    }
}

fn invalid(problem: String) -> Error {
    Error::InvalidOption {
        option: "endpoint",
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(addresses: &[&str]) -> Result<Endpoints, Error> {
        Endpoints::new(&Options::new(addresses.iter().copied()))
    }

    #[test]
    fn an_address_is_host_and_port() {
        for good in ["a:1", "http://a:1/", " 127.0.0.1:7400", "[::1]:7400"] {
            assert!(endpoints(&[good]).is_ok(), "{good}");
        }
        for (bad, part) in [
            ("a", "host:port"),
            ("a:0", "host:port"),
            (":1", "host:port"),
            ("a:1/b", "host:port"),
            ("https://a:1", "tls.ca"),
            ("ftp://a:1", "ftp"),
        ] {
            let error = endpoints(&[bad]).err().expect(bad).to_string();
            assert!(error.contains(part) && error.contains(bad), "{error}");
        }
        assert!(endpoints(&[]).is_err());
    }

    #[test]
    fn a_failed_node_is_left_once() {
        let endpoints = endpoints(&["a:1", "b:1", "c:1"]).unwrap();
        let first = endpoints.current();
        endpoints.leave(&first);
        // A second call that had asked the same node must not skip the one that is in use by now.
        endpoints.leave(&first);
        assert_eq!(endpoints.current().address, "b:1");
    }

    #[test]
    fn learnt_nodes_come_last_and_only_once() {
        let endpoints = endpoints(&["a:1"]).unwrap();
        assert_eq!(endpoints.learn(["a:1", "b:1", "nonsense"]), 1);
        assert_eq!(endpoints.learn(["b:1"]), 0);
        assert_eq!(endpoints.addresses(), ["a:1", "b:1"]);
        let many: Vec<String> = (1..=100).map(|port| format!("d:{port}")).collect();
        endpoints.learn(many.iter().map(String::as_str));
        assert_eq!(endpoints.len(), ENDPOINTS_MAX);
    }
}
