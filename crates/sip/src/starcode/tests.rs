use std::time::{Duration, Instant};

use super::*;
use crate::media::{Clip, Digit};

/// A dialogue at a table: what is heard and asked is written down, the time is ours.
struct Call {
    dialogue: Dialogue,
    now: Instant,
    log: Vec<String>,
}

impl Call {
    fn dial(dialled: &str) -> Self {
        let now = Instant::now();
        let (dialogue, effects) = Dialogue::start(now, Code::parse(dialled).expect("a star code"));
        let mut call = Self {
            dialogue,
            now,
            log: Vec::new(),
        };
        call.note(effects);
        call
    }

    fn press(mut self, keys: &str) -> Self {
        for key in keys.chars() {
            self.now += Duration::from_millis(300);
            let digit = Digit::from_char(key).expect("a key");
            let effects = self.dialogue.handle(self.now, Input::Digit(digit));
            self.note(effects);
        }
        self
    }

    fn answer(mut self, answer: Answer) -> Self {
        let effects = self.dialogue.handle(self.now, Input::Answer(answer));
        self.note(effects);
        self
    }

    fn refuse(self, refusal: Refusal) -> Self {
        self.answer(Answer::Refused(refusal))
    }

    /// Nothing happens until the dialogue's own deadline.
    fn wait(mut self) -> Self {
        self.now = self.dialogue.next_timeout().expect("it waits for something");
        let early = self
            .dialogue
            .handle(self.now - Duration::from_millis(1), Input::Tick);
        assert!(early.is_empty(), "too early: {early:?}");
        let effects = self.dialogue.handle(self.now, Input::Tick);
        self.note(effects);
        self
    }

    fn note(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let line = match effect {
                Effect::Play(clips) => said(&clips),
                Effect::Login { extension, pin } => format!("login {extension} {}", pin.reveal()),
                Effect::Logout => "logout".to_owned(),
                Effect::WhoAmI => "who".to_owned(),
                Effect::HangUp => "hang up".to_owned(),
            };
            if !line.is_empty() {
                self.log.push(line);
            }
        }
    }

    #[track_caller]
    fn heard(self, expected: &[&str]) {
        assert_eq!(self.log, expected);
    }
}

fn said(clips: &[Clip]) -> String {
    let texts = clips.iter().filter_map(|clip| match clip {
        Clip::Say(prompt) => Some(prompt.text()),
        Clip::Tone(_) | Clip::Pause(_) => None,
    });
    texts.collect::<Vec<_>>().join(" ")
}

fn logged_in() -> Answer {
    Answer::LoggedIn {
        extension: "2041".into(),
    }
}

const EXTENSION: &str = "Please enter your extension.";
const PIN: &str = "Please enter your PIN.";
const WRONG_AGAIN: &str = "Wrong PIN. Please enter your PIN.";
const WELCOME: &str = "You are logged in as two zero four one";

#[test]
fn a_login_asks_for_extension_and_pin_and_says_who_is_logged_in() {
    let call = Call::dial("*11")
        .press("2041#")
        .press("4711#")
        .answer(logged_in());
    call.heard(&[EXTENSION, PIN, "login 2041 4711", WELCOME, "hang up"]);
}

#[test]
fn a_pause_ends_an_entry_as_the_pound_key_does() {
    let call = Call::dial("*11")
        .press("2041")
        .wait()
        .press("4711")
        .wait()
        .answer(logged_in());
    call.heard(&[EXTENSION, PIN, "login 2041 4711", WELCOME, "hang up"]);
}

#[test]
fn what_is_dialled_with_the_code_is_not_asked_for() {
    let call = Call::dial("*11*2041*4711").answer(logged_in());
    call.heard(&["login 2041 4711", WELCOME, "hang up"]);
    Call::dial("*11*2041*4711#").heard(&["login 2041 4711"]);
    Call::dial("*11*2041")
        .press("4711#")
        .heard(&[PIN, "login 2041 4711"]);
    // What cannot be an extension or a PIN is asked for.
    Call::dial("*11*").heard(&[EXTENSION]);
    Call::dial("*11**4711").heard(&[EXTENSION]);
    Call::dial("*11*2041*47").heard(&[PIN]);
    Call::dial("*11*2041*").heard(&[PIN]);
    Call::dial("*11*2041*4711*9").heard(&[PIN]);
}

#[test]
fn other_numbers_are_no_star_codes() {
    for dialled in [
        "", "*", "*1", "*111", "*14", "11", "2041", "*12*2041", "**11", "*11 ",
    ] {
        assert!(Code::parse(dialled).is_none(), "{dialled:?}");
    }
}

#[test]
fn a_wrong_pin_is_asked_for_again_and_the_third_ends_the_call() {
    let call = Call::dial("*11*2041*1111")
        .refuse(Refusal::WrongPin)
        .press("2222#")
        .refuse(Refusal::WrongPin);
    let call = call.press("3333#").refuse(Refusal::WrongPin);
    call.heard(&[
        "login 2041 1111",
        WRONG_AGAIN,
        "login 2041 2222",
        WRONG_AGAIN,
        "login 2041 3333",
        "Wrong PIN. Goodbye.",
        "hang up",
    ]);
    let call = Call::dial("*11*2041*1111")
        .refuse(Refusal::WrongPin)
        .press("4711#")
        .answer(logged_in());
    call.heard(&[
        "login 2041 1111",
        WRONG_AGAIN,
        "login 2041 4711",
        WELCOME,
        "hang up",
    ]);
}

