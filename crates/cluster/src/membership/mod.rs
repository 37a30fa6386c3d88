//! Changing who belongs to the cluster. Any node takes the wish, the leader carries it out.

mod leader;

use std::sync::Arc;
use std::time::Duration;

use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::change_membership_request::Change as Wish;
use hotdesk_store::types::{Membership, NodeId, NodeInfo};
use hotdesk_store::wire::{membership_from, membership_to};
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::error::ChangeError;
use crate::leadership::Leader;
use crate::node::Node;

use self::leader::here;
pub(crate) use self::leader::{best, hand_over};

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
