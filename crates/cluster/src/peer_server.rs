//! What nodes ask each other besides consensus.

use std::sync::Arc;

use futures::stream::BoxStream;
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::peer_server;
use hotdesk_store::wire::log_id_to;
use tonic::{Request, Response, Status, Streaming};

use crate::auth::Caller;
use crate::feed;
use crate::leadership::Leader;
use crate::membership::{self, Change};
use crate::node::{Core, Node};
use crate::read::read_index_here;

/// Answers other nodes.
pub(crate) struct PeerService(pub(crate) Arc<Node>);

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl peer_server::Peer for PeerService {
    type ProposeStream = Answers<wire::ProposeResponse>;
    type FeedStream = Answers<wire::FeedResponse>;

    async fn propose(
        &self,
        request: Request<Streaming<wire::ProposeRequest>>,
    ) -> Result<Response<Self::ProposeStream>, Status> {
        Caller::member(&request)?;
        let answers = crate::propose::serve(self.0.proposer.clone(), self.0.id(), request.into_inner());
        Ok(Response::new(answers))
    }

    async fn read_index(
        &self,
        request: Request<wire::ReadIndexRequest>,
    ) -> Result<Response<wire::ReadIndexResponse>, Status> {
        Caller::member(&request)?;
        let raft = self
            .0
            .raft()
            .ok_or_else(|| Status::unavailable("a replica has no read index"))?;
        let id = read_index_here(&self.0, raft, request.into_inner().lease).await?;
        let read_log_id = Some(log_id_to(&id));
        Ok(Response::new(wire::ReadIndexResponse { read_log_id }))
    }

    async fn feed(&self, request: Request<wire::FeedRequest>) -> Result<Response<Self::FeedStream>, Status> {
        Caller::member(&request)?;
        let from = request.into_inner().from_index;
        Ok(Response::new(feed::serve(&self.0, from)?))
    }

    async fn join(
        &self,
        request: Request<wire::JoinRequest>,
    ) -> Result<Response<wire::JoinResponse>, Status> {
        let cluster = Caller::of(&request)?.cluster;
        let join = request.into_inner();
        if join.moved && cluster.is_none() {
            return Err(Status::permission_denied("the caller belongs to no cluster yet"));
        }
        let Some(cluster_id) = self.0.identity.cluster_id() else {
            return Err(Status::unavailable("this node belongs to no cluster yet itself"));
        };
        let change = Change::try_from(join)?;
        let joined = membership::change(&self.0, change).await;
        joined.map_err(|error| membership::status_of(&error))?;
        let cluster_id = cluster_id.to_string();
        Ok(Response::new(wire::JoinResponse { cluster_id }))
    }

    async fn change_membership(
        &self,
        request: Request<wire::ChangeMembershipRequest>,
    ) -> Result<Response<wire::ChangeMembershipResponse>, Status> {
        Caller::member(&request)?;
        let answer = membership::serve(&self.0, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn hello(
        &self,
        request: Request<wire::HelloRequest>,
    ) -> Result<Response<wire::HelloResponse>, Status> {
        Caller::of(&request)?;
        let node = &self.0;
        let leader = node.leader.borrow().clone();
        let leader_address = match &leader {
            Leader::Me => node.config.advertise.clone(),
            Leader::Other(known) => known.address.clone(),
            Leader::Nobody => String::new(),
        };
        // The age first: the index read after it can only be newer.
        let age_ms = u64::try_from(node.age().as_millis()).ok();
        Ok(Response::new(wire::HelloResponse {
            node_id: node.id(),
            cluster_id: node
                .identity
                .cluster_id()
                .map(|id| id.to_string())
                .unwrap_or_default(),
            leader_id: leader.id(node.id()).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").into(),
            replica: matches!(node.core, Core::Replica(_)),
            leader_address,
            site: node.config.site.clone(),
            index: node.applied(),
            age_ms,
        }))
    }
}
