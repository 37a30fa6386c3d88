//! Signing out: known at every node.

use hotdesk_core::{Site, User};
use hotdesk_node::Node;
use hotdesk_proto::v1;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use serde_json::json;

use super::cut_off::{decide, two, until};
use super::*;

const PIN: &str = "123456";

async fn sign_in(address: SocketAddr) -> String {
    let mut ask = get("/api/v1/sign-in").method("POST");
    ask.body = json!({"user": "ada", "pin": PIN}).to_string().into_bytes();
    let answer = ask.send_to(address).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    body["token"].as_str().unwrap().to_owned()
}

async fn call(address: SocketAddr, method: &'static str, path: &str, token: &str) -> u16 {
    let ask = get(path)
        .method(method)
        .with("Authorization", format!("Bearer {token}"));
    ask.send_to(address).await.status
}

/// Whether somebody is signed in there, by the calls and by the pages.
async fn is_signed_in(address: SocketAddr, token: &str) -> bool {
    let cookie = format!("hotdesk_me={token}");
    let page = get("/me").with("Cookie", cookie).send_to(address).await;
    let by_page = page.body.contains("/me/out");
    let by_call = call(address, "GET", "/api/v1/sessions", token).await == 200;
    assert_eq!(by_page, by_call, "{}", page.body);
    by_call
}

fn ended_at(node: &Node) -> u64 {
    let state = node.cluster().local().state;
    state
        .user(&"ada".parse().unwrap())
        .map_or(0, |ada| ada.visits_ended)
}

#[tokio::test]
async fn whoever_signs_out_at_one_node_is_signed_out_at_all_and_where_it_is_cut_off_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut nodes = two(dir.path()).await;
    decide(&nodes[0], Action::PutSite(Site::new("chicago".parse().unwrap()))).await;
    decide(&nodes[0], Action::PutUser(User::new("ada".parse().unwrap()))).await;
    let mut directory = DirectoryClient::connect(format!("http://{}", nodes[0].address()))
        .await
        .unwrap();
    let pin = v1::SetPinRequest {
        user: "ada".into(),
        pin: PIN.into(),
        ..Default::default()
    };
    directory.set_pin(pin).await.unwrap();
    let [here, there] = [0, 1].map(|node: usize| nodes[node].phones_addresses()[0]);

    let (browser, other) = (sign_in(here).await, sign_in(there).await);
    for token in [&browser, &other] {
        assert!(is_signed_in(here, token).await && is_signed_in(there, token).await);
    }
    assert_eq!(call(here, "POST", "/api/v1/sign-out", &browser).await, 204);
    until("both nodes know", || nodes.iter().all(|node| ended_at(node) > 0)).await;
    for token in [&browser, &other] {
        assert!(!is_signed_in(here, token).await && !is_signed_in(there, token).await);
    }
    // Whoever signs in again is in at once, at both.
    let again = sign_in(there).await;
    assert!(is_signed_in(there, &again).await && is_signed_in(here, &again).await);

    let node = nodes.remove(0);
    for other in nodes {
        other.shutdown().await;
    }
    until("the node notices", || node.cluster().local().cut_off).await;
    assert!(is_signed_in(here, &again).await, "pages go on");
    assert_eq!(call(here, "POST", "/api/v1/sign-out", &again).await, 204);
    assert!(!is_signed_in(here, &again).await, "this node remembers by itself");
    node.shutdown().await;
}
