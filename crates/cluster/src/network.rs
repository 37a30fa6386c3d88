//! Consensus over gRPC, the calling side: one connection for the append stream, one for heartbeats and votes,
//! one for snapshots.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::append_response::Result as Appended;
use hotdesk_proto::internal::v1::raft_client::RaftClient;
use hotdesk_store::SnapshotFile;
use hotdesk_store::types::{NodeId, NodeInfo, Vote};
use hotdesk_store::wire::{entry_to, log_id_from, log_id_to, vote_from, vote_to};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Timeout, Unreachable};
use openraft::network::{RPCOption, RPCTypes, RaftNetworkFactory, RaftNetworkV2, stream_append_sequential};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::type_config::alias::SnapshotOf;
use tonic::{Code, Status};

use crate::append_stream;
use crate::channel::{BadAddress, Channels, Line, Purpose};
use crate::snapshot_transfer;
use crate::types::C;

/// Makes the clients that consensus asks for.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    me: NodeId,
    channels: Arc<Channels>,
    /// How long an answer to an append may take before the stream counts as dead.
    answer_max: Duration,
}

impl Network {
    pub(crate) fn new(me: NodeId, channels: Arc<Channels>, election_max: Duration) -> Self {
        // The follower's disk may hesitate; the connection itself is watched by its keep-alive.
        let answer_max = (election_max * 2).max(Duration::from_secs(2));
        Self {
            me,
            channels,
            answer_max,
        }
    }

    fn peer(&self, target: NodeId, node: &NodeInfo, purpose: Purpose) -> Peer {
        Peer {
            me: self.me,
            target,
            purpose,
            answer_max: self.answer_max,
            main: self.channels.raft(&node.address, purpose),
            quick: self.channels.raft(&node.address, Purpose::Heartbeat),
        }
    }
}

impl RaftNetworkFactory<C> for Network {
    type Network = Peer;

    async fn new_client(&mut self, target: NodeId, node: &NodeInfo) -> Peer {
        self.peer(target, node, Purpose::Append)
    }

    async fn new_heartbeat_client(&mut self, target: NodeId, node: &NodeInfo) -> Peer {
        self.peer(target, node, Purpose::Heartbeat)
    }

    async fn new_snapshot_client(&mut self, target: NodeId, node: &NodeInfo) -> Peer {
        self.peer(target, node, Purpose::Snapshot)
    }
}

/// One node, as consensus calls it.
pub(crate) struct Peer {
    me: NodeId,
    target: NodeId,
    purpose: Purpose,
    answer_max: Duration,
    main: Result<RaftClient<Line>, BadAddress>,
    /// For votes, whatever else this client is for: they must not wait behind entries.
    quick: Result<RaftClient<Line>, BadAddress>,
}

impl Peer {
    /// Calls, for as long as `option` allows.
    async fn call<T>(
        &self,
        client: &Result<RaftClient<Line>, BadAddress>,
        action: RPCTypes,
        option: &RPCOption,
        call: impl AsyncFnOnce(RaftClient<Line>) -> Result<tonic::Response<T>, Status>,
    ) -> Result<T, RPCError<C>> {
        let client = client
            .as_ref()
            .map_err(|bad| RPCError::Unreachable(Unreachable::new(bad)))?
            .clone();
        match tokio::time::timeout(option.hard_ttl(), call(client)).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(rpc_error(&status)),
            Err(_) => Err(RPCError::Timeout(Timeout {
                action,
                id: self.me,
                target: self.target,
                timeout: option.hard_ttl(),
            })),
        }
    }
}

