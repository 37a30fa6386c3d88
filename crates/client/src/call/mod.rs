//! One call: attempts at one node after the other until there is an answer or the deadline has passed.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

pub(crate) mod judge;
pub(crate) mod observe;

use self::judge::{Attempts, Kind, Verdict};
use self::observe::{Problem, observe};
use crate::client::Client;
use crate::endpoints::Node;
use crate::error::Error;

/// Makes a unary call. `send` makes one attempt on a connection; it gets a fresh copy of the message each time.
pub(crate) async fn call<M, A, S, F>(
    client: &Client,
    kind: Kind,
    what: &'static str,
    message: M,
    send: S,
) -> Result<A, Error>
where
    M: Clone,
    S: Fn(Channel, Request<M>) -> F,
    F: Future<Output = Result<Response<A>, Status>>,
{
    repeat(client, kind, what, |node, limit| {
        let mut request = client.request(message.clone());
        request.set_timeout(limit);
        let sent = send(node.channel(), request);
        async {
            let response = sent.await.map_err(|status| observe(&status))?;
            Ok(response.into_inner())
        }
    })
    .await
}

/// Makes attempts, each at one node and within a limit, until one succeeds or there is no use in another.
pub(crate) async fn repeat<A, T, F>(
    client: &Client,
    kind: Kind,
    what: &'static str,
    mut attempt: T,
) -> Result<A, Error>
where
    T: FnMut(Arc<Node>, Duration) -> F,
    F: Future<Output = Result<A, Problem>>,
{
    let deadline = Instant::now() + client.deadline();
    let endpoints = client.endpoints();
    let mut attempts = Attempts::new(kind, what);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(attempts.give_up());
        }
        let node = endpoints.current();
        let limit = attempt_limit(kind, client.attempt_timeout(), left);
        let problem = match timeout(limit, attempt(Arc::clone(&node), limit)).await {
            Ok(Ok(answer)) => {
                client.answered();
                return Ok(answer);
            }
            Ok(Err(problem)) => problem,
            Err(_elapsed) => Problem::too_slow(limit),
        };
        tracing::debug!(endpoint = %node.address, what, ?problem, "attempt failed");
        let left = deadline.saturating_duration_since(Instant::now());
        match attempts.judge(&node.address, problem, endpoints.len(), left, fastrand::f64()) {
            Verdict::GiveUp(error) => return Err(error),
            Verdict::Again(wait) => {
                client.left(&node);
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// How long one attempt may take. Leaving a node early pays only if the call may be repeated elsewhere.
fn attempt_limit(kind: Kind, attempt: Duration, left: Duration) -> Duration {
    match kind {
        Kind::Repeatable | Kind::Write(_) => attempt.min(left),
        Kind::Unrepeatable => left,
    }
}
