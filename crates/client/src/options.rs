//! What a client must be told, and what it assumes.

use std::io;
use std::path::Path;
use std::time::Duration;

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::error::Error;
use crate::secret::Token;

/// How a [`Client`](crate::Client) reaches the cluster. [`Options::new`] fills in the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// Nodes, as `host:port` or `http(s)://host:port`; at least one. They are tried in this order, so the
    /// nearest comes first.
    pub endpoints: Vec<String>,
    /// Ask the cluster who its members are and use them too. Off by default: behind a proxy or in a container
    /// network the addresses that nodes use among themselves often cannot be reached. Needs the admin token.
    pub learn_endpoints: bool,
    /// How long a call may take in all, with its retries. Default 10 s: a change of leader (about 3 s) and a
    /// second try fit in.
    pub deadline: Duration,
    /// How long one node may take to answer before the next one is asked. Default 4 s: longer than an
    /// election, so that a node that waits for the new leader is not left too early. Lower finds a hung node
    /// sooner and repeats more.
    pub attempt_timeout: Duration,
    /// How long opening a connection may take. Default 1 s.
    pub connect_timeout: Duration,
    /// TLS; `None` speaks plain HTTP/2.
    pub tls: Option<Tls>,
    /// Allows the `Directory` and `Admin` writes.
    pub admin_token: Option<Token>,
    /// Who asks, for events and the audit trail ("edge:chicago", "admin:jo"); at most 64 bytes.
    pub by: String,
}

/// Certificates, in PEM.
#[derive(Clone, Default)]
pub struct Tls {
    /// The authorities that may sign a node's certificate.
    pub ca_pem: Vec<u8>,
    /// The client's certificate and its key, when nodes ask for one.
    pub identity_pem: Option<(Vec<u8>, Vec<u8>)>,
    /// The name that nodes' certificates carry, when it is not the endpoint's host name.
    pub domain: Option<String>,
}

impl Options {
    /// Options for these nodes, the rest as documented on each field.
    #[must_use]
    pub fn new<E: Into<String>>(endpoints: impl IntoIterator<Item = E>) -> Self {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The same with an admin token.
    #[must_use]
    pub fn with_admin_token(mut self, token: Token) -> Self {
        self.admin_token = Some(token);
        self
    }

    /// The same for somebody: see [`Options::by`].
    #[must_use]
    pub fn with_by(mut self, by: impl Into<String>) -> Self {
        self.by = by.into();
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            learn_endpoints: false,
            deadline: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(4),
            connect_timeout: Duration::from_secs(1),
            tls: None,
            admin_token: None,
            by: String::new(),
        }
    }
}

impl Tls {
    /// Reads the files: the authority's certificate and, when nodes ask for one, the client's certificate and
    /// key.
    ///
    /// # Errors
    /// The file that cannot be read, named in the message.
    pub fn read(ca: &Path, identity: Option<(&Path, &Path)>) -> Result<Self, Error> {
        let read = |option: &'static str, path: &Path| -> Result<Vec<u8>, Error> {
            std::fs::read(path).map_err(|error: io::Error| Error::InvalidOption {
                option,
                problem: format!("file {} cannot be read: {error}", path.display()),
            })
        };
        Ok(Self {
            ca_pem: read("tls.ca", ca)?,
            identity_pem: identity
                .map(|(cert, key)| Ok::<_, Error>((read("tls.cert", cert)?, read("tls.key", key)?)))
                .transpose()?,
            domain: None,
        })
    }

    pub(crate) fn config(&self) -> ClientTlsConfig {
        let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.ca_pem));
        if let Some((cert, key)) = &self.identity_pem {
            config = config.identity(Identity::from_pem(cert, key));
        }
        if let Some(domain) = &self.domain {
            config = config.domain_name(domain);
        }
        config
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("client_certificate", &self.identity_pem.is_some())
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
