//! Changing the membership, on the leader.

use std::collections::BTreeMap;

use hotdesk_proto::internal::v1 as wire;
use hotdesk_store::types::{Membership, NodeId, NodeInfo};
use openraft::ChangeMembers;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{ChangeMembershipError, ClientWriteError, RaftError};
use tokio::time::Instant;
use tonic::Code;

use super::{CHANGE_MAX, Change, HELLO_MAX, LAG_MAX, PAUSE, Refused, precondition};
use crate::channel::source_text;
use crate::error::ChangeError;
use crate::node::Node;
use crate::types::{C, Raft};

/// Carries a change out.
pub(super) async fn here(
    node: &Node,
    raft: &Raft,
    change: &Change,
    deadline: Instant,
) -> Result<(u64, Membership), Refused> {
    match change {
        Change::AddLearner { id, info, moved } => add(node, raft, *id, info, *moved).await,
        Change::Promote(id) => promote(raft, *id, deadline).await,
        Change::Remove(id) => remove(node, raft, *id).await,
        Change::TransferLeader(id) => transfer(node, raft, *id).await,
    }
}

async fn add(
    node: &Node,
    raft: &Raft,
    id: NodeId,
    info: &NodeInfo,
    moved: bool,
) -> Result<(u64, Membership), Refused> {
    let membership = membership(raft);
    if let Some((other, there)) = membership
        .nodes()
        .find(|(other, there)| **other != id && there.address == info.address)
    {
        return Err(precondition(format!(
            "the address {} is node {other}'s ({there})",
            info.address
        )));
    }
    let nodes = BTreeMap::from([(id, info.clone())]);
    match membership.get_node(&id) {
        Some(known) if known == info => Ok(unchanged(raft)),
        Some(_) if moved => write(raft, ChangeMembers::SetNodes(nodes), true).await,
        Some(known) => Err(precondition(format!(
            "the node id {id} is taken, by {known}: a node that lost its directory is removed first and comes \
             back under an id that was never used"
        ))),
        None => {
            introduce(node, id, info).await?;
            write(raft, ChangeMembers::AddNodes(nodes), true).await
        }
    }
}

/// Makes sure that the node is there, and is the one it should be.
async fn introduce(node: &Node, id: NodeId, info: &NodeInfo) -> Result<(), Refused> {
    let mut client = node
        .channels
        .peer(&info.address)
        .map_err(|bad| precondition(bad.to_string()))?;
    let hello = tokio::time::timeout(HELLO_MAX, client.hello(wire::HelloRequest {})).await;
    match hello {
        Ok(Ok(answer)) => {
            let answer = answer.into_inner();
            if answer.node_id != id {
                let found = answer.node_id;
                return Err(precondition(format!(
                    "at {} there is node {found}, not node {id}",
                    info.address
                )));
            }
            if answer.replica {
                return Err(precondition(format!(
                    "node {id} runs as a replica, outside of consensus"
                )));
            }
            Ok(())
        }
        Ok(Err(status)) if status.code() != Code::Unavailable => Err(precondition(format!(
            "node {id} at {} refuses: {}",
            info.address,
            status.message()
        ))),
        Ok(Err(status)) => Err(precondition(format!(
            "node {id} cannot be reached at {}: {}",
            info.address,
            source_text(&status)
        ))),
        Err(_) => Err(precondition(format!(
            "node {id} does not answer at {}",
            info.address
        ))),
    }
}

