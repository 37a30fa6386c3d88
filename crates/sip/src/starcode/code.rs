//! What was dialled.

use smol_str::SmolStr;

use super::{EXTENSION_DIGITS_MAX, Pin};

/// A star code as it was dialled.
#[derive(Debug)]
pub enum Code {
    /// `*11`, `*11*EXTENSION`, `*11*EXTENSION*PIN`.
    Login {
        /// Asked for when missing.
        extension: Option<SmolStr>,
        /// Asked for when missing.
        pin: Option<Pin>,
    },
    /// `*12`.
    Logout,
    /// `*13`.
    WhoAmI,
}

impl Code {
    /// Log in.
    pub const LOGIN: &'static str = "*11";
    /// Log out.
    pub const LOGOUT: &'static str = "*12";
    /// Who am I?
    pub const WHO_AM_I: &'static str = "*13";

    /// Reads a dialled string, escapes undone; a `#` at the end is how some people and phones end dialling. `None`
    /// when it is no star code. What follows `*11` and is no extension, or no PIN, is asked for by voice.
    #[must_use]
    pub fn parse(dialled: &str) -> Option<Self> {
        let dialled = dialled.strip_suffix('#').unwrap_or(dialled);
        match dialled {
            Self::LOGIN => Some(Self::Login {
                extension: None,
                pin: None,
            }),
            Self::LOGOUT => Some(Self::Logout),
            Self::WHO_AM_I => Some(Self::WhoAmI),
            _ => {
                let rest = dialled.strip_prefix(Self::LOGIN)?.strip_prefix('*')?;
                let (extension, pin) = match rest.split_once('*') {
                    Some((extension, pin)) => (extension, Some(pin)),
                    None => (rest, None),
                };
                Some(Self::login(Some(extension), pin))
            }
        }
    }

    /// Log in with what was dialled; what cannot be an extension or a PIN is asked for, a PIN without an extension
    /// as well.
    #[must_use]
    pub fn login(extension: Option<&str>, pin: Option<&str>) -> Self {
        let extension = extension.filter(|text| is_extension(text)).map(SmolStr::new);
        let pin = pin.and_then(Pin::parse).filter(|_| extension.is_some());
        Self::Login { extension, pin }
    }
}

fn is_extension(text: &str) -> bool {
    (1..=EXTENSION_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
