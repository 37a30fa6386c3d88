//! Consensus over gRPC, the answering side.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::append_response::Result as Appended;
use hotdesk_proto::internal::v1::raft_server;
use hotdesk_store::wire::{log_id_from, log_id_to, vote_from, vote_to};
use hotdesk_store::{SnapshotDir, StateHandle};
use openraft::Snapshot;
use openraft::errors::{Fatal, RaftError};
use openraft::raft::{AppendEntriesResponse, TransferLeaderRequest, VoteRequest, VoteResponse};
use tokio::time::Instant;
use tonic::{Request, Response, Status, Streaming};

use crate::append_stream::{request_from, result_to};
use crate::auth::Caller;
use crate::identity::Identity;
use crate::snapshot_transfer;
use crate::types::{C, Raft};

/// How long a transfer waits for another one to end.
const TRANSFER_WAIT: Duration = Duration::from_secs(5);

/// Passes calls of other nodes on to consensus.
pub(crate) struct RaftService {
    raft: Raft,
    state: StateHandle,
    snapshots: SnapshotDir,
    identity: Arc<Identity>,
    /// No votes before this; see [`RaftService::new`].
    votes_from: Instant,
    receiving: Arc<tokio::sync::Mutex<()>>,
}

impl RaftService {
    /// `silence`: how long after a restart this node grants nobody a vote. A leader reads without asking
    /// anybody while its last acknowledgement by a majority is younger than its read lease; that this node
    /// gave one is forgotten in a restart. `None` for a node that never took part.
    pub(crate) fn new(
        raft: Raft,
        state: StateHandle,
        snapshots: SnapshotDir,
        identity: Arc<Identity>,
        silence: Option<Duration>,
    ) -> Self {
        Self {
            raft,
            state,
            snapshots,
            identity,
            votes_from: Instant::now() + silence.unwrap_or_default(),
            receiving: Arc::default(),
        }
    }

    /// The caller's cluster is this node's; from now on, if it had none.
    fn belong<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let cluster = Caller::member(request)?;
        self.identity
            .adopt(&cluster)
            .map_err(|error| Status::failed_precondition(error.to_string()))?;
        self.state.set_cluster_id(&cluster);
        Ok(())
    }

    fn vote_request(&self, request: Request<wire::VoteRequest>) -> Result<VoteRequest<C>, Status> {
        self.belong(&request)?;
        let request = request.into_inner();
        if !request.leader_transfer && Instant::now() < self.votes_from {
            return Err(Status::unavailable(
                "restarted a moment ago: may have promised not to vote yet",
            ));
        }
        let vote = request
            .vote
            .as_ref()
            .map(vote_from)
            .ok_or_else(|| Status::invalid_argument("no vote"))?;
        let mut vote_request = VoteRequest::new(vote, request.last_log_id.as_ref().map(log_id_from));
        vote_request.leadership_transfer = request.leader_transfer;
        Ok(vote_request)
    }
}

#[tonic::async_trait]
impl raft_server::Raft for RaftService {
    type StreamAppendStream = BoxStream<'static, Result<wire::AppendResponse, Status>>;

    async fn stream_append(
        &self,
        request: Request<Streaming<wire::AppendRequest>>,
    ) -> Result<Response<Self::StreamAppendStream>, Status> {
        self.belong(&request)?;
        let requests = request.into_inner().map(|request| request.and_then(request_from));
        // A broken stream, or a request that is not understood, is the end; the leader opens another one.
        let requests = requests.scan((), |(), request| {
            let request = request
                .inspect_err(|status| tracing::debug!(reason = status.message(), "append stream ends"));
            std::future::ready(request.ok())
        });
        let answers = self
            .raft
            .stream_append(requests)
            .map(|result| Ok(result.map_or_else(|fatal| failure(&fatal), result_to)));
        Ok(Response::new(answers.boxed()))
    }

    async fn append(
        &self,
        request: Request<wire::AppendRequest>,
    ) -> Result<Response<wire::AppendResponse>, Status> {
        self.belong(&request)?;
        let request = request_from(request.into_inner())?;
        let prev = request.prev_log_id;
        let result = match self.raft.append_entries(request).await {
            Ok(AppendEntriesResponse::Success) => Appended::Success(true),
            Ok(AppendEntriesResponse::PartialSuccess(upto)) => {
                let upto = upto.as_ref().map(log_id_to);
                Appended::PartialSuccess(wire::PartialSuccess { upto })
            }
            Ok(AppendEntriesResponse::Conflict) => {
                Appended::Conflict(prev.as_ref().map(log_id_to).unwrap_or_default())
            }
            Ok(AppendEntriesResponse::HigherVote(vote)) => Appended::HigherVote(vote_to(&vote)),
            Err(error) => return Err(raft_status(&error)),
        };
        Ok(Response::new(wire::AppendResponse { result: Some(result) }))
    }

