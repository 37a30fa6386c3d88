//! `hotdesk watch`.

use clap::Args;
use hotdesk_client::v1::{Event, ListRequest, event::Kind};
use hotdesk_client::{Client, FollowOptions, Follower, Step};
use serde_json::json;

use super::stop::asked_to_stop;
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{Output, json, text, time};

/// Arguments of `watch`.
#[derive(Debug, Args)]
#[command(after_help = "\
Goes on at the next node when one fails, without a gap. Ctrl-C ends it.

Examples:
  hotdesk watch
  hotdesk watch --sessions-only -o json | jq .kind
  hotdesk watch --after 1200         what happened since entry 1200, then what happens")]
pub(crate) struct WatchArgs {
    /// Begin after this entry of the log, instead of now
    #[arg(long, value_name = "INDEX")]
    after: Option<u64>,
    /// Only logins, logouts and evictions; no changes of the directory
    #[arg(long)]
    sessions_only: bool,
}

impl WatchArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        // Fails early, and with a reason, where nobody answers; the follower would try for ever.
        let after_index = match self.after {
            Some(index) => index,
            None => now(&client).await?,
        };
        let options = FollowOptions {
            after_index,
            ..FollowOptions::default()
        };
        let mut follower = Follower::new(client, options);
        let mut lost = false;
        loop {
            let step = tokio::select! {
                step = follower.next() => step,
                _ = asked_to_stop() => return Ok(()),
            };
            match &step {
                // Once: it goes on trying for as long as it takes.
                Step::Lost { endpoint, problem } if !lost => {
                    lost = true;
                    eprintln!("lost {endpoint} ({problem}); trying all nodes");
                }
                Step::Connected { endpoint } if lost => {
                    lost = false;
                    eprintln!("going on at {endpoint}, nothing was missed");
                }
                _ => {}
            }
            show(&context.out, step, self.sessions_only)?;
        }
    }
}

/// The index up to which a node has applied; 0, which begins with a snapshot, where nothing has happened yet.
async fn now(client: &Client) -> Result<u64, Problem> {
    let request = ListRequest {
        limit: 1,
        ..ListRequest::default()
    };
    let answer = client.list_sites(request).await?;
    Ok(answer.freshness.map_or(0, |fresh| fresh.index))
}

fn show(out: &Output, step: Step, sessions_only: bool) -> Result<(), Problem> {
    match step {
        Step::Entry { events, .. } => {
            for event in events
                .iter()
                .filter(|event| !sessions_only || is_of_sessions(event))
            {
                out.item(&json::event(event), || {
                    text::event_line(event, time::clock_time, out.paint)
                })?;
            }
        }
        // A tool that reads JSON has to know that it cannot tell what happened in between.
        Step::SnapshotEnd { index, .. } => {
            out.item(&json!({"kind": "snapshot", "index": index}), || {
                out.paint.dim(&format!("begins at entry {index}"))
            })?;
        }
        Step::Lost { .. }
        | Step::Connected { .. }
        | Step::SnapshotBegin { .. }
        | Step::SnapshotPart(_)
        | Step::Progress { .. } => {}
    }
    Ok(())
}

const fn is_of_sessions(event: &Event) -> bool {
    matches!(
        event.kind,
        Some(Kind::SessionStarted(_) | Kind::SessionEnded(_) | Kind::UserLocked(_) | Kind::Forced(_))
    )
}
