//! What all parts of a node share.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use hotdesk_core::State;
use hotdesk_store::types::{NodeId, Proposed};
use hotdesk_store::{LogMonitor, LogReader, SnapshotDir, StateHandle};
use openraft::errors::{ClientWriteError, ForwardToLeader};
use openraft::impls::{OneshotResponder, TokioRuntime};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

use crate::age::Age;
use crate::channel::Channels;
use crate::config::Config;
use crate::identity::Identity;
use crate::leadership::{Known, Leader};
use crate::propose::{Lines, Opened, Proposer, Stop, Writer, Written, requests_room};
use crate::read::Reader;
use crate::types::{C, Raft};
use crate::watch::{Hub, Source};

/// How long a stream of proposals may take to open.
const OPEN_MAX: Duration = Duration::from_secs(3);

/// A node, without the handle around it.
pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) core: Core,
    pub(crate) state: StateHandle,
    pub(crate) hub: Hub,
    pub(crate) age: Age,
    pub(crate) identity: Arc<Identity>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) proposer: Proposer,
    pub(crate) reader: Reader,
    /// Who takes proposals, as far as this node may rely on it.
    pub(crate) leader: watch::Sender<Leader>,
    pub(crate) stop: watch::Sender<Stop>,
    pub(crate) fatal: watch::Sender<Option<String>>,
    /// What this node waits for before it takes part.
    pub(crate) waiting_for: Mutex<Option<String>>,
    pub(crate) tasks: Mutex<Vec<JoinHandle<()>>>,
    pub(crate) dispatching: Mutex<Option<JoinHandle<()>>>,
}

/// How the node gets its entries.
pub(crate) enum Core {
    /// It is part of consensus.
    Raft(Box<RaftCore>),
    /// It is fed.
    Replica(crate::replica::Replica),
}

/// Consensus and its storage.
pub(crate) struct RaftCore {
    pub(crate) raft: Raft,
    pub(crate) log: LogReader<TokioRuntime>,
    pub(crate) monitor: LogMonitor,
    pub(crate) snapshots: SnapshotDir,
    /// How long after a restart this node grants nobody a vote; see [`RaftService::new`](crate::server::RaftService::new).
    pub(crate) silence: Option<Duration>,
}

impl Node {
    pub(crate) const fn id(&self) -> NodeId {
        self.config.node_id
    }

    /// Consensus, unless this is a replica.
    pub(crate) const fn raft(&self) -> Option<&Raft> {
        match &self.core {
            Core::Raft(core) => Some(&core.raft),
            Core::Replica(_) => None,
        }
    }

    /// How old this node's copy is at most.
    pub(crate) fn age(&self) -> Duration {
        self.age.age(self.state.read(State::clock))
    }

    /// The index of the entry to be applied next.
    pub(crate) fn next_index(&self) -> u64 {
        self.state.last_applied().map_or(0, |id| id.index + 1)
    }

    /// The last index applied; 0 before the first, too. (Entry 0 is the founding membership, and no command's.)
    pub(crate) fn applied(&self) -> u64 {
        self.state.last_applied().map_or(0, |id| id.index)
    }

    /// Waits until everything up to `index` is applied, or the node stops.
    pub(crate) async fn wait_applied(&self, index: u64) {
        self.hub.wait_until(|| self.applied() >= index).await;
    }

    /// Publishes who leads.
    pub(crate) fn publish(&self, leader: Leader) {
        self.leader.send_if_modified(|known| {
            let changed = *known != leader;
            if changed {
                tracing::info!(from = ?known.id(self.id()), to = ?leader.id(self.id()), "leader");
                *known = leader;
            }
            changed
        });
    }

    /// What this node waits for before it takes part; logged when it changes.
    pub(crate) fn wait_for(&self, what: Option<String>) {
        let mut waiting_for = self.waiting_for.lock();
        if *waiting_for != what {
            if let Some(what) = &what {
                tracing::info!(reason = %what, "not part of a cluster yet");
            }
            *waiting_for = what;
        }
    }

    /// The node cannot go on.
    pub(crate) fn fail(&self, why: String) {
        if self.fatal.borrow().is_some() {
            return;
        }
        tracing::error!(reason = %why, "this node does not take part any more");
        self.fatal.send_replace(Some(why.clone()));
        self.stop.send_replace(Stop::Stopped(why));
    }

    /// Runs something for as long as the node does.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().push(tokio::spawn(task));
    }
}

/// A watcher's view of the node.
pub(crate) struct LocalCopy(pub(crate) Arc<Node>);

impl Source for LocalCopy {
    fn state(&self) -> State {
        self.0.state.state()
    }

    fn age(&self) -> Duration {
        self.0.age()
    }
}

/// The log, written to through consensus.
pub(crate) struct RaftWriter(pub(crate) Raft);

impl Writer for RaftWriter {
    fn write(&self, entry: Proposed) -> BoxFuture<'static, Written> {
        let raft = self.0.clone();
        async move {
            let (responder, answered) = OneshotResponder::<C, _>::new_pair();
            if raft.client_write_ff(entry, Some(responder)).await.is_err() {
                // It stopped before it took the entry; who waits is told so by the dispatcher.
                return Written::NotLeader { leader: None };
            }
            match answered.await {
                Ok(Ok(written)) => Written::Decided(written.data),
                Ok(Err(ClientWriteError::ForwardToLeader(forward))) => Written::NotLeader {
                    leader: known(forward),
                },
                Ok(Err(error)) => {
                    tracing::warn!(%error, "an entry's fate is not known");
                    Written::Unknown
                }
                Err(_) => Written::Unknown,
            }
        }
        .boxed()
    }
}

fn known(forward: ForwardToLeader<C>) -> Option<Known> {
    let (id, node) = forward.leader_id.zip(forward.leader_node)?;
    Some(Known {
        id,
        address: node.address,
    })
}

/// Streams of proposals over gRPC.
pub(crate) struct PeerLines(pub(crate) Arc<Channels>);

impl Lines for PeerLines {
    fn open(&self, leader: &Known) -> BoxFuture<'static, Result<Opened, String>> {
        let client = self.0.peer(&leader.address);
        async move {
            let mut client = client.map_err(|bad| bad.to_string())?;
            let (requests, outgoing) = mpsc::channel(requests_room());
            let opening = client.propose(ReceiverStream::new(outgoing));
            match tokio::time::timeout(OPEN_MAX, opening).await {
                Ok(Ok(answers)) => Ok(Opened {
                    requests,
                    answers: answers.into_inner().boxed(),
                }),
                Ok(Err(status)) => Err(status.message().to_owned()),
                Err(_) => Err("the stream did not open in time".into()),
            }
        }
        .boxed()
    }
}
