//! Proposals that other nodes send here because this node leads.

use std::sync::Arc;

use futures::stream::{BoxStream, StreamExt};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::propose_response::Result as Answered;
use hotdesk_store::types::NodeId;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Status, Streaming};

use super::Proposer;
use super::dispatch::not_leader;
use super::forward::UNDER_WAY_MAX;
use super::pending::{Pending, Remote};
use crate::error::ProposeError;
use crate::leadership::Leader;

/// Puts what comes in into the queue; the stream gives out the answers, in any order. At most
/// [`UNDER_WAY_MAX`] are without an answer at a time; the rest waits in the sender's connection.
pub(crate) fn serve(
    proposer: Proposer,
    me: NodeId,
    mut requests: Streaming<wire::ProposeRequest>,
) -> BoxStream<'static, Result<wire::ProposeResponse, Status>> {
    // Bounded by the places, so that sending an answer never waits.
    let (answers, replies) = mpsc::unbounded_channel();
    let places = Arc::new(Semaphore::new(UNDER_WAY_MAX));
    tokio::spawn(async move {
        while let Ok(Some(request)) = requests.message().await {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let to = Remote {
                seq: request.seq,
                answers: answers.clone(),
                place,
            };
            if answers.is_closed() {
                return;
            }
            take(&proposer, me, &request.command, to);
        }
    });
    UnboundedReceiverStream::new(replies)
        .map(|reply| Ok(reply.response))
        .boxed()
}

fn take(proposer: &Proposer, me: NodeId, command: &[u8], to: Remote) {
    let leader = proposer.leader.borrow().clone();
    if leader != Leader::Me || proposer.stop.borrow().check().is_err() {
        to.answer(Answered::NotLeader(not_leader(&leader, me)));
        return;
    }
    match Pending::remote(command, to) {
        Ok(pending) => {
            if let Err(pending) = proposer.remote(pending) {
                pending.refuse(ProposeError::Overloaded);
            }
        }
        Err((invalid, to)) => {
            // A node of a newer version asks for something that this one does not know. It was not proposed;
            // once another node leads, or this one is upgraded, it can be.
            tracing::warn!(error = %invalid, "another node's command was not understood");
            to.answer(Answered::NotLeader(wire::NotLeader::default()));
        }
    }
}
