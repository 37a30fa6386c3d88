//! One's own page.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hotdesk_core::{DeviceId, Refusal};
use hotdesk_phone::Language;
use hotdesk_phone::text::{Sentence, Word};
use minijinja::{Value, context};
use zeroize::Zeroizing;

use super::super::office::{Office, name_of};
use super::super::tokens::Purpose;
use super::super::trouble::{Trouble, place_of};
use super::super::{Peer, Phones};
use super::html::{page, see, with_cookie};
use super::visitor::{Asked, Visitor, is_ours};
use super::{own, profile_form};
use crate::http::form;
use crate::services::Error;

/// How long a sign-in form is good for, in seconds.
const SIGN_IN_GOOD_S: u32 = 600;
/// Where it was typed.
pub(super) const SURFACE: &str = "me";

/// What stands at the top of a page: a sentence and, where something went wrong, what support looks for.
#[derive(Default)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) reference: String,
}

impl Notice {
    pub(super) fn of(text: String) -> Self {
        Self {
            text,
            reference: String::new(),
        }
    }

    pub(super) fn trouble(trouble: &Trouble, language: Language) -> Self {
        Self {
            text: trouble.sentence.clone(),
            reference: Sentence::Reference { id: &trouble.id }.text(language),
        }
    }
}

/// `GET /me`
pub(super) async fn show(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    match asked.visitor(&headers) {
        Some(visitor) => mine(&asked, &visitor, StatusCode::OK, &Notice::default()),
        None => sign_in_page(&asked, StatusCode::OK, "/me", &Notice::default()),
    }
}

/// `POST /me`: number and PIN.
pub(super) async fn sign_in(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    match signed_in(&asked, &headers, &body, "/me").await {
        Ok(visitor) => with_cookie(see("/me"), &asked.cookie(&visitor)),
        Err(response) => *response,
    }
}

/// Takes a sign-in form; otherwise gives the page to answer with.
pub(super) async fn signed_in(
    asked: &Asked<'_>,
    headers: &HeaderMap,
    body: &[u8],
    action: &str,
) -> Result<Visitor, Box<Response>> {
    let language = asked.language(None);
    let fields = form::decode(body);
    if !is_ours(headers) {
        return Err(refused(language).into());
    }
    let tokens = &asked.phones.tokens;
    // Read, not used up: everybody gets such forms, and could fill the table of used ones. The PIN counts its
    // tries.
    if let Err(rejected) = tokens.read(Purpose::SignIn, "", form::field(&fields, "form"), asked.now) {
        let notice = Notice::trouble(&Trouble::of_form(rejected, language), language);
        return Err(sign_in_page(asked, StatusCode::BAD_REQUEST, action, &notice).into());
    }
    let pin = Zeroizing::new(form::field(&fields, "pin").trim().to_owned());
    let user = form::field(&fields, "user").trim();
    asked.sign_in(user, pin, language).await.map_err(|(_, trouble)| {
        let notice = Notice::trouble(&trouble, language);
        sign_in_page(asked, StatusCode::FORBIDDEN, action, &notice).into()
    })
}

/// The form that asks for number and PIN, and sends them to `action`.
pub(super) fn sign_in_page(asked: &Asked<'_>, status: StatusCode, action: &str, notice: &Notice) -> Response {
    let language = asked.language(None);
    let word = |word: Word| word.text(language);
    let form = asked
        .phones
        .tokens
        .issue(Purpose::SignIn, "", "", asked.now, SIGN_IN_GOOD_S);
    let values = context! {
        notice => notice.text.as_str(),
        reference => notice.reference.as_str(),
        intro => Sentence::SignInHere.text(language),
        action => action,
        form => form,
        words => context! {
            number => word(Word::Number),
            pin => word(Word::Pin),
            sign_in => word(Word::SignIn),
        },
    };
    page(status, language, word(Word::MyPhone), "sign_in", values)
}

/// A form that another site sent.
pub(super) fn refused(language: Language) -> Response {
    message(
        StatusCode::FORBIDDEN,
        language,
        &Notice::of(Sentence::NotAllowed.text(language)),
    )
}

/// A page with a sentence, and the way to one's own page.
pub(super) fn message(status: StatusCode, language: Language, notice: &Notice) -> Response {
    let title = Word::MyPhone.text(language);
    let values = context! {
        notice => notice.text.as_str(),
        reference => notice.reference.as_str(),
        link => "/me",
        link_text => title,
    };
    page(status, language, title, "message", values)
}

