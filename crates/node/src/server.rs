//! The one listener: public services, peers' services, health and reflection, with their bounds.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_server::AdminServer;
use hotdesk_proto::v1::directory_server::DirectoryServer;
use hotdesk_proto::v1::phones_server::PhonesServer;
use hotdesk_proto::v1::sessions_server::SessionsServer;
use tokio::net::TcpListener;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::server::{Router, TcpIncoming};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::config::{LimitsSection, TlsSection};
use crate::error::StartError;
use crate::phones::Phones;
use crate::services::{AdminService, DirectoryService, PhonesService, SessionsService, Shared};
use crate::telemetry::span_of_call;

/// How often a silent connection is asked whether the other end is still there, and how long it may take to
/// say so: an edge behind a link that went away must not be served for hours.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEP_ALIVE_PATIENCE: Duration = Duration::from_secs(5);
/// What a sender may have under way before it has to wait: a stream of entries over an ocean needs more than
/// HTTP/2's 64 KiB.
const STREAM_WINDOW_BYTES: u32 = 2 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;

/// What is served, without the listener.
pub(crate) fn router(
    shared: &Arc<Shared>,
    phones: Option<Arc<Phones>>,
    peers: Routes,
    health: &HealthReporter,
    limits: &LimitsSection,
    server: Server,
) -> Router {
    let bytes_max = limits.message_bytes_max as usize;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(v1::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the descriptors were made by our own build");
    let phones = PhonesService {
        shared: Arc::clone(shared),
        phones,
    };
    let routes = peers
        .add_service(
            SessionsServer::new(SessionsService(Arc::clone(shared))).max_decoding_message_size(bytes_max),
        )
        .add_service(
            DirectoryServer::new(DirectoryService(Arc::clone(shared))).max_decoding_message_size(bytes_max),
        )
        .add_service(PhonesServer::new(phones).max_decoding_message_size(bytes_max))
        .add_service(AdminServer::new(AdminService(Arc::clone(shared))).max_decoding_message_size(bytes_max))
        .add_service(HealthServer::new(HealthService::from_health_reporter(
            health.clone(),
        )))
        .add_service(reflection);

    let node_id = shared.node_id;
    server
        .trace_fn(move |request| span_of_call(request, node_id))
        .http2_keepalive_interval(Some(KEEP_ALIVE_EVERY))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_PATIENCE))
        .max_concurrent_streams(limits.streams_per_connection_max)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .add_routes(routes)
}

/// A server with the certificates of the configuration, if any.
pub(crate) fn server(tls: &TlsSection) -> Result<Server, StartError> {
    let Some(tls) = tls_of(tls)? else {
        return Ok(Server::builder());
    };
    Server::builder()
        .tls_config(tls)
        .map_err(|error| StartError::Tls {
            key: "tls.cert_file",
            problem: format!("certificate and key cannot be used: {}", with_causes(&error)),
        })
}

/// The connections of a listener; small messages are not held back to be sent together.
pub(crate) fn incoming(listener: TcpListener) -> TcpIncoming {
    TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(KEEP_ALIVE_EVERY))
}

/// Says of every service, and of the node as a whole, whether it serves.
pub(crate) async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for service in [
        "",
        <SessionsServer<SessionsService> as NamedService>::NAME,
        <DirectoryServer<DirectoryService> as NamedService>::NAME,
        <PhonesServer<PhonesService> as NamedService>::NAME,
        <AdminServer<AdminService> as NamedService>::NAME,
    ] {
        health.set_service_status(service, status).await;
    }
}

fn tls_of(tls: &TlsSection) -> Result<Option<ServerTlsConfig>, StartError> {
    let (Some(cert), Some(key)) = (&tls.cert_file, &tls.key_file) else {
        return Ok(None);
    };
    let identity = Identity::from_pem(read("tls.cert_file", cert)?, read("tls.key_file", key)?);
    let mut server = ServerTlsConfig::new().identity(identity);
    if let Some(ca) = &tls.client_ca_file {
        server = server.client_ca_root(Certificate::from_pem(read("tls.client_ca_file", ca)?));
    }
    Ok(Some(server))
}

/// What the node shows and trusts when it calls other nodes.
pub(crate) fn peer_tls(tls: &TlsSection) -> Result<Option<hotdesk_cluster::Tls>, StartError> {
    let (Some(cert), Some(key), Some(ca)) = (&tls.cert_file, &tls.key_file, &tls.ca_file) else {
        return Ok(None);
    };
    Ok(Some(hotdesk_cluster::Tls {
        ca: read("tls.ca_file", ca)?,
        cert: read("tls.cert_file", cert)?,
        key: read("tls.key_file", key)?,
    }))
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, StartError> {
    let failed = |problem| StartError::Tls { key, problem };
    let pem =
        std::fs::read(path).map_err(|error| failed(format!("cannot read {}: {error}", path.display())))?;
    if !pem.windows(11).any(|window| window == b"-----BEGIN ") {
        return Err(failed(format!(
            "{} holds no PEM block (-----BEGIN ...)",
            path.display()
        )));
    }
    Ok(pem)
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
