//! The pages that only show something.

use std::sync::Arc;

use hotdesk_core::{BusyDevice, Session, User, UserId};
use hotdesk_phone::text::{Sentence, Word};
use hotdesk_phone::{Action, Body, Field, FieldKind, Item, Key, Screen};

use super::super::office::name_of;
use super::super::tokens::Purpose;
use super::super::trouble::Trouble;
use super::visit::{PIN, USER, Visit};

/// How long a login form is good for, in seconds.
const FORM_GOOD_S: u32 = 120;
/// How long the menu of a phone in use is: it hangs on the screen for a while, and is for one session only.
const MENU_GOOD_S: u32 = 600;
/// After so many seconds a page that says what went wrong leads back to the form by itself.
const BACK_AFTER_S: u32 = 8;

impl Visit<'_> {
    /// Whatever comes next at this phone.
    pub(super) fn home(&self) -> Screen {
        if let Some(screen) = self.not_to_be_used() {
            return screen;
        }
        if let Some(session) = self.session() {
            return self.in_use(session);
        }
        let recent = self.recent();
        if recent.is_empty() {
            self.form(None)
        } else {
            self.who_are_you(&recent)
        }
    }

    /// A phone that nobody logs in or out at.
    pub(super) fn not_to_be_used(&self) -> Option<Screen> {
        if let Some(hold) = self.device.held(self.now) {
            let until = self.office.clock(hold.until);
            let text = self.say(Sentence::OnHold { until: &until });
            return Some(self.text(Word::TitleOnHold, text, vec![self.close()]));
        }
        (!self.device.enabled).then(|| {
            let text = self.say(Sentence::DeviceDisabled);
            self.text(Word::TitleProblem, text, vec![self.close()])
        })
    }

    fn who_are_you(&self, recent: &[Arc<User>]) -> Screen {
        let known = recent.iter().map(|user| Item {
            label: labelled(user),
            url: self.url(&format!("pin/{}", user.id)),
        });
        let other = Item {
            label: self.word(Word::OtherNumber),
            url: self.url("form"),
        };
        let mobile = Item {
            label: self.word(Word::WithMobile),
            url: self.url("mobile"),
        };
        Screen {
            title: self.word(Word::TitleRecent),
            prompt: String::new(),
            body: Body::Menu(known.chain([other, mobile]).collect()),
            keys: vec![self.close()],
            refresh: None,
            is_private: false,
        }
    }

    fn in_use(&self, session: &Session) -> Screen {
        let user = self.state.user(&session.user);
        let name = user.map_or(session.user.as_str(), |user| name_of(user));
        let since = self.office.clock(session.since);
        let mut items = vec![Item {
            label: format!("{}: {name}", Word::LogOut.text(self.language())),
            url: self.url(&format!("out/{}", self.token_for(Purpose::Logout, session))),
        }];
        let mut add = |word, page| {
            items.push(Item {
                label: self.word(word),
                url: self.url(page),
            });
        };
        if self.may_be_taken_over(&session.user) {
            add(Word::TakeOver, "form");
        }
        add(Word::WhoAmI, "who");
        add(Word::MySettings, "settings");
        add(Word::LockAccount, "lock");
        Screen {
            title: self.word(Word::TitleInUse),
            prompt: self.say(Sentence::InUse { name, since: &since }),
            body: Body::Menu(items),
            keys: vec![self.close()],
            refresh: None,
            is_private: false,
        }
    }

    /// Whether anybody could log in though `user` is here. Who will, is not known yet: it is enough that the
    /// rules of some group allow it; what those of the newcomer say, the login finds out.
    fn may_be_taken_over(&self, user: &UserId) -> bool {
        let takes_over = |rule: BusyDevice| rule == BusyDevice::TakeOver;
        self.device.owner.as_ref() == Some(user)
            || takes_over(self.state.defaults().busy_device)
            || self
                .state
                .groups()
                .filter_map(|group| group.policy.busy_device)
                .any(takes_over)
    }

    /// The form, for a user who is known already or for anybody.
    pub(super) fn form(&self, user: Option<&Arc<User>>) -> Screen {
        if let Some(screen) = self.not_to_be_used() {
            return screen;
        }
        let Some(user) = user else {
            return self.number_form(String::new());
        };
        let token = self.token(Purpose::Login, "", FORM_GOOD_S);
        let prompt = self.say(Sentence::TypePinOf { name: name_of(user) });
        let page = format!("login/{token}/{}", user.id);
        self.input(
            Word::TitleLogIn,
            prompt,
            &page,
            vec![self.pin_field()],
            Word::LogIn,
        )
    }

    /// The form for anybody, with what was typed as the number already.
    pub(super) fn number_form(&self, number: String) -> Screen {
        let token = self.token(Purpose::Login, "", FORM_GOOD_S);
        let number = Field {
            label: self.word(Word::Number),
            parameter: USER,
            kind: FieldKind::Number,
            value: number,
        };
        let prompt = self.say(Sentence::TypeNumberAndPin);
        let fields = vec![number, self.pin_field()];
        let page = format!("login/{token}");
        let mut screen = self.input(Word::TitleLogIn, prompt, &page, fields, Word::LogIn);
        if self.session().is_none() {
            let mobile = Action::Open(self.url("mobile"));
            screen.keys.push(self.key(Word::Mobile, mobile));
        }
        screen
    }

    /// The form that locks one's own account.
    pub(super) fn lock_form(&self) -> Screen {
        let Some(session) = self.session() else {
            return self.nobody();
        };
        let token = self.token_for(Purpose::LockOwn, session);
        let name = self
            .state
            .user(&session.user)
            .map_or(session.user.as_str(), |user| name_of(user));
        let prompt = self.say(Sentence::TypePinOf { name });
        let page = format!("lock/{token}");
        self.input(Word::TitleLock, prompt, &page, vec![self.pin_field()], Word::Lock)
    }

    /// Who is logged in, in full.
    pub(super) fn who(&self) -> Screen {
        let Some(session) = self.session() else {
            return self.nobody();
        };
        let user = self.state.user(&session.user);
        let extension = user.and_then(|user| user.extension.as_ref());
        let text = self.say(Sentence::YouAre {
            name: user.map_or(session.user.as_str(), |user| name_of(user)),
            extension: extension.map_or("", |extension| extension.as_str()),
            since: &self.office.clock(session.since),
        });
        self.text(Word::WhoAmI, text, vec![self.back(), self.close()])
    }

    /// Where one changes one's settings.
    pub(super) fn settings(&self) -> Screen {
        let url = format!("{}/me", self.phones.settings.own.base);
        let text = self.say(Sentence::SettingsAt { url: &url });
        self.text(Word::MySettings, text, vec![self.back(), self.close()])
    }

    pub(super) fn nobody(&self) -> Screen {
        let text = self.say(Sentence::NobodyHere);
        self.text(Word::TitleLoggedOut, text, vec![self.back(), self.close()])
    }

    /// What went wrong, with the id for support; leads back to `page`, by itself after a while where trying
    /// again helps.
    pub(super) fn trouble(&self, trouble: &Trouble, page: &str) -> Screen {
        let mut screen = self.trouble_at(trouble, self.url(page));
        screen.refresh = can_help(trouble.reason).then(|| (BACK_AFTER_S, self.url(page)));
        screen
    }

    /// The same, with a key only that leads back to an address.
    pub(super) fn trouble_at(&self, trouble: &Trouble, back: String) -> Screen {
        let reference = self.say(Sentence::Reference { id: &trouble.id });
        let text = format!("{}\n{reference}", trouble.sentence);
        let again = self.key(Word::Again, Action::Open(back));
        self.text(Word::TitleProblem, text, vec![again, self.close()])
    }

    /// A page with text; not kept in the phone's history.
    pub(super) fn text(&self, title: Word, text: String, keys: Vec<Key>) -> Screen {
        Screen {
            title: self.word(title),
            prompt: String::new(),
            body: Body::Text(text),
            keys,
            refresh: None,
            is_private: true,
        }
    }

    fn input(&self, title: Word, prompt: String, page: &str, fields: Vec<Field>, send: Word) -> Screen {
        Screen {
            title: self.word(title),
            prompt,
            body: Body::Input {
                url: self.url(page),
                fields,
            },
            keys: vec![
                self.key(send, Action::Submit),
                self.key(Word::Cancel, Action::Exit),
            ],
            refresh: None,
            is_private: true,
        }
    }

    fn pin_field(&self) -> Field {
        Field {
            label: self.word(Word::Pin),
            parameter: PIN,
            kind: FieldKind::Pin,
            value: String::new(),
        }
    }

    /// A token for what is done to one session only.
    fn token_for(&self, purpose: Purpose, session: &Session) -> String {
        self.token(purpose, &session.epoch.to_string(), MENU_GOOD_S)
    }

    fn token(&self, purpose: Purpose, content: &str, good_s: u32) -> String {
        let device = self.device.id.as_str();
        self.phones
            .tokens
            .issue(purpose, device, content, self.now, good_s)
    }

    pub(super) fn key(&self, word: Word, action: Action) -> Key {
        Key {
            label: self.word(word),
            action,
        }
    }

    pub(super) fn close(&self) -> Key {
        self.key(Word::Close, Action::Exit)
    }

    pub(super) fn back(&self) -> Key {
        self.key(Word::Back, Action::Open(self.app.clone()))
    }
}

/// Whether typing again may help: then the form comes back without a key.
fn can_help(reason: &str) -> bool {
    matches!(
        reason,
        "wrong_pin" | "pin_required" | "invalid_argument" | "unknown_user" | "form"
    )
}

/// How a user is listed: name and number, at most 64 characters.
fn labelled(user: &User) -> String {
    let extension = user.extension.as_ref().map_or("", |extension| extension.as_str());
    let label = format!("{} {extension}", name_of(user));
    label.trim_end().chars().take(64).collect()
}
