//! `hotdesk resolve`.

use clap::Args;
use serde_json::json;

use super::who::ReadArgs;
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, table, text, time};

/// Arguments of `resolve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hotdesk resolve 2041
  hotdesk resolve 2041 -o json | jq -r '.bindings[].device'")]
pub(crate) struct ResolveArgs {
    /// An extension; a user's id, alias or e-mail will do too
    extension: String,
    #[command(flatten)]
    read: ReadArgs,
}

impl ResolveArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        let answer = client.resolve(&self.extension, self.read.consistency()).await?;
        let bindings: Vec<_> = answer
            .bindings
            .iter()
            .map(|binding| {
                json!({
                    "device": binding.device,
                    "desk": binding.desk,
                    "site": binding.site,
                    "epoch": binding.epoch,
                    "since": json::time(binding.since_ms),
                })
            })
            .collect();
        let value = json!({
            "user": answer.user,
            "display_name": answer.display_name,
            "extension": answer.extension,
            "bindings": bindings,
            "freshness": json::freshness(answer.freshness.as_ref()),
        });
        context.out.show(&value, || {
            let who = format!(
                "{} ({}, extension {})",
                answer.display_name, answer.user, answer.extension
            );
            if answer.bindings.is_empty() {
                return format!("{who} is not logged in anywhere");
            }
            let rows = answer
                .bindings
                .iter()
                .map(|binding| {
                    vec![
                        binding.device.clone(),
                        binding.desk.clone(),
                        binding.site.clone(),
                        binding.epoch.to_string(),
                        time::ago(binding.since_ms),
                    ]
                })
                .collect();
            let phones = table(&["DEVICE", "DESK", "SITE", "EPOCH", "SINCE"], rows, "");
            let fresh = text::freshness(answer.freshness.as_ref(), context.out.paint);
            format!("{who} rings at\n{phones}{fresh}")
        })?;
        Ok(())
    }
}
