//! `hotdesk group …`.

use clap::{Args, Subcommand};
use hotdesk_client::v1::{CallRights, Consistency, Group};
use hotdesk_client::{Client, Error};
use serde_json::json;

use super::calls_of::RightsArgs;
use super::records::{self, ListArgs};
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, pairs, table, text};
use crate::policy::PolicyArgs;

/// What can be done with groups.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  hotdesk group list
  hotdesk group put reception --multiple-logins allow-2 --idle-timeout off
  hotdesk group put reception --idle-timeout inherit   as the cluster's defaults say")]
pub(crate) enum GroupCommand {
    /// All groups
    List(ListArgs),
    /// One group
    Get {
        /// The group's id
        group: String,
    },
    /// Create a group, or change one: what is not given stays as it is
    Put(PutArgs),
    /// Which calls the group's users may make
    Rights(RightsArgs),
    /// Delete groups; refused while users or phones name them
    Delete {
        /// Group ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// Arguments of `group put`.
#[derive(Debug, Args)]
#[command(after_help = "\
A rule that the group does not set is taken from the cluster's defaults (`hotdesk policy get`); \"inherit\" \
takes a rule out of the group again.")]
pub(crate) struct PutArgs {
    /// The group's id: 1 to 64 of a-z, 0-9, dot, dash, underscore
    id: String,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// What users may call whose group says nothing.
fn usual_rights() -> String {
    let usual = CallRights::from(&hotdesk_core::CallRights::default());
    format!("{} (the usual)", text::rights(&usual))
}

/// What a rule is called that a group does not set.
const INHERITED: &str = "-";

impl GroupCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::List(args) => {
                let mut groups = all(&client, &args, Consistency::Local).await?;
                groups.truncate(args.limit());
                show_list(context, &groups)
            }
            Self::Get { group } => {
                let found = find(&client, &group).await?;
                let group = found.ok_or_else(|| records::not_found("group", &group))?;
                context.out.show(&json::group(&group), || {
                    let rules =
                        text::policy(&group.policy.unwrap_or_default(), "as the cluster's defaults say");
                    let mut lines = vec![("group", group.id.clone())];
                    lines.extend(rules);
                    let rights = group.rights.as_ref().map_or_else(usual_rights, text::rights);
                    lines.push(("may call", rights));
                    pairs(&lines)
                })?;
                Ok(())
            }
            Self::Put(args) => {
                let mut group = find(&client, &args.id).await?.unwrap_or_else(|| Group {
                    id: args.id.clone(),
                    ..Group::default()
                });
                group.policy = Some(args.policy.over(group.policy.unwrap_or_default()));
                let id = group.id.clone();
                let answer = client.put_group(group).await?;
                records::show_put(context, "group", &id, answer)
            }
            Self::Rights(args) => rights(context, &client, &args).await,
            Self::Delete { ids } => {
                for id in ids {
                    let answer = client.delete_group(&id).await?;
                    records::show_delete(context, "group", &id, answer)?;
                }
                Ok(())
            }
        }
    }
}

async fn rights(context: &Context, client: &Client, args: &RightsArgs) -> Result<(), Problem> {
    let found = find(client, &args.id).await?;
    let mut group = found.ok_or_else(|| records::not_found("group", &args.id))?;
    let mut index = None;
    if let Some(rights) = args.wanted() {
        group.rights = rights;
        index = Some(client.put_group(group.clone()).await?.index);
    }
    let rights = group.rights.as_ref();
    let value = json!({"group": group.id, "rights": rights.map(json::rights), "index": index});
    context.out.show(&value, || {
        let shown = rights.map_or_else(usual_rights, text::rights);
        format!("users of {} may call: {shown}", group.id)
    })?;
    Ok(())
}

async fn all(client: &Client, args: &ListArgs, consistency: Consistency) -> Result<Vec<Group>, Error> {
    let mut groups: Vec<Group> = Vec::new();
    records::pages(args, consistency, async |request| {
        let page = client.list_groups(request).await?;
        groups.extend(page.groups);
        Ok((
            page.more,
            groups.len(),
            groups.last().map(|group| group.id.clone()),
        ))
    })
    .await?;
    Ok(groups)
}

async fn find(client: &Client, id: &str) -> Result<Option<Group>, Error> {
    let id = id.trim().to_lowercase();
    let groups = all(client, &ListArgs::default(), Consistency::Linearizable).await?;
    Ok(groups.into_iter().find(|group| group.id == id))
}

fn show_list(context: &Context, groups: &[Group]) -> Result<(), Problem> {
    let value = json!(groups.iter().map(json::group).collect::<Vec<_>>());
    context.out.show(&value, || {
        let rows = groups
            .iter()
            .map(|group| {
                let rules = text::policy(&group.policy.unwrap_or_default(), INHERITED);
                let mut row = vec![group.id.clone()];
                row.extend(rules.into_iter().map(|(_, rule)| rule));
                row
            })
            .collect();
        table(
            &[
                "GROUP",
                "MULTIPLE LOGINS",
                "BUSY PHONE",
                "IDLE TIMEOUT",
                "LOGIN TIME MAX",
                "LOCKOUT",
            ],
            rows,
            "there are no groups; the cluster's defaults apply to everybody (`hotdesk policy get`)",
        )
    })?;
    Ok(())
}
