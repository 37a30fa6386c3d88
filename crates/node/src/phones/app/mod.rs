//! The login application on the phone's screen.
//!
//! Pages are [`Screen`]s, which the phone's adapter writes in its vendor's format. Everything is below the
//! phone's own secret path:
//!
//! | path | what |
//! |---|---|
//! | `/app` | whatever comes next: who was here lately, the form, or who is logged in and what one can do |
//! | `/app/form`, `/app/pin/<user>` | the form; the second asks for the PIN only |
//! | `/app/login/<form token>[/<user>]` | what a form is sent to, as query or as form |
//! | `/app/out/<form token>` | logs out |
//! | `/app/who`, `/app/settings` | who is logged in; where one changes one's settings |
//! | `/app/lock[/<form token>]` | locks one's own account; asks for the PIN |
//! | `/app/mobile` | a code that leads to a page where somebody who is signed in has this phone log in |
//! | `/app/idle` | the same for the screen of a phone that nobody uses |
//! | `/app/moved` | for a minute after an eviction: where the user went, and what to do if that was not the user |
//! | `/lock/<token>[/yes]` | locks an account from there |
//!
//! Phones send forms as GET with a query, so form tokens are part of the path, whatever the phone makes of a
//! URL that has a query already; and neither queries nor form tokens are written to the log.

mod answer;
mod forms;
mod lock;
mod mobile;
mod moved;
mod pages;
mod recent;
mod visit;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::{Peer, Phones};
use crate::http::form;
use visit::{Typed, Visit};

pub(super) use answer::write;

/// Where it is served.
pub(super) fn routes() -> Router<Arc<Phones>> {
    Router::new()
        .route("/p/{token}/app", get(begin).post(begin))
        .route("/p/{token}/app/{*page}", get(page).post(page).head(no_head))
        .route("/lock/{token}", get(lock::ask).post(lock::ask))
        .route(
            "/lock/{token}/yes",
            get(lock::sure).post(lock::sure).head(no_head),
        )
}

/// Some of these pages do something, as a GET, because phones can do no other; asking for a head does nothing (RFC 9110
/// §9.2.1).
pub(super) async fn no_head() -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")])
}

async fn begin(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    show(&phones, &peer, &token, "", &headers, Typed::default()).await
}

async fn page(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path((token, page)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let typed = Typed::read(
        form::decode(&body),
        form::decode(query.unwrap_or_default().as_bytes()),
    );
    show(&phones, &peer, &token, &page, &headers, typed).await
}

async fn show(
    phones: &Phones,
    peer: &Peer,
    token: &str,
    page: &str,
    headers: &HeaderMap,
    typed: Typed,
) -> Response {
    let device = phones.phone_of_token(token);
    let Some(visit) = device.and_then(|device| Visit::new(phones, &device, Some(peer.address))) else {
        return (StatusCode::NOT_FOUND, "no phone has this address\n").into_response();
    };
    let parts: Vec<&str> = page.split('/').collect();
    let screen = match *parts {
        [""] => visit.home(),
        ["form"] => visit.form(None),
        ["pin", user] => visit.form(visit.listed(user).as_ref()),
        ["login", token] => visit.log_in(token, None, typed).await,
        ["login", token, user] => visit.log_in(token, Some(user), typed).await,
        ["out", token] => visit.log_out(token).await,
        ["who"] => visit.who(),
        ["settings"] => visit.settings(),
        ["lock"] => visit.lock_form(),
        ["lock", token] => visit.lock_own(token, typed).await,
        ["mobile"] => visit.mobile(),
        ["idle"] => visit.idle(),
        ["moved"] => visit.moved(),
        _ => return (StatusCode::NOT_FOUND, "there is no such page\n").into_response(),
    };
    answer::page(&visit, headers, &screen)
}
