//! Look-ups for other people's proxies and PBXs, over plain HTTP on a listener of its own.
//!
//! | path                        | for                                         | answer                               |
//! |-----------------------------|---------------------------------------------|--------------------------------------|
//! | `GET /v1/resolve/{name}`    | Kamailio, OpenSIPS, scripts                 | JSON (`lookup.rs`)                   |
//! | `GET /v1/who/{device}`      | the same                                    | JSON (`lookup.rs`)                   |
//! | `POST /freeswitch/directory`| FreeSWITCH `mod_xml_curl`                   | XML (`freeswitch.rs`)                |
//! | `/asterisk/{table}/{verb}`  | Asterisk realtime, `res_config_curl`        | url-encoded rows (`asterisk.rs`)     |
//! | `GET /metrics`              | Prometheus                                  | text (`metrics.rs`)                  |
//! | `GET /healthz`, `/readyz`   | whoever watches the process; need no token  | a line of text                       |
//!
//! Everything is answered from this node's copy. The statuses of look-ups:
//! - 200: the user or phone is known; whether anybody is logged in stands in the answer, as does its age;
//! - 400: the name cannot be one;
//! - 401: the token is missing or wrong;
//! - 404: nobody, or no phone, has the name;
//! - 503: the node has no copy yet, because it has never been part of a cluster; or it is stopping.
//!
//! A node that is cut off goes on answering, and says so in `freshness`: the office works on, and what to make of an
//! old answer is the caller's policy.

mod asterisk;
pub(crate) mod form;
mod freeswitch;
mod lookup;
mod metrics;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use data_encoding::BASE64;
use hotdesk_cluster::Local;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::auth::bearer;
use crate::secret::Secret;
use crate::services::Shared;

pub(crate) use metrics::Metrics;

/// What the handlers work with.
struct Http {
    shared: Arc<Shared>,
    token: Option<Secret>,
}

/// Why a look-up has no answer, other than that the name is unknown.
const NOT_READY: (StatusCode, &str) = (
    StatusCode::SERVICE_UNAVAILABLE,
    "this node has no copy of the directory yet, or is stopping\n",
);

/// Serves until the task is aborted; dropping the node does that.
pub(crate) fn serve(shared: Arc<Shared>, token: Option<Secret>, listener: TcpListener) -> JoinHandle<()> {
    let router = router(Arc::new(Http { shared, token }));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "HTTP listener failed");
        }
    })
}

fn router(http: Arc<Http>) -> Router {
    let lookups = Router::new()
        .route("/v1/resolve/{name}", get(lookup::resolve))
        .route("/v1/who/{device}", get(lookup::who))
        .route("/freeswitch/directory", post(freeswitch::directory))
        .route("/asterisk/{table}/{verb}", any(asterisk::realtime))
        .route("/metrics", get(metrics::metrics))
        .layer(middleware::from_fn_with_state(Arc::clone(&http), let_in));
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .merge(lookups)
        .layer(middleware::map_response(unstored))
        .with_state(http)
}

/// Turns callers away who do not show the token, where there is one.
async fn let_in(Extract(http): Extract<Arc<Http>>, request: Request, next: Next) -> Response {
    let shown = http
        .token
        .as_ref()
        .is_none_or(|token| shows(request.headers(), token));
    if !shown {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer, Basic realm=\"hotdesk\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "a token is needed\n").into_response();
    }
    next.run(request).await
}

/// `Bearer TOKEN`, or Basic with the token as the password, because FreeSWITCH and Asterisk can only do that
/// (RFC 7617); the user name does not matter.
fn shows(headers: &HeaderMap, token: &Secret) -> bool {
    let Some(given) = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes) else {
        return false;
    };
    let basic = || {
        let (word, encoded) = given.split_at_checked("basic ".len())?;
        if !word.eq_ignore_ascii_case(b"basic ") {
            return None;
        }
        let pair = BASE64.decode(encoded).ok()?;
        let colon = pair.iter().position(|byte| *byte == b':')?;
        Some(token.matches(&pair[colon + 1..]))
    };
    bearer(given).is_some_and(|given| token.matches(given)) || basic().unwrap_or(false)
}

/// No answer is good for longer than it took: a login may be next.
async fn unstored(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// The process works. Not whether the cluster does: restarting would not help there.
async fn healthz(Extract(http): Extract<Arc<Http>>) -> Response {
    match http.shared.cluster.fatal().borrow().clone() {
        None => "ok\n".into_response(),
        Some(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("stopped working: {why}\n"),
        )
            .into_response(),
    }
}

/// Look-ups have answers, and those are not getting old.
async fn readyz(Extract(http): Extract<Arc<Http>>) -> Response {
    if http.shared.cluster.fatal().borrow().is_some() || http.shared.gate.is_closed() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopped\n").into_response();
    }
    match http.known() {
        None => NOT_READY.into_response(),
        Some(local) if local.cut_off => {
            (StatusCode::SERVICE_UNAVAILABLE, "cut off from the cluster\n").into_response()
        }
        Some(_) => "ready\n".into_response(),
    }
}

impl Http {
    /// This node's copy, if there is one.
    fn known(&self) -> Option<Local> {
        let local = self.shared.cluster.local();
        let known = local.index > 0 && !self.shared.gate.is_closed();
        known.then_some(local)
    }
}
