//! `/emapp/EMAppServlet`: login pages for Cisco phones that name themselves.
//!
//! | parameter | what |
//! |---|---|
//! | `device` | the phone: `SEP<MAC>`, filled in by the phone or by its document |
//! | `userid`, `seq` | user and PIN; without both the page asks for them |
//! | `doLogout`, `Logout` | "true": logs out. Programs send the first, which is the original's; our page the second |
//! | `loginType` | what `userid` is: `UID` (the default), `SP`, `DN`. All are names of one name space here |
//!
//! | `EMCC` | nothing, and is handed on as it is |
//!
//! Codes: 201 wrong user id or PIN, nobody has that id, no PIN has been set, or the account is locked (whoever has not shown
//! the PIN does not learn which), 202 one of them is missing, 204 this node cannot check PINs, 207 no `device`, 208 the
//! cluster does not answer, 215 another `loginType`; otherwise the service's code. 205, 209 to 213 and 216 cannot occur:
//! everybody has a profile, nobody roams between clusters, a number is one user's.
//!
//! A phone is who it says it is: there is no token in this address, since phones that are configured for the original
//! have none. So whoever may ask from `phones.em.allow` may log anybody out of any phone. The application under the
//! phone's own secret path does not have that. Pages of other sites in the browser of somebody who may ask do
//! not get that far (`guard.rs`).

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hotdesk_core::{Device, Session, State, UserId};
use hotdesk_phone::em::{Code, PhoneCode};
use hotdesk_phone::text::{Sentence, Word};
use hotdesk_phone::{Action, Body, Field, FieldKind, Item, Key, Screen, Vendor};
use zeroize::Zeroizing;

use super::codes::{is_withheld, on_phone};
use super::{Em, Peer, Phones, SURFACE, device_of, name_of, user_of};
use crate::guesses::Origin;
use crate::http::form;
use crate::phones::app::write;
use crate::phones::login::{LogIn, Proof, log_in, log_out};
use crate::phones::office::Office;
use crate::phones::trouble::Trouble;
use crate::services::{new_request_id, now};

/// What `userid` may be said to be.
const LOGIN_TYPES: [&str; 3] = ["UID", "SP", "DN"];

pub(super) async fn get(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&phones, &peer, &headers, Asked::read(&[], query.as_deref())).await
}

/// Newer phones post what was typed; the phone's name is in the query all the same.
pub(super) async fn post(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&phones, &peer, &headers, Asked::read(&body, query.as_deref())).await
}

/// The parameters. No `Debug`: there is a PIN in it.
#[derive(Default)]
struct Asked {
    device: String,
    user: Option<String>,
    pin: Zeroizing<String>,
    logout: bool,
    login_type: Option<String>,
    emcc: Option<String>,
}

impl Asked {
    fn read(body: &[u8], query: Option<&str>) -> Self {
        let mut asked = Self::default();
        let query = form::decode(query.unwrap_or_default().as_bytes());
        for (name, value) in form::decode(body).into_iter().chain(query) {
            match name.as_str() {
                "device" => asked.device = value.trim().to_owned(),
                "userid" => asked.user = Some(value.trim().to_owned()),
                "seq" => asked.pin = Zeroizing::new(value),
                // Whatever else stands there ("null", "0", nothing) is no wish to log out.
                "doLogout" | "Logout" => asked.logout |= value.eq_ignore_ascii_case("true"),
                "loginType" => asked.login_type = Some(value),
                "EMCC" => asked.emcc = Some(value).filter(|value| matches!(value.as_str(), "true" | "false")),
                _ => {}
            }
        }
        asked
    }
}

async fn answer(phones: &Phones, peer: &Peer, headers: &HeaderMap, asked: Asked) -> Response {
    let Some(em) = &phones.settings.em else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let visit = Visit::new(phones, &asked);
    let admitted = visit.admit(em, peer, headers, &asked);
    let (operation, user) = visit.about(&asked);
    let told = match admitted {
        Err(problem) => Err(problem),
        Ok(device) => match asked {
            Asked { logout: true, .. } => visit.log_out(&device).await,
            Asked { user: None, .. } => Ok(visit.home(&device)),
            Asked {
                user: Some(user),
                pin,
                ..
            } => visit.log_in(&device, peer, user, pin).await,
        },
    };
    tracing::info!(
        address = %peer.address,
        operation,
        user_id = user.as_ref().map(|user| user.as_str()),
        device_id = visit.device.as_ref().map(|device| device.id.as_str()),
        code = told.as_ref().err().map(|problem| problem.code),
        "request by Cisco's application"
    );
    let screen = told.unwrap_or_else(|problem| visit.text(Word::TitleProblem, problem.text));
    write(Vendor::Cisco, headers, &screen)
}

