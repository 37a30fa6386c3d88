//! Connections to other nodes: one per purpose, opened when first needed, opened again when broken.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_proto::internal::v1::peer_client::PeerClient;
use hotdesk_proto::internal::v1::raft_client::RaftClient;
use parking_lot::Mutex;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity as Keys};

use crate::auth::Credentials;
use crate::config::{Config, Tls};
use crate::error::StartError;
use crate::identity::Identity;

/// The largest message that nodes take from each other. An entry is bounded at a quarter of a megabyte or one
/// command, an append request by the log; this is far above both, and far below what would hurt.
pub(crate) const MESSAGE_BYTES_MAX: usize = 32 << 20;
/// How much may be under way in one stream: a second's worth at 4 MiB/s over a link of one second.
const STREAM_WINDOW: u32 = 4 << 20;
/// How much may be under way in one connection.
const CONNECTION_WINDOW: u32 = 8 << 20;
/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// What a connection is for. Each has its own, so that none waits behind another's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// The append stream.
    Append,
    /// Heartbeats and votes: small, and never late.
    Heartbeat,
    /// Snapshots: large, and in no hurry.
    Snapshot,
    /// Proposals, read indexes, membership.
    Peer,
}

/// A connection with this node's credentials on each call.
pub(crate) type Line = InterceptedService<Channel, Credentials>;

/// All connections of a node. At most four per address that was ever a member's.
#[derive(Debug)]
pub(crate) struct Channels {
    credentials: Credentials,
    keep_alive: Duration,
    tls: Option<Tls>,
    open: Mutex<HashMap<(String, Purpose), Channel>>,
}

impl Channels {
    pub(crate) fn new(config: &Config, identity: Arc<Identity>) -> Result<Self, StartError> {
        Ok(Self {
            credentials: Credentials::new(&config.token, identity)?,
            keep_alive: config.timing.keep_alive(),
            tls: config.tls.clone(),
            open: Mutex::default(),
        })
    }

    /// A client for consensus. Does not connect yet.
    ///
    /// # Errors
    /// When `address` is not host:port.
    pub(crate) fn raft(&self, address: &str, purpose: Purpose) -> Result<RaftClient<Line>, BadAddress> {
        let client = RaftClient::new(self.line(address, purpose)?);
        Ok(client
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX))
    }

    /// A client for everything else between nodes. Does not connect yet.
    ///
    /// # Errors
    /// When `address` is not host:port.
    pub(crate) fn peer(&self, address: &str) -> Result<PeerClient<Line>, BadAddress> {
        let client = PeerClient::new(self.line(address, Purpose::Peer)?);
        Ok(client
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX))
    }

    fn line(&self, address: &str, purpose: Purpose) -> Result<Line, BadAddress> {
        let mut open = self.open.lock();
        let key = (address.to_owned(), purpose);
        let channel = match open.get(&key) {
            Some(channel) => channel.clone(),
            None => {
                let channel = self.endpoint(address)?.connect_lazy();
                open.insert(key, channel.clone());
                channel
            }
        };
        Ok(InterceptedService::new(channel, self.credentials.clone()))
    }

    fn endpoint(&self, address: &str) -> Result<Endpoint, BadAddress> {
        let bad = |error: tonic::transport::Error| BadAddress {
            address: address.to_owned(),
            problem: source_text(&error),
        };
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).map_err(bad)?;
        let endpoint = match &self.tls {
            Some(tls) => endpoint.tls_config(client_tls(tls)).map_err(bad)?,
            None => endpoint,
        };
        Ok(endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            // Without it a connection that was cut silently stays dead until the kernel gives up, minutes later.
            .http2_keep_alive_interval(self.keep_alive)
            .keep_alive_timeout(self.keep_alive)
            .keep_alive_while_idle(true))
    }
}

fn client_tls(tls: &Tls) -> ClientTlsConfig {
    ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&tls.ca))
        .identity(Keys::from_pem(&tls.cert, &tls.key))
}

/// An address that cannot be one.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{address:?} is no address of a node, expected host:port: {problem}")]
pub(crate) struct BadAddress {
    address: String,
    problem: String,
}

/// The text of an error and of what caused it: tonic's own says "transport error" and nothing else.
pub(crate) fn source_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use hotdesk_store::{DataDir, Expect};

    use super::*;
    use crate::config::Role;

    #[tokio::test]
    async fn each_purpose_has_its_own_connection_and_an_address_is_checked() {
        let dir = tempfile::tempdir().unwrap();
        let role = Role::Join { addresses: vec![] };
        let config = Config::new(1, "chicago", "localhost:1", "secret", dir.path().into(), role);
        let expect = Expect {
            node_id: 1,
            cluster_id: None,
        };
        let identity = Arc::new(Identity::new(DataDir::open(dir.path(), expect).unwrap()));
        let channels = Channels::new(&config, identity).unwrap();
        channels.raft("localhost:1", Purpose::Append).unwrap();
        channels.raft("localhost:1", Purpose::Heartbeat).unwrap();
        channels.raft("localhost:1", Purpose::Heartbeat).unwrap();
        channels.peer("localhost:1").unwrap();
        assert_eq!(channels.open.lock().len(), 3);
        let error = channels.peer("no host").unwrap_err().to_string();
        assert!(error.contains("host:port"), "{error}");
    }
}
