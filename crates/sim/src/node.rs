//! One life of a simulated node: the product's core and state machine under real consensus, and around it a
//! small copy of what the product does with requests: batching at the leader, forwarding, read barriers.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hotdesk_core::{Batch, Command, Outcome, TimeMs};
use hotdesk_store::types::Proposed;
use hotdesk_store::{Machine, StateHandle};
use openraft::ServerState;
use openraft::async_runtime::Instant;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{ClientWriteError, RaftError};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, oneshot};

use crate::checker::Leadership;
use crate::clock::NodeInstant;
use crate::disk::Disk;
use crate::housekeeping;
use crate::log::{DISK_FULL, Log};
use crate::network::{CallError, Network};
use crate::plant::Plant;
use crate::rpc::Connections;
use crate::runtime::{Life, report};
use crate::settings::{SILENCE, config};
use crate::snapshots::Snapshots;
use crate::types::Raft;
use crate::witness::{Watcher, Witness};

/// So many commands go into one entry at most.
const BATCH_MAX: usize = 16;
/// So many entries are proposed at once.
const IN_FLIGHT: usize = 4;
/// How long a node waits for another's answer to a forwarded request.
pub(crate) const FORWARD_PATIENCE: Duration = Duration::from_millis(900);
/// What a node is started with; the same in all its lives.
#[derive(Clone)]
pub struct Setting {
    /// The planted bug.
    pub plant: Plant,
    /// The network.
    pub network: Network,
    /// The witness.
    pub witness: Witness,
}

/// One life of a node.
pub struct Node {
    life: Arc<Life>,
    pub(crate) setting: Setting,
    pub(crate) raft: Raft,
    pub(crate) state: StateHandle,
    proposals: Mutex<VecDeque<Proposal>>,
    proposed: Notify,
    votes_from: NodeInstant,
    /// On this node's clock: the copy is known to hold all that was committed then. 0: not known yet.
    pub(crate) current_at: AtomicU64,
}

struct Proposal {
    command: Command,
    answer: oneshot::Sender<Answer>,
}

/// What became of a proposal.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was decided.
    Decided(Arc<Outcome>),
    /// It certainly was not and will not be proposed.
    NotProposed,
    /// It may have been.
    Unknown,
}

impl Node {
    /// Opens the disk and joins the network; everything runs as tasks of `life`.
    pub fn start(life: &Arc<Life>, disk: Disk, setting: Setting) {
        let owner = Arc::clone(life);
        life.spawn(async move {
            let Some(node) = Self::open(Arc::clone(&owner), disk, setting).await else {
                return owner.kill();
            };
            {
                let network = node.setting.network.clone();
                node.life.spawn(Arc::clone(&node).propose_for_ever());
                node.life.spawn(Arc::clone(&node).stay_current());
                node.life.spawn(Arc::clone(&node).watch());
                node.life.spawn(housekeeping::sweep_for_ever(Arc::clone(&node)));
                network.join(node);
            }
        });
    }

    async fn open(life: Arc<Life>, disk: Disk, setting: Setting) -> Option<Arc<Self>> {
        let found = disk.open();
        let restarted = found.vote.is_some() || found.last().is_some();
        let log = Log::open(disk.clone(), &life, setting.plant);
        let state = Arc::new(OnceLock::new());
        let observer = Arc::new(Watcher {
            witness: setting.witness.clone(),
            replica: format!("node {} (life {})", life.node, life.number),
            state: Arc::clone(&state),
        });
        let (machine, handle) = Machine::open(Snapshots(disk), observer, None).expect("snapshots are whole");
        drop(state.set(handle.clone()));
        let connections = Connections {
            network: setting.network.clone(),
            from: life.node,
        };
        let config = Arc::new(config(setting.plant));
        let raft = match Raft::new(life.node, config, connections, log, machine).await {
            Ok(raft) => raft,
            Err(error) => {
                // A full disk can stop it before it runs; nothing else may.
                if !error.to_string().contains(DISK_FULL) {
                    report(format!("node {} did not start: {error}", life.node));
                }
                return None;
            }
        };
        Some(Arc::new(Self {
            life,
            setting,
            raft,
            state: handle,
            proposals: Mutex::default(),
            proposed: Notify::new(),
            votes_from: NodeInstant::now() + if restarted { SILENCE } else { Duration::ZERO },
            current_at: AtomicU64::new(0),
        }))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.life.node
    }

