//! `/emservice/EMServiceServlet`.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use hotdesk_core::{DeviceId, UserId};
use hotdesk_phone::em::{Code, Operation, Request as Document, Response};
use smol_str::SmolStr;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::caller::Claim;
use super::operate::{Request, subjects};
use super::{BODY_BYTES_MAX, Em, PATIENCE, Peer, Phones, QUEUE};
use crate::http::form;

/// The form field, and the parameter, that carries the document.
const FIELD: &str = "xml";

pub(super) async fn get(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> HttpResponse {
    let query = query.unwrap_or_default();
    if query.len() > BODY_BYTES_MAX {
        return StatusCode::URI_TOO_LONG.into_response();
    }
    answer(&phones, &peer, &headers, query.as_bytes()).await
}

pub(super) async fn post(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> HttpResponse {
    const FORM: &str = "application/x-www-form-urlencoded";
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_form = media_type.is_none_or(|text| {
        text.get(..FORM.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(FORM))
    });
    if !is_form {
        return (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("expected {FORM} with the field \"{FIELD}\"\n"),
        )
            .into_response();
    }
    answer(&phones, &peer, &headers, &body).await
}

async fn answer(phones: &Phones, peer: &Peer, headers: &HeaderMap, form: &[u8]) -> HttpResponse {
    let Some(em) = &phones.settings.em else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut log = Log::default();
    let response = decide(phones, em, peer, headers, form, &mut log)
        .await
        .unwrap_or_else(|failed| failed);
    let code = match &response {
        Response::Failure { code, .. } => Some(code.number()),
        _ => None,
    };
    tracing::info!(
        address = %peer.address,
        by = log.by.as_deref(),
        operation = log.operation,
        user_id = log.user.as_ref().map(|user| user.as_str()),
        device_id = log.device.as_ref().map(|device| device.as_str()),
        code,
        "request by Cisco's interface"
    );
    // Whether it was done is in the document; the exchange itself has worked.
    let mut answer = response.render().into_response();
    let media_type = HeaderValue::from_static(Response::CONTENT_TYPE);
    answer.headers_mut().insert(header::CONTENT_TYPE, media_type);
    answer
}

/// What may be in the log about a request.
#[derive(Default)]
struct Log {
    /// Who asked; with code 3 or 26, who it was said to be.
    by: Option<SmolStr>,
    operation: Option<&'static str>,
    /// Who was to log in, or was logged in at the phone.
    user: Option<UserId>,
    device: Option<DeviceId>,
}

async fn decide(
    phones: &Phones,
    em: &Em,
    peer: &Peer,
    headers: &HeaderMap,
    form: &[u8],
    log: &mut Log,
) -> Result<Response, Response> {
    em.guard.admit(peer, headers).map_err(Response::failure)?;
    let until = Instant::now() + PATIENCE;
    let document = document(form);
    let asked = Document::parse(&document).map_err(|malformed| Response::Failure {
        code: malformed.code(),
        text: malformed.to_string(),
    })?;
    let _place = place(em, &asked.operation)
        .await
        .ok_or_else(|| Response::failure(Code::Busy))?;
    let state = phones.shared.cluster.local().state;
    log.operation = Some(name_of(&asked.operation));
    (log.user, log.device) = subjects(&state, &asked.operation);
    let claim = Claim::of(em, &asked.application, peer.address, &state).await;
    if let Ok(claim) = &claim {
        log.by = claim.actor(&state).map(|by| by.0);
    }
    let failed = |code: Code| match code {
        // As the original says it; the name is the caller's own.
        Code::InvalidApplication => Response::Failure {
            code,
            text: format!("Could not authenticate '{}'", asked.application.id),
        },
        other => Response::failure(other),
    };
    let claim = claim.map_err(failed)?;
    claim.admit(em, &asked.origin).map_err(failed)?;
    let request = Request {
        phones,
        em,
        // Once more: looking at the password has taken its time.
        state: phones.shared.cluster.local().state,
        address: peer.address,
        until,
    };
    request.answer(claim, asked.operation).await.map_err(failed)
}

/// Room for a request; each may check a password, which costs memory and a core's time. Queries wait a little: whoever
/// looks at all phones of an office must not keep people from logging in.
async fn place<'a>(em: &'a Em, operation: &Operation) -> Option<SemaphorePermit<'a>> {
    match operation {
        Operation::Login { .. } | Operation::Logout { .. } | Operation::LogoutAll => {
            em.places.try_acquire().ok()
        }
        Operation::DeviceUser { .. }
        | Operation::UserDevices { .. }
        | Operation::CheckUser { .. }
        | Operation::DeviceProfiles { .. } => timeout(QUEUE, em.queries.acquire()).await.ok()?.ok(),
    }
}

/// The document in a form; there is a password in it.
fn document(form: &[u8]) -> Zeroizing<String> {
    let fields = form::decode(form);
    Zeroizing::new(form::field(&fields, FIELD).to_owned())
}

fn name_of(operation: &Operation) -> &'static str {
    match operation {
        Operation::Login { .. } => "login",
        Operation::Logout { .. } => "logout",
        Operation::LogoutAll => "logoutAll",
        Operation::DeviceUser { .. } => "deviceUserQuery",
        Operation::UserDevices { .. } => "userDevicesQuery",
        Operation::CheckUser { .. } => "checkUser",
        Operation::DeviceProfiles { .. } => "deviceProfileQuery",
    }
}
