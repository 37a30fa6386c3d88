//! Feeding replicas: every entry that was applied here, from any index on; a snapshot first when the log does
//! not reach back that far.
//!
//! A replica costs the core node that feeds it, and not the leader.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{SinkExt, StreamExt};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::feed_response::Item;
use hotdesk_store::LogReader;
use hotdesk_store::types::{Entry, SnapshotMeta};
use hotdesk_store::wire::{entry_to, log_id_to, membership_to};
use openraft::RaftLogReader;
use openraft::impls::TokioRuntime;
use tonic::Status;

use crate::node::{Core, Node, RaftCore};
use crate::snapshot_transfer::{bytes_from, id_of};

/// A replica hears at least this often that there is nothing new, and so that its source is there.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);
/// How many messages wait for a replica's connection.
const MESSAGES_MAX: usize = 64;

/// Feeds one replica everything from entry `from` on, until it goes away.
///
/// # Errors
/// When this node is a replica itself.
pub(crate) fn serve(
    node: &Arc<Node>,
    from: u64,
) -> Result<BoxStream<'static, Result<wire::FeedResponse, Status>>, Status> {
    let Core::Raft(core) = &node.core else {
        return Err(Status::failed_precondition(
            "this node is a replica itself: name core nodes as sources",
        ));
    };
    let (mut items, stream) = futures::channel::mpsc::channel(MESSAGES_MAX);
    let feed = Feed {
        node: Arc::clone(node),
        log: core.log.clone(),
        next: from,
    };
    tokio::spawn(async move {
        let mut feed = feed;
        // Ends when the replica is gone, which is what the error says, or when this node is.
        if let Err(status) = feed.run(&mut items).await {
            let _ = items.send(Err(status)).await;
        }
    });
    Ok(stream.boxed())
}

type Items = futures::channel::mpsc::Sender<Result<wire::FeedResponse, Status>>;

struct Feed {
    node: Arc<Node>,
    log: LogReader<TokioRuntime>,
    /// Everything before this was sent.
    next: u64,
}

impl Feed {
    async fn run(&mut self, items: &mut Items) -> Result<(), Status> {
        loop {
            let stopped = self.node.stop.borrow().check();
            stopped.map_err(|error| Status::unavailable(error.to_string()))?;
            let end = self.node.next_index();
            if end <= self.next {
                let more = self.node.wait_applied(self.next);
                if tokio::time::timeout(PROGRESS_EVERY, more).await.is_err() {
                    let age_ms = u64::try_from(self.node.age().as_millis()).unwrap_or(u64::MAX);
                    let progress = wire::FedProgress {
                        index: self.next.saturating_sub(1),
                        age_ms,
                    };
                    send(items, Item::Progress(progress)).await?;
                }
                continue;
            }
            let entries = self.entries(end).await?;
            if entries.is_empty() {
                self.snapshot(items).await?;
            }
            for entry in entries {
                self.next = entry.log_id.index + 1;
                send(items, Item::Entry(entry_to(&entry))).await?;
            }
        }
    }

    /// The entries that follow, up to `end`, as many as fit into a message; none when the log has forgotten.
    async fn entries(&mut self, end: u64) -> Result<Vec<Entry>, Status> {
        let entries = self.log.limited_get_log_entries(self.next, end).await;
        let entries = entries.map_err(|error| Status::unavailable(format!("read the log: {error}")))?;
        let follows = entries
            .first()
            .is_some_and(|first| first.log_id.index == self.next);
        Ok(if follows { entries } else { Vec::new() })
    }

    async fn snapshot(&mut self, items: &mut Items) -> Result<(), Status> {
        let Core::Raft(core) = &self.node.core else {
            return Err(Status::unavailable("no consensus here"));
        };
        let RaftCore { raft, .. } = core.as_ref();
        let snapshot = raft
            .get_snapshot()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let newer = snapshot.filter(|it| it.meta.last_log_id.is_some_and(|last| last.index >= self.next));
        let Some(snapshot) = newer else {
            return Err(Status::unavailable(
                "neither the log nor a snapshot reaches back so far; try again",
            ));
        };
        send(
            items,
            Item::SnapshotBegin(begin(&snapshot.meta, id_of(&snapshot.meta, &snapshot.snapshot))),
        )
        .await?;
        for (_, chunk) in bytes_from(snapshot.snapshot, 0) {
            send(items, Item::SnapshotChunk(chunk)).await?;
        }
        send(items, Item::SnapshotEnd(true)).await?;
        self.next = snapshot.meta.last_log_id.map_or(0, |last| last.index + 1);
        Ok(())
    }
}

fn begin(meta: &SnapshotMeta, id: wire::SnapshotId) -> wire::SnapshotBegin {
    wire::SnapshotBegin {
        id: Some(id),
        membership_log_id: meta.last_membership.log_id().as_ref().map(log_id_to),
        membership: Some(membership_to(meta.last_membership.membership())),
    }
}

async fn send(items: &mut Items, item: Item) -> Result<(), Status> {
    let sent = items.send(Ok(wire::FeedResponse { item: Some(item) })).await;
    sent.map_err(|_| Status::cancelled("the replica has gone"))
}
