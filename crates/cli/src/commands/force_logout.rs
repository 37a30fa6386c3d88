//! `hotdesk force-logout`.

use clap::Args;
use hotdesk_client::v1::force_logout_request::Target;

use super::logout::show_ended;
use crate::connect::Context;
use crate::exit::Problem;

/// Arguments of `force-logout`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hotdesk force-logout --user maria.silva --note \"left the company\"
  hotdesk force-logout --device chi-12
  hotdesk force-logout --site austin --note \"the office moves tonight\"")]
pub(crate) struct ForceLogoutArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Why; users and the audit trail see it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

/// Whose sessions.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// The session at this phone
    #[arg(long, short, value_name = "PHONE")]
    device: Option<String>,
    /// All sessions of this user: id, alias, e-mail or extension
    #[arg(long, short, value_name = "USER")]
    user: Option<String>,
    /// All sessions at this office
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
}

impl ForceLogoutArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let target = match (self.target.device, self.target.user, self.target.site) {
            (Some(device), ..) => Target::Device(device),
            (_, Some(user), _) => Target::User(user),
            (.., site) => Target::Site(site.unwrap_or_default()),
        };
        let answer = context.client()?.force_logout(target, &self.note).await?;
        show_ended(context, &answer.ended, answer.more, answer.index)
    }
}