/// A form of somebody who is signed in.
struct Sent {
    visitor: Visitor,
    fields: Vec<(String, String)>,
}

/// Takes a form of somebody who is signed in; otherwise gives the page to answer with.
fn mine_sent<'a>(asked: &Asked<'a>, headers: &HeaderMap, body: &[u8]) -> Result<Sent, Box<Response>> {
    let fields = form::decode(body);
    let Some(visitor) = asked.visitor(headers) else {
        let notice = Notice::of(Sentence::SignedOut.text(asked.language(None)));
        return Err(sign_in_page(asked, StatusCode::UNAUTHORIZED, "/me", &notice).into());
    };
    let language = asked.language(Some(&visitor));
    if !is_ours(headers) {
        return Err(refused(language).into());
    }
    match asked.opened(&visitor, form::field(&fields, "form")) {
        Ok(_) => Ok(Sent { visitor, fields }),
        Err(rejected) => {
            let notice = Notice::trouble(&Trouble::of_form(rejected, language), language);
            Err(mine(asked, &visitor, StatusCode::FORBIDDEN, &notice).into())
        }
    }
}

/// `POST /me/out`
pub(super) async fn sign_out(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    match mine_sent(&asked, &headers, &body) {
        Ok(Sent { visitor, .. }) => {
            asked.sign_out(&visitor).await;
            with_cookie(see("/me"), &asked.no_cookie())
        }
        Err(response) => *response,
    }
}

/// `POST /me/logout`: ends the own session at a phone.
pub(super) async fn log_out(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    let Sent { visitor, fields } = match mine_sent(&asked, &headers, &body) {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    let language = asked.language(Some(&visitor));
    let device = DeviceId::parse(form::field(&fields, "device")).ok();
    match own::end_session(&asked, &visitor.user, device.as_ref()).await {
        Ok(()) => with_cookie(see("/me"), &asked.cookie(&visitor)),
        Err(error) => {
            let trouble = asked.trouble(&error, language, SURFACE);
            let notice = Notice::trouble(&trouble, language);
            mine(&asked, &visitor, StatusCode::CONFLICT, &notice)
        }
    }
}

/// `POST /me/profile`
pub(super) async fn save(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::new(&phones, peer.address, &headers);
    let Sent { visitor, fields } = match mine_sent(&asked, &headers, &body) {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    let language = asked.language(Some(&visitor));
    let (profile, calls) = profile_form::read(&fields, &visitor.user);
    match own::put_profile(&asked, &visitor.user, profile, calls).await {
        Ok(()) => {
            let cookie = asked.cookie(&visitor);
            let asked = asked.again();
            let visitor = asked.visitor(&headers).unwrap_or(visitor);
            let saved = Notice::of(Sentence::Saved.text(asked.language(Some(&visitor))));
            with_cookie(mine(&asked, &visitor, StatusCode::OK, &saved), &cookie)
        }
        Err(error) => {
            let trouble = asked.trouble(&error, language, SURFACE);
            let mut notice = Notice::trouble(&trouble, language);
            if let Error::Refusal(Refusal::InvalidRecord { field, .. }) = &error {
                let field = profile_form::label(field, language);
                notice.text = Sentence::FieldInvalid { field }.text(language);
            }
            mine(&asked, &visitor, StatusCode::BAD_REQUEST, &notice)
        }
    }
}

/// The page of somebody who is signed in.
pub(super) fn mine(asked: &Asked<'_>, visitor: &Visitor, status: StatusCode, notice: &Notice) -> Response {
    let language = asked.language(Some(visitor));
    let user = &visitor.user;
    let sessions: Vec<Value> = own::sessions(asked, user)
        .map(|session| {
            let office = Office::of_device(&asked.state, &session.device);
            let text = Sentence::LoggedInAt {
                place: &place_of(&asked.state, language, &session.device),
                since: &office.clock(session.since),
            };
            context! { device => session.device.as_str(), text => text.text(language) }
        })
        .collect();
    let own = context! {
        notice => notice.text.as_str(),
        reference => notice.reference.as_str(),
        name => name_of(user),
        extension => user.extension.as_ref().map_or("", |extension| extension.as_str()),
        form => asked.form(visitor),
        sessions => sessions,
        nowhere => Sentence::LoggedInNowhere.text(language),
    };
    let values = context! { ..own, ..profile_form::values(user, language) };
    let response = page(status, language, Word::MyPhone.text(language), "me", values);
    with_cookie(response, &asked.cookie(visitor))
}
