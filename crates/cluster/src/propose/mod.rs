//! Proposals: every command of this node goes through one bounded queue, to this node's own log when it leads,
//! or to the leader in one stream.
//!
//! ```text
//!                        ┌───────────── dispatch ─────────────┐
//! propose() ──► queue ──►│ leader: batches ──► entries (≤ 4)  │──► log
//! streams of            │ other:  stream to the leader        │──► leader's queue
//! other nodes ─► queue ─►│ nobody: wait for one               │
//!                        └─────────────────────────────────────┘
//! ```
//!
//! **Invariant:** a command is answered `NoLeader`, `Timeout` or `Overloaded` only if it was surely not
//! proposed; once it may have been, the answer is its outcome or `Unknown`. What may have been proposed is
//! proposed again only under a request id, which the table of answered requests makes harmless.

mod batch;
mod dispatch;
mod forward;
mod leader;
mod pending;
mod serve;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use hotdesk_core::{Command, Outcome};
use hotdesk_proto::log::encode_command;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::ProposeError;
use crate::leadership::Leader;

pub(crate) use dispatch::{Dispatcher, Stop};
pub(crate) use forward::{Lines, Opened, requests_room};
pub(crate) use leader::{Writer, Written};
pub(crate) use pending::Pending;
pub(crate) use serve::serve;

/// The largest command, in bytes. The largest that this program makes (a part of an import) has a third of it.
pub(crate) const COMMAND_BYTES_MAX: usize = 1 << 20;

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The outcome; for a retry of an answered request, the first answer.
    pub outcome: Arc<Outcome>,
    /// The log index of the entry that holds this (the last) attempt: whoever has applied it sees its effect.
    pub index: u64,
}

/// Puts commands into the queue. A cheap clone.
#[derive(Clone, Debug)]
pub(crate) struct Proposer {
    queue: mpsc::Sender<Pending>,
    leader: watch::Receiver<Leader>,
    stop: watch::Receiver<Stop>,
}

impl Proposer {
    /// A proposer and the end of the queue for its [`Dispatcher`].
    pub(crate) fn new(
        queue_max: usize,
        leader: watch::Receiver<Leader>,
        stop: watch::Receiver<Stop>,
    ) -> (Self, mpsc::Receiver<Pending>) {
        let (sender, receiver) = mpsc::channel(queue_max.max(1));
        let proposer = Self {
            queue: sender,
            leader,
            stop,
        };
        (proposer, receiver)
    }

    /// See [`Cluster::propose`](crate::Cluster::propose).
    pub(crate) async fn propose(
        &self,
        command: Command,
        deadline: Instant,
    ) -> Result<Decision, ProposeError> {
        self.stop.borrow().check()?;
        let encoded = encode_command(&command);
        if encoded.len() > COMMAND_BYTES_MAX {
            return Err(ProposeError::TooLarge {
                bytes: encoded.len(),
                max: COMMAND_BYTES_MAX,
            });
        }
        let (answer, answered) = oneshot::channel();
        let (pending, ticket) = Pending::local(command, encoded, deadline.into(), answer);
        self.queue.try_send(pending).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ProposeError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => self.why_closed(),
        })?;
        match tokio::time::timeout_at(deadline.into(), answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) if ticket.give_up() => Err(ProposeError::Unknown),
            Ok(Err(_)) => Err(self.why_closed()),
            Err(_) if ticket.give_up() => Err(ProposeError::Unknown),
            Err(_) if *self.leader.borrow() == Leader::Nobody => Err(ProposeError::NoLeader),
            Err(_) => Err(ProposeError::Timeout),
        }
    }

    /// Puts a command of another node into the queue, or gives it back when there is no room.
    fn remote(&self, pending: Pending) -> Result<(), Pending> {
        self.queue
            .try_send(pending)
            .map_err(mpsc::error::TrySendError::into_inner)
    }

    fn why_closed(&self) -> ProposeError {
        self.stop
            .borrow()
            .check()
            .err()
            .unwrap_or(ProposeError::ShuttingDown)
    }
}
