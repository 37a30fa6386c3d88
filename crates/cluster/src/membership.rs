//! Changing who belongs to the cluster. Any node takes the wish, the leader carries it out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::change_membership_request::Change as Wish;
use hotdesk_store::types::{Membership, NodeId, NodeInfo};
use hotdesk_store::wire::{membership_from, membership_to};
use openraft::ChangeMembers;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{ChangeMembershipError, ClientWriteError, RaftError};
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::channel::source_text;
use crate::error::ChangeError;
use crate::leadership::Leader;
use crate::node::Node;
use crate::types::{C, Raft};

/// How long a change may take, catching up included.
const CHANGE_MAX: Duration = Duration::from_secs(30);
/// How long a new node may take to say who it is.
const HELLO_MAX: Duration = Duration::from_secs(3);
/// How long to wait before trying again.
const PAUSE: Duration = Duration::from_millis(100);
/// A learner counts as caught up when it lacks no more entries than this.
const LAG_MAX: u64 = 200;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    AddLearner { id: NodeId, info: NodeInfo, moved: bool },
    Promote(NodeId),
    Remove(NodeId),
    TransferLeader(NodeId),
}

/// The membership after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The log index of the entry that set it, or of the last entry where nothing had to change.
    pub index: u64,
    /// Who belongs to the cluster now.
    pub members: Vec<crate::status::Member>,
}

/// Why a change was not made by this node.
enum Refused {
    /// Trying again may help, here or at another leader.
    NotNow(String),
    /// It does not help.
    Final(ChangeError),
}

impl From<ChangeError> for Refused {
    fn from(error: ChangeError) -> Self {
        Self::Final(error)
    }
}

fn precondition(text: String) -> Refused {
    Refused::Final(ChangeError::Precondition(text))
}

