//! `hotdesk policy …`.

use clap::{Args, Subcommand};
use hotdesk_client::v1::Policy;
use serde_json::json;

use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{json, pairs, text};
use crate::policy::PolicyArgs;

/// What can be done with the cluster's defaults.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  hotdesk policy get
  hotdesk policy set --idle-timeout 30m --busy-device refuse
  hotdesk policy set --lockout-failures 3 --lockout-time 1h")]
pub(crate) enum PolicyCommand {
    /// The rules that hold where a user's group says nothing else
    Get,
    /// Change some of them; what is not given stays as it is
    Set(SetArgs),
}

/// Arguments of `policy set`.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    policy: PolicyArgs,
}

impl PolicyCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::Get => {
                let policy = client.defaults().await?;
                show(context, &policy, None)
            }
            Self::Set(args) if args.policy.is_empty() => Err(Problem::own(
                Own::BadArgument,
                "no rule was given",
                "Give at least one, as in `hotdesk policy set --idle-timeout 30m`.",
            )),
            Self::Set(args) => {
                let before = client.defaults().await?;
                let policy = args.policy.over(before);
                let answer = client.put_defaults(policy).await?;
                show(context, &policy, Some(answer.index))
            }
        }
    }
}

fn show(context: &Context, policy: &Policy, index: Option<u64>) -> Result<(), Problem> {
    let value = match index {
        None => json::policy(policy),
        Some(index) => json!({"policy": json::policy(policy), "index": index}),
    };
    context
        .out
        .show(&value, || pairs(&text::policy(policy, "built-in")))?;
    Ok(())
}
