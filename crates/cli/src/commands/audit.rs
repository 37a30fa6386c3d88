//! `hotdesk audit`.

use clap::Args;
use serde_json::json;

use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, text, time};

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hotdesk audit
  hotdesk audit maria.silva --limit 20
  hotdesk audit chi-12 -o json")]
pub(crate) struct AuditArgs {
    /// Only what concerns this user id or phone
    #[arg(value_name = "USER|PHONE")]
    subject: Option<String>,
    /// At most so many events, up to 10000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

impl AuditArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let events = context
            .client()?
            .audit(self.subject.as_deref(), self.limit)
            .await?;
        let value = json!(events.iter().map(json::event).collect::<Vec<_>>());
        context.out.show(&value, || {
            if events.is_empty() {
                return "nothing is on record".to_owned();
            }
            let line = |event| text::event_line(event, time::table_time, context.out.paint);
            events.iter().map(line).collect::<Vec<_>>().join("\n")
        })?;
        Ok(())
    }
}
