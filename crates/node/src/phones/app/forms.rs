//! What forms do: log in, log out, lock one's own account.

use std::time::Instant;

use hotdesk_core::{Done, EndReason, EndedSession, Epoch, RequestId};
use hotdesk_phone::text::{Sentence, Word};
use hotdesk_phone::{Screen, Vendor};

use super::super::login::{self, LogIn, LoggedIn, Proof};
use super::super::office::name_of;
use super::super::tokens::{Purpose, Rejected};
use super::super::trouble::{Trouble, place_of};
use super::visit::{Typed, Visit};
use crate::guesses::Origin;

/// Where it was typed.
const SURFACE: &str = "app";

impl Visit<'_> {
    /// A login form that was sent; for `user` when it asked for the PIN only.
    pub(super) async fn log_in(&self, token: &str, user: Option<&str>, typed: Typed) -> Screen {
        let submitted = Instant::now();
        let form = user.map_or_else(|| "form".to_owned(), |user| format!("pin/{user}"));
        let tokens = &self.phones.tokens;
        let opened = match tokens.read(Purpose::Login, self.device.id.as_str(), token, self.now) {
            Ok(opened) => opened,
            Err(rejected) => return self.rejected(rejected, &form),
        };
        if user.is_none() && typed.has_number_only() {
            // A phone that asks for one thing at a time (Snom): now for the PIN.
            return self.number_form(typed.user);
        }
        let is_repeated = match tokens.use_up(&opened, self.now) {
            Ok(()) => false,
            // Phones and what is in between send a request again when its answer was lost. It goes the same way once more,
            // PIN and all, and gets the first answer: whoever sends something else with the form is not to hear that the
            // phone is theirs.
            Err(Rejected::Used) if self.was_done(opened.request_id) => true,
            Err(rejected) => return self.rejected(rejected, &form),
        };
        let request = LogIn {
            user: user.map_or(typed.user, str::to_owned),
            device: self.device.id.clone(),
            proof: Proof::Pin {
                typed: typed.pin,
                origin: Origin::Phone,
            },
            surface: SURFACE,
            request_id: opened.request_id,
            address: self.address,
        };
        match login::log_in(self.phones, request).await {
            Ok(done) => {
                if !is_repeated {
                    let vendor = Vendor::of_model(&self.device.model);
                    let (device, epoch) = (&self.device.id, done.session.epoch);
                    self.phones
                        .login_timed(device, vendor, submitted, Instant::now(), epoch);
                }
                self.again().as_ref().unwrap_or(self).logged_in(&done)
            }
            Err(trouble) => {
                if trouble.retryable && !is_repeated {
                    // It was not the user's fault. Sent again it is the same request, so that it is done once, and its
                    // wrong PINs are counted as ever.
                    tokens.give_back(&opened);
                }
                self.trouble(&trouble, &form)
            }
        }
    }

    /// Whether the form has logged somebody in who is still here.
    fn was_done(&self, request: RequestId) -> bool {
        let answered = self.state.answered(request);
        let Some(Ok(Done::LoggedIn { session, .. })) = answered.map(|answered| &*answered.outcome) else {
            return false;
        };
        self.session()
            .is_some_and(|current| current.epoch == session.epoch)
    }

    fn logged_in(&self, done: &LoggedIn) -> Screen {
        let user = self.state.user(&done.session.user);
        let name = user.map_or(done.session.user.as_str(), |user| name_of(user));
        let greeting = if done.already {
            Sentence::AlreadyHere { name }
        } else {
            Sentence::Welcome { name }
        };
        let mut lines = vec![self.say(greeting)];
        lines.extend(done.ended.iter().filter_map(|end| self.what_ended(end)));
        self.text(Word::TitleWelcome, lines.join("\n"), vec![self.close()])
    }

    /// What a login ended, for who logged in. That the user's own session here ran out is no news.
    fn what_ended(&self, end: &EndedSession) -> Option<String> {
        match &end.reason {
            EndReason::LoggedInElsewhere { .. } => {
                let place = place_of(&self.state, self.language(), &end.session.device);
                Some(self.say(Sentence::LoggedOutAt { place: &place }))
            }
            EndReason::DeviceTakenOver { .. } => {
                let user = self.state.user(&end.session.user);
                let name = user.map_or(end.session.user.as_str(), |user| name_of(user));
                Some(self.say(Sentence::TookOver { name }))
            }
            _ => None,
        }
    }

    /// Ends the session that the menu was for.
    pub(super) async fn log_out(&self, token: &str) -> Screen {
        let epoch = match self.take(Purpose::Logout, token) {
            Ok(epoch) => epoch,
            // A menu that is late or sent twice finds what it wanted done, or somebody else here.
            Err(_) if self.session().is_none() => return self.nobody(),
            Err(rejected) => return self.rejected(rejected, ""),
        };
        match login::log_out(self.phones, &self.device.id, Some(epoch), SURFACE).await {
            Ok(Some(end)) => {
                let user = self.state.user(&end.session.user);
                let name = user.map_or(end.session.user.as_str(), |user| name_of(user));
                // The user has gone: what follows is for the office again.
                let text = Sentence::LoggedOut { name }.text(self.office.language);
                self.text(Word::TitleLoggedOut, text, vec![self.close()])
            }
            Ok(None) => self.nobody(),
            // The session that the menu was for is over; who is here now is not sent away by it.
            Err(trouble) if trouble.reason == "stale_epoch" => self.again().as_ref().unwrap_or(self).home(),
            Err(trouble) => self.trouble(&trouble, ""),
        }
    }

    /// Uses a token of a menu up; gives the session's epoch that it was for.
    pub(super) fn take(&self, purpose: Purpose, token: &str) -> Result<Epoch, Rejected> {
        let device = self.device.id.as_str();
        let opened = self.phones.tokens.take(purpose, device, token, self.now)?;
        let epoch = opened.content.parse().map_err(|_| Rejected::Foreign)?;
        Ok(Epoch(epoch))
    }

    /// A form that is not taken, and the way to a new one.
    pub(super) fn rejected(&self, rejected: Rejected, page: &str) -> Screen {
        let trouble = Trouble::of_form(rejected, self.language());
        trouble.log(&self.device.id, SURFACE, self.address);
        self.trouble(&trouble, page)
    }
}
