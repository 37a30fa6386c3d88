//! Spans and the names of their fields.

use opentelemetry::propagation::Extractor;
use tonic::codegen::http;
use tracing::Span;
use tracing::field::{Empty, display};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Who logs in, or is asked about.
pub(crate) const USER_ID: &str = "user_id";
/// At which phone.
pub(crate) const DEVICE_ID: &str = "device_id";
/// Who asks.
pub(crate) const BY: &str = "by";
/// The caller's id of the request.
pub(crate) const REQUEST_ID: &str = "request_id";
/// The entry that decided it.
pub(crate) const LOG_INDEX: &str = "log_index";
/// done, refused, failed or unknown.
pub(crate) const OUTCOME: &str = "outcome";
/// The refusal's or failure's name.
pub(crate) const REASON: &str = "reason";

/// The span of one call of the public API, a child of the caller's where the caller sent a `traceparent`.
/// Calls between nodes have none: there are thousands per second, and the proposals in them belong to spans of
/// the nodes that made them.
pub(crate) fn span_of_call(request: &http::Request<()>, node_id: u64) -> Span {
    let Some((service, method)) = request.uri().path().trim_start_matches('/').rsplit_once('/') else {
        return Span::none();
    };
    if !service.starts_with("hotdesk.v1.") {
        return Span::none();
    }
    let span = tracing::info_span!(
        "call",
        "rpc.service" = service,
        "rpc.method" = method,
        node_id,
        user_id = Empty,
        device_id = Empty,
        by = Empty,
        request_id = Empty,
        log_index = Empty,
        outcome = Empty,
        reason = Empty,
    );
    if request.headers().contains_key("traceparent") {
        let headers = Headers(request.headers());
        let parent =
            opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&headers));
        // It fails where no tracer is installed; then there is no trace to be part of.
        let _ = span.set_parent(parent);
    }
    span
}

/// Adds what has become known to the span of this call.
pub(crate) fn note(field: &'static str, value: impl std::fmt::Display) {
    Span::current().record(field, display(value));
}

struct Headers<'a>(&'a http::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
