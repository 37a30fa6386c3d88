//! The same for programs: kiosks, scripts, an intranet page. JSON both ways.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `POST /api/v1/sign-in` | `user`, `pin` | `token` for `Authorization: Bearer`, `expires_in_s` |
//! | `POST /api/v1/sign-out` | | ends every visit of the caller |
//! | `GET /api/v1/sessions` | | the caller's `sessions` |
//! | `POST /api/v1/sessions` | `device` and either `user` and `pin` (a kiosk) or a bearer token | `session`, what `ended` |
//! | `DELETE /api/v1/sessions/<device>` | | ends the caller's session there |
//! | `GET`, `PUT /api/v1/profile` | the profile | the profile |
//!
//! Everything but the sign-in and a kiosk's login needs the bearer token, which is good for 15 minutes;
//! cookies are not looked at, and PINs are not taken from a page of another site, so none can use these calls
//! through somebody's browser. An error is
//! `{"error":{"code","reason","message","id","retryable"}}`: `message` is for people, in the language that
//! `Accept-Language` asks for, `id` is what support looks for.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use hotdesk_core::{DeviceId, Refusal, Session, State};
use hotdesk_proto::error::{Failure, failure_code, refusal_code};
use serde::Deserialize;
use serde_json::{Value, json};
use tonic::Code;
use zeroize::Zeroizing;

use super::super::login::{LogIn, Proof};
use super::super::trouble::Trouble;
use super::super::{Peer, Phones};
use super::own;
use super::profile_json::{ProfileJson, object};
use super::visitor::{Asked, IDLE_S, Visitor, is_ours};
use crate::guesses::Origin;
use crate::services::{Error, new_request_id};

/// Where it was asked for.
const SURFACE: &str = "kiosk";

/// No `Debug`: there is a PIN in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    user: String,
    pin: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogInBody {
    device: String,
    user: Option<String>,
    pin: Option<String>,
}

pub(super) async fn sign_in(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    if !is_ours(&headers) {
        return unknown_caller(&asked);
    }
    let Ok(SignIn { user, pin }) = object(&body) else {
        return malformed(&asked, "body", "must be an object with user and pin");
    };
    match asked
        .sign_in(&user, Zeroizing::new(pin), asked.language(None))
        .await
    {
        Ok(visitor) => answer(
            StatusCode::OK,
            json!({
                "token": asked.token(&visitor),
                "expires_in_s": IDLE_S,
                "user": visitor.user.id.as_str(),
            }),
        ),
        Err((error, trouble)) => failed(&error, &trouble),
    }
}

pub(super) async fn sign_out(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    if let Some(visitor) = asked.bearer(&headers) {
        asked.sign_out(&visitor).await;
    }
    StatusCode::NO_CONTENT.into_response()
}

pub(super) async fn sessions(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    let Some(visitor) = asked.bearer(&headers) else {
        return unknown_caller(&asked);
    };
    let sessions: Vec<Value> = own::sessions(&asked, &visitor.user)
        .map(|session| session_json(&asked.state, session))
        .collect();
    answer(
        StatusCode::OK,
        json!({ "user": visitor.user.id.as_str(), "sessions": sessions }),
    )
}

pub(super) async fn log_in(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    if !is_ours(&headers) {
        return unknown_caller(&asked);
    }
    let Ok(LogInBody { device, user, pin }) = object(&body) else {
        return malformed(&asked, "body", "must be an object with device, user and pin");
    };
    let Ok(device) = DeviceId::parse(&device) else {
        return malformed(&asked, "device", "is no name that a phone can have");
    };
    let (user, proof) = match (user, pin, asked.bearer(&headers)) {
        (Some(user), pin, _) => {
            let typed = Zeroizing::new(pin.unwrap_or_default());
            let origin = Origin::Address(peer.address);
            (user, Proof::Pin { typed, origin })
        }
        (None, None, Some(visitor)) => (visitor.user.id.as_str().to_owned(), Proof::Vouched),
        (None, None, None) => return unknown_caller(&asked),
        (None, Some(_), _) => return malformed(&asked, "user", "must be there where a pin is"),
    };
    let request = LogIn {
        user,
        device,
        proof,
        surface: SURFACE,
        request_id: new_request_id(),
        address: Some(peer.address),
    };
    match own::log_in(&asked, asked.language(None), request).await {
        Ok(done) => {
            let ended = done.ended.iter().map(|end| {
                let mut ended = session_json(&asked.state, &end.session);
                ended["reason"] = end.reason.name().into();
                ended
            });
            let body = json!({
                "session": session_json(&asked.state, &done.session),
                "already": done.already,
                "ended": ended.collect::<Vec<_>>(),
                "index": done.index,
            });
            answer(StatusCode::OK, body)
        }
        Err((error, trouble)) => failed(&error, &trouble),
    }
}