    /// Its life.
    #[must_use]
    pub const fn life(&self) -> &Arc<Life> {
        &self.life
    }

    /// The witness of the run.
    #[must_use]
    pub const fn witness(&self) -> &Witness {
        &self.setting.witness
    }

    /// Consensus.
    #[must_use]
    pub const fn raft(&self) -> &Raft {
        &self.raft
    }

    /// It may vote: nothing that it promised before a restart can be in force any more.
    #[must_use]
    pub fn may_vote(&self) -> bool {
        NodeInstant::now() >= self.votes_from
    }

    /// Its copy of the state.
    #[must_use]
    pub const fn state(&self) -> &StateHandle {
        &self.state
    }

    /// Who leads, as far as this node knows.
    #[must_use]
    pub fn leader(&self) -> Option<u64> {
        self.raft.metrics().borrow_watched().current_leader
    }

    /// Its own clock, as the log stamps it.
    #[must_use]
    pub fn wall_clock() -> TimeMs {
        TimeMs(NodeInstant::now().as_nanos() / 1_000_000)
    }

    /// Proposes, here if this node leads, or at the leader.
    pub async fn propose(&self, command: Command) -> Answer {
        match self.leader() {
            None => Answer::NotProposed,
            Some(leader) if leader == self.id() => self.propose_here(command).await,
            Some(leader) => {
                let there = self.setting.network.call(
                    (self.id(), leader),
                    FORWARD_PATIENCE,
                    None,
                    |node| async move { node.propose_here(command).await },
                );
                match there.await {
                    Ok(answer) => answer,
                    Err(CallError::Refused) => Answer::NotProposed,
                    Err(CallError::TimedOut) => Answer::Unknown,
                }
            }
        }
    }

    /// Queues a command for the next entry.
    pub async fn propose_here(&self, command: Command) -> Answer {
        if self.setting.plant == Plant::EvictInSecondEntry {
            return crate::planted::login_then_evict(self, command).await;
        }
        self.enqueue(command).await
    }

    pub(crate) async fn enqueue(&self, command: Command) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.proposals.lock().push_back(Proposal { command, answer });
        self.proposed.notify_one();
        answered.await.unwrap_or(Answer::Unknown)
    }

    async fn propose_for_ever(self: Arc<Self>) {
        let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
        loop {
            let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await else {
                return;
            };
            let batch: Vec<Proposal> = {
                let mut queue = self.proposals.lock();
                let count = queue.len().min(BATCH_MAX);
                queue.drain(..count).collect()
            };
            if batch.is_empty() {
                drop(permit);
                self.proposed.notified().await;
                continue;
            }
            let node = Arc::clone(&self);
            self.life.spawn(async move {
                node.propose_entry(batch).await;
                drop(permit);
            });
        }
    }

    async fn propose_entry(&self, batch: Vec<Proposal>) {
        let (commands, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|proposal| (proposal.command, proposal.answer))
            .unzip();
        let proposed = Proposed::new(Batch {
            at: Self::wall_clock(),
            commands,
        });
        let answers = match self.raft.client_write(proposed).await {
            Ok(written) => written.data.outcomes.into_iter().map(Answer::Decided).collect(),
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(_))) => {
                vec![Answer::NotProposed; waiting.len()]
            }
            // Discarded, or stopped on the way: another leader may yet commit it.
            Err(_) => vec![Answer::Unknown; waiting.len()],
        };
        for (waiting, answer) in waiting.into_iter().zip(answers) {
            drop(waiting.send(answer));
        }
    }

    /// Tells the witness when this node leads; ends the process when consensus has stopped.
    async fn watch(self: Arc<Self>) {
        let mut metrics = self.raft.metrics();
        loop {
            let (stopped, leads) = {
                let now = metrics.borrow_and_update();
                let leads = (now.state == ServerState::Leader).then_some(now.current_term);
                (now.running_state.is_err(), leads)
            };
            if let Some(term) = leads {
                let (node, life) = (format!("node {}", self.id()), self.life.number);
                self.setting.witness.leads(Leadership { term, node, life });
            }
            if stopped || metrics.changed().await.is_err() {
                self.setting.network.leave(self.id());
                return self.life.kill();
            }
        }
    }
}