/// Has a change made, wherever the leader is. Making it again does no harm.
pub(crate) async fn change(node: &Arc<Node>, change: Change) -> Result<(u64, Membership), ChangeError> {
    let deadline = Instant::now() + CHANGE_MAX;
    let mut attempts = 0;
    loop {
        node.stop.borrow().check().map_err(|error| match error {
            crate::ProposeError::Stopped(why) => ChangeError::Stopped(why),
            _ => ChangeError::ShuttingDown,
        })?;
        let leader = node.leader.borrow().clone();
        let attempt = async {
            match (&leader, node.raft()) {
                (Leader::Me, Some(raft)) => here(node, raft, &change, deadline).await,
                (Leader::Other(known), _) => there(node, &known.address, &change).await,
                _ => Err(Refused::NotNow("no leader is known".into())),
            }
        };
        let answer = tokio::time::timeout_at(deadline, attempt).await;
        match answer {
            Ok(Ok(changed)) => return Ok(changed),
            // The first attempt did it, and its answer was lost.
            Ok(Err(Refused::Final(ChangeError::NotAMember(_))))
                if attempts > 0 && matches!(change, Change::Remove(_)) =>
            {
                return Ok((node.applied(), node.state.membership().membership().clone()));
            }
            Ok(Err(Refused::Final(error))) => return Err(error),
            Ok(Err(Refused::NotNow(why))) => {
                tracing::debug!(reason = %why, ?change, "the membership is not changed yet");
                if leader != Leader::Nobody {
                    attempts += 1;
                }
                if Instant::now() + PAUSE >= deadline {
                    return Err(if attempts == 0 {
                        ChangeError::NoLeader
                    } else {
                        ChangeError::Precondition(why)
                    });
                }
            }
            Err(_) => {
                return Err(if leader == Leader::Nobody {
                    ChangeError::NoLeader
                } else {
                    ChangeError::Unknown
                });
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks the leader.
async fn there(node: &Node, address: &str, change: &Change) -> Result<(u64, Membership), Refused> {
    let mut client = node
        .channels
        .peer(address)
        .map_err(|bad| Refused::NotNow(bad.to_string()))?;
    let request = wire::ChangeMembershipRequest {
        change: Some(change.into()),
    };
    match client.change_membership(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            let membership = membership_from(&answer.membership.unwrap_or_default())
                .map_err(|invalid| Refused::NotNow(invalid.to_string()))?;
            Ok((answer.index, membership))
        }
        Err(status) => Err(match status.code() {
            Code::FailedPrecondition => precondition(status.message().to_owned()),
            Code::NotFound => ChangeError::NotAMember(change.subject()).into(),
            Code::Unknown => ChangeError::Unknown.into(),
            _ => Refused::NotNow(status.message().to_owned()),
        }),
    }
}

/// What another node asks of this one, which must be the leader.
pub(crate) async fn serve(
    node: &Arc<Node>,
    request: wire::ChangeMembershipRequest,
) -> Result<wire::ChangeMembershipResponse, Status> {
    let change = Change::try_from(request)?;
    let raft = node
        .raft()
        .ok_or_else(|| Status::unavailable("a replica does not lead"))?;
    let done = tokio::time::timeout(CHANGE_MAX, here(node, raft, &change, Instant::now() + CHANGE_MAX)).await;
    match done {
        Ok(Ok((index, membership))) => Ok(wire::ChangeMembershipResponse {
            index,
            membership: Some(membership_to(&membership)),
        }),
        Ok(Err(Refused::NotNow(why))) => Err(Status::unavailable(why)),
        Ok(Err(Refused::Final(error))) => Err(status_of(&error)),
        Err(_) => Err(status_of(&ChangeError::Unknown)),
    }
}

/// A refusal as other nodes are told.
pub(crate) fn status_of(error: &ChangeError) -> Status {
    let text = error.to_string();
    match error {
        ChangeError::NotAMember(_) => Status::not_found(text),
        ChangeError::Precondition(_) => Status::failed_precondition(text),
        ChangeError::Unknown => Status::unknown(text),
        ChangeError::NoLeader | ChangeError::Stopped(_) | ChangeError::ShuttingDown => {
            Status::unavailable(text)
        }
    }
}

// === On the leader ===

async fn here(
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

// === Change ===

impl Change {
    const fn subject(&self) -> NodeId {
        match self {
            Self::AddLearner { id, .. } | Self::Promote(id) | Self::Remove(id) | Self::TransferLeader(id) => {
                *id
            }
        }
    }
}

impl From<&Change> for Wish {
    fn from(change: &Change) -> Self {
        match change {
            Change::AddLearner { id, info, moved } => Self::AddLearner(wire::JoinRequest {
                node_id: *id,
                address: info.address.clone(),
                site: info.site.clone(),
                moved: *moved,
            }),
            Change::Promote(id) => Self::Promote(*id),
            Change::Remove(id) => Self::Remove(*id),
            Change::TransferLeader(id) => Self::TransferLeader(*id),
        }
    }
}

impl TryFrom<wire::ChangeMembershipRequest> for Change {
    type Error = Status;

    fn try_from(request: wire::ChangeMembershipRequest) -> Result<Self, Status> {
        match request.change {
            Some(Wish::AddLearner(join)) => Self::try_from(join),
            Some(Wish::Promote(id)) => Ok(Self::Promote(id)),
            Some(Wish::Remove(id)) => Ok(Self::Remove(id)),
            Some(Wish::TransferLeader(id)) => Ok(Self::TransferLeader(id)),
            None => Err(Status::invalid_argument(
                "no change, or one that this version does not know",
            )),
        }
    }
}

impl TryFrom<wire::JoinRequest> for Change {
    type Error = Status;

    fn try_from(join: wire::JoinRequest) -> Result<Self, Status> {
        if join.node_id == 0 || join.address.is_empty() {
            return Err(Status::invalid_argument(
                "a node needs an id other than 0, and an address",
            ));
        }
        Ok(Self::AddLearner {
            id: join.node_id,
            info: NodeInfo {
                address: join.address,
                site: join.site,
            },
            moved: join.moved,
        })
    }
}
