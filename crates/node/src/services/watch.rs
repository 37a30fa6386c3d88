//! Watch: what changes, from an index on.
//!
//! The cluster's hub keeps the last entries, and each watcher reads them at its own speed; nobody here holds
//! anybody up. A snapshot is a clone of the state (which costs nothing) that is converted part by part as fast
//! as the caller reads; what happens in the meantime waits in the hub.

use std::sync::Arc;

use hotdesk_cluster::{Subscription, WatchItem};
use hotdesk_core::{Event, State};
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use hotdesk_proto::v1::watch_response::Item;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::call::Call;
use super::sessions::Answers;
use super::watch_convert::{View, events_of, parts_of};
use super::{Error, Shared, millis};

/// How many messages are made ahead of a caller who reads slowly. Small: a part of a snapshot may be large.
const MESSAGES_AHEAD: usize = 8;
/// Entries with more events (imports) are told as a snapshot: a message has a size that clients accept.
const EVENTS_PER_MESSAGE_MAX: usize = 2048;

/// Begins a watch. It ends with the caller, with the node, or when the caller reads too slowly.
pub(super) fn watch(
    shared: &Arc<Shared>,
    call: &Call,
    request: &v1::WatchRequest,
) -> Result<Answers<v1::WatchResponse>, Error> {
    let place = Arc::clone(&shared.watchers)
        .try_acquire_owned()
        .map_err(|_| Failure::Overloaded)?;
    let after = Some(request.after_index).filter(|index| *index > 0);
    let (answers, receiver) = mpsc::channel(MESSAGES_AHEAD);
    let watcher = Watcher {
        // A watcher that has seen more than this node will get nothing until the node has caught up; that is
        // right, and the age in the progress reports tells.
        subscription: shared.cluster.watch(after),
        until: request.once.then(|| shared.cluster.local().index),
        view: View {
            bindings_only: request.bindings_only,
            secrets: shared.auth.edge(&call.metadata).is_ok(),
        },
        closed: shared.gate.closed(),
        shared: Arc::clone(shared),
        answers,
    };
    tracing::debug!(by = request.by, after_index = request.after_index, "watch began");
    let by = request.by.clone();
    tokio::spawn(async move {
        let _place = place;
        let answers = watcher.answers.clone();
        match watcher.run().await {
            Ok(()) | Err(End::Gone) => tracing::debug!(by, "watch ended"),
            Err(End::Failed(failure)) => {
                tracing::debug!(by, reason = failure.name(), "watch ended");
                // Nobody may be there to hear it.
                let _ = answers.send(Err(Status::from(failure))).await;
            }
        }
    });
    Ok(Box::pin(ReceiverStream::new(receiver)))
}

struct Watcher {
    shared: Arc<Shared>,
    subscription: Subscription,
    /// End when everything up to this index has been sent.
    until: Option<u64>,
    view: View,
    closed: watch::Receiver<bool>,
    answers: mpsc::Sender<Result<v1::WatchResponse, Status>>,
}

/// Why a watch ended before its time.
enum End {
    /// Nobody reads any more.
    Gone,
    /// The node ends it.
    Failed(Failure),
}

impl Watcher {
    async fn run(mut self) -> Result<(), End> {
        loop {
            let item = tokio::select! {
                biased;
                _ = self.closed.wait_for(|closed| *closed) => return Err(End::Failed(Failure::ShuttingDown)),
                () = self.answers.closed() => return Err(End::Gone),
                item = self.subscription.next() => item,
            };
            let index = match item {
                None => return Err(End::Failed(self.dropped("the stream ended"))),
                Some(WatchItem::Dropped { reason }) => return Err(End::Failed(self.dropped(&reason))),
                Some(WatchItem::Snapshot(state)) => self.snapshot(&state).await?,
                Some(WatchItem::Entry { index, events }) => self.entry(index, &events).await?,
                Some(WatchItem::Progress { index, age }) => {
                    self.send(Item::Progress(v1::Progress {
                        index,
                        age_ms: millis(age),
                    }))
                    .await?;
                    index
                }
            };
            if self.until.is_some_and(|until| index >= until) {
                return Ok(());
            }
        }
    }

    async fn entry(&mut self, index: u64, events: &[Event]) -> Result<u64, End> {
        let events = events_of(events, self.view);
        if events.len() > EVENTS_PER_MESSAGE_MAX {
            // Events of an entry belong together, so they cannot be told in two messages.
            let state = self.shared.cluster.local().state;
            self.subscription = self.shared.cluster.watch(Some(state.index()));
            return self.snapshot(&state).await;
        }
        if !events.is_empty() {
            self.send(Item::Events(v1::EntryEvents { index, events })).await?;
        }
        Ok(index)
    }

    async fn snapshot(&mut self, state: &State) -> Result<u64, End> {
        let index = state.index();
        self.send(Item::SnapshotBegin(v1::SnapshotBegin { index }))
            .await?;
        for part in parts_of(state, self.view) {
            self.send(Item::SnapshotPart(part)).await?;
        }
        let age_ms = millis(self.shared.cluster.local().age);
        self.send(Item::SnapshotEnd(v1::SnapshotEnd { index, age_ms }))
            .await?;
        Ok(index)
    }

    /// Waits until there is room for the next message, unless the node is stopped in the meantime.
    async fn send(&mut self, item: Item) -> Result<(), End> {
        let message = v1::WatchResponse { item: Some(item) };
        tokio::select! {
            biased;
            sent = self.answers.send(Ok(message)) => sent.map_err(|_| End::Gone),
            _ = self.closed.wait_for(|closed| *closed) => Err(End::Failed(Failure::ShuttingDown)),
        }
    }

    fn dropped(&self, reason: &str) -> Failure {
        if let Some(why) = self.shared.cluster.fatal().borrow().clone() {
            return Failure::Stopped { why };
        }
        if *self.closed.borrow() {
            return Failure::ShuttingDown;
        }
        tracing::warn!(reason, "watcher dropped");
        Failure::WatchTooSlow
    }
}
