//! `hotdesk phone …`: what phones show, and how new ones come in. (Their records: `hotdesk device …`.)

mod approve;
mod list;
mod reload;
mod token;
mod urls;
mod waiting;

use clap::Subcommand;

use crate::connect::Context;
use crate::exit::Problem;

pub(super) use self::reload::{find, why_behind};
pub(super) use self::waiting::mac;

/// What can be done with phones.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
How a phone comes in: plug it in and point it at the node of its office (DHCP option 66, 43, 150 or 160). It shows up \
in `waiting`; `approve` it, and it loads its documents the next time it asks. For many phones at once, make a token \
and put it into the address that they get: they enrol themselves.

Examples:
  hotdesk phone list --site chicago --state loading --state gave-up
  hotdesk phone waiting
  hotdesk phone approve 00:15:65:a0:b1:c2 --site chicago --desk 12
  hotdesk phone token create --site chicago --uses 40 --for 8h
  hotdesk phone qr chi-12")]
pub(crate) enum PhoneCommand {
    /// All phones: who is there, and whether they show it
    List(list::PhonesArgs),
    /// Phones that asked for their documents and that nobody knows
    Waiting,
    /// Take a phone in: its record, a password, and a day in which it may fetch its first document
    Approve(approve::ApproveArgs),
    /// Take phones off the waiting list; they come back when they ask again
    Decline {
        /// MAC addresses
        #[arg(required = true, value_name = "MAC", value_parser = waiting::mac)]
        macs: Vec<String>,
    },
    /// Let a known phone fetch its first document again, after a factory reset say
    Reopen(approve::ReopenArgs),
    /// Make phones load their documents again, after the configuration that these are made of was changed
    Reload(reload::ReloadArgs),
    /// Tokens with which phones enrol themselves
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Where a phone finds its documents and its login application; whoever has these can act as the phone
    Urls(urls::UrlsArgs),
    /// The code on a phone's sticker, to log in with a mobile phone's camera
    Qr(urls::UrlsArgs),
}

impl PhoneCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::List(args) => list::list(context, &client, args).await,
            Self::Waiting => waiting::list(context, &client).await,
            Self::Approve(args) => approve::approve(context, &client, args).await,
            Self::Decline { macs } => waiting::decline(context, &client, macs).await,
            Self::Reopen(args) => approve::reopen(context, &client, args).await,
            Self::Reload(args) => reload::reload(context, &client, args).await,
            Self::Token(command) => command.run(context, &client).await,
            Self::Urls(args) => urls::urls(context, &client, args).await,
            Self::Qr(args) => urls::qr(context, &client, args).await,
        }
    }
}
