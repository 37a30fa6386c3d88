//! What can be said on the command line: the options that every command has.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser};
use uuid::Uuid;

use crate::commands::Command;
use crate::exit::EXIT_CODES_HELP;
use crate::output::time::parse_duration;
use crate::output::{Colour, Format};
use crate::telemetry::TelemetryArgs;

/// Hotdesk: sit down at any phone in any office, log in, and it is yours.
///
/// One login in Chicago ends the session left open in New York, in the same entry of one log.
#[derive(Debug, Parser)]
#[command(
    name = "hotdesk",
    bin_name = "hotdesk",
    version,
    arg_required_else_help = true,
    max_term_width = 110,
    after_help = after_help()
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the process's arguments; on a wrong one says so and ends the process, as clap does.
    pub(crate) fn of_process() -> Self {
        let matches = Self::polished().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// The command line with the options of every command shown once, in the help of the program: repeated
    /// in each verb's help they would bury what the verb has of its own.
    pub(crate) fn polished() -> clap::Command {
        let mut command = Self::command();
        // Hands the global options down, so that they can be hidden below.
        command.build();
        command.mut_subcommands(hide_global)
    }
}

fn hide_global(command: clap::Command) -> clap::Command {
    let more = "Options of every command (--endpoint, --timeout, --output, ...): hotdesk --help";
    let help = match command.get_after_help() {
        Some(help) => format!("{help}\n\n{more}"),
        None => more.to_owned(),
    };
    command
        .mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg })
        .mut_subcommands(hide_global)
        .after_help(help)
}

fn after_help() -> String {
    format!(
        "Start here:\n  \
         hotdesk demo                               three offices on this machine, and what to try\n  \
         hotdesk demo --once                        the story in a few seconds, each step proven\n\n\
         With a cluster (any of its nodes will do):\n  \
         export HOTDESK_ENDPOINT={DEFAULT_ENDPOINT}\n  \
         hotdesk login --user 2041 --device chi-12  log in at a phone; asks for the PIN\n  \
         hotdesk who maria.silva                    where is she?\n  \
         hotdesk watch                              everything that happens, as it happens\n  \
         hotdesk doctor                             is the cluster well?\n\n{EXIT_CODES_HELP}"
    )
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// A node to ask; any will do. Repeat it, or separate several with commas, to have others to turn to
    #[arg(
        long,
        short = 'e',
        global = true,
        value_name = "URL",
        env = "HOTDESK_ENDPOINT",
        value_delimiter = ',',
        default_value = DEFAULT_ENDPOINT,
        help_heading = CONNECTION
    )]
    pub(crate) endpoint: Vec<String>,
    /// Give up after this long, with all retries (500ms, 10s, 1m)
    #[arg(
        long,
        global = true,
        value_name = "SPAN",
        env = "HOTDESK_TIMEOUT",
        default_value = "10s",
        value_parser = parse_duration,
        help_heading = CONNECTION
    )]
    pub(crate) timeout: Duration,
    /// The certificate authority that signed the nodes' certificates, PEM; makes https:// endpoints trusted
    #[arg(long, global = true, value_name = "FILE", env = "HOTDESK_CA", help_heading = CONNECTION)]
    pub(crate) ca: Option<PathBuf>,
    /// A client certificate, PEM, where nodes ask for one; with --key
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "HOTDESK_CERT",
        requires = "key",
        help_heading = CONNECTION
    )]
    pub(crate) cert: Option<PathBuf>,
    /// The client certificate's private key, PEM
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "HOTDESK_KEY",
        requires = "cert",
        help_heading = CONNECTION
    )]
    pub(crate) key: Option<PathBuf>,
    /// The name to expect in the nodes' certificates, when it is not the endpoint's host
    #[arg(long, global = true, value_name = "NAME", env = "HOTDESK_TLS_NAME", help_heading = CONNECTION)]
    pub(crate) tls_name: Option<String>,
    /// A file that holds the administrator's token. The token itself can be given in HOTDESK_ADMIN_TOKEN; it
    /// is never an argument, because other users of the machine can see those
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "HOTDESK_ADMIN_TOKEN_FILE",
        help_heading = CONNECTION
    )]
    pub(crate) admin_token_file: Option<PathBuf>,
    /// The id of this request, a UUID: repeat an unknown outcome under the same id to learn what came of it
    #[arg(long, global = true, value_name = "UUID", help_heading = REQUEST)]
    pub(crate) request_id: Option<Uuid>,
    /// Who asks, for events and the audit trail; at most 64 bytes [default: admin:<your user name>]
    #[arg(long, global = true, value_name = "NAME", env = "HOTDESK_BY", help_heading = REQUEST)]
    pub(crate) by: Option<String>,
    /// How to print answers
    #[arg(
        long,
        short = 'o',
        global = true,
        value_name = "FORMAT",
        env = "HOTDESK_OUTPUT",
        default_value = "table",
        help_heading = OUTPUT
    )]
    pub(crate) output: Format,
    /// When to use colours
    #[arg(
        long = "color",
        visible_alias = "colour",
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = OUTPUT
    )]
    pub(crate) colour: Colour,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryArgs,
}

const CONNECTION: &str = "Connection";
const REQUEST: &str = "Request";
const OUTPUT: &str = "Output";

/// Where a node started from the sample configuration listens.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:7300";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_endpoint_assumed_is_where_a_node_listens() {
        assert!(DEFAULT_ENDPOINT.ends_with(&format!(":{}", hotdesk_node::DEFAULT_PORT)));
    }
}
