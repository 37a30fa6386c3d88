//! `hotdesk logout`.

use clap::Args;
use hotdesk_client::v1::{EndedSession, logout_request::Target};
use serde_json::json;

use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, text};

/// Arguments of `logout`.
#[derive(Debug, Args)]
#[command(after_help = "\
Logging out where nobody is logged in is no error.

Examples:
  hotdesk logout --device chi-12
  hotdesk logout --user maria.silva              every session of hers
  hotdesk logout --device chi-12 --epoch 17408   only if it is still that session")]
pub(crate) struct LogoutArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Only if the session still has this epoch
    #[arg(long, value_name = "EPOCH")]
    epoch: Option<u64>,
}

/// Whose session.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// The session at this phone
    #[arg(long, short, value_name = "PHONE")]
    device: Option<String>,
    /// All sessions of this user: id, alias, e-mail or extension
    #[arg(long, short, value_name = "USER")]
    user: Option<String>,
}

impl LogoutArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let target = match (self.target.device, self.target.user) {
            (Some(device), _) => Target::Device(device),
            (None, user) => Target::User(user.unwrap_or_default()),
        };
        let answer = context.client()?.logout(target, self.epoch).await?;
        show_ended(context, &answer.ended, false, answer.index)
    }
}

/// Prints the sessions that ended.
pub(super) fn show_ended(
    context: &Context,
    ended: &[EndedSession],
    more: bool,
    index: u64,
) -> Result<(), Problem> {
    let value = json!({
        "ended": ended.iter().map(json::ended).collect::<Vec<_>>(),
        "more": more,
        "index": index,
    });
    context.out.show(&value, || {
        if ended.is_empty() {
            return "nobody was logged in there".to_owned();
        }
        let tick = context.out.paint.green("✓");
        let mut lines: Vec<_> = ended
            .iter()
            .map(|ended| format!("{tick} ended: {}", text::ended(ended)))
            .collect();
        if more {
            lines.push("there are more: repeat the command".to_owned());
        }
        lines.join("\n")
    })?;
    Ok(())
}
