//! TLS: with the right certificates calls go through, with the wrong ones they say what is wrong.

use std::time::Duration;

use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use hotdesk_client::{Client, Error, Options, Tls, v1};

use super::fake::Fake;

/// A file made by `certificates/make.sh`.
macro_rules! pem {
    ($name:literal) => {
        include_bytes!(concat!("certificates/", $name))
    };
}

const OURS: &[u8] = pem!("ours.pem");
const THEIRS: &[u8] = pem!("theirs.pem");
const EDGE: (&[u8], &[u8]) = (pem!("edge.test.pem"), pem!("edge.test.key"));
const STRANGER: (&[u8], &[u8]) = (pem!("stranger.test.pem"), pem!("stranger.test.key"));

/// A node named node.test that asks callers for a certificate of our authority.
fn node() -> Fake {
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(pem!("node.test.pem"), pem!("node.test.key")))
        .client_ca_root(Certificate::from_pem(OURS));
    Fake::start_with(Some(tls))
}

fn tls(authority: &[u8], client: Option<(&[u8], &[u8])>, domain: &str) -> Tls {
    Tls {
        ca_pem: authority.to_vec(),
        identity_pem: client.map(|(cert, key)| (cert.to_vec(), key.to_vec())),
        domain: Some(domain.into()),
    }
}

async fn resolve(node: &Fake, tls: Tls, deadline: Duration) -> Result<v1::ResolveResponse, Error> {
    let options = Options {
        tls: Some(tls),
        deadline,
        ..Options::new([format!("https://{}", node.address)])
    };
    Client::new(options)?
        .resolve("2001", v1::Consistency::Local)
        .await
}

#[tokio::test]
async fn both_sides_show_who_they_are() {
    let node = node();
    let patience = super::fake::PATIENCE;
    resolve(&node, tls(OURS, Some(EDGE), "node.test"), patience)
        .await
        .unwrap();

    // What a node has against a client's certificate it says while it closes the connection, and the client does
    // not always get to read it.
    for (wrong, tls, says) in [
        (
            "a node of another authority",
            tls(THEIRS, Some(EDGE), "node.test"),
            "UnknownIssuer",
        ),
        (
            "a node of another name",
            tls(OURS, Some(EDGE), "other.test"),
            "other.test",
        ),
        ("no certificate of the client's", tls(OURS, None, "node.test"), ""),
        (
            "a client of another authority",
            tls(OURS, Some(STRANGER), "node.test"),
            "",
        ),
    ] {
        let error = resolve(&node, tls, Duration::from_millis(500))
            .await
            .expect_err(wrong);
        assert!(error.to_string().contains(says), "{wrong}: {error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Tls::read("/no/such/ca.pem".as_ref(), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("tls.ca") && error.contains("/no/such/ca.pem"),
        "{error}"
    );
}
