//! `hotdesk completions`.

use std::io;

use clap::Args;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::Problem;

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hotdesk completions bash > ~/.local/share/bash-completion/completions/hotdesk
  hotdesk completions zsh > ~/.zfunc/_hotdesk
  hotdesk completions fish > ~/.config/fish/completions/hotdesk.fish")]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(&self) -> Result<(), Problem> {
        // Generated into memory first: the generator panics where a closed pipe is no reason to.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::polished(), "hotdesk", &mut script);
        io::Write::write_all(&mut io::stdout(), &script)?;
        Ok(())
    }
}
