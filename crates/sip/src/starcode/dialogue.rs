//! The dialogue with the person at the phone.

use std::time::{Duration, Instant};

use smol_str::SmolStr;

use super::{Code, EXTENSION_DIGITS_MAX, PIN_DIGITS_MIN, Pin};
use crate::media::{Clip, Digit, Prompt, Tone};

/// How many wrong PINs in one call; then it ends. (The lockout of the account counts across calls.)
const WRONG_PINS_MAX: u8 = 3;

/// How often an entry is asked for before we give up on somebody who presses nothing.
const ASKED_MAX: u8 = 3;

/// How long after a prompt begins the first key may take; the longest prompt before it takes two seconds.
const FIRST_KEY_MAX: Duration = Duration::from_secs(15);

/// A pause this long ends an extension as `#` does.
const EXTENSION_PAUSE: Duration = Duration::from_secs(4);

/// A pause this long ends a PIN as `#` does.
const PIN_PAUSE: Duration = Duration::from_secs(6);

/// How long the cluster may take; then it counts as unreachable.
const ANSWER_MAX: Duration = Duration::from_secs(12);

/// What happens to a dialogue.
#[derive(Debug)]
pub enum Input {
    /// A key was pressed.
    Digit(Digit),
    /// What the cluster said to the last `Login`, `Logout` or `WhoAmI`.
    Answer(Answer),
    /// Time has passed; see [`Dialogue::next_timeout`].
    Tick,
    /// The phone hung up.
    HungUp,
}

/// What a dialogue wants done, in this order.
#[derive(Debug)]
pub enum Effect {
    /// Play this in place of what is playing; an empty list makes silence.
    Play(Vec<Clip>),
    /// Log this user in at the phone that calls. A [`Input::Answer`] must follow.
    Login {
        /// As it was typed.
        extension: SmolStr,
        /// As it was typed.
        pin: Pin,
    },
    /// Log out whoever uses the phone that calls. An answer must follow.
    Logout,
    /// Who uses the phone that calls? An answer must follow.
    WhoAmI,
    /// Hang up once all has been played. The last effect of all.
    HangUp,
}

/// What the cluster said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Logged in, or (to `WhoAmI`) is logged in, with this extension.
    LoggedIn {
        /// Spoken digit by digit; anything else in it is left out.
        extension: SmolStr,
    },
    /// Logged out.
    LoggedOut,
    /// Nobody is logged in at the phone.
    Nobody,
    /// It did not happen.
    Refused(Refusal),
}

/// Why it did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The PIN is wrong, or there is no such extension, or it has no PIN: the same words, so that nobody learns
    /// which extensions exist.
    WrongPin,
    /// Too many wrong PINs.
    Locked,
    /// The phone does not take this user (group, site, disabled).
    NotHere,
    /// The phone waits for the end of an emergency call and its call-back.
    OnHold,
    /// Somebody else uses the phone and may stay (policy `refuse`).
    InUse,
    /// The user is logged in elsewhere and that stays (policy `deny`).
    Elsewhere,
    /// No node answered, or too late. The outcome may be unknown.
    Unreachable,
}

impl Refusal {
    /// A label for metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::WrongPin => "wrong_pin",
            Self::Locked => "locked",
            Self::NotHere => "not_here",
            Self::OnHold => "on_hold",
            Self::InUse => "in_use",
            Self::Elsewhere => "elsewhere",
            Self::Unreachable => "unreachable",
        }
    }

    const fn prompt(self) -> Prompt {
        match self {
            Self::WrongPin => Prompt::WrongPin,
            Self::Locked => Prompt::Locked,
            Self::NotHere => Prompt::NotHere,
            Self::OnHold => Prompt::OnHold,
            Self::InUse => Prompt::InUse,
            Self::Elsewhere => Prompt::Elsewhere,
            Self::Unreachable => Prompt::Unreachable,
        }
    }
}

