//! `hotdesk phone token …`.

use std::time::Duration;

use clap::{Args, Subcommand};
use hotdesk_client::Client;
use hotdesk_client::v1::{Consistency, EnrolmentToken};
use serde_json::json;

use super::urls;
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, pairs, table, time};

/// What can be done with enrolment tokens.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
A token stands in the address that phones are given as their provisioning server, and lets each of them in once, \
without approval. The cluster keeps its SHA-256 only.

Examples:
  hotdesk phone token create --site chicago --uses 40 --for 8h --note \"move to the third floor\"
  hotdesk phone token list
  hotdesk phone token delete 3f9a01c2")]
pub(crate) enum TokenCommand {
    /// Make one and print it, once
    Create(CreateArgs),
    /// Those that can still be used
    List,
    /// Take tokens back; phones that came in with them stay
    Delete {
        /// Ids as `list` shows them, at least 8 digits
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

/// Arguments of `phone token create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The office where phones with it stand
    #[arg(long, value_name = "SITE")]
    site: String,
    /// How many phones may use it: 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    uses: u32,
    /// For how long it is good, at most 30d
    #[arg(long = "for", value_name = "SPAN", value_parser = time::parse_duration, default_value = "24h")]
    span: Duration,
    /// What it is for, for people
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

impl TokenCommand {
    pub(super) async fn run(self, context: &Context, client: &Client) -> Result<(), Problem> {
        match self {
            Self::Create(args) => create(context, client, args).await,
            Self::List => list(context, client).await,
            Self::Delete { ids } => {
                for id in ids {
                    let answer = client.delete_enrolment_token(&id).await?;
                    let value = json!({"id": id, "existed": answer.existed, "index": answer.index});
                    context.out.item(&value, || {
                        if answer.existed {
                            format!("token {id} is deleted")
                        } else {
                            format!("there was no token {id}")
                        }
                    })?;
                }
                Ok(())
            }
        }
    }
}

async fn create(context: &Context, client: &Client, args: CreateArgs) -> Result<(), Problem> {
    let until_ms = time::from_now_ms(args.span);
    let answer = client
        .create_enrolment_token(&args.site, args.uses, until_ms, &args.note)
        .await?;
    let record = answer.record.unwrap_or_default();
    let mut value = json::enrolment_token(&record);
    value["token"] = json!(answer.token);
    value["url"] = json!(Some(&answer.url).filter(|url| !url.is_empty()));
    value["index"] = json!(answer.index);
    value["warning"] = json!(Some(&answer.warning).filter(|warning| !warning.is_empty()));
    urls::warn(&answer.warning);
    context.out.show(&value, || {
        pairs(&[
            ("token", format!("{} (shown once)", answer.token)),
            ("address", answer.url.clone()),
            ("id", short(&record)),
            ("site", record.site.clone()),
            ("phones", record.uses.to_string()),
            ("good until", time::table_time(record.until_ms)),
        ])
    })?;
    Ok(())
}

async fn list(context: &Context, client: &Client) -> Result<(), Problem> {
    let tokens = client.enrolment_tokens(Consistency::Linearizable).await?.tokens;
    let value = json!(tokens.iter().map(json::enrolment_token).collect::<Vec<_>>());
    context.out.show(&value, || {
        let rows = tokens
            .iter()
            .map(|token| {
                vec![
                    short(token),
                    token.site.clone(),
                    token.uses.to_string(),
                    time::table_time(token.until_ms),
                    token.note.clone(),
                ]
            })
            .collect();
        table(
            &["ID", "SITE", "PHONES LEFT", "GOOD UNTIL", "NOTE"],
            rows,
            "there are no enrolment tokens; make one with `hotdesk phone token create --site SITE`",
        )
    })?;
    Ok(())
}

/// The first digits of a token's SHA-256: enough to name it.
fn short(token: &EnrolmentToken) -> String {
    json::token_id(token).chars().take(12).collect()
}
