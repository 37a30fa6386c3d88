//! `hotdesk cluster …`.

use std::time::Duration;

use clap::{Args, Subcommand};
use hotdesk_client::v1::{ClusterStatusResponse, MembershipResponse, Role};
use serde_json::json;

use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, pairs, text, time};

/// What can be done with the cluster.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Adding an office, step by step:
  hotdesk node --config denver.toml     on the new machine, with `join` set to any node's address:
                                        it asks to be added as a learner by itself
  hotdesk cluster status                the new node is a learner and catches up
  hotdesk cluster promote 4             it votes from now on

Taking one away:
  hotdesk cluster transfer-leader 2     if it leads
  hotdesk cluster remove 3              then stop the process and delete its directory")]
pub(crate) enum ClusterCommand {
    /// Who is in it, who leads, who lags
    Status,
    /// Add a running, waiting node: it gets every entry and does not vote
    AddLearner(AddLearnerArgs),
    /// Make a learner a voter, once it has caught up
    Promote(NodeArgs),
    /// Remove a node; refused when no voter would be left
    Remove(NodeArgs),
    /// Hand leadership to a voter
    TransferLeader(NodeArgs),
}

/// Arguments of `cluster add-learner`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hotdesk cluster add-learner 4 --address denver.example.com:7300 --site denver")]
pub(crate) struct AddLearnerArgs {
    /// The new node's id, not used before
    #[arg(value_name = "NODE")]
    node_id: u64,
    /// host:port at which the other nodes reach it
    #[arg(long, value_name = "HOST:PORT")]
    address: String,
    /// The office where it stands
    #[arg(long, value_name = "SITE")]
    site: String,
}

/// Which node.
#[derive(Debug, Args)]
pub(crate) struct NodeArgs {
    /// The node's id
    #[arg(value_name = "NODE")]
    node_id: u64,
}

impl ClusterCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::Status => {
                let mut status = client.cluster_status().await?;
                fill_in(context, &mut status).await;
                show_status(context, &status)
            }
            Self::AddLearner(args) => {
                let answer = client
                    .add_learner(args.node_id, &args.address, &args.site)
                    .await?;
                show_members(context, &answer, &format!("node {} is a learner", args.node_id))
            }
            Self::Promote(args) => {
                let answer = client.promote(args.node_id).await?;
                show_members(context, &answer, &format!("node {} votes", args.node_id))
            }
            Self::Remove(args) => {
                let answer = client.remove(args.node_id).await?;
                let done = format!(
                    "node {} is removed; stop it and delete its directory",
                    args.node_id
                );
                show_members(context, &answer, &done)
            }
            Self::TransferLeader(args) => {
                let leader = client.transfer_leader(args.node_id).await?;
                context
                    .out
                    .show(&json!({"leader_id": leader}), || format!("node {leader} leads"))?;
                Ok(())
            }
        }
    }
}

/// Only the leader knows how far the others are, so it is asked too, where it can be reached from here.
async fn fill_in(context: &Context, status: &mut ClusterStatusResponse) {
    let leader = status.members.iter().find(|member| member.role() == Role::Leader);
    let Some(leader) = leader.filter(|leader| leader.node_id != status.node_id) else {
        return;
    };
    let address = context.beside(&leader.address);
    let Ok(client) = context.client_of(vec![address]) else {
        return;
    };
    let client = client.with_deadline(ASK_LEADER_MAX.min(context.global.timeout));
    if let Ok(theirs) = client.cluster_status().await {
        status.members = theirs.members;
        status.last_log_index = status.last_log_index.max(theirs.last_log_index);
    }
}

/// Knowing how far the others are is worth waiting for so long.
const ASK_LEADER_MAX: Duration = Duration::from_secs(1);

fn show_members(context: &Context, answer: &MembershipResponse, done: &str) -> Result<(), Problem> {
    let value = json!({
        "members": answer.members.iter().map(json::member).collect::<Vec<_>>(),
        "index": answer.index,
    });
    context.out.show(&value, || {
        let tick = context.out.paint.green("✓");
        format!("{tick} {done}\n\n{}", text::members(&answer.members, None))
    })?;
    Ok(())
}

fn show_status(context: &Context, status: &ClusterStatusResponse) -> Result<(), Problem> {
    let value = json!({
        "cluster_id": status.cluster_id,
        "node_id": status.node_id,
        "role": text::role_name(status.role()),
        "term": status.term,
        "leader_id": (status.leader_id != 0).then_some(status.leader_id),
        "members": status.members.iter().map(json::member).collect::<Vec<_>>(),
        "last_log_index": status.last_log_index,
        "applied_index": status.applied_index,
        "snapshot_index": status.snapshot_index,
        "purged_index": status.purged_index,
        "freshness": json::freshness(status.freshness.as_ref()),
        "version": status.version,
        "sites": status.sites,
        "users": status.users,
        "devices": status.devices,
        "sessions": status.sessions,
        "fatal": (!status.fatal.is_empty()).then_some(&status.fatal),
        "log_syncs": status.log_syncs,
        "log_entries": status.log_entries,
    });
    context.out.show(&value, || {
        let paint = context.out.paint;
        let leader = match status.leader_id {
            0 => paint.red("none known: logins are refused until a majority of voters is connected"),
            id => format!("node {id} in term {}", status.term),
        };
        let fresh = status.freshness.unwrap_or_default();
        let copy = match status.role() {
            Role::Waiting => "it waits to be added".to_owned(),
            _ => format!("its copy is {} old", time::span(fresh.age_ms)),
        };
        let stopped = match status.fatal.as_str() {
            "" => String::new(),
            why => paint.red(why),
        };
        let head = pairs(&[
            ("cluster", status.cluster_id.clone()),
            ("leader", leader),
            (
                "directory",
                format!(
                    "{} sites, {} users, {} phones, {} sessions",
                    status.sites, status.users, status.devices, status.sessions
                ),
            ),
            (
                "asked",
                format!(
                    "node {} ({}, version {}), {copy}",
                    status.node_id,
                    text::role_name(status.role()),
                    status.version
                ),
            ),
            (
                "its log",
                format!(
                    "applied {} of {}, snapshot at {}, purged up to {}",
                    status.applied_index, status.last_log_index, status.snapshot_index, status.purged_index
                ),
            ),
            ("stopped", stopped),
        ]);
        format!(
            "{head}\n{}",
            text::members(&status.members, Some(status.last_log_index))
        )
    })?;
    Ok(())
}