    async fn vote(
        &self,
        request: Request<wire::VoteRequest>,
    ) -> Result<Response<wire::VoteResponse>, Status> {
        let request = self.vote_request(request)?;
        let answer = self
            .raft
            .vote(request)
            .await
            .map_err(|error| raft_status(&error))?;
        Ok(Response::new(vote_response(&answer)))
    }

    async fn pre_vote(
        &self,
        request: Request<wire::VoteRequest>,
    ) -> Result<Response<wire::VoteResponse>, Status> {
        let request = self.vote_request(request)?;
        let answer = self
            .raft
            .pre_vote(request)
            .await
            .map_err(|error| raft_status(&error))?;
        Ok(Response::new(vote_response(&answer)))
    }

    async fn snapshot_offset(
        &self,
        request: Request<wire::SnapshotOffsetRequest>,
    ) -> Result<Response<wire::SnapshotOffsetResponse>, Status> {
        self.belong(&request)?;
        let _alone = self.transfer_alone().await?;
        let id = request
            .into_inner()
            .id
            .ok_or_else(|| Status::invalid_argument("no id"))?;
        let offset = snapshot_transfer::offset(self.snapshots.clone(), id).await?;
        Ok(Response::new(wire::SnapshotOffsetResponse { offset }))
    }

    async fn send_snapshot(
        &self,
        request: Request<Streaming<wire::SnapshotChunk>>,
    ) -> Result<Response<wire::SnapshotResponse>, Status> {
        self.belong(&request)?;
        let _alone = self.transfer_alone().await?;
        let received = snapshot_transfer::receive(self.snapshots.clone(), request.into_inner()).await?;
        let last = received.meta.last_log_id;
        tracing::info!(log_index = last.map(|id| id.index), "a snapshot has come");
        let snapshot = Snapshot {
            meta: received.meta,
            snapshot: received.file,
        };
        let installed = self.raft.install_full_snapshot(received.vote, snapshot).await;
        let answer = installed.map_err(|fatal| Status::unavailable(fatal.to_string()))?;
        let vote = Some(vote_to(&answer.vote));
        Ok(Response::new(wire::SnapshotResponse { vote }))
    }

    async fn transfer_leader(
        &self,
        request: Request<wire::TransferLeaderRequest>,
    ) -> Result<Response<wire::TransferLeaderResponse>, Status> {
        self.belong(&request)?;
        let request = request.into_inner();
        let from = request
            .from
            .as_ref()
            .map(vote_from)
            .ok_or_else(|| Status::invalid_argument("no vote"))?;
        let last = request.last_log_id.as_ref().map(log_id_from);
        let request = TransferLeaderRequest::new(from, request.to, last);
        let answer = self.raft.handle_transfer_leader(request).await;
        let answer = answer.map_err(|fatal| Status::unavailable(fatal.to_string()))?;
        let accepted = answer.is_ok();
        Ok(Response::new(wire::TransferLeaderResponse { accepted }))
    }
}

impl RaftService {
    /// Transfers share one place on the disk. The old one's connection may take a moment to be found dead.
    async fn transfer_alone(&self) -> Result<tokio::sync::OwnedMutexGuard<()>, Status> {
        let lock = Arc::clone(&self.receiving).lock_owned();
        let locked = tokio::time::timeout(TRANSFER_WAIT, lock).await;
        locked.map_err(|_| Status::unavailable("another snapshot is coming in"))
    }
}

fn vote_response(response: &VoteResponse<C>) -> wire::VoteResponse {
    wire::VoteResponse {
        vote: Some(vote_to(&response.vote)),
        granted: response.vote_granted,
        last_log_id: response.last_log_id.as_ref().map(log_id_to),
    }
}

fn failure(fatal: &Fatal<C>) -> wire::AppendResponse {
    wire::AppendResponse {
        result: Some(Appended::Failure(fatal.to_string())),
    }
}

fn raft_status(error: &RaftError<C>) -> Status {
    Status::unavailable(error.to_string())
}
