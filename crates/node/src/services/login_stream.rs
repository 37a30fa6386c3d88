//! Many logins over one stream.
//!
//! Each is worked on as if it had come alone, with a place and a deadline of its own; only the cost of a call
//! per login is saved, which for an edge with a morning rush is most of the cost.

use std::sync::Arc;

use futures::{Stream, StreamExt as _, future, stream};
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use hotdesk_proto::v1::login_stream_response::Result as Answer;
use tonic::metadata::MetadataMap;
use tonic::{Status, Streaming};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::call::Call;
use super::login::login;
use super::sessions::Answers;
use super::{Error, Shared};
use crate::guesses::Origin;

/// How many logins of one stream are worked on at the same time. The next is not read before one of them has
/// been answered; the caller's library holds it back.
const LOGINS_AT_ONCE: usize = 1024;

/// Answers logins until the caller sends no more, or the node stops.
pub(super) fn login_stream(
    shared: &Arc<Shared>,
    call: &Call,
    origin: Origin,
    logins: Streaming<v1::LoginStreamRequest>,
) -> Answers<v1::LoginStreamResponse> {
    // Whoever may vouch is decided by the stream's headers. The deadline is not taken from there: it would be the
    // stream's as a whole.
    let mut metadata = MetadataMap::clone(&call.metadata);
    metadata.remove("grpc-timeout");
    let metadata = Arc::new(metadata);
    let shared = Arc::clone(shared);
    let mut closed = shared.gate.closed();
    let stopping = async move {
        // An error means that the node is gone, which ends the stream as well.
        let _ = closed.wait_for(|closed| *closed).await;
    };
    let gate = Arc::clone(&shared);
    let answers = until_broken(logins)
        .take_until(stopping)
        .map(move |request| answer(Arc::clone(&shared), Arc::clone(&metadata), origin, request))
        .buffer_unordered(LOGINS_AT_ONCE)
        .map(Ok);
    // Everything that was read has been answered by then.
    let farewell = stream::once(async move {
        let stopped = *gate.gate.closed().borrow();
        stopped.then(|| Err(Status::from(Failure::ShuttingDown)))
    });
    Box::pin(answers.chain(farewell.filter_map(future::ready)))
}

/// Whoever breaks the stream off hears no answer, so there is nobody to tell.
fn until_broken(
    logins: Streaming<v1::LoginStreamRequest>,
) -> impl Stream<Item = v1::LoginStreamRequest> + Send {
    logins
        .take_while(|login| future::ready(login.is_ok()))
        .filter_map(|login| future::ready(login.ok()))
}

async fn answer(
    shared: Arc<Shared>,
    metadata: Arc<MetadataMap>,
    origin: Origin,
    request: v1::LoginStreamRequest,
) -> v1::LoginStreamResponse {
    let v1::LoginStreamRequest { seq, login: message } = request;
    let span = tracing::info_span!(
        "login",
        user_id = Empty,
        device_id = Empty,
        by = Empty,
        request_id = Empty,
        log_index = Empty,
    );
    let work = async {
        let message = message.ok_or_else(|| Error::invalid("login", "is missing: expected the login"))?;
        let call = shared.gate.enter(metadata)?;
        login(&shared, call, origin, message).await
    };
    let result = match work.instrument(span).await {
        Ok(response) => Answer::Response(response),
        Err(error) => Answer::Error(error.in_stream()),
    };
    v1::LoginStreamResponse {
        seq,
        result: Some(result),
    }
}
