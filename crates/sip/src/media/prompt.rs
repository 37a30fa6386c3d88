//! What can be said. The sounds are made by `prompts/make.sh` and embedded.

/// Declares the prompts with their files.
macro_rules! prompts {
    ($($variant:ident $file:literal $text:literal),+ $(,)?) => {
        /// A spoken prompt.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Prompt {
            $(#[doc = concat!("\"", $text, "\"")] $variant,)+
        }

        impl Prompt {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The sound: µ-law, 8,000 bytes a second.
            #[must_use]
            pub const fn sound(self) -> &'static [u8] {
                match self {
                    $(Self::$variant => include_bytes!(concat!("../../prompts/", $file, ".ulaw")),)+
                }
            }

            /// What is said.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

prompts! {
    Zero "0" "zero", One "1" "one", Two "2" "two", Three "3" "three", Four "4" "four",
    Five "5" "five", Six "6" "six", Seven "7" "seven", Eight "8" "eight", Nine "9" "nine",
    EnterExtension "enter-extension" "Please enter your extension.",
    EnterPin "enter-pin" "Please enter your PIN.",
    LoggedInAs "logged-in-as" "You are logged in as",
    LoggedOut "logged-out" "You are logged out.",
    Nobody "nobody" "Nobody is logged in.",
    WrongPin "wrong-pin" "Wrong PIN.",
    Locked "locked" "This account is locked.",
    NotHere "not-here" "Not possible at this phone.",
    OnHold "on-hold" "Not possible during an emergency call.",
    InUse "in-use" "This phone is in use.",
    Elsewhere "elsewhere" "You are logged in at another phone.",
    Unreachable "unreachable" "The service cannot be reached. Please try again later.",
    Goodbye "goodbye" "Goodbye.",
}

impl Prompt {
    /// A digit spoken; `None` for any other character.
    #[must_use]
    pub const fn digit(digit: char) -> Option<Self> {
        match digit {
            '0'..='9' => Some(Self::ALL[digit as usize - '0' as usize]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::ulaw_decode;

    #[test]
    fn each_digit_is_spoken_as_itself() {
        let spoken: Vec<_> = ('0'..='9').filter_map(Prompt::digit).map(Prompt::text).collect();
        assert_eq!(
            spoken,
            [
                "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"
            ]
        );
        assert_eq!(Prompt::digit('*'), None);
    }

    #[test]
    fn prompts_are_short_audible_and_small_together() {
        for prompt in Prompt::ALL {
            let sound = prompt.sound();
            assert!(
                (1_600..32_000).contains(&sound.len()),
                "{prompt:?}: {} samples",
                sound.len()
            );
            let loudest = sound.iter().map(|byte| ulaw_decode(*byte).unsigned_abs()).max();
            assert!(
                loudest.is_some_and(|level| (8_000..24_000).contains(&level)),
                "{prompt:?}: {loudest:?}"
            );
        }
        let bytes: usize = Prompt::ALL.iter().map(|prompt| prompt.sound().len()).sum();
        assert!(bytes < 300 * 1024, "{bytes}");
    }
}
