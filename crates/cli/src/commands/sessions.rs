//! `hotdesk sessions`.

use clap::Args;
use hotdesk_client::v1::ListSessionsRequest;
use serde_json::json;

use super::who::ReadArgs;
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, text};

/// Arguments of `sessions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hotdesk sessions
  hotdesk sessions --site chicago
  hotdesk sessions -o json | jq length")]
pub(crate) struct SessionsArgs {
    /// Only this office
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// How many sessions are asked for at a time.
const PAGE: u32 = 5000;

impl SessionsArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        let site = self.site.unwrap_or_default();
        let mut sessions = Vec::new();
        let mut after = String::new();
        let freshness = loop {
            let request = ListSessionsRequest {
                site: site.clone(),
                after,
                limit: PAGE,
                consistency: self.read.consistency().into(),
            };
            let page = client.list_sessions(request).await?;
            after = page
                .sessions
                .last()
                .map_or(String::new(), |last| last.device.clone());
            sessions.extend(page.sessions);
            if !page.more || after.is_empty() {
                break page.freshness;
            }
        };
        let value = json!(sessions.iter().map(json::session).collect::<Vec<_>>());
        context.out.show(&value, || {
            let fresh = text::freshness(freshness.as_ref(), context.out.paint);
            text::sessions(&sessions) + &fresh
        })?;
        Ok(())
    }
}