/// Why something was not done: the number that people know, and all that the page says.
struct Problem {
    code: u16,
    text: String,
}

impl From<PhoneCode> for Problem {
    fn from(code: PhoneCode) -> Self {
        Self {
            code: code.number(),
            text: code.text().to_owned(),
        }
    }
}

impl From<Code> for Problem {
    /// As the original says it.
    fn from(code: Code) -> Self {
        Self {
            code: code.number(),
            text: format!("Login is unavailable: {} ({})", code.text(), code.number()),
        }
    }
}

/// A request of a phone, with this node's copy of the state.
struct Visit<'a> {
    phones: &'a Phones,
    state: State,
    /// The phone that it names, where there is one.
    device: Option<Arc<Device>>,
    office: Office,
    /// What the phone's service URL said besides its name; the next page's URL says it again.
    more: String,
    /// What is typed as the user's name is a number.
    is_number: bool,
}

impl<'a> Visit<'a> {
    fn new(phones: &'a Phones, asked: &Asked) -> Self {
        let state = phones.shared.cluster.local().state;
        let device = device_of(&state, &asked.device).cloned();
        let login_type = asked
            .login_type
            .as_deref()
            .filter(|name| LOGIN_TYPES.contains(name));
        let handed_on = [("loginType", login_type), ("EMCC", asked.emcc.as_deref())];
        let more = handed_on
            .iter()
            .filter_map(|(name, value)| Some(format!("&{name}={}", (*value)?)));
        let office = device
            .as_ref()
            .map(|device| Office::of_device(&state, &device.id));
        Self {
            phones,
            office: office.unwrap_or_default(),
            state,
            device,
            more: more.collect(),
            is_number: login_type == Some("DN"),
        }
    }

    /// The phone, when it may go on.
    fn admit(
        &self,
        em: &Em,
        peer: &Peer,
        headers: &HeaderMap,
        asked: &Asked,
    ) -> Result<Arc<Device>, Problem> {
        em.guard.admit(peer, headers)?;
        if asked.device.is_empty() {
            return Err(PhoneCode::NoDeviceName.into());
        }
        let login_type = asked.login_type.as_deref().unwrap_or_default();
        if !login_type.is_empty() && !LOGIN_TYPES.contains(&login_type) {
            return Err(PhoneCode::LoginType.into());
        }
        let device = self.device.clone().ok_or(Code::NoDevice)?;
        match asked {
            _ if device.enabled => Ok(device),
            Asked { logout: true, .. } => Err(Code::LogoutDisabled.into()),
            _ => Err(Code::LoginDisabled.into()),
        }
    }

    /// What is asked and about whom, for the log: somebody who exists, or nothing. People type PINs into the wrong field.
    fn about(&self, asked: &Asked) -> (&'static str, Option<UserId>) {
        let here = || {
            self.session(self.device.as_ref()?)
                .map(|session| session.user.clone())
        };
        match &asked.user {
            _ if asked.logout => ("logout", here()),
            None => ("page", here()),
            Some(name) => ("login", user_of(&self.state, name).map(|user| user.id.clone())),
        }
    }

    fn session(&self, device: &Device) -> Option<&Arc<Session>> {
        let at = now().max(self.state.clock());
        let session = self.state.session_at(&device.id)?;
        (!session.is_overdue(at)).then_some(session)
    }

    /// Asks who it is, or whether whoever is here wants to leave.
    fn home(&self, device: &Device) -> Screen {
        let url = self.url(device);
        let Some(session) = self.session(device) else {
            return self.form(&url);
        };
        let name = self.name_of(session);
        let since = self.office.clock(session.since);
        let log_out = Item {
            label: format!("{}: {name}", self.word(Word::LogOut)),
            url: format!("{url}&Logout=true"),
        };
        Screen {
            title: self.word(Word::TitleInUse),
            prompt: self.say(Sentence::InUse { name, since: &since }),
            body: Body::Menu(vec![log_out]),
            keys: vec![self.close()],
            refresh: None,
            is_private: false,
        }
    }

