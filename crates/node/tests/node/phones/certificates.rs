//! TLS: the listener's own certificate, and those that phones were made with.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::*;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Chain and key, PEM.
fn certificate(issuer: &Issuer, names: &[&str], common_name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    let certificate = params.signed_by(&key, issuer).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Connects as a phone that trusts `ca`, and that has this certificate.
async fn connect(
    world: &World,
    ca: &str,
    identity: Option<&(String, String)>,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
            builder
                .with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap())
                .unwrap()
        }
    };
    let address = world.node.phones_addresses()[0];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn the_certificate_that_a_phone_was_made_with_is_as_good_as_its_token() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, makers, others) = (authority("ours"), authority("a maker"), authority("another"));
    let (chain, key) = certificate(&ours, &["localhost"], "node");
    let cert_file = write(dir.path(), "phones.crt", &chain);
    let key_file = write(dir.path(), "phones.key", &key);
    let ca_file = write(dir.path(), "makers.crt", &makers.pem());
    let world = office_with(|config| {
        config.phones.http_listen.clear();
        config.phones.https_listen = vec!["127.0.0.1:0".into()];
        config.phones.cert_file = Some(cert_file.clone());
        config.phones.key_file = Some(key_file.clone());
        config.phones.client_ca_file = Some(ca_file);
    })
    .await;
    let path = format!("/{MAC}.cfg");
    let ask = |identity: Option<(String, String)>| {
        let (world, ca, path) = (&world, ours.pem(), path.clone());
        async move {
            let stream = connect(world, &ca, identity.as_ref()).await.unwrap();
            get(path).by(AGENT).send_over(stream).await
        }
    };
    ask(None).await.is(403, "must come with its own token");
    let phones = certificate(&makers, &[], "T54W-001565A0B1C2");
    ask(Some(phones)).await.is(200, "https://127.0.0.1:");
    let anothers = certificate(&makers, &[], "001565A0B1C3");
    ask(Some(anothers))
        .await
        .is(403, "the certificate that was shown is not that of phone");
    let stranger = certificate(&others, &[], MAC);
    let turned_away = connect(&world, &ours.pem(), Some(&stranger)).await;
    // With TLS 1.3 the phone learns of it with the first answer.
    if let Ok(mut stream) = turned_away {
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        assert!(bytes.is_empty(), "a certificate of somebody else was taken");
    }
}
