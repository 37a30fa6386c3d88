//! People's own page, stickers and QR codes, and the same for programs: what one does about a desk phone
//! without touching it.
//!
//! | path | what |
//! |---|---|
//! | `/me` | sign in with number and PIN; where one is logged in, log out there, one's own profile |
//! | `/d/<device>/<code>` | what a phone's sticker or screen leads to: "log in at Chicago, desk 12?" |
//! | `/p/<token>/qr.png`, `qr.bmp` | the code for a phone's screen as a picture; another one every five minutes |
//! | `/api/v1/...` | the same for programs and kiosks, in JSON (`api.rs`) |
//!
//! Pages work without scripts and forbid them (Content-Security-Policy). Signing in checks the PIN as a login
//! does, with the same count of wrong ones. What is signed in is a signed cookie (`visitor.rs`).

mod api;
mod html;
mod me;
mod own;
mod picture;
mod profile_form;
mod profile_json;
mod sticker;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

use super::Phones;

pub(super) use visitor::is_ours;

/// Where it is served.
pub(super) fn routes() -> Router<Arc<Phones>> {
    Router::new()
        .route("/me", get(me::show).post(me::sign_in))
        .route("/me/out", post(me::sign_out))
        .route("/me/logout", post(me::log_out))
        .route("/me/profile", post(me::save))
        .route("/me/style.css", get(html::style))
        .route("/d/{device}/{code}", get(sticker::show).post(sticker::act))
        .route("/p/{token}/qr.png", get(picture::png))
        .route("/p/{token}/qr.bmp", get(picture::bmp))
        .route("/api/v1/sign-in", post(api::sign_in))
        .route("/api/v1/sign-out", post(api::sign_out))
        .route("/api/v1/sessions", get(api::sessions).post(api::log_in))
        .route("/api/v1/sessions/{device}", delete(api::log_out))
        .route("/api/v1/profile", get(api::profile).put(api::put_profile))
}
