//! What stands where on a phone with two accounts and keys: the same for every vendor that has both.

use smol_str::SmolStr;

use crate::desk::{Desk, Line, Profile, Session};
use crate::text::Word;

/// Account 1 or account 2, as a document needs it.
pub(crate) struct Account {
    /// For comments: whose it is.
    pub(crate) what: &'static str,
    /// User, digest user and password; `None`: the account is off.
    pub(crate) line: Option<Line>,
    /// What the screen shows for it.
    pub(crate) label: SmolStr,
    /// The name that calls from it carry.
    pub(crate) name: SmolStr,
    /// The settings of who is logged in; `None` at the phone's own account and at a neutral phone.
    pub(crate) profile: Option<Profile>,
}

/// Both accounts. The second is the phone's own: the same whoever sits there, but for the label where the user has no
/// line and the phone's own speaks for them.
pub(crate) fn accounts(desk: &Desk) -> [Account; 2] {
    let session = desk.session.as_ref();
    let line = session.and_then(|session| session.line.clone());
    let borrowed = session.filter(|_| line.is_none());
    let own = Account {
        what: "the phone's own",
        line: Some(desk.line.clone()),
        label: borrowed.map_or_else(|| desk.device.label.clone(), |_| desk.label()),
        name: borrowed.map_or(&desk.device.label, name).clone(),
        profile: None,
    };
    let user = Account {
        what: "who is logged in",
        label: line.as_ref().map(|_| desk.label()).unwrap_or_default(),
        name: session
            .filter(|_| line.is_some())
            .map(|session| name(session).clone())
            .unwrap_or_default(),
        profile: session
            .filter(|_| line.is_some())
            .map(|session| session.profile.clone()),
        line,
    };
    [user, own]
}

fn name(session: &Session) -> &SmolStr {
    &session.display_name
}

/// Which account the user's keys dial from: 1, or 2 where the phone's own line speaks for them.
pub(crate) fn dialling_account(desk: &Desk) -> u8 {
    let line = desk.session.as_ref().and_then(|session| session.line.as_ref());
    if line.is_some() { 1 } else { 2 }
}

/// A key beside the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeskKey {
    /// An account, 1 or 2.
    Line { account: u8, label: SmolStr },
    /// Opens the login application.
    App { label: SmolStr, url: String },
    /// Dials.
    Dial { label: SmolStr, number: SmolStr },
    /// Watches and dials.
    Lamp { label: SmolStr, extension: SmolStr },
    /// Does nothing; written all the same, so that it does nothing of the user before.
    Empty,
}

/// The keys of a phone: the line, the way to log in or out, then the user's speed dials and lamps. At most 66.
pub(crate) fn keys(desk: &Desk) -> Vec<DeskKey> {
    let mut keys = vec![
        DeskKey::Line {
            account: dialling_account(desk),
            label: desk.label(),
        },
        app_key(desk),
    ];
    if let Some(session) = &desk.session {
        let profile = &session.profile;
        keys.extend(profile.speed_dials.iter().map(|dial| DeskKey::Dial {
            label: dial.label.clone(),
            number: dial.number.clone(),
        }));
        keys.extend(profile.lamps.iter().map(|lamp| DeskKey::Lamp {
            label: lamp.label.clone(),
            extension: lamp.extension.clone(),
        }));
    }
    keys
}

/// The key to the login application. While nobody is logged in it also says what to dial: that works without a screen.
pub(crate) fn app_key(desk: &Desk) -> DeskKey {
    let word = match desk.session {
        Some(_) => Word::LogOut,
        None => Word::LogIn,
    }
    .text(desk.language());
    let label = match desk.session {
        None if !desk.service.login_code.is_empty() => format!("{word} {}", desk.service.login_code),
        _ => word.to_owned(),
    };
    DeskKey::App {
        label: label.into(),
        url: desk.app_url(),
    }
}

/// Exactly `count` of the keys from `first` on, filled up with empty ones.
pub(crate) fn window(keys: &[DeskKey], first: usize, count: usize) -> Vec<DeskKey> {
    let mut window: Vec<_> = keys.iter().skip(first).take(count).cloned().collect();
    window.resize(count, DeskKey::Empty);
    window
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use crate::vendor::Vendor;

    #[test]
    fn the_phones_own_account_is_the_same_whoever_sits_there() {
        let neutral = accounts(&sample::neutral(Vendor::Yealink));
        let maria = accounts(&sample::maria(Vendor::Yealink));
        assert!(neutral[0].line.is_none());
        assert_eq!(neutral[1].line, maria[1].line);
        assert_eq!(neutral[1].label, maria[1].label);
        assert_eq!(maria[0].label, "2042 Maria");
    }

    #[test]
    fn the_phones_own_line_speaks_for_a_user_without_one() {
        let mut desk = sample::maria(Vendor::Yealink);
        desk.session.as_mut().unwrap().line = None;
        let [user, own] = accounts(&desk);
        assert!(user.line.is_none() && user.profile.is_none() && user.label.is_empty());
        assert_eq!(
            (own.label.as_str(), own.name.as_str()),
            ("2042 Maria", "Maria Sousa")
        );
        assert_eq!(dialling_account(&desk), 2);
    }

    #[test]
    fn keys_that_nobody_uses_are_empty() {
        let desk = sample::neutral(Vendor::Yealink);
        let keys = window(&keys(&desk), 0, 4);
        assert!(matches!(&keys[1], DeskKey::App { label, .. } if label == "Log in *11"));
        assert_eq!(keys[2..], [DeskKey::Empty, DeskKey::Empty]);
    }
}
