//! What an edge tells people and probes: health, metrics, a status page, call ladders. Read only.
//!
//! | path | answers | token |
//! |---|---|---|
//! | `/healthz` | 200 while the process lives | no |
//! | `/readyz` | 200 when calls can be routed, else 503 and why | no |
//! | `/metrics` | all metrics as OpenMetrics text | yes |
//! | `/status`, `/status.json` | [`StatusReport`] for people and for programs | yes |
//! | `/calls`, `/calls/{call_id}` | what the [`CallSource`] knows | yes |
//!
//! Beyond loopback a token is needed, because calls are personal data. On loopback requests must be addressed
//! to an address or `localhost`: otherwise a web page could read along by giving its own name this address.

mod collect;
mod metrics;
mod page;
mod status;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;
use tokio::runtime;
use tokio::sync::{Semaphore, watch};

pub use self::collect::Direction;
pub use self::metrics::{Labelled, Metrics};
pub use self::status::{
    Edge as EdgeStatus, Event, Listener as ListenerStatus, Phone as PhoneStatus, StatusReport, StatusSource,
    Traffic, Trunk,
};

/// Where to serve, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Loopback, or with a token anywhere. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who sends it as `Authorization: Bearer ...` may read everything.
    pub token: Option<Token>,
}

/// A bearer token. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// White space around it is left out: it usually comes from a file. `None` when nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Knows calls.
pub trait CallSource: Send + Sync + 'static {
    /// The calls that the query asks for, the newest first; no more than its limit.
    fn calls(&self, query: &CallQuery) -> Vec<Value>;

    /// All that is known of one call; `None` when it is not known.
    fn call(&self, call_id: &str) -> Option<Value>;
}

/// Which calls are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CallQuery {
    /// How many at most. Default 100, and never more than [`CALLS_MAX`].
    pub limit: usize,
    /// Only calls that are going on (`true`) or over (`false`).
    pub active: Option<bool>,
    /// Only calls of this user or extension.
    pub user: Option<String>,
}

impl Default for CallQuery {
    fn default() -> Self {
        Self {
            limit: 100,
            active: None,
            user: None,
        }
    }
}

/// Calls in one answer; who asks for more gets these.
pub const CALLS_MAX: usize = 1_000;

/// Requests answered at the same time; more get 503. They are for people and probes, not for phones.
const REQUESTS_MAX: usize = 16;

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address that others reach, and no token.
    #[error("http listen {0}: a token is needed wherever more than this machine can reach it")]
    TokenNeeded(SocketAddr),
    /// The address cannot be bound.
    #[error("http listen {address}: {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// What the server tells about.
#[derive(Clone)]
pub struct Sources {
    /// For `/metrics`.
    pub metrics: Metrics,
    /// For `/status` and `/readyz`.
    pub status: Arc<dyn StatusSource>,
    /// For `/calls`.
    pub calls: Arc<dyn CallSource>,
}

/// The running server.
pub struct HttpServer {
    local: SocketAddr,
    stop: watch::Sender<bool>,
}

struct Site {
    sources: Sources,
    token: Option<Token>,
    places: Semaphore,
}

impl HttpServer {
    /// Binds and serves.
    ///
    /// # Errors
    /// An address that cannot be bound, or must not be without a token.
    pub fn start(
        config: &HttpConfig,
        sources: Sources,
        runtime: &runtime::Handle,
    ) -> Result<Self, StartError> {
        let address = config.listen;
        if config.token.is_none() && !address.ip().is_loopback() {
            return Err(StartError::TokenNeeded(address));
        }
        let bind = || {
            let socket = std::net::TcpListener::bind(address)?;
            socket.set_nonblocking(true)?;
            let local = socket.local_addr()?;
            let _context = runtime.enter();
            Ok((tokio::net::TcpListener::from_std(socket)?, local))
        };
        let (socket, local) = bind().map_err(|source| StartError::Bind { address, source })?;
        let site = Arc::new(Site {
            sources,
            token: config.token.clone(),
            places: Semaphore::new(REQUESTS_MAX),
        });
        let stop = watch::Sender::new(false);
        let mut stopped = stop.subscribe();
        runtime.spawn(async move {
            let serving = axum::serve(socket, router(site));
            tokio::select! {
                _ = serving.into_future() => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        });
        Ok(Self { local, stop })
    }

    /// Where it is reached.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Stops listening, and waits until the port is free. Answers on their way are still given.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        self.stop.closed().await;
    }
}

fn router(site: Arc<Site>) -> Router {
    let guarded = Router::new()
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .route("/status.json", get(status_json))
        .route("/calls", get(calls))
        .route("/calls/{call_id}", get(call))
        .route_layer(from_fn_with_state(Arc::clone(&site), authorize));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .merge(guarded)
        .layer(from_fn_with_state(Arc::clone(&site), bound))
        .with_state(site)
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    match site.sources.status.not_ready() {
        None => "ready\n".into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], site.sources.metrics.text()).into_response()
}

async fn status(State(site): State<Arc<Site>>) -> Html<String> {
    Html(page::status(&site.sources.status.status()))
}

async fn status_json(State(site): State<Arc<Site>>) -> Json<StatusReport> {
    Json(site.sources.status.status())
}

async fn calls(State(site): State<Arc<Site>>, Query(mut query): Query<CallQuery>) -> Json<Vec<Value>> {
    query.limit = query.limit.min(CALLS_MAX);
    Json(site.sources.calls.calls(&query))
}

async fn call(State(site): State<Arc<Site>>, Path(call_id): Path<String>) -> Response {
    match site.sources.calls.call(&call_id) {
        Some(call) => Json(call).into_response(),
        None => (StatusCode::NOT_FOUND, "no such call\n").into_response(),
    }
}

/// Lets a bounded number of requests through, and marks all answers as nobody else's.
async fn bound(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let Ok(_place) = site.places.try_acquire() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CACHE_CONTROL, "no-store");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // The page brings all it needs; nothing that got into it unnoticed is run or loaded.
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    response
}

async fn authorize(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let is_allowed = match &site.token {
        Some(token) => bears(&request, token),
        None => is_addressed_by_number(&request),
    };
    if is_allowed {
        return next.run(request).await;
    }
    let mut refusal = Response::new(Body::from("a bearer token is needed\n"));
    *refusal.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::from_static("Bearer");
    refusal.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    refusal
}

fn bears(request: &Request, token: &Token) -> bool {
    let value = request.headers().get(header::AUTHORIZATION);
    let shown = value.and_then(|value| value.as_bytes().split_at_checked(7));
    shown.is_some_and(|(scheme, shown)| {
        scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(shown.ct_eq(token.0.as_bytes()))
    })
}

/// Whether the request's Host is an address or `localhost`, as it is not in a page that another site serves.
fn is_addressed_by_number(request: &Request) -> bool {
    let host = request.headers().get(header::HOST);
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let without_port = |host: &str| match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() && !name.ends_with(':') => name.to_owned(),
        _ => host.to_owned(),
    };
    let name = without_port(host);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}
