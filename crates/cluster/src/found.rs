//! How a node becomes part of a cluster: founding it, joining it, or telling it a new address.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_proto::internal::v1 as wire;
use hotdesk_store::types::{NodeId, NodeInfo};
use openraft::async_runtime::watch::WatchReceiver;

use crate::channel::source_text;
use crate::config::Role;
use crate::node::Node;
use crate::types::Raft;

/// How long a node may take to say who it is.
const HELLO_MAX: Duration = Duration::from_secs(3);
/// How long joining may take; the leader looks whether this node is there, and writes an entry.
const JOIN_MAX: Duration = Duration::from_secs(15);
/// How long to wait before trying again; doubled each time, up to the second.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Does what the role says until the node belongs to its cluster. `initialized`: its log says that it does.
pub(crate) async fn settle(node: Arc<Node>, raft: Raft, initialized: bool) {
    let mut pause = PAUSE_MIN;
    loop {
        let step = match &node.config.role {
            _ if initialized => announce(&node, &raft).await,
            Role::Founder { founders } => found(&node, &raft, founders).await,
            Role::Join { addresses } => join(&node, &raft, addresses).await,
            // Replicas have no consensus to settle.
            Role::Replica { .. } => Ok(()),
        };
        let Err(why) = step else {
            node.wait_for(None);
            return;
        };
        node.wait_for(Some(why));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// The lowest founder waits for the others and begins; the others wait to be called.
async fn found(node: &Node, raft: &Raft, founders: &BTreeMap<NodeId, String>) -> Result<(), String> {
    if is_initialized(raft).await? {
        return Ok(());
    }
    let me = node.id();
    if let Some((lowest, address)) = founders.first_key_value().filter(|(lowest, _)| **lowest != me) {
        return Err(format!(
            "waiting for node {lowest} at {address} to found the cluster"
        ));
    }
    let mut nodes = BTreeMap::new();
    for (id, address) in founders {
        let site = if *id == me {
            node.config.site.clone()
        } else {
            greet(node, *id, address).await?
        };
        let info = NodeInfo {
            address: address.clone(),
            site,
        };
        nodes.insert(*id, info);
    }
    let cluster_id = match node.identity.cluster_id() {
        Some(known) => known.to_string(),
        None => uuid::Uuid::new_v4().to_string(),
    };
    belong(node, &cluster_id)?;
    tracing::info!(%cluster_id, voters = nodes.len(), "found the cluster");
    raft.initialize(nodes)
        .await
        .map_err(|error| format!("found the cluster: {error}"))
}

/// Asks another founder who it is; gives its office.
async fn greet(node: &Node, id: NodeId, address: &str) -> Result<String, String> {
    let hello = hello(node, address)
        .await
        .map_err(|why| format!("waiting for founder {id} at {address}: {why}"))?;
    if hello.node_id != id {
        return Err(format!(
            "at {address} there is node {}, not founder {id}",
            hello.node_id
        ));
    }
    let ours = node.identity.cluster_id();
    if !hello.cluster_id.is_empty() && ours.as_deref() != Some(&hello.cluster_id) {
        let why = format!(
            "node {id} at {address} belongs to cluster {} already, and this node has an empty directory: if it \
             lost its data, remove node {} there and let it join under a new id",
            hello.cluster_id,
            node.id()
        );
        node.fail(why.clone());
        return Err(why);
    }
    Ok(hello.site)
}

/// Asks any node to be added, until one says yes or the leader has sent the first entries.
async fn join(node: &Node, raft: &Raft, addresses: &[String]) -> Result<(), String> {
    if is_initialized(raft).await? {
        return Ok(());
    }
    let mut problem = "no address to join at is configured".to_owned();
    for address in addresses {
        match ask_to_join(node, address, false).await {
            Ok(()) => return Ok(()),
            Err(why) => problem = format!("join at {address}: {why}"),
        }
    }
    Err(problem)
}

/// Tells the cluster where this node is now, if it says otherwise.
async fn announce(node: &Node, raft: &Raft) -> Result<(), String> {
    let ours = NodeInfo {
        address: node.config.advertise.clone(),
        site: node.config.site.clone(),
    };
    let membership = Arc::clone(&raft.server_metrics().borrow_watched().membership_config);
    let Some(known) = membership.get_node(&node.id()).filter(|known| **known != ours) else {
        return Ok(());
    };
    tracing::info!(from = %known, to = %ours, "this node has moved");
    let mut problem = "no other node is known".to_owned();
    let others = membership.nodes().filter(|(id, _)| **id != node.id());
    for (_, other) in others {
        match ask_to_join(node, &other.address, true).await {
            Ok(()) => return Ok(()),
            Err(why) => problem = format!("tell {} the new address: {why}", other.address),
        }
    }
    Err(problem)
}

async fn ask_to_join(node: &Node, address: &str, moved: bool) -> Result<(), String> {
    let mut client = node.channels.peer(address).map_err(|bad| bad.to_string())?;
    let request = wire::JoinRequest {
        node_id: node.id(),
        address: node.config.advertise.clone(),
        site: node.config.site.clone(),
        moved,
    };
    match tokio::time::timeout(JOIN_MAX, client.join(request)).await {
        Ok(Ok(answer)) => belong(node, &answer.into_inner().cluster_id),
        Ok(Err(status)) => Err(text(&status)),
        Err(_) => Err("no answer".into()),
    }
}

/// Asks a node who it is.
pub(crate) async fn hello(node: &Node, address: &str) -> Result<wire::HelloResponse, String> {
    let mut client = node.channels.peer(address).map_err(|bad| bad.to_string())?;
    match tokio::time::timeout(HELLO_MAX, client.hello(wire::HelloRequest {})).await {
        Ok(Ok(answer)) => Ok(answer.into_inner()),
        Ok(Err(status)) => Err(text(&status)),
        Err(_) => Err("no answer".into()),
    }
}

/// This node belongs to the cluster from now on.
pub(crate) fn belong(node: &Node, cluster_id: &str) -> Result<(), String> {
    node.identity
        .adopt(cluster_id)
        .map_err(|error| error.to_string())?;
    node.state.set_cluster_id(cluster_id);
    Ok(())
}

async fn is_initialized(raft: &Raft) -> Result<bool, String> {
    raft.is_initialized().await.map_err(|fatal| fatal.to_string())
}

fn text(status: &tonic::Status) -> String {
    match status.code() {
        tonic::Code::Unavailable | tonic::Code::Unknown => source_text(status),
        _ => status.message().to_owned(),
    }
}
