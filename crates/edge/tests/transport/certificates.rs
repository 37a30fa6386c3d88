//! An authority of our own, and what it signs.

use std::path::{Path, PathBuf};

use hotdesk_edge::transport::{ListenConfig, OutgoingTls, TlsFiles};
use hotdesk_sip::hop::Transport;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::support::listen;

pub(crate) struct Authority {
    dir: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "hotdesk tests");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(dir.path().join("ca.crt"), issuer.pem()).unwrap();
        Self { dir, issuer }
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.crt")
    }

    /// Writes a certificate with these names, and its key; again over old ones.
    pub(crate) fn issue(&self, file: &str, names: &[&str]) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let certificate = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &self.issuer)
            .unwrap();
        let path = |end: &str| self.dir.path().join(format!("{file}.{end}"));
        replace(&path("crt"), &certificate.pem());
        replace(&path("key"), &key.serialize_pem());
        (path("crt"), path("key"))
    }

    /// A listener with a certificate for these names, which asks for no other.
    pub(crate) fn listener(
        &self,
        transport: Transport,
        address: &str,
        file: &str,
        names: &[&str],
    ) -> ListenConfig {
        let (cert, key) = self.issue(file, names);
        let mut config = listen(transport, address);
        config.tls = Some(TlsFiles {
            cert,
            key,
            client_ca: None,
            require_client: false,
        });
        config
    }

    /// Trusts this authority.
    pub(crate) fn trusted(&self, identity: Option<(PathBuf, PathBuf)>) -> OutgoingTls {
        OutgoingTls {
            ca: Some(self.ca()),
            identity,
        }
    }
}

/// Replaces a file in one go, as certificate tools do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, path).unwrap();
}
