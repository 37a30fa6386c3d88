//! Linearizable reads without a log write: by the leader's lease, by a round of heartbeats, and by a read
//! index that the leader hands to other nodes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt;
use hotdesk_proto::internal::v1 as wire;
use hotdesk_store::types::LogId;
use openraft::LinearizerOption;
use openraft::errors::{LinearizableReadError, RaftError};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tonic::Status;

use crate::error::ReadError;
use crate::leadership::Leader;
use crate::node::Node;
use crate::propose::Stop;
use crate::types::Raft;

/// How long one question to the leader may take.
const QUESTION_MAX: Duration = Duration::from_secs(2);
/// How many questions are under way at once; more readers share those that come next.
const QUESTIONS_MAX: usize = 4;
/// How many readers wait for a question at most; further ones wait to wait.
const READERS_MAX: usize = 4096;
/// How long to wait before asking again, unless the leader changes first.
const PAUSE: Duration = Duration::from_millis(25);

/// The index of an answer, or why there is none now.
type Answer = Result<u64, String>;

/// Waits until this node's copy holds everything that was decided before the call.
pub(crate) async fn barrier(node: &Node, deadline: std::time::Instant) -> Result<u64, ReadError> {
    let deadline = Instant::from(deadline);
    let mut leader_changes = node.leader.subscribe();
    loop {
        check(&node.stop.borrow())?;
        let asked_at = Instant::now();
        let leader = leader_changes.borrow_and_update().clone();
        let question = async {
            match &leader {
                // In process and quick: nothing to share.
                Leader::Me | Leader::Nobody => read_index(node, &leader).await,
                Leader::Other(_) => node.reader.ask().await,
            }
        };
        let Ok(answer) = tokio::time::timeout_at(deadline, question).await else {
            return Err(ReadError::NoLeader);
        };
        if let Ok(index) = answer {
            node.age.heard(asked_at);
            if tokio::time::timeout_at(deadline, node.wait_applied(index))
                .await
                .is_err()
            {
                return Err(ReadError::Timeout);
            }
            // The wait ends when the node does.
            check(&node.stop.borrow())?;
            node.age.complete(asked_at);
            return Ok(index);
        }
        let pause = tokio::time::timeout(PAUSE, leader_changes.changed());
        if tokio::time::timeout_at(deadline, pause).await.is_err() {
            return Err(ReadError::NoLeader);
        }
    }
}

/// Asks `leader` for a read index, once.
pub(crate) async fn read_index(node: &Node, leader: &Leader) -> Answer {
    match (leader, node.raft()) {
        (Leader::Me, Some(raft)) => {
            let read = read_index_here(node, raft, true).await;
            read.map(|id| id.index)
                .map_err(|status| status.message().to_owned())
        }
        (Leader::Other(known), _) => {
            let mut client = node
                .channels
                .peer(&known.address)
                .map_err(|bad| bad.to_string())?;
            let question = client.read_index(wire::ReadIndexRequest { lease: true });
            match tokio::time::timeout(QUESTION_MAX, question).await {
                Ok(Ok(answer)) => Ok(answer.into_inner().read_log_id.map_or(0, |id| id.index)),
                Ok(Err(status)) => Err(status.message().to_owned()),
                Err(_) => Err("the leader did not answer".into()),
            }
        }
        (Leader::Me | Leader::Nobody, _) => Err("no leader".into()),
    }
}

/// A read index from this node, if it leads: whoever has applied it reads linearizably.
pub(crate) async fn read_index_here(node: &Node, raft: &Raft, lease: bool) -> Result<LogId, Status> {
    // Shorter than the lease that openraft takes for granted: that has no room for clocks that run at
    // different speeds, nor for a follower that restarts and forgets what it promised.
    let by_lease =
        LinearizerOption::new(Some(node.config.timing.read_lease()), false).with_wait_timeout(Duration::ZERO);
    let by_majority = LinearizerOption::new(Some(Duration::ZERO), true).with_wait_timeout(QUESTION_MAX);
    if lease {
        match raft.get_read_linearizer(by_lease).await {
            Ok(linearizer) => return Ok(*linearizer.read_log_id().log_id()),
            Err(RaftError::APIError(LinearizableReadError::QuorumNotEnough(_))) => {}
            Err(error) => return Err(not_now(&error)),
        }
    }
    match raft.get_read_linearizer(by_majority).await {
        Ok(linearizer) => Ok(*linearizer.read_log_id().log_id()),
        Err(error) => Err(not_now(&error)),
    }
}

fn not_now(error: &dyn std::error::Error) -> Status {
    Status::unavailable(format!("no read index: {error}"))
}

fn check(stop: &Stop) -> Result<(), ReadError> {
    match stop {
        Stop::No => Ok(()),
        Stop::ShuttingDown => Err(ReadError::ShuttingDown),
        Stop::Stopped(why) => Err(ReadError::Stopped(why.clone())),
    }
}

/// Readers at a node that does not lead share questions: whoever comes before a question is asked may use its
/// answer.
#[derive(Clone, Debug)]
pub(crate) struct Reader(mpsc::Sender<oneshot::Sender<Answer>>);

/// The other end of [`Reader`].
pub(crate) struct Questions(mpsc::Receiver<oneshot::Sender<Answer>>);

impl Reader {
    pub(crate) fn new() -> (Self, Questions) {
        let (sender, receiver) = mpsc::channel(READERS_MAX);
        (Self(sender), Questions(receiver))
    }

    async fn ask(&self) -> Answer {
        let gone = || "this node is shutting down".to_owned();
        let (sender, receiver) = oneshot::channel();
        self.0.send(sender).await.map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

impl Questions {
    /// Asks, for as long as the node runs.
    pub(crate) async fn run(mut self, node: Weak<Node>) {
        let questions = Arc::new(Semaphore::new(QUESTIONS_MAX));
        while let Some(first) = self.0.recv().await {
            let Ok(permit) = Arc::clone(&questions).acquire_owned().await else {
                return;
            };
            let mut readers = vec![first];
            while let Some(Some(reader)) = self.0.recv().now_or_never() {
                readers.push(reader);
            }
            let Some(node) = node.upgrade() else {
                return;
            };
            tokio::spawn(async move {
                let leader = node.leader.borrow().clone();
                let answer = read_index(&node, &leader).await;
                for reader in readers {
                    let _ = reader.send(answer.clone());
                }
                drop(permit);
            });
        }
    }
}