/// One call of a star code.
#[derive(Debug)]
pub struct Dialogue {
    state: State,
    deadline: Option<Instant>,
    wrong_pins: u8,
    asked: u8,
}

#[derive(Debug)]
enum State {
    /// The extension is being typed.
    Extension(String),
    /// The PIN is being typed.
    Pin { extension: SmolStr, pin: Pin },
    /// The cluster is asked; the extension when it is a login.
    Asking(Option<SmolStr>),
    /// Nothing more happens.
    Over,
}

impl Dialogue {
    /// Begins when the call has been answered.
    #[must_use]
    pub fn start(now: Instant, code: Code) -> (Self, Vec<Effect>) {
        let mut dialogue = Self {
            state: State::Over,
            deadline: None,
            wrong_pins: 0,
            asked: 0,
        };
        let effects = match code {
            Code::Login { extension: None, .. } => dialogue.ask_extension(now, &[]),
            Code::Login {
                extension: Some(extension),
                pin: None,
            } => dialogue.ask_pin(now, extension, &[]),
            Code::Login {
                extension: Some(extension),
                pin: Some(pin),
            } => dialogue.login(now, extension, pin),
            Code::Logout => dialogue.ask_cluster(now, None, Effect::Logout),
            Code::WhoAmI => dialogue.ask_cluster(now, None, Effect::WhoAmI),
        };
        (dialogue, effects)
    }

