//! Health, reflection, starting and stopping.

use hotdesk_node::{Config, Node, StartClass};
use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use tokio::time::timeout;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::world::{PATIENCE, World};

#[tokio::test]
async fn every_service_says_that_it_serves() {
    let world = World::empty().await;
    let mut health = HealthClient::new(world.channel.clone());
    for service in [
        "",
        "hotdesk.v1.Sessions",
        "hotdesk.v1.Directory",
        "hotdesk.v1.Phones",
        "hotdesk.v1.Admin",
    ] {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        let status = health.check(request).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn reflection_lists_the_public_services_and_not_those_between_nodes() {
    let world = World::empty().await;
    let mut reflection = ServerReflectionClient::new(world.channel.clone());
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection
        .server_reflection_info(tokio_stream::iter([ask]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers
        .message()
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else {
        panic!("{answer:?}")
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    for name in [
        "hotdesk.v1.Sessions",
        "hotdesk.v1.Directory",
        "hotdesk.v1.Phones",
        "hotdesk.v1.Admin",
        "grpc.health.v1.Health",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("internal")), "{names:?}");
}

#[tokio::test]
async fn a_node_that_stops_ends_its_watches_with_the_reason() {
    let mut world = World::office().await;
    let mut watch = world
        .sessions
        .watch(v1::WatchRequest::default())
        .await
        .unwrap()
        .into_inner();
    watch.message().await.unwrap();
    let World { node, .. } = world;
    timeout(PATIENCE, node.shutdown())
        .await
        .expect("a node without calls stops soon");
    let reason = loop {
        match timeout(PATIENCE, watch.message()).await.unwrap() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the watch ended without a reason"),
            Err(status) => break ApiError::from(status).reason,
        }
    };
    assert_eq!(reason, "SHUTTING_DOWN");
}

#[tokio::test]
async fn a_node_that_starts_again_knows_who_was_logged_in_and_checks_the_same_pins() {
    let mut world = World::office().await;
    world.login("ada", "chi-1", "1234").await.unwrap();
    let mut world = world.restarted(|config| config.pin.iterations = 2).await;
    assert_eq!(world.device_of("ada").await.as_deref(), Some("chi-1"));
    world.login("ada", "chi-2", "1234").await.unwrap();
}

/// It would call every PIN wrong otherwise, and lock everybody out.
#[tokio::test]
async fn a_node_with_the_wrong_pepper_says_so() {
    let world = World::office().await;
    let mut world = world
        .restarted(|config| config.pin.pepper = Some("salt".into()))
        .await;
    for _ in 0..6 {
        let error = world.login("ada", "chi-1", "1234").await.unwrap_err();
        assert!(error.message.contains("pin.pepper_file"), "{error}");
    }
    let mut world = world.restarted(|_| {}).await;
    world.login("ada", "chi-1", "1234").await.unwrap();
}

#[tokio::test]
async fn a_configuration_or_an_address_that_cannot_be_used_is_said_so() {
    let error = Node::start(Config::default()).await.unwrap_err();
    assert_eq!(error.class(), StartClass::Configuration);
    assert!(error.to_string().contains("node.id: is missing"), "{error}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config {
        listen: taken.local_addr().unwrap().to_string(),
        ..Config::default()
    };
    config.node.id = 1;
    config.node.site = "chicago".into();
    config.node.data_dir = dir.path().join("node");
    config.cluster.founders.insert(1, config.listen.clone());
    config.pin.pepper_file = Some(dir.path().join("none"));
    let error = Node::start(config.clone()).await.unwrap_err();
    assert_eq!(error.class(), StartClass::Environment);
    assert!(
        error.what_to_do().contains("Another program has this port"),
        "{error:?}"
    );

    config.listen = "127.0.0.1:0".into();
    let error = Node::start(config.clone()).await.unwrap_err();
    assert_eq!(error.class(), StartClass::Configuration);
    assert!(
        error.to_string().contains("pin.pepper_file: cannot read"),
        "{error}"
    );

    config.pin.pepper_file = None;
    config.pin.danger_no_pepper = true;
    config.tls.cert_file = Some(dir.path().join("cert"));
    config.tls.key_file = Some(dir.path().join("key"));
    config.tls.ca_file = Some(dir.path().join("ca"));
    std::fs::write(dir.path().join("cert"), "not PEM").unwrap();
    let error = Node::start(config).await.unwrap_err();
    assert!(error.to_string().contains("holds no PEM block"), "{error}");
}
