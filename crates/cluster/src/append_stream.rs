//! The append stream: requests go out as they come, answers come back in the same order.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::append_response::Result as Appended;
use hotdesk_proto::internal::v1::raft_client::RaftClient;
use hotdesk_store::wire::{log_id_from, vote_from};
use openraft::errors::{NetworkError, RPCError, Unreachable};
use openraft::raft::{AppendEntriesRequest, StreamAppendError, StreamAppendResult};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tonic::{Status, Streaming};

use crate::channel::Line;
use crate::network::{append_to, not_understood, rpc_error};
use crate::types::C;

/// Opens a stream. It ends with an error when an answer takes longer than `answer_max`; while nothing is asked
/// it may be silent for as long as the connection answers its keep-alive.
///
/// # Errors
/// When the node cannot be reached, or does not open the stream within `answer_max`.
pub(crate) async fn open<'s, S>(
    mut client: RaftClient<Line>,
    mut input: S,
    answer_max: Duration,
) -> Result<BoxStream<'s, Result<StreamAppendResult<C>, RPCError<C>>>, RPCError<C>>
where
    S: Stream<Item = AppendEntriesRequest<C>> + Send + Unpin + 'static,
{
    // openraft waits between its tries inside this stream, so it must be asked before the node is dialled:
    // dialling fails at once when the node is down, and would be tried again without a pause.
    let Some(first) = input.next().await else {
        return Ok(futures::stream::empty().boxed());
    };
    let sent = Sent::default();
    let (alive, ended) = oneshot::channel();
    let requests = Requests {
        first: Some(first),
        input: Some(input),
        sent: sent.clone(),
        ended,
    };
    let opening = tokio::time::timeout(answer_max, client.stream_append(requests));
    let answers = match opening.await {
        Ok(Ok(response)) => response.into_inner(),
        Ok(Err(status)) => return Err(rpc_error(&status)),
        Err(_) => {
            return Err(RPCError::Unreachable(Unreachable::from_string(
                "the append stream did not open",
            )));
        }
    };
    let state = Answers {
        answers,
        sent,
        answer_max,
        _alive: alive,
    };
    let results = futures::stream::unfold(Some(state), |state| async {
        let mut state = state?;
        let result = state.next().await?;
        // After anything but a plain acknowledgement the requests that follow make no sense to the follower.
        let goes_on = matches!(result, Ok(Ok(_)));
        Some((result, goes_on.then_some(state)))
    });
    Ok(results.boxed())
}

/// When the requests without an answer were sent.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<VecDeque<Instant>>>);

/// The requests, until the answers are of no more interest: gRPC itself would go on asking for requests after
/// the answers were dropped, and so keep the log reader from the next stream.
struct Requests<S> {
    first: Option<AppendEntriesRequest<C>>,
    input: Option<S>,
    sent: Sent,
    ended: oneshot::Receiver<()>,
}

impl<S> Stream for Requests<S>
where
    S: Stream<Item = AppendEntriesRequest<C>> + Unpin,
{
    type Item = wire::AppendRequest;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if Pin::new(&mut this.ended).poll(context).is_ready() {
            this.input = None;
        }
        let Some(input) = &mut this.input else {
            return Poll::Ready(None);
        };
        let next = match this.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => input.poll_next_unpin(context),
        };
        next.map(|request| {
            let request = append_to(&request?);
            this.sent.0.lock().push_back(Instant::now());
            Some(request)
        })
    }
}

struct Answers {
    answers: Streaming<wire::AppendResponse>,
    sent: Sent,
    answer_max: Duration,
    /// Dropped with the answers, which ends the requests.
    _alive: oneshot::Sender<()>,
}

impl Answers {
    async fn next(&mut self) -> Option<Result<StreamAppendResult<C>, RPCError<C>>> {
        loop {
            let oldest = self.sent.0.lock().front().copied();
            // With nothing under way, look again before a request sent from now on could be late.
            let look_again = oldest.unwrap_or_else(Instant::now) + self.answer_max;
            match tokio::time::timeout_at(look_again, self.answers.message()).await {
                Ok(Ok(answer)) => {
                    self.sent.0.lock().pop_front();
                    return answer.map(result_from);
                }
                Ok(Err(status)) => return Some(Err(rpc_error(&status))),
                Err(_) if self.is_late() => {
                    let late = format!("no answer to an append for {:?}", self.answer_max);
                    return Some(Err(RPCError::Network(NetworkError::from_string(late))));
                }
                Err(_) => {}
            }
        }
    }

    fn is_late(&self) -> bool {
        let oldest = self.sent.0.lock().front().copied();
        oldest.is_some_and(|oldest| oldest.elapsed() >= self.answer_max)
    }
}

fn result_from(response: wire::AppendResponse) -> Result<StreamAppendResult<C>, RPCError<C>> {
    match response.result {
        Some(Appended::PartialSuccess(partial)) => Ok(Ok(partial.upto.as_ref().map(log_id_from))),
        Some(Appended::Conflict(at)) => Ok(Err(StreamAppendError::Conflict(log_id_from(&at)))),
        Some(Appended::HigherVote(vote)) => Ok(Err(StreamAppendError::HigherVote(vote_from(&vote)))),
        Some(Appended::Failure(why)) => Err(RPCError::Unreachable(Unreachable::from_string(why))),
        // A plain success does not say up to where.
        Some(Appended::Success(_)) | None => Err(not_understood()),
    }
}

/// The same on the answering side.
pub(crate) fn result_to(result: StreamAppendResult<C>) -> wire::AppendResponse {
    use hotdesk_store::wire::{log_id_to, vote_to};
    let result = match result {
        Ok(upto) => Appended::PartialSuccess(wire::PartialSuccess {
            upto: upto.as_ref().map(log_id_to),
        }),
        Err(StreamAppendError::Conflict(at)) => Appended::Conflict(log_id_to(&at)),
        Err(StreamAppendError::HigherVote(vote)) => Appended::HigherVote(vote_to(&vote)),
    };
    wire::AppendResponse { result: Some(result) }
}

/// A request as it came.
pub(crate) fn request_from(request: wire::AppendRequest) -> Result<AppendEntriesRequest<C>, Status> {
    let invalid = |problem: String| {
        Status::invalid_argument(format!("the append request was not understood: {problem}"))
    };
    let vote = request
        .vote
        .as_ref()
        .map(vote_from)
        .ok_or_else(|| invalid("no vote".into()))?;
    let entries = request.entries.into_iter().map(hotdesk_store::wire::entry_from);
    Ok(AppendEntriesRequest {
        vote,
        prev_log_id: request.prev.as_ref().map(log_id_from),
        entries: entries
            .collect::<Result<_, _>>()
            .map_err(|error| invalid(error.to_string()))?,
        leader_commit: request.commit.as_ref().map(log_id_from),
    })
}
