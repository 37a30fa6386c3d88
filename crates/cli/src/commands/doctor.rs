//! `hotdesk doctor`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::connect::Context;
use crate::doctor::{Finding, Level, examine, look_at_config};
use crate::exit::{Own, Problem};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Asks every endpoint and every member that can be reached from here. Exit code 0: nothing wrong (warnings do not
count), 1: something is.

Examples:
  hotdesk doctor
  hotdesk doctor -e http://chicago:7300,http://austin:7300
  hotdesk doctor --config /etc/hotdesk/node.toml    also this machine's configuration and data directory")]
pub(crate) struct DoctorArgs {
    /// Look at this node configuration too, and at its data directory: to be run on the node's machine
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl DoctorArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let mut findings = Vec::new();
        if let Some(path) = &self.config {
            findings.extend(look_at_config(path));
        }
        findings.extend(examine(context).await?);
        let value = json!(findings.iter().map(Finding::json).collect::<Vec<_>>());
        context.out.show(&value, || {
            let paint = context.out.paint;
            findings.iter().map(|finding| finding.text(paint)).collect()
        })?;
        let bad = findings
            .iter()
            .filter(|finding| finding.level == Level::Bad)
            .count();
        if bad == 0 {
            return Ok(());
        }
        Err(Problem::own(
            Own::Unhealthy,
            match bad {
                1 => "one thing is wrong".to_owned(),
                _ => format!("{bad} things are wrong"),
            },
            "See what to do beside each of them.",
        ))
    }
}
