//! `hotdesk edges …`.

use clap::Subcommand;
use hotdesk_client::Error;
use hotdesk_client::v1::{Consistency, Edge};
use serde_json::json;

use super::records::{self, ListArgs};
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, table};

/// What can be done with edges. They announce themselves, so there is nothing to put.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  hotdesk edges list
  hotdesk edges remove edge-chicago")]
pub(crate) enum EdgesCommand {
    /// All edges
    List(ListArgs),
    /// Forget edges that are gone for good; what they served is served by nobody. A running edge comes back
    Remove {
        /// Edge ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

impl EdgesCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::List(args) => {
                let mut edges: Vec<Edge> = Vec::new();
                records::pages(&args, Consistency::Local, async |request| {
                    let page = client.list_edges(request).await?;
                    edges.extend(page.edges);
                    Ok::<_, Error>((page.more, edges.len(), edges.last().map(|edge| edge.id.clone())))
                })
                .await?;
                edges.truncate(args.limit());
                let value = json!(edges.iter().map(json::edge).collect::<Vec<_>>());
                context.out.show(&value, || {
                    let row = |edge: &Edge| vec![edge.id.clone(), edge.site.clone(), edge.uri.clone()];
                    let rows = edges.iter().map(row).collect();
                    table(&["EDGE", "SITE", "URI"], rows, "no edge has announced itself")
                })?;
                Ok(())
            }
            Self::Remove { ids } => {
                for id in ids {
                    let answer = client.delete_edge(&id).await?;
                    records::show_delete(context, "edge", &id, answer)?;
                }
                Ok(())
            }
        }
    }
}
