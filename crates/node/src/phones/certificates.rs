//! Certificates of the encrypted listeners: read, checked, replaced while phones stay connected; and the MAC address
//! in the certificate that a phone was made with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use hotdesk_phone::Mac;
use parking_lot::Mutex;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::config::{PhonesSection, TlsSection};
use crate::error::StartError;

/// The files.
#[derive(Clone, Debug)]
struct Files {
    cert: (&'static str, PathBuf),
    key: (&'static str, PathBuf),
    client_ca: Option<PathBuf>,
}

/// The certificates in use.
pub(super) struct Certificates {
    files: Files,
    current: ArcSwap<ServerConfig>,
    /// What the files looked like when they were read last.
    seen: Mutex<[Stamp; 3]>,
}

/// Enough to notice that a file was replaced.
type Stamp = Option<(SystemTime, u64)>;

impl Certificates {
    /// Reads the files; `None` where none are configured.
    pub(super) fn read(phones: &PhonesSection, tls: &TlsSection) -> Result<Option<Self>, StartError> {
        let own = (&phones.cert_file, &phones.key_file);
        let shared = (&tls.cert_file, &tls.key_file);
        let (cert, key) = match (own, shared) {
            ((Some(cert), Some(key)), _) => (("phones.cert_file", cert), ("phones.key_file", key)),
            (_, (Some(cert), Some(key))) => (("tls.cert_file", cert), ("tls.key_file", key)),
            _ => return Ok(None),
        };
        let files = Files {
            cert: (cert.0, cert.1.clone()),
            key: (key.0, key.1.clone()),
            client_ca: phones.client_ca_file.clone(),
        };
        let stamps = files.stamps();
        Ok(Some(Self {
            current: ArcSwap::from(files.read()?),
            seen: Mutex::new(stamps),
            files,
        }))
    }

    /// What the next handshake uses.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Reads the files again when one has changed. A change that cannot be used is said once, and the old ones stay:
    /// certificate and key are rarely replaced in the same instant.
    pub(super) fn reload_when_changed(&self) {
        let stamps = self.files.stamps();
        if std::mem::replace(&mut *self.seen.lock(), stamps) == stamps {
            return;
        }
        match self.files.read() {
            Ok(new) => {
                self.current.store(new);
                tracing::info!("certificates for phones read");
            }
            Err(error) => {
                tracing::warn!(%error, "changed certificates for phones cannot be used; the old ones stay");
            }
        }
    }
}

impl Files {
    fn read(&self) -> Result<Arc<ServerConfig>, StartError> {
        let provider = Arc::new(ring::default_provider());
        let refused = |key| {
            move |error: rustls::Error| StartError::Tls {
                key,
                problem: error.to_string(),
            }
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(refused(self.cert.0))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                const KEY: &str = "phones.client_ca_file";
                let mut roots = RootCertStore::empty();
                for certificate in chain(KEY, ca)? {
                    roots.add(certificate).map_err(refused(KEY))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .allow_unauthenticated()
                    .build();
                let verifier = verifier.map_err(|error| StartError::Tls {
                    key: KEY,
                    problem: error.to_string(),
                })?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_file(&self.key.1).map_err(unreadable(self.key.0, &self.key.1))?;
        let config = builder.with_single_cert(chain(self.cert.0, &self.cert.1)?, key);
        Ok(Arc::new(config.map_err(refused(self.cert.0))?))
    }

    fn stamps(&self) -> [Stamp; 3] {
        let stamp = |path: &Path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        [
            stamp(&self.cert.1),
            stamp(&self.key.1),
            self.client_ca.as_deref().and_then(stamp),
        ]
    }
}

/// All certificates of a file, at least one.
fn chain(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(key, path))?;
    if certificates.is_empty() {
        return Err(StartError::Tls {
            key,
            problem: format!("{} holds no certificate", path.display()),
        });
    }
    Ok(certificates)
}

fn unreadable<E: std::fmt::Display>(key: &'static str, path: &Path) -> impl Fn(E) -> StartError {
    let path = path.display().to_string();
    move |error| StartError::Tls {
        key,
        problem: format!("cannot read {path}: {error}"),
    }
}

/// The MAC addresses in the names of a certificate that was checked already: in its common name ("001565A0B1C2",
/// "CP-8841-SEP001122334455") and its DNS names.
pub(super) fn macs(chain: Option<&[CertificateDer<'_>]>) -> Vec<Mac> {
    let Some(certificate) = chain
        .and_then(<[_]>::first)
        .and_then(|first| webpki::EndEntityCert::try_from(first).ok())
    else {
        return Vec::new();
    };
    let mut found: Vec<Mac> = common_names(certificate.subject()).flat_map(macs_in).collect();
    found.extend(certificate.valid_dns_names().flat_map(macs_in));
    found
}

/// The common names in a DER-encoded subject: each is the object identifier 2.5.4.3, then the tag of a kind of text,
/// its length and the text.
fn common_names(subject: &[u8]) -> impl Iterator<Item = &str> {
    const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
    (0..subject.len()).filter_map(move |at| {
        let value = subject[at..].strip_prefix(&COMMON_NAME)?;
        let [_tag, length, text @ ..] = value else {
            return None;
        };
        // Longer lengths are written otherwise; no name with a MAC address is that long.
        let length = usize::from(*length);
        std::str::from_utf8(text.get(..length).filter(|_| length < 0x80)?).ok()
    })
}

/// MAC addresses in a name: 12 hex digits that nothing but other letters, or `:` in pairs, surround.
fn macs_in(name: &str) -> impl Iterator<Item = Mac> {
    let plain = name.replace(':', "");
    let runs: Vec<Mac> = plain
        .split(|c: char| !c.is_ascii_hexdigit())
        .filter(|run| run.len() == 12)
        .filter_map(|run| run.parse().ok())
        .collect();
    runs.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_address_is_found_in_a_name() {
        for (name, expected) in [
            ("001565A0B1C2", Some("001565a0b1c2")),
            ("00:15:65:a0:b1:c2", Some("001565a0b1c2")),
            ("CP-8841-SEP001565A0B1C2", Some("001565a0b1c2")),
            ("001565a0b1c2.phones.example.com", Some("001565a0b1c2")),
            ("0015 65a0b1c2", None),
            ("1001565a0b1c2", None),
            ("01005e000175", None),
            ("phone", None),
        ] {
            let found = macs_in(name).next().map(|mac| mac.to_string());
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn the_common_name_of_a_certificate_is_read() {
        let mut params = rcgen::CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, "A maker of phones");
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "T54W-001565A0B1C2");
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let found = macs(Some(&[certificate.der().clone()]));
        assert_eq!(
            found.first().map(ToString::to_string).as_deref(),
            Some("001565a0b1c2")
        );
    }

    fn new_pair(dir: &Path) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        std::fs::write(dir.join("crt"), certificate.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(dir.join("key"), key.serialize_pem()).unwrap();
    }

    #[test]
    fn changed_certificates_are_taken_and_bad_ones_are_not() {
        let dir = tempfile::tempdir().unwrap();
        new_pair(dir.path());
        let phones = PhonesSection {
            cert_file: Some(dir.path().join("crt")),
            key_file: Some(dir.path().join("key")),
            ..PhonesSection::default()
        };
        let certificates = Certificates::read(&phones, &TlsSection::default())
            .unwrap()
            .unwrap();
        let first = certificates.current();
        certificates.reload_when_changed();
        assert!(
            Arc::ptr_eq(&first, &certificates.current()),
            "nothing has changed"
        );

        // The new certificate is there, its key is not yet.
        std::fs::write(dir.path().join("crt"), "-----BEGIN of nothing").unwrap();
        certificates.reload_when_changed();
        assert!(Arc::ptr_eq(&first, &certificates.current()), "the old ones stay");

        new_pair(dir.path());
        certificates.reload_when_changed();
        assert!(!Arc::ptr_eq(&first, &certificates.current()));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_by_its_key() {
        let dir = tempfile::tempdir().unwrap();
        new_pair(dir.path());
        let mut phones = PhonesSection {
            cert_file: Some(dir.path().join("crt")),
            key_file: Some("/nowhere/key".into()),
            ..PhonesSection::default()
        };
        let error = |phones: &PhonesSection| match Certificates::read(phones, &TlsSection::default()) {
            Ok(_) => panic!("taken"),
            Err(error) => error.to_string(),
        };
        assert!(error(&phones).starts_with("phones.key_file: cannot read /nowhere/key"));
        phones.key_file = Some(dir.path().join("key"));
        std::fs::write(dir.path().join("empty"), "").unwrap();
        phones.client_ca_file = Some(dir.path().join("empty"));
        assert!(
            error(&phones).starts_with("phones.client_ca_file: "),
            "{}",
            error(&phones)
        );
    }
}
