//! The page with a code to scan: whoever opens the address in it on a mobile, and is signed in there, has this phone log in
//! without typing at it.

use hotdesk_core::Session;
use hotdesk_phone::text::{Sentence, Word};
use hotdesk_phone::{Action, Body, Key, Picture, Screen};

use super::super::office::name_of;
use super::visit::Visit;

/// How often a page that somebody has opened looks whether they have logged in meanwhile, in seconds.
const LOOKS_EVERY_S: u32 = 10;
/// How often the screen of a phone that nobody uses asks for a fresh code: well within the five minutes for which one is
/// shown and the ten for which it is good.
const IDLE_EVERY_S: u32 = 60;

impl Visit<'_> {
    /// The code, until somebody is logged in here.
    pub(super) fn mobile(&self) -> Screen {
        if let Some(screen) = self.not_to_be_used() {
            return screen;
        }
        match self.session() {
            Some(session) => {
                let text = self.say(Sentence::Welcome {
                    name: &self.name(session),
                });
                self.text(Word::TitleWelcome, text, vec![self.close()])
            }
            None => self.code("mobile", LOOKS_EVERY_S, vec![self.back(), self.close()]),
        }
    }

    /// The code on the screen of a phone that nobody uses. One that is in use and has not loaded its document yet says
    /// so: the document ends this page.
    pub(super) fn idle(&self) -> Screen {
        if let Some(mut screen) = self.not_to_be_used() {
            screen.refresh = Some((IDLE_EVERY_S, self.url("idle")));
            return screen;
        }
        match self.session() {
            Some(session) => {
                let text = self.say(Sentence::InUse {
                    name: &self.name(session),
                    since: &self.office.clock(session.since),
                });
                self.text(Word::TitleInUse, text, vec![self.close()])
            }
            None => {
                let log_in = self.key(Word::LogIn, Action::Open(self.url("")));
                self.code("idle", IDLE_EVERY_S, vec![log_in, self.close()])
            }
        }
    }

    fn code(&self, page: &str, every_s: u32, keys: Vec<Key>) -> Screen {
        let address = self.phones.screen_url(&self.device.id, self.now);
        Screen {
            title: self.word(Word::TitleLogIn),
            prompt: String::new(),
            body: Body::Picture(Picture {
                caption: self.say(Sentence::ScanWithMobile),
                instead: self.say(Sentence::LogInWithMobile { url: &address }),
                address,
                // Beside the application.
                url: format!("{}/qr", self.app.trim_end_matches("/app")),
            }),
            keys,
            refresh: Some((every_s, self.url(page))),
            // On the way back there would be a code that has ended.
            is_private: true,
        }
    }

    fn name(&self, session: &Session) -> String {
        let user = self.state.user(&session.user);
        user.map_or(session.user.as_str(), |user| name_of(user))
            .to_owned()
    }
}
