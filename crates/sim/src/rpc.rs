//! Consensus over the modelled network.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use hotdesk_store::SnapshotFile;
use hotdesk_store::types::{NodeInfo, Snapshot, Vote};
use openraft::OptionalSend;
use openraft::async_runtime::AsyncRuntime;
use openraft::base::{BoxFuture, BoxStream};
use openraft::errors::{
    Fatal, NetworkError, RPCError, RaftError, ReplicationClosed, StreamingError, Unreachable,
};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};

use crate::network::{CallError, Network, Order};
use crate::node::Node;
use crate::runtime::NodeRuntime;
use crate::types::Types;

/// So many appends of one stream may be under way at once.
const PIPELINE: usize = 8;
/// Sending a snapshot takes this long, on top of a message.
const SNAPSHOT_TAKES: Duration = Duration::from_millis(60);

/// Makes connections for one node.
pub struct Connections {
    /// The network.
    pub network: Network,
    /// From which node.
    pub from: u64,
}

/// One connection.
#[derive(Clone)]
pub struct Connection {
    network: Network,
    from: u64,
    to: u64,
}

impl RaftNetworkFactory<Types> for Connections {
    type Network = Connection;

    async fn new_client(&mut self, to: u64, _: &NodeInfo) -> Connection {
        Connection {
            network: self.network.clone(),
            from: self.from,
            to,
        }
    }
}

type RpcResult<T> = Result<T, RPCError<Types>>;

impl Connection {
    async fn call<T, H, F>(&self, patience: Duration, order: Option<Order>, handle: H) -> RpcResult<T>
    where
        T: Send + 'static,
        H: FnOnce(Arc<Node>) -> F + Send + 'static,
        F: Future<Output = Result<T, Fatal<Types>>> + Send + 'static,
    {
        match self
            .network
            .call((self.from, self.to), patience, order, handle)
            .await
        {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(fatal)) => Err(NetworkError::from_string(fatal).into()),
            Err(CallError::Refused) => Err(Unreachable::from_string("connection refused").into()),
            Err(CallError::TimedOut) => Err(NetworkError::from_string("no answer in time").into()),
        }
    }

    async fn append(
        &self,
        rpc: AppendEntriesRequest<Types>,
        patience: Duration,
        order: Option<Order>,
    ) -> RpcResult<AppendEntriesResponse<Types>> {
        self.call(patience, order, |node| async move {
            node.raft()
                .append_entries(rpc)
                .await
                .map_err(RaftError::unwrap_fatal)
        })
        .await
    }
}

impl RaftNetworkV2<Types> for Connection {
    type SnapshotData = SnapshotFile;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> RpcResult<AppendEntriesResponse<Types>> {
        self.append(rpc, option.soft_ttl(), None).await
    }

    /// Several appends under way at once, in order both ways, as on the product's stream.
    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        option: RPCOption,
    ) -> BoxFuture<'s, RpcResult<BoxStream<'s, RpcResult<StreamAppendResult<Types>>>>>
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + OptionalSend + Unpin + 'static,
    {
        let connection = self.clone();
        let order = Order::default();
        let patience = option.soft_ttl();
        let answers = input
            .map(move |rpc| {
                let (connection, order) = (connection.clone(), order.clone());
                async move {
                    let first = rpc.prev_log_id;
                    let last = rpc.entries.last().map(|entry| entry.log_id).or(first);
                    let answer = connection.append(rpc, patience, Some(order)).await?;
                    let result = answer.into_stream_result(first, last);
                    let complete = result.as_ref().is_ok_and(|matching| *matching == last);
                    Ok((result, complete))
                }
            })
            .buffered(PIPELINE);
        // The stream ends with the first answer that is not a complete success.
        let answers = answers.scan(true, |going_on, answer: RpcResult<_>| {
            let open = std::mem::replace(going_on, answer.as_ref().is_ok_and(|(_, complete)| *complete));
            let item = open.then(|| answer.map(|(result, _)| result));
            std::future::ready(item)
        });
        let answers: BoxStream<'s, _> = Box::pin(answers);
        Box::pin(std::future::ready(Ok(answers)))
    }

    async fn vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> RpcResult<VoteResponse<Types>> {
        self.call(option.soft_ttl(), None, |node| async move {
            if !rpc.leadership_transfer && !node.may_vote() {
                return Err(Fatal::Stopped);
            }
            node.raft().vote(rpc).await.map_err(RaftError::unwrap_fatal)
        })
        .await
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<Types>,
        option: RPCOption,
    ) -> RpcResult<VoteResponse<Types>> {
        self.call(option.soft_ttl(), None, |node| async move {
            if !node.may_vote() {
                return Err(Fatal::Stopped);
            }
            node.raft().pre_vote(rpc).await.map_err(RaftError::unwrap_fatal)
        })
        .await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        NodeRuntime::sleep(SNAPSHOT_TAKES).await;
        let install = self.call(option.soft_ttl(), None, move |node| async move {
            node.raft().install_full_snapshot(vote, snapshot).await
        });
        match NodeRuntime::select2(cancel, install).await {
            openraft::async_runtime::Select2::First(closed) => Err(StreamingError::Closed(closed)),
            openraft::async_runtime::Select2::Second(answer) => answer.map_err(|error| match error {
                RPCError::Unreachable(error) => StreamingError::Unreachable(error),
                error => StreamingError::Network(NetworkError::from_string(error)),
            }),
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<Types>,
        option: RPCOption,
    ) -> RpcResult<TransferLeaderResponse<Types>> {
        self.call(option.soft_ttl(), None, |node| async move {
            node.raft().handle_transfer_leader(request).await
        })
        .await
    }
}
