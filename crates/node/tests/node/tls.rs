//! Mutual TLS: between nodes, and with clients.

use std::path::Path;
use std::time::{Duration, Instant};

use hotdesk_node::{Config, Node};
use hotdesk_proto::v1;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::TcpListener;
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::world::PATIENCE;

/// An authority, and a certificate of it for this machine: `ca.crt`, `node.crt`, `node.key`.
fn make_certificates(dir: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "hotdesk tests");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    std::fs::write(dir.join("ca.crt"), authority.pem()).unwrap();
    std::fs::write(dir.join("node.crt"), certificate.pem()).unwrap();
    std::fs::write(dir.join("node.key"), key.serialize_pem()).unwrap();
}

async fn start_two(dir: &Path) -> Vec<Node> {
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addresses = [&first, &second].map(|listener| listener.local_addr().unwrap().to_string());
    let mut nodes = Vec::new();
    for (id, listener) in [(1, first), (2, second)] {
        let mut config = Config::default();
        config.node.id = id;
        config.node.site = "chicago".into();
        config.node.data_dir = dir.join(format!("node-{id}"));
        config.cluster.founders = (1..).zip(addresses.clone()).collect();
        config.cluster.token = Some("token".into());
        config.timing.heartbeat = Duration::from_millis(60);
        config.timing.election_min = Duration::from_millis(300);
        config.timing.election_max = Duration::from_millis(600);
        config.pin.danger_no_pepper = true;
        config.tls.cert_file = Some(dir.join("node.crt"));
        config.tls.key_file = Some(dir.join("node.key"));
        config.tls.ca_file = Some(dir.join("ca.crt"));
        config.tls.client_ca_file = Some(dir.join("ca.crt"));
        nodes.push(Node::start_on(config, listener).await.unwrap());
    }
    nodes
}

fn client(node: &Node, tls: ClientTlsConfig) -> SessionsClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("https://{}", node.address())).unwrap();
    SessionsClient::new(endpoint.tls_config(tls).unwrap().connect_lazy())
}

#[tokio::test]
async fn nodes_find_each_other_over_tls_and_callers_without_a_certificate_are_turned_away() {
    let dir = tempfile::tempdir().unwrap();
    make_certificates(dir.path());
    let nodes = start_two(dir.path()).await;
    for node in &nodes {
        let deadline = Instant::now() + PATIENCE;
        node.cluster()
            .read_barrier(deadline)
            .await
            .expect("two nodes are a majority of two");
    }
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("ca.crt")));
    let identity = Identity::from_pem(read("node.crt"), read("node.key"));
    let request = v1::ResolveRequest {
        name: "ada".into(),
        consistency: v1::Consistency::Linearizable.into(),
    };
    for node in &nodes {
        let mut known = client(node, trusting.clone().identity(identity.clone()));
        assert_eq!(
            known.resolve(request.clone()).await.unwrap_err().code(),
            Code::NotFound
        );
        let mut unknown = client(node, trusting.clone());
        let turned_away = unknown.resolve(request.clone()).await.unwrap_err();
        assert_ne!(turned_away.code(), Code::NotFound, "{turned_away:?}");
    }
    for node in nodes {
        node.shutdown().await;
    }
}
