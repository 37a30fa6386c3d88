//! English.

use super::{Sentence, Word};

pub(super) fn sentence(sentence: &Sentence<'_>) -> String {
    use Sentence as S;
    match *sentence {
        S::WrongPin { tries_left: None } => "The PIN is wrong.".into(),
        S::WrongPin { tries_left: Some(0) } => "The PIN is wrong. The account is locked now.".into(),
        S::WrongPin { tries_left: Some(1) } => "The PIN is wrong. One try is left.".into(),
        S::WrongPin {
            tries_left: Some(tries),
        } => format!("The PIN is wrong. {tries} tries are left."),
        S::NumberOrPinWrong => {
            "Number or PIN is wrong, or the account is locked. Please ask the help desk.".into()
        }
        S::PinNotDigits => "A PIN has 4 to 32 digits, and nothing but digits.".into(),
        S::PinMissing => "The PIN is missing.".into(),
        S::UserLocked { until } => {
            format!("This account is locked until {until}. The help desk can unlock it.")
        }
        S::UnknownUser => "Nobody is known under this number.".into(),
        S::UserDisabled => "This account is switched off. Please ask the help desk.".into(),
        S::NoPin => "This account has no PIN yet. Please ask the help desk.".into(),
        S::PinChanged => "The PIN has just been changed. Log in with the new one.".into(),
        S::DeviceUnknown => "This phone is not known. Please tell the help desk.".into(),
        S::DeviceDisabled => "Nobody can log in at this phone. Please use another one.".into(),
        S::DeviceNotAllowed => "You may not use this phone. Please use another one.".into(),
        S::DeviceBusy => "Somebody else uses this phone and has to log out first.".into(),
        S::LoggedInElsewhere { place } => {
            format!("You are logged in at {place}. Log out there first.")
        }
        S::OnHold { until } => format!(
            "An emergency call was made from this phone. It stays as it is until {until}. Please use another one."
        ),
        S::Unreachable => {
            "The login service cannot be reached. Nothing was changed; try again in a moment.".into()
        }
        S::Unclear => {
            "No answer came in time. It may have worked: look at the screen before you try again.".into()
        }
        S::TooBusy => "Too many people are logging in at the same time. Try again in a moment.".into(),
        S::TooManyWrongPins => {
            "Too many wrong PINs have come from here. Wait a minute, then try again.".into()
        }
        S::NotPossible => "That did not work. Please tell the help desk.".into(),
        S::NotAllowed => "That is not allowed here.".into(),
        S::Reference { id } => format!("Reference for the help desk: {id}"),

        S::TypeNumberAndPin => "Type your number and PIN.".into(),
        S::TypePinOf { name } => format!("{name}, type your PIN."),
        S::FormUsed => "This form was sent already. Here is a new one.".into(),
        S::FormExpired => "That took too long. Here is a new form.".into(),
        S::FormForeign => "This form does not belong to this phone. Here is a new one.".into(),
        S::InUse { name, since } => format!("{name} has been logged in here since {since}."),
        S::Welcome { name } => format!("Welcome, {name}. This phone is yours now."),
        S::AlreadyHere { name } => format!("{name}, you are logged in here already."),
        S::LoggedOutAt { place } => format!("You were logged out at {place}."),
        S::TookOver { name } => format!("{name} was logged out here."),
        S::LoggedOut { name } => format!("{name} is logged out. The phone is free."),
        S::NobodyHere => "Nobody is logged in here.".into(),
        S::YouAre {
            name,
            extension: "",
            since,
        } => format!("{name}, logged in here since {since}."),
        S::YouAre {
            name,
            extension,
            since,
        } => format!("{name}, number {extension}, logged in here since {since}."),
        S::SettingsAt { url } => format!("On a computer or mobile, open {url}"),
        S::ScanWithMobile => "Scan this with your mobile to log in.".into(),
        S::LogInWithMobile { url } => format!("To log in with your mobile, open {url}"),
        S::MovedTo { name, place, time } => {
            format!("{name} has moved to {place}, {time}. Not you? Press Lock.")
        }
        S::LockSure { name, until } => {
            format!("Lock the account of {name}? It is logged out everywhere and stays locked until {until}.")
        }
        S::LockDone { name, until } => {
            format!(
                "The account of {name} is locked until {until}. Tell the help desk, and have a new PIN set."
            )
        }

        S::SignInHere => "Sign in with your number and PIN.".into(),
        S::SignedOut => "You are signed out. Sign in again to go on.".into(),
        S::LoggedInAt { place, since } => format!("You are logged in at {place} since {since}."),
        S::LoggedInNowhere => "You are not logged in at any phone.".into(),
        S::LogInAtSure { place } => format!("Log in at {place}?"),
        S::LoggingInAt { place } => format!("The phone at {place} is yours now."),
        S::CodeInvalid => "This code is no longer valid. Scan the one on the phone again.".into(),
        S::Saved => "Saved.".into(),
        S::FieldInvalid { field } => format!("Please correct: {field}."),
    }
}

pub(super) const fn word(word: Word) -> &'static str {
    match word {
        Word::Desk => "desk",
        Word::LogIn => "Log in",
        Word::LogOut => "Log out",
        Word::Cancel => "Cancel",
        Word::Back => "Back",
        Word::Close => "Close",
        Word::Again => "Try again",
        Word::Lock => "Lock",
        Word::Yes => "Yes",
        Word::No => "No",
        Word::Mobile => "By mobile",
        Word::TitleLogIn => "Log in",
        Word::TitleInUse => "Phone in use",
        Word::TitleWelcome => "Welcome",
        Word::TitleProblem => "Not done",
        Word::TitleLoggedOut => "Logged out",
        Word::TitleMoved => "Moved",
        Word::TitleLock => "Lock account",
        Word::TitleRecent => "Who are you?",
        Word::TitleOnHold => "Emergency call",
        Word::Number => "Number",
        Word::Pin => "PIN",
        Word::OtherNumber => "Another number",
        Word::WithMobile => "Log in with my mobile",
        Word::TakeOver => "Log in as somebody else",
        Word::WhoAmI => "Who am I",
        Word::MySettings => "My settings",
        Word::LockAccount => "Lock my account",
        Word::MyPhone => "My phone",
        Word::SignIn => "Sign in",
        Word::SignOut => "Sign out",
        Word::Where => "Where I am logged in",
        Word::Line => "My line",
        Word::LineLabel => "Label of the line",
        Word::PhoneLanguage => "Language of the phone",
        Word::OfficeLanguage => "as the office",
        Word::RingTone => "Ring tone",
        Word::UsualTone => "as usual",
        Word::Calls => "Calls for me",
        Word::DoNotDisturb => "Do not disturb",
        Word::ForwardAlways => "Forward all calls to",
        Word::ForwardBusy => "While I am in a call, to",
        Word::ForwardNoAnswer => "When I do not answer, to",
        Word::AfterSeconds => "after so many seconds",
        Word::ForwardLoggedOut => "While I am logged out, to",
        Word::VoicemailNumber => "Number of my mailbox",
        Word::MessageLamp => "Lamp for waiting messages",
        Word::SpeedDials => "Speed dials",
        Word::Lamps => "Colleagues' lamps",
        Word::KeyLabel => "Label",
        Word::NumberToDial => "Number",
        Word::Extension => "Extension",
        Word::Save => "Save",
    }
}
