//! The stream to the leader.

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use hotdesk_proto::internal::v1 as wire;
use tokio::sync::mpsc;
use tonic::Status;

use super::Pending;
use crate::leadership::Known;

/// How many commands are under way in the stream at most.
pub(super) const UNDER_WAY_MAX: usize = 8192;

/// Opens streams of proposals.
pub(crate) trait Lines: Send + Sync + 'static {
    /// Opens one to `leader`; fails in a few seconds at the latest.
    fn open(&self, leader: &Known) -> BoxFuture<'static, Result<Opened, String>>;
}

/// A stream of proposals.
pub(crate) struct Opened {
    /// Takes at least [`requests_room`] requests without waiting.
    pub(crate) requests: mpsc::Sender<wire::ProposeRequest>,
    pub(crate) answers: BoxStream<'static, Result<wire::ProposeResponse, Status>>,
}

/// How much room the queue of requests must have.
pub(crate) const fn requests_room() -> usize {
    UNDER_WAY_MAX
}

/// The stream's state.
pub(super) enum Link {
    Closed,
    Opening {
        to: Known,
        opened: BoxFuture<'static, Result<Opened, String>>,
    },
    Open(Open),
}

pub(super) struct Open {
    to: Known,
    stream: Opened,
    seq: u64,
    /// By sequence number, which is the order in which they were sent.
    under_way: BTreeMap<u64, Pending>,
}

/// What happened on the stream.
pub(super) enum Event {
    /// It is open now.
    Opened,
    /// It cannot be opened.
    Failed(String),
    /// A command was answered.
    Answered(Pending, wire::propose_response::Result),
    /// The stream is gone; these were under way, in the order in which they were sent.
    Broken(Vec<Pending>, String),
}

impl Link {
    /// To whom the stream goes, or will go.
    pub(super) const fn to(&self) -> Option<&Known> {
        match self {
            Self::Closed => None,
            Self::Opening { to, .. } => Some(to),
            Self::Open(open) => Some(&open.to),
        }
    }

    /// Closes the stream; what was under way may have been proposed.
    pub(super) fn close(&mut self) -> Vec<Pending> {
        match std::mem::replace(self, Self::Closed) {
            Self::Closed | Self::Opening { .. } => Vec::new(),
            Self::Open(open) => open.under_way.into_values().collect(),
        }
    }

    /// Room for another command.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::Closed | Self::Opening { .. } => 0,
            Self::Open(open) => UNDER_WAY_MAX - open.under_way.len(),
        }
    }

    /// Nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Closed | Self::Opening { .. } => true,
            Self::Open(open) => open.under_way.is_empty(),
        }
    }

    /// Sends a command that has [begun](Pending::begin); gives it back when the stream takes no more, which
    /// [`next`](Self::next) will explain.
    pub(super) fn send(&mut self, pending: Pending) -> Result<(), Pending> {
        let Self::Open(open) = self else {
            return Err(pending);
        };
        let request = wire::ProposeRequest {
            seq: open.seq,
            command: pending.encoded.clone(),
        };
        if open.stream.requests.try_send(request).is_err() {
            return Err(pending);
        }
        open.under_way.insert(open.seq, pending);
        open.seq += 1;
        Ok(())
    }

    /// Waits for the next event; forever while there is no stream. May be cancelled without losing anything.
    pub(super) async fn next(&mut self) -> Event {
        let Self::Open(open) = self else {
            return self.opened().await;
        };
        loop {
            let why = match open.stream.answers.next().await {
                Some(Ok(response)) => {
                    let answered = open.under_way.remove(&response.seq).zip(response.result);
                    let Some((pending, result)) = answered else {
                        // An answer to nothing, or one that only a newer version understands.
                        tracing::warn!(seq = response.seq, "an answer that was not understood");
                        continue;
                    };
                    return Event::Answered(pending, result);
                }
                Some(Err(status)) => status.message().to_owned(),
                None => "the leader closed the stream".to_owned(),
            };
            return Event::Broken(self.close(), why);
        }
    }

    async fn opened(&mut self) -> Event {
        let Self::Opening { to, opened } = self else {
            return std::future::pending().await;
        };
        match opened.await {
            Ok(stream) => {
                *self = Self::Open(Open {
                    to: to.clone(),
                    stream,
                    seq: 1,
                    under_way: BTreeMap::new(),
                });
                Event::Opened
            }
            Err(why) => {
                *self = Self::Closed;
                Event::Failed(why)
            }
        }
    }
}
