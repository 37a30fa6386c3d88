//! Whether a push to a Cisco phone is ours: the phone asks, with the user and password that the push carried.
//!
//! The phone loads `authenticationURL` of its document with `UserID` and `Password`, and does what it was told only
//! when the answer is `AUTHORIZED`, without a line end.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::routing::get;
use hotdesk_phone::Service;
use zeroize::Zeroizing;

use super::Phones;
use crate::http::form;

const YES: &str = "AUTHORIZED";
const NO: &str = "UN-AUTHORIZED";

/// Where it is served.
pub(super) fn routes() -> Router<Arc<Phones>> {
    Router::new().route("/p/{token}/app/authenticate", get(authenticate))
}

async fn authenticate(
    Extract(phones): Extract<Arc<Phones>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> (StatusCode, &'static str) {
    let Some(device) = phones.phone_of_token(&token) else {
        return (StatusCode::NOT_FOUND, NO);
    };
    let state = phones.shared.cluster.local().state;
    let desk = state
        .device(&device)
        .and_then(|device| phones.desk(&state, device).ok());
    let fields = form::decode(query.unwrap_or_default().as_bytes());
    let user = form::field(&fields, "UserID").to_owned();
    let password = Zeroizing::new(form::field(&fields, "Password").to_owned());
    let is_ours = desk.is_some_and(|desk| is_ours(&desk.service, &user, &password));
    (StatusCode::OK, if is_ours { YES } else { NO })
}

fn is_ours(service: &Service, user: &str, password: &str) -> bool {
    let ours = service.web_password.expose();
    // As long for any wrong password of the right length.
    let differences = ours
        .bytes()
        .zip(password.bytes())
        .fold(0, |all, (a, b)| all | (a ^ b));
    !ours.is_empty() && user == service.web_user && ours.len() == password.len() && differences == 0
}
