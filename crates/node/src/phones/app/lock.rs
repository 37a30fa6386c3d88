//! Locking an account from a phone: somebody else logged in as oneself.
//!
//! From the phone that one was moved away from it takes no PIN, but a token that is good for a minute and
//! only there, and a second page that says what will happen. From the phone where one is logged in it takes
//! the PIN: whoever walks by must not lock a colleague out.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hotdesk_core::{Action as Ask, DeviceId, Done, RequestId, TimeMs, User, UserId};
use hotdesk_phone::text::{Sentence, Word};
use hotdesk_phone::{Action, Body, Screen};
use tonic::metadata::MetadataMap;

use super::super::login::{self, LogIn, Proof};
use super::super::office::name_of;
use super::super::tokens::{Opened, Purpose, Rejected};
use super::super::trouble::Trouble;
use super::super::{Peer, Phones};
use super::answer;
use super::visit::{Typed, Visit};
use crate::guesses::Origin;
use crate::services::{Error, new_request_id, now};

/// Where it was asked for.
const SURFACE: &str = "lock";
/// How long one may think about it, in seconds.
const SURE_GOOD_S: u32 = 60;
/// An account that its user had locked stays so for at least this long, in milliseconds: until the help desk
/// has set a new PIN. Longer where the policy locks for longer.
const LOCKED_MS_MIN: u64 = 3_600_000;

/// Says what will happen, and asks once more.
pub(super) async fn ask(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let opened = phones.tokens.read(Purpose::Lock, "", &token, now());
    let Some((visit, user, id)) = asked(&phones, &peer, opened) else {
        return gone();
    };
    let until = visit.office.clock(visit.lock_until(&user));
    // However often one asks, it is one request: it locks once, whatever happens in between.
    let content = format!("{} {} {id}", visit.device.id, user.id);
    let token = phones
        .tokens
        .issue(Purpose::LockSure, "", &content, visit.now, SURE_GOOD_S);
    let yes = Action::Open(format!("{}/lock/{token}/yes", phones.settings.own.base));
    let screen = Screen {
        title: visit.word(Word::TitleLock),
        prompt: String::new(),
        body: Body::Text(visit.say(Sentence::LockSure {
            name: name_of(&user),
            until: &until,
        })),
        keys: vec![visit.key(Word::Yes, yes), visit.key(Word::No, Action::Exit)],
        refresh: None,
        is_private: true,
    };
    answer::page(&visit, &headers, &screen)
}

/// Does it.
pub(super) async fn sure(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let opened = phones.tokens.take(Purpose::LockSure, "", &token, now());
    let Some((visit, user, id)) = asked(&phones, &peer, opened.clone()) else {
        return gone();
    };
    let screen = match (visit.lock(&user, id).await, opened) {
        (Ok(screen), _) => screen,
        (Err(trouble), Ok(opened)) if trouble.retryable => {
            // The way here is closed after a minute: this page must be the way back.
            phones.tokens.give_back(&opened);
            visit.trouble_at(&trouble, format!("{}/lock/{token}/yes", phones.settings.own.base))
        }
        (Err(trouble), _) => visit.trouble(&trouble, ""),
    };
    answer::page(&visit, &headers, &screen)
}

/// For whom a token is, and at which phone it was given out.
fn asked<'a>(
    phones: &'a Phones,
    peer: &Peer,
    opened: Result<Opened, Rejected>,
) -> Option<(Visit<'a>, Arc<User>, RequestId)> {
    let opened = opened.ok()?;
    let mut parts = opened.content.split(' ');
    let (device, user) = (parts.next()?, parts.next()?);
    let first = parts.next().and_then(|id| u128::from_str_radix(id, 16).ok());
    let request_id = first.map_or(opened.request_id, RequestId);
    let device = DeviceId::parse(device).ok()?;
    let visit = Visit::new(phones, &device, Some(peer.address))?;
    let user = visit.state.user(&UserId::parse(user).ok()?).cloned()?;
    Some((visit, user, request_id))
}

/// Whose phone it was is not known any more, so neither is the language.
fn gone() -> Response {
    (
        StatusCode::GONE,
        "This page is no longer good. Ask the help desk to lock the account.\n",
    )
        .into_response()
}

impl Visit<'_> {
    /// Locks the account of whoever is logged in here and typed the PIN.
    pub(super) async fn lock_own(&self, token: &str, typed: Typed) -> Screen {
        let epoch = match self.take(Purpose::LockOwn, token) {
            Ok(epoch) => epoch,
            Err(rejected) => return self.rejected(rejected, "lock"),
        };
        let current = self.session().filter(|session| session.epoch == epoch);
        let Some(user) = current.and_then(|session| self.state.user(&session.user)) else {
            return self.nobody();
        };
        // A login where one is logged in already changes nothing, but checks and counts the PIN as any other.
        let request = LogIn {
            user: user.id.as_str().to_owned(),
            device: self.device.id.clone(),
            proof: Proof::Pin {
                typed: typed.pin,
                origin: Origin::Phone,
            },
            surface: SURFACE,
            request_id: new_request_id(),
            address: self.address,
        };
        match login::log_in(self.phones, request).await {
            Ok(_) => self
                .lock(user, new_request_id())
                .await
                .unwrap_or_else(|trouble| self.trouble(&trouble, "lock")),
            Err(trouble) => self.trouble(&trouble, "lock"),
        }
    }

    /// Locks an account; the page that says so.
    async fn lock(&self, user: &User, request_id: RequestId) -> Result<Screen, Trouble> {
        let until = self
            .propose_lock(user, request_id)
            .await
            .map_err(|error| Trouble::new(self.phones, &self.device.id, SURFACE, self.address, &error))?;
        tracing::info!(
            user_id = user.id.as_str(),
            device_id = self.device.id.as_str(),
            "account locked from a phone"
        );
        let text = self.say(Sentence::LockDone {
            name: name_of(user),
            until: &self.office.clock(until),
        });
        Ok(self.text(Word::TitleLock, text, vec![self.close()]))
    }

    async fn propose_lock(&self, user: &User, request_id: RequestId) -> Result<TimeMs, Error> {
        let shared = &self.phones.shared;
        let call = shared.gate.enter(Arc::new(MetadataMap::new()))?;
        let action = Ask::LockUser {
            user: user.id.clone(),
            until: self.lock_until(user),
            note: format!("asked for at {}", self.device.id).into(),
        };
        let by = login::actor(SURFACE);
        let decided = shared
            .propose(call.deadline, by, Some(request_id), action)
            .await?;
        match decided.done {
            Done::Locked { until, .. } => Ok(until),
            _ => Err(decided.unexpected()),
        }
    }

    fn lock_until(&self, user: &User) -> TimeMs {
        let policy = self.state.policy_of(user).lockout;
        self.now.plus_ms(policy.locked_ms.max(LOCKED_MS_MIN))
    }
}
