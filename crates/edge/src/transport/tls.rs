//! Certificates: read, checked, and replaced while connections stay open.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use hotdesk_sip::hop::Transport;
use parking_lot::Mutex;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use smol_str::SmolStr;

use super::PeerNames;
use super::config::{ListenConfig, OutgoingTls, TlsFiles};
use super::error::CertificateError;

/// The certificates in use.
pub(super) struct Tls {
    /// One per listener; `None` where nothing is encrypted.
    servers: Vec<Option<(TlsFiles, ArcSwap<ServerConfig>)>>,
    /// For connections that we open; `None` without a CA.
    client: Option<ArcSwap<ClientConfig>>,
    outgoing: OutgoingTls,
    /// What the files looked like when they were read last.
    seen: Mutex<Vec<Stamp>>,
}

/// Enough to notice that a file was replaced.
type Stamp = Option<(SystemTime, u64)>;

impl Tls {
    /// Reads all files.
    pub(super) fn read(listen: &[ListenConfig], outgoing: OutgoingTls) -> Result<Self, CertificateError> {
        let mut servers = Vec::with_capacity(listen.len());
        for config in listen {
            servers.push(match &config.tls {
                Some(files) => Some((files.clone(), ArcSwap::from(server_config(files)?))),
                None => None,
            });
        }
        let client = client_config(&outgoing)?.map(ArcSwap::from);
        let tls = Self {
            servers,
            client,
            outgoing,
            seen: Mutex::default(),
        };
        *tls.seen.lock() = tls.stamps();
        Ok(tls)
    }

    /// What a listener's next handshake uses.
    pub(super) fn server(&self, listener: usize) -> Option<Arc<ServerConfig>> {
        let (_, config) = self.servers.get(listener)?.as_ref()?;
        Some(config.load_full())
    }

    /// What the next connection that we open uses.
    pub(super) fn client(&self) -> Option<Arc<ClientConfig>> {
        self.client.as_ref().map(ArcSwap::load_full)
    }

    /// Whether there is anything to read again.
    pub(super) fn has_files(&self) -> bool {
        self.client.is_some() || self.servers.iter().any(Option::is_some)
    }

    /// Reads all files again. All of them are good and in use afterwards, or all old ones stay.
    pub(super) fn reload(&self) -> Result<(), CertificateError> {
        let stamps = self.stamps();
        let mut servers = Vec::with_capacity(self.servers.len());
        for server in &self.servers {
            servers.push(match server {
                Some((files, _)) => Some(server_config(files)?),
                None => None,
            });
        }
        if let (Some(client), Some(new)) = (&self.client, client_config(&self.outgoing)?) {
            client.store(new);
        }
        for (old, new) in self.servers.iter().zip(servers) {
            if let (Some((_, old)), Some(new)) = (old, new) {
                old.store(new);
            }
        }
        *self.seen.lock() = stamps;
        tracing::info!("certificates read");
        Ok(())
    }

    /// Reads the files again when one of them has changed. A change that cannot be used is said once, and tried
    /// again with the next change: certificate and key are rarely replaced in the same instant.
    pub(super) fn reload_when_changed(&self) {
        let stamps = self.stamps();
        if *self.seen.lock() == stamps {
            return;
        }
        if let Err(error) = self.reload() {
            *self.seen.lock() = stamps;
            tracing::warn!(%error, "changed certificates cannot be used; the old ones stay");
        }
    }

    fn stamps(&self) -> Vec<Stamp> {
        let servers = self
            .servers
            .iter()
            .flatten()
            .flat_map(|(files, _)| [Some(&files.cert), Some(&files.key), files.client_ca.as_ref()]);
        let identity = self.outgoing.identity.as_ref();
        let client = [
            self.outgoing.ca.as_ref(),
            identity.map(|(cert, _)| cert),
            identity.map(|(_, key)| key),
        ];
        let files = servers.chain(client).flatten();
        files.map(|path: &PathBuf| stamp(path)).collect()
    }
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The names in a verified certificate.
pub(super) fn names(chain: Option<&[CertificateDer<'_>]>) -> Option<PeerNames> {
    let certificate = webpki::EndEntityCert::try_from(chain?.first()?).ok()?;
    Some(PeerNames {
        dns: certificate.valid_dns_names().map(SmolStr::new).collect(),
        uris: certificate.valid_uri_names().map(SmolStr::new).collect(),
    })
}

fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, CertificateError> {
    let provider = Arc::new(ring::default_provider());
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::Use { path, source }
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(refused(&files.cert))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(ca)?), provider);
            let verifier = if files.require_client {
                verifier
            } else {
                verifier.allow_unauthenticated()
            };
            let verifier = verifier.build().map_err(|error| CertificateError::Read {
                path: ca.clone(),
                problem: error.to_string(),
            })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder
        .with_single_cert(chain(&files.cert)?, key(&files.key)?)
        .map_err(refused(&files.cert))?;
    Ok(Arc::new(config))
}

fn client_config(outgoing: &OutgoingTls) -> Result<Option<Arc<ClientConfig>>, CertificateError> {
    let Some(ca) = &outgoing.ca else {
        return Ok(None);
    };
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::Use { path, source }
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(refused(ca))?
        .with_root_certificates(roots(ca)?);
    let config = match &outgoing.identity {
        None => builder.with_no_client_auth(),
        Some((cert, key_file)) => builder
            .with_client_auth_cert(chain(cert)?, key(key_file)?)
            .map_err(refused(cert))?,
    };
    Ok(Some(Arc::new(config)))
}

fn roots(path: &Path) -> Result<RootCertStore, CertificateError> {
    let mut roots = RootCertStore::empty();
    let mut bad = None;
    for certificate in chain(path)? {
        if let Err(source) = roots.add(certificate) {
            bad = Some(source);
        }
    }
    match bad {
        // One among many that cannot be used, as in the bundles of operating systems, does not spoil the others.
        Some(error) if !roots.is_empty() => {
            tracing::warn!(path = %path.display(), %error, "an authority's certificate is left out");
            Ok(roots)
        }
        Some(source) => Err(CertificateError::Use {
            path: path.to_owned(),
            source,
        }),
        None => Ok(roots),
    }
}

/// All certificates of a file, at least one.
fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let unreadable = |problem: String| CertificateError::Read {
        path: path.to_owned(),
        problem,
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("no certificate in it".into()));
    }
    Ok(certificates)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| CertificateError::Read {
        path: path.to_owned(),
        problem: error.to_string(),
    })
}

/// Whether a listener's configuration has certificates exactly when its transport needs them.
pub(super) const fn problem(transport: Transport, tls: Option<&TlsFiles>) -> Option<&'static str> {
    match (transport.is_secure(), tls) {
        (true, None) => Some("needs a certificate and its key"),
        (false, Some(_)) => Some("has certificates but does not encrypt"),
        (true, Some(files)) if files.require_client && files.client_ca.is_none() => {
            Some("requires client certificates but names nobody who signs them")
        }
        _ => None,
    }
}