pub(super) async fn log_out(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path(device): Path<String>,
    headers: HeaderMap,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    let Some(visitor) = asked.bearer(&headers) else {
        return unknown_caller(&asked);
    };
    let device = DeviceId::parse(&device).ok();
    match own::end_session(&asked, &visitor.user, device.as_ref()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&asked, Some(&visitor), &error),
    }
}

pub(super) async fn profile(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    match asked.bearer(&headers) {
        Some(visitor) => profile_of(&asked, &visitor),
        None => unknown_caller(&asked),
    }
}

pub(super) async fn put_profile(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    let Some(visitor) = asked.bearer(&headers) else {
        return unknown_caller(&asked);
    };
    let profile = match ProfileJson::read(&body) {
        Ok(profile) => profile,
        Err((field, problem)) => return malformed(&asked, field, &problem),
    };
    let (profile, calls) = profile.records(&visitor.user);
    match own::put_profile(&asked, &visitor.user, profile, calls).await {
        Ok(()) => {
            let asked = asked.again();
            match asked.bearer(&headers) {
                Some(visitor) => profile_of(&asked, &visitor),
                None => unknown_caller(&asked),
            }
        }
        Err(error) => refuse(&asked, Some(&visitor), &error),
    }
}

fn profile_of(asked: &Asked<'_>, visitor: &Visitor) -> Response {
    match serde_json::to_value(ProfileJson::of(&visitor.user)) {
        Ok(body) => answer(StatusCode::OK, body),
        Err(error) => malformed(asked, "profile", &error.to_string()),
    }
}

fn session_json(state: &State, session: &Session) -> Value {
    let site = state.site(&session.site);
    let device = state.device(&session.device);
    json!({
        "user": session.user.as_str(),
        "device": session.device.as_str(),
        "desk": device.map_or("", |device| device.desk.as_str()),
        "site": session.site.as_str(),
        "site_name": site.map_or("", |site| site.name.as_str()),
        "epoch": session.epoch.0,
        "since_ms": session.since.0,
    })
}

fn unknown_caller(asked: &Asked<'_>) -> Response {
    let mut response = refuse(asked, None, &Error::Failure(Failure::Unauthenticated));
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        header::HeaderValue::from_static("Bearer"),
    );
    response
}

/// The request is not what it must be; `problem` is for the program's author.
fn malformed(asked: &Asked<'_>, field: &'static str, problem: &str) -> Response {
    let error = Error::invalid(field, problem);
    let trouble = asked.trouble(&error, asked.language(None), SURFACE);
    let mut body = error_json(&trouble);
    body["error"]["field"] = field.into();
    body["error"]["problem"] = problem.into();
    answer(StatusCode::BAD_REQUEST, body)
}

fn refuse(asked: &Asked<'_>, visitor: Option<&Visitor>, error: &Error) -> Response {
    let trouble = asked.trouble(error, asked.language(visitor), SURFACE);
    failed(error, &trouble)
}

fn failed(error: &Error, trouble: &Trouble) -> Response {
    let mut body = error_json(trouble);
    if let Error::Refusal(Refusal::InvalidRecord { field, problem }) = error {
        body["error"]["field"] = (*field).into();
        body["error"]["problem"] = problem.as_str().into();
    }
    let mut response = answer(status_of(error), body);
    if let Error::Failure(Failure::TooManyWrongPins { wait, .. }) = error {
        let seconds = header::HeaderValue::from(wait.as_secs() + 1);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn error_json(trouble: &Trouble) -> Value {
    json!({
        "error": {
            "code": trouble.code,
            "reason": trouble.reason,
            "message": trouble.sentence,
            "id": trouble.id,
            "retryable": trouble.retryable,
        }
    })
}

/// The status that says about the same as the gRPC code of the public API.
fn status_of(error: &Error) -> StatusCode {
    let code = match error {
        Error::Refusal(Refusal::UserLocked { .. }) => return StatusCode::LOCKED,
        Error::Refusal(refusal) => refusal_code(refusal),
        Error::Failure(failure) => failure_code(failure),
    };
    match code {
        Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable | Code::DeadlineExceeded => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn answer(status: StatusCode, body: Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