    fn form(&self, url: &str) -> Screen {
        let field = |word, parameter, kind| Field {
            label: self.word(word),
            parameter,
            kind,
            value: String::new(),
        };
        // Ids may have letters, which a field of digits would not take.
        let kind = if self.is_number {
            FieldKind::Number
        } else {
            FieldKind::Text
        };
        Screen {
            title: self.word(Word::TitleLogIn),
            prompt: self.say(Sentence::TypeNumberAndPin),
            body: Body::Input {
                url: url.to_owned(),
                fields: vec![
                    field(Word::Number, "userid", kind),
                    field(Word::Pin, "seq", FieldKind::Pin),
                ],
            },
            keys: vec![
                Key {
                    label: self.word(Word::LogIn),
                    action: Action::Submit,
                },
                self.close(),
            ],
            refresh: None,
            is_private: true,
        }
    }

    async fn log_in(
        &self,
        device: &Device,
        peer: &Peer,
        user: String,
        pin: Zeroizing<String>,
    ) -> Result<Screen, Problem> {
        if user.is_empty() || pin.is_empty() {
            return Err(PhoneCode::Blank.into());
        }
        let submitted = Instant::now();
        let request = LogIn {
            user,
            device: device.id.clone(),
            proof: Proof::Pin {
                typed: pin,
                // The phone is only named; see the module.
                origin: Origin::Address(peer.address),
            },
            surface: SURFACE,
            request_id: new_request_id(),
            address: Some(peer.address),
        };
        match log_in(self.phones, request).await {
            Ok(done) => {
                let (vendor, epoch) = (Vendor::of_model(&device.model), done.session.epoch);
                self.phones
                    .login_timed(&device.id, vendor, submitted, Instant::now(), epoch);
                let name = self.name_of(&done.session);
                Ok(self.text(Word::TitleWelcome, self.say(Sentence::Welcome { name })))
            }
            Err(trouble) => Err(self.trouble(&trouble)),
        }
    }

    async fn log_out(&self, device: &Device) -> Result<Screen, Problem> {
        let Some(session) = self.session(device) else {
            let code = Code::NobodyLoggedIn.number();
            let text = format!("{} ({code})", self.say(Sentence::NobodyHere));
            return Err(Problem { code, text });
        };
        match log_out(self.phones, &device.id, Some(session.epoch), SURFACE).await {
            Ok(_) => {
                let name = self.name_of(session);
                Ok(self.text(Word::TitleLoggedOut, self.say(Sentence::LoggedOut { name })))
            }
            Err(trouble) => Err(self.trouble(&trouble)),
        }
    }

    /// What went wrong: our sentence, Cisco's number, and what support looks for.
    fn trouble(&self, trouble: &Trouble) -> Problem {
        let code = on_phone(trouble.reason);
        let (sentence, id) = if is_withheld(trouble.reason) {
            // The id says which in its first half; the second leads to the same line in the log.
            let random = trouble.id.rsplit_once('-').map_or("", |(_, random)| random);
            (self.say(Sentence::NumberOrPinWrong), random)
        } else {
            (trouble.sentence.clone(), trouble.id.as_str())
        };
        let reference = self.say(Sentence::Reference { id });
        Problem {
            code,
            text: format!("{sentence} ({code})\n{reference}"),
        }
    }

    fn text(&self, title: Word, text: String) -> Screen {
        Screen {
            title: self.word(title),
            prompt: String::new(),
            body: Body::Text(text),
            keys: vec![self.close()],
            refresh: None,
            is_private: true,
        }
    }

    /// Where the phone's pages are.
    fn url(&self, device: &Device) -> String {
        format!(
            "{}/emapp/EMAppServlet?device={}{}",
            self.phones.settings.own.base,
            name_of(device),
            self.more
        )
    }

    fn name_of<'s>(&'s self, session: &'s Session) -> &'s str {
        let user = self.state.user(&session.user);
        let name = user
            .map(|user| user.display_name.as_str())
            .filter(|name| !name.is_empty());
        name.unwrap_or(session.user.as_str())
    }

    fn close(&self) -> Key {
        Key {
            label: self.word(Word::Close),
            action: Action::Exit,
        }
    }

    fn say(&self, sentence: Sentence<'_>) -> String {
        sentence.text(self.office.language)
    }

    fn word(&self, word: Word) -> String {
        word.text(self.office.language).to_owned()
    }
}
