//! Letting calls in: room, deadline, token; and out again, with what became of them in the span.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use hotdesk_proto::error::Failure;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use super::{Error, Shared};
use crate::auth::Auth;
use crate::guesses::Origin;
use crate::telemetry::{self, note};

/// How many calls are in, and whether more may come.
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    places_max: u32,
    call_timeout: Duration,
    closed: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn new(places_max: u32, call_timeout: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places_max as usize)),
            places_max,
            call_timeout,
            closed: watch::Sender::new(false),
        }
    }

    /// Lets no more calls in, and tells streams to end.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// No more calls are let in.
    pub(crate) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Becomes true when the gate is closed.
    pub(crate) fn closed(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// Waits until no call is in any more.
    pub(crate) async fn empty(&self) {
        // Never closed, so it cannot fail.
        let _ = self.places.acquire_many(self.places_max).await;
    }

    /// Lets a call in, if there is room.
    pub(crate) fn enter(&self, metadata: Arc<MetadataMap>) -> Result<Call, Failure> {
        if *self.closed.borrow() {
            return Err(Failure::ShuttingDown);
        }
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Failure::Overloaded)?;
        let deadline = Instant::now() + self.patience(&metadata);
        Ok(Call {
            deadline,
            metadata,
            _place: place,
        })
    }

    /// The caller's deadline, a little less of it: our answer, which says whether anything happened, should come
    /// before the transport's, which does not know. At most the node's own.
    fn patience(&self, metadata: &MetadataMap) -> Duration {
        const MARGIN_MAX: Duration = Duration::from_millis(100);
        let header = metadata
            .get("grpc-timeout")
            .and_then(|header| header.to_str().ok());
        match header.and_then(parse_timeout) {
            Some(given) => given
                .saturating_sub((given / 10).min(MARGIN_MAX))
                .min(self.call_timeout),
            None => self.call_timeout,
        }
    }
}

/// A call that was let in.
pub(crate) struct Call {
    /// When it must have been answered.
    pub(crate) deadline: Instant,
    /// Its headers.
    pub(crate) metadata: Arc<MetadataMap>,
    _place: OwnedSemaphorePermit,
}

impl Shared {
    /// Where the PINs of a call come from. A program with a token or a certificate speaks for a whole office, whose people
    /// mistype more than one person does.
    pub(super) fn origin<Q>(&self, request: &Request<Q>) -> Origin {
        if self.auth.is_known(request.metadata()) || request.peer_certs().is_some() {
            return Origin::Phone;
        }
        let address = request.remote_addr().map(|address| address.ip());
        // Without an address it comes from within this process.
        Origin::Address(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }

    /// Works on a call that anybody may make.
    pub(super) async fn answer<Q, A, F>(
        &self,
        request: Request<Q>,
        work: impl FnOnce(Call, Q) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Error>>,
    {
        let (metadata, _, message) = request.into_parts();
        let answer = async { work(self.gate.enter(Arc::new(metadata))?, message).await };
        finish(answer.await)
    }

    /// Works on a call that needs the edges' token, where there is one.
    pub(super) async fn answer_edge<Q, A, F>(
        &self,
        request: Request<Q>,
        work: impl FnOnce(Call, Q) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Error>>,
    {
        self.answer_allowed(request, Auth::edge, work).await
    }

    /// Works on a call that needs the administrators' token.
    pub(super) async fn answer_admin<Q, A, F>(
        &self,
        request: Request<Q>,
        work: impl FnOnce(Call, Q) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Error>>,
    {
        self.answer_allowed(request, Auth::admin, work).await
    }

    async fn answer_allowed<Q, A, F>(
        &self,
        request: Request<Q>,
        allows: fn(&Auth, &MetadataMap) -> Result<(), Failure>,
        work: impl FnOnce(Call, Q) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Error>>,
    {
        let (metadata, _, message) = request.into_parts();
        let answer = async {
            allows(&self.auth, &metadata)?;
            work(self.gate.enter(Arc::new(metadata))?, message).await
        };
        finish(answer.await)
    }
}

fn finish<A>(answer: Result<A, Error>) -> Result<Response<A>, Status> {
    match answer {
        Ok(answer) => {
            note(telemetry::OUTCOME, "done");
            Ok(Response::new(answer))
        }
        Err(error) => {
            note(telemetry::OUTCOME, error.outcome());
            note(telemetry::REASON, error.name());
            tracing::debug!(
                reason = error.name(),
                outcome = error.outcome(),
                "call not answered"
            );
            Err(error.into())
        }
    }
}

/// At most eight digits and a unit, as the gRPC specification of HTTP/2 has it.
fn parse_timeout(header: &str) -> Option<Duration> {
    let (digits, unit) = header.split_at_checked(header.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(timeout: Option<&str>) -> Arc<MetadataMap> {
        let mut metadata = MetadataMap::new();
        if let Some(timeout) = timeout {
            metadata.insert("grpc-timeout", timeout.parse().unwrap());
        }
        Arc::new(metadata)
    }

    #[test]
    fn the_earlier_deadline_counts_and_leaves_time_for_the_answer() {
        let gate = Gate::new(9, Duration::from_secs(5));
        for (timeout, expected_ms) in [
            (None, 5000),
            (Some("10S"), 5000),
            (Some("2S"), 1900),
            (Some("100m"), 90),
            (Some("99999999H"), 5000),
            (Some("1x"), 5000),
            (Some("S"), 5000),
            (Some("-1S"), 5000),
            (Some(""), 5000),
        ] {
            assert_eq!(
                gate.patience(&call(timeout)).as_millis(),
                expected_ms,
                "{timeout:?}"
            );
        }
    }

    #[tokio::test]
    async fn one_call_too_many_is_turned_away_and_a_closed_gate_lets_nobody_in() {
        let gate = Gate::new(1, Duration::from_secs(5));
        let first = gate.enter(call(None)).unwrap();
        assert_eq!(gate.enter(call(None)).err(), Some(Failure::Overloaded));
        drop(first);
        let second = gate.enter(call(None)).unwrap();
        gate.close();
        assert_eq!(gate.enter(call(None)).err(), Some(Failure::ShuttingDown));
        drop(second);
        gate.empty().await;
    }
}