#[test]
fn every_refusal_is_said_and_ends_the_call() {
    for (refusal, words) in [
        (Refusal::Locked, "This account is locked. Goodbye."),
        (Refusal::NotHere, "Not possible at this phone. Goodbye."),
        (Refusal::OnHold, "Not possible during an emergency call. Goodbye."),
        (Refusal::InUse, "This phone is in use. Goodbye."),
        (Refusal::Elsewhere, "You are logged in at another phone. Goodbye."),
        (
            Refusal::Unreachable,
            "The service cannot be reached. Please try again later. Goodbye.",
        ),
    ] {
        Call::dial("*11*2041*4711")
            .refuse(refusal)
            .heard(&["login 2041 4711", words, "hang up"]);
        Call::dial("*12")
            .refuse(refusal)
            .heard(&["logout", words, "hang up"]);
    }
}

#[test]
fn a_cluster_that_does_not_answer_is_unreachable_and_its_late_answer_changes_nothing() {
    let call = Call::dial("*12").wait().answer(Answer::LoggedOut);
    call.heard(&[
        "logout",
        "The service cannot be reached. Please try again later. Goodbye.",
        "hang up",
    ]);
}

#[test]
fn a_logout_and_who_am_i_say_how_it_stands() {
    Call::dial("*12")
        .answer(Answer::LoggedOut)
        .heard(&["logout", "You are logged out.", "hang up"]);
    Call::dial("*12")
        .answer(Answer::Nobody)
        .heard(&["logout", "Nobody is logged in.", "hang up"]);
    Call::dial("*13")
        .answer(Answer::Nobody)
        .heard(&["who", "Nobody is logged in.", "hang up"]);
    Call::dial("*13")
        .answer(logged_in())
        .heard(&["who", WELCOME, "hang up"]);
}

#[test]
fn the_star_key_wipes_an_entry_and_goes_back_from_an_empty_pin() {
    let call = Call::dial("*11").press("99*2041#").press("1*4711#");
    call.heard(&[EXTENSION, PIN, "login 2041 4711"]);
    let call = Call::dial("*11").press("9999#").press("*2041#4711#");
    call.heard(&[EXTENSION, PIN, EXTENSION, PIN, "login 2041 4711"]);
}

#[test]
fn a_pin_that_is_too_short_is_asked_for_again_without_asking_the_cluster() {
    Call::dial("*11*2041")
        .press("47#")
        .press("4711#")
        .heard(&[PIN, PIN, "login 2041 4711"]);
    Call::dial("*11*2041").press("47").wait().heard(&[PIN, PIN]);
}

#[test]
fn somebody_who_presses_nothing_is_asked_three_times() {
    let call = Call::dial("*11").wait().wait().wait();
    call.heard(&[EXTENSION, EXTENSION, EXTENSION, "Goodbye.", "hang up"]);
    let call = Call::dial("*11").press("##").press("#");
    call.heard(&[EXTENSION, EXTENSION, EXTENSION, "Goodbye.", "hang up"]);
    let call = Call::dial("*11*1").press("#*#*");
    assert!(
        call.log.ends_with(&["Goodbye.".into(), "hang up".into()]),
        "{:?}",
        call.log
    );
}

#[test]
fn a_key_silences_the_prompt() {
    let now = Instant::now();
    let (mut dialogue, _) = Dialogue::start(now, Code::parse("*11").unwrap());
    let effects = dialogue.handle(now, Input::Digit(Digit::from_char('2').unwrap()));
    assert!(matches!(&effects[..], [Effect::Play(clips)] if clips.is_empty()));
}

#[test]
fn keys_while_the_cluster_is_asked_and_after_the_end_have_no_effect() {
    let call = Call::dial("*11*2041*4711")
        .press("123#")
        .answer(logged_in())
        .press("123#");
    call.heard(&["login 2041 4711", WELCOME, "hang up"]);
}

#[test]
fn after_the_phone_hung_up_nothing_happens_any_more() {
    let mut call = Call::dial("*11").press("2041#");
    call.dialogue.handle(call.now, Input::HungUp);
    assert_eq!(call.dialogue.next_timeout(), None);
    call.press("4711#").heard(&[EXTENSION, PIN]);
}

#[test]
fn entries_have_bounds() {
    let call = Call::dial("*11")
        .press(&"1".repeat(40))
        .press("#")
        .press(&"2".repeat(99))
        .press("#");
    let Some(login) = call.log.last() else {
        panic!("nothing heard")
    };
    // One digit more than a PIN can have: surely wrong, not cut to one that may be right.
    assert_eq!(*login, format!("login {} {}", "1".repeat(16), "2".repeat(33)));
}

#[test]
fn no_debug_output_shows_a_pin() {
    let now = Instant::now();
    let code = Code::parse("*11*2041*90817263").unwrap();
    assert!(!format!("{code:?}").contains("9081"));
    let (mut dialogue, effects) = Dialogue::start(now, code);
    assert!(!format!("{dialogue:?} {effects:?}").contains("9081"));
    dialogue.handle(now, Input::Answer(Answer::Refused(Refusal::WrongPin)));
    for key in "90817263".chars() {
        let input = Input::Digit(Digit::from_char(key).unwrap());
        assert!(!format!("{input:?}").contains(key));
        dialogue.handle(now, input);
    }
    assert!(!format!("{dialogue:?}").contains("9081"));
}
