//! Who is signed in to the pages: a signed token, in a cookie or as bearer.
//!
//! Nothing is kept at the node, so any node of the company knows a visitor. A token ends 15 minutes after it
//! was given out; each page gives a new one, for at most eight hours. It is for one version of the user's
//! PIN, and for nobody who is disabled or locked.
//!
//! Signing out ends every visit of the user, in whatever browser: the log then has its index with the user, and a
//! token says at which index its visit began. The node that did it remembers the visit besides, so there it is over
//! though the office is cut off; then other nodes know a copied token for its 15 minutes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use hotdesk_core::{DeviceId, State, TimeMs, User, UserId, UserName};
use hotdesk_phone::Language;
use tonic::metadata::MetadataMap;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::Phones;
use super::super::login;
use super::super::office::Office;
use super::super::tokens::{Opened, Purpose, Rejected};
use super::super::trouble::Trouble;
use crate::auth::bearer;
use crate::guesses::Origin;
use crate::services::{self, Error, Login, check_pin, end_visits, new_request_id, now};

/// So long after the last page a visitor is signed out, in seconds.
pub(super) const IDLE_S: u32 = 15 * 60;
/// So long after signing in a visitor has to sign in again, in seconds.
const VISIT_S_MAX: u64 = 8 * 3600;
/// How long a form stays good, in seconds: no longer than the visit that it belongs to.
const FORM_GOOD_S: u32 = IDLE_S;
/// The cookie.
const COOKIE: &str = "hotdesk_me";
/// What stands in events in place of a phone.
const PLACE: &str = "me";

/// Somebody who is signed in.
pub(super) struct Visitor {
    /// Who.
    pub(super) user: Arc<User>,
    /// Which visit, from sign-in to sign-out.
    visit: Uuid,
    started_s: u64,
    /// The log index at which it began.
    index: u64,
}

/// A page's request: the state, the time, and what the browser wants to read.
pub(super) struct Asked<'a> {
    pub(super) phones: &'a Phones,
    pub(super) state: State,
    pub(super) now: TimeMs,
    pub(super) address: IpAddr,
    accepts: Language,
}

impl<'a> Asked<'a> {
    pub(super) fn new(phones: &'a Phones, address: IpAddr, headers: &HeaderMap) -> Self {
        let state = phones.shared.cluster.local().state;
        Self {
            now: now().max(state.clock()),
            accepts: accepted(headers),
            phones,
            state,
            address,
        }
    }

    /// The same after something was changed.
    pub(super) fn again(self) -> Self {
        Self {
            state: self.phones.shared.cluster.local().state,
            ..self
        }
    }

    /// What a visitor reads: the own language, or else what the browser asks for.
    pub(super) fn language(&self, visitor: Option<&Visitor>) -> Language {
        let own = visitor.and_then(|visitor| visitor.user.profile.as_ref()?.language.parse().ok());
        own.unwrap_or(self.accepts)
    }

