//! `hotdesk site …`.

use clap::{Args, Subcommand, ValueEnum};
use hotdesk_client::v1::{Consistency, Site};
use hotdesk_client::{Client, Error};
use hotdesk_phone::Language;
use serde_json::json;

use super::records::{self, ListArgs};
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, pairs, table, text};

/// What can be done with offices.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  hotdesk site list
  hotdesk site put sao-paulo --language pt --recent-here on
  hotdesk site put denver --name Denver --time-zone America/Denver --emergency-location \"1 Main St, Denver\"")]
pub(crate) enum SiteCommand {
    /// All offices
    List(ListArgs),
    /// One office
    Get {
        /// The site's id
        site: String,
    },
    /// Create an office, or change one: what is not given stays as it is
    Put(PutArgs),
    /// Delete offices; refused while phones stand there
    Delete {
        /// Site ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// Arguments of `site put`.
#[derive(Debug, Args)]
pub(crate) struct PutArgs {
    /// The site's id: 1 to 64 of a-z, 0-9, dot, dash, underscore
    id: String,
    /// The name for people
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// IANA time zone name, such as America/Chicago
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// The civic address that an emergency call from here carries
    #[arg(long, value_name = "TEXT")]
    emergency_location: Option<String>,
    /// What its neutral phones and their pages speak: en, de, fr, es, pt or it; empty for the usual one, en
    #[arg(long, value_name = "TAG", value_parser = language)]
    language: Option<String>,
    /// Whether its phones list who was logged in at them lately, so that a name need not be typed
    #[arg(long, value_name = "ON|OFF")]
    recent_here: Option<Switch>,
}

/// On or off.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

fn language(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    text.parse::<Language>().map(|language| language.tag().to_owned())
}

impl SiteCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::List(args) => {
                let mut sites = all(&client, &args, Consistency::Local).await?;
                sites.truncate(args.limit());
                show_list(context, &sites)
            }
            Self::Get { site } => {
                let found = find(&client, &site).await?;
                let site = found.ok_or_else(|| records::not_found("site", &site))?;
                context.out.show(&json::site(&site), || {
                    pairs(&[
                        ("site", site.id.clone()),
                        ("name", site.name.clone()),
                        ("time zone", site.time_zone.clone()),
                        ("emergency location", site.emergency_location.clone()),
                        ("language", site.language.clone()),
                        ("recent here", text::yes(site.recent_here)),
                    ])
                })?;
                Ok(())
            }
            Self::Put(args) => {
                let mut site = find(&client, &args.id).await?.unwrap_or_else(|| Site {
                    id: args.id.clone(),
                    ..Site::default()
                });
                records::set(&mut site.name, args.name);
                records::set(&mut site.time_zone, args.time_zone);
                records::set(&mut site.emergency_location, args.emergency_location);
                records::set(&mut site.language, args.language);
                if let Some(switch) = args.recent_here {
                    site.recent_here = matches!(switch, Switch::On);
                }
                let id = site.id.clone();
                let answer = client.put_site(site).await?;
                records::show_put(context, "site", &id, answer)
            }
            Self::Delete { ids } => {
                for id in ids {
                    let answer = client.delete_site(&id).await?;
                    records::show_delete(context, "site", &id, answer)?;
                }
                Ok(())
            }
        }
    }
}

async fn all(client: &Client, args: &ListArgs, consistency: Consistency) -> Result<Vec<Site>, Error> {
    let mut sites: Vec<Site> = Vec::new();
    records::pages(args, consistency, async |request| {
        let page = client.list_sites(request).await?;
        sites.extend(page.sites);
        Ok((page.more, sites.len(), sites.last().map(|site| site.id.clone())))
    })
    .await?;
    Ok(sites)
}

async fn find(client: &Client, id: &str) -> Result<Option<Site>, Error> {
    let id = id.trim().to_lowercase();
    let sites = all(client, &ListArgs::default(), Consistency::Linearizable).await?;
    Ok(sites.into_iter().find(|site| site.id == id))
}

fn show_list(context: &Context, sites: &[Site]) -> Result<(), Problem> {
    let value = json!(sites.iter().map(json::site).collect::<Vec<_>>());
    context.out.show(&value, || {
        let rows = sites
            .iter()
            .map(|site| {
                vec![
                    site.id.clone(),
                    site.name.clone(),
                    site.time_zone.clone(),
                    site.language.clone(),
                    site.emergency_location.clone(),
                ]
            })
            .collect();
        table(
            &["SITE", "NAME", "TIME ZONE", "LANGUAGE", "EMERGENCY LOCATION"],
            rows,
            "there are no offices; put some with `hotdesk import sites.csv`",
        )
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_kept_by_tag_and_an_empty_one_takes_it_away() {
        for (given, kept) in [("pt-BR", "pt"), ("de", "de"), ("", "")] {
            assert_eq!(language(given).as_deref(), Ok(kept), "{given}");
        }
        assert!(language("tlh").is_err());
    }
}
