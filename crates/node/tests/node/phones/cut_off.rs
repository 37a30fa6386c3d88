//! A node that has lost the cluster goes on serving its office.

use hotdesk_core::User;
use hotdesk_node::Node;
use tokio::net::TcpListener;

use super::*;

/// Two nodes, each needed for a majority, and with phones.
pub(super) async fn two(dir: &std::path::Path) -> Vec<Node> {
    let listeners = [
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    ];
    let addresses = listeners
        .each_ref()
        .map(|listener| listener.local_addr().unwrap().to_string());
    let mut nodes = Vec::new();
    for (id, listener) in (1..).zip(listeners) {
        let mut config = Config::default();
        config.node.id = id;
        config.node.site = "chicago".into();
        config.node.data_dir = dir.join(format!("node-{id}"));
        config.cluster.founders = (1..).zip(addresses.clone()).collect();
        config.timing.heartbeat = Duration::from_millis(60);
        config.timing.election_min = Duration::from_millis(300);
        config.timing.election_max = Duration::from_millis(600);
        config.pin.danger_no_pepper = true;
        serving_phones(&mut config);
        em::with_service(&mut config);
        nodes.push(Node::start_on(config, listener).await.unwrap());
    }
    nodes
}

pub(super) async fn decide(node: &Node, action: Action) {
    let command = Command {
        request_id: Some(RequestId(fresh())),
        actor: Actor("test".into()),
        action,
    };
    let decided = node
        .cluster()
        .propose(command, Instant::now() + PATIENCE)
        .await
        .unwrap();
    assert!(decided.outcome.is_ok(), "{:?}", decided.outcome);
}

pub(super) async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_node_that_is_cut_off_goes_on_serving_what_it_knows() {
    let dir = tempfile::tempdir().unwrap();
    let mut nodes = two(dir.path()).await;
    let node = nodes.remove(0);
    let device = Device {
        model: "yealink-t54w".into(),
        ..Device::new(MAC.parse().unwrap(), "chicago".parse().unwrap())
    };
    decide(
        &node,
        Action::PutSite(hotdesk_core::Site::new("chicago".parse().unwrap())),
    )
    .await;
    decide(&node, Action::PutDevice(device)).await;
    decide(&node, Action::PutUser(User::new("ada".parse().unwrap()))).await;
    let secret = Action::SetDeviceSecret {
        device: MAC.parse().unwrap(),
        sealed: Some(SealedSecret(vec![1; 60].into())),
        seed: Some(7),
        keeps_former: false,
    };
    decide(&node, secret).await;
    node.cluster()
        .read_barrier(Instant::now() + PATIENCE)
        .await
        .unwrap();

    for other in nodes {
        other.shutdown().await;
    }
    until("the node notices", || node.cluster().local().cut_off).await;
    let token = LineKey::read(&KEY)
        .unwrap()
        .phone_secret(PhoneSecret::Documents, MAC, 7);
    let address = node.phones_addresses()[0];
    let path = format!("/p/{}/{MAC}.cfg", token.as_str());
    get(&path).by(AGENT).send_to(address).await.is(200, "neutral");
    // What needs the cluster says so: an unknown phone waits, and cannot be listed yet.
    let unknown = get("/805ec0bdeaef.cfg").by("Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef");
    unknown.send_to(address).await.is(404, "waiting for approval");
    let enrolling = get("/e/token/805ec0bdeaef.cfg").by("Yealink SIP-T46U 108.86.0.100 80:5e:c0:bd:ea:ef");
    enrolling
        .send_to(address)
        .await
        .is(503, "could not be put into the directory now");
    // Programs wait five seconds for Cisco's service and must have heard by then.
    let asked = Instant::now();
    let log_in = em::login(em::TOOL, MAC, "ada", "");
    let answer = em::post(&log_in).send_to(address).await;
    assert!(answer.body.contains("<error code=\"6\">"), "{}", answer.body);
    let took = asked.elapsed();
    assert!(took < Duration::from_millis(4700), "{took:?}");
    node.shutdown().await;
}
