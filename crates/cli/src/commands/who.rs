//! `hotdesk who`.

use clap::Args;
use hotdesk_client::v1::{Consistency, who_request::Subject};
use serde_json::json;

use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, text};

/// Arguments of `who`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hotdesk who 2041                  by extension; a user id, alias or e-mail will do too
  hotdesk who chi-12                who uses this phone?
  hotdesk who 2041 --linearizable   sees every login acknowledged before; needs a majority")]
pub(crate) struct WhoArgs {
    /// A user by id, alias, e-mail or extension; or a phone by MAC address or id. Phones are looked for first
    #[arg(value_name = "USER|PHONE")]
    subject: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ReadArgs {
    /// See every write acknowledged before now; needs a leader and a majority. Otherwise the node answers
    /// from its own copy, usually milliseconds old
    #[arg(long)]
    linearizable: bool,
}

impl ReadArgs {
    /// The same in the API's words.
    pub(super) const fn consistency(self) -> Consistency {
        if self.linearizable {
            Consistency::Linearizable
        } else {
            Consistency::Local
        }
    }
}

impl WhoArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        let answer = client
            .who(Subject::Any(self.subject), self.read.consistency())
            .await?;
        let value = json!({
            "user": answer.user.as_ref().map(json::user),
            "device": answer.device.as_ref().map(json::device),
            "sessions": answer.sessions.iter().map(json::session).collect::<Vec<_>>(),
            "freshness": json::freshness(answer.freshness.as_ref()),
        });
        context.out.show(&value, || {
            let mut parts = Vec::new();
            parts.extend(answer.device.as_ref().map(text::device));
            parts.extend(answer.user.as_ref().map(text::user));
            parts.push(match (&answer.device, answer.sessions.is_empty()) {
                (Some(_), true) => "nobody is logged in here\n".to_owned(),
                (None, true) => "not logged in anywhere\n".to_owned(),
                (_, false) => text::sessions(&answer.sessions),
            });
            parts.push(text::freshness(answer.freshness.as_ref(), context.out.paint));
            parts.retain(|part| !part.is_empty());
            parts.join("\n")
        })?;
        Ok(())
    }
}