    /// When to come back with [`Input::Tick`].
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Takes an input in; what does not fit the state (a key while the cluster is asked, an answer too late) has no
    /// effect.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        match input {
            Input::Digit(digit) => self.digit(now, digit),
            Input::Answer(answer) => self.answer(now, answer),
            Input::Tick if self.deadline.is_some_and(|deadline| deadline <= now) => self.timeout(now),
            Input::Tick => Vec::new(),
            Input::HungUp => {
                self.state = State::Over;
                self.deadline = None;
                Vec::new()
            }
        }
    }

    /// `#` ends an entry, `*` wipes it; `*` on an empty PIN goes back to the extension.
    fn digit(&mut self, now: Instant, digit: Digit) -> Vec<Effect> {
        match &mut self.state {
            State::Extension(_) | State::Pin { .. } if digit == Digit::POUND => self.entered(now),
            State::Pin { pin, .. } if digit == Digit::STAR && pin.len() == 0 => self.ask_extension(now, &[]),
            State::Extension(extension) => {
                if digit == Digit::STAR {
                    extension.clear();
                } else if digit.is_number() && extension.len() < EXTENSION_DIGITS_MAX {
                    extension.push(digit.reveal());
                }
                self.deadline = Some(now + EXTENSION_PAUSE);
                vec![Effect::Play(Vec::new())]
            }
            State::Pin { pin, .. } => {
                if digit == Digit::STAR {
                    *pin = Pin::new();
                } else if digit.is_number() {
                    pin.push(digit.reveal());
                }
                self.deadline = Some(now + PIN_PAUSE);
                vec![Effect::Play(Vec::new())]
            }
            State::Asking(_) | State::Over => Vec::new(),
        }
    }

    fn timeout(&mut self, now: Instant) -> Vec<Effect> {
        self.deadline = None;
        match &self.state {
            State::Extension(_) | State::Pin { .. } => self.entered(now),
            State::Asking(_) => self.refused(Refusal::Unreachable),
            State::Over => Vec::new(),
        }
    }

    /// An entry is complete: goes on with it, or asks again when it cannot be one.
    fn entered(&mut self, now: Instant) -> Vec<Effect> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Extension(extension) if extension.is_empty() => self.ask_extension(now, &[]),
            State::Extension(extension) => {
                self.asked = 0;
                self.ask_pin(now, extension.into(), &[])
            }
            State::Pin { extension, pin } if pin.len() < PIN_DIGITS_MIN => self.ask_pin(now, extension, &[]),
            State::Pin { extension, pin } => self.login(now, extension, pin),
            state @ (State::Asking(_) | State::Over) => {
                self.state = state;
                Vec::new()
            }
        }
    }

    fn ask_extension(&mut self, now: Instant, before: &[Prompt]) -> Vec<Effect> {
        self.ask(
            now,
            before,
            Prompt::EnterExtension,
            State::Extension(String::new()),
        )
    }

    fn ask_pin(&mut self, now: Instant, extension: SmolStr, before: &[Prompt]) -> Vec<Effect> {
        let pin = Pin::new();
        self.ask(now, before, Prompt::EnterPin, State::Pin { extension, pin })
    }

    fn ask(&mut self, now: Instant, before: &[Prompt], prompt: Prompt, state: State) -> Vec<Effect> {
        self.asked += 1;
        if self.asked > ASKED_MAX {
            return self.say_and_end(vec![Clip::Say(Prompt::Goodbye)]);
        }
        self.state = state;
        self.deadline = Some(now + FIRST_KEY_MAX);
        let mut clips = vec![LEAD_IN];
        for said in before {
            clips.extend([Clip::Say(*said), GAP]);
        }
        clips.push(Clip::Say(prompt));
        vec![Effect::Play(clips)]
    }

    fn login(&mut self, now: Instant, extension: SmolStr, pin: Pin) -> Vec<Effect> {
        let asked = extension.clone();
        self.ask_cluster(now, Some(asked), Effect::Login { extension, pin })
    }

    fn ask_cluster(&mut self, now: Instant, extension: Option<SmolStr>, effect: Effect) -> Vec<Effect> {
        self.state = State::Asking(extension);
        self.deadline = Some(now + ANSWER_MAX);
        vec![Effect::Play(Vec::new()), effect]
    }

    fn answer(&mut self, now: Instant, answer: Answer) -> Vec<Effect> {
        let State::Asking(extension) = &mut self.state else {
            return Vec::new();
        };
        let extension = extension.take();
        match answer {
            Answer::LoggedIn { extension } => {
                let mut clips = vec![Clip::Tone(Tone::Confirmation), Clip::Say(Prompt::LoggedInAs)];
                let digits = extension.chars().filter_map(Prompt::digit);
                clips.extend(
                    digits
                        .take(EXTENSION_DIGITS_MAX)
                        .flat_map(|digit| [GAP, Clip::Say(digit)]),
                );
                self.say_and_end(clips)
            }
            Answer::LoggedOut => {
                self.say_and_end(vec![Clip::Tone(Tone::Confirmation), Clip::Say(Prompt::LoggedOut)])
            }
            Answer::Nobody => self.say_and_end(vec![LEAD_IN, Clip::Say(Prompt::Nobody)]),
            Answer::Refused(Refusal::WrongPin) => {
                self.wrong_pins += 1;
                match extension {
                    Some(extension) if self.wrong_pins < WRONG_PINS_MAX => {
                        self.asked = 0;
                        self.ask_pin(now, extension, &[Prompt::WrongPin])
                    }
                    _ => self.refused(Refusal::WrongPin),
                }
            }
            Answer::Refused(refusal) => self.refused(refusal),
        }
    }

    fn refused(&mut self, refusal: Refusal) -> Vec<Effect> {
        let clips = [
            Clip::Tone(Tone::Error),
            Clip::Say(refusal.prompt()),
            GAP,
            Clip::Say(Prompt::Goodbye),
        ];
        self.say_and_end(clips.to_vec())
    }

    fn say_and_end(&mut self, mut clips: Vec<Clip>) -> Vec<Effect> {
        self.state = State::Over;
        self.deadline = None;
        // The last word is not cut off by the jitter buffer of the phone.
        clips.push(Clip::Pause(300));
        vec![Effect::Play(clips), Effect::HangUp]
    }
}

/// Before the first word: many phones lose the first tenths of a second of a call.
const LEAD_IN: Clip = Clip::Pause(400);

/// Between sentences and digits.
const GAP: Clip = Clip::Pause(120);
