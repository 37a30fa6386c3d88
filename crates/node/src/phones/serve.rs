//! The router, and what holds for every request: time, size, a line in the log without secrets.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::{Peer, Phones, app, companion, documents, em, push_auth};

/// The largest request body; forms and uploads of phones are far smaller. More is answered 413.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long an answer may take; then 503. Longer than a login may (`limits.call_timeout_ms`, usually 5 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Everything that is served to phones.
pub(super) fn router(phones: Arc<Phones>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .merge(app::routes())
        .merge(push_auth::routes())
        .merge(companion::routes())
        .merge(em::routes(&phones.settings))
        .merge(documents::routes())
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::map_response(plain))
        .layer(middleware::from_fn(watched))
        .with_state(phones)
}

/// The root, and what no path is.
async fn nothing_here() -> (StatusCode, &'static str) {
    (
        StatusCode::NOT_FOUND,
        "here phones get their documents; nothing else is to be seen\n",
    )
}

/// Nothing here is for anybody else's cache, unless the answer says otherwise, and nothing is what it does not say it is:
/// errors repeat parts of what was asked.
async fn plain(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// Ends what takes too long, and writes the line in the log.
async fn watched(Extension(peer): Extension<Peer>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (method, path) = (
        request.method().clone(),
        masked(request.uri().path()).into_owned(),
    );
    let answer = tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await;
    let response =
        answer.unwrap_or_else(|_| (StatusCode::SERVICE_UNAVAILABLE, "took too long\n").into_response());
    tracing::debug!(
        address = %peer.address,
        %method,
        path,
        status = response.status().as_u16(),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request of a phone"
    );
    response
}

/// The path without what is secret in it, however oddly it is written. Queries are not part of it: phones put PINs there.
pub(super) fn masked(path: &str) -> Cow<'_, str> {
    // Some phones double slashes.
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match *parts.as_slice() {
        // Whatever follows a page's name: form tokens, and who was chosen.
        ["p", _, "app", page, _, ..] => format!("/p/***/app/{page}/***").into(),
        [kind @ ("p" | "e" | "lock"), _] => format!("/{kind}/***").into(),
        [kind @ ("p" | "e" | "lock"), _, ref rest @ ..] => format!("/{kind}/***/{}", shown(rest)).into(),
        // The code of a sticker.
        ["d", device, _, ..] => format!("/d/{device}/***").into(),
        _ if parts.iter().any(|part| is_secret(part)) => format!("/{}", shown(&parts)).into(),
        _ => path.into(),
    }
}

fn shown(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(|part| if is_secret(part) { "***" } else { part })
        .collect();
    parts.join("/")
}

/// Tokens are long and have no dot; names of files have one, or are short.
fn is_secret(part: &str) -> bool {
    const NAME_BYTES_MAX: usize = 20;
    part.len() > NAME_BYTES_MAX && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_paths_are_masked() {
        for (path, shown) in [
            ("/p/abc/001565a0b1c2.cfg", "/p/***/001565a0b1c2.cfg"),
            ("/p/abc/app/login", "/p/***/app/login"),
            ("/p/abc/app/login/form/ada", "/p/***/app/login/***"),
            ("/p/abc/app", "/p/***/app"),
            ("/lock/abc/yes", "/lock/***/yes"),
            ("/p/abc", "/p/***"),
            ("/e/abc/x.cfg", "/e/***/x.cfg"),
            ("/lock/abc", "/lock/***"),
            ("/d/chi-1/code", "/d/chi-1/***"),
            ("//p/abc//x.cfg", "/p/***/x.cfg"),
            ("/%70/abcdefghijklmnopqrstuvwxyz/x.cfg", "/%70/***/x.cfg"),
            ("/p/abc/p/abcdefghijklmnopqrstuvwxyz/x", "/p/***/p/***/x"),
            ("/001565a0b1c2.cfg", "/001565a0b1c2.cfg"),
            ("/a//001565a0b1c2.cfg", "/a//001565a0b1c2.cfg"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(masked(path), shown);
        }
    }
}