impl RaftNetworkV2<C> for Peer {
    type SnapshotData = SnapshotFile;

    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<C>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<C>, RPCError<C>> {
        let request = append_to(&request);
        let call = async move |mut client: RaftClient<Line>| client.append(request).await;
        let response = self
            .call(&self.main, RPCTypes::AppendEntries, &option, call)
            .await?;
        match response.result {
            Some(Appended::Success(_)) => Ok(AppendEntriesResponse::Success),
            Some(Appended::PartialSuccess(partial)) => Ok(AppendEntriesResponse::PartialSuccess(
                partial.upto.as_ref().map(log_id_from),
            )),
            Some(Appended::Conflict(_)) => Ok(AppendEntriesResponse::Conflict),
            Some(Appended::HigherVote(vote)) => Ok(AppendEntriesResponse::HigherVote(vote_from(&vote))),
            Some(Appended::Failure(why)) => Err(RPCError::Unreachable(Unreachable::from_string(why))),
            None => Err(not_understood()),
        }
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        option: RPCOption,
    ) -> BoxFuture<'s, Result<BoxStream<'s, Result<StreamAppendResult<C>, RPCError<C>>>, RPCError<C>>>
    where
        S: Stream<Item = AppendEntriesRequest<C>> + Send + Unpin + 'static,
    {
        if self.purpose != Purpose::Append {
            // A heartbeat is one request and one answer; a stream for each would cost more.
            return stream_append_sequential(self, input, option);
        }
        async move {
            let client = self
                .main
                .as_ref()
                .map_err(|bad| RPCError::Unreachable(Unreachable::new(bad)))?;
            append_stream::open(client.clone(), input, self.answer_max).await
        }
        .boxed()
    }

    async fn vote(
        &mut self,
        request: VoteRequest<C>,
        option: RPCOption,
    ) -> Result<VoteResponse<C>, RPCError<C>> {
        let request = vote_request_to(&request);
        let call = async move |mut client: RaftClient<Line>| client.vote(request).await;
        vote_response_from(self.call(&self.quick, RPCTypes::Vote, &option, call).await?)
    }

    async fn pre_vote(
        &mut self,
        request: VoteRequest<C>,
        option: RPCOption,
    ) -> Result<VoteResponse<C>, RPCError<C>> {
        let request = vote_request_to(&request);
        let call = async move |mut client: RaftClient<Line>| client.pre_vote(request).await;
        vote_response_from(self.call(&self.quick, RPCTypes::Vote, &option, call).await?)
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: SnapshotOf<C, SnapshotFile>,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<C>, StreamingError<C>> {
        let client = self
            .main
            .as_ref()
            .map_err(|bad| StreamingError::Unreachable(Unreachable::new(bad)))?;
        tokio::select! {
            closed = cancel => Err(StreamingError::Closed(closed)),
            sent = snapshot_transfer::send(client.clone(), vote, snapshot) => sent,
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<C>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<C>, RPCError<C>> {
        let message = wire::TransferLeaderRequest {
            from: Some(vote_to(request.from_leader())),
            to: *request.to_node_id(),
            last_log_id: request.last_log_id().map(log_id_to),
        };
        let call = async move |mut client: RaftClient<Line>| client.transfer_leader(message).await;
        let response = self
            .call(&self.quick, RPCTypes::TransferLeader, &option, call)
            .await?;
        if response.accepted {
            return Ok(Ok(()));
        }
        Ok(Err(openraft::raft::TransferLeaderError::LogNotFlushed {
            expected: request.last_log_id().copied(),
            actual: None,
        }))
    }
}

pub(crate) fn append_to(request: &AppendEntriesRequest<C>) -> wire::AppendRequest {
    wire::AppendRequest {
        vote: Some(vote_to(&request.vote)),
        prev: request.prev_log_id.as_ref().map(log_id_to),
        entries: request.entries.iter().map(entry_to).collect(),
        commit: request.leader_commit.as_ref().map(log_id_to),
    }
}

fn vote_request_to(request: &VoteRequest<C>) -> wire::VoteRequest {
    wire::VoteRequest {
        vote: Some(vote_to(&request.vote)),
        last_log_id: request.last_log_id.as_ref().map(log_id_to),
        leader_transfer: request.leadership_transfer,
    }
}

fn vote_response_from(response: wire::VoteResponse) -> Result<VoteResponse<C>, RPCError<C>> {
    let vote = response.vote.as_ref().map(vote_from).ok_or_else(not_understood)?;
    Ok(VoteResponse::new(
        vote,
        response.last_log_id.as_ref().map(log_id_from),
        response.granted,
    ))
}

pub(crate) fn not_understood() -> RPCError<C> {
    RPCError::Unreachable(Unreachable::from_string(
        "the answer was not understood: is it another version?",
    ))
}

/// What can be tried again at once is a network error; the rest waits a little.
pub(crate) fn rpc_error(status: &Status) -> RPCError<C> {
    match status.code() {
        Code::Cancelled | Code::DeadlineExceeded | Code::Aborted => {
            RPCError::Network(NetworkError::from_string(status.message()))
        }
        _ => RPCError::Unreachable(Unreachable::from_string(status.message())),
    }
}
