//! Stickers and codes on screens: they lead to a page where somebody who is signed in has the phone log in.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hotdesk_core::{DeviceId, RequestId, TimeMs};
use hotdesk_phone::text::{Sentence, Word};
use minijinja::context;
use smol_str::SmolStr;

use super::super::login::{LogIn, Proof};
use super::super::office::{Office, name_of};
use super::super::trouble::{Trouble, place_of};
use super::super::{Peer, Phones};
use super::html::{page, see, with_cookie};
use super::me::{Notice, message, refused, sign_in_page, signed_in};
use super::own;
use super::visitor::{Asked, Visitor, is_ours};
use crate::http::form;

/// Where it was asked for.
const SURFACE: &str = "sticker";

impl Phones {
    /// What a phone's sticker leads to, for printing: good for as long as the line key is the same. It lets
    /// nobody act as the phone or as a user.
    pub(crate) fn sticker_url(&self, device: &DeviceId) -> String {
        let code = self.tokens.sticker(device.as_str());
        format!("{}/d/{device}/{code}", self.base_of(device))
    }

    /// The same for its screen, for the next minutes.
    pub(in crate::phones) fn screen_url(&self, device: &DeviceId, now: TimeMs) -> String {
        let code = self.tokens.screen(device.as_str(), now);
        format!("{}/d/{device}/{code}", self.base_of(device))
    }

    /// Where the node of a phone's office is.
    fn base_of(&self, device: &DeviceId) -> SmolStr {
        let local = self.shared.cluster.local();
        let device = local.state.device(device);
        let addresses = device.map_or(&self.settings.own, |device| self.settings.of_site(&device.site));
        addresses.base.clone()
    }
}

/// `GET /d/<device>/<code>`
pub(super) async fn show(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path((device, code)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    let visitor = asked.visitor(&headers);
    let Some(device) = device_of(&asked, &device, &code) else {
        return no_such_code(&asked, visitor.as_ref());
    };
    match visitor {
        Some(visitor) => ask(&asked, &visitor, &device, &code),
        None => sign_in_page(
            &asked,
            StatusCode::OK,
            &format!("/d/{device}/{code}"),
            &Notice::default(),
        ),
    }
}

/// `POST /d/<device>/<code>`: signs in, or has the phone log in.
pub(super) async fn act(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path((device, code)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    let visitor = asked.visitor(&headers);
    let Some(device) = device_of(&asked, &device, &code) else {
        return no_such_code(&asked, visitor.as_ref());
    };
    let path = format!("/d/{device}/{code}");
    let fields = form::decode(&body);
    if form::field(&fields, "confirm").is_empty() {
        return match signed_in(&asked, &headers, &body, &path).await {
            Ok(visitor) => with_cookie(see(&path), &asked.cookie(&visitor)),
            Err(response) => *response,
        };
    }
    let Some(visitor) = visitor else {
        let notice = Notice::of(Sentence::SignedOut.text(asked.language(None)));
        return sign_in_page(&asked, StatusCode::UNAUTHORIZED, &path, &notice);
    };
    let language = asked.language(Some(&visitor));
    if !is_ours(&headers) {
        return refused(language);
    }
    let opened = asked
        .opened(&visitor, form::field(&fields, "form"))
        .and_then(|opened| phones.tokens.use_up(&opened, asked.now).map(|()| opened));
    match opened {
        Ok(opened) => log_in(&asked, &visitor, device, opened.request_id).await,
        Err(rejected) => {
            let notice = Notice::trouble(&Trouble::of_form(rejected, language), language);
            message(StatusCode::FORBIDDEN, language, &notice)
        }
    }
}

/// The phone that a code is for: of its sticker, or of its screen a moment ago.
fn device_of(asked: &Asked<'_>, device: &str, code: &str) -> Option<DeviceId> {
    let device = DeviceId::parse(device).ok()?;
    let tokens = &asked.phones.tokens;
    let is_good =
        tokens.is_sticker(device.as_str(), code) || tokens.is_screen(device.as_str(), code, asked.now);
    (is_good && asked.state.device(&device).is_some()).then_some(device)
}

fn no_such_code(asked: &Asked<'_>, visitor: Option<&Visitor>) -> Response {
    let language = asked.language(visitor);
    let notice = Notice::of(Sentence::CodeInvalid.text(language));
    message(StatusCode::NOT_FOUND, language, &notice)
}

/// Whether to log in there, and who would have to go.
fn ask(asked: &Asked<'_>, visitor: &Visitor, device: &DeviceId, code: &str) -> Response {
    let language = asked.language(Some(visitor));
    let place = place_of(&asked.state, language, device);
    let current = asked.state.session_at(device);
    let others = current.filter(|session| session.user != visitor.user.id && !session.is_overdue(asked.now));
    let in_use = others.map_or_else(String::new, |session| {
        let user = asked.state.user(&session.user);
        let name = user.map_or(session.user.as_str(), |user| name_of(user));
        let since = Office::of_device(&asked.state, device).clock(session.since);
        Sentence::InUse { name, since: &since }.text(language)
    });
    let values = context! {
        question => Sentence::LogInAtSure { place: &place }.text(language),
        in_use => in_use,
        action => format!("/d/{device}/{code}"),
        form => asked.form(visitor),
        words => context! {
            log_in => Word::LogIn.text(language),
            cancel => Word::Cancel.text(language),
        },
    };
    let response = page(
        StatusCode::OK,
        language,
        Word::MyPhone.text(language),
        "device",
        values,
    );
    with_cookie(response, &asked.cookie(visitor))
}

async fn log_in(asked: &Asked<'_>, visitor: &Visitor, device: DeviceId, request_id: RequestId) -> Response {
    let language = asked.language(Some(visitor));
    let request = LogIn {
        user: visitor.user.id.as_str().to_owned(),
        device: device.clone(),
        // The PIN was checked when the visitor signed in, and is still the PIN.
        proof: Proof::Vouched,
        surface: SURFACE,
        request_id,
        address: Some(asked.address),
    };
    let (status, notice) = match own::log_in(asked, language, request).await {
        Ok(done) => {
            let here = place_of(&asked.state, language, &done.session.device);
            let mut lines = vec![Sentence::LoggingInAt { place: &here }.text(language)];
            let elsewhere = done.ended.iter().filter(|end| end.session.device != device);
            lines.extend(elsewhere.map(|end| {
                let place = place_of(&asked.state, language, &end.session.device);
                Sentence::LoggedOutAt { place: &place }.text(language)
            }));
            (StatusCode::OK, Notice::of(lines.join(" ")))
        }
        Err((_, trouble)) => (StatusCode::CONFLICT, Notice::trouble(&trouble, language)),
    };
    with_cookie(message(status, language, &notice), &asked.cookie(visitor))
}