async fn promote(raft: &Raft, id: NodeId, deadline: Instant) -> Result<(u64, Membership), Refused> {
    let membership = membership(raft);
    if membership.get_node(&id).is_none() {
        return Err(ChangeError::NotAMember(id).into());
    }
    if membership.voter_ids().any(|voter| voter == id) {
        return Ok(unchanged(raft));
    }
    // A voter that lacks much would count for a majority and not be able to acknowledge anything.
    let give_up = deadline - CHANGE_MAX / 3;
    while let Some(lag) = lag(raft, id).filter(|lag| *lag > LAG_MAX) {
        if Instant::now() >= give_up {
            return Err(precondition(format!(
                "node {id} has not caught up: it lacks {lag} entries"
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
    write(raft, ChangeMembers::AddVoterIds([id].into()), true).await
}

async fn remove(node: &Node, raft: &Raft, id: NodeId) -> Result<(u64, Membership), Refused> {
    let membership = membership(raft);
    if membership.get_node(&id).is_none() {
        return Err(ChangeError::NotAMember(id).into());
    }
    let voters: Vec<NodeId> = membership.voter_ids().collect();
    if !voters.contains(&id) {
        return write(raft, ChangeMembers::RemoveNodes([id].into()), false).await;
    }
    let others: Vec<NodeId> = voters.into_iter().filter(|voter| *voter != id).collect();
    if others.is_empty() {
        return Err(precondition(format!(
            "node {id} is the only voter: a cluster needs one"
        )));
    }
    if id == node.id() {
        let Some(successor) = best(raft, &others) else {
            return Err(Refused::NotNow("no other voter has caught up".into()));
        };
        transfer(node, raft, successor).await?;
        return Err(Refused::NotNow(format!("node {successor} leads now")));
    }
    write(raft, ChangeMembers::RemoveVoters([id].into()), false).await
}

async fn transfer(node: &Node, raft: &Raft, to: NodeId) -> Result<(u64, Membership), Refused> {
    let membership = membership(raft);
    if to == node.id() {
        return Ok(unchanged(raft));
    }
    if membership.get_node(&to).is_none() {
        return Err(ChangeError::NotAMember(to).into());
    }
    if !membership.voter_ids().any(|voter| voter == to) {
        return Err(precondition(format!("node {to} is a learner: promote it first")));
    }
    if let Some(lag) = lag(raft, to).filter(|lag| *lag > LAG_MAX) {
        return Err(precondition(format!(
            "node {to} has not caught up: it lacks {lag} entries"
        )));
    }
    // The successor asks for votes at once; should it be gone, an election follows.
    let limit = node.config.timing.election_max * 3;
    match tokio::time::timeout(limit, hand_over(node, raft, to)).await {
        Ok(Some(leader)) if leader == to => Ok(unchanged(raft)),
        Ok(Some(leader)) => Err(precondition(format!(
            "node {to} did not take over; node {leader} leads now"
        ))),
        Ok(None) => Err(Refused::NotNow("consensus has stopped".into())),
        Err(_) => Err(precondition(format!("node {to} did not take over in time"))),
    }
}

/// Asks `to` to take over, and waits until another node than this one leads: that is given.
pub(crate) async fn hand_over(node: &Node, raft: &Raft, to: NodeId) -> Option<NodeId> {
    raft.trigger().transfer_leader(to).await.ok()?;
    let mut metrics = raft.server_metrics();
    let other = |leader: Option<NodeId>| leader.filter(|leader| *leader != node.id());
    let changed = metrics
        .wait_until(|metrics| other(metrics.current_leader).is_some())
        .await
        .ok()?;
    other(changed.current_leader)
}

/// The voter among `candidates` that has most of the log, if it has nearly all of it.
pub(crate) fn best(raft: &Raft, candidates: &[NodeId]) -> Option<NodeId> {
    let lags = candidates.iter().filter_map(|id| Some((lag(raft, *id)?, *id)));
    lags.min().filter(|(lag, _)| *lag <= LAG_MAX).map(|(_, id)| id)
}

/// How many entries a node lacks; `None` while this node does not lead.
fn lag(raft: &Raft, id: NodeId) -> Option<u64> {
    let metrics = raft.metrics();
    let metrics = metrics.borrow_watched();
    let matched = metrics.replication.as_ref()?.get(&id).copied().flatten();
    let last = metrics.last_log_index.unwrap_or_default();
    Some(last.saturating_sub(matched.map_or(0, |id| id.index)))
}

fn membership(raft: &Raft) -> Membership {
    raft.server_metrics()
        .borrow_watched()
        .membership_config
        .membership()
        .clone()
}

fn unchanged(raft: &Raft) -> (u64, Membership) {
    let metrics = raft.metrics();
    let metrics = metrics.borrow_watched();
    (
        metrics.last_applied.map_or(0, |id| id.index),
        metrics.membership_config.membership().clone(),
    )
}

async fn write(
    raft: &Raft,
    change: ChangeMembers<NodeId, NodeInfo>,
    retain: bool,
) -> Result<(u64, Membership), Refused> {
    tracing::info!(?change, "change the membership");
    match raft.change_membership(change, retain).await {
        Ok(written) => Ok((written.log_id.index, membership(raft))),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: RaftError<C, ClientWriteError<C>>) -> Refused {
    match error {
        RaftError::APIError(ClientWriteError::ForwardToLeader(_)) => {
            Refused::NotNow("this node does not lead any more".into())
        }
        RaftError::APIError(ClientWriteError::ChangeMembershipError(error)) => match error {
            ChangeMembershipError::InProgress(_) | ChangeMembershipError::UncommittedLeaderLog(_) => {
                Refused::NotNow("another change of the membership is under way".into())
            }
            error => precondition(error.to_string()),
        },
        RaftError::APIError(_) => ChangeError::Unknown.into(),
        RaftError::Fatal(fatal) => Refused::NotNow(fatal.to_string()),
    }
}