    /// Who is signed in by the cookie.
    pub(super) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        let cookies = headers.get_all(header::COOKIE).iter();
        let pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(';'));
        let token = pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))?;
        self.of_token(token)
    }

    /// Who is signed in by a bearer token.
    pub(super) fn bearer(&self, headers: &HeaderMap) -> Option<Visitor> {
        let given = headers.get(header::AUTHORIZATION)?.as_bytes();
        self.of_token(std::str::from_utf8(bearer(given)?).ok()?)
    }

    fn of_token(&self, token: &str) -> Option<Visitor> {
        let tokens = &self.phones.tokens;
        let opened = tokens.read(Purpose::Session, "", token, self.now).ok()?;
        let mut parts = opened.content.split(' ');
        let user = UserId::parse(parts.next()?).ok()?;
        let version: u64 = parts.next()?.parse().ok()?;
        let started_s: u64 = parts.next()?.parse().ok()?;
        let visit = Uuid::try_parse(parts.next()?).ok()?;
        let index: u64 = parts.next()?.parse().ok()?;
        let user = self.state.user(&user)?;
        let is_current = user
            .credential
            .as_ref()
            .is_some_and(|credential| credential.version == version);
        let is_locked = user.failures.locked_until.is_some_and(|until| until > self.now);
        let is_fresh = self.now.0 / 1000 < started_s + VISIT_S_MAX;
        let is_over = index < user.visits_ended;
        let is_good = user.enabled && is_current && !is_locked && is_fresh && !is_over;
        (is_good && !tokens.is_over(visit.as_bytes())).then(|| Visitor {
            user: Arc::clone(user),
            visit,
            started_s,
            index,
        })
    }

    /// Checks number and PIN, with the count of wrong ones that every login has.
    pub(super) async fn sign_in(
        &self,
        user: &str,
        pin: Zeroizing<String>,
        language: Language,
    ) -> Result<Visitor, (Error, Trouble)> {
        let checked = self.check(user, pin).await;
        let outcome = checked.as_ref().map_or_else(Error::name, |_| "signed_in");
        self.phones.shared.metrics.login(outcome);
        let (user, index) = checked.map_err(|error| {
            let trouble = self.trouble(&error, language, "me");
            (error, trouble)
        })?;
        Ok(Visitor {
            user,
            visit: Uuid::new_v4(),
            started_s: self.now.0 / 1000,
            index,
        })
    }

    /// Gives the index at which the user's visit begins as well.
    async fn check(&self, user: &str, pin: Zeroizing<String>) -> Result<(Arc<User>, u64), Error> {
        let shared = &self.phones.shared;
        let call = shared.gate.enter(Arc::new(MetadataMap::new()))?;
        let pin = login::pin(pin)?;
        let login = Login {
            user: UserName::parse(user)
                .map_err(|_| Error::invalid("user", "is no name that a user can have"))?,
            device: place(),
            origin: Origin::Address(self.address),
            by: login::actor("me"),
            request_id: new_request_id(),
            deadline: call.deadline,
        };
        let services::Known { user, index, .. } = check_pin(shared, &login, pin).await?;
        let state = shared.cluster.local().state;
        let unknown = || hotdesk_core::Refusal::UnknownUser {
            name: UserName::from(&user),
        };
        let user = Arc::clone(state.user(&user).ok_or_else(unknown)?);
        Ok((user, index))
    }

    /// What went wrong, for whoever reads the page; logged under its id.
    pub(super) fn trouble(&self, error: &Error, language: Language, surface: &'static str) -> Trouble {
        // No phone says which office's clock the reader looks at, so times are UTC and say so.
        let trouble = Trouble::in_words(&self.state, &Office::default(), language, error);
        trouble.log(&place(), surface, Some(self.address));
        trouble
    }

    /// The token that shows the visitor to the next page.
    pub(super) fn token(&self, visitor: &Visitor) -> String {
        let version = visitor
            .user
            .credential
            .as_ref()
            .map_or(0, |credential| credential.version);
        let content = format!(
            "{} {version} {} {} {}",
            visitor.user.id,
            visitor.started_s,
            visitor.visit.simple(),
            visitor.index,
        );
        self.phones
            .tokens
            .issue(Purpose::Session, "", &content, self.now, IDLE_S)
    }

    /// The cookie with that token.
    pub(super) fn cookie(&self, visitor: &Visitor) -> String {
        self.cookie_of(&self.token(visitor), IDLE_S)
    }

    /// The cookie that removes it.
    pub(super) fn no_cookie(&self) -> String {
        self.cookie_of("", 0)
    }

    fn cookie_of(&self, value: &str, age_s: u32) -> String {
        let secure = if self.phones.settings.own.base.starts_with("https:") {
            "; Secure"
        } else {
            ""
        };
        format!("{COOKIE}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}")
    }

    /// The visit is over, whatever tokens of it there are, and so are the user's others.
    pub(super) async fn sign_out(&self, visitor: &Visitor) {
        let end = visitor.started_s + VISIT_S_MAX;
        self.phones.tokens.end(visitor.visit.as_bytes(), end, self.now);
        let user = visitor.user.id.clone();
        if let Err(error) = end_visits(&self.phones.shared, user, login::actor("me")).await {
            tracing::warn!(
                user_id = visitor.user.id.as_str(),
                reason = error.name(),
                "signed out at this node only"
            );
        }
    }

    /// A token for the forms of this visitor's pages, which no other site has.
    pub(super) fn form(&self, visitor: &Visitor) -> String {
        let holder = visitor.visit.simple().to_string();
        self.phones
            .tokens
            .issue(Purpose::Form, &holder, "", self.now, FORM_GOOD_S)
    }

    /// Whether a form is of this visitor's pages.
    pub(super) fn opened(&self, visitor: &Visitor, form: &str) -> Result<Opened, Rejected> {
        let holder = visitor.visit.simple().to_string();
        self.phones.tokens.read(Purpose::Form, &holder, form, self.now)
    }
}

/// What stands in events and in the log in place of a phone.
fn place() -> DeviceId {
    DeviceId::parse(PLACE).expect("a literal that is an id")
}

/// The first language of the browser's list that there is a catalogue of. Weights are not looked at: browsers
/// list in order.
fn accepted(headers: &HeaderMap) -> Language {
    let list = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    list.unwrap_or_default()
        .split(',')
        .filter_map(|item| item.split(';').next()?.trim().parse().ok())
        .next()
        .unwrap_or_default()
}

/// Whether a request comes from one of our own pages, or from no browser, as far as it says.
pub(in crate::phones) fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    // Browsers say neither of the first two with a GET without TLS.
    match (text("origin").or_else(|| text("referer")), text("host")) {
        (Some(from), Some(host)) => {
            let rest = from.split_once("://").map(|(_, rest)| rest);
            rest.is_some_and(|rest| rest.split('/').next() == Some(host))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                axum::http::HeaderName::from_static(name),
                axum::http::HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    #[test]
    fn the_first_known_language_of_the_browser_is_taken() {
        for (list, language) in [
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("nl,fr;q=0.8", Language::French),
            ("nl", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(
                accepted(&headers(&[("accept-language", list)])),
                language,
                "{list}"
            );
        }
        assert_eq!(accepted(&HeaderMap::new()), Language::English);
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        for (pairs, ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[("origin", "https://a.example:8443"), ("host", "a.example:8443")],
                true,
            ),
            (&[("origin", "https://b.example"), ("host", "a.example")], false),
            (&[("origin", "null"), ("host", "a.example")], false),
            (
                &[
                    ("referer", "http://b.example/x?y=http://a.example/"),
                    ("host", "a.example"),
                ],
                false,
            ),
            (&[("referer", "http://b.example"), ("host", "a.example")], false),
            (
                &[
                    ("referer", "http://a.example:8080/me?x"),
                    ("host", "a.example:8080"),
                ],
                true,
            ),
            (&[], true),
        ] {
            assert_eq!(is_ours(&headers(pairs)), ours, "{pairs:?}");
        }
    }
}
