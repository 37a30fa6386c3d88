//! A simulated desk phone in the terminal.
//!
//! `keypad` is the phone under one's fingers, for a terminal; `script` reads what to press from standard input, for
//! pipes and for whoever wants to see a whole story printed.

mod keypad;
mod script;

use std::io::IsTerminal as _;

use hotdesk_phonesim::SimPhone;

use crate::exit::{Own, Problem};

pub(crate) use script::WORDS;

/// Lets somebody use the phone until they have enough.
///
/// # Errors
/// When the terminal cannot be used, or a line of the script asks for what does not come about.
pub(crate) async fn play(phone: SimPhone) -> Result<(), Problem> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return keypad::play(phone).await;
    }
    script::play(phone).await
}

fn terminal(error: impl std::fmt::Display) -> Problem {
    Problem::own(
        Own::File,
        format!("the terminal cannot be used: {error}"),
        "Give the keys on standard input instead: hotdesk phone-sim --help shows how.",
    )
}
